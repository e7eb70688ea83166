"""Convolution by Fourier transforms.

As ``scipy.signal`` has it (its own code is the test's other side); written out here because importing
``scipy.signal``, which takes ``scipy.stats`` with it, costs as much as to fit a decay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_MANY = 20_000_000  # products from which on the way by Fourier transforms is the shorter one


def convolved(a: Array, b: Array) -> Array:
    """The whole convolution, n + m - 1 places, of ``a`` (..., n) with ``b`` (..., m) along the last axis."""
    from scipy.fft import irfft, next_fast_len, rfft

    whole = a.shape[-1] + b.shape[-1] - 1
    size = next_fast_len(whole, real=True)
    turned = rfft(a, size) * rfft(b, size)
    return np.asarray(irfft(turned, size)[..., :whole], dtype=np.float64)


def within(a: Array, b: Array) -> Array:
    """The n - m + 1 places of the convolution of ``a`` (n,) with ``b`` (m,) to which all of ``b`` speaks."""
    if a.size * b.size < _MANY:
        return np.asarray(np.convolve(a, b, "valid"), dtype=np.float64)
    return convolved(a, b)[b.size - 1 : a.size]
