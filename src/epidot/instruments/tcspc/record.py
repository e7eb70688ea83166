"""From a signal to the channels a fit works on: period, window, dead ends, binning, live share."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tcspc.counting import counts_of, live_share
from epidot.instruments.tcspc.response import Array
from epidot.signal import Signal
from epidot.signal.poisson import residuals

MOST_BINS = 8192  # finer channels are put together to at most this many
_NO_PERIOD = "give the option period: the time between pulses in ns, or none for a single pulse"

_ROUNDED = 0.05  # of a channel: times in a text are rounded, and so is the width that follows from them


@dataclass(frozen=True)
class Record:
    """Counts ``y`` (n,) in bins between ``edges`` (n + 1,) in ns, each of ``bin`` channels.

    ``counted`` is false where the values are only proportional to counts; ``open_share`` (n,) is the
    share of excitations for which the counter was still free, ``None`` where the measuring time is not known;
    ``live`` is the same where the model is to be multiplied by it, and
    ``pileup`` says how it stands.
    """

    y: Array
    edges: Array
    channel_ns: float
    bin: int
    period_ns: float
    counted: bool
    live: Array | None = None
    open_share: Array | None = None
    pileup: str = ""
    warnings: tuple[str, ...] = ()
    notes: dict[str, float | int | str | list[float]] = field(default_factory=dict)


def period(given: float | str | None, signal: Signal) -> float:
    """The repetition period in ns, ``inf`` for a single pulse.

    Raises
    ------
    InputError
        If neither the option nor the file says it, or it cannot be read.
    """
    if given is None:
        stored = signal.meta.get("period_ns")
        if stored is None:
            raise InputError(
                "the repetition period is not known and is never assumed",
                signal.source or None,
                remedy=_NO_PERIOD,
            )
        return math.inf if stored == "none" else float(stored)
    return read_period(given)


def read_period(given: float | str) -> float:
    """The period meant by an option: ``1000``, ``"1000 ns"``, ``"1 MHz"`` or ``"none"``."""
    from epidot import units

    text = str(given).strip()
    if text.lower() in ("none", "single", "inf"):
        return math.inf
    value: float
    try:
        value = float(text)
    except ValueError:
        if re.search(r"[A-Za-z]*Hz\s*$", text):
            hertz = units.parse(text, "frequency")
            value = 1e9 / hertz if hertz else math.nan
        elif re.search(r"s\s*$", text):
            value = units.parse(text, "time") * 1e9
        else:
            value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise InputError("not a repetition period", seen=str(given), remedy=_NO_PERIOD)
    return value


def channel_width(signal: Signal) -> float:
    """Width of the channels in ns.

    Raises
    ------
    InputError
        If there are too few or they are not of equal width.
    """
    x = signal.x
    if x.size < 16:
        raise InputError("too few channels for a decay", signal.source or None, seen=f"{x.size} channels")
    stored = signal.meta.get("channel_ns")
    width = float(stored) if stored is not None else float(x[-1] - x[0]) / (x.size - 1)
    off = np.abs(x - (x[0] + width * np.arange(x.size)))
    if width <= 0 or float(off.max()) > 0.3 * width:
        at = int(np.argmax(off))
        raise InputError(
            "the channels are not evenly spaced",
            signal.source or None,
            seen=f"{x[at]:g} ns where {x[0] + width * at:g} ns was expected",
            remedy="give the histogram as recorded, with every channel",
        )
    return width


def record(
    signal: Signal,
    period_ns: float,
    *,
    start_ns: float | None = None,
    stop_ns: float | None = None,
    bin: int | None = None,
    correct_pileup: bool = False,
) -> Record:
    """The channels of ``signal`` that a fit may use.

    Raises
    ------
    InputError
        If too little is left between ``start_ns`` and ``stop_ns``, or pile-up cannot be corrected.
    """
    width = channel_width(signal)
    y, counted, said = counts_of(signal)
    warnings = list(said)
    share, pileup, more = live_share(signal, y, period_ns, correct_pileup)
    warnings += more
    origin = float(signal.x[0])
    first, last = 0, y.size
    if math.isfinite(period_ns):
        within = math.floor(period_ns / width + _ROUNDED)
        if within < last:
            beyond = float(y[within:].sum())
            _refuse_short_period(y, within, period_ns, width, signal.source)
            last = within
            lost = y.size - within
            warnings.append(
                f"the record is longer than the period of {period_ns:.6g} ns: {lost} channel"
                f"{'' if lost == 1 else 's'} with {beyond:.0f} counts beyond it were left out"
            )
    dead_low, dead_high = _dead_ends(y[first:last])
    if dead_low or dead_high:
        warnings.append(
            f"channels without any count at the {_ends(dead_low, dead_high)} of the record were left out: "
            "the counter was not open there"
        )
        first, last = first + dead_low, last - dead_high
    if start_ns is not None:
        first = max(first, math.ceil((start_ns - origin) / width - 1e-6))
    if stop_ns is not None:
        last = min(last, math.floor((stop_ns - origin) / width + 1e-6))
    if last - first < 16:
        raise InputError(
            "fewer than 16 channels between start and stop",
            signal.source or None,
            seen=f"{start_ns} to {stop_ns} ns",
            remedy=f"the record runs from {origin:g} to {origin + width * y.size:g} ns",
        )
    factor = bin if bin is not None else 1 << max(0, math.ceil(math.log2((last - first) / MOST_BINS)))
    n = (last - first) // factor
    if n < 16:
        raise InputError("fewer than 16 bins are left", seen=f"bin {factor}", remedy="give a smaller bin")
    last = first + n * factor
    notes: dict[str, float | int | str | list[float]] = {
        "channel_ns": width,
        "channels_per_bin": factor,
        "period_ns": period_ns if math.isfinite(period_ns) else "none",
        "window_ns": [origin + width * first, origin + width * last],
        "counts": float(y[first:last].sum()),
    }
    open_share = None if share is None else share[first:last].reshape(n, factor).mean(axis=1)
    return Record(
        y=y[first:last].reshape(n, factor).sum(axis=1),
        edges=origin + width * (first + factor * np.arange(n + 1, dtype=np.float64)),
        channel_ns=width,
        bin=factor,
        period_ns=period_ns,
        counted=counted,
        live=open_share if correct_pileup else None,
        open_share=open_share,
        pileup=pileup,
        warnings=tuple(warnings),
        notes=notes,
    )


# Standard errors (root of the Poisson deviance) by which the fullest stretch of channels must stand out: of
# all stretches of a dark record of 4,096 channels chance alone gives 4.5 in one of a hundred.
_STANDS_OUT = 5.5


def refuse_flat(of: Record, where: str) -> None:
    """Refuse counts that nowhere stand out from a constant: a fit would make a decay of the noise.

    Raises
    ------
    InputError
        Naming the counts.
    """
    y, mean = of.y, float(of.y.mean())
    if not of.counted or mean <= 0:
        return
    total = np.concatenate([[0.0], np.cumsum(y)])
    best = 0.0
    for length in 2 ** np.arange(math.floor(math.log2(y.size))):
        stretch = total[length:] - total[:-length]
        most, expected = np.array([stretch.max()]), np.array([length * mean])
        best = max(best, -float(residuals(most, expected)[0][0]))
    if best < _STANDS_OUT:
        raise InputError(
            "there is no decay above the background",
            where or None,
            seen=f"{total[-1]:.0f} counts, {mean:.3g} in a channel everywhere",
            remedy="is this the dark record, or is start_ns after the decay?",
        )


_BY_CHANCE = 1e-6  # probability of as many equal maxima by counting noise, below which they are a full scale


def refuse_clipped(of: Record, where: str) -> None:
    """Refuse counts that stand at the full scale of the counter.

    Noise of √N makes the maximum stand there several times only by chance: of the T channels within three
    errors of it, T/√(2πN) on average.

    Raises
    ------
    InputError
        Naming the value and how often it stands there.
    """
    from scipy.special import pdtrc

    y, top = of.y, float(of.y.max())
    if not of.counted or top < 1:
        return
    equal, near = int(np.sum(y == top)), int(np.sum(y >= top - 3 * math.sqrt(top)))
    if equal > 3 and pdtrc(equal - 2, near / math.sqrt(2 * math.pi * top)) < _BY_CHANCE:
        raise InputError(
            "the counts are clipped at the full scale of the counter",
            where or None,
            seen=f"{top:.0f} counts in {equal} channels, none above",
            remedy="measure for a shorter time, or fit the tail behind them (option start_ns)",
        )


_LOST = 0.01  # more counts than this share beyond one period must have a reason


def _refuse_short_period(y: Array, within: int, period_ns: float, width: float, where: str) -> None:
    """A decay cannot go on beyond the pulse that follows it: then the period is not that of the record.

    Some counters show several periods; then the next pulse rises in the record, at the same phase.
    """
    total, level = float(y.sum()), float(np.median(np.sort(y)[: max(1, y.size // 10)]))
    beyond = float(y[within:].sum()) - level * (y.size - within)
    if beyond <= max(_LOST * total, 6 * math.sqrt(max(total, 1.0))):
        return
    again = y[within : 2 * within]
    peak = int(np.argmax(again))
    before = float(again[: max(1, peak // 2)].mean()) if peak else float(again[0])
    if float(again[peak]) > 2 * before and abs(peak - int(np.argmax(y[:within]))) <= 0.05 * within + 2:
        return
    raise InputError(
        "the period is shorter than the record, and the decay goes on beyond it",
        where or None,
        seen=f"{period_ns:.6g} ns; the record has {y.size * width:.6g} ns, "
        f"{beyond / total:.0%} of the counts beyond the period",
        remedy="give the laser's real repetition period",
    )


def _ends(low: int, high: int) -> str:
    return "start and end" if low and high else "start" if low else "end"


def _dead_ends(y: Array) -> tuple[int, int]:
    """Channels at both ends that are empty although their neighbours leave no doubt they should not be."""
    some = np.flatnonzero(y)
    if some.size == 0:
        return 0, 0
    low, high = int(some[0]), int(y.size - 1 - some[-1])

    def doubtless(length: int, beside: Array) -> bool:
        return length > 0 and float(beside.mean()) * length > 30.0

    reach = max(16, y.size // 40)
    at_low = doubtless(low, y[low : low + reach])
    at_high = doubtless(high, y[y.size - high - reach : y.size - high])
    # Empty channels before a steep rise are what a clean prompt leaves: no background, not no counter.
    if at_low and float(y[low : low + 3].sum()) < 0.2 * float(y[low : low + reach].sum()) * 3 / reach:
        at_low = False
    if at_low and int(np.argmax(y)) < low + reach:
        at_low = False
    return (low if at_low else 0, high if at_high else 0)
