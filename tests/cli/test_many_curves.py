"""``epidot measure`` on many curves: a row for each, and a bad one loses no other."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from epidot.cli.measure import _one_line_each
from epidot.instruments.many import Row
from epidot.quantities import Quantities, Quantity

NM = np.arange(480.0, 721.0)


def _band(peak: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 4, NM.size)
    return np.asarray(9000 * np.exp(-0.5 * ((NM - peak) / 17) ** 2) + 40 + noise)


def _table(path: Path, head: str, *columns: np.ndarray) -> None:
    rows = "\n".join(",".join(f"{x:.6g}" for x in row) for row in zip(*columns, strict=True))
    path.write_text(f"{head}\n{rows}\n", encoding="utf-8")


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Ten aliquots of one minute each, whose band moves 2 nm at a time, and a picture that is no data."""
    folder = tmp_path / "series"
    folder.mkdir()
    for i in range(10):
        _table(folder / f"{i + 1} min.csv", "wavelength (nm),PL", NM, _band(590 + 2 * i, i))
    (folder / "dots.png").write_bytes(b"\x89PNG\r\n")
    return folder


def test_a_file_without_a_single_value_is_answered_with_the_reasons(epidot, tmp_path: Path) -> None:
    """That a reading holds no value is a result: the work was done, and every quantity says why."""
    _table(tmp_path / "dark.csv", "wavelength (nm),PL", NM, 0 * NM)
    done = epidot("measure", "pl", tmp_path / "dark.csv", "--json")
    assert done.status == 0, done.err
    assert all(q["value"] is None and "no emission" in q["note"] for q in done.json["quantities"].values())


def test_a_folder_is_a_table_in_natural_order(epidot, series: Path, tmp_path: Path) -> None:
    done = epidot("measure", "pl", series, "-o", "table.csv")
    assert done.status == 0, done.err
    with open(tmp_path / "table.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["file"]).name for row in rows] == [f"{i} min.csv" for i in range(1, 11)]
    for i, row in enumerate(rows):
        assert abs(float(row["peak_nm"]) - (590 + 2 * i)) < 5 * float(row["peak_nm_sigma"])
    assert "10 min.csv" in done.out  # the terminal shows a line for each


def test_the_terminal_shows_what_most_curves_have_and_says_what_it_leaves_out() -> None:
    each = [[*"abcdef", "late"], ["late", "f"], ["late", "f", "a"]]
    rows = [
        Row(f"{i}.csv", "", Quantities("pl", {n: Quantity(1.0, 0.1, "nm", "m") for n in names}))
        for i, names in enumerate(each)
    ]
    said = _one_line_each(rows).splitlines()
    assert said[0].split() == ["curve", "a", "b", "c", "f", "late"]
    assert said[-1] == "(2 more quantities: -o table.csv holds all, --json too)"


def test_the_table_is_not_measured_the_next_time(epidot, series: Path) -> None:
    table = series / "table.csv"
    assert epidot("measure", "pl", series, "-o", table).status == 0
    first = table.read_text(encoding="utf-8")
    assert epidot("measure", "pl", series, "-o", table).status == 0
    assert table.read_text(encoding="utf-8") == first


def test_workers_do_not_change_a_digit(epidot, series: Path, tmp_path: Path) -> None:
    for jobs in ("1", "3"):
        assert epidot("measure", "pl", series, "--jobs", jobs, "-o", f"{jobs}.json").status == 0
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "3.json").read_bytes()


def test_a_bad_file_loses_no_other(epidot, series: Path) -> None:
    (series / "5 min.csv").write_text("nothing\n", encoding="utf-8")
    done = epidot("measure", "pl", series / "*.csv", "--json")
    assert done.status == 1
    assert len(done.json["results"]) == 9
    (failed,) = done.json["failed"]
    assert failed["file"].endswith("5 min.csv")
    assert failed["reason"]
    assert "1 of 10 curves" in done.err
    assert "5 min.csv: not measured" in done.err


