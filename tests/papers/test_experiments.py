"""Runs and light that checks ask for: the same numbers as the rooms give, each computed once."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import InputError
from epidot.light.optics import optics
from epidot.papers import experiments
from epidot.papers.experiments import Experiments
from epidot.papers.lit import Lit, valley_depth
from epidot.papers.words import vocabulary

RECIPE = "choi2023/inp-se"


@pytest.fixture(scope="module")
def bench() -> Experiments:
    made = Experiments({"dot": Population(LayeredDot("InP", 3.3), np.array([3.3]))})
    made.trial(RECIPE)
    return made


def test_events_account_for_the_adatoms(bench: Experiments) -> None:
    word = vocabulary(bench)
    bound = word["run"](RECIPE, "30 min", "adatoms_Se_per_dot")
    assert word["run.made"](RECIPE, "30 min", "r1") + word["run.made"](
        RECIPE, "30 min", "oxr"
    ) == pytest.approx(bound, rel=1e-6)
    assert word["run.made"](RECIPE, "start", "r1") == 0


def test_a_recipe_runs_once(bench: Experiments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "carry_out", lambda *_: pytest.fail("run again"))
    assert vocabulary(bench)["run"](RECIPE, "30 min", "adatoms_Se_per_dot") > 0


def test_twice_the_supply_doubles_what_is_charged(bench: Experiments) -> None:
    once, twice = bench.trial(RECIPE), bench.trial(RECIPE, ("SePR3",))

    def selenium(trial: experiments.Trial) -> float:
        state = trial.state("30 min")
        return state.liquor["SePR3"] + trial.quantity("30 min", "adatoms_Se_per_dot") * state.dots_mol

    assert selenium(twice) == pytest.approx(2 * selenium(once), rel=1e-9)


def test_unknown_samples_quantities_and_dots_are_named(bench: Experiments) -> None:
    word = vocabulary(bench)
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


def test_light_is_that_of_the_room(bench: Experiments) -> None:
    dot = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65),), sites=187, coverage=0.9, linked=0.95, oxide=10)
    lit = Lit(dot, 0.08)
    whole = optics(lit.population)
    for name in ("first_exciton_nm", "k_r_per_ns", "strain_core", "plqy", "tau_amplitude_ns", "pl_fwhm_nm"):
        # The room reads its states from a spline over the sizes; here each is solved by itself.
        assert lit[name] == pytest.approx(getattr(whole, name), rel=1e-7)
    assert lit["first_exciton_eV"] * lit["first_exciton_nm"] == pytest.approx(1239.842, abs=1e-3)


def test_population_has_the_mean_and_spread_asked_for() -> None:
    sizes = Lit(LayeredDot("InP", 3.3), 0.08).population.core_diameters_nm
    assert np.mean(sizes) == pytest.approx(3.3, rel=1e-3)
    assert np.std(sizes) / np.mean(sizes) == pytest.approx(0.08, rel=0.01)
    assert Lit(LayeredDot("InP", 3.3), 0.0).population.core_diameters_nm.tolist() == [3.3]


def test_valley_depth_of_a_curve_with_a_known_one() -> None:
    nm = np.linspace(400, 700, 3001)
    curve = np.exp(-0.5 * ((nm - 580) / 20) ** 2) + 4 / (1 + np.exp((nm - 480) / 12))
    top, dip = curve[nm > 560].max(), curve[(nm > 500) & (nm < 575)].min()
    assert valley_depth(nm, curve) == pytest.approx(1 - dip / top, abs=1e-6)
    assert valley_depth(nm, np.exp(-nm / 50)) == 0.0
