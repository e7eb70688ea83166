"""A file of any instrument in a study: what it reads is what a run says of the same dots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epidot import instruments
from epidot.errors import InputError
from epidot.inference import study as studies
from epidot.inference.model import Runs
from epidot.inference.readings import SAME, measurable, read, stands_for
from epidot.runs.order import order_from
from epidot.runs.run import Run, run_flask
from epidot.runs.seen import find
from epidot.runs.sweep.points import Kept
from epidot.runs.workers import Alone
from epidot.signal.storage import save

RECIPE, SAMPLE = "yuan2023/znbr2-300", "treated"
DOTS = {"standard_nmol": 1000.0, "dots_nmol": 10.0}
TUBE = {"standard": "ferrocene", **DOTS}
STUDY = """\
study: 1
free: {halide.uptake: {mean: 60, sigma_ln: 1}}
experiments: {bromide: {recipe: yuan2023/znbr2-300}}
measured:
"""


@pytest.fixture(scope="module")
def run() -> Run:
    return run_flask(order_from(RECIPE, engine="meanfield"), points=1)


def _file(folder: Path, run: Run, technique: str, **setup: Any) -> str:
    shown = instruments.instrument(technique).simulate(
        run.sample(SAMPLE).population, setup, rng=np.random.default_rng(7)
    )
    save(shown, folder / f"{technique}.csv")
    return str(folder / f"{technique}.csv")


@pytest.mark.parametrize(
    ("technique", "name", "setup", "told"),
    [
        ("xps", "ratio_Zn_Se", {"levels": "Zn_2p Se_3d C_1s"}, {}),
        ("xps", "In_3d_mean_eV", {"levels": "In_3d C_1s"}, {}),
        ("nmr", "ligands_per_dot", DOTS, TUBE),
        ("dosy", "r_h_nm", {}, {}),
        ("etch", "halide_per_dot", {"limit_nmol": 1e-6}, {}),
        ("etch", "median_depth_nm", {}, {}),
    ],
)
def test_what_is_read_off_a_file_is_what_the_run_says(
    technique: str, name: str, setup: dict[str, Any], told: dict[str, Any], run: Run, tmp_path: Path
) -> None:
    found = read(technique, _file(tmp_path, run, technique, **setup), name, told)
    said = run.sample(SAMPLE).quantity(found.quantity).value
    assert said is not None
    assert abs(found.value - said) < 3 * found.sigma
    assert found.sigma < 0.5 * abs(found.value)


def test_readings_of_a_run_are_numbers_known_otherwise(run: Run) -> None:
    sample = run.sample(SAMPLE)
    diameter = sample.quantity("diameter_nm").value
    assert diameter is not None
    radius = sample.quantity("seen.dosy.r_h_nm").value
    assert radius == pytest.approx(diameter / 2 + 1.8, rel=0.02)  # ligands of 1.8 nm, mean over sizes
    grown = run_flask(order_from("choi2023/inp-znse", engine="meanfield"), points=1).sample("30 min")
    ligands, diameter = (grown.quantity(name).value for name in ("ligands_OA_per_dot", "diameter_nm"))
    assert ligands is not None
    assert diameter is not None
    assert grown.quantity("seen.nmr.ligands_per_dot").value == pytest.approx(ligands, rel=0.03)
    covered = grown.quantity("seen.nmr.coverage_per_nm2").value
    assert covered == pytest.approx(ligands / (np.pi * diameter**2), rel=0.03)


def test_a_study_takes_such_files_with_their_options_and_runs(run: Run, tmp_path: Path) -> None:
    _file(tmp_path, run, "nmr", **DOTS)
    _file(tmp_path, run, "etch")
    row = "of: bromide.treated, technique: nmr, file: nmr.csv, quantity: ligands_per_dot"
    text = STUDY + (
        f"- {{{row}, options: {TUBE}}}\n"
        "- {of: bromide.treated, technique: etch, file: etch.csv, quantity: median_depth_nm}\n"
    )
    where = str(tmp_path / "study.yaml")
    study = studies.parse(text, where=where)
    found = Runs(study, Alone(), Kept(None))(np.array([[p.value(0.0) for p in study.priors]], dtype=float))
    assert np.all(np.isfinite(found))
    for wrong, why in (
        (text.replace("dots_nmol", "dots_nmoll"), "no such option"),
        (text.replace("'standard'", "'ligand': 'x', 'standard'"), "cannot be said in a study"),
        (text.replace("median_depth_nm", "median_dept_nm"), "nothing that etch measures so"),
        (
            text + "- {of: bromide.end, quantity: plqy, value: 1, sigma: 1, options: {a: 1}}\n",
            "go with a file",
        ),
    ):
        with pytest.raises(InputError, match=why):
            studies.parse(wrong, where=where)


def test_every_instrument_measures_something_that_a_run_has() -> None:
    assert all(measurable(name) for name in instruments.names())
    reported = {n: {q.name for q in instruments.instrument(n).HEADER.quantities} for n in instruments.names()}
    assert all(name in reported[technique] for technique, name in SAME)
    assert stands_for("xps", "ratio_In_P") == "seen.xps.ratio_In_P"


ENERGY = "of: bromide.treated, technique: xps, quantity"
CHARGE = 0.2  # eV, of hydrocarbon: data/standards.yaml


def _errors(text: str, folder: Path) -> list[float]:
    study = studies.parse(STUDY + text, where=str(folder / "study.yaml"))
    return [one.datum.sigma for one in study.measured]


def test_energies_of_xps_carry_the_error_of_their_charge_reference(run: Run, tmp_path: Path) -> None:
    _file(tmp_path, run, "xps", levels="In_3d Se_3d C_1s")
    one = f"- {{{ENERGY}: In_3d_mean_eV, file: xps.csv}}\n"
    (alone,) = _errors(one, tmp_path)
    assert alone == pytest.approx(CHARGE, rel=0.01)
    two = _errors(one + f"- {{{ENERGY}: Se_3d_mean_eV, file: xps.csv}}\n", tmp_path)
    # what moves both is known no better by two of them: the mean has the error of the reference
    assert 1 / np.sqrt(sum(sigma**-2 for sigma in two)) == pytest.approx(CHARGE, rel=0.01)
    (own,) = _errors(one.replace("}", ", sigma: 0.5}"), tmp_path)
    assert own == 0.5
    (share,) = _errors(f"- {{{ENERGY}: ratio_In_Se, file: xps.csv}}\n", tmp_path)
    assert share < 0.1  # areas know nothing of the axis
    study = studies.parse(STUDY + one, where=str(tmp_path / "study.yaml"))
    assert any("hydrocarbon is a reference to 0.2 eV" in said for said in study.warnings)
    assert any("of the charge reference" in said for said in study.warnings)


def test_an_energy_beside_no_c1s_is_refused(run: Run, tmp_path: Path) -> None:
    _file(tmp_path, run, "xps", levels="In_3d")
    row = f"- {{{ENERGY}: In_3d_mean_eV, file: xps.csv}}\n"
    with pytest.raises(InputError, match="no C 1s sets the energies of this file right"):
        _errors(row, tmp_path)
    reference = instruments.instrument("xps").simulate(
        run.sample(SAMPLE).population, {"levels": "C_1s"}, rng=np.random.default_rng(8)
    )
    save(reference, tmp_path / "carbon.csv")
    beside = row.replace("}", ", options: {calibrate_against: [C1s, carbon.csv]}}")
    (sigma,) = _errors(beside, tmp_path)
    assert sigma == pytest.approx(CHARGE, rel=0.02)


def test_an_energy_has_no_scale(tmp_path: Path) -> None:
    text = STUDY.replace("measured:", "scales: {s: {mean: 1, sigma: 0.2}}\nmeasured:") + (
        "- {of: bromide.treated, quantity: seen.xps.In_3d_mean_eV, value: 444.8, sigma: 0.2, scale: s}\n"
    )
    with pytest.raises(InputError, match="is an energy"):
        studies.parse(text, where=str(tmp_path / "study.yaml"))


@pytest.mark.parametrize("name", ["ratio_In_Q", "Foo_9z_mean_eV", "P_2p_phosphat_eV"])
def test_what_xps_does_not_know_is_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(InputError, match="XPS knows no such"):
        find(f"seen.xps.{name}")  # of sweeps, candidates and studies without a file
    with pytest.raises(InputError, match="nothing that xps measures so"):
        stands_for("xps", name)
    assert stands_for("xps", "P_2p_phosphate_fraction") == "seen.xps.P_2p_phosphate_fraction"


def test_a_hypothesis_of_the_mechanism_is_told_where_it_belongs() -> None:
    row = "- {of: bromide.treated, quantity: plqy, value: 0.9, sigma: 0.1}\n"
    with pytest.raises(InputError, match="write mechanism: choi2023@packing") as caught:
        studies.parse("hypothesis: packing\n" + STUDY + row)
    assert len(caught.value.faults) == 1
