"""Runs and light that checks ask for: the same numbers as the rooms give, each computed once."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError
from epidot.light.optics import optics
from epidot.papers.experiments import Experiments
from epidot.papers.words import vocabulary
from epidot.runs import run as driver
from epidot.runs.run import Run

RECIPE = "choi2023/inp-se"


@pytest.fixture(scope="module")
def experiments() -> Experiments:
    made = Experiments({"dot": Population(LayeredDot("InP", 3.3), np.array([3.3]))})
    made.run(RECIPE)
    return made


def test_events_account_for_the_adatoms(experiments: Experiments) -> None:
    word = vocabulary(experiments)
    bound = word["run"](RECIPE, "30 min", "adatoms_Se_per_dot")
    assert word["run.made"](RECIPE, "30 min", "r1") + word["run.made"](
        RECIPE, "30 min", "oxr"
    ) == pytest.approx(bound, rel=1e-6)
    assert word["run.made"](RECIPE, "start", "r1") == 0


def test_a_recipe_runs_once(experiments: Experiments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "run_flask", lambda *_, **__: pytest.fail("run again"))
    assert vocabulary(experiments)["run"](RECIPE, "30 min", "adatoms_Se_per_dot") > 0


def test_twice_the_supply_doubles_what_is_charged(experiments: Experiments) -> None:
    once, twice = experiments.run(RECIPE), experiments.run(RECIPE, ("SePR3",))

    def selenium(run: Run) -> float:
        sample = run.sample("30 min")
        bound = sample.quantity("adatoms_Se_per_dot").value or 0.0
        return sample.state.liquor["SePR3"] + bound * sample.state.dots_mol

    assert selenium(twice) == pytest.approx(2 * selenium(once), rel=1e-9)


def test_unknown_samples_quantities_and_dots_are_named(experiments: Experiments) -> None:
    word = vocabulary(experiments)
    with pytest.raises(InputError, match="nearest valid: 30 min"):
        word["run"](RECIPE, "31 min", "plqy")
    with pytest.raises(InputError, match="nearest valid: plqy"):
        word["run"](RECIPE, "30 min", "plqi")
    with pytest.raises(InputError, match="no such reaction"):
        word["run.made"](RECIPE, "30 min", "r99")
    with pytest.raises(InputError, match="nearest valid: dot"):
        word["light"]("dott", "plqy")
    with pytest.raises(InputError, match="light has no such quantity"):
        word["light"]("dot", "plqi")


def test_light_is_that_of_the_room(experiments: Experiments) -> None:
    sample = experiments.run(RECIPE).sample("30 min")
    whole = optics(sample.population)
    assert sample.population.dot == sample.dot
    for name in ("first_exciton_nm", "first_exciton_eV", "k_r_per_ns", "strain_core", "plqy", "pl_fwhm_nm"):
        assert sample.quantity(name).value == getattr(whole, name)
