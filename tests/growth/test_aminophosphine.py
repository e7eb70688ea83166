"""InP from aminophosphine: four P to one In for the cores, doses as layers, no yield without a law."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from epidot import run
from epidot.cli.simulate import population
from epidot.errors import InputError
from epidot.growth.conservation import relative_errors
from epidot.growth.meanfield import MeanField
from epidot.growth.readout import counts, layered_dot
from epidot.growth.state import FlaskState
from epidot.matter import reagents
from epidot.mechanism import lint
from epidot.mechanism import load as mechanisms
from epidot.recipe.events import Segment
from epidot.runs.order import MEAN_FIELD, order_from
from epidot.runs.run import Run, run_flask

FOLDER = Path(__file__).parents[2] / "examples" / "recipes"
NAME = "aminophosphine"
MINE = mechanisms.load(NAME)


@lru_cache
def ran(name: str) -> Run:
    return run_flask(order_from(str(FOLDER / name), dots=1, mechanism=NAME), points=4)


def test_the_file_is_sound_and_taken_only_if_asked_for() -> None:
    assert not [f for f in lint.check(MINE) if f.level != "remark"]
    assert mechanisms.for_core("InP") == "choi2023"
    order = order_from(str(FOLDER / "inp-znse-aminophosphine.yaml"), mechanism=NAME)
    assert (order.mechanism, order.engine) == (NAME, MEAN_FIELD)
    assert {p.status for p in MINE.parameters.values()} == {"assumed"}  # nothing was fitted on such cores


def test_four_phosphorus_to_one_indium_and_three_of_them_oxidised() -> None:
    """Tessier et al. 2016: full conversion of indium at 4:1; a phosphonium for each that is oxidised."""
    first, done = (
        (ran("inp-cores-aminophosphine.yaml").done.charged or {}),
        ran("inp-cores-aminophosphine.yaml").done,
    )
    made = done.solids["InP"]
    assert made == pytest.approx(0.7 * first["InCl3"], rel=1e-6)
    assert first["P(DEA)3"] / first["InCl3"] == pytest.approx(4)
    assert done.state.liquor["P(NHR)4Cl"] == pytest.approx(3 * made, rel=1e-6)
    assert done.state.liquor["HDEA"] == pytest.approx(12 * made, rel=1e-6)
    assert done.state.liquor["P(DEA)3"] / done.state.liquor["InCl3"] == pytest.approx(4, rel=1e-6)


def test_nothing_is_charged_or_lost_and_chloride_goes_outside() -> None:
    carried = ran("inp-znse-aminophosphine.yaml")
    for name, sample in carried.samples.items():
        assert abs(counts(sample.taken.state, MINE)["charge_per_dot"]) < 1e-6, name
    known, first, done = MINE.species, carried.first.state, carried.done
    errors = relative_errors(
        first, done, MINE, lambda s: known[s].elements if s in known else reagents.formula(s)
    )
    assert max(errors.values()) < 1e-9
    start = MeanField(MINE).start(FlaskState(293.15, 0.01, 1e-7, "InP", 2.4))
    assert counts(start, MINE)["ligands_Cl_per_dot"] == pytest.approx(198)
    assert abs(counts(start, MINE)["charge_per_dot"]) < 1e-9


def test_a_dose_that_has_reacted_gives_its_layers() -> None:
    """All of the selenium in the liquor becomes ZnSe on the dots, whatever the barriers."""
    fast = MINE.with_parameters({"Ea_Zn_Se": 90.0})
    state = FlaskState(593.15, 0.02, 2e-7, "InP", 3.0, liquor={"Zn(OA)2": 1.2e-3, "SePR3": 0.2e-3})
    engine = MeanField(fast)
    end = engine.advance(engine.start(state), Segment(7200.0, 593.15, 593.15), 1).states[-1]
    assert counts(end, fast)["adatoms_Se_per_dot"] == pytest.approx(1000, rel=1e-3)
    assert [layer.material for layer in layered_dot(end, fast).shells] == ["ZnSe"]


def test_the_yield_is_withheld_with_the_reason() -> None:
    sample = ran("inp-znse-aminophosphine.yaml").samples["washed"]
    found = sample.quantity("plqy")
    assert found.value is None
    assert "0 to 100 %" in found.note
    assert sample.quantity("pl_peak_nm").value is not None


def test_no_decay_is_simulated_of_a_yield_that_is_withheld(tmp_path: Path) -> None:
    path = str(FOLDER / "inp-znse-aminophosphine.yaml")
    run(path, mechanism=NAME, engine="meanfield", dots=1).save(tmp_path / "batch.nc")
    with pytest.raises(InputError, match="withheld"):
        population(tmp_path / "batch.nc", None, "tcspc")
    assert population(tmp_path / "batch.nc", None, "uvvis")[0] == "washed"


def test_zinc_halide_alone_grows_no_shell() -> None:
    """No rate of it with TOP-Se is known, and none is made up."""
    state = FlaskState(593.15, 0.02, 2e-7, "InP", 3.0, liquor={"ZnCl2": 1.2e-3, "SePR3": 0.2e-3})
    engine = MeanField(MINE)
    end = engine.advance(engine.start(state), Segment(3600.0, 593.15, 593.15), 1).states[-1]
    assert counts(end, MINE)["shell_layers"] == pytest.approx(0.0, abs=1e-9)
