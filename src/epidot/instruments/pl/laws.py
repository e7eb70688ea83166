"""What shape a band has: the laws that a fit of several bands chooses among.

All speak of a band by its height, its centre / eV and its standard deviation / eV there, and are 1 at the
centre.  A law of photon energy becomes photons per nm by the Jacobian E²/hc, a law of wavelength needs none.

- Gaussian in eV: one kind of emitter, broadened by many independent things.
- Gaussian in nm: what most programs fit; towards the red a tail in energy.
- skewed: log-normal in energy (D. B. Siano and D. E. Metzler, J. Chem. Phys. 51, 1856 (1969)).
- two half widths: Gaussian on either side.
- Voigt: a Gaussian of Lorentzians.
- exponential tail: a Gaussian in energy smeared towards one side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC

Array = NDArray[np.float64]
# From photon energies / eV, centre / eV and the other parameters, which broadcast: the band, its slope in the
# energy, and its derivatives in centre and parameters.
Law = Callable[..., tuple[Array, Array, list[Array]]]

_LEAST_SKEW = 1e-4  # a smaller one is none
_LEAST_TAIL = 1e-3  # eV


@dataclass(frozen=True)
class Own:
    """A parameter that a shape has beside height and centre, and its range.

    One that is not ``signed`` keeps the sign it begins with; the range is that of its size.
    """

    name: str
    unit: str
    low: float
    high: float
    natural: bool = False
    signed: bool = True


@dataclass(frozen=True)
class Shape:
    """A law of bands: ``words`` for it, its own parameters, the integral over the energy / eV.

    ``begun`` gives own parameters from a standard deviation / eV and from what that on the high side is
    larger by than that on the low side, in parts of it.
    """

    words: str
    law: Law
    own: tuple[Own, ...]
    integral: Callable[..., Array]
    begun: Callable[[float, float], Sequence[float]]

    @property
    def free(self) -> int:
        """Free values of one band."""
        return 2 + len(self.own)

    def reach(self, *own: Array) -> Array:
        """A length / eV beyond which, four times, no half maximum lies."""
        return np.asarray(sum(np.abs(v) for v, one in zip(own, self.own, strict=True) if one.unit == "eV"))


def _per_nm(E: Array, c: Array, bell: Array, by_z: Array, width: Array, z: Array) -> tuple[Array, ...]:
    """A law of z = (E - c)/width as photons per nm: band, slope, derivatives in c and width."""
    jacobian = (E / c) ** 2
    band, by_z = bell * jacobian, by_z * jacobian
    return band, by_z / width + 2 * band / E, -by_z / width - 2 * band / c, -by_z * z / width


def _gaussian(E: Array, c: Array, s: Array) -> tuple[Array, Array, list[Array]]:
    z = (E - c) / s
    bell = np.exp(-0.5 * z**2)
    band, slope, *columns = _per_nm(E, c, bell, -z * bell, s, z)
    return band, slope, columns


def _in_nm(E: Array, c: Array, s: Array) -> tuple[Array, Array, list[Array]]:
    z = (HC / E - HC / c) * c**2 / (HC * s)
    band = np.exp(-0.5 * z**2)
    by_z = -z * band
    return band, -by_z * (c / E) ** 2 / s, [by_z * (1 / s + 2 * z / c), -by_z * z / s]


def _split(E: Array, c: Array, low: Array, high: Array) -> tuple[Array, Array, list[Array]]:
    below = c > E
    width = np.where(below, low, high)
    z = (E - c) / width
    bell = np.exp(-0.5 * z**2)
    band, slope, by_c, wider = _per_nm(E, c, bell, -z * bell, width, z)
    return band, slope, [by_c, np.where(below, wider, 0.0), np.where(below, 0.0, wider)]


def _skewed(E: Array, c: Array, s: Array, b: Array) -> tuple[Array, Array, list[Array]]:
    b = np.where(np.abs(b) < _LEAST_SKEW, np.where(b < 0, -_LEAST_SKEW, _LEAST_SKEW), b)
    z = (E - c) / s
    inside = 1 + b * z
    there = inside > 1e-12
    inside = np.where(there, inside, 1.0)
    u = np.log(inside) / b
    bell = np.where(there, np.exp(-0.5 * u**2), 0.0)
    band, slope, by_c, wider = _per_nm(E, c, bell, -bell * u / inside, s, z)
    return band, slope, [by_c, wider, -band * u * (z / inside - u) / b]


def _voigt(E: Array, c: Array, s: Array, g: Array) -> tuple[Array, Array, list[Array]]:
    from scipy.special import erfcx, wofz

    root = math.sqrt(2.0)
    z, y = (E - c) / s, g / (s * root)
    w = wofz(z / root + 1j * y)
    by = -2 * (z / root + 1j * y) * w + 2j / math.sqrt(math.pi)
    top = erfcx(y)
    bell = w.real / top
    by_y = -by.imag / top - bell * (2 * y * top - 2 / math.sqrt(math.pi)) / top
    band, slope, by_c, wider = _per_nm(E, c, bell, by.real / (top * root), s, z)
    by_y = by_y * (E / c) ** 2
    return band, slope, [by_c, wider - by_y * y / s, by_y / (s * root)]


def _area_of_voigt(s: Array, g: Array) -> Array:
    from scipy.special import erfcx

    return np.asarray(s * math.sqrt(2 * math.pi) / erfcx(g / (s * math.sqrt(2.0))))


def _tailed(E: Array, c: Array, s: Array, t: Array) -> tuple[Array, Array, list[Array]]:
    """A Gaussian smeared by an exponential of decay ``t`` / eV: towards high energy where it is positive."""
    from scipy.special import erfcx

    sign = np.where(t < 0, 1.0, -1.0)
    decay = np.maximum(np.abs(t), _LEAST_TAIL)
    root, most = math.sqrt(2.0), 2 / math.sqrt(math.pi)
    e = sign * (E - c)
    z0 = s / (decay * root)
    z = z0 + e / (s * root)
    near = z > -20  # beyond, erfcx overflows where the product does not
    bell = np.exp(-0.5 * (e / s) ** 2)
    out = np.where(
        near, bell * erfcx(np.where(near, z, 0.0)), 2 * np.exp(np.where(near, 0.0, z**2 - 0.5 * (e / s) ** 2))
    )
    top = erfcx(z0)
    by_z, by_z0 = 2 * z * out - most * bell, 2 * z0 * top - most
    by_e = (out / decay - bell * most / (root * s)) / top
    by_s = (out * e**2 / s**3 + by_z * (1 / decay - e / s**2) / root) / top - out / top**2 * by_z0 * z0 / s
    by_decay = (-by_z * z0 / top + out / top**2 * by_z0 * z0) / decay
    jacobian = (E / c) ** 2
    band = out / top * jacobian
    by_e = by_e * sign * jacobian
    slope, by_c = by_e + 2 * band / E, -by_e - 2 * band / c
    return band, slope, [by_c, by_s * jacobian, -sign * by_decay * jacobian]


def _area_of_tailed(s: Array, t: Array) -> Array:
    from scipy.special import erfcx

    decay = np.maximum(np.abs(t), _LEAST_TAIL)
    return np.asarray(2 * decay / erfcx(s / (decay * math.sqrt(2.0))))


_ROOT = math.sqrt(2 * math.pi)
_SIGMA = Own("sigma_eV", "eV", 0.004, 0.6)

GAUSSIAN = Shape("Gaussian in eV", _gaussian, (_SIGMA,), lambda s: _ROOT * s, lambda width, _: (width,))
IN_NM = Shape("Gaussian in nm", _in_nm, (_SIGMA,), lambda s: _ROOT * s, lambda width, _: (width,))
SPLIT = Shape(
    "two half widths",
    _split,
    (Own("sigma_low_eV", "eV", 0.004, 0.6), Own("sigma_high_eV", "eV", 0.004, 0.6)),
    lambda low, high: _ROOT * (low + high) / 2,
    lambda width, side: (width * (1 - side / 2), width * (1 + side / 2)),
)
SKEWED = Shape(
    "skewed (log-normal)",
    _skewed,
    (_SIGMA, Own("skew", "", -0.8, 0.8)),
    lambda s, b: _ROOT * s * np.exp(b**2 / 2),
    lambda width, side: (width, float(np.clip(0.85 * side, -0.5, 0.5)) or -0.02),
)
VOIGT = Shape(
    "Voigt",
    _voigt,
    # Its least Gaussian part is an end of the law, a Lorentzian, and no end of the search.
    (replace(_SIGMA, natural=True), Own("gamma_eV", "eV", 0.0, 0.6, natural=True)),
    _area_of_voigt,
    lambda width, _: (0.9 * width, 0.15 * width),
)
TAILED = Shape(
    "exponential tail",
    _tailed,
    (_SIGMA, Own("tail_eV", "eV", 0.004, 0.6, natural=True, signed=False)),
    _area_of_tailed,
    lambda width, side: (0.85 * width, math.copysign(max(0.2, min(abs(side), 1.0)) * width, side or -1.0)),
)
SHAPES = (GAUSSIAN, IN_NM, SPLIT, SKEWED, TAILED, VOIGT)
