"""Every line with an intensity of its own, at the places of one lattice and with the profile of spheres.

For powders whose grains lie on their faces (G. S. Pawley, J. Appl. Crystallogr. 14, 357 (1981),
doi:10.1107/S0021889881009618) and for crystals too large for Debye's sum.  The profile is that of the sphere
itself: in the distance t it is the volume that a sphere shares with itself moved by t, times what
microstrain and the instrument take off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import FWHM
from epidot.instruments.xrd.beam import Beam, q_of, two_theta_of
from epidot.instruments.xrd.between import around
from epidot.instruments.xrd.crystals import Crystal
from epidot.instruments.xrd.factors import factor
from epidot.instruments.xrd.pattern import Grain
from epidot.instruments.xrd.search import bounded, ground, smooth, weight
from epidot.signal import Signal
from epidot.signal.fitting import Fitted, Free, fit_curve
from epidot.signal.slopes import slopes

Array = NDArray[np.float64]

DISPERSION = 0.1  # of the diameters: single lines hardly tell it
_SWELL = 0.03
_LEAST_NM, SHARP_NM = 1.0, 25.0  # beyond this the lines also tell the zero of the goniometer
_SIZES = (2.0, 2.6, 3.4, 4.5, 6.0, 8.0, 11.0, 15.0, 22.0, 35.0, 60.0, 120.0, 400.0)
_TAILS = 60.0  # widths of a line
_WEAK = 1e-3  # of the strongest line, as a powder has them: weaker ones are left out
_ALIKE = 0.3  # of a line's width: nearer lines share one intensity in the powder's ratio

# Axial divergence draws lines to lower angles by delta^2/6 cot(2theta), delta the opening of Soller slits
# (H. P. Klug, L. E. Alexander, X-Ray Diffraction Procedures, 1974): half of what 0.04 rad let through,
# and as much is its error.
AXIAL_DEG = math.degrees(0.04**2 / 12)


@dataclass(frozen=True)
class Reflections:
    """Lines: (2 pi/d)^2 = ``across``/a^2 + ``along``/c^2, (l,) each; ``powder``: their strength."""

    across: Array
    along: Array
    powder: Array

    def q(self, a_nm: float, c_nm: float) -> Array:
        """Places / per nm, shape (l,)."""
        return np.sqrt(self.across / a_nm**2 + self.along / c_nm**2)


def reflections(crystal: Crystal, low: float, high: float) -> Reflections:
    """Those between two Q / per nm; lines at one place are one."""
    most = np.ceil(high / (2 * np.pi) * np.linalg.norm(crystal.cell_nm, axis=1)).astype(int) + 1
    hkl = np.stack(np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij"), -1).reshape(-1, 3)
    g = 2 * np.pi * hkl @ crystal.reciprocal
    q = np.linalg.norm(g, axis=1)
    there = (q > low) & (q < high)
    hkl, g, q = hkl[there], g[there], q[there]
    phase = np.exp(2j * np.pi * (hkl @ crystal.fractional.T))
    f = np.array([factor(kind, q) for kind in crystal.species]).T
    strength = np.abs(np.sum(f * phase, axis=1)) ** 2 / q**2
    c = crystal.cell_nm[2] / crystal.c_nm
    along = (g @ c * crystal.c_nm) ** 2 if not crystal.cubic else np.zeros(q.size)
    across = (q**2 - along / crystal.c_nm**2) * crystal.a_nm**2
    places, group = np.unique(np.round(np.stack([across, along], axis=1), 5), axis=0, return_inverse=True)
    powder = np.bincount(group.ravel(), strength)
    seen = powder > _WEAK * powder.max()
    order = np.argsort(np.sqrt(places[seen, 0] / crystal.a_nm**2 + places[seen, 1] / crystal.c_nm**2))
    return Reflections(places[seen, 0][order], places[seen, 1][order], powder[seen][order])


@dataclass(frozen=True, eq=False)
class Lattice:
    """Curve and derivatives of the parameters (p,): a, c where it has one, 1/D, microstrain and zero where
    they are free, the strengths of groups of lines, the background."""

    angle: Array
    rays: Beam
    crystal: Crystal
    order: int
    zero_deg: float
    sharp: bool
    lines: Reflections
    groups: tuple[tuple[int, ...], ...]
    span: float  # so far from a line it is seen at all, per nm
    points: int  # of the profile, up to twice the span
    dispersion: float = DISPERSION
    displaced: bool = False  # the offset is that of a specimen too high, not of the scale
    cot_deg: float = 0.0  # how far a line at 2theta = 45° stands too low by axial divergence

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that are not linear."""
        own = ("a_nm",) if self.crystal.cubic else ("a_nm", "c_nm")
        return (*own, "per_diameter", *(("microstrain2", "zero_deg") if self.sharp else ()))

    def shape(self, v: Array) -> dict[str, float]:
        """The parameters that are not linear, by name."""
        found = dict(zip(self.names, (float(x) for x in v), strict=False))
        found.setdefault("c_nm", found["a_nm"] * self.crystal.c_nm / self.crystal.a_nm)
        return {"microstrain2": 0.0, "zero_deg": self.zero_deg} | found

    def grain(self, v: Array) -> Grain:
        """The spheres; ``per_diameter`` is one over the diameter weighted by volume."""
        shape = self.shape(v)
        s = math.sqrt(math.log1p(self.dispersion**2))
        weighted = 1 / max(shape["per_diameter"], 1e-5)
        return Grain(weighted * math.exp(-3.5 * s * s + 0.5 * s * s), self.dispersion, shape["a_nm"])

    def columns(self, v: Array) -> Array:
        """The profile of every group of lines of strength 1, shape (n, groups)."""
        shape = self.shape(v)
        at = self.lines.q(shape["a_nm"], shape["c_nm"])
        cot = np.clip(1 / np.tan(np.radians(np.maximum(self.angle, 5.0))), -6, 6)
        moved = shape["zero_deg"] * (np.cos(np.radians(self.angle / 2)) if self.displaced else 1.0)
        angle = self.angle - moved + self.cot_deg * cot
        width_deg = self.rays.fwhm_deg / FWHM
        sizes, _ = self.grain(v).sizes
        middle = self.rays.mean_nm
        bragg = np.radians(two_theta_of(2 * np.pi / at, middle) / 2)
        sigma = np.radians(width_deg) * 2 * np.pi / middle * np.cos(np.nan_to_num(bragg))
        spread = shape["microstrain2"] * at**2 + sigma**2
        span, n = self.span, self.points
        last = min(float(sizes.max()), 6.0 / max(float(sigma.min()), 1e-9))
        t = np.arange(n // 2 + 1) * (np.pi / span)
        short = np.asarray(t[t <= last], dtype=np.float64)
        held = self.grain(v).shared(short)
        law = held * np.exp(-0.5 * spread[:, None] * short**2)
        # the sum over t of a real, even law at even distances in Q, up to the span
        whole = np.zeros((at.size, n // 2 + 1))
        whole[:, : short.size] = law
        profile = np.fft.irfft(whole, axis=1) * n / (2 * span)
        step = 2 * span / n
        out = np.zeros((angle.size, len(self.groups)))
        powder, own = self.lines.powder, self._envelope(at)
        for nm, share in self.rays.lines:
            q = q_of(angle, nm)
            envelope = self._envelope(q)
            for k, group in enumerate(self.groups):
                total = powder[list(group)].sum()
                for j in group:
                    near = np.abs(q - at[j])
                    here = np.flatnonzero(near < span)  # of large crystals a few readings
                    first, weights = around(near[here] / step)
                    inside = np.abs(first[:, None] + np.arange(6))
                    seen = np.sum(profile[j][np.minimum(inside, n // 2)] * weights, axis=1)
                    seen[inside[:, -1] > n // 2] = 0.0
                    out[here, k] += share * powder[j] / total / own[j] * envelope[here] * seen
        return out * self.rays.polarised(self.angle)[:, None]

    def _envelope(self, q: Array) -> Array:
        """How scattering falls off within a line."""
        kinds = set(self.crystal.species)
        return np.asarray(sum(self.crystal.species.count(k) * factor(k, q) ** 2 for k in kinds) / q**2)

    def smooth(self) -> Array:
        """Polynomials of the background, shape (n, order + 1)."""
        return smooth(self.angle, self.order)

    def background(self, v: Array) -> Array:
        return np.asarray(self.smooth() @ v[-(self.order + 1) :])

    def __call__(self, v: Array) -> Array:
        k = len(self.names)
        return np.asarray(self.columns(v) @ v[k : k + len(self.groups)] + self.background(v))

    def jacobian(self, v: Array) -> Array:
        """Derivatives of the curve, shape (n, p)."""
        k = len(self.names)
        strength = v[k : k + len(self.groups)]
        scale = np.array([{"zero_deg": 1e-2, "microstrain2": 1e-6}.get(name, 1e-4) for name in self.names])
        bent = slopes(lambda part: self.columns(part) @ strength, v[:k], scale)
        return np.column_stack([bent, self.columns(v), self.smooth()])

    def free(self, used: Signal, start: Array) -> list[Free]:
        """The parameters with their bounds, a search to begin at ``start``."""
        top, unit, crystal = 10 * float(np.max(used.y)), used.y_unit, self.crystal
        high = 1e3 * float(np.max(np.abs(start[len(self.names) :]))) + top
        bounds = {
            "a_nm": ("nm", crystal.a_nm * (1 - _SWELL), crystal.a_nm * (1 + _SWELL), False),
            "c_nm": ("nm", crystal.c_nm * (1 - _SWELL), crystal.c_nm * (1 + _SWELL), False),
            "per_diameter": ("1/nm", 0.0, 1 / _LEAST_NM, True),
            "microstrain2": ("", 0.0, 2.5e-3, True),
            "zero_deg": ("deg", -0.5, 0.5, False),
        }
        limits = [(name, *bounds[name]) for name in self.names]
        limits += [(f"line{k}", unit, 0.0, high, True) for k in range(1, len(self.groups) + 1)]
        return bounded(limits + ground(used, self.order), start)


@dataclass(frozen=True, eq=False)
class OwnIntensities:
    """A fit of lines and the model it is of."""

    fit: Fitted
    model: Lattice

    @property
    def grain(self) -> Grain:
        return self.model.grain(self.fit.values)

    @property
    def shape(self) -> dict[str, float]:
        return self.model.shape(self.fit.values)


def fitted_lines(
    used: Signal, rays: Beam, crystal: Crystal, order: int, zero_deg: float, cot_deg: float
) -> OwnIntensities:
    """The best lattice of this crystal, each line as strong as it is."""
    model, start = _start(used, rays, crystal, order, zero_deg, cot_deg)
    return searched(used, model, start)


def searched(used: Signal, model: Lattice, start: Array) -> OwnIntensities:
    """The fit that a search from ``start`` ends at."""
    free = model.free(used, start)
    return OwnIntensities(fit_curve(used, model, free, jacobian=model.jacobian, further=False), model)


def _start(
    used: Signal, rays: Beam, crystal: Crystal, order: int, zero_deg: float, cot_deg: float
) -> tuple[Lattice, Array]:
    """The best of a ladder of sizes, the lattice found ever more finely, strengths solved for at each."""
    from scipy.optimize import nnls

    low, high = rays.q_range(used.x)
    found = reflections(crystal, low, high)
    by = weight(used, used.y)
    best: tuple[float, Lattice, Array] | None = None
    middle, reach = 0.0, 0.02
    for size in _SIZES:
        groups = _grouped(found, crystal, size, rays)
        sharp = size > SHARP_NM
        blur = np.radians(rays.fwhm_deg) * 2 * np.pi / rays.mean_nm
        span = min(high + 5.0, _TAILS * (7 / size + float(blur)))
        points = 2 ** math.ceil(
            math.log2(8 * min(4 * size, 6 * FWHM / max(float(blur), 1e-9)) * span / np.pi + 256)
        )
        model = Lattice(
            used.x, rays, crystal, order, zero_deg, sharp, found, groups, span, points, cot_deg=cot_deg
        )
        step = min(0.06 / size, 0.01)
        here: tuple[float, float] | None = None
        for swell in middle + step * np.arange(-math.ceil(reach / step), math.ceil(reach / step) + 1):
            own = (crystal.a_nm * (1 + swell),) + (() if crystal.cubic else (crystal.c_nm * (1 + swell),))
            shape = np.array([*own, 1 / size, *((1e-7, zero_deg) if sharp else ())])
            lines, below = model.columns(shape), model.smooth()
            columns = np.column_stack([lines, below, -below]) * by[:, None]
            norm = np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
            solved, left = nnls(columns / norm, used.y * by)
            solved = solved / norm
            k = len(groups)
            start = np.concatenate([shape, solved[:k], solved[k : k + order + 1] - solved[k + order + 1 :]])
            if here is None or left < here[0]:
                here = (left, float(swell))
            if best is None or left < best[0]:
                best = (left, model, start)
        assert here is not None
        middle, reach = here[1], min(reach, 0.12 / size)
        if best is not None and here[0] > 1.3 * best[0]:  # ever narrower lines only get worse
            break
    assert best is not None
    return best[1], best[2]


def _grouped(lines: Reflections, crystal: Crystal, size: float, rays: Beam) -> tuple[tuple[int, ...], ...]:
    """Lines that stand nearer than a part of their width, together."""
    at = lines.q(crystal.a_nm, crystal.c_nm)
    apart = _ALIKE * math.hypot(7 / size, np.radians(rays.fwhm_deg) * 2 * np.pi / rays.mean_nm)
    groups: list[list[int]] = []
    for j in range(at.size):
        if groups and at[j] - at[groups[-1][0]] < apart:
            groups[-1].append(j)
        else:
            groups.append([j])
    return tuple(tuple(group) for group in groups)
