"""The filter of Savitzky and Golay: local polynomials by least squares on an even axis.

As ``scipy.signal`` has it (its own code is the test's other side); written out here because importing
``scipy.signal``, which takes ``scipy.stats`` with it, costs more than to measure a spectrum.

Source: A. Savitzky, M. J. E. Golay, Anal. Chem. 36 (1964) 1627.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from epidot.signal.convolution import within

Array = NDArray[np.float64]


@functools.lru_cache(maxsize=128)
def weights(window: int, order: int, derivative: int = 0) -> Array:
    """Weights (window,) by which points one apart are convolved; ``window`` is odd and above ``order``."""
    half = window // 2
    # In units of half the window, or a wide one would have powers that lie too far apart.
    powers = (np.arange(half, -half - 1, -1.0) / half) ** np.arange(order + 1)[:, None]
    wanted = np.zeros(order + 1)
    wanted[derivative] = math.factorial(derivative) / half**derivative
    return np.asarray(np.linalg.lstsq(powers, wanted, rcond=None)[0], dtype=np.float64)


def savitzky_golay(y: Array, window: int, order: int, derivative: int = 0, step: float = 1.0) -> Array:
    """``y`` (n,) or a derivative, smoothed; the ends lie on the polynomials of the first and last window."""
    half, out = window // 2, np.empty(y.size)
    kernel = weights(window, order, derivative)
    out[half : y.size - half] = within(y, kernel)
    t = np.arange(window) - half
    first = np.polynomial.Polynomial.fit(t, y[:window], order).deriv(derivative)
    last = np.polynomial.Polynomial.fit(t, y[-window:], order).deriv(derivative)
    out[:half], out[y.size - half :] = first(t[:half]), last(t[window - half :])
    return out / step**derivative
