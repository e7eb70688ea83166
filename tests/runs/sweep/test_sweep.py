"""A sweep: read whole, every point once, the same bits whoever works, what fails listed and the rest kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray

from epidot.errors import InputError, WorkError
from epidot.report import sweep as report
from epidot.runs.run import run
from epidot.runs.sweep import carried, plan, points, table
from epidot.runs.workers import Alone, workers

STAGED = "sweep: 1\nrecipe: choi2023/inp-zns-staged-4\nsamples: stage II\n"
QUICK = "sweep: 1\nrecipe: choi2023/inp-zn\nquantities: [In_exchanged_per_dot, coverage]\n"
GRID = QUICK + "vary:\n  core.diameter: 2.8..3.4 nm x 3\n  ramp: [5 °C/min, 10 °C/min]\n"


def _faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        plan.parse(text, where="s.yaml")
    return [str(f) for f in caught.value.faults]


def test_all_faults_at_once_each_with_its_line() -> None:
    found = _faults(
        "sweep: 1\nrecipe: choi2023/inp-zns-staged-4\nenigne: kmc\nvary:\n"
        "  steps.stage_II.temperature: 220..960 °C x 3\n"
        "  core.diameter:\n  - 2.8 nm\n  - 33 nm\n"
        "  steps.stage_9.time: [1 min]\n"
        "  ramp: 10..5 °C/min x 3\n"
        "samples: stage IIII\nquantities: [plqy, plqyy]\npoints: 3\n"
    )
    lines = [int(f.split(":")[1]) for f in found]
    assert set(lines) == {3, 5, 8, 9, 10, 11, 12, 13}
    assert any("nearest valid: engine" in f for f in found)
    assert any("960" in f and "out of range" in f for f in found)
    assert any("33 nm" in f for f in found)


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("vary: {core.diameter: 2..3 nm}", "must say how many"),
        ("vary: {core.diameter: 2..3 nm x 1}", "2 to "),
        ("vary: {core.diameter: 2 nm..300 Å x 3}", "two units"),
        ("vary: {ramp: 0..5 °C/min x 3 log}", "above zero"),
        ("vary: {core.diameter: []}", "no values"),
        ("vary: {core.diameter: [3 nm], core.Diameter: [3 nm]}", "two names of one place"),
        ("vary: {core.diameter: [2 nm, 3 nm], ramp: [5 °C/min]}\ndesign: list", "as many of each"),
        ("vary: {core.diameter: [2 nm, 3 nm]}\ndesign: sobol\npoints: 8", "needs a range"),
        ("vary: {core.diameter: 2..3 nm x 4}\ndesign: sobol\npoints: 8", "says how many"),
        ("vary: {core.diameter: 2..3 nm}\ndesign: sobol", "points is missing"),
        ("vary: {core.diameter: 2..3 nm}\ndesign: optimise\npoints: 8", "target is missing"),
        ("vary: {core.diameter: 2..3 nm x 2}\ntarget: {plqy: max}", "only design: optimise"),
        (
            "vary: {core.diameter: 2..3 nm}\ndesign: optimise\npoints: 8\ntarget: {plqy: max, coverage: max}",
            "needs a scale",
        ),
        ("vary: {core.diameter: 2..3 nm x 400, ramp: 5..6 °C/min x 400}", "at most 100000 points"),
        ("vary: {hypothesis: [H1, H9]}", "H9"),
        ("vary: {seed: [0, -x]}", "whole number"),
        ("vary: {core.diameter: 2..3 nm x 2}\nmechanism: choi2032", "no such mechanism"),
    ],
)
def test_what_makes_no_sweep_is_refused(vary: str, said: str) -> None:
    assert any(said in f for f in _faults(f"sweep: 1\nrecipe: choi2023/inp-zn\n{vary}\n")), said


def test_a_grid_gives_what_single_runs_give_to_the_bit(tmp_path: Path) -> None:
    sweep = plan.parse(GRID)
    done = carried.carry_out(sweep, Alone())
    (tmp_path / "sweep.nc").write_bytes(table.to_bytes(done))
    with xarray.open_dataset(tmp_path / "sweep.nc", engine="h5netcdf") as found:
        assert found["coverage"].dims == ("core.diameter", "ramp", "sample")
        assert found["coverage"].attrs["units"] == "fraction"
        assert found["core.diameter"].attrs["units"] == "nm"
        assert list(found["core.diameter"].values) == [2.8, 3.1, 3.4]
        recipe = sweep.base.recipe.with_(core={"diameter": "3.1 nm"}, ramp="5 °C/min")
        alone = run(recipe, engine="meanfield", dots=2).samples[-1].quantities
        for name in ("coverage", "In_exchanged_per_dot"):
            told = found[name].sel({"core.diameter": 3.1, "ramp": 5.0}).values[-1]
            assert told == alone[name].value


@pytest.mark.parametrize(("jobs", "scheduler"), [(2, None), (3, None)])
def test_whoever_works_the_bits_are_the_same(jobs: int, scheduler: str | None) -> None:
    sweep = plan.parse(GRID)
    with workers(jobs, scheduler, 6) as helpers:
        done = carried.carry_out(sweep, helpers)
    assert table.to_bytes(done) == table.to_bytes(carried.carry_out(sweep, Alone()))


def test_only_what_is_missing_is_carried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    real = points.run_flask

    def counted(order, **more):  # type: ignore[no-untyped-def]
        calls.append(order.recipe.text)
        return real(order, **more)

    monkeypatch.setattr(points, "run_flask", counted)
    kept = points.Kept(tmp_path)
    first = carried.carry_out(plan.parse(GRID), Alone(), kept)
    assert len(calls) == 6
    assert first.new == 6
    again = carried.carry_out(plan.parse(GRID), Alone(), kept)
    assert len(calls) == 6
    assert again.new == 0
    assert table.csv(again) == table.csv(first)
    finer = carried.carry_out(plan.parse(GRID.replace("x 3", "x 5")), Alone(), kept)
    assert len(calls) == 10
    assert len(finer.tried) == 10
    assert finer.new == 4
    victim = next(tmp_path.glob("*.json"))
    victim.write_text(victim.read_text(encoding="utf-8")[:50], encoding="utf-8")
    carried.carry_out(plan.parse(GRID), Alone(), kept)
    assert len(calls) <= 11  # the damaged one at most


def test_a_point_that_fails_is_listed_and_the_rest_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    real = points.run_flask

    def failing(order, **more):  # type: ignore[no-untyped-def]
        if "3.1 nm" in order.recipe.text:
            raise WorkError("the integration stopped")
        return real(order, **more)

    monkeypatch.setattr(points, "run_flask", failing)
    done = carried.carry_out(plan.parse(GRID), Alone())
    assert [one.point.written[0] for one in done.failed] == ["3.1 nm", "3.1 nm"]
    told = table.to_json(done)
    assert told["failed"][0]["reason"] == "the integration stopped"
    values = table.values_of(done, "coverage", done.sweep.samples[-1])
    assert np.isnan(values).sum() == 2
    monkeypatch.setattr(points, "run_flask", lambda *a, **k: 1 / 0)
    with pytest.raises(WorkError, match="ZeroDivisionError"):
        carried.carry_out(plan.parse(GRID), Alone())


def test_sobol_fills_the_ranges_evenly_and_the_same_every_time() -> None:
    text = QUICK + "vary: {core.diameter: 2..4 nm, ramp: 1..16 °C/min log}\ndesign: sobol\npoints: 32\n"
    first, again = (carried.points(plan.parse(text)) for _ in range(2))
    assert [p.written for p in first] == [p.written for p in again]
    shares = np.array([[(float(a.split()[0]) - 2) / 2, np.log2(float(b.split()[0])) / 4] for a, b in
                       (p.written for p in first)])  # fmt: skip
    for axis in shares.T:  # balanced: one point in each of 32 equal steps of each axis
        assert sorted(np.floor(axis * 32).astype(int)) == list(range(32))


def test_a_search_finds_what_a_grid_would_and_says_an_end() -> None:
    base = "sweep: 1\nrecipe: choi2023/inp-zn\nquantities: core_diameter_nm\n"
    text = base + (
        "vary: {core.diameter: 2.4..4.4 nm}\ndesign: optimise\npoints: 32\n"
        "target: {core_diameter_nm: {to: 3.21, within: 0.01}}\n"
    )
    done = carried.carry_out(plan.parse(text), Alone())
    assert len(done.tried) <= 32
    assert done.best is not None
    found = done.best.outcome.found[done.sweep.samples[-1]]["core_diameter_nm"].value
    assert found == pytest.approx(3.21, abs=0.002)
    assert not done.remarks
    beyond = carried.carry_out(plan.parse(text.replace("3.21", "6.0")), Alone())
    assert "end of the range of core.diameter (4.4 nm)" in beyond.remarks[0]


def test_the_folder_is_written_whole_and_resumed(tmp_path: Path) -> None:
    folder = tmp_path / "map"
    sweep = plan.parse(GRID)
    told = report.explain(sweep, folder, None, None)
    assert (told["calls"], told["known"]) == (6, 0)
    assert not folder.exists()
    report.carry_out(sweep, folder, jobs=1)
    files = sorted(p.name for p in folder.iterdir())
    assert files == ["points", "report.html", "sweep.csv", "sweep.nc"]
    assert "<svg" in (folder / "report.html").read_text(encoding="utf-8")
    before = (folder / "sweep.nc").read_bytes()
    with pytest.raises(InputError, match=r"sweep of 6 points.*--resume"):
        report.carry_out(sweep, folder, jobs=1)
    assert report.explain(sweep, folder, None, None)["known"] == 6
    again = report.carry_out(sweep, folder, jobs=1, resume=True)
    assert again.new == 0
    assert (folder / "sweep.nc").read_bytes() == before
    with pytest.raises(InputError, match="no sweep here"):
        report.carry_out(sweep, tmp_path / "other", jobs=1, resume=True)
    assert not (tmp_path / "other").exists()
    json.loads(next((folder / "points").iterdir()).read_text(encoding="utf-8"))
