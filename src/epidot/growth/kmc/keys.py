"""The environment of a site as one integer: species and the neighbour counts that some reaction mentions.

The key of a site is a mixed-radix number (sublattice, species, count 1, count 2, ...).  It is linear in the
counts, so that a change of a neighbour is the addition of one tabulated number.  Counts that no reaction of
a sublattice mentions do not enter its keys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Faults
from epidot.growth.kmc.checks import neighbour_sublattices, places_of
from epidot.growth.kmc.lattice import Lattice
from epidot.growth.kmc.model import Model, Range

MAX_KEYS = 1_000_000

Counted = tuple[str, frozenset[str]]  # relation, species


@dataclass(frozen=True)
class Digit:
    """One count in the keys of a sublattice: what it counts, its largest value and its place value."""

    counted: Counted
    most: int
    stride: int


@dataclass(frozen=True)
class Block:
    """The keys of one sublattice: ``base`` to ``base + size``."""

    sublattice: str
    species: tuple[str, ...]
    digits: tuple[Digit, ...]
    base: int

    @property
    def size(self) -> int:
        """Number of keys."""
        return len(self.species) * math.prod(d.most + 1 for d in self.digits)

    @cached_property
    def local(self) -> dict[str, int]:
        """The lowest digit of each species."""
        return {name: i for i, name in enumerate(self.species)}

    @cached_property
    def _values(self) -> dict[Counted, NDArray[np.int16]]:
        """The values asked for so far."""
        return {}

    def value(self, counted: Counted) -> NDArray[np.int16]:
        """The value of a count in each key (0 if it cannot be anything else), shape (size,)."""
        if counted not in self._values:
            value = np.zeros(self.size, dtype=np.int16)
            for d in self.digits:
                if d.counted == counted:
                    value.reshape(-1, d.most + 1, d.stride)[:] = np.arange(d.most + 1)[:, None]
            self._values[counted] = value
        return self._values[counted]

    def holds(self, species: str) -> NDArray[np.bool_]:
        """Which keys have that species on the site, shape (size,)."""
        out = np.zeros(self.size, dtype=bool)
        if species in self.local:
            out[self.local[species] :: len(self.species)] = True
        return out


def conditions(model: Model, where: Mapping[str, Range]) -> list[tuple[Counted, int, int]]:
    """(count, lowest, highest) of every condition."""
    counts = {c.name: (c.relation, frozenset(c.of)) for c in model.counts}
    return [(counts[name], low, high) for name, (low, high) in where.items()]


def layout(model: Model, lattice: Lattice) -> tuple[Block, ...]:
    """The keys of every sublattice.

    Raises
    ------
    InputError
        If there would be more than ``MAX_KEYS``, naming the counts that make them.
    """
    used = _used(model, lattice)
    blocks: list[Block] = []
    faults = Faults(model.where)
    base = 0
    for sublattice in lattice.sublattices:
        species = tuple(n for n in model.names if model.allowed(n, sublattice))
        digits = []
        stride = max(len(species), 1)
        for counted in used[sublattice]:
            most = _most(model, lattice, sublattice, counted)
            if most:
                digits.append(Digit(counted, most, stride))
                stride *= most + 1
        block = Block(sublattice, species, tuple(digits), base)
        if block.size > MAX_KEYS:
            parts = [f"{len(species)} species"]
            parts += [f"0-{d.most} of {'+'.join(sorted(d.counted[1]))} ({d.counted[0]})" for d in digits]
            faults.add(
                f"too many environments on sublattice {sublattice} (at most {MAX_KEYS})",
                seen=f"{block.size} = " + " x ".join(parts),
                remedy=_without(block)
                or "let the reactions mention fewer counts, or count several species together",
            )
        blocks.append(block)
        base += block.size
    faults.raise_if_any()
    return tuple(blocks)


def _without(block: Block) -> str:
    """Which counts to leave out so that few enough environments are left, the largest first."""
    left, out = block.size, []
    for d in sorted(block.digits, key=lambda d: -d.most):
        if left <= MAX_KEYS:
            break
        left //= d.most + 1
        out.append(f"{'+'.join(sorted(d.counted[1]))} ({d.counted[0]})")
    if not out or left > MAX_KEYS:
        return ""
    return f"without the counts of {', '.join(out)} {left} are left; or count several species together"


def _used(model: Model, lattice: Lattice) -> dict[str, list[Counted]]:
    """The counts mentioned by what can happen on each sublattice, in the order of mention."""
    named = {c.name: (c.relation, frozenset(c.of)) for c in model.counts}
    used: dict[str, dict[Counted, None]] = {s: {} for s in lattice.sublattices}
    for r in model.reactions:
        places = places_of(model, r, lattice)
        mine = [named[n] for n in (*r.where, *r.energy)]
        if r.partner is not None and r.partner.counted:
            mine.append((r.partner.relation, frozenset([r.partner.before])))
        for s in places:
            used[s].update(dict.fromkeys(mine))
        if r.partner is not None:
            p = r.partner
            theirs = [named[n] for n in (*p.where, *p.energy)]
            for s in neighbour_sublattices(lattice, p.relation, places):
                if model.allowed(p.before, s) and model.allowed(p.after, s):
                    used[s].update(dict.fromkeys(theirs))
    return {s: list(counts) for s, counts in used.items()}


def _most(model: Model, lattice: Lattice, sublattice: str, counted: Counted) -> int:
    """The most neighbours that can be counted, over the sites of the sublattice."""
    relation = lattice.relations[counted[0]]
    can = [any(model.allowed(n, s) for n in counted[1]) for s in lattice.sublattices]
    possible = np.array(can)[lattice.sublattice[relation.index]]
    per_site = np.bincount(relation.centre[possible], minlength=len(lattice))
    mine = lattice.sublattice == lattice.sublattices.index(sublattice)
    return int(per_site[mine].max(initial=0))


def feasible(model: Model, lattice: Lattice, block: Block) -> NDArray[np.bool_]:
    """Which keys of a block can occur (a cheap necessary condition), shape (size,).

    Counts of disjoint sets under one relation cannot sum to more than the neighbours there are, and sum to
    exactly that where the sets hold every species a neighbour can be; a part is never more than its whole.
    """
    ok = np.ones(block.size, dtype=bool)
    mine = lattice.sublattice == lattice.sublattices.index(block.sublattice)
    for name in {d.counted[0] for d in block.digits}:
        group = [d.counted for d in block.digits if d.counted[0] == name]
        sets = [c[1] for c in group]
        for a in group:
            for b in group:
                if a[1] < b[1]:
                    ok &= block.value(a) <= block.value(b)
        if len(frozenset[str]().union(*sets)) != sum(len(s) for s in sets):
            continue
        total = sum((block.value(c) for c in group), np.zeros(block.size, dtype=np.int16))
        degrees = np.unique(lattice.relations[name].degree[mine])
        ok &= total <= int(degrees.max(initial=0))
        around = neighbour_sublattices(lattice, name, [block.sublattice])
        possible = {n for n in model.names for s in around if model.allowed(n, s)}
        if possible <= frozenset[str]().union(*sets):
            ok &= np.isin(total, degrees)
    return ok
