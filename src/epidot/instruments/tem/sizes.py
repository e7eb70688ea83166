"""Sizes of particles read with errors -> mean and spread of the population they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FEWEST = 5  # particles, for a spread
_READ_TO = 0.15  # relative error of the mean square of reading errors
_PRIOR = 60  # particles' worth of a log-normal law's fourth moment
_BEYOND = 1.5  # errors that a spread must stand above none


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation with their errors; ``sd`` is ``None`` if reading errors explain it."""

    mean: float
    mean_error: float
    sd: float | None
    sd_error: float | None
    below: float  # what the standard deviation is less than (95 %), where there is none
    reading: float


def chances(diameters: Array, height: float, width: float) -> Array:
    """How much likelier a small particle lies wholly on the picture: weights that undo it, mean 1.

    A disc of diameter d is whole with its centre in (height - d)(width - d) (Miles 1974, Lantuejoul 1980).
    """
    free = np.maximum(height - diameters, 1e-9) * np.maximum(width - diameters, 1e-9)
    weight = 1 / free
    return np.asarray(weight / weight.mean())


def spread(diameters: Array, errors: Array, weights: Array, common: float) -> Spread:
    """Of the population that ``diameters`` (n,) were drawn from and read with ``errors`` (n,), n >= 2.

    The variance read is the population's plus the mean square of the errors.  ``common`` is an error that all
    readings share.
    """
    n = diameters.size
    share = weights / weights.sum()
    mean = float(share @ diameters)
    off = diameters - mean
    seen = float(share @ off**2) * n / (n - 1)
    reading = float(share @ errors**2)
    expected = (3 + 16 * seen / mean**2) * seen**2
    fourth = (float(share @ off**4) * n + expected * _PRIOR) / (n + _PRIOR)
    uncertain = max(fourth - seen**2 * (n - 3) / (n - 1), 0.0) / n + (_READ_TO * reading) ** 2
    mean_error = math.sqrt(seen / n + common**2)
    true = seen - reading
    below = math.sqrt(max(true, 0.0) + 1.645 * math.sqrt(uncertain))
    if n < FEWEST or true < _BEYOND * math.sqrt(uncertain):
        return Spread(mean, mean_error, None, None, below, math.sqrt(reading))
    # The mean of what the spread may be, all its logarithms alike beforehand, and its error there: an error
    # that is smaller wherever the spread comes out too small would hold the truth too seldom.
    doubt = uncertain / true**2
    sd = math.sqrt(true) * (1 + 3 * doubt / 8)
    return Spread(mean, mean_error, sd, sd * math.sqrt(doubt) / 2, below, math.sqrt(reading))
