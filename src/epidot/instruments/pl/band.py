"""One emission band: where its maximum lies, how wide it is, and how well that is known.

The top of the band, down to a third of its height, is described by y = exp(P(x)) with a polynomial P:
degree 2 is a Gaussian, higher degrees make it skewed or flat.  The curve is fitted to y itself, not to
its logarithm, so noise does not bias it.  One fit gives maximum and both half-maximum points with
their joint covariance.

How many degrees, and what that choice adds to the errors: :mod:`epidot.signal.degrees`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.signal.correlation import Noise
from epidot.signal.degrees import Answer, settled
from epidot.signal.legendre import Polynomial
from epidot.signal.local import believed

Array = NDArray[np.float64]

_FLOOR = 0.33  # of the maximum: the window reaches down to here
_DEGREES = (2, 4, 6, 8, 10)
_FIRST = 6  # with fewer points than this needs, 2 or 4
_NEWTON = 12  # steps of the fit, far more than it needs
_GRID = 801
_WILD = math.log(30.0)  # a curve that rises so far above the points' maximum between them describes nothing


@dataclass(frozen=True)
class Value:
    """A number with its standard error."""

    value: float
    sigma: float


@dataclass(frozen=True)
class Band:
    """Maximum and full width at half maximum on both axes; ``None`` where a half maximum is not reached.

    ``blue`` and ``red`` say whether the half maximum on that side lies within the data; ``x`` and ``y``
    is the fitted curve over its window.
    """

    peak_nm: Value
    peak_eV: Value
    fwhm_nm: Value | None
    fwhm_eV: Value | None
    height: Value
    blue: bool
    red: bool
    degree: int
    x: Array
    y: Array


@dataclass(frozen=True)
class _Curve:
    """log y is ``log``; how its coefficients answer to unit noise, and the variance of one point about it."""

    log: Polynomial
    answers: Array
    variance: float


def find_band(x: Array, y: Array, noise: Noise, shape: Array, top: int, density: str) -> Band | None:
    """The band around the point ``top`` of a spectrum over wavelength / nm, arrays of shape (n,).

    ``shape`` is the curve smoothed; it only decides which points are used, so that noise does not choose
    them.  Where ``noise`` does not give the standard errors they are taken from the residuals.
    ``density`` says whose maximum and width the values in eV are: ``per nm`` or ``per eV``.  ``None`` if no
    maximum can be read there.
    """
    first, last = reach(shape, top, _FLOOR * float(shape[top]))
    first, last = _across_gaps(x, shape, first, last, 0.05 * float(shape[top]))
    while last - first < 5 and (first > 0 or last < x.size - 1):  # coarse steps: take neighbours
        first, last = max(0, first - 1), min(x.size - 1, last + 1)
    part = slice(first, last + 1)
    # In units of the maximum: no spectrum's own unit can then over- or underflow.
    scale = float(shape[top])
    if not scale > 1e-200:
        return None
    shape = shape / scale
    xs, ys, noise = x[part], y[part] / scale, noise.kept(part).scaled(1 / scale)
    answers: list[Answer] = []
    curves: dict[int, _Curve] = {}
    for degree in _DEGREES:
        if xs.size < degree + 3:
            break
        if degree < _FIRST and xs.size >= _FIRST + 5:
            continue
        curve = _fitted(xs, ys, noise, shape[part], degree)
        found = None if curve is None else _answers(curve, xs, float(x[top]), density)
        if curve is not None and found is not None:
            answers.append(Answer(degree, found, curve.answers, curve.variance))
            curves[degree] = curve
    if not answers:
        return None
    chosen, errors = settled(answers, ("peak_nm", "fwhm_nm"))
    values = {name: Value(float(v), errors[name]) for name, (v, _) in chosen.values.items()}
    curve, degree = curves[chosen.degree], chosen.degree
    grid = np.linspace(xs[0], xs[-1], 200)
    return Band(
        values["peak_nm"],
        values["peak_eV"],
        values.get("fwhm_nm"),
        values.get("fwhm_eV"),
        Value(scale * values["height"].value, scale * values["height"].sigma),
        "blue" in values,
        "red" in values,
        degree,
        grid,
        scale * np.exp(curve.log.over(grid)),
    )


def through_slit(band: Band, bandwidth: float) -> dict[str, float]:
    """By how much a slit of FWHM ``bandwidth`` / nm moves every quantity of the band, to first order.

    Seen through it the curve is y + σ² y''/2; so before it was y - σ² y''/2.
    """
    if not bandwidth:
        return {}
    x, y = band.x, band.y
    before = y - (bandwidth / 2.3548) ** 2 / 2 * np.gradient(np.gradient(y, x), x)
    out = {}
    found = []
    for curve in (y[2:-2], before[2:-2]):
        top = int(np.argmax(curve))
        part = slice(max(top - 2, 0), top + 3)
        a, b, _ = np.polyfit(x[2:-2][part] - x[2:-2][top], curve[part], 2)
        above = np.flatnonzero(curve >= curve[top] / 2)
        found.append((float(x[2:-2][top] - b / (2 * a)), float(np.ptp(x[2:-2][above]))))
    (peak, width), (peak_before, width_before) = found
    out["peak_nm"], out["fwhm_nm"] = abs(peak - peak_before), abs(width - width_before)
    per_nm = HC / peak**2
    out["peak_eV"], out["fwhm_eV"] = out["peak_nm"] * per_nm, out["fwhm_nm"] * per_nm
    return out


def _across_gaps(x: Array, shape: Array, first: int, last: int, level: float) -> tuple[int, int]:
    """Where points were left out at an end of the window, it goes on behind the gap, down to ``level``."""
    wide = 3 * float(np.median(np.diff(x)))
    if first > 0 and x[first] - x[first - 1] > wide:
        while first > 0 and shape[first - 1] > level:
            first -= 1
    if last + 1 < x.size and x[last + 1] - x[last] > wide:
        while last + 1 < x.size and shape[last + 1] > level:
            last += 1
    return first, last


def reach(y: Array, top: int, level: float) -> tuple[int, int]:
    """First and last index around ``top`` with all points in between above ``level``.

    One point below the level does not end it (noise); two in a row do.
    """
    ends = []
    for step in (-1, 1):
        i, last, below = top, top, 0
        while 0 <= i < y.size and below < 2:
            if y[i] >= level:
                last, below = i, 0
            else:
                below += 1
            i += step
        ends.append(last)
    return ends[0], ends[1]


def _fitted(x: Array, y: Array, noise: Noise, shape: Array, degree: int) -> _Curve | None:
    """Gauss-Newton fit of y = exp(P(x)) from the smoothed curve as the start."""
    centre, half = float((x[0] + x[-1]) / 2), float((x[-1] - x[0]) / 2)
    basis = np.polynomial.legendre.legvander((x - centre) / half, degree)
    weight = np.ones(x.size) if noise.sigma is None else 1 / noise.sigma
    floor = np.maximum(shape, 0.05 * float(np.max(shape)))
    c: NDArray[Any] = np.linalg.lstsq(
        basis * (floor * weight)[:, None], np.log(floor) * floor * weight, rcond=None
    )[0]

    def cost(coefficients: NDArray[np.floating[Any]]) -> float:
        with np.errstate(over="ignore"):
            r = noise.weighted(y - np.exp(np.minimum(basis @ coefficients, 600.0)))
            return float(r @ r)

    now = cost(c)
    for _ in range(_NEWTON):
        model = np.exp(np.minimum(basis @ c, 600.0))
        jacobian = noise.weighted(basis * model[:, None])
        step = np.linalg.lstsq(jacobian, noise.weighted(y - model), rcond=None)[0]
        size = 1.0
        while size > 1e-3 and not cost(c + size * step) <= now:
            size /= 2
        if size <= 1e-3:
            break
        c = c + size * step
        before, now = now, cost(c)
        if before - now <= 1e-12 * before:
            break
    if not math.isfinite(now):
        return None
    model = np.exp(np.minimum(basis @ c, 600.0))
    jacobian = noise.weighted(basis * model[:, None])
    variance = believed(noise, noise.weighted(y - model), jacobian)
    return _Curve(Polynomial(c, centre, half), noise.answers(jacobian), variance)


def _answers(curve: _Curve, x: Array, near: float, density: str) -> dict[str, tuple[float, Array]] | None:
    """Value and gradient (in the coefficients) of every quantity; ``None`` if there is no maximum."""
    nm = _half_points(curve, x, near, 0.0)
    if nm is None:
        return None
    peak, gradient, blue, red = nm
    height = math.exp(curve.log.at(peak))
    out: dict[str, tuple[float, Array]] = {
        "peak_nm": (peak, gradient),
        "height": (height, height * curve.log.gradient(peak)),
    }
    if blue is not None and red is not None:
        out["fwhm_nm"] = (red[0] - blue[0], red[1] - blue[1])
    if density == "per eV":
        other = _half_points(curve, x, peak, 2.0)
        if other is None:
            return None
        peak, gradient, blue, red = other
    out["peak_eV"] = (HC / peak, -HC / peak**2 * gradient)
    if blue is not None:
        out["blue"] = blue
    if red is not None:
        out["red"] = red
    if blue is not None and red is not None:
        width = HC / blue[0] - HC / red[0]
        out["fwhm_eV"] = (width, HC / red[0] ** 2 * red[1] - HC / blue[0] ** 2 * blue[1])
    return out


Point = tuple[float, Array]


def _half_points(
    curve: _Curve, x: Array, near: float, power: float
) -> tuple[float, Array, Point | None, Point | None] | None:
    """Maximum and half-maximum points of exp(P(x)) x**power, each with its gradient in the coefficients."""
    grid = np.linspace(x[0], x[-1], _GRID)
    if float(np.max(curve.log.over(grid))) > _WILD:
        return None
    slope = curve.log.over(grid, 1) + power / grid
    tops = np.flatnonzero((slope[:-1] > 0) & (slope[1:] <= 0))
    if tops.size == 0:
        return None
    at = int(tops[np.argmin(np.abs(grid[tops] - near))])

    def first(v: float) -> float:
        return curve.log.at(v, 1) + power / v

    peak = _root(first, grid[at], grid[at + 1])
    bend = curve.log.at(peak, 2) - power / peak**2
    if not bend < 0:
        return None
    level = curve.log.at(peak) + power * math.log(peak) - math.log(2.0)

    def above(v: float) -> float:
        return curve.log.at(v) + power * math.log(v) - level

    heights = curve.log.over(grid) + power * np.log(grid) - level
    sides: list[Point | None] = []
    for i, step in ((at, -1), (at + 1, 1)):
        while 0 <= i < grid.size and heights[i] > 0:
            i += step
        if not 0 <= i < grid.size:
            sides.append(None)
            continue
        a, b = sorted((grid[i], grid[i - step]))
        place = _root(above, a, b)
        gradient = -(curve.log.gradient(place) - curve.log.gradient(peak)) / first(place)
        sides.append((place, gradient))
    return peak, -curve.log.gradient(peak, 1) / bend, sides[0], sides[1]


def _root(function: Callable[[float], float], a: float, b: float) -> float:
    """Bisection with regula falsi steps between ``a`` and ``b``, to rounding."""
    fa, fb = function(a), function(b)
    if fa == 0 or fb == 0 or fa * fb > 0:
        return a if abs(fa) <= abs(fb) else b
    for k in range(60):
        m = (a + b) / 2 if k % 3 == 2 else a - fa * (b - a) / (fb - fa)
        fm = function(m)
        if fm == 0 or abs(b - a) < 1e-12 * abs(m):
            return m
        if fa * fm < 0:
            b, fb = m, fm
        else:
            a, fa = m, fm
    return (a + b) / 2
