"""Readings that say nothing: saturated, clipped flat, beyond the lamp, or ruled out by the user.

They are set aside before anyone looks, so that noise, range and curvature are those of the rest.  Where the
answer lies among them there is no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.signal.correlation import Noise
from epidot.signal.plateau import plateau
from epidot.signal.signal import Signal
from epidot.signal.windows import inside, ranges

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MASKED = "masked"
CLIPPED = "clipped flat at the top of the scale"
_FLAT = 4  # so many equal readings in a row at the very top
_GAP_NM = 5.0  # a narrower stretch left out by the user is bridged by its neighbours
_MOST = 0.6  # with more than this share set aside the rest is no spectrum
# Full scales of converters: two equal readings there are enough.
_FULL_SCALES = tuple(float(2**bits - 1) for bits in range(8, 33))


@dataclass(frozen=True)
class Aside:
    """A stretch of readings set aside: its first and last place, how many, and why."""

    low: float
    high: float
    count: int
    why: str
    unit: str = "nm"

    def __str__(self) -> str:
        return f"{self.count} readings between {self.low:.0f} and {self.high:.0f} {self.unit} are {self.why}"

    @property
    def gap(self) -> bool:
        """Whether so much is missing that a curve drawn across it is a guess: 5 nm, or any not masked."""
        return self.why != MASKED or self.high - self.low >= _GAP_NM

    def holds(self, x: float, margin: float = 0.0) -> bool:
        """Whether a place lies in the stretch or within ``margin`` of it."""
        return self.low - margin <= x <= self.high + margin


def clipped(y: Array) -> Mask:
    """Which readings stand flat at the top of the scale, shape of ``y`` (n,).

    Equal readings at a maximum also come from rounding; there the curve leaves them step by step.  A clipped
    curve falls off at once, or is equal where its noise would not let it be.
    """
    out = np.zeros(y.shape, dtype=np.bool_)
    if y.size < 8:
        return out
    top = float(np.max(y))
    at_top = y == top
    steps = np.abs(np.diff(np.unique(y)))
    resolution = float(np.min(steps)) if steps.size else 0.0
    noise = Noise().level(y[~at_top]) if np.sum(~at_top) >= 8 else 0.0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], at_top.astype(np.int64), [0]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        beside = [float(y[i]) for i in (start - 1, end) if 0 <= i < y.size]
        falls = any(top - b > 3 * max(resolution, noise) for b in beside)
        full = top in _FULL_SCALES and end - start >= 2
        if top > 0 and (full or (end - start >= _FLAT and (falls or noise > 2 * resolution))):
            out[start:end] = True
    return out


def set_aside(
    signal: Signal, *, saturation: float | None = None, mask: str | None = None
) -> tuple[Signal, tuple[Aside, ...]]:
    """The signal without unusable readings, and what was left out, from blue to red.

    ``saturation`` is the reading above which the instrument is blind; what lies to the blue of a saturated
    stretch that reaches the blue end is left out too, since stray light bends the curve down again there.
    ``mask`` are ranges of the user.

    Raises
    ------
    InputError
        If a range cannot be read.
    """
    y, n = signal.y, len(signal)
    asides: list[Aside] = []
    keep = np.ones(n, dtype=np.bool_)

    def leave_out(which: Mask, why: str) -> None:
        which = which & keep
        ends = np.flatnonzero(np.diff(np.concatenate(([0], which.astype(np.int64), [0]))))
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            asides.append(
                Aside(float(signal.x[start]), float(signal.x[end - 1]), int(end - start), why, signal.x_unit)
            )
        keep[which] = False

    if n:
        if mask is not None:
            leave_out(inside(signal.x, ranges(mask, "mask", signal.x_unit)), MASKED)
        if saturation is not None:
            leave_out(_blind(y, saturation), f"saturated (above {saturation:g})")
        leave_out(clipped(y), CLIPPED)
        rest = np.flatnonzero(keep)
        level = np.zeros(n, dtype=np.bool_)
        level[rest[plateau(signal.kept(keep))]] = True
        leave_out(level, CLIPPED)
    return signal.kept(keep), tuple(sorted(asides, key=lambda a: a.low))


def too_few(asides: Sequence[Aside], left: int) -> str | None:
    """Why nothing can be read where most readings had to be set aside; ``None`` where enough are left."""
    lost = sum(a.count for a in asides if a.why != MASKED)
    if lost <= _MOST * (lost + left):
        return None
    return "most readings cannot be used: " + "; ".join(str(a) for a in asides if a.why != MASKED)


def _blind(y: Array, saturation: float) -> Mask:
    out: Mask = y >= saturation
    if not np.any(out):
        return out
    # From the blue end (the axis ascends): a plateau broken by noise is one stretch.
    last = int(np.flatnonzero(out)[-1])
    if np.mean(out[: last + 1]) > 0.5:
        out[: last + 1] = True
    return out
