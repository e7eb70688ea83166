"""One emission band: where its maximum lies, how wide it is, and how well that is known.

The top of the band, down to a third of its height, is described by y = exp(P(x)) with a polynomial P:
degree 2 is a Gaussian, higher degrees make it skewed or flat.  The curve is fitted to y itself, not to
its logarithm, so noise does not bias it.  One fit gives maximum and both half-maximum points with
their joint covariance.  Beside the polynomials stands a curve whose two sides meet in a kink
(:mod:`epidot.instruments.pl.kinked`): where it describes the top as well, what it says differently is part
of the error.

How many degrees, and what that choice adds to the errors: :mod:`epidot.signal.degrees`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.pl.kinked import Kinked
from epidot.instruments.spectrometer import before_slit
from epidot.signal.correlation import Noise
from epidot.signal.degrees import Answer, change, rival, settled
from epidot.signal.legendre import Polynomial
from epidot.signal.local import believed
from epidot.signal.normal_equations import inverse, solved

Array = NDArray[np.float64]

_FLOOR = 0.33  # of the maximum: the window reaches down to here
_DEGREES = (2, 4, 6, 8, 10)
_FIRST = 6  # with fewer points than this needs, 2 or 4
_KINKED = 12  # points from which on a kink is thought of
_BETTER = 9.0  # what a curve must leave less, in units of the noise's variance, to be clearly the better one
_NEWTON = 12  # steps of the fit, far more than it needs
_END = 1e-10  # of the sum of squares: after a step that takes off so little nothing is left to gain
_ROUNDING = 1e-13
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
    is the fitted curve over its window.  ``responses`` say how peaks and widths answer to each of the
    readings ``part``, in units of their errors, and ``variance`` is that of one of them.
    """

    peak_nm: Value
    peak_eV: Value
    fwhm_nm: Value | None
    fwhm_eV: Value | None
    height: Value
    blue: bool
    red: bool
    kinked: bool
    degree: int
    x: Array
    y: Array
    part: slice
    responses: Mapping[str, Array]
    variance: float


@dataclass(frozen=True)
class _Curve:
    """log y is ``log``; how its coefficients answer to unit noise, and the variance of one point about it.

    ``design`` (n, p) holds the derivatives of the curve in its coefficients, in units of the points' errors,
    ``deviance`` the squares of what it leaves, in the same units.
    """

    log: Polynomial | Kinked
    answers: Array
    variance: float
    design: Array
    deviance: float

    @property
    def taken(self) -> float:
        """What one coefficient takes out of the deviance by noise alone: 1 where that is white."""
        return float(np.sum((self.design @ self.answers) ** 2) / self.design.shape[1])


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
    curve: _Curve | None = None
    for degree in _DEGREES:
        if xs.size < degree + 3:
            break
        if degree < _FIRST and xs.size >= _FIRST + 5:
            continue
        curve = _fitted(xs, ys, noise, shape[part], degree, curve)
        found = None if curve is None else _answers(curve, xs, float(x[top]), density)
        if curve is not None and found is not None:
            answers.append(Answer(degree, found, curve.answers, curve.variance))
            curves[degree] = curve
    if not answers:
        return None
    chosen, errors = settled(answers, ("peak_nm", "fwhm_nm"))
    curve = curves[chosen.degree]
    peak = chosen.values["peak_nm"][0]
    kinked = _kinked(xs, ys, noise, curve, peak) if xs.size >= _KINKED else None
    found = None if kinked is None else _answers(kinked, xs, peak, density)
    if kinked is not None and found is not None:
        other = Answer(chosen.degree, found, kinked.answers, kinked.variance)
        better = (curve.deviance - kinked.deviance) / (kinked.variance * kinked.taken)
        better += curve.design.shape[1] - kinked.design.shape[1]  # more coefficients leave less by themselves
        if better > _BETTER:
            chosen, curve = other, kinked
            errors = {name: math.sqrt(other.spread(name)) for name in other.values}
        elif better > -_BETTER:
            share = 1.0 / (1.0 + math.exp(-better / 2))  # both describe the top: each as likely as it fits
            for name in errors.keys() & found.keys():
                doubt = rival(*change(chosen, other, name), share)
                errors[name] = math.hypot(errors[name], math.sqrt(doubt))
    values = {name: Value(float(v), errors[name]) for name, (v, _) in chosen.values.items()}
    grid = np.linspace(xs[0], xs[-1], 200)
    unit = scale if noise.sigma is None else 1.0
    answers_of = curve.answers if noise.white else np.linalg.pinv(curve.design)
    return Band(
        values["peak_nm"],
        values["peak_eV"],
        values.get("fwhm_nm"),
        values.get("fwhm_eV"),
        Value(scale * values["height"].value, scale * values["height"].sigma),
        "blue" in values,
        "red" in values,
        isinstance(curve.log, Kinked),
        chosen.degree,
        grid,
        scale * np.exp(curve.log.over(grid)),
        part,
        {name: gradient @ answers_of / unit for name, (_, gradient) in chosen.values.items()},
        chosen.variance * unit**2,
    )


def through_slit(band: Band, bandwidth: float) -> dict[str, float]:
    """By how much a slit of FWHM ``bandwidth`` / nm moves every quantity of the band, to first order."""
    if not bandwidth:
        return {}
    x, y = band.x, band.y
    before = before_slit(y, np.gradient(np.gradient(y, x), x), bandwidth)
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


