"""Between even points: the polynomial through the nearest, as weights."""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def around(places: Array, points: int = 6) -> tuple[NDArray[np.int64], Array]:
    """First of the whole numbers about each of ``places`` (n,), and their weights (n, points), Lagrange's.

    ``points`` is even; six are a quintic.
    """
    first = np.floor(places).astype(np.int64) - (points // 2 - 1)
    t = places - first
    away = [t - k for k in range(points)]
    weights = np.empty((places.size, points))
    # products of the distances to all points before and after each, then what they are at that point itself
    below = np.ones(places.size)
    for k in range(points):
        weights[:, k] = below
        below = below * away[k]
    above = np.ones(places.size)
    for k in reversed(range(points)):
        weights[:, k] *= above / ((-1.0) ** (points - 1 - k) * factorial(k) * factorial(points - 1 - k))
        above = above * away[k]
    return first, weights
