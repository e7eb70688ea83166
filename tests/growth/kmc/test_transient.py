"""Against exact time dependence: waiting times, selection, relaxation, jamming, ramps, walks."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy import integrate, linalg, stats

from epidot.constants import K_B
from epidot.growth.kmc import Count, Lattice, Model, Partner, Programme, Reaction, Species, join
from epidot.growth.kmc.builders import zinc_blende
from epidot.growth.kmc.compiler import compile_model
from oracle.kmc import RUNS, Checked
from oracle.kmc.lattices import chain, square

EMPTY_A = (Species("empty"), Species("A"))
BACKENDS = ["numba", "plain"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_waiting_times_are_exponential(backend: str) -> None:
    model = Model(EMPTY_A, (Reaction("on", "empty", "A", 2.0), Reaction("off", "A", "empty", 2.0)))
    run = RUNS[backend](compile_model(model, square(3)), "empty", seed=11)
    log, _ = run.record(3000)
    waits = np.diff(log.time, prepend=0.0) * 2.0 * 9
    assert stats.kstest(waits, "expon").pvalue > 1e-3
    assert stats.kstest(waits * 1.1, "expon").pvalue < 1e-3
    assert stats.kstest(np.sort(waits)[::-1][:2900], "expon").pvalue < 1e-3


@pytest.mark.parametrize("counted", [False, True])
def test_null_events_let_time_pass(counted: bool) -> None:
    # The end of a chain of three has one neighbour, its middle two: half the draws at an end are null.
    to = Partner("nn", "empty", "A", counted=counted)
    compiled = compile_model(
        Model(EMPTY_A, (Reaction("hop", "A", "empty", 1.0, partner=to),)), chain(3, periodic=False)
    )
    run = Checked(compiled, ["A", "empty", "empty"], seed=3)
    log, outcome = run.record(8000)
    waits = np.diff(log.time, prepend=0.0)
    at_end = log.site != 1
    assert stats.kstest(waits[at_end], "expon").pvalue > 1e-3
    assert stats.kstest(waits[~at_end] * 2, "expon").pvalue > 1e-3
    assert stats.kstest(waits[at_end] * 2, "expon").pvalue < 1e-6  # what no time for nulls would give
    assert (outcome.nulls == 0) == counted


@pytest.mark.parametrize("backend", BACKENDS)
def test_selection_between_reactions_of_one_class(backend: str) -> None:
    rates = np.array([0.0, 1.0, 2.0, 0.0, 5.0, 10.0, 0.5, 0.0])
    model = Model(
        (Species("s"),),
        tuple(Reaction(f"r{i}", "s", "s", float(k), liquor={"x": 1}) for i, k in enumerate(rates)),
        liquor=("x",),
    )
    run = RUNS[backend](compile_model(model, square(3)), "s", seed=5)
    n = 200_000 if backend == "numba" else 4000
    run.run(events=n)
    seen = np.array(list(run.counts.values()))
    assert np.all(seen[rates == 0] == 0)
    real = rates > 0
    assert stats.chisquare(seen[real], n * rates[real] / rates.sum()).pvalue > 1e-3
    if backend == "numba":
        off = rates * np.where(np.arange(8) == 4, 1.05, 1.0)
        assert stats.chisquare(seen[real], n * off[real] / off.sum()).pvalue < 1e-6


@pytest.mark.parametrize("backend", BACKENDS)
def test_selection_between_classes_and_sites(backend: str) -> None:
    rates = np.array([3.0, 0.0, 1.0, 0.2, 7.0, 2.0, 0.0, 1e-3, 4.0, 1.5, 0.7, 2.5, 3.5])
    many = np.array([1, 9, 5, 20, 2, 8, 7, 30, 3, 6, 4, 1, 4])
    names = [f"s{i}" for i in range(len(rates))]
    model = Model(
        tuple(Species(n) for n in names),
        tuple(Reaction(n, n, n, float(k), liquor={"x": 1}) for n, k in zip(names, rates, strict=True)),
        liquor=("x",),
    )
    start = np.random.default_rng(1).permutation(np.repeat(names, many))
    run = RUNS[backend](compile_model(model, square(10)), start, seed=6)
    n = 300_000 if backend == "numba" else 4000
    log, _ = run.record(n)
    seen = np.array(list(run.counts.values()))
    share = rates * many / np.sum(rates * many)
    assert np.all(seen[rates == 0] == 0)
    often = share * n > 5
    expected = share[often] / share[often].sum() * seen[often].sum()
    assert stats.chisquare(seen[often], expected).pvalue > 1e-3
    site_share = np.array([rates[names.index(s)] for s in start]) / np.sum(rates * many)
    per_site = np.bincount(log.site, minlength=100)
    often = site_share * n > 5
    expected = site_share[often] / site_share[often].sum() * per_site[often].sum()
    assert stats.chisquare(per_site[often], expected).pvalue > 1e-3
    # A selector that favours one busy site by a tenth would be seen.
    off = expected.copy()
    off[np.argmax(off)] *= 1.1
    if backend == "numba":
        assert stats.chisquare(per_site[often], off * per_site[often].sum() / off.sum()).pvalue < 1e-3


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_huge_rate_goes_first_and_hides_nothing(backend: str) -> None:
    model = Model(
        (Species("slow"), Species("fast"), Species("done"), Species("never")),
        (
            Reaction("fast", "fast", "done", 1e18),
            Reaction("slow", "slow", "done", 1.0),
            Reaction("never", "never", "done", 0.0),
        ),
    )
    compiled = compile_model(model, square(6))
    start = np.array(["slow", "fast", "never"] * 12)
    waits = []
    for seed in range(40):
        run = RUNS[backend](compiled, start, seed=seed)
        log, outcome = run.record(100)
        assert outcome.events == 24
        assert outcome.deadlock is not None
        assert "never: 12 sites are ready, but its rate constant is zero" in outcome.deadlock
        assert np.all(log.reaction[:12] == 0)
        assert np.all(log.reaction[12:] == 1)
        waits.extend(np.diff(log.time[11:]) * np.arange(12, 0, -1))
    assert stats.kstest(waits, "expon").pvalue > 1e-3


def test_langmuir_relaxation() -> None:
    on, off, c = 0.6, 0.8, 2.0
    model = Model(
        EMPTY_A,
        (
            Reaction("on", "empty", "A", on, liquor={"A": -1}),
            Reaction("off", "A", "empty", off, liquor={"A": 1}),
        ),
        liquor=("A",),
    )
    compiled = compile_model(model, square(40))
    times = np.array([0.1, 0.3, 0.7, 1.5, 5.0])
    theta = on * c / (on * c + off) * (1 - np.exp(-(on * c + off) * times))
    n = np.zeros(len(times))
    for seed in range(30):
        run = Checked(compiled, "empty", seed=seed, liquor={"A": 200}, volume=100.0, held=["A"])
        for i, t in enumerate(times):
            run.run(until=float(t))
            n[i] += run.on["A"]
        assert run.liquor["A"] == 200
        assert run.ledger["A"] == -run.on["A"]
    sites = 30 * 1600
    error = np.sqrt(theta * (1 - theta) / sites)
    assert np.all(np.abs(n / sites - theta) < 4 * error)
    slower = on * c / (on * c + off) * (1 - np.exp(-0.95 * (on * c + off) * times))
    assert np.any(np.abs(n / sites - slower) > 4 * error)


@pytest.mark.parametrize("counted", [False, True])
def test_jamming_of_dimers_on_a_line(counted: bool) -> None:
    to = Partner("right", "empty", "A", counted=counted)
    compiled = compile_model(Model(EMPTY_A, (Reaction("land", "empty", "A", 1.0, partner=to),)), chain(600))
    covered = []
    for seed in range(40):
        run = Checked(compiled, "empty", seed=seed)
        outcome = run.run(events=10_000)
        assert outcome.deadlock is not None
        assert "none has a fit partner empty under right" in outcome.deadlock
        run.validate()
        covered.append(run.on["A"] / 600)
    error = np.std(covered, ddof=1) / 40**0.5
    assert error < 2e-3
    assert abs(np.mean(covered) - (1 - math.exp(-2))) < 4 * error
    # Monomers that need both neighbours empty jam at (1 - e^-2)/2 covered sites: another process, seen.
    alone = Reaction("land", "empty", "A", 1.0, where={"n": (0, 0)})
    other = compile_model(Model(EMPTY_A, (alone,), (Count("n", "nn", ("A",)),)), chain(600))
    covered = []
    for seed in range(40):
        run = Checked(other, "empty", seed=seed)
        run.run(until=1e9)
        covered.append(run.on["A"] / 600)
    error = np.std(covered, ddof=1) / 40**0.5
    assert abs(np.mean(covered) - (1 - math.exp(-2)) / 2) < 4 * error
    assert abs(np.mean(covered) - (1 - math.exp(-2))) > 4 * error


def generator(model: Model, lattice: Lattice, T: float) -> np.ndarray:
    """Rates between all states of a small lattice, straight from the declaration."""
    names, n = model.names, len(lattice)
    states = list(itertools.product(range(len(names)), repeat=n))
    number = {s: i for i, s in enumerate(states)}
    counts = {c.name: c for c in model.counts}
    Q = np.zeros((len(states), len(states)))

    def count(s: list[int], i: int, name: str) -> int:
        c = counts[name]
        return sum(names[s[j]] in c.of for j in lattice.relations[c.relation].of(i))

    def fits(s: list[int], i: int, where: dict) -> bool:
        return all(low <= count(s, i, name) <= high for name, (low, high) in where.items())

    for state in states:
        for r, i in itertools.product(model.reactions, range(n)):
            s = list(state)
            if names[s[i]] != r.before or not fits(s, i, r.where):
                continue
            E = r.Ea + sum(e * count(s, i, name) for name, e in r.energy.items())
            s[i] = model.index(r.after)
            if r.partner is None:
                Q[number[state], number[tuple(s)]] += r.A * math.exp(-E / (K_B * T))
                continue
            p = r.partner
            for j in lattice.relations[p.relation].of(i):
                if names[s[j]] == p.before and fits(s, j, p.where):
                    Ep = E + sum(e * count(s, j, name) for name, e in p.energy.items())
                    then = list(s)
                    then[j] = model.index(p.after)
                    Q[number[state], number[tuple(then)]] += r.A * math.exp(-Ep / (K_B * T))
    return Q - np.diag(Q.sum(axis=1))


def little_model() -> Model:
    """Three species with conditions, block, energies and a hop, on any lattice with ``nn``."""
    return Model(
        (Species("e"), Species("A"), Species("B")),
        (
            Reaction("A on", "e", "A", 1.0),
            Reaction("A off", "A", "e", 1.5, 0.01, energy={"a": 0.02}),
            Reaction("turn", "A", "B", 2.0, where={"a": (0, 1), "b": (0, 0)}),
            Reaction("B off", "B", "e", 1.0, energy={"a": -0.01}),
            Reaction(
                "hop",
                "A",
                "e",
                3.0,
                energy={"a": 0.01},
                partner=Partner("nn", "e", "A", {"a": (0, 1), "b": (0, 0)}, {"a": -0.02}),
            ),
        ),
        (Count("a", "nn", ("A",)), Count("b", "nn", ("B",))),
    )


@pytest.mark.parametrize(("backend", "dots"), [("numba", 12000), ("plain", 250)])
@pytest.mark.parametrize("lattice", [chain(5, periodic=False), chain(4)], ids=["open five", "ring of four"])
def test_master_equation(backend: str, dots: int, lattice: Lattice) -> None:
    model, T, t = little_model(), 290.0, 0.7
    start = ["A", *["e"] * (len(lattice) - 1)]
    p = linalg.expm(generator(model, lattice, T) * t)[3 ** (len(lattice) - 1)]
    many = compile_model(model, join([lattice] * dots))  # independent copies, one chain
    run = RUNS[backend](many, start * dots, seed=8, programme=T)
    run.run(until=t)
    digits = run.species.reshape(dots, -1).astype(int) @ 3 ** np.arange(len(lattice))[::-1]
    seen = np.bincount(digits, minlength=len(p))
    assert seen[p < 1e-12].sum() == 0

    def pvalue(probability: np.ndarray) -> float:
        common = probability * dots > 8
        expected, observed = probability[common] * dots, seen[common]
        if probability[~common].sum() * dots > 8:
            expected = np.append(expected, probability[~common].sum() * dots)
            observed = np.append(observed, seen[~common].sum())
        return float(stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)

    assert pvalue(p) > 1e-3
    if backend == "numba":
        later = linalg.expm(generator(model, lattice, T) * t * 1.2)[3 ** (len(lattice) - 1)]
        assert pvalue(later) < 1e-4


def test_the_order_of_reactions_does_not_matter() -> None:
    """Declared in any order, the chain goes through other events to the same distribution."""
    model, dots, t = little_model(), 8000, 0.7
    lattice = chain(4)
    exact = linalg.expm(generator(model, lattice, 290.0) * t)[27]

    def seen(reactions: tuple[Reaction, ...]) -> np.ndarray:
        many = compile_model(Model(model.species, reactions, model.counts), join([lattice] * dots))
        run = Checked(many, ["A", "e", "e", "e"] * dots, seed=4, programme=290.0)
        run.run(until=t)
        return np.bincount(run.species.reshape(dots, -1).astype(int) @ [27, 9, 3, 1], minlength=81)

    def pvalue(observed: np.ndarray) -> float:
        common = exact * dots > 8
        expected = exact[common] / exact[common].sum() * observed[common].sum()
        return float(stats.chisquare(observed[common], expected).pvalue)

    first = seen(model.reactions)
    for order in ((4, 3, 2, 1, 0), (2, 0, 4, 1, 3)):
        then = seen(tuple(model.reactions[i] for i in order))
        assert not np.array_equal(first, then), "the order must lead to other events"
        assert pvalue(then) > 1e-3
    # One rate taken for another is seen.
    on, off, *rest = model.reactions
    assert pvalue(seen((dataclasses.replace(on, A=1.15), off, *rest))) < 1e-4


def test_survival_on_a_temperature_ramp() -> None:
    A, Ea = 1e13, 1.45
    programme = Programme((0.0, 10.0, 110.0, 200.0), (420.0, 420.0, 600.0, 560.0))
    model = Model(
        EMPTY_A, (Reaction("leave", "A", "empty", A, Ea), Reaction("other", "A", "empty", 1e-3, 0.0))
    )
    compiled = compile_model(model, square(60))
    run = Checked(compiled, "A", seed=2, programme=programme)
    log, outcome = run.record(3600)
    assert outcome.nulls > 0
    assert run.counts["leave"] + run.counts["other"] == 3600

    def hazard(T_of: object) -> np.ndarray:
        t = np.linspace(0.0, 200.0, 200_001)
        k = A * np.exp(-Ea / (K_B * np.array([T_of(x) for x in t]))) + 1e-3
        return np.interp(log.time, t, integrate.cumulative_trapezoid(k, t, initial=0.0))

    # The integrated hazard of each event is exponential if the rates followed the temperature exactly.
    assert stats.kstest(hazard(programme.at), "expon").pvalue > 1e-3
    # Steps of 10 K held at their start would be seen.
    assert stats.kstest(hazard(lambda x: programme.at(x // 5.56 * 5.56)), "expon").pvalue < 1e-6


@pytest.mark.parametrize(
    ("lattice", "relation", "z", "t"),
    [(square(61), "nn", 4, 20.0), (zinc_blende(6.0), "second", 12, 0.5)],
    ids=["square", "fcc sublattice of zinc blende"],
)
@pytest.mark.parametrize("counted", [False, True])
def test_mean_square_displacement_of_a_free_walk(
    lattice: Lattice, relation: str, z: int, t: float, counted: bool
) -> None:
    k = 0.8
    to = Partner(relation, "empty", "A", counted=counted)
    compiled = compile_model(Model(EMPTY_A, (Reaction("hop", "A", "empty", k, partner=to),)), lattice)
    position = lattice.position
    origin = int(np.argmin(np.linalg.norm(position - position.mean(axis=0), axis=1)))
    start = np.zeros(len(lattice), dtype=int)
    start[origin] = 1
    squared = []
    for seed in range(150):
        run = Checked(compiled, start, seed=seed)
        run.run(until=t)
        end = int(np.flatnonzero(run.species == 1)[0])
        assert lattice.relations[relation].degree[end] == z, "a walk that reached the rim is not free"
        squared.append(np.sum((position[end] - position[origin]) ** 2))
    step = np.sum((position[lattice.relations[relation].of(origin)[0]] - position[origin]) ** 2)
    expected = z * k * step * t
    error = np.std(squared, ddof=1) / len(squared) ** 0.5
    assert abs(np.mean(squared) - expected) < 4 * error
    assert abs(np.mean(squared) - 2 * expected) > 4 * error
