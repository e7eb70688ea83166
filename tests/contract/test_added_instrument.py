"""The instrument of the page on adding one: a single file in a folder, seen by every part of the house."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from epidot import instruments
from epidot.errors import InputError
from epidot.instruments.recognise import recognise

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "instruments" / "adding.md").read_text(encoding="utf-8")
DOT = """
core: {material: InP, diameter: 3.2 nm, sigma: 8 %}
shells: [{material: ZnSe, thickness: 0.7 nm}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "counter.py").write_text(code, encoding="utf-8")
    (tmp_path / "dot.yaml").write_text(DOT, encoding="utf-8")
    monkeypatch.setattr(instruments, "__path__", [*instruments.__path__, str(tmp_path)])
    monkeypatch.setenv("EPIDOT_INSTRUMENTS", str(tmp_path))
    yield tmp_path
    for name in [n for n in sys.modules if re.fullmatch(r"epidot\.instruments\.(counter|broken|empty)", n)]:
        del sys.modules[name]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=cwd, text=True, capture_output=True)


def contract(cwd: Path) -> subprocess.CompletedProcess[str]:
    test = str(ROOT / "tests" / "contract" / "test_instruments.py")
    return run("pytest", "-q", "-n", "0", "-k", "counter", "-p", "no:cacheprovider", test, cwd=cwd)


def test_the_commands_know_it(folder: Path) -> None:
    assert "particle counter" in run("epidot", "measure", "--help", cwd=folder).stdout.lower()
    simulate = ("epidot", "simulate", "counter", "dot.yaml", "--counts")
    made = run(*simulate, "400", "-o", "s.csv", cwd=folder)
    assert made.returncode == 0, made.stderr
    found = json.loads(run("epidot", "measure", "counter", "s.csv", "--json", cwd=folder).stdout)
    assert set(found["quantities"]) == {"diameter_nm"}
    read = json.loads(run("epidot", "read", "s.csv", "--json", cwd=folder).stdout)
    assert read["technique"] == "counter"
    assert read["technique_guessed"]
    wrong = run(*simulate, "0", cwd=folder)
    assert wrong.returncode == 2
    assert "--counts of counter.simulate is outside 1 to 1e+09" in wrong.stderr


def test_the_tables_of_the_pages_know_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    pytest.importorskip("docutils")
    import tables

    directive = tables.InstrumentTables.__new__(tables.InstrumentTables)
    text = " ".join(node.astext() for node in directive.of("counter"))
    assert "mean diameter of a dot with its shells" in text
    assert "dots counted on average" in text
    assert "counter" in instruments.names()


@pytest.mark.slow
def test_the_contract_holds_for_it_and_refuses_it_without_truths(folder: Path) -> None:
    kept = contract(folder)
    assert kept.returncode == 0, kept.stdout
    file = folder / "counter.py"
    file.write_text(file.read_text(encoding="utf-8").replace("    trial=trial,\n", ""), encoding="utf-8")
    refused = contract(folder)
    assert refused.returncode == 1
    assert "counter brings no truths to be tested by" in refused.stdout
    assert "1 failed" in refused.stdout


def test_a_file_that_is_no_instrument_is_refused_with_its_place(folder: Path) -> None:
    (folder / "broken.py").write_text("import no_such_module\n", encoding="utf-8")
    (folder / "empty.py").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.py: .*cannot be loaded, saw .ModuleNotFoundError"):
        instruments.instrument("broken")
    with pytest.raises(InputError, match=r"empty\.py: this file declares no instrument"):
        instruments.instrument("empty")
    with pytest.raises(InputError, match=r"broken\.py"):
        recognise(folder / "counter.py")


def test_a_folder_of_instruments_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPIDOT_INSTRUMENTS", str(tmp_path / "nowhere"))
    done = run("epidot", "measure", "pl", "x.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "EPIDOT_INSTRUMENTS: no folder of instruments, saw" in done.stderr
