"""``epidot measure auto`` and ``epidot simulate auto``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from epidot.report import folder as work


def _spectrum(path: Path, head: str, x: np.ndarray, y: np.ndarray) -> None:
    rows = "\n".join(f"{a:.6g},{b:.6g}" for a, b in zip(x, y, strict=True))
    path.write_text(f"{head}\n{rows}\n", encoding="utf-8")


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    """Absorption and emission of one sample, emission of another, a broken file and a page of text."""
    folder = tmp_path / "monday"
    folder.mkdir()
    rng = np.random.default_rng(2)
    nm = np.arange(380.0, 700.0)
    edge = 0.4 * np.exp(-0.5 * ((nm - 520) / 14) ** 2) + 2.0 / (1 + np.exp((nm - 440) / 12))
    _spectrum(folder / "A1_abs.csv", "wavelength (nm),absorbance", nm, edge + rng.normal(0, 5e-4, nm.size))
    for name, peak in (("A1", 540), ("B2", 560)):
        band = 9000 * np.exp(-0.5 * ((nm - peak) / 16) ** 2) + 40 + rng.normal(0, 4, nm.size)
        _spectrum(folder / f"{name}_emission.csv", "wavelength (nm),emission counts", nm, band)
    (folder / "cut_emission.csv").write_text(
        "wavelength (nm),emission counts\n400,1\n401,2\n", encoding="utf-8"
    )
    (folder / "README.md").write_text("absorbance and emission\n", encoding="utf-8")
    return folder


def test_a_folder_becomes_a_table_a_page_and_a_comparison(epidot, monday: Path, tmp_path: Path) -> None:
    done = epidot("measure", "auto", monday, "-o", "out")
    with open(tmp_path / "out" / "table.csv", encoding="utf-8") as file:
        rows = {(row["file"], row["quantity"]): row for row in csv.DictReader(file)}
    for name, peak in (("A1", 540), ("B2", 560)):
        row = rows[f"{name}_emission.csv", "peak_nm"]
        assert abs(float(row["value"]) - peak) < 4 * float(row["sigma"])
        assert row["sample"] == name
    whole = json.loads((tmp_path / "out" / "table.json").read_text())
    (shift,) = whole["agreement"]
    assert (shift["sample"], shift["idea"]) == ("A1", "Stokes shift")
    assert shift["value"] > 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert "http" not in page.replace("http-equiv", "")  # it needs nothing from elsewhere
    assert "cut_emission.csv" in page
    assert [one["file"] for one in whole["not_recognised"]] == ["cut_emission.csv", "README.md"]
    assert done.status == 0, done.err


def test_what_a_mark_of_its_own_names_and_nobody_can_read_is_a_failure(epidot, monday: Path) -> None:
    (monday / "broken.csv").write_text('# epidot signal 1\n# technique: "pl"\n', encoding="utf-8")
    done = epidot("measure", "auto", monday, "--json")
    assert [one["file"] for one in done.json["failed"]] == ["broken.csv"]
    assert len(done.json["results"]) == 3
    assert done.status == 1


def test_a_second_call_measures_only_what_changed(
    monday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    first = work.measure(monday, out, jobs=1)
    before = {one.name: one.read_bytes() for one in out.iterdir() if one.is_file()}
    seen: list[str] = []
    real = work.measured
    monkeypatch.setattr(work, "measured", lambda root, one: seen.append(one.path) or real(root, one))
    second = work.measure(monday, out, jobs=1)
    assert seen == []
    assert second.records == first.records
    assert before == {one.name: one.read_bytes() for one in out.iterdir() if one.is_file()}
    nm = np.arange(380.0, 700.0)
    _spectrum(
        monday / "B2_emission.csv",
        "wavelength (nm),emission counts",
        nm,
        1 + np.exp(-((nm - 600) ** 2) / 800),
    )
    work.measure(monday, out, jobs=1)
    assert seen == ["B2_emission.csv"]


def test_a_call_that_was_cut_short_goes_on(
    monday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    real = work.measured

    def cut_short(root, one):  # type: ignore[no-untyped-def]
        if one.path.startswith("B2"):
            raise KeyboardInterrupt
        return real(root, one)

    monkeypatch.setattr(work, "measured", cut_short)
    with pytest.raises(KeyboardInterrupt):
        work.measure(monday, out, jobs=1)
    monkeypatch.setattr(work, "measured", real)
    again = work.measure(monday, out, jobs=1)
    assert again.resumed >= 2
    assert again.count("measured") == 3


def test_the_result_does_not_depend_on_the_workers(monday: Path, tmp_path: Path) -> None:
    work.measure(monday, tmp_path / "one", jobs=1)
    work.measure(monday, tmp_path / "two", jobs=2)
    for name in (work.TABLE, work.EVERYTHING, work.PAGE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_folder_of_results_is_no_data(epidot, monday: Path) -> None:
    for _ in range(2):
        done = epidot("measure", "auto", monday, "-o", monday / "measured", "--json")
    assert {one["file"] for one in done.json["not_recognised"]} == {"cut_emission.csv", "README.md"}


def test_a_decay_whose_period_nobody_said_is_a_failure_that_can_be_mended(epidot, monday: Path) -> None:
    t = np.arange(0.0, 50.0, 0.1)
    counts = np.random.default_rng(3).poisson(2000 * np.exp(-t / 9) + 2)
    _spectrum(monday / "A1 decay.csv", "time (ns),counts", t, counts.astype(float))
    done = epidot("measure", "auto", monday, "--json")
    (failed,) = done.json["failed"]
    assert (failed["file"], failed["technique"]) == ("A1 decay.csv", "tcspc")
    assert "period" in failed["reason"]
    assert done.status == 1
    rule = "files:\n- {pattern: '*decay*', technique: tcspc, options: {period: 100, irf_fwhm_ns: 0.2}}\n"
    (monday / "epidot-rules.yaml").write_text(rule, encoding="utf-8")
    assert epidot("measure", "auto", monday, "--json").json["failed"] == []


def test_a_drawing_among_the_data_is_no_failed_image(epidot, monday: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64), "white").save(monday / "plot.png")
    done = epidot("measure", "auto", monday, "--json")
    reasons = {one["file"]: one["reason"] for one in done.json["not_recognised"]}
    assert reasons["plot.png"].startswith("may be of tem, but: ")
    assert done.status == 0


def test_names_of_samples_by_an_expression(epidot, monday: Path) -> None:
    done = epidot("measure", "auto", monday, "--sample", "[AB]([0-9])", "--json")
    assert {one["sample"] for one in done.json["results"]} == {"1", "2"}
    assert epidot("measure", "auto", monday, "--sample", "(A").status == 2


@pytest.mark.parametrize(("target", "word"), [("nowhere", "not a folder"), ("A1_abs.csv", "not a folder")])
def test_no_folder_no_measurement(epidot, monday: Path, target: str, word: str) -> None:
    done = epidot("measure", "auto", monday / target)
    assert done.status == 2
    assert word in done.err


def test_what_all_instruments_show_is_measured_as_any_folder(epidot, tmp_path: Path) -> None:
    (tmp_path / "dot.yaml").write_text("core: {material: CdSe, diameter: 3.6 nm}\n", encoding="utf-8")
    shown = epidot("simulate", "auto", "dot.yaml", "-o", "seen", "--json")
    assert shown.status == 0, shown.err
    assert {"pl", "uvvis", "tcspc", "raman", "xrd"} <= set(shown.json["files"])
    done = epidot("measure", "auto", "seen", "--json")
    results = {one["technique"]: one for one in done.json["results"]}
    assert set(shown.json["files"]) == set(results) | {one["technique"] for one in done.json["failed"]}
    assert results["xrd"]["options"] == {"phase": "CdSe"}
    assert {one["sample"] for one in results.values()} == {"dot"}
