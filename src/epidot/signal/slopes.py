"""Derivatives of what is computed, by central differences: one place for all fits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_STEP = float(np.finfo(np.float64).eps) ** (1 / 3)  # where cutting off and rounding cost the same


def slopes(
    function: Callable[[Array], ArrayLike],
    values: Array,
    scale: Array | float = 1e-6,
    step: float = _STEP,
    low: Array | float = -np.inf,
    high: Array | float = np.inf,
) -> Array:
    """Derivatives (..., p) of ``function(values)``, shape (...), in its ``values`` (p,).

    ``step`` is relative to every value, or to its ``scale`` where that is larger.  Where it would leave
    ``low`` to ``high`` the difference is taken to one side.
    """
    columns = []
    for i, v in enumerate(values):
        width = step * max(abs(float(v)), np.broadcast_to(scale, values.shape)[i])
        up, down = values.copy(), values.copy()
        up[i] = min(v + width, np.broadcast_to(high, values.shape)[i])
        down[i] = max(v - width, np.broadcast_to(low, values.shape)[i])
        change = np.asarray(function(up), dtype=np.float64) - np.asarray(function(down), dtype=np.float64)
        columns.append(change / (up[i] - down[i]))
    return np.stack(columns, axis=-1)


def with_gradient(function: Callable[[Array], ArrayLike], values: Array) -> tuple[Array, Array]:
    """What is read off a model, shape (...), and its derivatives (..., p) in the model's ``values`` (p,)."""
    return np.asarray(function(values), dtype=np.float64), slopes(function, values, step=1e-4)
