"""The projection of a ball seen through a Gaussian blur, and of a ball in a shell of another material.

In units of the blur's standard deviation, half the chord of a ball of radius P at the distance rho from its
centre is sqrt(P² - rho²); blurred it is

    G(rho, P) = integral_0^P sqrt(P² - s²) s exp(-(rho - s)²/2) [exp(-rho s) I0(rho s)] ds,

the convolution with the Gaussian carried out over the angle.  It is tabled once over w = rho - P and ln P and
interpolated by cubic polynomials.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.jit import compiled

Array = NDArray[np.float64]
LEAST, MOST = 0.5, 250.0  # radius / blur that the table holds
THICKEST, DEEPEST = 0.7, 0.9  # a shell, and two together, in radii
_RATIO = 0.1  # step of ln P
_BEND = 0.05  # step of asinh w
_REACH = 7.0  # of the table beyond the rim
_NODES = 80
_DEEPEST_BEND = float(np.arcsinh(MOST * 1.3))
VALUES = 8  # what :func:`radial` gives at every distance


@lru_cache(maxsize=1)
def table() -> Array:
    """G at sinh(asinh(-MOST) + 0.05 i) beyond the rim (columns) and P = LEAST exp(0.1 k) (rows)."""
    radii = LEAST * np.exp(_RATIO * np.arange(-2, int(np.log(MOST / LEAST) / _RATIO) + 4))
    beyond = np.sinh(-_DEEPEST_BEND + _BEND * np.arange(_columns()))
    return np.array([blurred_ball(np.abs(P + beyond), P) for P in radii])


def _columns() -> int:
    return int((np.arcsinh(_REACH) + _DEEPEST_BEND) / _BEND) + 4


def blurred_ball(rho: Array, P: float) -> Array:
    """G(rho, P) by quadrature, shape of ``rho``."""
    from scipy.special import i0e

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    low, high = np.clip(rho - 9, 0, P), np.clip(rho + 9, 0, P)
    # s = P - v²: no root is left at the rim.
    v0, v1 = np.sqrt(P - high), np.sqrt(P - low)
    half, middle = (v1 - v0) / 2, (v1 + v0) / 2
    v = middle[..., None] + half[..., None] * nodes
    s = P - v * v
    root = v * np.sqrt(2 * P - v * v)
    spread = np.exp(-0.5 * (rho[..., None] - s) ** 2) * i0e(rho[..., None] * s)
    return np.asarray(half * ((root * s * spread * 2 * v) @ weights), dtype=np.float64)


def _cubic(t: float, at: Array) -> None:
    """Weights of four equidistant points at ``t`` in [0, 1] between the middle ones, and their slopes."""
    at[0] = t * (-0.5 + t * (1 - 0.5 * t))
    at[1] = 1 + t * t * (-2.5 + 1.5 * t)
    at[2] = t * (0.5 + t * (2 - 1.5 * t))
    at[3] = t * t * (-0.5 + 0.5 * t)
    at[4] = -0.5 + t * (2 - 1.5 * t)
    at[5] = t * (-5 + 4.5 * t)
    at[6] = 0.5 + t * (4 - 4.5 * t)
    at[7] = t * (-1 + 1.5 * t)


def _row(P: float, values: Array, along: Array, row: Array) -> None:
    """The table at ``P``: G over the distance beyond the rim and its slope over P, into ``row`` (2, n)."""
    level = np.log(P / LEAST) / _RATIO + 2
    k = min(max(1, int(level)), values.shape[0] - 3)
    cubic(level - k, along)
    for j in range(values.shape[1]):
        value = slope = 0.0
        for a in range(4):
            value += along[a] * values[k - 1 + a, j]
            slope += along[4 + a] * values[k - 1 + a, j]
        row[0, j] = value
        row[1, j] = slope / (_RATIO * P)


def _ball(rho: float, P: float, row: Array, across: Array, out: Array) -> None:
    """G, its slope over rho at fixed P, and over P at fixed rho."""
    w = rho - P
    if w > _REACH:
        out[:] = 0.0
        return
    place = (np.arcsinh(w) + _DEEPEST_BEND) / _BEND
    j = min(max(1, int(place)), row.shape[1] - 3)
    cubic(place - j, across)
    value = by_w = by_P = 0.0
    for b in range(4):
        one = row[0, j - 1 + b]
        value += across[b] * one
        by_w += across[4 + b] * one
        by_P += across[b] * row[1, j - 1 + b]
    by_w /= _BEND * np.sqrt(1 + w * w)
    out[0] = value
    out[1] = by_w
    out[2] = by_P - by_w


def _radial(distances: Array, R: float, shared: Array, values: Array, out: Array) -> None:
    """Profile at ``distances`` (n,) from the centre, and its slopes, into ``out`` (8, n); none below 0.

    With ``shared`` sigma, ln t, extra, ln u, deep it is sigma/R [G(r/sigma, R/sigma) + extra G(r/sigma,
    (R - t)/sigma) + deep G(r/sigma, (R - t - u)/sigma)]: a ball, what is under its shell of thickness t adds,
    and what is under a second shell of thickness u adds.  Rows: value; slopes over r, R and the five.
    """
    sigma = shared[0]
    thick = min(np.exp(shared[1]), THICKEST * R)
    second = min(np.exp(shared[3]), DEEPEST * R - thick)
    across, one, rows = np.empty(8), np.empty(3), np.empty((3, 2, values.shape[1]))
    P, inner, deepest = max(R / sigma, LEAST), max((R - thick) / sigma, LEAST), (R - thick - second) / sigma
    deepest = max(deepest, LEAST)
    extra, deep = shared[2], shared[4]
    row(P, values, across, rows[0])
    row(inner, values, across, rows[1])
    row(deepest, values, across, rows[2])
    for i in range(out.shape[1]):
        if distances[i] < 0:
            continue
        rho = distances[i] / sigma
        ball(rho, P, rows[0], across, one)
        F, by_r, by_R = one[0], one[1], one[2]
        by_sigma = one[0] - rho * one[1] - P * one[2]
        ball(rho, inner, rows[1], across, one)
        F += extra * one[0]
        by_r += extra * one[1]
        by_R += extra * one[2]
        by_sigma += extra * (one[0] - rho * one[1] - inner * one[2])
        by_t = -extra * one[2]
        out[5, i] = one[0] * sigma / R
        ball(rho, deepest, rows[2], across, one)
        F += deep * one[0]
        by_r += deep * one[1]
        by_R += deep * one[2]
        by_sigma += deep * (one[0] - rho * one[1] - deepest * one[2])
        out[4, i] = (by_t - deep * one[2]) * thick / R
        out[6, i] = -deep * one[2] * second / R
        out[7, i] = one[0] * sigma / R
        F *= sigma / R
        out[0, i] = F
        out[1, i] = by_r / R
        out[2, i] = (by_R - F) / R
        out[3, i] = by_sigma / R


cubic = compiled(_cubic)
row = compiled(_row)
ball = compiled(_ball)
radial = compiled(_radial)
