"""Scattering of a crystal cut to spheres: neighbours of the endless lattice, thinned by the sphere.

Of the neighbours at r, a sphere of diameter D holds the share 1 - 3/2 t + 1/2 t^3, t = r/D (A. Guinier, G.
Fournet, Small-Angle Scattering of X-rays, 1955): with it Debye's sum over the lattice's own distances is that
of a sphere averaged over where its centre lies.  So size, lattice constant, spread of sizes and microstrain
are smooth numbers in a pattern without a single assumed line shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.xrd.crystals import powder_crystal
from epidot.instruments.xrd.debye import sum_over_pairs
from epidot.instruments.xrd.factors import factor

Array = NDArray[np.float64]

STEP_NM = 2e-3  # of the bins: 1e-4 of the pattern at Q = 80 per nm
REACH_NM = 40.0  # the largest distance within a crystal that is counted
_SIZES, _SHARES = np.polynomial.hermite_e.hermegauss(9)
_SHARES = _SHARES / _SHARES.sum()
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)


@dataclass(frozen=True)
class Grain:
    """Spheres of a crystal.

    Number-mean ``diameter_nm`` (of a sphere with as many atoms in the bulk), its relative standard deviation
    (``dispersion``, lognormal), lattice constant, microstrain (relative spread of distances) and mean square
    displacement ``u2_nm2``.  Dots end in cations: theirs reach ``rim_nm`` further out than the anions.
    """

    diameter_nm: float
    dispersion: float
    a_nm: float
    microstrain: float = 0.0
    u2_nm2: float = 0.0
    rim_nm: float = 0.0

    @property
    def _log(self) -> tuple[float, float]:
        s = math.sqrt(math.log1p(self.dispersion**2))
        return math.log(self.diameter_nm) - s * s / 2, s

    def mean_nm(self, power: int) -> float:
        """Mean diameter weighted with D^power: 0 by number, 2 by area, 3 by volume (what scatters)."""
        mu, s = self._log
        return math.exp(mu + (power + 0.5) * s * s)

    @property
    def sizes(self) -> tuple[Array, Array]:
        """Diameters / nm that stand for all and their shares of the volume."""
        mu, s = self._log
        if s < 1e-6:
            return np.array([self.diameter_nm]), np.ones(1)
        return np.exp(mu + 3 * s * s + s * _SIZES), _SHARES

    def radii(self, diameter_nm: Array) -> tuple[Array, Array]:
        """Radius of the anions' and of the cations' sphere that together hold as many atoms, per size."""
        middle = diameter_nm / 2
        for _ in range(4):  # x^3 + 3/4 x rim^2 = (D/2)^3
            off = middle**3 + 0.75 * middle * self.rim_nm**2 - (diameter_nm / 2) ** 3
            middle = middle - off / (3 * middle**2 + 0.75 * self.rim_nm**2)
        return middle - self.rim_nm / 2, middle + self.rim_nm / 2

    @property
    def reach_nm(self) -> float:
        """Beyond this hardly any two atoms lie in one sphere."""
        return min(float(self.sizes[0].max()) + abs(self.rim_nm), REACH_NM)

    @property
    def reach_nm_rounded(self) -> float:
        """The reach in steps, so that a fit does not ask for new lists and grids at every size."""
        return 2.0 * math.ceil(self.reach_nm / 2.0)


def common(r: Array, one: Array, other: Array) -> Array:
    """Volume shared by two spheres whose centres are r apart, over 4 pi/3; all of one shape."""
    small, large = np.minimum(one, other), np.maximum(one, other)
    total, off = small + large, large - small
    with np.errstate(divide="ignore", invalid="ignore"):
        lens = (total - r) ** 2 * (r**2 + 2 * r * total - 3 * off**2) / (16 * r)
    return np.asarray(np.where(r <= off, small**3, np.where(r >= total, 0.0, lens)))


def scattering(crystal: str, grain: Grain, q_per_nm: Array) -> Array:
    """Debye's sum per cell of the crystal, electron units, on an evenly spaced Q / per nm."""
    made_of = powder_crystal(crystal)
    kinds = sorted(set(made_of.species))
    tabulated = neighbours(crystal, grain.reach_nm_rounded)
    swell = grain.a_nm / made_of.a_nm
    diameters, shares = grain.sizes
    anions, cations = grain.radii(diameters)
    radius = [cations if made_of.metallic(kind) else anions for kind in kinds]
    whole = (diameters / 2) ** 3
    numbers = np.array(
        [
            made_of.species.count(k) * float(shares @ (r**3 / whole))
            for k, r in zip(kinds, radius, strict=True)
        ]
    )
    ends = [(a, b) for a in range(len(kinds)) for b in range(a, len(kinds))]
    bins = int(grain.reach_nm_rounded * (1 + 4 * grain.microstrain) / STEP_NM) + 2
    moments = np.zeros((len(ends), bins, 3))
    for pair, ((distance, number), (a, b)) in enumerate(zip(tabulated, ends, strict=True)):
        r = distance * swell
        r, number = r[r < grain.reach_nm], number[r < grain.reach_nm]
        held = common(r[:, None], radius[a][None], radius[b][None]) / whole
        weight = number * (held @ shares)
        if grain.microstrain:
            r = (r[:, None] * (1 + grain.microstrain * _NODES)).ravel()
            weight = (weight[:, None] * _WEIGHTS / _WEIGHTS.sum()).ravel()
        bin_ = np.minimum((r / STEP_NM).astype(np.int64), bins - 1)
        off = r - (bin_ + 0.5) * STEP_NM
        for power in range(3):
            moments[pair, :, power] = np.bincount(bin_, weight * off**power, bins)
    total = sum_over_pairs(kinds, numbers, moments, q_per_nm, factor, STEP_NM)
    alone = sum(n * factor(kind, q_per_nm) ** 2 for kind, n in zip(kinds, numbers, strict=True))
    return np.asarray(alone + np.exp(-(q_per_nm**2) * grain.u2_nm2) * (total - alone))


