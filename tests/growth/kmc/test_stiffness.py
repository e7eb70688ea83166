"""Slowing fast reversible steps: equilibria stay, the slow step comes out right, and too much is seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import linalg

from epidot.errors import InputError
from epidot.growth.kmc import Model, Reaction, Species
from epidot.growth.kmc.builders import square
from epidot.growth.kmc.compiler import Compiled, compile_model
from epidot.growth.kmc.simulation import Simulation
from epidot.growth.kmc.stiffness import Report, halved, pairs_of, partial_equilibria, run_scaled, slowed

FORTH, BACK, SLOW, END = 4000.0, 2000.0, 1.0, 1.0
SEEDS = range(30)


@pytest.fixture(scope="module")
def fast() -> Compiled:
    """A <=> B, fast; B -> C, slow."""
    model = Model(
        (Species("A"), Species("B"), Species("C")),
        (
            Reaction("turn", "A", "B", FORTH),
            Reaction("back", "B", "A", BACK),
            Reaction("end", "B", "C", SLOW),
        ),
    )
    return compile_model(model, square(12))


def exact() -> np.ndarray:
    """Shares of A, B and C at the end."""
    Q = np.array([[-FORTH, FORTH, 0], [BACK, -BACK - SLOW, SLOW], [0, 0, 0]])
    return np.asarray(linalg.expm(Q * END)[0])


def finished(fast: Compiled, seed: int, halvings: int = 0) -> tuple[float, Report]:
    """The share of C at the end."""
    run = Simulation(fast, "A", seed=seed)
    report = run_scaled(run, END, window=0.02, halvings=halvings)
    assert run.compiled is fast
    run.validate()
    return run.on["C"] / 144, report


def starved(fast: Compiled, seed: int, halvings: int) -> float:
    """The share of C at the end with the pair as slow as the slow step, or twice as fast."""
    by = 2000.0 / 2**halvings
    run = Simulation(slowed(fast, {"turn": by, "back": by}), "A", seed=seed)
    run.run(until=END)
    return run.on["C"] / 144


def test_index_of_pairs(fast: Compiled) -> None:
    assert pairs_of(fast.model) == (("turn", "back"),)
    run = Simulation(fast, "A", seed=1)
    run.run(until=1e-4)
    (early,) = partial_equilibria(fast.model, run.counts)
    assert early.index > 0.5
    run.run(until=0.1)
    (later,) = partial_equilibria(fast.model, run.counts)
    assert later.index < 0.02
    assert math.isnan(partial_equilibria(fast.model, {})[0].index)


def test_slowed_pair_gives_the_slow_step_at_a_fraction_of_the_events(fast: Compiled) -> None:
    runs = [finished(fast, seed) for seed in SEEDS]
    share = [c for c, _ in runs]
    error = np.std(share, ddof=1) / len(share) ** 0.5
    assert abs(np.mean(share) - exact()[2]) < 4 * error
    brute = Simulation(fast, "A", seed=0)
    assert np.mean([r.events for _, r in runs]) < brute.run(until=END).events / 3
    report = runs[0][1]
    assert report.windows[0][1][0].slowed == 1.0
    assert report.largest > 3
    assert "turn by up to" in str(report)
    # Slowed far too much, the slow step is starved of B: this must be seen.
    short = [starved(fast, seed, 0) for seed in SEEDS]
    assert abs(np.mean(short) - exact()[2]) > 6 * np.std(short, ddof=1) / len(short) ** 0.5


def test_equilibrium_does_not_depend_on_the_factor(fast: Compiled) -> None:
    model = Model(fast.model.species, fast.model.reactions[:2])
    compiled = compile_model(model, square(12))
    share = []
    for seed in SEEDS:
        run = Simulation(slowed(compiled, {"turn": 500.0, "back": 500.0}), "A", seed=seed)
        run.run(until=2.0)
        before = run.site_seconds["B"]
        run.run(until=6.0)
        share.append((run.site_seconds["B"] - before) / 4 / 144)
    error = np.std(share, ddof=1) / len(share) ** 0.5
    assert abs(np.mean(share) - 2 / 3) < 4 * error
    assert abs(np.mean(share) - 0.6) > 6 * error


def test_half_the_slowing_tells_what_is_left_of_the_error(fast: Compiled) -> None:
    good = halved(lambda seed, h: finished(fast, seed, h)[0], SEEDS)
    assert not good.significant
    poor = halved(lambda seed, h: starved(fast, seed, h), SEEDS)
    assert poor.significant
    value, error = poor.extrapolated
    assert abs(value - exact()[2]) < abs(poor.value - exact()[2])
    assert error > poor.error


def test_nothing_is_slowed_that_is_not_in_equilibrium(fast: Compiled) -> None:
    model = Model(
        fast.model.species,
        (Reaction("turn", "A", "B", 3.0), Reaction("back", "B", "A", 0.1), Reaction("end", "B", "C", 1.0)),
    )
    run = Simulation(compile_model(model, square(12)), "A", seed=1)
    same = Simulation(run.compiled, "A", seed=1)
    report = run_scaled(run, 3.0, window=3.0)
    same.run(until=3.0)
    assert report.largest == 1.0
    assert str(report) == "no step was slowed"
    assert np.array_equal(run.species, same.species)
    with pytest.raises(InputError, match="'trun'; nearest valid: turn"):
        slowed(run.compiled, {"trun": 2.0})
    with pytest.raises(InputError, match="impossible factor"):
        slowed(run.compiled, {"turn": 0.0})
