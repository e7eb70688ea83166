"""Forms of lines of one's own: Gaussian and Lorentzian, drawn out, or a Lorentzian to powers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from epidot.instruments.xps.components import Component
from epidot.instruments.xps.lines import drawn_out, single, voigt

Array = NDArray[np.float64]

# eV of the grid of a line with powers; reach of the Gaussian on it: nearer, its end makes steps in the sum
_FINEST, _SIGMAS = 0.01, 6.0
# Widths off its place, over which its area is taken.
_FAR = np.concatenate([[0.0], np.geomspace(1e-3, 1e5, 1500)])


def shape(one: Component, n: Mapping[str, float], x: Array, convolved: bool = False) -> Array:
    """A line of area 1 at points (n,), its numbers ``n`` by name; a Voigt profile where ``convolved``."""
    if one.powers is None:
        if one.tail is not None:
            return drawn_out(x, n["place"], n["width"], n["lorentz"], n["tail"]).y
        return (voigt if convolved else single)(x, n["place"], n["width"], n["lorentz"]).y
    above, below = one.powers
    # The Lorentzian's, so that the line is as wide as it says.
    base = n["width"] / (_half(above) + _half(below))
    sigma = n["gauss"] / math.sqrt(8 * math.log(2))
    reach, gap = _SIGMAS * sigma, float(np.min(np.diff(x)))
    step = min(max(min(gap / 2, base / 6, sigma / 2 if sigma > 0 else gap), _FINEST), gap)
    # One of few grids, whose points stay where they are: a line changes smoothly with its numbers.
    step = gap / 2 ** math.ceil(math.log2(gap / step) - 1e-9)
    beyond = math.ceil(reach / step)
    fine = x[0] + step * np.arange(-beyond, math.ceil((x[-1] - x[0]) / step) + beyond + 1)
    y = _powered(fine - n["place"], base, one.powers, n["damping"])
    if sigma > step / 2:
        y = gaussian_filter1d(y, sigma / step, truncate=_SIGMAS, mode="nearest")
    area = sum(
        float(np.trapezoid(_powered(side * _FAR * base, base, one.powers, n["damping"]), _FAR * base))
        for side in (-1.0, 1.0)
    )
    return np.asarray(np.interp(x, fine, y / area))


def _powered(off: Array, base: float, powers: tuple[float, float], damping: float) -> Array:
    """1/(1 + 4 (off/base)²), to one power above 0 and another below, ended by a Gaussian."""
    power = np.where(off > 0, *powers)
    return np.asarray(np.exp(-power * np.log1p(4 * (off / base) ** 2) - (off / damping) ** 2 / 2))


def _half(power: float) -> float:
    """How far from its place 1/(1 + 4 u²)^power has fallen to a half."""
    return math.sqrt(2 ** (1 / power) - 1) / 2


def highest(one: Component, n: Mapping[str, float]) -> float:
    """Where a line is highest / eV."""
    x = n["place"] + np.linspace(-1.5, 1.5, 301) * n["width"] + (n["tail"] or 0.0) / 2
    y = shape(one, n, x)
    i = int(np.clip(np.argmax(y), 1, x.size - 2))
    bend = y[i - 1] - 2 * y[i] + y[i + 1]
    return float(x[i] + (x[1] - x[0]) / 2 * (y[i - 1] - y[i + 1]) / bend) if bend < 0 else float(x[i])
