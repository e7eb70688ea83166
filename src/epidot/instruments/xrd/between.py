"""Between even points: the quintic through the six nearest, as weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def six(places: Array) -> tuple[NDArray[np.int64], Array]:
    """First of the six whole numbers about each of ``places`` (n,), and their weights (n, 6): a quintic's."""
    first = np.floor(places).astype(np.int64) - 2
    t = places - first
    nodes = np.arange(6.0)
    weights = np.ones((places.size, 6))
    for k in range(6):
        for other in range(6):
            if other != k:
                weights[:, k] *= (t - nodes[other]) / (nodes[k] - nodes[other])
    return first, weights