def _fitted(
    x: Array, y: Array, noise: Noise, shape: Array, degree: int, below: _Curve | None = None
) -> _Curve | None:
    """Fit of y = exp(P(x)), begun at the fit of a lower degree, else at the smoothed curve."""
    centre, half = float((x[0] + x[-1]) / 2), float((x[-1] - x[0]) / 2)
    basis: Array = np.polynomial.legendre.legvander((x - centre) / half, degree).astype(np.float64)
    if below is not None and isinstance(below.log, Polynomial):
        c = np.zeros(degree + 1)
        c[: below.log.coefficients.size] = below.log.coefficients
    else:
        weight = np.ones(x.size) if noise.sigma is None else 1 / noise.sigma
        floor = np.maximum(shape, 0.05 * float(np.max(shape)))
        c = solved(basis * (floor * weight)[:, None], np.log(floor) * floor * weight)
    found = _settled_on(y, noise, c, lambda v: (basis @ v, basis))
    if found is None:
        return None
    return _Curve(Polynomial(found[0], centre, half), *found[1:])


def _kinked(x: Array, y: Array, noise: Noise, smooth: _Curve, peak: float) -> _Curve | None:
    """Fit of y = exp(a curve kinked at its top), from the smooth one about its ``peak``."""
    centre, half = smooth.log.centre, smooth.log.half
    begin = Kinked(np.zeros(6), centre, half)
    begin.coefficients[5] = (peak - centre) / half
    c = begin.coefficients + np.append(
        np.linalg.lstsq(begin.design(x)[:, :5], smooth.log.over(x), rcond=None)[0], 0.0
    )

    def law(coefficients: Array) -> tuple[Array, Array]:
        log = Kinked(coefficients, centre, half)
        return log.over(x), log.design(x)

    found = _settled_on(y, noise, c, law)
    if found is None:
        return None
    return _Curve(Kinked(found[0], centre, half), *found[1:])


def _settled_on(
    y: Array, noise: Noise, c: Array, law: Callable[[Array], tuple[Array, Array]]
) -> tuple[Array, Array, float, Array, float] | None:
    """Gauss-Newton fit of y = exp(log): coefficients (p,), and what a ``_Curve`` holds of them.

    ``law`` gives log (n,) and its derivatives (n, p) from coefficients.
    """
    weighted = noise.weighted(y)

    def off(coefficients: Array) -> tuple[Array, Array, Array]:
        log, basis = law(coefficients)
        curve = noise.weighted(np.exp(np.minimum(log, 300.0)))
        return weighted - curve, basis, curve

    left, basis, curve = off(c)
    now = float(left @ left)
    for _ in range(_NEWTON):
        jacobian = basis * curve[:, None]
        step = solved(jacobian, left)
        promised = float(left @ (jacobian @ step))
        size, tried = 1.0, off(c + step)
        while size > 1e-3 and not float(tried[0] @ tried[0]) <= now * (1 + _ROUNDING):
            size /= 2
            tried = off(c + size * step)
        if size <= 1e-3:
            break
        c, (left, basis, curve) = c + size * step, tried
        now = float(left @ left)
        if promised <= _END * now:
            break
    if not math.isfinite(now):
        return None
    jacobian = basis * curve[:, None]
    return c, noise.spread(inverse(jacobian)), believed(noise, left, jacobian), jacobian, now


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
    logs = curve.log.over(grid)
    if float(np.max(logs)) > _WILD:
        return None
    slope = curve.log.over(grid, 1) + power / grid
    tops = np.flatnonzero((slope[:-1] > 0) & (slope[1:] <= 0))
    if tops.size == 0:
        return None
    at = int(tops[np.argmin(np.abs(grid[tops] - near))])

    def first(v: float) -> float:
        return curve.log.at(v, 1) + power / v

    peak = _root(first, float(grid[at]), float(grid[at + 1]))
    bend = curve.log.at(peak, 2) - power / peak**2
    if not bend < 0:
        return None
    level = curve.log.at(peak) + power * math.log(peak) - math.log(2.0)

    def above(v: float) -> float:
        return curve.log.at(v) + power * math.log(v) - level

    low = (logs + power * np.log(grid) if power else logs) <= level
    blue, red = np.flatnonzero(low[: at + 1])[-1:], at + 1 + np.flatnonzero(low[at + 1 :])[:1]

    def half(first_of_two: NDArray[np.intp]) -> Point | None:
        if not first_of_two.size:
            return None
        i = int(first_of_two[0])
        place = _root(above, float(grid[i]), float(grid[i + 1]))
        return place, -(curve.log.gradient(place) - curve.log.gradient(peak)) / first(place)

    return peak, -curve.log.gradient(peak, 1) / bend, half(blue), half(red - 1)


def _root(function: Callable[[float], float], a: float, b: float) -> float:
    """Where the function changes its sign between ``a`` and ``b``, to rounding, else the nearer end.

    Halved until no number lies between: importing ``scipy.optimize`` for it would cost more than the band.
    """
    fa, fb = function(a), function(b)
    if fa == 0 or fb == 0 or fa * fb > 0:
        return a if abs(fa) <= abs(fb) else b
    while a < (middle := 0.5 * (a + b)) < b:
        if (function(middle) > 0) == (fa > 0):
            a = middle
        else:
            b = middle
    return middle
