"""The compiled kernel against the plain one, and counting from scratch."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import WorkError
from epidot.growth.kmc import Flow, Partner, Programme, Reaction, kernel
from epidot.growth.kmc.compiler import compile_model
from epidot.growth.kmc.model import Model
from epidot.growth.kmc.tables import HERE, SLEEPING
from oracle.kmc import RUNS, Checked

# Buckets and sums are an arrangement of what else the state says.
ARRANGED = ("n", "lane", "group", "dirty", "page", "pool", "free")
RAMP = Programme((0.0, 2.0, 4.5, 4.5), (300.0, 300.0, 420.0, 380.0))
FLOWS = (Flow({"M": 3, "L": 1}, 0.5, 0.25, 12, volume=0.5), Flow({"E": 2}, 0.0, 1.0, 6))


@pytest.fixture(scope="module")
def start(rich, seeded_core):
    """The rich model compiled for two dots in one flask, and arguments for a run."""
    from epidot.growth.kmc import join

    model, lattice = rich
    compiled = compile_model(model, join([lattice, lattice]))
    species = np.tile(seeded_core(model, lattice, 0.9), 2)

    def make(seed: int, backend: str) -> Checked:
        return RUNS[backend](
            compiled,
            species,
            seed=seed,
            programme=RAMP,
            liquor={"M": 150, "E": 90, "L": 200},
            volume=100.0,
            flows=FLOWS,
        )

    return make


@pytest.mark.parametrize("seed", range(3))
def test_same_events_as_the_plain_reference(start, seed: int) -> None:
    fast, slow = start(seed, "numba"), start(seed, "plain")
    a, ended = fast.record(1500, until=7.5)
    b, also = slow.record(1500, until=7.5)
    assert ended == also
    assert ended.events > 700
    for x, y in zip(a, b, strict=True):
        assert np.array_equal(x, y)
    for name, x in fast.state._asdict().items():
        if name not in ARRANGED:
            assert np.array_equal(x, getattr(slow.state, name)), name
    fast.validate()
    slow.validate()
    assert min(n for r, n in fast.counts.items()) > 0, "every reaction must have been exercised"


@pytest.mark.parametrize("hops", ["", "thinned", "counted"])
def test_same_events_on_the_square_lattice(lattice_gas, kT: float, hops: str) -> None:
    compiled = lattice_gas(10, hops)
    fast = Checked(compiled, "empty", seed=4, programme=kT)
    slow = RUNS["plain"](compiled, "empty", seed=4, programme=kT)
    for x, y in zip(fast.record(1500)[0], slow.record(1500)[0], strict=True):
        assert np.array_equal(x, y)


def test_seeds_matter_and_repeat(start) -> None:
    runs = [start(s, "numba").record(200)[0].site for s in (1, 1, 2)]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_looking_does_not_change_the_chain(start) -> None:
    seen, unseen = start(6, "numba"), start(6, "numba")
    for t in np.linspace(0.0, 6.0, 57)[1:]:
        seen.run(until=float(t))
        assert sum(seen.on.values()) == len(seen.species)
        assert sum(seen.site_seconds.values()) == pytest.approx(t * len(seen.species))
    unseen.run(until=6.0)
    assert np.array_equal(seen.species, unseen.species)
    assert seen.counts == unseen.counts
    assert seen.liquor == unseen.liquor


def test_counted_from_scratch_after_random_streams(start) -> None:
    for seed in range(30):
        run = start(seed, "numba")
        run.run(events=400 + 10 * seed)
        run.validate()


def test_validation_can_fail(start) -> None:
    run = start(1, "numba")
    run.run(events=100)
    run.state.key[3] += 1
    with pytest.raises(WorkError, match="1 sites have a wrong environment"):
        run.validate()
    run.state.key[3] -= 1
    run.validate()
    run.state.tally[0, 0] += 1
    with pytest.raises(WorkError, match=r"dot do not follow.*ledger.*liquor does not follow"):
        run.validate()
    run.state.tally[0, 0] -= 1
    site = int(np.flatnonzero(run.compiled.tables.class_of_key[run.state.key])[0])
    run.state.position[site] += 1
    with pytest.raises(WorkError, match="not where their bucket says"):
        run.validate()


def test_dots_of_different_size_share_what_is_alike(rich, seeded_core) -> None:
    """Neighbour lists are kept once per kind of dot; the events must be those of the whole lattice."""
    from epidot.growth.kmc import join
    from epidot.growth.kmc.builders import zinc_blende

    model, _ = rich
    kinds = [zinc_blende(r) for r in (1.3, 1.6, 1.3, 1.1, 1.6)]
    compiled = compile_model(model, join(kinds))
    assert len(compiled.sites.sublattice) == sum(len(kinds[i]) for i in (0, 1, 3))
    start = np.concatenate([seeded_core(model, k, 0.8) for k in kinds])
    runs = [
        RUNS[b](compiled, start, seed=9, liquor={"M": 99, "E": 60, "L": 90}, volume=40.0)
        for b in ("numba", "plain")
    ]
    logs = [run.record(500)[0] for run in runs]
    for x, y in zip(*logs, strict=True):
        assert np.array_equal(x, y)
    assert set(compiled.lattice.dot_of[logs[0].site[logs[0].site >= 0]]) == set(range(5))
    for run in runs:
        run.validate()


def test_sites_without_partners_sleep_and_wake(kT: float) -> None:
    """A on a full line waits for a vacancy; who is remembered to have none must have none."""
    from epidot.growth.kmc import Species
    from oracle.kmc.lattices import chain

    model = Model(
        (Species("empty"), Species("A"), Species("B")),
        (
            Reaction("hop", "A", "empty", 40.0, partner=Partner("nn", "empty", "A")),
            Reaction("meet", "A", "B", 9.0, partner=Partner("nn", "B", "A")),
            Reaction("leave", "A", "empty", 0.3),
            Reaction("come", "empty", "A", 3.0),
            Reaction("turn", "B", "A", 0.5),
            Reaction("born", "A", "B", 0.05),
        ),
    )
    compiled = compile_model(model, chain(80))
    runs = [RUNS[b](compiled, "A", seed=3, programme=kT) for b in ("numba", "plain")]
    logs = [run.record(1200)[0] for run in runs]
    for x, y in zip(*logs, strict=True):
        assert np.array_equal(x, y)
    for run in runs:
        run.validate()
        assert run.state.asleep.any()
        assert run.state.whole[SLEEPING] == np.count_nonzero(run.state.asleep)
    assert np.array_equal(runs[0].state.asleep, runs[1].state.asleep)
    asleep = int(np.flatnonzero(runs[0].state.asleep == 3)[0])
    runs[0].state.species[(asleep + 1) % 80] = 2
    with pytest.raises(WorkError, match="sites sleep beside a B"):
        runs[0].validate()


def test_lattices_of_as_many_sites_keep_their_own_neighbours() -> None:
    """A model that counts nothing has the same edges on both: the partners are not the same."""
    from epidot.growth.kmc import Species
    from oracle.kmc.lattices import chain, square

    hop = Reaction("hop", "A", "empty", 1.0, partner=Partner("nn", "empty", "A"))
    model = Model((Species("empty"), Species("A")), (hop,))
    for lattice in (chain(100), square(10), chain(100)):
        sites, nn = compile_model(model, lattice).sites, lattice.relations["nn"]
        rows = sites.near.reshape(len(lattice), -1)
        assert [(row[row >= 0] & HERE).tolist() for row in rows] == [list(nn.of(i)) for i in range(100)]


def test_any_filled_is_what_a_plain_look_finds() -> None:
    rng = np.random.default_rng(4)
    dots = np.array([0, 40, 80, 120], dtype=np.int32)
    sites, filled = np.array([3, 17, 39]), np.array([False, False, True, True])
    for _ in range(50):
        species = rng.choice(4, size=120, p=[0.55, 0.35, 0.06, 0.04]).astype(np.uint8)
        plain = bool(filled[species.reshape(3, 40)[:, sites]].any())
        assert kernel.any_filled(sites, dots, species, filled) == plain
