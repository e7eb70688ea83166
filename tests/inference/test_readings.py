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
