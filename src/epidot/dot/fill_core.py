"""The inside of a core that an engine left out, and the charge of the whole dot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grid import grid
from epidot.dot.grown import GrownDot
from epidot.dot.lattice import BONDS
from epidot.matter.materials import crystal

Floats = NDArray[np.float64]


def fill_core(dot: GrownDot) -> GrownDot:
    """``dot`` with the ions deep in its core, which no reaction sees and an engine may leave out.

    Every anion position inside the core's sphere that is not listed is filled with the core's anion, every
    unlisted cation position bonded to one of those with its cation.  A dot that lists all is
    returned as it is.

    Raises
    ------
    ValueError
        If ions are missing but the dot has no kinds to fill them with.
    """
    step = dot.a_nm / 4
    first = int(np.flatnonzero(~dot.cation)[0])
    reach = int(np.ceil(dot.core_diameter_nm / 2 / step)) + 2
    origin = dot.position_nm[first] - step * 2 * np.round(dot.position_nm[first] / step / 2)
    # an anion sublattice point near the centre: steps of two quarters, an even number of them in all
    axis = np.arange(-reach, reach + 1)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij", sparse=True)
    shift = np.round((dot.position_nm[first] - origin) / step / 2).astype(int)
    inside = 2 * (np.argwhere((x + y + z + shift.sum()) % 2 == 0) - reach)
    at = origin + inside * step
    at = at[np.linalg.norm(at, axis=1) <= dot.core_diameter_nm / 2]
    known = _keys(dot, dot.position_nm, origin)
    lost = ~np.isin(_keys(dot, at, origin), known)
    if not lost.any():
        return dot
    sign = np.sign(grid(dot).out[0][0])
    anions = at[lost]
    around = (anions[:, None] + sign * BONDS * step).reshape(-1, 3)
    keys, once = np.unique(_keys(dot, around, origin), return_index=True)
    cations = around[np.sort(once[~np.isin(keys, known)])]
    made_of = crystal(dot.core)
    kinds = [_kind(dot, next(iter(of))) for of in (made_of.anions, made_of.cations)]
    return replace(
        dot,
        position_nm=np.concatenate([dot.position_nm, anions, cations]),
        cation=np.concatenate([dot.cation, np.zeros(len(anions), bool), np.ones(len(cations), bool)]),
        kind=np.concatenate(
            [dot.kind, *(np.full(len(n), k, np.uint8) for n, k in zip((anions, cations), kinds, strict=True))]
        ),
    )


def charge(dot: GrownDot) -> float:
    """Charge of ``dot`` in e, the inside of the core included."""
    full = fill_core(dot)
    number = np.bincount(full.kind, minlength=len(full.kinds))
    return float(number @ np.array([k.charge for k in full.kinds]))


def _keys(dot: GrownDot, position_nm: Floats, origin: Floats) -> NDArray[np.int64]:
    """One whole number per place of the grid."""
    at = np.rint((position_nm - origin) * (4 / dot.a_nm)).astype(np.int64) + 1000
    return np.asarray((at[:, 0] * 2000 + at[:, 1]) * 2000 + at[:, 2])


def _kind(dot: GrownDot, element: str) -> int:
    for i, k in enumerate(dot.kinds):
        if "core" in k.marks and dict(k.composition) == {element: 1}:
            return i
    raise ValueError(f"no kind of this dot is {element} of the core")
