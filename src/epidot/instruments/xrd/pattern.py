"""Scattering of a crystal cut to spheres: neighbours of the endless lattice, thinned by the sphere.

Of the neighbours at r, a sphere of diameter D holds the share 1 - 3/2 t + 1/2 t^3, t = r/D (A. Guinier, G.
Fournet, Small-Angle Scattering of X-rays, 1955): with it Debye's sum over the lattice's own distances is that
of a sphere averaged over where its centre lies.  So size, lattice constant and spread of sizes are smooth
numbers in a pattern without a single assumed line shape.

The neighbours are laid once on an even grid of distances (ten points each, exact for their polynomial), and
the sines of that grid are one matrix: a pattern with all its derivatives is a product with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.xrd.between import around
from epidot.instruments.xrd.crystals import Crystal
from epidot.instruments.xrd.factors import factor
from epidot.matter.formulas import molar_mass

Array = NDArray[np.float64]

_SIZES, _SHARES = np.polynomial.hermite_e.hermegauss(9)
_SHARES = _SHARES / _SHARES.sum()
# Largest Q times the step of the distances, and points on which each distance is laid: what they miss of a
# sine is less than 1e-6 of it.
_PHASE, _LAID = 0.5, 10
_FINE, _COARSE = 8, 4  # points per half period of the fastest sine, between which six points (a quintic) lie
PARAMETERS = ("a_nm", "diameter_nm", "dispersion2", "u2_nm2")
_DEGREE = 5  # of the splines in Q
_LEAST_SPREAD = 1e-3


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
        # sizes all alike are taken a thousandth apart: what their spread does to a pattern shows between them
        s = math.sqrt(math.log1p(max(self.dispersion, _LEAST_SPREAD) ** 2))
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

    @property
    def growth(self) -> tuple[Array, Array]:
        """By how much those diameters grow with ``diameter_nm`` and with the square of ``dispersion``."""
        s = self._log[1]
        by_spread = (5 * s + _SIZES) / (2 * s * math.exp(s * s))
        return self.sizes[0] / self.diameter_nm, self.sizes[0] * by_spread

    def middle_nm(self, diameter_nm: Array) -> Array:
        """Mean radius of the anions' and the cations' sphere that together hold as many atoms, per size.

        The cations reach half of ``rim_nm`` further out than this, the anions half of it less.
        """
        middle = diameter_nm / 2
        for _ in range(4):  # x^3 + 3/4 x rim^2 = (D/2)^3
            off = middle**3 + 0.75 * middle * self.rim_nm**2 - (diameter_nm / 2) ** 3
            middle = middle - off / (3 * middle**2 + 0.75 * self.rim_nm**2)
        return middle

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


def shared_volume(
    r: Array, one: Array, other: Array, weight: Array, moves: Sequence[tuple[Array, Array]] = ()
) -> Array:
    """Volume over 4 pi/3 that pairs of spheres share, their centres r (n,) apart, summed with ``weight``.

    Radii and ``weight`` (k,), sums ascending; r ascending, above the difference, where neither sphere lies
    within the other: (S - r)^2 (r^2 + 2 r S - 3 d^2)/(16 r) for sum S and difference d.

    The first row is the volume, the second its derivative in r, then one for each of ``moves``: by how much
    the sums of the radii (k,), their differences unchanged, and the weights (k,) move.  Shape (2 + moves, n).
    """
    total, off = one + other, (one - other) ** 2
    # as a polynomial in r its terms add up over all spheres that reach so far
    terms = np.array([-3 * off * total**2, 2 * total * (total**2 + 3 * off), -3 * (off + total**2), total**0])
    grown = np.array([-6 * off * total, 6 * (total**2 + off), -6 * total, 0 * total])  # by the sum
    rows = [terms * weight, *(terms * heavier + grown * (weight * wider) for wider, heavier in moves)]
    summed = np.zeros((4, len(rows), total.size + 1))
    summed[..., :-1] = np.cumsum(np.array(rows)[..., ::-1], axis=2)[..., ::-1].swapaxes(0, 1)
    reached = np.diff(np.searchsorted(r, total), prepend=0, append=r.size)  # how many r lie between two sums
    constant, first, second, fourth = np.repeat(summed, reached, axis=2)
    out = np.zeros((2 + len(moves), r.size))
    safe = np.where(r > 0, r, np.inf)
    inverse = 1 / safe
    volume = (constant * inverse + first + r * (second + r * r * fourth)) / 16
    out[0], out[2:] = volume[0], volume[1:]
    out[1] = (second[0] + 3 * r * r * fourth[0] - constant[0] * inverse * inverse) / 16
    out[:, r <= 0] = 0.0
    return out


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
        self.knots, self.sines = _sines(*ends, many, float(self.r[1]), self.r.size)
        f = [factor(kind, self.q) for kind in self.kinds]
        self.alone = [one**2 for one in f]
        self.together = [2 * f[i] * f[j] for i, j in self.ends]

    def _weights(self, grain: Grain) -> tuple[Array, Array]:
        """Pairs at every distance that a sphere holds, and atoms of each kind, per cell.

        Shapes (4, ends, r) and (4, kinds): themselves, and their derivatives by the first three
        of ``PARAMETERS``.
        """
        diameter, share = grain.sizes
        middle = grain.middle_nm(diameter)
        radius = [middle + grain.rim_nm * (0.5 if metal else -0.5) for metal in self.metal]
        whole = (diameter / 2) ** 3
        weight = share / whole
        moves, further = [], []
        for grown in grain.growth:  # by diameter_nm, by dispersion2
            wider = 3 / 8 * diameter**2 * grown / (3 * middle**2 + 0.75 * grain.rim_nm**2)
            moves.append((2 * wider, -3 * weight * grown / diameter))
            further.append(wider)
        stretched = grain.a_nm / self.crystal.a_nm
        furthest = 2 * float(max(each[-1] for each in radius))
        r = self.r[: int(np.searchsorted(self.r, furthest / stretched)) + 1] * stretched
        held: dict[tuple[bool, bool], Array] = {}
        for i, j in self.ends:
            kind = (self.metal[i], self.metal[j])
            if kind not in held:
                found = shared_volume(r, radius[i], radius[j], weight, moves)
                found[1] *= r / grain.a_nm  # by a_nm: every distance grows with it
                held[kind] = found
        pairs = np.array([held[self.metal[i], self.metal[j]] for i, j in self.ends]).swapaxes(0, 1)
        atoms = np.zeros((4, len(self.kinds)))
        for k, (kind_name, x) in enumerate(zip(self.kinds, radius, strict=True)):
            many = self.crystal.species.count(kind_name)
            atoms[0, k] = many * float(weight @ x**3)
            for row, wider, (_, heavier) in zip((2, 3), further, moves, strict=True):
                atoms[row, k] = many * float(heavier @ x**3 + weight @ (3 * x**2 * wider))
        return pairs * self.number[:, : r.size], atoms

    def mass(self, grain: Grain) -> float:
        """Mass of the atoms per cell of such spheres, g/mol."""
        _, atoms = self._weights(grain)
        return float(atoms[0] @ np.array([molar_mass(kind) for kind in self.kinds]))

    def __call__(self, grain: Grain, slopes: bool = False) -> Array:
        """The pattern (n,), with ``slopes`` the pattern and its derivatives (1 + 4, n) by ``PARAMETERS``."""
        from scipy.interpolate import BSpline

        rows = 4 if slopes else 1
        weights, atoms = self._weights(grain)
        flat = weights[:rows].reshape(-1, weights.shape[2])
        spline = BSpline.construct_fast(self.knots, self.sines[:, : flat.shape[1]] @ flat.T, _DEGREE)
        swollen = self.q * (grain.a_nm / self.crystal.a_nm)
        pairs = spline(swollen).T.reshape(rows, len(self.ends), -1)
        thermal = np.exp(-(self.q**2) * grain.u2_nm2)
        total = np.einsum("eq,req->rq", np.array(self.together), pairs)
        own = atoms[:rows] @ np.array(self.alone)
        if not slopes:
            return np.asarray(own[0] + thermal * total[0])
        ends = len(self.ends)
        first = BSpline.construct_fast(self.knots, np.ascontiguousarray(spline.c[:, :ends]), _DEGREE)(
            swollen, 1
        )
        bend = np.einsum("eq,qe->q", np.array(self.together), first) * self.q / self.crystal.a_nm
        by = dict(zip(PARAMETERS[:3], own[1:] + thermal * total[1:], strict=True))
        by["a_nm"] = by["a_nm"] + thermal * bend
        by["u2_nm2"] = -(self.q**2) * thermal * total[0]
        return np.array([own[0] + thermal * total[0], *(by[name] for name in PARAMETERS)])


@lru_cache(maxsize=4)
def _sines(low: float, high: float, many: int, step_nm: float, distances: int) -> tuple[Array, Array]:
    """Splines in Q through sin(Qr)/(Qr) at ``many`` even Q, for the multiples r of ``step_nm``.

    Their knots, and their coefficients (many, distances).  A spline is linear in what it goes through, so
    that of a sum over distances is the sum of theirs.
    """
    from scipy.interpolate import make_interp_spline

    q = np.linspace(low, high, many)
    found = make_interp_spline(q, np.sinc(np.outer(q, np.arange(distances) * (step_nm / np.pi))), k=_DEGREE)
    return found.t, found.c


@lru_cache(maxsize=8)
def on_grid(crystal: Crystal, reach_nm: float, step_nm: float) -> tuple[Array, Array]:
    """Multiples r of ``step_nm`` up to the reach, and neighbours per cell laid on them (pairs, r)."""
    found = neighbours(crystal, reach_nm)
    size = math.ceil(reach_nm / step_nm) + _LAID
    number = np.zeros((len(found), size))
    for row, (distance, how_many) in zip(number, found, strict=True):
        first, weights = around(distance / step_nm, _LAID)
        for k in range(_LAID):
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
