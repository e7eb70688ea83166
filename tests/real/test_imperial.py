"""Real spectra of CdSe aliquots (not shipped): every file reads, emission peaks agree with the authors'."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from epidot.instruments import pl, uvvis
from epidot.signal.decoding import file_bytes
from epidot.signal.text import Table, parse_table

RUNS_UV = range(1, 7)
RUNS_PL = range(2, 7)


def read_table(path: Path) -> Table:
    return parse_table(file_bytes(path), str(path))


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    found = shared_data / "uvvis_pl" / "imperial-cdse" / "Data"
    if not found.is_dir():
        pytest.skip("the CdSe spectra are absent")
    return found


def authors_peaks(folder: Path, run: int) -> list[float]:
    text = (folder / "Peak Data Gathering.txt").read_text(encoding="utf-8")
    part = text[text.index(f"Run {run}\n") :]
    found = re.search(r"Emission:\s*np\.array\(\s*\[([^\]]*)\]", part)
    assert found is not None
    return [float(v) for v in found[1].split(",")]


@pytest.mark.parametrize("run", RUNS_UV)
def test_every_absorption_column_reads_and_measures(folder: Path, run: int) -> None:
    path = folder / f"Run {run} UV-Vis.csv"
    names = uvvis.read(path).meta["columns"]
    assert len(names) == {1: 14, 2: 16}.get(run, 18)
    for name in names:
        signal = uvvis.read(path, column=name)
        assert signal.meta["column"] == name
        assert len(signal) > 200
        assert np.all(np.diff(signal.x) > 0)
        found = uvvis.measure(signal, material="CdSe")
        valley = found["valley_depth"]
        assert (valley.value is None) == (found["hwhm_eV"].value is None)
        if valley.value is None:
            assert "no valley" in valley.note
            assert found["diameter_nm"].value is None
        else:
            assert 0 < valley.value < 0.3
            assert 1.5 < (found["diameter_nm"].value or 0) < 4


# How many spectra of each run have a first maximum, counted independently (a rise of 0.002 in absorbance).
@pytest.mark.parametrize(("run", "maxima"), [(2, 3), (3, 14), (4, 0), (5, 15), (6, 13)])
def test_shoulders_and_maxima_are_told_apart(folder: Path, run: int, maxima: int) -> None:
    path = folder / f"Run {run} UV-Vis.csv"
    count = len(uvvis.read(path).meta["columns"])
    notes = [uvvis.measure(uvvis.read(path, column=i + 1))["valley_depth"] for i in range(count)]
    assert sum(q.value is not None for q in notes) == maxima
    assert all("no valley" in q.note for q in notes if q.value is None)


def test_positions_of_maximum_and_shoulder(folder: Path) -> None:
    path = folder / "Run 6 UV-Vis.csv"
    for column, maximum in (("300 s", 512.0), ("600 s", 523.0)):
        assert uvvis.measure(uvvis.read(path, column=column))["first_exciton_nm"].value == pytest.approx(
            maximum, abs=1.0
        )
    early = uvvis.measure(uvvis.read(path, column="60 s"))["first_exciton_nm"]
    assert early.note == "shoulder, no valley"
    assert "second derivative" in early.method
    late = uvvis.measure(uvvis.read(path, column="600 s"))["first_exciton_nm"]
    assert early.sigma is not None
    assert late.sigma is not None
    assert early.sigma > late.sigma


def test_emission_peaks_agree_with_the_authors(folder: Path) -> None:
    apart = []
    for run in RUNS_PL:
        path = folder / f"Run {run} FL emission.csv"
        theirs = authors_peaks(folder, run)
        assert len(pl.read(path).meta["columns"]) == len(theirs)
        for i, value in enumerate(theirs):
            found = pl.measure(pl.read(path, column=i + 1))
            assert found["peak_nm"].value is not None
            assert found["fwhm_nm"].value is not None or "outside the measured range" in found["fwhm_nm"].note
            apart.append(abs(found["peak_nm"].value - value))
    assert len(apart) == 86
    assert np.median(apart) < 0.5
    assert np.percentile(apart, 75) < 0.5


@pytest.mark.parametrize("run", [2, 4, 5, 6])
def test_every_excitation_column_reads(folder: Path, run: int) -> None:
    path = folder / f"Run {run} FL excitation.csv"
    for name in pl.read(path).meta["columns"]:
        found = pl.measure(pl.read(path, column=name))
        assert found["peak_nm"].value is not None or found["peak_nm"].note


def test_quirks_are_reported(folder: Path) -> None:
    table = read_table(folder / "Run 5 FL emission.csv")
    assert len(table.lines) == 171
    assert table.guesses.trailing_lines == 2520
    assert read_table(folder / "Run 2 FL emission.csv").guesses.encoding == "utf-8 with BOM"
    night = read_table(folder / "Run 3 overnight full comparison.csv")
    assert night.value_names[1] == "30 s reaction_overnight"
    assert len(read_table(folder / "UV-Vis Peak Values.csv").lines) == 18
    mixed = read_table(folder / "Unnormalised Emission Peaks.csv")
    assert mixed.value_names[0] == "Run 2 60 s"
    assert len(pl.read(folder / "Unnormalised Emission Peaks.csv", column="Run 3 30 s")) == 121


def test_two_nights_agree(folder: Path) -> None:
    """The same aliquots measured twice: 1S within a nanometre."""
    path = folder / "Run 3 overnight full comparison.csv"
    for name in ("300 s reaction", "600 s reaction"):
        first = uvvis.measure(uvvis.read(path, column=name))["first_exciton_nm"].value
        second = uvvis.measure(uvvis.read(path, column=f"{name}_overnight"))["first_exciton_nm"].value
        assert first is not None
        assert second is not None
        assert abs(first - second) < 2.0


@pytest.mark.parametrize("where", ["xps/lg4x/Example", "xrd/qdots-sizer-pbs/experimental-data_LAB"])
def test_other_instruments_tables_read_as_text(shared_data: Path, where: str) -> None:
    files = [p for p in sorted((shared_data / where).iterdir()) if p.suffix in (".csv", ".xy")]
    if not files:
        pytest.skip("these files are absent")
    for path in files:
        table = read_table(path)
        assert len(table.columns) == 2
        assert len(table.lines) > 100
        assert np.all(np.isfinite(table.columns[1].values))