@lru_cache(maxsize=16)
def neighbours(crystal: str, reach_nm: float) -> list[tuple[Array, Array]]:
    """Distances / nm up to ``reach_nm`` and how many per cell, each pair of atoms once, by pair of species.

    Pairs in the order of :func:`epidot.instruments.xrd.debye.pair_moments`, species alphabetically.
    """
    made_of = powder_crystal(crystal)
    kinds = sorted(set(made_of.species))
    label = np.array([kinds.index(one) for one in made_of.species])
    heights = made_of.volume_nm3 / np.linalg.norm(
        np.cross(np.roll(made_of.cell_nm, -1, axis=0), np.roll(made_of.cell_nm, 1, axis=0)), axis=1
    )
    most = np.ceil(reach_nm / heights).astype(int) + 1
    cells = np.stack(np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij"), axis=-1)
    shift = cells.reshape(-1, 3) @ made_of.cell_nm
    shift = shift[np.linalg.norm(shift, axis=1) < reach_nm + np.linalg.norm(made_of.cell_nm.sum(axis=0))]
    place = made_of.fractional @ made_of.cell_nm
    found: dict[tuple[int, int], list[Array]] = {
        (a, b): [] for a in range(len(kinds)) for b in range(a, len(kinds))
    }
    for i in range(len(place)):
        for j in range(len(place)):
            r = np.linalg.norm(shift + place[j] - place[i], axis=1)
            a, b = sorted((int(label[i]), int(label[j])))
            found[a, b].append(r[(r > 1e-6) & (r <= reach_nm)])
    out = []
    for lists in found.values():
        distance, number = np.unique(np.round(np.concatenate(lists), 7), return_counts=True)
        out.append((distance.astype(np.float64), number / 2))
    return out
