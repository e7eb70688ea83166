"""The atoms of a dot on their lattice: first and second neighbours, and the order to eliminate them in.

Everything follows from whole numbers, the places in quarters of the lattice constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.matter.compound import charges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST = np.array(list(product((-1, 1), repeat=3)))
SECOND = np.array([v for v in product((-2, 0, 2), repeat=3) if np.count_nonzero(v) == 2])
LEAF = 24  # atoms of a piece that is not cut any further
OFF = 0.05  # quarters of a that a place may lie beside the lattice


@dataclass(frozen=True)
class Lattice:
    """Atoms on a zinc-blende lattice.

    ``place`` (n, 3) in quarters of ``a_nm``; ``cation`` (n,); ``first`` (m, 2) are pairs of a cation and an
    anion, ``way`` (m, 3) the signs from cation to anion; ``second`` (k, 2) are pairs of one kind, each once,
    ``over`` (k, 3) the way in halves of a (-1, 0, 1).
    """

    species: NDArray[np.str_]
    place: Ints
    cation: NDArray[np.bool_]
    a_nm: float
    first: Ints
    way: Ints
    second: Ints
    over: Ints

    def __len__(self) -> int:
        return len(self.place)

    @property
    def bonds(self) -> Ints:
        """Bonds of every atom, shape (n,)."""
        return np.bincount(self.first.ravel(), minlength=len(self)).astype(np.int64)


def lattice(species: NDArray[np.str_], position_nm: Floats, a_nm: float) -> Lattice:
    """The lattice of atoms ``species`` (n,) at ``position_nm`` (n, 3), which must not be relaxed.

    Raises
    ------
    InputError
        If there are no two atoms, one is no ion, or the positions are not those of one zinc-blende lattice.
    """
    sign = np.array([np.sign(charges().get(str(s), 0)) for s in species], dtype=np.int64)
    if len(species) < 2 or not sign.all():
        strange = sorted({str(s) for s in species[sign == 0]})
        raise InputError(
            "atomistic states need the cations and anions of a crystal",
            seen=", ".join(strange) or f"{len(species)} atoms",
            remedy="leave ligands and oxide out",
        )
    quarters = (position_nm - position_nm[0]) * 4 / a_nm
    place = np.rint(quarters).astype(np.int64)
    off = float(np.abs(quarters - place).max())
    if off > OFF:
        raise InputError(
            "the atoms do not lie on one zinc-blende lattice",
            seen=f"{off * a_nm / 4:.3g} nm beside it",
            remedy="hand in the places before relaxation; their strain goes in by itself",
        )
    place -= place.min(axis=0)
    size = int(place.max()) + 5
    weight = np.array([size * size, size, 1])
    keys = (place + 2) @ weight
    order = np.argsort(keys, kind="stable")
    known = keys[order]
    if len(known) > 1 and (np.diff(known) == 0).any():
        raise InputError("two atoms lie on one place of the lattice")
    found: list[tuple[Ints, Ints, Ints]] = []
    for steps, kin in ((FIRST, -1), (SECOND, 1)):
        pairs, ways = [], []
        for step in steps:
            # from cations to anions; of two of a kind only one way
            if kin == 1 and tuple(step) < (0, 0, 0):
                continue
            near = np.searchsorted(known, keys + step @ weight)
            near = np.minimum(near, len(known) - 1)
            there = known[near] == keys + step @ weight
            i = np.flatnonzero(there & ((sign > 0) | (kin == 1)))
            j = order[near[i]]
            right = sign[i] * sign[j] == kin
            i, j = i[right], j[right]
            pairs.append(np.stack([i, j], axis=1))
            ways.append(np.tile(step, (len(i), 1)))
        found.append((np.concatenate(pairs), np.concatenate(ways), np.empty(0, np.int64)))
    (first, way, _), (second, over, _) = found
    if not len(first):
        raise InputError("no two atoms are bonded", seen=f"lattice constant {a_nm:g} nm")
    return Lattice(species, place, sign > 0, a_nm, first, way, second, over // 2)


def dissected(place: Ints) -> Ints:
    """The atoms (n,) in an order in which a sparse matrix of second neighbours fills in little.

    Nested dissection by place: the longest side is cut by two planes of atoms, which couple to either half
    and come last.
    """
    out: list[Ints] = []
    _cut(place, np.arange(len(place)), out)
    return np.concatenate(out)


def _cut(place: Ints, members: Ints, out: list[Ints]) -> None:
    if len(members) <= LEAF:
        out.append(members)
        return
    here = place[members]
    axis = int(np.argmax(np.ptp(here, axis=0)))
    x = here[:, axis]
    middle = int(np.median(x))
    low, high = x < middle, x > middle + 1
    if not low.any() or not high.any():
        out.append(members)
        return
    _cut(place, members[low], out)
    _cut(place, members[high], out)
    out.append(members[~low & ~high])
