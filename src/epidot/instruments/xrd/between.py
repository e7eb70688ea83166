"""Between even points: the polynomial through the nearest, as weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def around(places: Array, points: int = 6) -> tuple[NDArray[np.int64], Array]:
    """First of the whole numbers about each of ``places`` (n,), and their weights (n, points), Lagrange's.

    ``points`` is even; six are a quintic.
    """
    first = np.floor(places).astype(np.int64) - (points // 2 - 1)
    t = places - first
    weights = np.ones((places.size, points))
    for k in range(points):
        for other in range(points):
            if other != k:
                weights[:, k] *= (t - other) / (k - other)
    return first, weights
