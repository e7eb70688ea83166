"""A flat top whose readings are not equal: noise was added after the scale had cut them off.

Two curves are fitted to the highest stretch of readings: one that is smooth, y = exp(P(x)), and one that is
smooth on its flanks and level between them, y = min(exp(P(x)), L).  Where the second leaves clearly less, or
the level scatters less than the flanks let it, the top is cut off.  What is flat by itself (two like bands
side by side) is as smooth as the first curve asks.  Readings count by their standard errors: those of counts
are larger on the level than on the flanks.  A detector that saturates softly leaves no corner and is not seen
here: its curve is as smooth as any band.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.signal.convolution import within
from epidot.signal.correlation import Noise, noise_of
from epidot.signal.degrees import DOUBTED
from epidot.signal.normal_equations import solved
from epidot.signal.signal import Signal
from epidot.signal.variance import standard_errors

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FLOOR = 1 / 3  # of the level: the flanks are looked at down to here
_NOISY, _FLOOR_OF_NOISE = 0.1, 0.12  # where noise hides the wings anyway, more of the flanks is needed
_FEWEST = 4  # readings on the level, and beside it
_FLATTER = (
    1.22  # widths near the top in units of that at half and of a root of a logarithm; a Gaussian has 1.20
)
_SMOOTH = (2, 4, 6, 8, 10)
_FLANKS = (2, 3, 4)
_COUNTED = 4.0  # what one more free value must take off the deviance
_CLEAR = 10.0  # and what the level must, to be believed; none of 900 whole bands in the tests comes so far
_DOWN = 0.07  # of the top: how wide the curve is there says whether it may be level
_LIT, _UNLIT, _TOLD = 0.6, 0.15, 16  # of the highest, and so many readings there, to see if noise grows
_SHARP = 0.5  # of that: noise of the curve that leaves this width as it is
_MEAN = 5  # readings averaged to see the shape
_ROUNDS = 12
_FINE = 601  # places of the curve over a level
_MOST = 4  # stretches


@dataclass(frozen=True)
class _Fit:
    """Sum of squares of a curve, its free values, and which readings its level holds (n,)."""

    square: float
    free: int
    level: Mask
    curve: Array = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class _Top:
    """By how much a level describes the highest stretch better, where that is, and the curve above it."""

    gained: float
    level: Mask
    x: Array
    curve: Array


def plateau(signal: Signal) -> Mask:
    """Which readings (n,) lie on a level that cuts the curve off at its top."""
    out = np.zeros(len(signal), dtype=np.bool_)
    for _ in range(_MOST):
        rest = np.flatnonzero(~out)
        if rest.size < 4 * _FEWEST:
            break
        found = _highest(signal.kept(~out))
        if found is None or found.gained < _CLEAR:
            break
        out[rest[found.level]] = True
    return out


def if_cut(signal: Signal) -> tuple[float, float, float] | None:
    """Maximum and full width at half of it that the flanks alone let expect, if the top may be cut off.

    With how likely that is beside the likeliest smooth curve: 1 where a level describes the top better.
    ``None`` where that is not worth a thought, and where the top is too narrow to be level.
    """
    found = _highest(signal)
    if found is None or (likely := math.exp(0.5 * min(found.gained, 0.0))) < DOUBTED:
        return None
    top = int(np.argmax(found.curve))
    low, high = _around(found.curve, top, 0.5 * float(found.curve[top]))
    return float(found.x[top]), float(found.x[high] - found.x[low]), likely


def cut_rather_than(signal: Signal, curve: Array, free: int) -> float:
    """By how much a level describes the highest stretch better than ``curve`` (n,) of ``free`` values.

    In deviance, free values counted; minus infinity where the top is too narrow to be level.
    """
    found = _highest(signal, (curve, free))
    return -math.inf if found is None else found.gained


def _highest(signal: Signal, instead: tuple[Array, int] | None = None) -> _Top | None:
    """The highest stretch of the curve as one with a level; ``None`` if its top is too narrow for that.

    The level is held against smooth curves, or against one given ``instead`` (n,) with its free values.
    """
    x, y = signal.x, signal.y
    shape, count = _averaged(y, _MEAN), _MEAN
    top = int(np.argmax(shape))
    if not float(shape[top]) > 0:
        return None
    first, last = _around(shape, top, 0.5 * float(shape[top]))
    if (last - first) // 8 > count:  # noise must not part the top
        count = (last - first) // 8 | 1
        shape = _averaged(y, count)
        top = int(np.argmax(shape))
        first, last = _around(shape, top, 0.5 * float(shape[top]))
    high = float(shape[top])
    wide = last - first
    whole = first > 0 and last < y.size - 1
    error = _errors(signal, shape)
    hidden = 3 * float(error[top]) / (math.sqrt(count) * high)
    down, clear = max(_DOWN, hidden), hidden < _SHARP * _DOWN
    if down > 0.4:
        return None
    near = _around(shape, top, (1 - down) * high)
    if wide < 2 * _FEWEST:
        return None
    if clear and near[1] - near[0] < _FEWEST - 1:
        return None
    if whole and clear and near[1] - near[0] < _FLATTER * math.sqrt(-math.log1p(-down)) * wide:
        return None
    first, last = _around(shape, top, (_FLOOR if hidden < _NOISY else _FLOOR_OF_NOISE) * high)
    part = slice(first, last + 1)
    u = 2 * (x[part] - x[first]) / (x[last] - x[first]) - 1
    z = y[part] / high
    w = float(error[top]) / error[part]
    if instead is None:
        smooth = [f for k in _SMOOTH if (f := _smooth(u, z, w, k)) is not None]
    else:
        given, free = instead
        smooth = [_Fit(_square(w * (z - given[part] / high)), free, np.zeros(z.size, dtype=np.bool_))]
    starts = []
    for level in (1 - down, 0.85 * (1 - down), 0.7 * (1 - down), *((0.6,) if down > _DOWN else ())):
        near = _around(shape, top, level * high)
        starts.append((np.arange(z.size) >= near[0] - first) & (np.arange(z.size) <= near[1] - first))
    cut = [f for k in _FLANKS for on in starts if (f := _cut(u, z, w, k, on)) is not None]
    if not smooth or not cut:
        return None
    n = z.size
    variance = min(f.square / max(n - f.free, 1) for f in (*smooth, *cut))
    variance = max(variance, _rounding(z))
    noise = noise_of(x, y)
    taken = noise.hanging(n)

    def mark(f: _Fit) -> float:
        return f.square / (variance * taken) + _COUNTED * f.free

    best = min(cut, key=mark)
    gained = min(map(mark, smooth)) - mark(best)
    on = z[best.level]
    scatter = max(float(np.var(on, ddof=1)), _rounding(z))
    if scatter < variance and noise.white:
        ratio = scatter / variance
        gained += max(0.0, on.size * (-math.log(ratio) + ratio - 1) - _COUNTED)
    out = np.zeros(y.size, dtype=np.bool_)
    out[part] = best.level
    return _Top(gained, out, np.linspace(x[first], x[last], best.curve.size), high * best.curve)


def _smooth(u: Array, z: Array, w: Array, degree: int) -> _Fit | None:
    if z.size < degree + 4:
        return None
    basis: Array = np.polynomial.legendre.legvander(u, degree).astype(np.float64)
    log = _fitted(basis, z, w)
    if log is None:
        return None
    return _Fit(_square(w * (z - _exp(log))), degree + 1, np.zeros(z.size, dtype=np.bool_))


def _cut(u: Array, z: Array, w: Array, degree: int, start: Mask) -> _Fit | None:
    """The curve that is level where its flanks would rise above it, from a first guess of where that is."""
    where = np.append(u, np.linspace(-1, 1, _FINE))
    basis: Array = np.polynomial.legendre.legvander(where, degree).astype(np.float64)
    on, seen = start, []
    for _ in range(_ROUNDS):
        beside = ~on
        if np.sum(on) < _FEWEST or np.sum(beside) < degree + 1 + _FEWEST:
            break
        log = _fitted(basis[: z.size][beside], z[beside], w[beside], basis)
        if log is None:
            break
        level = float(np.mean(z[on]))
        whole = _exp(log)
        curve = np.minimum(whole[: z.size], level)
        seen.append(_Fit(_square(w * (z - curve)), degree + 2, on, whole[z.size :]))
        above = whole[: z.size] > level
        inner = np.flatnonzero(on)
        middle = int(inner[inner.size // 2])
        if not above[middle]:
            break
        after = np.zeros(z.size, dtype=np.bool_)
        low, high = _around(above.astype(np.float64), middle, 0.5)
        after[low : high + 1] = True
        if np.array_equal(after, on):
            break
        on = after
    return min(seen, key=lambda f: f.square, default=None)


def _fitted(basis: Array, z: Array, w: Array, over: Array | None = None) -> Array | None:
    """log of the curve exp(P) nearest to ``z`` of weight ``w``, by Gauss-Newton from the logarithms."""
    floor = np.maximum(z, 0.05)
    c = solved(basis * (w * floor)[:, None], np.log(floor) * w * floor)
    for _ in range(3):
        curve = _exp(basis @ c)
        c = c + solved(basis * (w * curve)[:, None], w * (z - curve))
    log = (basis if over is None else over) @ c
    return log if np.all(np.isfinite(log)) else None


def _exp(log: Array) -> Array:
    return np.asarray(np.exp(np.clip(log, -50.0, 50.0)))


def _square(left: Array) -> float:
    return float(left @ left)


def _errors(signal: Signal, shape: Array) -> Array:
    """Standard errors (n,) of the readings; where none are known, from how they scatter.

    That may grow with the curve ``shape`` (n,): counts that somebody has scaled.
    """
    known = standard_errors(signal, shape)
    if known is not None:
        return known
    y, high = signal.y, float(np.max(shape))
    even = max(Noise().level(y), 1e-300)
    where = shape[1:-2]
    lit, dark = where > _LIT * high, where < _UNLIT * high
    if min(np.sum(lit), np.sum(dark)) < _TOLD:
        return np.full(len(signal), even)
    thirds = np.abs(np.diff(y, 3))
    low, light = (Noise().scale(np.median(thirds[part])) ** 2 for part in (dark, lit))
    grows = (light - low) / (np.mean(where[lit]) - np.mean(where[dark]))
    if not grows > 0:
        return np.full(len(signal), even)
    return np.asarray(np.sqrt(np.maximum(low + grows * (shape - np.mean(where[dark])), even**2)))


def _rounding(z: Array) -> float:
    """Variance that the steps of the readings leave."""
    steps = np.diff(np.unique(z))
    return max(float(np.min(steps)) ** 2 / 12 if steps.size else 0.0, 1e-18)


def _averaged(y: Array, count: int) -> Array:
    """Means of an odd ``count`` of readings, their places kept."""
    return within(np.pad(y, count // 2, mode="edge"), np.full(count, 1 / count))


def _around(shape: Array, top: int, level: float) -> tuple[int, int]:
    """First and last index about ``top`` with everything between at or above ``level``."""
    below = np.flatnonzero(shape < level)
    at = int(np.searchsorted(below, top))
    first = int(below[at - 1]) + 1 if at else 0
    last = int(below[at]) - 1 if at < below.size else shape.size - 1
    return first, last
