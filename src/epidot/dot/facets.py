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

from epidot.dot.site_map import SiteMap

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


def coverage(of: SiteMap) -> Coverage:
    """How much of the first anion shell of a dot is taken by shell anions.

    The first shell are the anion positions outside the core that touch a core cation.
    """
    first, bonds = of.first_shell
    taken = of.kinds.shell[of.dot.kind[first]] >= 0
    family = facing(of.dot.position_nm[first], of.grid.out)
    return Coverage(
        Taken(int(taken.sum()), len(first)),
        {name: _count(taken, family == i) for i, name in enumerate(FAMILIES)},
        {name: _count(taken, bonds == n) for n, name in BY_BONDS.items()},
    )


def _count(taken: NDArray[np.bool_], among: NDArray[np.bool_]) -> Taken:
    return Taken(int(np.count_nonzero(taken & among)), int(np.count_nonzero(among)))


def facing(direction: NDArray[np.float64], out: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index into :data:`FAMILIES` of the low-index normal nearest to each ``direction`` (n, 3).

    ``out`` (4, 3) are the directions from an anion to its cations: {111}B, where a cation holds on by one
    bond.  The opposite ones are {111}A.
    """
    normals = [-out, out, *_LOW]
    family = np.repeat(np.arange(4), [len(n) for n in normals])
    nearest = np.argmax(direction @ np.concatenate(normals).T, axis=1)
    return np.asarray(family[nearest], dtype=np.int64)


def _low(n: int) -> NDArray[np.float64]:
    """Unit vectors with ``n`` indices that are not 0, all of one size."""
    every = [v for v in product((-1.0, 0.0, 1.0), repeat=3) if np.abs(v).sum() == n]
    return np.asarray(np.array(every) / np.sqrt(n), dtype=np.float64)


_LOW = (_low(1), _low(2))  # {100} and {110}