def test_nothing_but_bad_files_is_bad_input_with_every_reason(epidot, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("nothing\n", encoding="utf-8")
    done = epidot("measure", "pl", "a.csv", "b.csv")
    assert done.status == 2
    assert "a.csv" in done.err
    assert "b.csv" in done.err


@pytest.mark.parametrize("asked", ["all", "1-3", "3,1,2"])
def test_every_column_is_a_row(epidot, tmp_path: Path, asked: str) -> None:
    _table(tmp_path / "one.csv", "wavelength (nm),30 s,60 s,90 s", NM, *(_band(p) for p in (590, 600, 610)))
    done = epidot("measure", "pl", "one.csv", "--columns", asked, "--json")
    assert done.status == 0, done.err
    found = {row["column"]: row["quantities"]["peak_nm"]["value"] for row in done.json["results"]}
    assert found == {
        "30 s": pytest.approx(590, abs=1),
        "60 s": pytest.approx(600, abs=1),
        "90 s": pytest.approx(610, abs=1),
    }
    assert "choose with column" not in done.out


@pytest.mark.parametrize(
    ("asked", "said"),
    [("some", "1-3,7"), ("3-1", "1-3,7"), ("9", "the file has 1"), ("0", "the file has 1")],
)
def test_columns_that_are_none_are_refused(epidot, tmp_path: Path, asked: str, said: str) -> None:
    _table(tmp_path / "one.csv", "wavelength (nm),PL", NM, _band(600))
    done = epidot("measure", "pl", "one.csv", "--columns", asked)
    assert done.status == 2
    assert said in done.err


def test_standard_input_is_a_file(tmp_path: Path) -> None:
    _table(tmp_path / "one.csv", "wavelength (nm),PL one,PL two", NM, _band(600), _band(610))
    call = [sys.executable, "-m", "epidot", "measure", "pl", "-", "--columns", "all", "--json"]
    done = subprocess.run(call, input=(tmp_path / "one.csv").read_bytes(), capture_output=True, check=True)
    peaks = [row["quantities"]["peak_nm"]["value"] for row in json.loads(done.stdout)["results"]]
    assert peaks == pytest.approx([600, 610], abs=1)


def test_a_pattern_without_files_names_the_nearest(epidot, series: Path) -> None:
    done = epidot("measure", "pl", f"{series}/* mim.csv")
    assert done.status == 2
    assert "no file fits this pattern" in done.err
    assert "min.csv" in done.err


def test_a_change_of_rule_within_a_series_is_said_in_its_row(epidot, tmp_path: Path) -> None:
    """Most aliquots have a first maximum; that with a mere shoulder is found by the second derivative."""
    nm = np.arange(400.0, 701.0)
    for i, height in enumerate((0.5, 0.5, 0.5, 0.08)):
        rise = 2 * np.exp(-(nm - 400) / 60)
        noise = np.random.default_rng(i).normal(0, 2e-4, nm.size)
        y = height * np.exp(-0.5 * ((nm - 560) / 16) ** 2) + rise + noise
        _table(tmp_path / f"{i}.csv", "wavelength (nm),absorbance", nm, y)
    done = epidot("measure", "uvvis", "*.csv", "--json")
    assert done.status == 0, done.err
    said = [any("another rule" in w for w in row["warnings"]) for row in done.json["results"]]
    assert said == [False, False, False, True]


def test_a_page_for_each_curve(epidot, series: Path, tmp_path: Path) -> None:
    done = epidot("measure", "pl", series, "--plot", "pages.pdf")
    assert done.status == 0, done.err
    assert (tmp_path / "pages.pdf").read_bytes().count(b"/Type /Page ") == 10
    done = epidot("measure", "pl", series, "--plot", "pages.png")
    assert done.status == 2
    assert ".pdf" in done.err
    assert not (tmp_path / "pages.png").exists()


def test_the_curve_of_a_fit_is_data_model_and_residuals(epidot, tmp_path: Path) -> None:
    t = np.arange(0, 200, 0.2)
    rng = np.random.default_rng(3)
    decay = rng.poisson(2 + 5000 * np.exp(-np.clip(t - 20, 0, None) / 15) * (t >= 20))
    _table(tmp_path / "decay.csv", "time (ns),counts", t, decay)
    fit = ("measure", "tcspc", "decay.csv", "--period", "200", "--exponentials", "1")
    assert epidot(*fit, "--curve", "curve.csv", "--plot", "fit.png").status == 0
    found = np.genfromtxt(tmp_path / "curve.csv", delimiter=",", names=True)
    assert set(found.dtype.names) == {"time_ns", "data", "model", "residuals", "response"}
    np.testing.assert_array_equal(found["data"], decay)
    y, mu = found["data"], found["model"]
    each = 2 * (np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / mu), 0.0) - (y - mu))
    np.testing.assert_allclose(found["residuals"], np.sign(y - mu) * np.sqrt(each), rtol=1e-6, atol=1e-6)
    assert found["response"].max() == pytest.approx(decay.max(), rel=0.05)


