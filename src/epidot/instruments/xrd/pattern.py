"""Scattering of a crystal cut to spheres: neighbours of the endless lattice, thinned by the sphere.

Of the neighbours at r, a sphere of diameter D holds the share 1 - 3/2 t + 1/2 t^3, t = r/D (A. Guinier, G.
Fournet, Small-Angle Scattering of X-rays, 1955): with it Debye's sum over the lattice's own distances is that
of a sphere averaged over where its centre lies.  So size, lattice constant and spread of sizes are smooth
numbers in a pattern without a single assumed line shape.

The neighbours are laid once on an even grid of distances (six points each, exact for a quintic), and the
sines of that grid are one matrix: a pattern with all its derivatives is a product with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.xrd.between import six
from epidot.instruments.xrd.crystals import Crystal
from epidot.instruments.xrd.factors import factor

Array = NDArray[np.float64]

_SIZES, _SHARES = np.polynomial.hermite_e.hermegauss(9)
_SHARES = _SHARES / _SHARES.sum()
_PHASE = 0.25  # largest Q times the step of the distances; what six points miss of a sine is 1e-6 of it
_FINE, _COARSE = 8, 4  # points per half period of the fastest sine, between which six points (a quintic) lie
PARAMETERS = ("a_nm", "diameter_nm", "dispersion", "u2_nm2")
_STEPS = {"a_nm": 1e-5, "diameter_nm": 1e-4, "dispersion": 1e-4}


@dataclass(frozen=True)
class Grain:
    """Spheres of a crystal.

    Number-mean ``diameter_nm`` (of a sphere with as many atoms in the bulk), its relative standard deviation
    (``dispersion``, lognormal), lattice constant and mean square displacement ``u2_nm2``.  Dots end in
    cations: theirs reach ``rim_nm`` further out than the anions.
    """

    diameter_nm: float
    dispersion: float
    a_nm: float
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
        return np.exp(mu + 3 * s * s + s * _SIZES), _SHARES

    def radii(self, diameter_nm: Array) -> tuple[Array, Array]:
        """Radius of the anions' and of the cations' sphere that together hold as many atoms, per size."""
        middle = diameter_nm / 2
        for _ in range(4):  # x^3 + 3/4 x rim^2 = (D/2)^3
            off = middle**3 + 0.75 * middle * self.rim_nm**2 - (diameter_nm / 2) ** 3
            middle = middle - off / (3 * middle**2 + 0.75 * self.rim_nm**2)
        return middle - self.rim_nm / 2, middle + self.rim_nm / 2

    def scherrer_nm(self, k: float) -> float:
        """What Scherrer's equation with the constant ``k`` makes of the width of a line of these spheres."""
        from scipy.optimize import brentq

        diameter, share = self.sizes
        top = float(share @ diameter) * float(_line(np.zeros(1))[0])

        def above(q: float) -> float:
            return float((share * diameter) @ _line(q * diameter)) - top / 2

        half = brentq(above, 0.0, 6.0 / float(share @ diameter), xtol=1e-13)
        return float(k * np.pi / half)

    def shared(self, t_nm: Array) -> Array:
        """Mean over the volume of what a sphere shares with itself, moved by t; shape of ``t_nm`` (n,)."""
        diameter, share = self.sizes
        r = np.minimum(t_nm[:, None] / diameter, 1.0)
        return np.asarray((1 - 1.5 * r + 0.5 * r**3) @ share)


def shared_volume(r: Array, one: Array, other: Array, weight: Array) -> Array:
    """Volume over 4 pi/3 that pairs of spheres share, their centres r (n,) apart, summed with ``weight``.

    Radii and ``weight`` (k,), sums ascending; r above the difference, where neither sphere lies
    within the other: (S - r)^2 (r^2 + 2 r S - 3 d^2)/(16 r) for sum S and difference d.
    """
    total, off = one + other, (one - other) ** 2
    # as a polynomial in r its terms add up over all spheres that reach so far
    terms = np.array([-3 * off * total**2, 2 * total * (total**2 + 3 * off), -3 * (off + total**2), total**0])
    summed = np.zeros((4, total.size + 1))
    summed[:, :-1] = np.cumsum((terms * weight)[:, ::-1], axis=1)[:, ::-1]
    constant, first, second, fourth = summed[:, np.searchsorted(total, r)]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (constant / r + first + r * (second + r * r * fourth)) / 16
    return np.where(r > 0, found, 0.0)


