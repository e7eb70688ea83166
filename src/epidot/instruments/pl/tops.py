"""Where a spectrum has its maxima: the highest that is a band, and every other one clear of the noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.pl.band import reach
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.peaks import maxima
from epidot.signal.variance import standard_errors

Array = NDArray[np.float64]

# Rise of a band over its surroundings in units of the noise of the smoothed curve: the highest of some
# tens of independent noise values stands 4 to 5 above the lowest.
_SIGNIFICANT = 7.0
BUMP = 3.0  # what rises so much may be a band if a fit says so
_AROUND = 31  # readings that tell the noise of the one between them
_LINES = 8  # so many narrow lines are left out at most


def strongest(
    signal: Signal, noise: Noise, narrowest: float, warnings: list[str]
) -> tuple[Signal, Array, int, float] | str:
    """The signal without narrow lines, its smoothed shape, where that is highest inside, and its noise.

    A text instead says why there is none.
    """
    for _ in range(_LINES):
        shape, gain = _shape(signal, noise)
        level = noise.level(signal.y) * gain
        top = _highest_inside(shape, gain * _levels(signal, noise, shape))
        if top is None:
            if float(np.max(signal.y)) <= 0:
                return "no emission: no value above zero"
            edge = "blue" if int(np.argmax(shape)) < len(signal) / 2 else "red"
            if float(np.ptp(shape)) > _SIGNIFICANT * level:
                return f"no maximum inside the range: the signal is highest at its {edge} end"
            return "no band above the noise"
        line = _narrow_line(signal, top, noise, narrowest)
        if line is None:
            high = float(np.max(shape))
            if high > 1.001 * float(shape[top]) + _SIGNIFICANT * level:
                blue = int(np.argmax(shape)) < top
                edge, what = ("blue", "scattered light") if blue else ("red", "the flank of another band")
                warnings.append(
                    f"the signal is higher at the {edge} end than in the band ({what}?); "
                    "the strongest maximum inside the range was taken"
                )
            return signal, shape, top, level
        low, high = line
        keep = (signal.x < low) | (signal.x > high)
        if np.sum(keep) < 8:
            return "nothing but lines narrower than an emission band"
        warnings.append(
            f"a line narrower than {narrowest:g} nm near {(low + high) / 2:.0f} nm was taken for "
            "scattered light and left out"
        )
        signal = signal.kept(keep)
    return "nothing but lines narrower than an emission band"


def _shape(signal: Signal, noise: Noise) -> tuple[Array, float]:
    """The curve smoothed over about a third of its band, at the signal's own points."""
    x, y = signal.x, signal.y
    width = min(10.0, (x[-1] - x[0]) / 5)
    for _ in range(2):
        even, values, gain = local.smoothed(x, y, width, noise=noise)
        shape = np.interp(x, even, values)
        top = int(np.argmax(shape))
        low, high = reach(shape, top, 0.5 * float(shape[top]))
        width = min(0.35 * float(x[high] - x[low]), 20.0, (x[-1] - x[0]) / 5)
    even, values, gain = local.smoothed(x, y, width, noise=noise)
    return np.interp(x, even, values), gain


def _levels(signal: Signal, noise: Noise, shape: Array) -> Array:
    """Noise of every reading (n,): counts scatter more on a band than beside it, also where no head says so.

    ``shape`` (n,) is the curve smoothed.
    """
    least = np.full(len(signal), noise.level(signal.y))
    known = standard_errors(signal, shape)
    if known is not None:
        return np.asarray(np.maximum(known, least))
    if len(signal) < _AROUND:
        return least
    thirds = np.pad(np.abs(np.diff(signal.y - shape, 3)), (_AROUND // 2 + 1, _AROUND // 2 + 2), mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(thirds, _AROUND)
    return np.asarray(np.maximum(least, noise.scale(np.median(around, axis=1))))


def _maxima(shape: Array, noise: Array, clear: float = _SIGNIFICANT) -> list[int]:
    """All interior maxima that stand ``clear`` of the noise (n,) and of the range of the spectrum."""
    least = np.maximum(clear * noise, 0.02 * float(np.ptp(shape)))
    if not np.all(least > 0):
        return []
    return [int(t) for t in maxima(shape, least) if shape[t] > _SIGNIFICANT * noise[t]]


def _highest_inside(shape: Array, noise: Array) -> int | None:
    return max(_maxima(shape, noise), key=lambda t: float(shape[t]), default=None)


def others(
    signal: Signal, shape: Array, top: int, noise: Noise, narrowest: float, clear: float = _SIGNIFICANT
) -> list[tuple[float, float]]:
    """Every other maximum that is no narrow line, from the highest down: place / nm, share of the height.

    ``clear`` is how clear of the noise it has to be.
    """
    width = min(8.0, float(np.ptp(signal.x)) / 20)
    even, values, gain = local.smoothed(signal.x, signal.y, width, noise=noise)
    fine = np.interp(signal.x, even, values)
    tops = _maxima(fine, gain * _levels(signal, noise, fine), clear)
    mine = min(tops, key=lambda t: abs(t - top), default=top)
    said = []
    for t in sorted(tops, key=lambda t: -float(fine[t])):
        if t != mine and _narrow_line(signal, t, noise, narrowest) is None:
            said.append((float(signal.x[t]), float(fine[t] / fine[mine])))
    return said[:6]


def _narrow_line(signal: Signal, top: int, noise: Noise, narrowest: float) -> tuple[float, float] | None:
    """The range of a line narrower than ``narrowest`` around ``top``, or ``None`` if it is a band."""
    near = np.flatnonzero(np.abs(signal.x - signal.x[top]) <= max(narrowest, 4.0))
    peak = int(near[np.argmax(signal.y[near])])
    height = float(signal.y[peak])
    if height < 10 * noise.level(signal.y):
        return None
    low, high = reach(signal.y, peak, 0.5 * height)
    step = float(np.median(np.diff(signal.x)))
    width = float(signal.x[high] - signal.x[low])
    if width >= narrowest or step > narrowest / 2:
        return None
    margin = max(width, step) * 1.5
    return float(signal.x[low] - margin), float(signal.x[high] + margin)
