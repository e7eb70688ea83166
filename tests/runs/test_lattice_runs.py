"""Runs on the lattice: dots one by one, means with their errors, and the mean field where it is asked for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from epidot.growth.flask import Flask
from epidot.growth.lattice.engine import LatticeEngine
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.recipe import recipe as recipes
from epidot.runs.batch import Batch
from epidot.runs.order import DOTS, order_from
from epidot.runs.record import standstill
from epidot.runs.run import run
from epidot.runs.sampling import student

ONE_LAYER = "choi2023/inp-znse"


@pytest.fixture(scope="module")
def batch() -> Batch:
    return run(ONE_LAYER, dots=5, seed=2, engine="kmc")


def test_every_dot_is_a_member_with_a_shell_of_its_own(batch: Batch) -> None:
    population = batch.sample("30 min").population
    assert population is not None
    assert population.members is not None
    assert len(population.members) == 5
    assert len({m.shells[0].thickness_nm for m in population.members}) == 5
    assert np.std(population.core_diameters_nm) > 0


def test_quantities_are_means_over_the_dots_with_their_errors(batch: Batch) -> None:
    sample = batch.sample("30 min")
    found = sample.quantities
    assert sample.population is not None
    assert sample.population.members is not None
    each = [m.oxide for m in sample.population.members]
    assert found["oxide_per_dot"].value == pytest.approx(np.mean(each))
    # What follows the size of the core, which is chosen and not drawn, is no error of the mean.
    cut = [dot.core_diameter_nm for dot in sample.grown]
    rest = np.array(each) - np.polyval(np.polyfit(cut, each, 1), cut)
    error = student(3) * math.sqrt(float(rest @ rest) / 3 / 5)
    assert found["oxide_per_dot"].sigma == pytest.approx(error)
    for name in ("pl_peak_nm", "pl_fwhm_nm", "plqy", "tau_amplitude_ns", "first_exciton_nm", "diameter_nm"):
        assert (found[name].sigma or 0) > 0
    rough = found["roughness_nm"].value
    assert rough is not None
    assert 0.05 < rough < 0.3


def test_matter_is_conserved_and_the_engine_is_named(batch: Batch) -> None:
    assert batch.engine == "kmc"
    assert max(batch.conservation.values()) < 1e-10


def test_the_mean_field_is_run_where_it_is_asked_for() -> None:
    mean = run(ONE_LAYER, dots=5, engine="meanfield")
    population = mean.sample("30 min").population
    assert population is not None
    assert population.members is None
    assert mean.sample("30 min").quantities["roughness_nm"].value is None


def test_the_lattice_is_the_usual_engine() -> None:
    assert order_from(ONE_LAYER).engine == "kmc"
    assert order_from(ONE_LAYER).dots == DOTS["kmc"]
    assert order_from(ONE_LAYER, engine="meanfield").dots == DOTS["meanfield"]


def test_a_flask_that_comes_to_rest_says_so() -> None:
    name = "choi2023/inp-zn"
    whole, recipe = mechanisms.load(), recipes.load(name)
    assert whole.lattice is not None
    steps = tuple(s for s in whole.lattice.steps if s.declared != "ex.O")  # slow
    reactions = tuple(r for r in whole.reactions if r.declared != "ex.O")
    mechanism = replace(whole, reactions=reactions, lattice=replace(whole.lattice, steps=steps))
    flask = Flask(recipe.timeline(), LatticeEngine(mechanism, dots=1), mechanism, name)
    history = flask.run(flask.begin(FlaskState.at_start(recipe)), points=1).history
    rest = [i for i, s in enumerate(history) if s.grown is not None and s.grown.stuck]
    (said,) = standstill(history[: rest[-1] + 1])
    assert "nothing more could happen" in said
    assert "the liquor lacks" in said
    assert standstill(history[: rest[0]]) == []
