"""How a run of few dots stands for the flask, and what it says of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from epidot.dot.layers import Layer, LayeredDot, Population, mid_quantiles
from epidot.dot.mean import mean_dot
from epidot.light import members
from epidot.light.optics import Optics, optics
from epidot.light.pulls import LAW
from epidot.light.spectra import emission_peak
from epidot.recipe.recipe import load
from epidot.runs.batch import Batch
from epidot.runs.run import run
from epidot.runs.sampling import error_of_mean, pull_on_spread, student

Array = NDArray[np.float64]
SEEDS = 200

RECIPE = "choi2023/inp-zns-staged-1"


@cache
def meanfield(dots: int, seed: int = 0) -> Batch:
    return run(RECIPE, engine="meanfield", dots=dots, seed=seed)


def value(batch: Batch, name: str) -> float:
    found = batch.samples[-1].quantities[name].value
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["pl_peak_nm", "pl_fwhm_nm", "plqy", "diameter_sd_nm"])
def test_few_dots_of_the_mean_field_do_not_depend_on_the_seed(name: str) -> None:
    """PL of two dots lay up to 10 nm, and their width up to 30 nm, from one seed to the next."""
    assert value(meanfield(2), name) == value(meanfield(2, 7), name)


@pytest.mark.parametrize("dots", [1, 2, 5, 41])
def test_any_number_of_dots_of_the_mean_field_has_the_light_of_the_law(dots: int) -> None:
    """One dot had 19 nm of width for 54; of five PL was off by 0.5 nm, stated as an error of either sign."""
    for name, off in (("pl_peak_nm", 0.1), ("pl_fwhm_nm", 0.1), ("plqy", 1e-3), ("tau_amplitude_ns", 1e-3)):
        assert value(meanfield(dots), name) == pytest.approx(value(meanfield(2000), name), abs=off)
        assert meanfield(dots).samples[-1].quantities[name].sigma is None


def test_instruments_see_the_dots_whose_light_is_told() -> None:
    found = meanfield(1).samples[-1].population
    assert found is not None
    assert emission_peak(found).position == pytest.approx(value(meanfield(1), "pl_peak_nm"), abs=1e-6)
    assert found.sigma_rel == pytest.approx(load(RECIPE).sigma_rel, rel=0.01)


# ------------------------------------------------------------ what is said of it


def covered(n: int, law: Callable[[Array, Array, np.random.Generator], Array], seeds: int = 2000) -> float:
    """How often the error of the mean over ``n`` dots holds the mean over very many."""
    rng = np.random.default_rng(n)
    many = mid_quantiles(3.3, 0.08, 20_000)
    ones = rng.permutation(mid_quantiles(1.0, 0.15, 20_000))
    truth = float(np.mean(law(many, ones, np.random.default_rng(1))))
    held = 0
    for _ in range(seeds):
        core, supply = mid_quantiles(3.3, 0.08, n), rng.permutation(mid_quantiles(1.0, 0.15, n))
        values = law(core, supply, rng)
        error = error_of_mean(values, (core, supply))
        assert error is not None
        held += abs(values.mean() - truth) <= error
    return held / seeds


@pytest.mark.parametrize("n", [4, 5, 7, 10, 30, 100])
def test_the_error_holds_the_mean_of_many_dots_in_two_seeds_of_three(n: int) -> None:
    """Dots larger than others have more of everything, which is no error of their mean."""

    def law(core: Array, supply: Array, rng: np.random.Generator) -> Array:
        return 20 * core**2 + 40 * supply + rng.normal(0, 6, core.size)

    # Below eight dots the trend is not told from chance in full, and the error is too wide.
    assert 0.60 <= covered(n, law) <= (0.76 if n >= 8 else 1.0)


@pytest.mark.parametrize("n", [2, 3, 4, 10])
def test_without_a_trend_the_error_holds_at_any_number(n: int) -> None:
    """Student's factor: with the plain one, two dots would hold it in half of the seeds."""

    def law(core: Array, _: Array, rng: np.random.Generator) -> Array:
        return rng.normal(5, 1, core.size)

    assert 0.60 <= covered(n, law) <= 0.76


def test_a_spread_of_two_dots_has_no_error() -> None:
    """The two always lie as far from their mean as each other: that they agree says nothing."""
    assert error_of_mean(pull_on_spread(np.array([3.0, 5.0]))) is None
    drawn = np.random.default_rng(1).normal(5, 0.4, 400)  # textbook: sd / sqrt(2 n)
    assert error_of_mean(pull_on_spread(drawn)) == pytest.approx(0.4 / math.sqrt(800), rel=0.15)


def test_one_dot_tells_no_error() -> None:
    assert error_of_mean(np.array([3.0])) is None
    assert error_of_mean(np.array([3.0, 3.0])) == pytest.approx(0.0, abs=1e-12)
    assert student(1) == pytest.approx(1.8367, abs=1e-3)  # tan(0.3413 pi), Cauchy's law


def test_light_of_few_dots_holds_that_of_two_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred flasks of dots whose shells and oxide differ by chance: the errors of their light."""
    monkeypatch.setattr(members, "solve_dot", cache(members.solve_dot))  # the same dots come again
    rng = np.random.default_rng(5)
    truth = flask(2000, rng)
    for n in (10, 30):
        held = dict.fromkeys(("pl_peak_nm", "pl_fwhm_nm", "plqy", "tau_amplitude_ns", "first_exciton_nm"), 0)
        for _ in range(SEEDS):
            light = flask(n, rng)
            for name in held:
                scatter = error_of_mean(light.pulls[name], (light.population.core_diameters_nm,))
                assert scatter is not None
                error = math.hypot(scatter, light.off_by_few_sizes.get(name, 0.0))
                held[name] += abs(getattr(light, name) - getattr(truth, name)) <= error
        shares = {name: k / SEEDS for name, k in held.items()}
        assert all(0.60 <= share <= 0.76 for share in shares.values()), (n, shares)


def flask(n: int, rng: np.random.Generator) -> Optics:
    """Dots of even sizes; the shell and the oxide of each by chance."""
    sizes = mid_quantiles(3.3, 0.08, n)
    shells = np.round(np.clip(rng.normal(0.7, 0.1, n), 0.3, 1.1), 2)
    dots = tuple(
        LayeredDot("InP", float(d), (Layer("ZnSe", float(t)),), sites=100.0, oxide=float(o), coverage=0.99)
        for d, t, o in zip(sizes, shells, rng.uniform(0, 20, n), strict=True)
    )
    return optics(Population(mean_dot(dots), sizes, dots))


def test_dots_known_singly_and_by_their_law_stand_in_one_file(tmp_path: Path) -> None:
    """The bare cores of this recipe are known one by one, its described shells by the law of sizes."""
    batch = run("yuan2023/znbr2-300", dots=2)
    sizes = {len(s.population.core_diameters_nm) for s in batch.samples if s.population is not None}
    assert sizes == {2, LAW}
    batch.save(tmp_path / "batch.nc")
    assert Batch.load(tmp_path / "batch.nc").summary() == batch.summary()
