"""Maxima of a curve by their prominence.

As ``scipy.signal.find_peaks`` has them (its own code is the test's other side); found here because importing
``scipy.signal``, which takes ``scipy.stats`` with it, costs more than to measure a spectrum.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def maxima(y: Array, prominence: float | Array = 0.0, height: float = -math.inf) -> NDArray[np.intp]:
    """Indices of the inner maxima of ``y`` (n,) at least so high and prominent; of a flat top its middle.

    The prominence of a maximum is its height above the higher of the two lowest points that lie between it
    and the next higher one, or the end, on either side; it may be asked for point by point (n,).
    """
    tops = _tops(np.asarray(y, dtype=np.float64))
    if not tops.size:
        return tops
    # Lowest points between neighbouring maxima, and between the outer ones and the ends.
    low = np.minimum.reduceat(y, np.r_[0, tops])
    on_left = _lowest(y[tops].tolist(), low[:-1].tolist())
    on_right = _lowest(y[tops][::-1].tolist(), low[1:][::-1].tolist())[::-1]
    stands = y[tops] - np.maximum(on_left, on_right)
    return tops[(y[tops] >= height) & (stands >= np.broadcast_to(prominence, y.shape)[tops])]


def _tops(y: Array) -> NDArray[np.intp]:
    """Every interior maximum: a rise, perhaps a level piece, a fall."""
    steps = np.flatnonzero(np.diff(y))  # the last point of every level piece
    rises = y[steps + 1] > y[steps]
    at = [
        (a + 1 + b) // 2
        for (a, b), up, down in zip(pairwise(steps.tolist()), rises, ~rises[1:], strict=False)
        if up and down
    ]
    return np.array(at, dtype=np.intp)


def _lowest(heights: list[float], low: list[float]) -> Array:
    """The lowest point before each maximum back to a higher one; ``low`` lies before each."""
    out: list[float] = []
    waiting: list[
        tuple[float, float]
    ] = []  # maxima with a higher one still to come, each with what lies before
    for height, least in zip(heights, low, strict=True):
        while waiting and waiting[-1][0] <= height:
            least = min(least, waiting.pop()[1])
        waiting.append((height, least))
        out.append(least)
    return np.array(out)
