"""Lines of Raman spectra: Lorentz, through a spectrometer Voigt; spread, or with the tail of confinement.

The tail is that of H. Richter, Z. P. Wang and L. Ley (Solid State Commun. 39, 625 (1981)) and of I. H.
Campbell and P. M. Fauchet (Solid State Commun. 58, 739 (1986)): wave vectors up to the edge of the zone
are weighted by a Gaussian, and each scatters at its place on the branch.  Only the width of that Gaussian
differs between the two, so one free number covers both.  Spread are lines of dots that differ: a Gaussian of
places.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import wofz

from epidot.constants import FWHM

Array = NDArray[np.float64]

NODES = 16  # of the Gaussian weight of wave vectors
_FAR = 6.0  # standard deviations of that weight, beyond which nothing is left of it
_GRID = 101  # places among which the maximum is looked for first


def branch(place: float, edge: float, q: Array) -> Array:
    """Frequencies / cm-1 at wave vectors ``q`` (in 2π/a, along [001]): ``place`` at Γ, ``edge`` at X."""
    within = np.clip(q, 0.0, 1.0)
    return np.asarray(place - (place - edge) / 2 * (1 - np.cos(np.pi * within)), dtype=np.float64)


@cache
def _nodes() -> tuple[Array, Array]:
    """Places and weights (m,) of a rule for integrals from 0 to 1."""
    x, weights = np.polynomial.legendre.leggauss(NODES)
    return (1 + x) / 2, weights / 2


def wave_vectors(mean_square: float, dimensions: int) -> tuple[Array, Array]:
    """Wave vectors (m,) up to the edge of the zone, which is 1, and their shares of a Gaussian weight.

    Its mean square would be ``mean_square`` in ``dimensions`` if the zone had no edge.
    """
    variance = max(mean_square, 1e-300) / dimensions
    u, weights = _nodes()
    q = u * min(1.0, _FAR * math.sqrt(variance))
    shares = weights * q ** (dimensions - 1) * np.exp(-(q**2) / (2 * variance))
    return q, shares / shares.sum()


def line(x: Array, centre: float, width: float, resolution: float) -> Array:
    """A line of area 1 at ``x`` (n,): Lorentz of FWHM ``width``, Gaussian resolution of that FWHM."""
    return with_slopes(x, centre, width, resolution)[0]


def with_slopes(x: Array, centre: float, width: float, resolution: float) -> tuple[Array, Array, Array]:
    """The line and its derivatives in ``centre`` and ``width``, each (n,)."""
    off, half = x - centre, width / 2
    if resolution <= 0:
        below = off * off + half * half
        y = half / (math.pi * below)
        return y, 2 * y * off / below, 0.5 * (y / half - 2 * half * y / below)
    return spread(x, centre, width, resolution, 0.0)[:3]


def spread(
    x: Array, centre: float, width: float, resolution: float, variance: float
) -> tuple[Array, Array, Array, Array]:
    """A line whose places scatter with ``variance`` / cm-2, of area 1, and its derivatives.

    These are in ``centre``, ``width`` and ``variance``, each (n,); ``resolution`` or ``variance`` is above 0.
    """
    scale = math.sqrt(2 * ((resolution / FWHM) ** 2 + variance))
    z = (x - centre + 0.5j * width) / scale
    w = wofz(z)
    once = -2 * z * w + 2j / math.sqrt(math.pi)
    twice = -2 * w - 2 * z * once
    by = 1 / (scale * math.sqrt(math.pi))
    by_centre, by_width = -by * once.real / scale, -by * once.imag / (2 * scale)
    # A Gaussian spreads as heat does: d/d(variance) is half of the second derivative in x.
    return by * w.real, by_centre, by_width, by * twice.real / (2 * scale**2)


def tailed(
    x: Array, centre: float, width: float, resolution: float, tail: float, fall: float, dimensions: int = 3
) -> tuple[Array, Array, Array, Array]:
    """A confined line of area 1 and its derivatives in ``centre``, ``width`` and ``tail``, each (n,).

    ``tail`` is the mean square wave vector over the square of that at X, if it were not cut off there;
    ``centre`` is the place of wave vector 0, ``fall`` the share of it by which the branch is lower at X:
    strain moves the whole branch in proportion.  ``dimensions`` in how many it is confined.
    """
    q, shares = wave_vectors(tail, dimensions)
    down = branch(0.0, -fall, q)  # of the centre
    if (
        _FAR**2 * tail < dimensions
    ):  # the weight ends inside the zone: the wave vectors move, not their shares
        # d(place)/d(tail) = -(centre fall π/2) sin(πq) q/(2 tail), and q²/tail stays as it is
        by_tail, by_share = (
            -centre * fall * np.pi**2 / 4 * np.sinc(q) * _squares(dimensions),
            np.zeros(q.size),
        )
    else:
        by_tail = np.zeros(q.size)
        by_share = shares * (q**2 - float(shares @ q**2)) * dimensions / (2 * tail**2)
    total = [np.zeros(x.size) for _ in range(4)]
    for drop, share, moved, more in zip(down, shares, by_tail, by_share, strict=True):
        kept = 1.0 + float(drop)
        y, by_centre, by_width = with_slopes(x, centre * kept, width, resolution)
        for k, one in enumerate((share * y, share * kept * by_centre, share * by_width)):
            total[k] += one
        total[3] += share * moved * by_centre + more * y
    return total[0], total[1], total[2], total[3]


def _squares(dimensions: int) -> Array:
    """Squares (m,) of the wave vectors over the mean square, where the weight ends inside the zone."""
    return np.asarray((_FAR * _nodes()[0]) ** 2 / dimensions)


def summit(centre: float, width: float, tail: float, fall: float, dimensions: int = 3) -> tuple[float, float]:
    """Maximum of a confined line and full width at half of it / cm-1, before any spectrometer.

    The rest as in :func:`tailed`.
    """
    from scipy.optimize import brentq

    q, shares = wave_vectors(tail, dimensions)
    lowest = centre * (1 - fall)
    places, half_width = branch(centre, lowest, q), width / 2

    def at(place: ArrayLike) -> Array:
        off = np.asarray(place)[..., None] - places
        return np.asarray((half_width**2 / (off * off + half_width**2)) @ shares)

    def slope(place: float) -> float:
        off = place - places
        return float(-(off / (off * off + half_width**2) ** 2) @ shares)

    top = centre
    if tail > 0:
        grid = np.linspace(lowest - 0.01 * width, centre + 0.01 * width, _GRID)
        k = int(np.argmax(at(grid)))
        top = float(brentq(slope, grid[max(k - 1, 0)], grid[min(k + 1, _GRID - 1)], xtol=1e-10))
    half = float(at(top)) / 2
    # Beyond these the sum of lines is below half of what each has at its own maximum.
    ends = lowest - 8 * width, centre + 8 * width
    low, high = (float(brentq(lambda v: float(at(v)) - half, end, top, xtol=1e-10)) for end in ends)
    return top, high - low


def spread_width(width: float, variance: float) -> float:
    """Full width at half maximum / cm-1 of a line of ``width`` whose places scatter with ``variance``."""
    from scipy.optimize import brentq

    if not variance > 0:
        return width
    half = float(spread(np.zeros(1), 0.0, width, 0.0, variance)[0][0]) / 2
    far = width + 2 * FWHM * math.sqrt(variance)
    edge = brentq(lambda v: float(spread(np.array([v]), 0.0, width, 0.0, variance)[0][0]) - half, 0.0, far)
    return 2 * float(edge)
