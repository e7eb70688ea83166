"""The page on numbers: its Python runs, and what it says of the data is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from epidot import documents
from epidot.documents import data_file
from epidot.matter import compound, reagents, sizing

PAGE = Path(__file__).resolve().parents[2] / "docs" / "parameters.md"


@pytest.mark.parametrize(
    "snippet", re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
)
def test_snippets_run(snippet: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(snippet, "parameters.md", "exec"), {})
    assert "literature" in capsys.readouterr().out


def test_files_it_names_exist() -> None:
    for name in re.findall(r"`data/([\w/]+\.yaml)`", PAGE.read_text(encoding="utf-8")):
        assert data_file(*name.split("/")).is_file(), name


def test_the_material_it_shows_can_be_read() -> None:
    (text,) = re.findall(r"```yaml\n(formula: .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    shown = compound.read(documents.parse(text), "GaP", ("InP",))
    assert shown.optics is not None
    assert shown.parameter("Eg_eV").source == "my own table, 2026"
    assert shown.precursor("Ga") == compound.Precursor("GaCl3", "gallium chloride")
    assert set(shown.alloys) == {"InP"}


def test_its_numbers_follow() -> None:
    assert reagents.reagent("HF").species["H2O"] == pytest.approx(1.20, abs=0.005)
    one, two = sizing.curves("CdSe")
    assert two.extinction(550) / one.extinction(550) == pytest.approx(1.7, abs=0.05)
    assert two.extinction(500) / one.extinction(500) > 1.7
