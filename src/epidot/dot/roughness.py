"""The surface of a grown dot over directions: thickness of the shell, roughness, bare terraces.

**Definition.**  Along each of ``DIRECTIONS`` Fibonacci directions u a tube of radius a/2 runs outward from
the centre of the core.  In it the outermost anion of the core and the outermost anion of the shell are
found, each by its projection r·u.  The thickness is the difference of the two projections (0 where the
shell does not reach beyond the core), the roughness its standard deviation over the directions.  a/2 is
the largest hole between the anions of a face-centred cubic lattice and of its {100} planes, so that no
direction of a complete dot or terrace is missed.  A full {111} bilayer counts as exactly d111.

A perfect dot is not smooth either.  :func:`least_nm` is the roughness of the roundest dot with the same core
and the same number of shell anions, filled outward by radius: 0.12 nm for four layers on 3.3 nm.  Flat faces
alone, without an atom out of place, make 0.24 to 0.32 nm (truncated octahedra of the same four layers).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.dot.site_map import SiteMap
from epidot.jit import compiled

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

DIRECTIONS = 1000


@dataclass(frozen=True)
class Thickness:
    """``thickness_nm`` and ``outer_nm`` (outermost anion), both (directions,); ``layer_nm`` is d111."""

    thickness_nm: Array
    outer_nm: Array
    layer_nm: float

    @property
    def roughness_nm(self) -> float:
        """Standard deviation of the thickness over the directions."""
        return float(np.std(self.thickness_nm))

    @property
    def mean_nm(self) -> float:
        """Mean thickness over the directions."""
        return float(np.mean(self.thickness_nm))

    @property
    def bare(self) -> float:
        """Share of directions with less than half a layer of shell."""
        return float(np.mean(self.thickness_nm < self.layer_nm / 2))

    @property
    def thin(self) -> float:
        """Share of directions with less than half the mean thickness."""
        return float(np.mean(self.thickness_nm < self.mean_nm / 2)) if self.mean_nm > 0 else 1.0


@lru_cache(maxsize=4)
def directions(n: int = DIRECTIONS) -> Array:
    """``n`` unit vectors spread evenly (Fibonacci lattice), shape (n, 3)."""
    i = np.arange(n) + 0.5
    z = 1 - 2 * i / n
    turn = math.pi * (1 + math.sqrt(5)) * i
    s = np.sqrt(1 - z * z)
    return np.stack([s * np.cos(turn), s * np.sin(turn), z], axis=1)


def thickness(of: SiteMap, n: int = DIRECTIONS) -> Thickness:
    """Thickness of the shell over ``n`` directions."""
    dot, u, rho = of.dot, directions(n), of.dot.a_nm / 2
    core = _of_core(dot.position_nm[~dot.cation & of.kinds.own[dot.kind]].tobytes(), n, rho)
    outer = outermost(dot.position_nm[of.shell], u, rho)
    return Thickness(np.maximum(outer - core, 0.0), np.maximum(outer, core), dot.a_nm / math.sqrt(3))


@lru_cache(maxsize=2048)
def _of_core(points_nm: bytes, n: int, rho_nm: float) -> Array:
    """:func:`outermost` of a core's anions, which are the same in every sample of a dot."""
    return outermost(np.frombuffer(points_nm).reshape(-1, 3), directions(n), rho_nm)


def least_nm(of: SiteMap, n: int = DIRECTIONS) -> float:
    """Roughness that facets and atoms alone make, in nm.

    The shell's anions are put back on the free anion sites of the same lattice by radius, nearest the
    centre first (among equals in the order of the arrays): the roundest dot this lattice allows.
    """
    dot, u, rho = of.dot, directions(n), of.dot.a_nm / 2
    mine = of.kinds.own[dot.kind]
    free = dot.position_nm[~dot.cation & ~mine]
    nearest = np.argsort(np.round(np.linalg.norm(free, axis=1), 6), kind="stable")[: len(of.shell)]
    core = outermost(dot.position_nm[~dot.cation & mine], u, rho)
    return float(np.std(np.maximum(outermost(free[nearest], u, rho) - core, 0.0)))


# --- outermost ion in a tube ------------------------------------------------------------------------------


def outermost(points_nm: Array, u: Array, rho_nm: float) -> Array:
    """Greatest r·u > 0 of ``points_nm`` (n, 3) within ``rho_nm`` of the ray along ``u`` (m, 3); else 0."""
    if not len(points_nm):
        return np.zeros(len(u))
    r = np.linalg.norm(points_nm, axis=1)
    inward = np.argsort(-r)
    points_nm, r = points_nm[inward], r[inward]
    down = np.argsort(-u[:, 2], kind="stable")
    # only directions between these two heights can pass a point within rho
    polar = np.arccos(np.clip(points_nm[:, 2] / np.maximum(r, 1e-12), -1, 1))
    aside = np.where(r > rho_nm, np.arcsin(np.minimum(rho_nm / np.maximum(r, 1e-12), 1)), np.pi) + 1e-9
    height = -u[down, 2]
    first = np.searchsorted(height, -np.cos(np.maximum(polar - aside, 0.0)) - 1e-12)
    last = np.searchsorted(height, -np.cos(np.minimum(polar + aside, np.pi)) + 1e-12, side="right")
    found = _kernel()(np.ascontiguousarray(points_nm), r, u[down], rho_nm**2, first, last)
    out = np.empty(len(u))
    out[down] = found
    return out


def outermost_plain(points_nm: Array, u: Array, rho_nm: float) -> Array:
    """:func:`outermost` without a compiler: the same numbers, slower."""
    if not len(points_nm):
        return np.zeros(len(u))
    along = points_nm @ u.T
    off = np.sum(points_nm**2, axis=1)[:, None] - along**2
    out: Array = np.max(np.where(off <= rho_nm**2, along, 0.0), axis=0, initial=0.0)
    return out


def _walk(points: Array, r: Array, u: Array, rho2: float, first: Ints, last: Ints) -> Array:
    """Every point, outermost first, against the directions ``first`` to ``last`` that may pass it."""
    out = np.zeros(len(u))
    for i in range(len(r)):
        if i % 64 == 0 and r[i] <= out.min():
            break  # nothing nearer the centre than the lowest of what was found can matter
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        r2 = r[i] * r[i]
        for k in range(first[i], last[i]):
            p = x * u[k, 0] + y * u[k, 1] + z * u[k, 2]
            if p > out[k] and r2 - p * p <= rho2:
                out[k] = p
    return out


@lru_cache(maxsize=1)
def _kernel() -> Callable[..., Array]:
    return compiled(_walk)
