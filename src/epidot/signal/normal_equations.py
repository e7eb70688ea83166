"""Linear least squares by the normal equations where they lose nothing, else by singular values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_WELL = 1e-4  # of a column in units of its length that is not in the others: above it nothing is lost


def inverse(design: Array) -> Array:
    """The pseudo-inverse (p, n), by the normal equations where they lose nothing."""
    length, normal = _normal(design)
    if normal is None:
        return np.asarray(np.linalg.pinv(design / length) / length[:, None], dtype=np.float64)
    return np.asarray(np.linalg.solve(normal, (design / length).T) / length[:, None], dtype=np.float64)


def solved(design: Array, right: Array) -> Array:
    """The least squares solution (p,) of ``design`` (n, p) for ``right`` (n,), in the same way."""
    length, normal = _normal(design)
    if normal is None:
        return np.asarray(np.linalg.pinv(design / length) @ right / length, dtype=np.float64)
    return np.asarray(np.linalg.solve(normal, design.T @ right / length) / length, dtype=np.float64)


def _normal(design: Array) -> tuple[Array, Array | None]:
    """Lengths of the columns, and the products of the columns in units of them; ``None`` where these lose."""
    products = design.T @ design
    length = np.sqrt(np.diagonal(products))
    length = np.where(length > 0, length, 1.0)
    normal = products / np.outer(length, length)
    try:
        below = np.linalg.cholesky(normal)
    except np.linalg.LinAlgError:
        return length, None
    return length, normal if float(np.min(np.diagonal(below))) >= _WELL else None