def _line(z: Array) -> Array:
    """Profile of a line of spheres of diameter D, z = D times the distance in Q; its integral is pi/2."""
    near = np.abs(z) < 0.02
    far = np.where(near, 1.0, z)
    profile = 1.5 / far**2 + 3 * (1 - np.cos(far) - far * np.sin(far)) / far**4
    return np.where(near, 3 / 8 - z**2 / 48, profile)


class Spheres:
    """Debye's sum per cell of ``crystal``, electron units, at the even values ``q`` (n,) / per nm.

    They reach from ``low`` to ``high``; pairs further apart than ``reach_nm`` are left out; a lattice
    constant may be ``swell`` larger or smaller than the crystal's.
    """

    def __init__(self, crystal: Crystal, low: float, high: float, reach_nm: float, swell: float) -> None:
        self.crystal = crystal
        self.kinds = sorted(set(crystal.species))
        self.metal = [crystal.metallic(kind) for kind in self.kinds]
        self.ends = [(i, j) for i in range(len(self.kinds)) for j in range(i, len(self.kinds))]
        self.r, self.number = on_grid(crystal, reach_nm, _PHASE / (high * (1 + swell)))
        self.q = np.linspace(low, high, math.ceil((high - low) * _FINE * reach_nm / np.pi) + 8)
        ends = (low * (1 - 1.5 * swell), high * (1 + 1.5 * swell))
        many = math.ceil((ends[1] - ends[0]) * _COARSE * reach_nm / np.pi) + 8
        self.u, self.sines = _sines(*ends, many, float(self.r[1]), self.r.size)
        f = [factor(kind, self.q) for kind in self.kinds]
        self.alone = [one**2 for one in f]
        self.together = [2 * f[i] * f[j] for i, j in self.ends]

    def _weights(self, grain: Grain) -> tuple[Array, Array]:
        """Pairs at every distance, shape (ends, r), and atoms of each kind, per cell."""
        diameter, share = grain.sizes
        anions, cations = grain.radii(diameter)
        radius = [cations if metal else anions for metal in self.metal]
        whole = (diameter / 2) ** 3
        r = self.r * (grain.a_nm / self.crystal.a_nm)
        held: dict[tuple[bool, bool], Array] = {}
        for i, j in self.ends:
            kind = (self.metal[i], self.metal[j])
            if kind not in held:
                held[kind] = shared_volume(r, radius[i], radius[j], share / whole)
        weights = np.array([held[self.metal[i], self.metal[j]] for i, j in self.ends]) * self.number
        atoms = [self.crystal.species.count(kind) for kind in self.kinds]
        return weights, np.array(
            [n * float(share @ (x**3 / whole)) for n, x in zip(atoms, radius, strict=True)]
        )

    def __call__(self, grain: Grain, slopes: bool = False) -> Array:
        """The pattern (n,), with ``slopes`` the pattern and its derivatives (1 + 4, n) by ``PARAMETERS``."""
        from scipy.interpolate import make_interp_spline

        weights, atoms = self._weights(grain)
        moved = [weights]
        atoms_moved = [atoms]
        for name in _STEPS if slopes else ():
            step = _STEPS[name] * (grain.diameter_nm if name == "diameter_nm" else 1.0)
            value = getattr(grain, name)
            up, down = (
                self._weights(replace(grain, **{name: x}))
                for x in (value + step, max(value - step, 0.0 if name == "dispersion" else -1.0))
            )
            width = step + min(step, value if name == "dispersion" else step)
            moved.append((up[0] - down[0]) / width)
            atoms_moved.append((up[1] - down[1]) / width)
        sums = self.sines @ np.concatenate(moved).T
        swollen = self.q * (grain.a_nm / self.crystal.a_nm)
        spline = make_interp_spline(self.u, sums, k=5)
        pairs = spline(swollen).T.reshape(len(moved), len(self.ends), -1)
        thermal = np.exp(-(self.q**2) * grain.u2_nm2)
        total = np.array([sum(f * s for f, s in zip(self.together, row, strict=True)) for row in pairs])
        own = np.array([sum(n * f for n, f in zip(row, self.alone, strict=True)) for row in atoms_moved])
        if not slopes:
            return np.asarray(own[0] + thermal * total[0])
        first = make_interp_spline(self.u, sums[:, : len(self.ends)], k=5).derivative()(swollen).T
        bend = sum(f * s for f, s in zip(self.together, first, strict=True)) * self.q / self.crystal.a_nm
        by = dict(zip(_STEPS, own[1:] + thermal * total[1:], strict=True))
        by["a_nm"] = by["a_nm"] + thermal * bend
        by["u2_nm2"] = -(self.q**2) * thermal * total[0]
        return np.array([own[0] + thermal * total[0], *(by[name] for name in PARAMETERS)])


