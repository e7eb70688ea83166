"""Positions read off a curve with honest errors: extrema and crossings of local polynomials.

A polynomial is fitted by least squares over a window; how many degrees it needs, and what that choice
adds to the errors, is settled in :mod:`epidot.signal.degrees`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.signal.correlation import Noise
from epidot.signal.degrees import Answer, settled
from epidot.signal.legendre import Polynomial
from epidot.signal.smoothing import savitzky_golay, weights

Array = NDArray[np.float64]

_HIGHEST = 10  # degree beyond which a window is too wide for a polynomial anyway
_ENOUGH = 14  # points from which on a skewed extremum gets degree 6 at once


@dataclass(frozen=True)
class Reading:
    """A place on a curve: ``x`` ± ``sigma_x``, ``y`` ± ``sigma_y``, and the ``degree`` used."""

    x: float
    sigma_x: float
    y: float
    sigma_y: float
    degree: int
    points: int


@dataclass(frozen=True)
class _Fitted:
    """A polynomial, how its coefficients answer to unit noise, and the variance of one point about it."""

    curve: Polynomial
    answers: Array
    variance: float


# From a polynomial to a place: x, its gradient in the coefficients, y and its gradient.
_Place = Callable[[Polynomial], tuple[float, Array, float, Array] | None]


def extremum(x: Array, y: Array, noise: Noise, *, maximum: bool) -> Reading | None:
    """The maximum (or minimum) of the curve inside the window given by ``x`` of shape (n,), ascending.

    Where ``noise`` does not give the standard errors of ``y``, they are taken from the residuals.  ``None``
    if there is no such extremum inside the window or there are fewer than 4 points; below 7 points a
    parabola has to do.
    """
    sign = 1.0 if maximum else -1.0

    def place(p: Polynomial) -> tuple[float, Array, float, Array] | None:
        inside = [v for v in p.roots(derivative=1) if sign * p.at(v, 2) < 0]
        if not inside:
            return None
        best = max(inside, key=lambda v: sign * p.at(v))
        return best, -p.gradient(best, 1) / p.at(best, 2), p.at(best), p.gradient(best)

    return _reading(x, y, noise, place)


def crossing(x: Array, y: Array, noise: Noise, level: float) -> Reading | None:
    """Where the curve inside the window crosses ``level``, taken as exactly known (nearest to the middle)."""

    def place(p: Polynomial) -> tuple[float, Array, float, Array] | None:
        inside = [v for v in p.roots(level) if p.at(v, 1) != 0]
        if not inside:
            return None
        best = min(inside, key=lambda v: abs(v - p.centre))
        return best, -p.gradient(best) / p.at(best, 1), p.at(best), p.gradient(best)

    return _reading(x, y, noise, place)


def slope_at(x: Array, y: Array, at: float) -> float:
    """dy/dx at ``at`` from a cubic through the window."""
    return _fit(x, y, Noise(), min(3, x.size - 1)).curve.at(at, 1)


def _reading(x: Array, y: Array, noise: Noise, place: _Place) -> Reading | None:
    answers: list[Answer] = []
    for degree in (2,) if x.size < 7 else range(4 if x.size < _ENOUGH else 6, _HIGHEST + 1, 2):
        if x.size < degree + (2 if degree == 2 else 3):
            break
        p = _fit(x, y, noise, degree)
        found = place(p.curve)
        if found is not None:
            at, gradient_x, value, gradient_y = found
            values = {"x": (at, gradient_x), "y": (value, gradient_y)}
            answers.append(Answer(degree, values, p.answers, p.variance))
    if not answers:
        return None
    chosen, errors = settled(answers, ("x", "y"))
    return Reading(
        chosen.values["x"][0],
        errors["x"],
        chosen.values["y"][0],
        errors["y"],
        chosen.degree,
        int(x.size),
    )


def _fit(x: Array, y: Array, noise: Noise, degree: int) -> _Fitted:
    centre, half = (x[0] + x[-1]) / 2, (x[-1] - x[0]) / 2
    design = noise.weighted(np.polynomial.legendre.legvander((x - centre) / half, degree))
    values = noise.weighted(y)
    q, r = np.linalg.qr(design)
    coefficients = np.linalg.solve(r, q.T @ values)
    residuals = values - design @ coefficients
    curve = Polynomial(coefficients, float(centre), float(half))
    return _Fitted(curve, noise.answers(design), believed(noise, residuals, design))


def believed(noise: Noise, residuals: Array, design: Array) -> float:
    """Variance of one point, in units of its stated error where there is one.

    Stated errors are believed unless the residuals contradict them clearly.  A variance that rests on few
    values is widened as Student's distribution has it, so that one standard error keeps its 68 %.
    """
    from scipy.special import stdtrit

    seen, freedom = noise.variance(residuals, design)
    if noise.sigma is not None and seen <= 1 + 3 * math.sqrt(2 / freedom):
        seen = 1.0
    else:
        seen *= float(stdtrit(freedom, 0.8413447460685429)) ** 2
    # A filter that was recognised is accounted for already.
    return seen * (correlation(residuals, freedom) if noise.white else 1.0)


def correlation(residuals: Array, freedom: float) -> float:
    """Factor on the variance for residuals that hang together for whatever reason (first-order correlation).

    Applied only where they show it at more than two standard errors.
    """
    power = float(residuals @ residuals)
    if power == 0 or residuals.size < 8:
        return 1.0
    rho = float(residuals[1:] @ residuals[:-1]) / power
    if rho < 2 / math.sqrt(freedom):
        return 1.0
    rho = min(rho, 0.9)
    return (1 + rho) / (1 - rho)


def smoothed(
    x: Array, y: Array, width: float, derivative: int = 0, noise: Noise | None = None
) -> tuple[Array, Array, float]:
    """The curve (or a derivative of it) smoothed by local cubics over ``width``, on an even axis.

    Returns the even axis, the values, and the factor by which ``noise`` (white by default) of standard
    deviation 1 at the measured spacing comes through.
    """
    step = float(np.median(np.diff(x)))
    count = max(8, round((x[-1] - x[0]) / step) + 1)
    even = np.linspace(x[0], x[-1], count)
    step = float(even[1] - even[0])
    values = np.interp(even, x, y)
    window = max(5, int(width / step) // 2 * 2 + 1)
    if window > count:
        window = count - 1 + count % 2
    order = 3 if window > 3 else 1
    out = savitzky_golay(values, window, order, derivative, step)
    gain = (noise or Noise()).through(weights(window, order, derivative)) / step**derivative
    return even, out, gain
