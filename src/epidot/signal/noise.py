"""Noise added to a noise-free signal, as its kind has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from epidot.signal.signal import Signal


def noisy(signal: Signal, rng: np.random.Generator, sigma: ArrayLike | None = None) -> Signal:
    """``signal`` with noise drawn from ``rng``.

    ``counts`` become Poisson counts of mean ``y``; a ``rate`` becomes Poisson counts in ``live_time``
    divided by it; ``analog`` values get normal noise of standard deviation ``sigma`` (scalar or shape
    (n,); the signal's own ``sigma`` by default), which the result carries.

    Raises
    ------
    ValueError
        If an analog signal has no sigma, a sigma is given for counts, or a mean is negative.
    """
    if signal.kind == "analog":
        given = signal.sigma if sigma is None else sigma
        if given is None:
            raise ValueError("analog noise needs its sigma")
        width = np.broadcast_to(np.asarray(given, dtype=np.float64), signal.y.shape)
        if not (np.all(np.isfinite(width)) and np.all(width >= 0)):
            raise ValueError("sigma must be finite and not negative")
        return signal.with_values(signal.x, signal.y + width * rng.standard_normal(signal.y.shape), width)
    if sigma is not None:
        raise ValueError(f"the noise of {signal.kind} follows from the values; sigma has no meaning")
    if np.any(signal.y < 0):
        raise ValueError("a mean number of counts cannot be negative")
    counts = rng.poisson(signal.y * signal.seconds).astype(np.float64)
    return replace(signal, y=counts / signal.seconds, sigma=None)
