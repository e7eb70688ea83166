"""A band that stands on something: a level, a slope, light of the excitation.

Half of a maximum counted from zero is then too low, and the width too large.  Shape and background are
fitted together (:mod:`epidot.instruments.pl.candidates`): wide wings and a level look alike, so every shape
that is to be believed says what lies under the band, and the band is read off the rest.  What they say
differently, and what each of them leaves open, is in the errors.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.pl.band import Band, Value, find_band, reach
from epidot.instruments.pl.candidates import NO_OPTIMUM, Trial, on_a_slope, tried
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.degrees import averaged

Array = NDArray[np.float64]

_SHOWN = 0.01  # of the height: a lower pedestal moves no width by more than its error
_SEEN = 5.0  # and in units of the noise of the smoothed curve
_RISES = 7.0  # in units of that noise: the highest of some tens of readings stands 4 to 5 above the lowest
_UNDER = 0.03  # of the height: what is lower may be the band's own flank
_STEEPER = 1.5  # what lies under the red side, in units of that under the blue one
_MISFIT, _SHARE = 3.0, 0.01  # residuals so many times the noise, and so large a share of the band's height
_VALUES = ("peak_nm", "peak_eV", "fwhm_nm", "fwhm_eV")


def stands(shape: Array, top: int, level: float) -> bool:
    """Whether the smoothed curve (n,) does not come down to zero beside its maximum ``top``, or rises again.

    ``level`` is the noise of that curve.  A flank cut off above half of the maximum says nothing.
    """
    height = float(shape[top])
    least = max(_SHOWN * height, _SEEN * level)
    for side in (shape[top::-1], shape[top:]):  # from the band outwards
        if least < float(np.min(side)) < height / 2 or _rises(side, level):
            return True
    return False


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
) -> tuple[Band, str] | str | None:
    """The band without what it stands on, and a warning that says so; ``level`` as in :func:`stands`.

    ``raw`` is the band as read with it.

    ``None`` if no background is told apart from the wings of the band; a text says why that cannot be told.
    """
    every = tried(signal, noise, [float(signal.x[top])], 1)
    trials = [t for t in every if t.weight > 0]
    if not trials[0].fit.optimal:
        return f"{NO_OPTIMUM} of band and background: what the band stands on is unknown"
    times, left = _left(signal, noise, trials[0])
    undescribed = on_a_slope(signal, [float(signal.x[top])]) and times > _MISFIT and left > _SHARE
    low, high = reach(shape, top, 0.5 * float(shape[top]))
    at = signal.x[[top, low, high]]
    weights = np.array([t.weight for t in trials])
    under = np.array([t.fit.background(at) for t in trials])
    spread = np.array([_doubt(signal, noise, t, at) for t in trials])
    mean = weights @ under
    error = weights @ np.hypot(spread, under - mean)
    height = float(shape[top]) - float(mean[0])
    slopes = _rises(shape[top::-1], level) or _rises(shape[top:], level)
    if not np.any(mean > np.maximum(0.0 if slopes else _SHOWN * height, 2 * error)):
        return None
    seen = [_read(signal, noise, shape, t, e, density) for t, e in zip(trials, spread[:, 0], strict=True)]
    found = [(t, *one) for t, one in zip(trials, seen, strict=True) if one is not None]
    if not found:
        return "no maximum is left where the background is taken off"
    weights = np.array([t.weight for t, *_ in found])
    weights /= weights.sum()
    best, band = found[0][0], found[0][1]
    values: dict[str, Value | None] = {}
    for name in _VALUES:
        each = [(getattr(one, name), moved.get(name, 0.0)) for _, one, moved in found]
        if any(v is None for v, _ in each):
            values[name] = None
            continue
        errors = [math.hypot(v.sigma, moved) for v, moved in each]
        value, error_of_it = averaged([v.value for v, _ in each], errors, weights.tolist())
        as_read = getattr(raw, name)
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
        band, peak_nm=peak_nm, peak_eV=peak_eV, fwhm_nm=values["fwhm_nm"], fwhm_eV=values["fwhm_eV"]
    )
    share = float(np.max(mean)) / height
    said = (
        f"the band stands on a background of {share:.1%} of its height; it was taken off by a fit of "
        f"band and background together ({best.words}, and what is as likely), and its doubt is in the errors "
        "(option baseline=offset or linear for another)"
    )
    if undescribed:
        said += (
            f"; but no background tried describes the slope (what is left is {times:.0f} times the noise): "
            "what taking it off moves is in the errors too: narrow the window, or subtract the slope first"
        )
    return bare, said


def _left(signal: Signal, noise: Noise, trial: Trial) -> tuple[float, float]:
    """What a trial leaves, root mean square: in units of the noise, and in parts of the band's height."""
    off = signal.y - trial.fit.curve(signal.x)
    level = noise.level(signal.y) if noise.sigma is None else noise.sigma
    height = float(np.max(trial.fit.bands[:, 0]))
    return float(np.sqrt(np.mean((off / level) ** 2))), float(np.sqrt(np.mean(off**2))) / max(height, 1e-300)


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
    """The band over a trial's background, and what the ``error`` of that moves every value by.

    To first order, by how the values answer to the readings.
    """
    under = trial.fit.background(signal.x)
    top = int(np.argmax(trial.fit.alone(signal.x, 0)))  # a slope moves the maximum of the sum
    band = find_band(signal.x, signal.y - under, noise, shape - under, top, density)
    if band is None:
        return None
    level = error * noise.kept(band.part).weighted(np.ones(len(signal))[band.part])
    return band, {name: abs(float(one @ level)) for name, one in band.responses.items()}
