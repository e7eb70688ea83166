"""The middle 68 % of what changes along many independent directions add up to, without a random number."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STRAIGHT = 1e-3  # a direction whose ends differ by less, of its size, is taken as straight
DRAWS = 4000
BELOW = NormalDist().cdf(-1.0)  # so that a normal quantity has its standard error on either side


def spread(changes: Array) -> tuple[float, float]:
    """How far 68 % reach below and above, of what (axes, 2) changes up and down add up to.

    Every axis is a normal number of its own, and the quantity (or its logarithm) goes straight from its value
    to either end.
    Where many axes change it one way only, all of it moves that way, which neither end shows by itself. The
    value stays within. Straight axes make one normal number, exact; the others are drawn in equal steps of
    their probability, so that no random number is in it and one axis gives its own ends.
    """
    straight, bent = (changes[:, 0] - changes[:, 1]) / 2, (changes[:, 0] + changes[:, 1]) / 2
    crooked = np.abs(bent) > STRAIGHT * np.abs(straight)
    rest = float(np.sqrt(np.sum(straight[~crooked] ** 2)))
    largest = np.abs(changes).max(initial=0.0)
    kept = np.flatnonzero(crooked & (np.abs(changes).max(axis=1) > 1e-3 * largest))
    z = steps(kept.size + 1)
    moved = rest * z[0] + straight[kept] @ z[1:] + bent[kept] @ np.abs(z[1:])
    low, high = np.quantile(moved, (BELOW, 1 - BELOW), method="hazen")
    return max(0.0, -float(low)), max(0.0, float(high))


@lru_cache(maxsize=4)
def steps(count: int) -> Array:
    """Normal numbers (count, DRAWS), each in equal steps of its probability, in orders of their own."""
    normal = NormalDist()
    even = np.array([normal.inv_cdf((k + 0.5) / DRAWS) for k in range(DRAWS)])
    rng = np.random.default_rng(0)
    return np.array([even, *(rng.permutation(even) for _ in range(count - 1))])
