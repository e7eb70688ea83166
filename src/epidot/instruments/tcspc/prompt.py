"""Preparing a measured instrument response: background, extent, slow part, what is not known of it.

The response is a histogram: what happened inside a channel is not known.  Its counts are taken as
spread evenly over the channel.  That the true response was seen through a channel and is then seen
through it again widens it by Δ²/6 in variance, which the second difference takes off (Sheppard's
correction) where the response covers enough channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.tcspc.response import Array

BLOCK_COUNTS = 30.0  # counts in each block of the slow part
SHARP_CHANNELS = 3.0  # below this FWHM in channels the correction is as uncertain as it is large


@dataclass(frozen=True)
class Boxes:
    """Part of a response: counts in even channels from ``start_ns`` on, arrays of shape (n,).

    ``net`` are the counts above background, ``raw`` those that were counted there (zero where the
    response is known exactly), ``unsure`` what ``net`` may be wrong by because the inside of a channel
    is not known.
    """

    net: Array
    raw: Array
    unsure: Array
    start_ns: float
    channel_ns: float

    def binned(self, factor: int) -> Boxes:
        """``factor`` channels in one; zeros are added to fill the last."""

        def together(values: Array) -> Array:
            padded = np.pad(values, (0, -values.size % factor))
            return np.asarray(padded.reshape(-1, factor).sum(axis=1))

        return Boxes(
            together(self.net),
            together(self.raw),
            together(self.unsure),
            self.start_ns,
            self.channel_ns * factor,
        )


@dataclass(frozen=True)
class Prompt:
    """A response without its background: the ``peak``, and what else there is, ``slow`` or ``None``.

    ``background`` is in counts per channel; ``fwhm_ns`` that of the peak.
    """

    peak: Boxes
    slow: Boxes | None
    background: float
    fwhm_ns: float
    counted: bool

    @property
    def channel_ns(self) -> float:
        return self.peak.channel_ns

    @property
    def counts(self) -> float:
        """Counts above background."""
        return float(self.peak.net.sum()) + (0.0 if self.slow is None else float(self.slow.net.sum()))

    @property
    def centre_ns(self) -> float:
        """The time before which half of the peak lies."""
        rising = np.cumsum(self.peak.net)
        return self.peak.start_ns + self.channel_ns * (int(np.searchsorted(rising, rising[-1] / 2)) + 0.5)

    def described(self) -> str:
        """What it is, for the method line."""
        noise = f"{self.counts:.0f} counts" if self.counted else "taken as free of noise"
        slow = (
            ""
            if self.slow is None
            else f", {100 * float(self.slow.net.sum()) / self.counts:.2g} % of it outside the peak"
        )
        return (
            f"measured response ({noise}, FWHM {self.fwhm_ns:.3g} ns{slow}, "
            f"background {self.background:.3g} per channel removed)"
        )


def prompt(y: Array, start_ns: float, channel_ns: float, *, counted: bool, where: str = "") -> Prompt:
    """Prepare a measured response ``y`` of shape (n,), whose first channel begins at ``start_ns``.

    Raises
    ------
    InputError
        If it has no peak that stands above its background.
    """
    peak = int(np.argmax(y))
    # The median of block means finds the background also when most channels hold no count at all.
    block = max(1, y.size // 64)
    means = y[: y.size // block * block].reshape(-1, block).mean(axis=1)
    background = float(np.median(means)) if means.size >= 8 else float(np.min(y))
    half = background + (y[peak] - background) / 2
    if y[peak] <= background + 5 * math.sqrt(background + 1e-300):
        raise InputError(
            "the instrument response has no peak", where or None, remedy="give the file of the prompt"
        )
    low, high = _run(y > half, peak)
    fwhm = _crossing(y, high, half, +1) - _crossing(y, low, half, -1)
    width = max(3, round(fwhm / 2))
    smooth = np.convolve(y, np.full(width, 1.0 / width), mode="same")
    # Kept as long as it stands three standard errors above the background, whatever is lower is noise.
    floor = background + (3 * math.sqrt(max(background, 1.0 / width) / width) if counted else 1e-6 * y[peak])
    first, last = _run(smooth > floor, peak)
    first, last = max(0, first - width), min(y.size - 1, last + width)
    kept = slice(first, last + 1)
    level = None
    if counted:
        found = _slow_part(y, kept)
        if found is not None:
            level, background = found
    net = y[kept] - background
    second = _second_difference(net)
    if fwhm >= SHARP_CHANNELS:
        # at most half of a channel's counts, so that noise at the foot cannot turn it negative
        net -= np.minimum(second / 12, 0.5 * np.maximum(net, 0.0))
        unsure = _second_difference(second) / 90
    else:
        unsure = second / 12
    raw: Array = y[kept].copy() if counted else np.zeros(net.size)
    slow = None
    if level is not None:
        late = level - background
        late[kept] = 0.0
        level[kept] = 0.0
        slow = Boxes(late, level, np.zeros(level.size), start_ns, channel_ns)
    return Prompt(
        peak=Boxes(net, raw, unsure, start_ns + first * channel_ns, channel_ns),
        slow=slow,
        background=background,
        fwhm_ns=fwhm * channel_ns,
        counted=counted,
    )


def _slow_part(y: Array, peak: slice) -> tuple[Array, float] | None:
    """What the response shows outside its peak, averaged over blocks, and the flat background below it.

    Detectors pulse again for a hundred nanoseconds, reflections arrive late: 0.3 % of the counts, but
    as much as the background of a good measurement.  ``None`` where the rest is flat.
    """
    from scipy.special import chdtrc

    level = np.zeros(y.size)
    rates: list[float] = []
    misfit, blocks = 0.0, 0
    outside = np.ones(y.size, dtype=np.bool_)
    outside[peak] = False
    mean = float(y[outside].mean()) if outside.any() else 0.0
    for low, high in ((0, peak.start), (peak.stop, y.size)):
        if high - low < 8 or mean == 0:
            continue
        summed = np.cumsum(y[low:high])
        length = max(4, (high - low) // 64)
        edges = [0]
        while edges[-1] < high - low:
            before = summed[edges[-1] - 1] if edges[-1] else 0.0
            enough = int(np.searchsorted(summed, before + BLOCK_COUNTS)) + 1
            edges.append(min(max(enough, edges[-1] + length), high - low))
        if len(edges) > 2 and edges[-1] - edges[-2] < length:
            del edges[-2]
        for a, b in pairwise(edges):
            count = float(y[low + a : low + b].sum())
            level[low + a : low + b] = count / (b - a)
            rates.append(count / (b - a))
            misfit += (count - mean * (b - a)) ** 2 / (mean * (b - a))
            blocks += 1
    if blocks < 3 or chdtrc(blocks - 1, misfit) > 1e-4:
        return None
    return level, min(rates)


def _second_difference(y: Array) -> Array:
    return np.diff(np.concatenate(([0.0], y, [0.0])), 2)


def _run(mask: NDArray[np.bool_], inside: int) -> tuple[int, int]:
    """First and last index of the run of true values around ``inside``."""
    holes = np.flatnonzero(~mask)
    at = int(np.searchsorted(holes, inside))
    low = int(holes[at - 1]) + 1 if at > 0 else 0
    high = int(holes[at]) - 1 if at < holes.size else mask.size - 1
    return min(low, inside), max(high, inside)


def _crossing(y: Array, edge: int, half: float, side: int) -> float:
    """Where ``y`` crosses ``half`` beyond channel ``edge``, in channels, by linear interpolation."""
    beyond = edge + side
    if not 0 <= beyond < y.size:
        return float(edge)
    fall = y[edge] - y[beyond]
    return edge + side * float((y[edge] - half) / fall) if fall > 0 else float(edge)
