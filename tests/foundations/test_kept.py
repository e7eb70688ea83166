"""What is kept between runs: found again, never trusted when damaged, off by one variable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from epidot import kept, units
from epidot.documents import text

RECIPE = "core: {material: InP, size: 3.3 nm}\nsteps:\n" + "".join(f"  - hold: {i} min\n" for i in range(300))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.mark.parametrize("value", [1.5, "text", {"a": [1, None, True], ("b", 2): (0.1,)}])
def test_what_is_kept_is_found_by_what_it_was_made_of(place: Path, value: object) -> None:
    assert kept.recall(b"one", b"two") is None
    kept.keep(value, b"one", b"two")
    assert kept.recall(b"one", b"two") == value
    assert kept.recall(b"on", b"etwo") is None
    assert len(list(place.iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff" * 200, None])
def test_a_damaged_entry_counts_as_none_and_is_mended(place: Path, damage: bytes | None) -> None:
    right = text.parse(RECIPE)
    (entry,) = place.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-3] if damage is None else damage)
    assert text.parse(RECIPE) == right
    assert entry.read_bytes() == whole


def test_a_document_from_the_cache_is_the_document(place: Path) -> None:
    first = text.parse(RECIPE, where="one")
    again = text.parse(RECIPE, where="other")
    assert (again.data, again.lines, again.where) == (first.data, first.lines, "other")
    again.data["core"]["material"] = "changed"
    assert text.parse(RECIPE).data == first.data


def test_what_has_faults_is_not_kept(place: Path) -> None:
    for _ in range(2):
        with pytest.raises(text.InputError, match="duplicate"):
            text.parse(RECIPE + "core: again\n")
    assert not place.exists()


@pytest.mark.parametrize("off", ["off", "0", ""])
def test_one_variable_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(kept.FOLDER, off)
    text.parse(RECIPE)
    assert kept.folder() is None
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "file"))
    assert text.parse(RECIPE) == text.parse(RECIPE)


def test_a_unit_that_is_kept_is_pints(place: Path) -> None:
    units._factor.cache_clear()
    first = units.parse("3 mmol", "amount")
    units._factor.cache_clear()
    assert units.parse("3 mmol", "amount") == first == pytest.approx(3e-3)
    assert len(list(place.iterdir())) == 1


def test_a_shipped_mechanism_is_read_without_yaml_or_pint_once_it_is_kept(place: Path) -> None:
    check = (
        "import sys; from epidot.mechanism.load import load; load('choi2023');"
        "print(sorted({'yaml', 'pint', 'scipy.stats', 'xarray'} & set(sys.modules)))"
    )
    told = [
        subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert "yaml" in told[0]
    assert told[1] == "[]\n"


def test_the_folder_does_not_grow_for_ever(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST", 8)
    for i in range(40):
        kept.keep(i, str(i).encode())
    assert len(list(place.iterdir())) <= 8
    assert kept.recall(b"39") == 39