@lru_cache(maxsize=4)
def _sines(low: float, high: float, many: int, step_nm: float, distances: int) -> tuple[Array, Array]:
    """Even Q (many,) and sin(Qr)/(Qr), shape (many, distances), of the multiples r of ``step_nm``."""
    q = np.linspace(low, high, many)
    return q, np.sinc(np.outer(q, np.arange(distances) * (step_nm / np.pi)))


@lru_cache(maxsize=8)
def on_grid(crystal: Crystal, reach_nm: float, step_nm: float) -> tuple[Array, Array]:
    """Multiples r of ``step_nm`` up to the reach, and neighbours per cell laid on them (pairs, r)."""
    found = neighbours(crystal, reach_nm)
    size = math.ceil(reach_nm / step_nm) + 4
    number = np.zeros((len(found), size))
    for row, (distance, how_many) in zip(number, found, strict=True):
        first, weights = six(distance / step_nm)
        for k in range(6):
            row += np.bincount(first + k, how_many * weights[:, k], size)
    return np.asarray(np.arange(size) * step_nm, dtype=np.float64), number


@lru_cache(maxsize=8)
def neighbours(crystal: Crystal, reach_nm: float) -> list[tuple[Array, Array]]:
    """Distances / nm up to ``reach_nm`` and how many per cell, each pair of atoms once, by pair of species.

    Pairs in the order of :func:`epidot.instruments.xrd.debye.pair_moments`, species alphabetically.
    """
    kinds = sorted(set(crystal.species))
    label = np.array([kinds.index(one) for one in crystal.species])
    most = np.ceil(reach_nm / crystal.heights_nm).astype(int) + 1
    cells = np.stack(np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij"), axis=-1)
    shift = cells.reshape(-1, 3) @ crystal.cell_nm
    shift = shift[np.linalg.norm(shift, axis=1) < reach_nm + np.linalg.norm(crystal.cell_nm.sum(axis=0))]
    found: dict[tuple[int, int], list[tuple[Array, float]]] = {
        (a, b): [] for a in range(len(kinds)) for b in range(a, len(kinds))
    }
    lower, upper = np.minimum.outer(label, label), np.maximum.outer(label, label)
    for pair in found:
        i, j = np.nonzero((lower == pair[0]) & (upper == pair[1]))
        # differences that recur (all of a centred lattice) are walked once
        between = (crystal.fractional[j] - crystal.fractional[i] + 1e-7) % 1.0 - 1e-7
        different, times = np.unique(np.round(between, 6), axis=0, return_counts=True)
        for one, many in zip(different, times, strict=True):
            r = np.linalg.norm(shift + one @ crystal.cell_nm, axis=1)
            found[pair].append((r[(r > 1e-6) & (r <= reach_nm)], float(many)))
    out = []
    for lists in found.values():
        r = np.round(np.concatenate([r for r, _ in lists]), 7)
        distance, inverse = np.unique(r, return_inverse=True)
        number = np.bincount(inverse, np.repeat([many for _, many in lists], [len(r) for r, _ in lists]))
        out.append((distance.astype(np.float64), number / 2))
    return out
