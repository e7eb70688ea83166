"""Single readings that no line makes: cosmic rays, glitches of a counter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CLEAR = 12.0  # standard deviations of the noise


def spikes(y: Array, sharpest: float, counts: bool = False) -> NDArray[np.bool_]:
    """Which of the readings ``y`` (n,) stand alone above both their neighbours.

    Above the median of all they are more than ``sharpest`` times as high as either, which is what the top of
    the sharpest line may be.  The noise is that of neighbours' differences, of ``counts`` at least their
    square root.
    """
    out = np.zeros(y.size, dtype=np.bool_)
    if y.size < 9:
        return out
    beside = np.maximum(y[:-2], y[2:])
    floor = float(np.median(y))
    noise = float(np.median(np.abs(np.diff(y)))) / (0.6745 * np.sqrt(2))
    error = np.sqrt(noise**2 + (np.maximum(beside, 0.0) if counts else 0.0))
    out[1:-1] = y[1:-1] - floor > sharpest * np.maximum(beside - floor, 0.0) + _CLEAR * error
    return out
