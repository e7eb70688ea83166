"""The sites of a grown dot on an integer grid, so that neighbours are found by adding numbers.

Coordinates are quarters of the lattice constant.  Both sublattices of zinc blende are face-centred cubic:
a site has twelve second neighbours of its own kind and four first neighbours of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grown import GrownDot
from epidot.dot.lattice import BONDS
from epidot.dot.species import table

Ints = NDArray[np.int64]

# The twelve nearest places of one's own sublattice, a / sqrt 2 away.
SECOND: Ints = np.array([v for v in product((-2, 0, 2), repeat=3) if np.abs(v).sum() == 4])
_PAD = 5  # room for a second neighbour of a second neighbour


@dataclass(frozen=True)
class Grid:
    """Where the sites of one dot are.

    ``place`` (n,) index of every site in a flat cube of ``size``³ places; ``first`` (4,) and ``second``
    (12,) steps from an **anion** to its cations and from any site to the nearest of its own sublattice
    (from a cation to its anions: ``-first``); ``out`` (4, 3) unit vectors of ``first``.
    """

    size: int
    place: Ints
    first: Ints
    second: Ints
    out: NDArray[np.float64]

    def field(self, values: NDArray[Any], empty: int) -> NDArray[Any]:
        """A flat cube with ``values`` (n,) at the sites and ``empty`` elsewhere, of one type."""
        cube = np.full(self.size**3, empty, dtype=values.dtype)
        cube[self.place] = values
        return cube

    def pairs(self, sites: Ints) -> int:
        """Second neighbours that ``sites`` (indices) have among themselves, every pair counted twice."""
        there = np.zeros(self.size**3, dtype=np.bool_)
        there[self.place[sites]] = True
        return int(there[self.place[sites][:, None] + self.second].sum())


def near(dot: GrownDot) -> GrownDot:
    """``dot`` without the empty sites more than one lattice constant beyond its outermost ion."""
    x, y, z = dot.position_nm.T
    r2 = x**2 + y**2 + z**2
    filled = table(dot).present[dot.kind]
    reach = np.sqrt(r2[filled].max(initial=0.0)) + dot.a_nm
    keep = r2 <= reach**2
    if keep.all():
        return dot
    return replace(dot, position_nm=dot.position_nm[keep], cation=dot.cation[keep], kind=dot.kind[keep])


def grid(dot: GrownDot) -> Grid:
    """The grid of ``dot``.

    Raises
    ------
    ValueError
        If the dot is empty or its positions are not on one zinc-blende lattice of ``a_nm``.
    """
    if not len(dot):
        raise ValueError("a dot without sites")
    apart = (dot.position_nm - dot.position_nm[0]) * (4 / dot.a_nm)
    at = np.rint(apart)
    if np.max(np.abs(apart - at)) > 0.05:
        raise ValueError(f"positions are not on a zinc-blende lattice of {dot.a_nm} nm")
    whole = at.astype(np.int64)
    whole += _PAD - np.array([axis.min() for axis in whole.T])
    size = int(whole.max()) + _PAD + 1
    flat = np.array([size * size, size, 1])
    place: Ints = whole @ flat
    cube = np.zeros(size**3, dtype=np.bool_)
    cube[place[~dot.cation]] = True
    # Which way the four bonds of an anion point is a choice of axes: the one that makes cations meet anions.
    steps: Ints = BONDS @ flat
    some = place[dot.cation][:64, None]
    along, against = cube[some - steps].sum(), cube[some + steps].sum()
    sign = 1 if along >= against else -1
    return Grid(size, place, sign * steps, SECOND @ flat, sign * BONDS / np.sqrt(3))
