"""The shared liquor: whole-number balances, symmetry between dots, additions, chemostat, deadlock."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from epidot.errors import InputError, WorkError
from epidot.growth.kmc import Flow, Model, Reaction, Species, join
from epidot.growth.kmc.compiler import compile_model
from epidot.growth.kmc.programme import smooth
from oracle.kmc import RUNS, Checked
from oracle.kmc.lattices import square

EMPTY_A = (Species("empty"), Species("A"))
ON_OFF = Model(
    EMPTY_A,
    (
        Reaction("on", "empty", "A", 1.0, liquor={"A": -1}),
        Reaction("off", "A", "empty", 1.0, liquor={"A": 1}),
    ),
    liquor=("A",),
)


def test_matter_is_conserved_to_the_last_atom(rich, seeded_core) -> None:
    model, lattice = rich
    compiled = compile_model(model, join([lattice] * 3))
    start = np.tile(seeded_core(model, lattice, 0.9), 3)
    flows = smooth({"M": 37, "L": 5}, 0.5, 4.0, 10, volume=3.0)
    for seed in range(30):
        run = Checked(
            compiled, start, seed=seed, liquor={"M": 80, "E": 60, "L": 90}, volume=80.0, flows=flows
        )
        first = run.on
        run.run(until=3.0)
        run.add({"E": 11, "M": -1}, volume=1.0)
        run.run(until=6.0)
        run.validate()
        lost = run.counts["precipitate"]
        M = run.on["M"] + run.on["ML"] + run.liquor["M"] + 2 * lost
        L = run.on["ML"] + run.liquor["L"] - lost
        E = run.on["E"] + run.liquor["E"] + lost
        assert M == first["M"] + 80 + 37 - 1
        assert L == 90 + 5
        assert E == first["E"] + 60 + 11
        assert run.volume == pytest.approx(84.0)
    run.state.liquor[0] += 1
    with pytest.raises(WorkError, match="liquor does not follow"):
        run.validate()


def test_two_dots_in_one_flask_are_alike(exact_pairs) -> None:
    n, molecules, volume = 9, 7, 6.0
    p = exact_pairs(n, molecules, volume)
    compiled = compile_model(ON_OFF, join([square(3), square(3)]))
    seen = np.zeros((n + 1, n + 1))
    for seed in range(40):
        run = Checked(compiled, "empty", seed=seed, liquor={"A": molecules}, volume=volume)
        for t in range(1, 51):
            run.run(until=8.0 * t)  # relaxation time below 1: samples are independent
            on = run.species.reshape(2, n).sum(axis=1)
            seen[on[0], on[1]] += 1

    def pvalue(observed: np.ndarray, probability: np.ndarray) -> float:
        expected = probability * observed.sum()
        often = expected > 8
        o = np.append(observed[often], observed[~often].sum())
        e = np.append(expected[often], expected[~often].sum())
        return float(stats.chisquare(o, e * o.sum() / e.sum()).pvalue)

    assert pvalue(seen, p) > 1e-3
    assert pvalue(seen.T, p) > 1e-3
    k = np.arange(n + 1)
    difference = (seen.sum(axis=1) - seen.sum(axis=0)) @ k / seen.sum()
    spread = math.sqrt(float(np.sum(p * (k[:, None] - k[None, :]) ** 2)) / seen.sum())
    assert abs(difference) < 4 * spread
    # Concentrations that did not fall as molecules are taken up would be seen.
    held = stats.binom.pmf(k, n, molecules / volume / (1 + molecules / volume))
    assert pvalue(seen, np.outer(held, held)) < 1e-6


def test_a_large_flask_is_a_chemostat() -> None:
    compiled = compile_model(ON_OFF, square(20))
    covered = {}
    for kind, options in {
        "large": {"liquor": {"A": 2_000_000}, "volume": 1e6},
        "held": {"liquor": {"A": 2}, "volume": 1.0, "held": ["A"]},
        "small": {"liquor": {"A": 400}, "volume": 200.0},
    }.items():
        means = []
        for seed in range(30):
            run = Checked(compiled, "empty", seed=seed, **options)
            run.run(until=4.0)
            before = run.site_seconds["A"]
            run.run(until=8.0)
            means.append((run.site_seconds["A"] - before) / 4 / 400)
        covered[kind] = np.mean(means), np.std(means, ddof=1) / 30**0.5
    for kind in ("large", "held"):
        mean, error = covered[kind]
        assert abs(mean - 2 / 3) < 4 * error
    assert abs(covered["small"][0] - 2 / 3) > 10 * covered["small"][1]


def test_a_band_of_concentrations_is_exact() -> None:
    """Above 64 molecules rates are bounds held over a band; the count must still be a Poisson number."""
    # Birth at k V, death at each: n is Poisson with mean k V, started from 0.
    model = Model(
        EMPTY_A,
        (
            Reaction("birth", None, None, 1.0, liquor={"A": 1}),
            Reaction("death", None, None, 1.0, liquor={"A": -1}),
        ),
        liquor=("A",),
    )
    compiled = compile_model(model, square(3))
    n = []
    nulls = 0
    for seed in range(400):
        run = Checked(compiled, "empty", seed=seed, volume=300.0)
        nulls += run.run(until=3.0).nulls
        n.append(run.liquor["A"])
    assert nulls > 0
    mean = 300 * (1 - math.exp(-3.0))
    z = (np.array(n) - mean) / math.sqrt(mean)
    assert abs(z.mean()) < 4 / 20
    dispersion = z @ z
    low, high = stats.chi2.ppf([5e-4, 1 - 5e-4], len(n))
    assert low < dispersion < high
    assert not low < dispersion * 1.4 < high


def test_portions_arrive_when_due_and_whole() -> None:
    compiled = compile_model(ON_OFF, square(3))
    flows = smooth({"A": 1003}, 10.0, 20.0, 100, volume=50.0)
    assert sum(f.molecules.get("A", 0) * f.pulses for f in flows) == 1003
    run = Checked(compiled, "empty", seed=1, volume=100.0, flows=flows)
    got = []
    for t in (9.9, 15.0, 20.0):
        run.run(until=t)
        got.append(run.liquor["A"] + run.on["A"])
    assert got[0] == 0
    assert abs(got[1] - 501.5) <= 10 / 2 + 1  # half a portion
    assert got[2] == 1003
    assert run.volume == pytest.approx(150.0)
    with pytest.raises(InputError, match="end after"):
        smooth({"A": 1}, 2.0, 1.0, 3)


def test_nothing_happens_until_a_portion_comes() -> None:
    compiled = compile_model(ON_OFF, square(3))
    run = Checked(compiled, "empty", seed=1, flows=[Flow({"A": 4}, 5.0, 1.0, 1)], volume=4.0)
    outcome = run.run(until=3.0)
    assert outcome.time == 3.0
    assert outcome.events == 0
    assert outcome.deadlock is None, "an addition is still to come"
    assert run.run(events=1).time > 5.5
    with pytest.raises(InputError, match="more A taken out than there is"):
        run.add({"A": -9})


@pytest.mark.parametrize("backend", ["numba", "plain"])
def test_a_deadlock_names_what_is_enabled_and_what_is_missing(rich, backend: str) -> None:
    model, lattice = rich
    compiled = compile_model(model, lattice)
    run = RUNS[backend](compiled, "empty", seed=1, liquor={"E": 3})
    outcome = run.run(until=10.0)
    assert outcome.time == 10.0
    assert outcome.deadlock is not None
    n = int(np.sum(lattice.sublattice == 0))
    for line in (
        f"bind: {n} sites carry empty, but {n} have n outside 1-4 (0 to 0 occur)",
        "take ligand: no site carries M",
        "precipitate: the liquor lacks M (there are 0)",
    ):
        assert line in outcome.deadlock, outcome.deadlock
    start = np.full(len(lattice), "empty", dtype="<U5")
    inner = (lattice.sublattice == 0) & (lattice.relations["nn"].degree == 4)
    start[np.flatnonzero(inner)[0]] = "M"
    run = RUNS[backend](compiled, start, seed=1)
    assert "add E: 4 sites are ready, but the liquor lacks E (there are 0)" in (run.why_stuck())
