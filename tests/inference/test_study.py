"""A study as a file: read whole with all faults, run on real flasks, handed back ready to run, resumed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import xarray

from epidot.errors import InputError
from epidot.inference import study as studies
from epidot.inference.calibration import calibrate
from epidot.inference.comparison import Rival, compare
from epidot.inference.model import Runs
from epidot.inference.problem import Problem
from epidot.report import calibrate as report
from epidot.report import corner
from epidot.report.calibrated import Done, calibrated, to_json
from epidot.runs import intervals
from epidot.runs.order import order_from
from epidot.runs.run import run, run_flask
from epidot.runs.sweep.points import Kept
from epidot.runs.workers import Alone

STUDY = """\
study: 1
title: How fast zinc takes the place of indium
free:
  mechanism.Ea_ex: {low: 60, high: 90}
  mechanism.Ea_mon_S: {mean: 113, sigma: 15}
experiments:
  zinc:
    recipe: choi2023/inp-zn
measured:
- {of: zinc.10 min, quantity: In_exchanged_per_dot, value: VALUE, sigma: 1.0}
- {of: zinc.30 min, over: zinc.10 min, quantity: In_exchanged_per_dot, value: 1.0, sigma: 0.5}
draws: 40
"""


def _truth(ea: float) -> float:
    order = order_from("choi2023/inp-zn", engine="meanfield", parameters={"mechanism.Ea_ex": ea})
    found = run_flask(order, points=1).sample("10 min").quantity("In_exchanged_per_dot").value
    assert found is not None
    return found


def test_all_faults_at_once_each_with_its_line() -> None:
    text = (
        "study: 1\ntitel: x\nfree:\n  mechanism.Ea_exx: {low: 60, high: 95}\n"
        "  mechanism.Ea_cry: {low: 175, high: 130}\n  mechanism.Ea_ex: {low: 60, high: 900}\n"
        "  mechanism.Ea_ox: {mean: 3}\n"
        "experiments:\n  staged:\n    recipe: choi2023/inp-zns-staged-9\n"
        "  other:\n    recipe: choi2023/inp-zns-staged-2\n    unknown:\n"
        "      steps.stage_IX.time: {low: 20, high: 180, unit: min}\n"
        "      steps.stage_II.temperature: {low: 20, high: 9000, unit: °C}\n"
        "measured:\n- {of: other.stage IIII, quantity: shell_layers, value: 1.8, sigma: 0.1}\n"
        "- {of: other.stage III, quantity: crystaline_fraction, value: 0.9, sigma: 0.03, is: atleast}\n"
        "- {of: oter.stage III, quantity: plqy, value: 0.9}\n"
        "- {of: other.stage III, quantity: plqy, file: none.csv, technique: pl}\n"
    )
    with pytest.raises(InputError) as caught:
        studies.parse(text, where="s.yaml")
    lines = {f.line for f in caught.value.faults}
    assert lines == {2, 4, 5, 6, 7, 10, 14, 15, 17, 18, 19, 20}
    assert any("nearest valid: mechanism.Ea_ex" in str(f) for f in caught.value.faults)


def test_predictions_are_those_of_the_same_runs() -> None:
    study = studies.parse(STUDY.replace("VALUE", "30"))
    model = Runs(study, Alone(), Kept(None))
    found = model(np.array([[70.0, 113.0], [80.0, 113.0]]))
    assert found[:, 0].tolist() == [_truth(70.0), _truth(80.0)]
    assert model.runs == 2


def test_a_scale_is_free_and_costs_no_flask(tmp_path: Path) -> None:
    text = STUDY.replace("VALUE", "36").replace("sigma: 1.0}", "sigma: 1.0, scale: xps}")
    with pytest.raises(InputError, match="no such scale"):
        studies.parse(text)
    study = studies.parse(text + "scales: {xps: {mean: 1, sigma: 0.3}}\n")
    assert [p.name for p in study.priors] == ["mechanism.Ea_ex", "mechanism.Ea_mon_S", "scale.xps"]
    model = Runs(study, Alone(), Kept(tmp_path))
    found = model(np.array([[70.0, 113.0, 1.0], [70.0, 113.0, 1.25]]))
    assert found[1, 0] == pytest.approx(1.25 * found[0, 0], rel=1e-12)
    assert found[1, 1] == found[0, 1]  # a ratio of two areas needs none
    assert model(np.array([[70.0, 113.0, 0.5]]))[0, 0] == pytest.approx(0.5 * found[0, 0], rel=1e-12)
    assert len(list(tmp_path.iterdir())) == 1  # one flask for all
    problem = Problem(study.priors, study.data, lambda v: np.stack([v[:, 2] * 30, v[:, 0] / 70], axis=1))
    done = Done(study, calibrate(problem, draws=20), 0, {})
    assert done.found.parameters["scale.xps"].value == pytest.approx(1.2, abs=0.02)
    handed = " ".join(calibrated(done).split())
    assert "scale.xps = 1.198 ±" in handed  # closed form; in the note, for it is no number of epidot
    assert "scale.xps:" not in handed
    with pytest.raises(InputError, match="nothing measured has this scale"):
        studies.parse(STUDY.replace("VALUE", "36") + "scales: {xps: {mean: 1, sigma: 0.3}}\n")


def test_a_recipe_s_unknown_value_is_put_in_its_place() -> None:
    text = STUDY.replace("VALUE", "30") + ""
    text = text.replace(
        "    recipe: choi2023/inp-zn\n",
        "    recipe: choi2023/inp-zn\n    with: {core.diameter: 3.1 nm}\n"
        "    unknown: {steps.3.to: {low: 180, high: 220, unit: °C}}\n",
    )
    study = studies.parse(text)
    names = [p.name for p in study.priors]
    assert names == ["mechanism.Ea_ex", "mechanism.Ea_mon_S", "zinc: steps.3.to"]
    order = study.order("zinc", dict(zip(names, (70.0, 113.0, 190.0), strict=True)))
    assert "190 °C" in order.recipe.text
    assert order.recipe.core is not None
    assert order.recipe.core.diameter_nm == pytest.approx(3.1)
    assert dict(order.given.values) == {"mechanism.Ea_ex": 70.0, "mechanism.Ea_mon_S": 113.0}


def test_one_fault_is_told_once_and_names_what_to_do(tmp_path: Path) -> None:
    """A file that is empty, a number with its unit, a heading of another kind: none that follows from it."""
    where = str(tmp_path / "study.yaml")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    text = STUDY.replace("VALUE", "30")
    for old, new, told in (
        ("quantity: In_exchanged_per_dot, value: 30, sigma: 1.0", "FILE", ["the file is empty"]),
        ("value: 30", "value: 30 nm", ["must be a number without a unit"]),
        ("low: 60", "low: 60 kJ/mol", ["must be a number without a unit"]),
        (
            "free:\n  mechanism.Ea_ex: {low: 60, high: 90}\n  mechanism.Ea_mon_S: {mean: 113, sigma: 15}\n",
            "free: 3\n",
            ["expected a mapping"],
        ),
    ):
        new = new.replace("FILE", "quantity: peak_nm, technique: pl, file: empty.csv")
        with pytest.raises(InputError) as caught:
            studies.parse(text.replace(old, new), where=where)
        assert [why in str(f) for f, why in zip(caught.value.faults, told, strict=True)] == [True]


def test_values_that_no_run_has_are_a_reason() -> None:
    text = STUDY.replace("VALUE", "30").replace("In_exchanged_per_dot", "seen.xps.ratio_In_Se")
    model = Runs(studies.parse(text), Alone(), Kept(None))
    assert np.all(np.isnan(model(np.array([[70.0, 113.0]]))))
    assert any(reason.startswith("seen.xps.ratio_In_Se of zinc, 10 min: ") for reason in model.reasons)


def test_a_folder_of_a_sweep_is_not_called_a_calibration(tmp_path: Path) -> None:
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "sweep.nc").write_bytes(b"")
    for resume in (False, True):
        with pytest.raises(InputError, match="holds a sweep, not a calibration"):
            report.look(tmp_path, resume=resume, overwrite=False)
    report.look(tmp_path, resume=False, overwrite=True)


def test_a_measured_file_is_read_by_its_instrument(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    nm = np.arange(450.0, 751.0)
    light = 9000 * np.exp(-0.5 * ((nm - 612) / 17) ** 2) + 40 + rng.normal(0, 5, nm.size)
    rows = "\n".join(f"{x},{y}" for x, y in zip(nm, light, strict=True))
    (tmp_path / "pl.csv").write_text(f"wavelength (nm),PL\n{rows}\n", encoding="utf-8")
    row = "- {of: zinc.30 min, quantity: peak_nm, technique: pl, file: pl.csv}\n"
    text = STUDY.replace("VALUE", "30").replace("draws", row + "draws")
    study = studies.parse(text, where=str(tmp_path / "study.yaml"))
    datum = study.measured[2]
    assert datum.look.quantity == "pl_peak_nm"
    assert datum.datum.value == pytest.approx(612, abs=0.5)
    assert 0 < datum.datum.sigma < 1
    with pytest.raises(InputError, match="nothing that pl measures so"):
        studies.parse(text.replace("peak_nm, tech", "colour, tech"), where=str(tmp_path / "study.yaml"))


def test_the_truth_is_found_flat_is_flat_and_what_is_handed_back_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = 74.0
    study = studies.parse(STUDY.replace("VALUE", f"{_truth(truth):.4f}"))
    told = report.explain(study, tmp_path / "out")
    assert told["known_runs"] == 0
    assert not (tmp_path / "out").exists()
    done = report.carry_out(study, tmp_path / "out", jobs=1)
    assert done.found.calls <= told["calls_at_most"]
    one = done.found.parameters["mechanism.Ea_ex"]
    assert one.shape == "bounded"
    assert one.interval[0] <= truth <= one.interval[1]
    assert done.found.parameters["mechanism.Ea_mon_S"].shape == "flat"  # no sulfur in this flask
    folder = tmp_path / "out"
    assert sorted(p.name for p in folder.iterdir()) == sorted([*report.NAMES, "points"])
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["parameters"]["mechanism.Ea_mon_S"]["interval"] == [None, None]
    assert "mechanism.Ea_ex" in summary["seen"][0]["direction"]
    batch = run("choi2023/inp-zn", engine="meanfield", dots=2, parameters=folder / "calibrated.yaml")
    again = batch.sample("10 min").quantities["In_exchanged_per_dot"].value
    assert again is not None
    assert again == pytest.approx(_truth(truth), abs=2.0)
    # its interval is that of the draws, where nothing but the free numbers errs
    order = order_from("choi2023/inp-zn", engine="meanfield", dots=2, parameters=folder / "calibrated.yaml")
    with monkeypatch.context() as patch:
        patch.setenv("EPIDOT_CACHE", str(tmp_path / "kept"))
        patch.setattr(intervals, "relevant", lambda *_: tuple(p.name for p in study.priors))
        stated = intervals.with_intervals(batch, order)
    quantity = stated.sample("10 min").quantities["In_exchanged_per_dot"]
    assert quantity.interval68 is not None
    low, _, high = corner.band(done.found, 0)
    assert quantity.interval68[1] - quantity.interval68[0] == pytest.approx(high - low, rel=0.2)
    assert quantity.widest == ("mechanism.Ea_ex",)
    assert any("from the calibration “How fast" in note for note in stated.notes)
    with xarray.open_dataset(folder / "posterior.nc", engine="h5netcdf") as draws:
        assert float(draws["weight"].sum()) == pytest.approx(1.0)
        assert draws["predicted"].dims == ("draw", "datum")
        assert draws["mechanism.Ea_ex"].attrs["units"] == "kJ/mol"
    assert "<svg" in (folder / "report.html").read_text(encoding="utf-8")
    # torn, and gone on with: the same bits, and only what was missing is carried out
    whole = (folder / "posterior.nc").read_bytes()
    lost = sorted((folder / "points").iterdir())[::3]
    for path in lost:
        path.unlink()
    (folder / "posterior.nc").unlink()
    with pytest.raises(InputError, match="holds a calibration"):
        report.carry_out(study, folder, jobs=1)
    resumed = report.carry_out(study, folder, jobs=2, resume=True)
    assert resumed.runs == len(lost)
    assert (folder / "posterior.nc").read_bytes() == whole
    assert math.isfinite(resumed.found.posterior.log_evidence)


SULFUR = """\
study: 1
title: Sulfur
free:
  mechanism.Ea_1_S: {low: 70, high: 95}
