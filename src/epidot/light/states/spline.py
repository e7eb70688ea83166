"""A cubic spline through a few points, the one that is smooth at the second and the last but one as well.

The same numbers, to the bit, as ``scipy.interpolate.CubicSpline`` (``tests/light/test_spline.py``), which
takes a fifth of a second to load and some milliseconds to make: as long as the levels it goes through.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def not_a_knot(x: Array, y: Array, at: Array) -> Array:
    """The values at ``at`` (...) of the spline through ``y`` (n, ...) at ``x`` (n,), shape (*at, *y[0]).

    ``x`` rises, n is at least 4.  The first and the last piece go on beyond the ends.  Source: C. de Boor, A
    Practical Guide to Splines (1978), chapter IV, the not-a-knot end condition.
    """
    from scipy.linalg import lapack

    flat = y.reshape(len(y), -1)
    step = np.diff(x)
    dx = step[:, None]
    slope = np.diff(flat, axis=0) / dx
    # The derivatives at the points, by a system of three diagonals.
    below, middle, above = (np.empty(len(x) - 1), np.empty(len(x)), np.empty(len(x) - 1))
    right = np.empty_like(flat)
    middle[1:-1], above[1:], below[:-1] = 2 * (step[:-1] + step[1:]), step[:-1], step[1:]
    right[1:-1] = 3 * (dx[1:] * slope[:-1] + dx[:-1] * slope[1:])
    first, last = x[2] - x[0], x[-1] - x[-3]
    middle[0], above[0] = step[1], first
    right[0] = ((dx[0] + 2 * first) * dx[1] * slope[0] + dx[0] ** 2 * slope[1]) / first
    middle[-1], below[-1] = step[-2], last
    right[-1] = (dx[-1] ** 2 * slope[-2] + (2 * last + dx[-1]) * dx[-2] * slope[-1]) / last
    *_, rise, _ = lapack.dgtsv(below, middle, above, right)
    bend = (rise[:-1] + rise[1:] - 2 * slope) / dx
    piece = np.clip(np.searchsorted(x, at.ravel(), side="right") - 1, 0, len(x) - 2)
    s = (at.ravel() - x[piece])[:, None]
    out = flat[piece] + rise[piece] * s
    out += ((slope - rise[:-1]) / dx - bend)[piece] * (s * s)
    out += (bend / dx)[piece] * (s * s * s)
    return np.asarray(out.reshape(at.shape + y.shape[1:]))
