"""Which anion positions of the first shell are taken, on which facets of the core.

Two ways to name a facet.  **By coordination**: how many core cations an anion position touches says what
lies under it, whatever the shape: 1 is on top of a {111}A plane (one dangling bond), 2 bridges a {100} plane,
3 sits in a {111}B hollow.  **By direction**: the low-index normal nearest to the direction of the position
from the centre; this one also knows {110}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grid import Grid, grid
from epidot.dot.grown import GrownDot
from epidot.dot.species import Table, table

FAMILIES = ("111A", "111B", "100", "110")
BY_BONDS: Mapping[int, str] = {1: "111A", 2: "100", 3: "111B"}


@dataclass(frozen=True)
class Taken:
    """``taken`` of ``sites`` anion positions."""

    taken: int
    sites: int

    @property
    def share(self) -> float:
        """Taken share; 0 where there are no such positions."""
        return self.taken / self.sites if self.sites else 0.0


@dataclass(frozen=True)
class Coverage:
    """First-shell anion positions: all, by facet direction, and by what lies under them."""

    total: Taken
    by_direction: Mapping[str, Taken]
    by_coordination: Mapping[str, Taken]


def coverage(dot: GrownDot, where: Grid | None = None, known: Table | None = None) -> Coverage:
    """How much of the first anion shell of ``dot`` is taken by shell anions.

    The first shell are the anion positions outside the core that touch a core cation.
    """
    net, kinds = where or grid(dot), known or table(dot)
    first, bonds = _first_shell(dot, net, kinds)
    taken = kinds.shell[dot.kind[first]] >= 0
    family = facing(dot.position_nm[first], net.out)
    return Coverage(
        Taken(int(taken.sum()), len(first)),
        {name: _count(taken, family == i) for i, name in enumerate(FAMILIES)},
        {name: _count(taken, bonds == n) for n, name in BY_BONDS.items()},
    )


def _first_shell(dot: GrownDot, net: Grid, kinds: Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Anion positions outside the core that touch a core cation, and how many of them they touch."""
    free = np.flatnonzero(~dot.cation & ~kinds.own[dot.kind])
    present = np.array([bool(k.composition) for k in dot.kinds])
    cube = net.field(dot.cation & present[dot.kind], 0)
    bonds = cube[net.place[free][:, None] + net.first].sum(axis=1)
    return free[bonds > 0], bonds[bonds > 0].astype(np.int64)


def sealed(dot: GrownDot, where: Grid, known: Table) -> int:
    """Core-surface cations that carry a ligand but no oxide, with every anion position beside them taken.

    No mark covers them, since nothing is bonded to them in the sense of the mechanism; but they are not open.
    """
    return int(np.sum(_shut_in(dot, where, known)[1]))


def _shut_in(dot: GrownDot, where: Grid, known: Table) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Core-surface cations without cover or oxide, and whether anions shut them in."""
    plain = known.surface & ~known.covered & (known.oxide == 0)
    candidates = np.flatnonzero(dot.cation & plain[dot.kind])
    anion = (known.shell >= 0) | known.own
    cube = where.field(~dot.cation & anion[dot.kind], 0)
    return candidates, cube[where.place[candidates][:, None] - where.first].sum(axis=1) == 4


def open_pairs(dot: GrownDot, where: Grid, known: Table) -> float:
    """Neighbouring open core-surface cations, for every pair expected if as many were strewn at random."""
    candidates, shut = _shut_in(dot, where, known)
    sites = np.flatnonzero(dot.cation & known.surface[dot.kind])
    return paired(candidates[~shut], sites, where)


def tip_pairs(dot: GrownDot, where: Grid, known: Table) -> float:
    """Neighbouring first-shell chalcogenides that are not linked, over those expected at random."""
    first, _ = _first_shell(dot, where, known)
    loose = (known.shell >= 0) & ~known.linked
    return paired(first[loose[dot.kind[first]]], first, where)


def paired(some: NDArray[np.int64], among: NDArray[np.int64], where: Grid) -> float:
    """Second-neighbour pairs within ``some``, over the mean if as many were strewn over ``among``.

    Both are indices of sites, ``some`` a part of ``among``.  Strewn: n of N positions of z neighbours each
    have n² z / 2N pairs, the mean field's count.  1 where none are expected.
    """
    pairs, neighbours = (_neighbours(these, where) for these in (some, among))
    return pairs * len(among) ** 2 / (len(some) ** 2 * neighbours) if len(some) and neighbours else 1.0


def _neighbours(these: NDArray[np.int64], where: Grid) -> int:
    """Second neighbours that the sites have among themselves, every pair counted twice."""
    there = np.zeros(where.size**3, dtype=np.bool_)
    there[where.place[these]] = True
    return int(there[where.place[these][:, None] + where.second].sum())


def _count(taken: NDArray[np.bool_], among: NDArray[np.bool_]) -> Taken:
    return Taken(int(np.count_nonzero(taken & among)), int(np.count_nonzero(among)))


def facing(direction: NDArray[np.float64], out: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index into :data:`FAMILIES` of the low-index normal nearest to each ``direction`` (n, 3).

    ``out`` (4, 3) are the directions from an anion to its cations: {111}B, where a cation holds on by one
    bond.  The opposite ones are {111}A.
    """
    low = [np.array(v, dtype=np.float64) for v in product((-1, 0, 1), repeat=3)]
    of = {n: np.array([v for v in low if np.abs(v).sum() == n]) for n in (1, 2)}
    normals = [-out, out, of[1], of[2] / np.sqrt(2)]
    family = np.repeat(np.arange(4), [len(n) for n in normals])
    nearest = np.argmax(direction @ np.concatenate(normals).T, axis=1)
    return np.asarray(family[nearest], dtype=np.int64)