experiments: {cool: {recipe: choi2023/inp-s-200}}
measured:
- {of: cool.30 min, quantity: adatoms_S_per_dot, value: 30, sigma: 5}
draws: 20
"""


def test_two_models_of_one_study_and_the_verdict_stands_in_report_and_summary(tmp_path: Path) -> None:
    first = report.calibrate(SULFUR, folder=tmp_path / "first")
    other = report.calibrate(
        SULFUR, mechanism="choi2023@2", folder=tmp_path / "other", against=[tmp_path / "first"]
    )
    assert first.against == ()
    assert other.study.mechanism == "choi2023@2"
    assert "choi2023@2" in other.study.text  # what a folder is read again from
    (one,) = other.against
    assert one.title == "Sulfur (choi2023, H1)"
    assert one.word.startswith("undecided")  # exchange and oxide do not matter to sulfur
    assert abs(one.difference) < 1
    summary = json.loads((tmp_path / "other" / "summary.json").read_text(encoding="utf-8"))
    assert summary["against"] == [one.to_json()]
    page = (tmp_path / "other" / "report.html").read_text(encoding="utf-8")
    assert "Against other models" in page
    assert "Against “Sulfur (choi2023, H1)”: undecided" in page
    with pytest.raises(InputError, match="other data"):
        report.calibrate(SULFUR.replace("value: 30", "value: 31"), against=[tmp_path / "first"])
    with pytest.raises(InputError, match="no such hypothesis"):
        studies.under(studies.parse(SULFUR), "choi2023@7")


def test_packing_is_a_hypothesis_decided_where_the_barrier_is_known_and_not_where_it_is_free() -> None:
    order = order_from("choi2023/inp-s-200", engine="meanfield", mechanism="choi2023@packing")
    truth = run_flask(order, points=1).sample("30 min").quantity("adatoms_S_per_dot").value
    known = SULFUR.replace("{low: 70, high: 95}", "{mean: 81.4, sigma: 0.5}")
    known = known.replace("30, sigma: 5", f"{truth:.2f}, sigma: 0.5")
    for text, word in ((SULFUR, "undecided"), (known, "favoured")):
        without = report.calibrate(text)
        packed = report.calibrate(text, mechanism="choi2023@packing")
        rivals = [Rival.of(to_json(one)) for one in (packed, without)]
        assert compare(rivals[0], rivals[1:])[0].word == word
    with pytest.raises(InputError, match=r"packing is a law of the mean field"):
        studies.parse("engine: kmc\nmechanism: choi2023@packing\n" + SULFUR)


def test_logarithms_and_ratios_of_two_quantities() -> None:
    text = SULFUR.replace("{low: 70, high: 95}", "{mean: 80, sigma_ln: 0.1}")
    row = "- {of: cool.30 min, over: cool.start, quantity: adatoms_S_per_dot, value: 1, sigma: 1"
    text = text.replace("draws", f"{row}, quantity of the other: oxide_per_dot}}\ndraws")
    study = studies.parse(text)
    assert study.priors[0].log
    assert study.priors[0].value(1.0) == pytest.approx(80 * math.exp(0.1))
    found = Runs(study, Alone(), Kept(None))(np.array([[80.0]]))[0]
    assert found[1] == pytest.approx(found[0] / 27)  # of a pristine 2.4 nm dot
    for old, new, said in (
        ("sigma_ln: 0.1", "sigma_ln: 0.1, sigma: 3", "sigma_ln"),
        ("{mean: 80, sigma_ln: 0.1}", "{low: 0, high: 90, log: yes}", "no such range"),
        ("oxide_per_dot", "oxid_per_dot", "nearest valid"),
        (" over: cool.start,", "", "say over or less"),
    ):
        with pytest.raises(InputError, match=said):
            studies.parse(text.replace(old, new))
