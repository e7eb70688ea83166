"""A band that stands on something: a level, a slope, light of the excitation.

Half of a maximum counted from zero is then too low, and the width too large.  Shape and background are
fitted together (:mod:`epidot.instruments.pl.candidates`): wide wings and a level look alike, so every shape
that is to be believed says what lies under the band, and the band is read off the rest.  That there is
nothing is one more answer, with a free value less than a level.  What the answers say differently, and what
each of them leaves open, is in the errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.pl.apart import unfitted_level
from epidot.instruments.pl.band import Band, Value, find_band, reach
from epidot.instruments.pl.candidates import NO_OPTIMUM, Trial, left_over, on_a_slope, tried
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.degrees import COUNTED, DOUBTED, averaged

Array = NDArray[np.float64]

_SHOWN = 0.01  # of the height: a lower pedestal is told only where it matters
_MATTERS = 0.25  # of an error: a level that moves no value by more may stay
_POSSIBLE = 2.0  # in units of the noise of the smoothed curve
_RISES = 7.0  # in units of that noise: the highest of some tens of readings stands 4 to 5 above the lowest
_UNDER = 0.03  # of the height: what is lower may be the band's own flank
_STEEPER = 1.5  # what lies under the red side, in units of that under the blue one
_MISFIT, _SHARE = 3.0, 0.01  # residuals so many times the noise, and so large a share of the band's height
_TOLD = 0.5  # of an error: a low background that moves the width by more is told
_OPEN = 1.7  # times the error: what is open about the background is told if it widens that of the width so
_VALUES = ("peak_nm", "peak_eV", "fwhm_nm", "fwhm_eV")


@dataclass(frozen=True)
class Bare:
    """A band without what it stands on, and what is to be ``said`` of that, if anything.

    ``taken_off`` if there clearly is something that matters.
    """

    band: Band
    said: str
    taken_off: bool


def stands(shape: Array, top: int, level: float, band: Band, noise: Noise) -> bool:
    """Whether something may lie under the ``band`` that moves it, or the curve rises again beside it.

    So much may lie there as the smoothed curve (n,) is high where it is lowest on a side, and as its noise
    ``level`` leaves possible.  A flank cut off above half of the maximum says nothing.
    """
    height = float(shape[top])
    for side in (shape[top::-1], shape[top:]):  # from the band outwards
        if _rises(side, level):
            return True
        least = max(float(np.min(side)), 0.0) + _POSSIBLE * level
        if least < height / 2:
            moved = _moved_by(band, noise, least)
            errors = {name: getattr(band, name) for name in moved if name in _VALUES}
            if any(v is not None and moved[n] > _MATTERS * v.sigma for n, v in errors.items()):
                return True
    return False


def _moved_by(band: Band, noise: Noise, level: float) -> dict[str, float]:
    """By how much a ``level`` under it moves every value of a band, to first order."""
    under = level * noise.kept(band.part).weighted(np.ones(band.part.stop - band.part.start))
    return {name: abs(float(one @ under)) for name, one in band.responses.items()}


def _rises(side: Array, level: float) -> bool:
    """Whether a curve (n,) rises again towards its end, by more than its noise ``level`` makes."""
    ends = max(3, side.size // 20)
    return float(np.mean(side[-ends:])) - float(np.min(side)) > _RISES * level


def beyond(signal: Signal, shape: Array, top: int, noise: Noise, stood: bool) -> str:
    """What the red side of a spectrum says of another band there; empty if nothing.

    ``shape`` (n,) is the curve smoothed, only to find the lowest place; ``stood`` if the band stands on a
    background.  An instrument's own level is alike on both sides, and light of the excitation falls off from
    the blue.
    """
    x, y, height = signal.x, signal.y, float(shape[top])
    wide = max(5, x.size // 25)
    least = top + int(np.argmin(shape[top:]))
    # Means of readings: a smoothed curve is far noisier at its ends than elsewhere.
    first = min(max(least - wide // 2, 0), max(x.size - wide, 0))
    low, blue, red = (float(np.mean(part)) for part in (y[first : first + wide], y[:wide], y[-wide:]))
    level = noise.level(y) * noise.through(np.full(wide, 1.0 / wide))
    rise = red - low
    if rise > max(_RISES * level, _SHOWN * height):
        return (
            f"the signal rises again to the red of {x[least]:.0f} nm, to {red / height:.0%} of the maximum "
            f"at {x[-1]:.0f} nm: something else emits there, its maximum outside the range (traps look like "
            "that); scan further to measure it"
        )
    if stood and red > _STEEPER * max(blue, 0.0) and red > max(_UNDER * height, _RISES * level):
        return (
            f"what lies beside the band is higher on the red side ({red / height:.1%} of the maximum "
            f"at {x[-1]:.0f} nm, {blue / height:.1%} at {x[0]:.0f} nm): no level of the instrument, but a "
            "tail of the band or the foot of another further red (as of traps); the range cannot tell which"
        )
    return ""


def without(
    signal: Signal,
    noise: Noise,
    shape: Array,
    top: int,
    level: float,
    raw: Band,
    density: str,
) -> Bare | str | None:
    """The band without what it stands on; ``level`` as in :func:`stands`.

    ``raw`` is the band as read with it.

    ``None`` if nothing is seen under the band; a text says why that cannot be told.
    """
    every = tried(signal, noise, [float(signal.x[top])], 1)
    trials = [t for t in every if t.weight > 0]
    if not trials[0].fit.optimal:
        return f"{NO_OPTIMUM} of band and background: what the band stands on is unknown"
    times, left = left_over(signal, noise, trials[0])
    undescribed = on_a_slope(signal, [float(signal.x[top])]) and times > _MISFIT and left > _SHARE
    low, high = reach(shape, top, 0.5 * float(shape[top]))
    at = signal.x[[top, low, high]]
    aside = unfitted_level(signal, noise, trials[0].fit)
    spread = np.hypot(np.array([_doubt(signal, noise, t, at) for t in trials]), aside)
    there, nothing = _shares(signal, trials, spread[:, 0])
    under = np.array([t.fit.background(at) for t in trials])
    found, weights = [], []
    for trial, weight, error in zip(trials, there, spread[:, 0], strict=True):
        one = _read(signal, noise, shape, trial, error, density) if weight > 0 else None
        if one is not None:
            found.append((trial, *one))
            weights.append(weight)
    if not found and not nothing:
        return "no maximum is left where the background is taken off"
    if not found:
        return None
    believed = np.array([*weights, nothing]) / (sum(weights) + nothing)
    best, band = found[0][0], found[0][1]
    values: dict[str, Value | None] = {}
    for name in _VALUES:
        as_read = getattr(raw, name)
        each = [(getattr(one, name), moved.get(name, 0.0)) for _, one, moved in found]
        each += [(as_read, 0.0)] if nothing else []
        if any(v is None for v, _ in each):
            values[name] = None
            continue
        errors = [math.hypot(v.sigma, moved) for v, moved in each]
        shares = believed[: len(each)].tolist()
        value, error_of_it = averaged([v.value for v, _ in each], errors, shares)
        if undescribed:  # no background is believed: what taking it off moves is in doubt
            if as_read is None:
                values[name] = None
                continue
            error_of_it = math.hypot(error_of_it, value - as_read.value)
        values[name] = Value(value, error_of_it)
    peak_nm, peak_eV = values["peak_nm"], values["peak_eV"]
    if peak_nm is None or peak_eV is None:
        return "no maximum is left where the background is taken off"
    bare = replace(
        raw if nothing > 0.5 else band,
        peak_nm=peak_nm,
        peak_eV=peak_eV,
        fwhm_nm=values["fwhm_nm"],
        fwhm_eV=values["fwhm_eV"],
    )
    mean = there @ under
    error = there @ np.hypot(spread, under - mean)
    height = float(shape[top]) - float(mean[0])
    slopes = _rises(shape[top::-1], level) or _rises(shape[top:], level)
    clear = mean > 2 * error
    high_enough = mean > (0.0 if slopes else _SHOWN * height)
    moved, wider = _changed(raw, bare)
    if undescribed or np.any(clear & (high_enough | (moved > _TOLD))):
        said = (
            f"the band stands on a background of {float(np.max(mean)) / height:.1%} of its height; it was "
            f"taken off by a fit of band and background together ({best.words}, and what is as likely), and "
            "its doubt is in the errors (option baseline=offset or linear for another)"
        )
        if undescribed:
            said += (
                f"; but no background tried describes the slope (what is left is {times:.0f} times the "
                "noise): what taking it off moves is in the errors too: narrow the window, or subtract the "
                "slope first"
            )
        return Bare(bare, said, taken_off=True)
    said = ""
    if wider > _OPEN:
        most = float(np.max(np.maximum(mean, 0.0) + error)) / height
        said = (
            f"whether the band has wings or stands on a background, of {most:.1%} of its height or so, these "
            f"readings leave open; that makes its width {wider:.1f} times as uncertain (a wider range would "
            "tell, or a spectrum of the solvent alone taken off)"
        )
    return Bare(bare, said, taken_off=False)


def _shares(signal: Signal, trials: Sequence[Trial], errors: Array) -> tuple[Array, float]:
    """Weights (n,) of what every trial says of the background, and that of there being nothing.

    Every trial over a level is one of the same shape over nothing too: a free value less, and as much more
    left over as the level is away from 0, in its ``errors`` (n,).  Counts stand on no level below 0.
    """
    there = np.array([t.weight for t in trials])
    nothing = np.zeros(there.size)
    for k, (trial, error) in enumerate(zip(trials, errors, strict=True)):
        if trial.fit.under == "level":
            level = float(trial.fit.values[-1])
            nothing[k] = there[k] * math.exp(0.5 * (COUNTED - min((level / max(error, 1e-300)) ** 2, 1e3)))
            if level < 0 and signal.kind != "analog":
                there[k] = 0.0
    total = float(np.sum(there) + np.sum(nothing))
    without_any = float(np.sum(nothing)) / total
    return there / total, without_any if without_any > DOUBTED else 0.0


def _changed(raw: Band, bare: Band) -> tuple[float, float]:
    """By how many of its errors as read the width moves, and how many times as large its error becomes."""
    if raw.fwhm_nm is None or bare.fwhm_nm is None:
        return 0.0, 1.0
    error = max(raw.fwhm_nm.sigma, 1e-300)
    return abs(raw.fwhm_nm.value - bare.fwhm_nm.value) / error, bare.fwhm_nm.sigma / error


def _doubt(signal: Signal, noise: Noise, trial: Trial, at: Array) -> Array:
    """Standard errors (m,) of the background of a trial at some places (m,)."""
    design = noise.weighted(trial.fit.design(signal.x))
    left = noise.weighted(signal.y - trial.fit.curve(signal.x))
    answers = noise.answers(design) * math.sqrt(local.believed(noise, left, design))
    columns = trial.fit.design(at)
    columns[:, : trial.fit.beside] = 0.0
    return np.asarray(np.linalg.norm(columns @ answers, axis=1))


def _read(
    signal: Signal, noise: Noise, shape: Array, trial: Trial, error: float, density: str
) -> tuple[Band, dict[str, float]] | None:
    """The band over a trial's background, and what the ``error`` of that moves every value by."""
    under = trial.fit.background(signal.x)
    top = int(np.argmax(trial.fit.alone(signal.x, 0)))  # a slope moves the maximum of the sum
    band = find_band(signal.x, signal.y - under, noise, shape - under, top, density)
    if band is None:
        return None
    return band, _moved_by(band, noise, error)
