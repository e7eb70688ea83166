"""A sphere of sites cut out of zinc blende."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest
from epidot.growth.kmc.lattice import Lattice, Relation

Centre = Literal["anion", "cation", "bond"]

# Quarters of the lattice constant.  Cations at the points with even coordinates whose halves sum to an even
# number (fcc), anions at those points + (1, 1, 1).
_CENTRE: dict[Centre, tuple[float, float, float]] = {
    "cation": (0.0, 0.0, 0.0),
    "anion": (1.0, 1.0, 1.0),
    "bond": (0.5, 0.5, 0.5),
}
_TO_ANION = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
_SECOND = np.array(
    [(x, y, z) for x in (-2, 0, 2) for y in (-2, 0, 2) for z in (-2, 0, 2) if abs(x) + abs(y) + abs(z) == 4]
)


def zinc_blende(
    radius: float, a: float = 1.0, *, centre: Centre = "bond", near: float | None = None
) -> Lattice:
    """Sites of zinc blende closer than ``radius`` to ``centre``, along a space-filling curve.

    Sublattices ``cation`` and ``anion``; relations ``nn`` (4 sites of the other sublattice) and ``second``
    (12 of the same), and with ``near`` the relation of that name: sites of the other sublattice up to so far
    away.  ``radius`` and the lattice constant ``a`` have one unit.  Sites at the rim have fewer
    neighbours; matter never leaves the sphere, so it must be larger than what is to grow in it.

    Raises
    ------
    InputError
        For an unknown centre, or a sphere without a site.
    """
    if centre not in _CENTRE:
        raise InputError("unknown centre of a dot", seen=str(centre), nearest=nearest(centre, _CENTRE))
    reach = 4 * radius / a
    half = int(np.ceil(reach)) // 2 + 2
    axis = np.arange(-half, half + 1)
    fcc = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    fcc = 2 * fcc[fcc.sum(axis=1) % 2 == 0]
    sites = np.concatenate([fcc, fcc + 1])
    kind = np.repeat(np.array([0, 1], dtype=np.uint8), len(fcc))
    kept = np.sum((sites - np.array(_CENTRE[centre])) ** 2, axis=1) < reach**2 * (1 - 1e-12)
    sites, kind = sites[kept], kind[kept]
    if not len(sites):
        raise InputError("no site inside the sphere", seen=f"radius {radius:g}, a {a:g}")
    offsets = {"nn": _TO_ANION, "second": _SECOND}
    if near is not None:
        offsets["near"] = _to_anions(4 * near / a)
    margin = int(max(np.abs(each).max() for each in offsets.values())) + 1
    low, span = sites.min() - margin, int(sites.max() - sites.min()) + 2 * margin + 1
    flat = np.array([span * span, span, 1])
    number = np.full(span**3, -1, dtype=np.int32)
    place = (sites - low) @ flat
    number[place] = np.arange(len(sites), dtype=np.int32)
    sign = np.where(kind == 0, 1, -1)[:, None]
    relations = {
        name: _bonds(number, place[:, None] + (1 if name == "second" else sign) * (each @ flat))
        for name, each in offsets.items()
    }
    position = (sites - np.array(_CENTRE[centre])) * a / 4
    lattice = Lattice(kind, relations, ("cation", "anion"), position=position)
    return lattice.along_curve()


def _to_anions(reach: float) -> NDArray[np.int64]:
    """Steps from a cation to every anion up to ``reach`` away, in quarters of the lattice constant."""
    axis = np.arange(-int(reach) - 1, int(reach) + 2)
    every = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    halves = (every - 1) // 2
    anion = np.all(every % 2 == 1, axis=1) & (halves.sum(axis=1) % 2 == 0)
    found: NDArray[np.int64] = every[anion & (np.sum(every**2, axis=1) <= reach**2 * (1 + 1e-12))]
    return found


def _bonds(number: NDArray[np.int32], there: NDArray[np.int64]) -> Relation:
    neighbour = number[there]
    centre = np.broadcast_to(np.arange(len(there))[:, None], there.shape)
    real = neighbour >= 0
    return Relation.of_pairs(len(there), centre[real], neighbour[real])
