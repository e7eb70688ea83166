"""Photoelectron lines, what they leave behind them, and all derivatives.

A line is the sum of a Gaussian and a Lorentzian of one width; a doublet two of them at a known distance and
ratio. Electrons that lost energy lie at larger binding energy.  Shirley's step is the share of a line that
lies at smaller binding energy than the point itself, which for these lines has a closed form: no end of a
window and no iteration enters.  Tougaard's background is the same with a kernel of energy losses, B T/(C +
T²)².
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[np.float64]

_LN2 = math.log(2)
SHIRLEY, TOUGAARD, STRAIGHT = "shirley", "tougaard", "straight"
# The universal cross section of Tougaard (Surf. Interface Anal. 25, 137 (1997)), C / eV²; its B is fitted.
UNIVERSAL_C = 1643.0


@dataclass(frozen=True)
class Shape:
    """A line of area 1 at points (n,), with its derivatives in place, width and Lorentz share.

    ``step`` is its integral from below, with the same derivatives.
    """

    y: Array
    by_place: Array
    by_width: Array
    by_share: Array
    step: Array
    step_by_width: Array
    step_by_share: Array


def single(x: Array, place: float, width: float, share: float) -> Shape:
    """One line of full width ``width`` at half maximum, ``share`` of its area Lorentzian."""
    u = (x - place) / width
    g = 2 * math.sqrt(_LN2 / math.pi) / width * np.exp(-4 * _LN2 * u * u)
    base = 1 + 4 * u * u
    lorentz = 2 / math.pi / width / base
    y = (1 - share) * g + share * lorentz
    slope = ((1 - share) * g * (-8 * _LN2 * u) + share * lorentz * (-8 * u / base)) / width
    of_g = 0.5 * (1 + erf(2 * math.sqrt(_LN2) * u))
    of_l = 0.5 + np.arctan(2 * u) / math.pi
    step = (1 - share) * of_g + share * of_l
    return Shape(y, -slope, -(y + (x - place) * slope) / width, lorentz - g, step, -u * y, of_l - of_g)


def doublet(x: Array, place: float, width: float, share: float, minor: float, splitting: float) -> Shape:
    """Two such lines, the weaker one with ``minor`` of the area at ``splitting`` above ``place``."""
    first = single(x, place, width, share)
    if minor <= 0:
        return first
    second = single(x, place + splitting, width, share)
    pairs = zip(vars(first).values(), vars(second).values(), strict=True)
    return Shape(*((1 - minor) * a + minor * b for a, b in pairs))


def losses(x: Array, c: float = UNIVERSAL_C) -> Array:
    """The matrix (n, n) that turns lines at points ``x`` into what they leave behind, for B = 1 / eV².

    A point's background is the integral over all smaller binding energies of the kernel times the line there.
    """
    t = x[:, None] - x[None, :]
    step = np.gradient(x)
    kernel = np.where(t > 0, t / (c + t * t) ** 2, 0.0)
    return np.asarray(kernel * step[None, :], dtype=np.float64)


def static_shirley(x: Array, y: Array, ends: int = 15, rounds: int = 30) -> Array:
    """Shirley's background by iteration between the means of ``ends`` readings at either end, shape (n,).

    For a first look and for pictures: its ends decide it, so that a fit takes the active one.
    """
    n = max(1, min(ends, y.size // 4))
    low, high = float(np.mean(y[:n])), float(np.mean(y[-n:]))
    step = np.gradient(x)
    ground = np.linspace(low, high, y.size)
    for _ in range(rounds):
        above = np.cumsum(np.maximum(y - ground, 0.0) * step)
        total = above[-1]
        if total <= 0:
            break
        new = low + (high - low) * above / total
        moved = float(np.max(np.abs(new - ground)))
        ground = new
        if moved < 1e-6 * max(abs(high), abs(low), 1e-300):
            break
    return ground
