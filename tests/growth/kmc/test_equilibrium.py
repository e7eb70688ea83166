"""Against exact equilibria and steady states.  Standard errors come from independent seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from epidot.growth.kmc import Count, Lattice, Model, Partner, Reaction, Species
from epidot.growth.kmc.builders import zinc_blende
from epidot.growth.kmc.compiler import Compiled, compile_model
from epidot.growth.kmc.simulation import Simulation

SEEDS = range(40)
OCCUPIED = Count("n", "nn", ("A",))


def bits(n: int) -> NDArray[np.bool_]:
    """All occupations of n sites, shape (2^n, n)."""
    return (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 == 1


def bonds(lattice: Lattice, relation: str) -> NDArray[np.int64]:
    """Undirected pairs of a relation, shape (m, 2)."""
    r = lattice.relations[relation]
    return np.stack([r.centre, r.index], axis=1)[r.centre < r.index]


def cluster(condition_on_the_source: bool = True) -> Compiled:
    """Attraction of 1 kT per bond; hops need a neighbour where they come from and where they go."""
    model = Model(
        (Species("empty"), Species("A")),
        (
            Reaction("adsorb", "empty", "A", 2.4 * math.exp(-2)),
            Reaction("desorb", "A", "empty", 1.0, energy={"n": 1.0}),
            Reaction(
                "hop",
                "A",
                "empty",
                0.7,
                energy={"n": 1.0},
                where={"n": (1, 4)} if condition_on_the_source else {},
                partner=Partner("second", "empty", "A", {"n": (1, 4)}),
            ),
        ),
        (OCCUPIED,),
    )
    return compile_model(model, zinc_blende(0.86))


def mean_number(compiled: Compiled, kT: float, species: str, time: float = 1200.0) -> tuple[float, float]:
    """Time average over seeds and its standard error."""
    means = []
    for seed in SEEDS:
        run = Simulation(compiled, "empty", seed=seed, programme=kT)
        run.run(until=20.0)
        before = run.site_seconds[species]
        run.run(until=20.0 + time)
        means.append((run.site_seconds[species] - before) / time)
    return float(np.mean(means)), float(np.std(means, ddof=1) / len(means) ** 0.5)


@pytest.fixture(scope="module")
def twenty() -> tuple[float, float, float]:
    """<N>, var N and <bonds> of the twenty-site cluster, from all 2^20 states."""
    lattice = zinc_blende(0.86)
    state = bits(20)
    n = state.sum(axis=1)
    b = sum(state[:, i] & state[:, j] for i, j in bonds(lattice, "nn")) + np.zeros(len(n))
    weight = (2.4 * math.exp(-2)) ** n * np.exp(b)
    p = weight / weight.sum()
    assert math.log(weight.sum()) == pytest.approx(10.0838612396, abs=1e-9)
    return float(p @ n), float(p @ n**2 - (p @ n) ** 2), float(p @ b)


def test_twenty_sites_with_attraction_and_hops(twenty, kT: float) -> None:
    assert twenty == pytest.approx((11.5448411307, 8.7873476599, 10.4796318736), abs=1e-9)
    mean, error = mean_number(cluster(), kT, "A")
    assert error < 0.05
    assert abs(mean - twenty[0]) < 4 * error
    # Without the condition on the source detailed balance is broken: the test must notice.
    wrong, error = mean_number(cluster(condition_on_the_source=False), kT, "A")
    assert abs(wrong - twenty[0]) > 6 * error
    assert wrong == pytest.approx(12.06, abs=0.1)


def test_fluctuations_and_bonds_of_twenty_sites(twenty, kT: float) -> None:
    compiled = cluster()
    pairs = bonds(compiled.lattice, "nn")
    moments = []
    for seed in SEEDS:
        run = Simulation(compiled, "empty", seed=seed, programme=kT)
        seen = []
        for t in range(20, 220, 4):
            run.run(until=float(t))
            on = run.species == 1
            seen.append((on.sum(), np.sum(on[pairs[:, 0]] & on[pairs[:, 1]])))
        numbers = np.array(seen, dtype=float)
        moments.append([*numbers.mean(axis=0), np.mean((numbers[:, 0] - twenty[0]) ** 2)])
    mean = np.mean(moments, axis=0)
    error = np.std(moments, axis=0, ddof=1) / len(moments) ** 0.5
    assert np.all(np.abs(mean - [twenty[0], twenty[2], twenty[1]]) < 4 * error)


FREE = {"bulky": (0, 0)}


def test_steric_block_with_attraction_and_hops(kT: float) -> None:
    """Bulky B on cations keep 12 second neighbours free of B; small s on anions attract them."""

    def compiled(of_target: dict[str, tuple[int, int]]) -> Compiled:
        model = Model(
            (Species("empty"), Species("B", ("cation",)), Species("s", ("anion",))),
            (
                Reaction("B on", "empty", "B", 0.6, where=FREE, sublattice="cation"),
                Reaction("B off", "B", "empty", 1.0, energy={"n": 1.0}),
                Reaction("s on", "empty", "s", 0.4, sublattice="anion"),
                Reaction("s off", "s", "empty", 1.0, energy={"n": 1.0}),
                Reaction(
                    "B hops",
                    "B",
                    "empty",
                    5.0,
                    energy={"n": 1.0},
                    partner=Partner("second", "empty", "B", of_target),
                ),
            ),
            (Count("n", "nn", ("B", "s")), Count("bulky", "second", ("B",))),
        )
        return compile_model(model, zinc_blende(0.86))

    good = compiled(FREE)
    lattice = good.lattice
    state = bits(20)
    cation = lattice.sublattice == 0
    clash = np.zeros(len(state), dtype=bool)
    for i, j in bonds(lattice, "second"):
        if cation[i]:
            clash |= state[:, i] & state[:, j]
    b = sum(state[:, i] & state[:, j] for i, j in bonds(lattice, "nn")) + np.zeros(len(state))
    weight = np.where(clash, 0.0, 0.6 ** state[:, cation].sum(axis=1)) * 0.4 ** state[:, ~cation].sum(axis=1)
    weight *= np.exp(b)
    exact = float(weight @ state[:, cation].sum(axis=1) / weight.sum())
    exact_small = float(weight @ state[:, ~cation].sum(axis=1) / weight.sum())
    for species, value in (("B", exact), ("s", exact_small)):
        mean, error = mean_number(good, kT, species, 400.0)
        assert error < 0.03
        assert abs(mean - value) < 4 * error
    wrong, error = mean_number(compiled({}), kT, "B", 400.0)
    assert abs(wrong - exact) > 6 * error


# theta and its error from independent programs; the last column is a mean field that must be excluded.
@pytest.mark.parametrize(
    ("hops", "theta", "known_to", "mean_field"),
    [
        ("", 0.83518, 7e-5, 0.8291),
        ("counted", 0.83140, 1e-4, 0.8291),
        ("thinned", 0.83140, 1e-4, 0.8291),
    ],
)
def test_coverage_of_the_square_lattice(
    lattice_gas, kT: float, hops: str, theta: float, known_to: float, mean_field: float
) -> None:
    compiled = lattice_gas(30, hops)
    means = []
    for seed in range(30):
        run = Simulation(compiled, "empty", seed=seed, programme=kT)
        run.run(until=15.0)
        before = run.site_seconds["A"]
        run.run(until=115.0)
        means.append((run.site_seconds["A"] - before) / 100.0 / 900)
    error = math.hypot(np.std(means, ddof=1) / 30**0.5, known_to)
    assert error < 5e-4
    assert abs(np.mean(means) - theta) < 4 * error
    assert abs(np.mean(means) - mean_field) > 4 * error


def test_hops_that_obey_detailed_balance_leave_the_coverage(lattice_gas, kT: float) -> None:
    model = lattice_gas(30).model
    to = Partner("nn", "empty", "A", energy={"n": -0.25})
    hop = Reaction("hop", "A", "empty", 0.5, energy={"n": 0.25}, partner=to)  # exp((n' - n) / 4)
    more = Model(model.species, (*model.reactions, hop), model.counts)
    compiled = compile_model(more, lattice_gas(30).lattice)
    means = []
    for seed in range(30):
        run = Simulation(compiled, "empty", seed=seed, programme=kT)
        run.run(until=15.0)
        before = run.site_seconds["A"]
        run.run(until=95.0)
        means.append((run.site_seconds["A"] - before) / 80.0 / 900)
    error = math.hypot(np.std(means, ddof=1) / 30**0.5, 7e-5)
    assert abs(np.mean(means) - 0.83518) < 4 * error
    assert abs(np.mean(means) - 0.83140) > 3 * error