@pytest.mark.parametrize("target", ["table.xlsx", "/proc/nowhere/table.csv"])
def test_a_table_that_cannot_be_written_is_refused_before_the_work(epidot, series: Path, target: str) -> None:
    done = epidot("measure", "pl", series, "-o", target)
    assert done.status == 2
    assert Path(target).name in done.err
    assert not done.out


def test_netcdf_holds_the_same_numbers(epidot, series: Path, tmp_path: Path) -> None:
    import xarray as xr

    (series / "5 min.csv").write_text("nothing\n", encoding="utf-8")
    for name in ("t.nc", "t.csv"):
        assert epidot("measure", "pl", series, "-o", name).status == 1
    with open(tmp_path / "t.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with xr.open_dataset(tmp_path / "t.nc", engine="h5netcdf") as table:
        assert table["peak_nm"].attrs["units"] == "nm"
        np.testing.assert_allclose(
            table["peak_nm"].values, [float(row["peak_nm"] or "nan") for row in rows], rtol=1e-9
        )
        assert str(table["reason"].values[4])


@pytest.mark.parametrize("option", ["-o", "--curve", "--plot"])
@pytest.mark.parametrize("verb", ["measure", "fit"])
@pytest.mark.parametrize("spelt", ["a.csv", "./a.csv", "link.csv"])
def test_a_measured_file_is_never_written_over(
    verb: str, option: str, spelt: str, epidot, tmp_path: Path
) -> None:
    _table(tmp_path / "a.csv", "wavelength (nm),PL", NM, _band(600))
    (tmp_path / "link.csv").symlink_to("a.csv")
    before = (tmp_path / "a.csv").read_bytes()
    done = epidot(verb, "pl", "a.csv", option, spelt)
    assert done.status == 2
    assert "this file is read: it would be lost" in done.err
    assert (tmp_path / "a.csv").read_bytes() == before


@pytest.mark.parametrize("target", [".", "*.csv"])
@pytest.mark.parametrize("option", ["-o", "--curve"])
def test_data_matched_by_a_folder_or_pattern_are_not_written_over(
    target: str, option: str, epidot, tmp_path: Path
) -> None:
    for name in ("a.csv", "b.csv"):
        _table(tmp_path / name, "wavelength (nm),PL", NM, _band(600))
    before = (tmp_path / "b.csv").read_bytes()
    done = epidot("measure", "pl", target, option, "b.csv")
    assert done.status == 2
    assert "this file is read: it would be lost" in done.err
    assert (tmp_path / "b.csv").read_bytes() == before


def test_a_curve_without_any_value_says_why_in_its_row(epidot, tmp_path: Path) -> None:
    _table(tmp_path / "a.csv", "wavelength (nm),PL", NM, _band(600))
    _table(tmp_path / "flat.csv", "wavelength (nm),PL", NM, np.full(NM.size, 100.0))
    done = epidot("measure", "pl", "a.csv", "flat.csv", "-o", "t.csv", "--json")
    assert done.status == 0, done.err
    with open(tmp_path / "t.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["reason"] for row in rows] == ["", "no band above the noise"]
    assert [row.get("reason") for row in done.json["results"]] == [None, "no band above the noise"]
    assert "flat.csv: not measured: no band above the noise" in done.err


def test_one_page_for_several_curves_is_refused_before_the_work(epidot, series: Path, tmp_path: Path) -> None:
    for verb, target in (("measure", series), ("measure", f"{series}/*.csv")):
        done = epidot(verb, "pl", target, "--plot", "g.png")
        assert done.status == 2
        assert "one page for each curve needs a PDF" in done.err
        assert "10 of 10" not in done.err  # no progress: nothing was measured


def test_two_results_do_not_go_into_one_file(epidot, tmp_path: Path) -> None:
    _table(tmp_path / "a.csv", "wavelength (nm),PL", NM, _band(600))
    for verb in ("measure", "fit"):
        done = epidot(verb, "pl", "a.csv", "-o", "b.csv", "--curve", "./b.csv")
        assert done.status == 2
        assert "two results would go into one file" in done.err
        assert not (tmp_path / "b.csv").exists()


def test_columns_that_are_headed_alike_are_told_apart(epidot, tmp_path: Path) -> None:
    _table(tmp_path / "two.csv", "wavelength (nm),PL,PL", NM, _band(590), _band(610, 1))
    done = epidot("measure", "pl", "two.csv", "--columns", "all", "--json")
    assert [one["column"] for one in done.json["results"]] == ["PL (column 1)", "PL (column 2)"]
