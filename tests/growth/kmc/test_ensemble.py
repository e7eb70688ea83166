"""The parallel mode: whole molecules, independent of the workers, and how far from the exact chain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from epidot.errors import InputError
from epidot.growth.kmc import Flow, Model, Reaction, Species, join
from epidot.growth.kmc.builders import square
from epidot.growth.kmc.compiler import Compiled, compile_model
from epidot.growth.kmc.ensemble import Ensemble
from epidot.growth.kmc.simulation import Simulation

ON_OFF = Model(
    (Species("empty"), Species("A")),
    (
        Reaction("on", "empty", "A", 1.0, liquor={"A": -1}),
        Reaction("off", "A", "empty", 1.0, liquor={"A": 1}),
    ),
    liquor=("A",),
)
FLOWS = (Flow({"M": 3, "L": 1}, 0.5, 0.25, 12, volume=0.5), Flow({"E": 2}, 0.0, 1.0, 6))


@pytest.fixture(scope="module")
def flask(rich, seeded_core):
    """Five dots of the rich model and arguments of a run."""
    model, lattice = rich
    compiled = compile_model(model, join([lattice] * 5))
    start = np.tile(seeded_core(model, lattice, 0.9), 5)

    def make(**options) -> Ensemble:
        given = {"seed": 3, "dtau": 0.13, "groups": 3, "flows": FLOWS, **options}
        return Ensemble(
            compiled,
            start,
            liquor={"M": 150, "E": 90, "L": 200},
            volume=100.0,
            programme=330.0,
            **given,
        )

    return make


def same(a: Ensemble, b: Ensemble) -> bool:
    """Whether two runs are alike to the last bit."""
    mine, theirs = a.checkpoint(), b.checkpoint()
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[k], theirs[k]) for k in mine)


def test_result_does_not_depend_on_the_number_of_workers(flask) -> None:
    runs = []
    for workers in (1, 2, 4):
        run = flask(workers=workers)
        run.run(until=2.0)
        run.run(until=3.7)
        runs.append(run)
    assert same(runs[0], runs[1])
    assert same(runs[0], runs[2])
    other = flask(seed=4)
    other.run(until=3.7)
    assert not same(runs[0], other)
    # The number of groups does belong to the result.
    fewer = flask(groups=2)
    fewer.run(until=3.7)
    assert not np.array_equal(fewer.species, runs[0].species)


def test_looking_stopping_and_the_plain_kernel_change_nothing(flask, tmp_path) -> None:
    whole = flask()
    whole.run(until=2.0)
    looked = flask()
    for t in (0.13, 0.2, 0.26, 0.5, 1.1, 1.95, 2.0):
        looked.run(until=t)
    assert same(whole, looked)
    first = flask(backend="plain")
    first.run(until=0.9)
    first.save(tmp_path / "run.npz")
    then = Ensemble.restore(first.compiled, tmp_path / "run.npz", flows=FLOWS, workers=2)
    then.run(until=2.0)
    assert same(whole, then)
    with pytest.raises(InputError, match="set of additions"):
        Ensemble.restore(first.compiled, tmp_path / "run.npz")


def test_whole_molecules_to_the_last_one(flask) -> None:
    for seed in range(30):
        run = flask(seed=seed)
        first = run.on
        run.run(until=1.7)
        run.add({"E": 11, "M": -1}, volume=1.0)
        run.run(until=7.0)
        run.validate()
        lost = run.counts["precipitate"]
        assert run.on["M"] + run.on["ML"] + run.liquor["M"] + 2 * lost == first["M"] + 150 + 36 - 1
        assert run.on["ML"] + run.liquor["L"] - lost == 200 + 12
        assert run.on["E"] + run.liquor["E"] + lost == first["E"] + 90 + 12 + 11
        assert run.volume == pytest.approx(107.0)
        assert sum(run.on.values()) == len(run.species)
        assert np.array_equal(
            run.counts_per_dot.sum(axis=0)[:3], [run.counts[r] for r in list(run.counts)[:3]]
        )


def two_dots(dtau: float, samples: int) -> np.ndarray:
    """How often (n1, n2) is seen on two dots of nine sites, a group each, that share seven molecules."""
    compiled = compile_model(ON_OFF, join([square(3), square(3)]))
    seen = np.zeros((10, 10))
    for seed in range(30):
        run = Ensemble(compiled, "empty", seed=seed, dtau=dtau, groups=2, liquor={"A": 7}, volume=6.0)
        for t in range(1, samples + 1):
            run.run(until=6.0 * t)
            on = run.species.reshape(2, 9).sum(axis=1)
            seen[on[0], on[1]] += 1
    return seen


@pytest.mark.parametrize("dtau", [2.0, 6.0])
def test_equilibrium_is_exact_for_any_interval(exact_pairs, dtau: float) -> None:
    """The chains of the groups and the exchange both leave the joint equilibrium as it is."""

    def pvalue(probability: np.ndarray) -> float:
        expected = probability * seen.sum()
        often = expected > 8
        o = np.append(seen[often], seen[~often].sum())
        e = np.append(expected[often], expected[~often].sum())
        return float(stats.chisquare(o, e * o.sum() / e.sum()).pvalue)

    seen = two_dots(dtau, 40)
    assert pvalue(exact_pairs(9, 7, 6.0)) > 1e-3
    # A liquor that did not get poorer would be seen.
    held = stats.binom.pmf(np.arange(10), 9, 7 / 6 / (1 + 7 / 6))
    assert pvalue(np.outer(held, held)) < 1e-6


def test_error_falls_with_the_interval() -> None:
    """Full dots feed empty ones through the liquor; a group of empty ones must wait for the exchange."""
    compiled = compile_model(ON_OFF, join([square(6)] * 8))
    start = np.repeat([1, 0], 4 * 36)

    def moved(run: Simulation | Ensemble) -> float:
        run.run(until=1.5)
        return float(np.mean(run.species[4 * 36 :]))

    def over_seeds(make) -> tuple[float, float]:
        values = [moved(make(seed)) for seed in range(40)]
        return float(np.mean(values)), float(np.std(values, ddof=1) / 40**0.5)

    exact, error = over_seeds(lambda seed: Simulation(compiled, start, seed=seed, volume=60.0))
    away = {}
    for dtau in (0.02, 0.3, 1.2):
        mean, other = over_seeds(
            lambda seed, dtau=dtau: Ensemble(compiled, start, seed=seed, dtau=dtau, groups=4, volume=60.0)
        )
        away[dtau] = (exact - mean) / math.hypot(error, other)
    assert abs(away[0.02]) < 4
    assert away[1.2] > away[0.3] > 4


def test_faults_of_a_parallel_run(flask) -> None:
    compiled: Compiled = compile_model(ON_OFF, square(3))
    with pytest.raises(InputError) as seen:
        Ensemble(
            compiled, "empty", seed=1, dtau=0.0, groups=0, workers=0, flows=[Flow({"B": 1}, 0.0, 1.0, 1)]
        )
    assert len(seen.value.faults) == 4
    assert "'B'; nearest valid: A" in str(seen.value)
    with pytest.raises(InputError, match="more M taken out"):
        flask().add({"M": -151})
    assert flask().approximate
