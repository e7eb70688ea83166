"""Ready lattices: a chain, a periodic square, a sphere cut out of zinc blende."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Faults, InputError, nearest
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


def chain(n: int, *, periodic: bool = True) -> Lattice:
    """``n`` sites in a row; ``nn`` are the two next ones, ``right`` only the one above."""
    _wide(n, periodic)
    i = np.arange(n)
    right = np.stack([i, (i + 1) % n], axis=1)[: n if periodic else n - 1]
    left = right[:, ::-1]
    both = np.concatenate([left, right])
    relations = {
        "nn": Relation.of_pairs(n, both[:, 0], both[:, 1]),
        "right": Relation.of_pairs(n, right[:, 0], right[:, 1]),
    }
    return Lattice(np.zeros(n, dtype=np.uint8), relations, position=i[:, None].astype(float))


def square(nx: int, ny: int | None = None, *, dimensions: int = 2, periodic: bool = True) -> Lattice:
    """Square lattice (``dimensions=3``: cubic, nx³) of spacing 1; ``nn`` are its 4 (6) next sites."""
    shape = (nx,) * dimensions if ny is None else (nx, ny)
    for width in shape:
        _wide(width, periodic)
    grid = np.stack(np.meshgrid(*(np.arange(w) for w in shape), indexing="ij"), axis=-1).reshape(
        -1, len(shape)
    )
    pairs = []
    for axis in range(len(shape)):
        for step in (1, -1):
            there = grid.copy()
            there[:, axis] += step
            inside = (there[:, axis] >= 0) & (there[:, axis] < shape[axis]) | periodic
            there %= shape
            flat = np.ravel_multi_index(tuple(there.T), shape)
            pairs.append(np.stack([np.arange(len(grid)), flat], axis=1)[inside])
    both = np.concatenate(pairs)
    nn = Relation.of_pairs(len(grid), both[:, 0], both[:, 1])
    return Lattice(np.zeros(len(grid), dtype=np.uint8), {"nn": nn}, position=grid.astype(float))


def zinc_blende(radius: float, a: float = 1.0, *, centre: Centre = "bond") -> Lattice:
    """Sites of zinc blende closer than ``radius`` to ``centre``, along a space-filling curve.

    Sublattices ``cation`` and ``anion``; relations ``nn`` (4 sites of the other sublattice) and ``second``
    (12 of the same).  ``radius`` and the lattice constant ``a`` have one unit.  Sites at the rim have fewer
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
    low, span = sites.min() - 4, int(sites.max() - sites.min()) + 9
    flat = np.array([span * span, span, 1])
    number = np.full(span**3, -1, dtype=np.int32)
    place = (sites - low) @ flat
    number[place] = np.arange(len(sites), dtype=np.int32)
    sign = np.where(kind == 0, 1, -1)[:, None]
    nn = _bonds(number, place[:, None] + sign * (_TO_ANION @ flat))
    second = _bonds(number, place[:, None] + (_SECOND @ flat))
    position = (sites - np.array(_CENTRE[centre])) * a / 4
    lattice = Lattice(kind, {"nn": nn, "second": second}, ("cation", "anion"), position=position)
    return lattice.along_curve()


def _bonds(number: NDArray[np.int32], there: NDArray[np.int64]) -> Relation:
    neighbour = number[there]
    centre = np.broadcast_to(np.arange(len(there))[:, None], there.shape)
    real = neighbour >= 0
    return Relation.of_pairs(len(there), centre[real], neighbour[real])


def _wide(n: int, periodic: bool) -> None:
    faults = Faults("lattice")
    if n < (3 if periodic else 1):
        faults.add(
            "too few sites",
            seen=n,
            remedy="a periodic lattice is at least 3 wide, or neighbours would be counted twice",
        )
    faults.raise_if_any()
