"""Places for atoms that hang on others: oxide and the anchoring atoms of ligands."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Placed = tuple[
    NDArray[np.str_], Floats, Ints, NDArray[np.str_], Floats
]  # element, place, layer, role, charge

_AROUND = np.array([v for v in product((-2.0, -1.0, 0.0, 1.0, 2.0), repeat=3) if max(map(abs, v)) == 2])
_AROUND /= np.linalg.norm(_AROUND, axis=1, keepdims=True)
ROOM_NM = 0.2  # closer than this no two atoms are drawn
_FURTHER = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)  # times its distance an atom is drawn where it has no room


@dataclass(frozen=True)
class Hung:
    """Atoms that hang on others: what each hangs on, in nm (k, 3), its layer; element, charge, distance."""

    base_nm: Floats
    layer: Ints
    species: NDArray[np.str_]
    charge: Floats
    reach_nm: Floats

    def joined(self, other: Hung) -> Hung:
        """Both together."""
        return Hung(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


def hang(hung: Hung, position_nm: Floats, role: str) -> Placed:
    """Places for what hangs on others: of 98 directions the most outward one that has room.

    Where none has room, further out; where there is none at all (deep inside), the one with most of it.
    ``position_nm`` (n, 3) are the atoms that are there.
    """
    n = len(hung.base_nm)
    found = np.empty((n, 3))
    if n:
        _find(hung, position_nm, found)
    return hung.species, found, np.maximum(hung.layer, 1), np.full(n, role, dtype="<U6"), hung.charge


def _find(hung: Hung, position_nm: Floats, found: Floats) -> None:
    from scipy.spatial import cKDTree

    from epidot.dot.room import until_none

    out = hung.base_nm / np.maximum(np.linalg.norm(hung.base_nm, axis=1, keepdims=True), 1e-9)
    outward = out @ _AROUND.T
    tree = cKDTree(position_nm)
    spots = hung.base_nm[:, None] + hung.reach_nm[:, None, None] * _AROUND
    room, _ = tree.query(spots, distance_upper_bound=2 * ROOM_NM)
    reached = (1 + max(_FURTHER)) * float(hung.reach_nm.max()) + ROOM_NM
    beside = cKDTree(hung.base_nm).query_ball_point(hung.base_nm, reached)
    lengths = np.array([len(each) for each in beside], dtype=np.int64)
    first = np.concatenate(([0], np.cumsum(lengths)))
    near = np.concatenate([np.array(each, dtype=np.int64) for each in beside])
    most_outward = np.argsort(-outward, axis=1, kind="stable")
    roomy = room >= ROOM_NM

    i = until_none(0, spots, most_outward, roomy, first, near, found, ROOM_NM)
    while i < len(found):  # nearly all have found their place by now
        mine = near[first[i] : first[i + 1]]
        others = found[mine[mine < i]]
        most = -1.0
        for times in _FURTHER:
            here = hung.base_nm[i] + times * hung.reach_nm[i] * _AROUND
            free = room[i] if times == 1.0 else tree.query(here, distance_upper_bound=2 * ROOM_NM)[0]
            apart = np.linalg.norm(here[:, None] - others, axis=2).min(axis=1, initial=np.inf)
            free = np.minimum(free, apart)
            if (free >= ROOM_NM).any():
                found[i] = here[int(np.argmax(np.where(free >= ROOM_NM, outward[i], -np.inf)))]
                break
            if free.max() > most:
                most, found[i] = float(free.max()), here[int(np.argmax(free))]
        i = until_none(i + 1, spots, most_outward, roomy, first, near, found, ROOM_NM)
