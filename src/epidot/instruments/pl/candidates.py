"""Shapes and backgrounds fitted to emission bands, and how much each of them is to be believed.

Every law of :mod:`epidot.instruments.pl.laws` is fitted, the background under it by those of
:mod:`epidot.instruments.pl.background` that the readings ask for.  On a slope (a band beyond the range, light
of the excitation) the search begins with a background, else without.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.banded import numbered
from epidot.instruments.pl.background import BENT
from epidot.instruments.pl.background import LAWS as UNDER
from epidot.instruments.pl.laws import GAUSSIAN, IN_NM, SKEWED, SPLIT, TAILED, VOIGT, Shape
from epidot.instruments.pl.shapes import Sum
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.degrees import COUNTED, likely
from epidot.signal.fitting import Free
from epidot.signal.optimum import quickest

Array = NDArray[np.float64]

_WIDTHS = (1.0, 0.6, 1.7)  # the search begins with these multiples of the widths seen
_NEW = 0.06  # standard deviation / eV with which one more band begins
_SAME = 1e-3  # of the noise's variance
_ROUNDING = 1e-12  # of the mean square of the readings: no noise is less
_HOPED = 0.7  # of what more free values must take off: what a first order promises less of is not tried
_WELL = 1e-6  # of a column that is not in the others
_SLOPE = 0.3  # of a band's height above the valley beside it: so far the curve rises again to an end
_BEGUN_EV = (0.035, 0.06, 0.1)  # standard deviations with which bands on slopes begin
_STARTS, _FOLLOWED = 2, 3  # so many starts over a background; of so many backgrounds all shapes are tried
# What bends or comes from both ends is tried where something simpler was of use.
_AFTER: dict[str, tuple[str, ...]] = {
    "line": (),
    "tail": (),
    "foot": (),
    "flank": ("tail",),
    "red flank": ("foot",),
    "both ends": ("tail", "flank", "foot", "red flank"),
}
NO_OPTIMUM = "no shape tried came to an optimum inside the bounds of its search, in the fit"


@dataclass(frozen=True)
class Trial:
    """One shape fitted: the sum of squares it leaves in units of the noise, its free values, its weight."""

    fit: Sum
    deviance: float
    free: int
    weight: float = 0.0

    @property
    def words(self) -> str:
        """Shape and background."""
        return self.fit.shape.words + (
            "" if self.fit.under == "level" else f", {UNDER[self.fit.under].words}"
        )


def tried(signal: Signal, noise: Noise, places: Sequence[float], number: int) -> list[Trial]:
    """Every shape fitted to ``number`` bands, the likeliest first; those not to be believed weigh nothing."""
    if on_a_slope(signal, places):
        return _tried_on_slopes(signal, noise, places, number)
    first, free = gaussians(signal, noise, places, number)
    fits = _of_every_shape(signal, noise, first, free)
    best = _weighed(signal, noise, fits)[0]
    for under, after_these in _AFTER.items():
        if after_these and best.fit.under not in after_these:
            continue
        begun = _worth(signal, noise, best, under)
        if begun is None:
            continue
        found = other(signal, noise, best.fit, free, best.fit.shape, under, begun)
        seen = _weighed(signal, noise, [*fits, found])
        if seen[0].fit is found:
            shapes = [one for one in fits if one.under == "level" and one.shape is not found.shape]
            fits += [found, *(other(signal, noise, one, free, one.shape, under, begun) for one in shapes)]
            best = _weighed(signal, noise, fits)[0]
    return _weighed(signal, noise, fits)


def left_over(signal: Signal, noise: Noise, trial: Trial) -> tuple[float, float]:
    """What a trial leaves, root mean square: in units of the noise, and in parts of the highest band."""
    off = signal.y - trial.fit.curve(signal.x)
    level = noise.level(signal.y) if noise.sigma is None else noise.sigma
    height = float(np.max(trial.fit.bands[:, 0]))
    return float(np.sqrt(np.mean((off / level) ** 2))), float(np.sqrt(np.mean(off**2))) / max(height, 1e-300)


def _of_every_shape(
    signal: Signal, noise: Noise, first: Sum, free: Sequence[Free], under: str = "level"
) -> list[Sum]:
    """Bands of every shape, begun at ``first``, which are Gaussians over the same background."""
    begun = first.values[first.beside + 1 :].tolist()
    split = other(signal, noise, first, free, SPLIT, under, begun)
    fits = [first, split, other(signal, noise, first, free, IN_NM, under, begun)]
    begun = split.values[split.beside + 1 :].tolist()
    return fits + [other(signal, noise, split, free, s, under, begun) for s in (SKEWED, TAILED, VOIGT)]


def _worth(signal: Signal, noise: Noise, best: Trial, under: str) -> list[float] | None:
    """Where a search over another background begins; ``None`` if that cannot be worth its free values.

    To first order: by how much of what ``best`` leaves goes away with one more column.
    """
    design = noise.weighted(best.fit.design(signal.x))
    basis = np.linalg.qr(design[:, np.any(design != 0, axis=0)])[0]
    left = noise.weighted(signal.y - best.fit.curve(signal.x))
    unit = best.fit.cost / best.deviance if best.deviance > 0 else math.inf
    seen: list[tuple[float, list[float]]] = []
    law = UNDER[under]
    for own, columns in law.begun(signal.x, best.fit.span):
        columns = noise.weighted(columns)
        free = columns - basis @ (basis.T @ columns)
        size = np.sum(free**2, axis=0)
        if np.any(size <= _WELL * np.sum(columns**2, axis=0)):
            continue
        heights = np.linalg.lstsq(free, left, rcond=None)[0]
        if under == "line" or np.all(heights > 0):
            seen.append((float(np.sum((free @ heights) ** 2)), law.placed(heights.tolist(), own)))
    if not seen:
        return None
    gained, begun = max(seen)
    more = len(law.names) - len(UNDER[best.fit.under].names)
    return begun if gained > _HOPED * COUNTED * max(more, 1) * unit else None


def on_a_slope(signal: Signal, places: Sequence[float]) -> bool:
    """Whether the curve rises again from beside a band to an end, by a good part of the band's height.

    Its maximum is not the band's then.  ``places`` / nm are those of the bands.
    """
    even, smooth, _ = local.smoothed(signal.x, signal.y, 6.0)
    ends = max(3, even.size // 40)
    for place, side, end in (
        (min(places), slice(None, ends), 1),
        (max(places), slice(-ends, None), -1),
    ):
        at = int(np.argmin(np.abs(even - place)))
        beside = smooth[: at + 1] if end > 0 else smooth[at:]
        low = float(np.min(beside))
        if float(np.mean(smooth[side])) - low > _SLOPE * (float(smooth[at]) - low):
            return True
    return False


def _tried_on_slopes(signal: Signal, noise: Noise, places: Sequence[float], number: int) -> list[Trial]:
    """As :func:`tried` where a background rises over the bands: a search without it would go astray."""
    if len(places) < number:
        first, free = gaussians(signal, noise, places, number)
        places = [HC / float(band[1]) for band in first.bands]
    else:
        places = list(places)[:number]
        even, smooth, _ = local.smoothed(signal.x, signal.y, 6.0)
        free = _start(signal, even, smooth, places, 1.0)
    firsts = [
        _fit(signal, noise, limits, [np.array([f.start for f in one]) for one in more], GAUSSIAN, under)
        for under in UNDER
        for limits, *more in [_begun_on(signal, noise, free, places, under)]
    ]
    seen = _weighed(signal, noise, firsts)
    fits = list(firsts)
    for one in seen[:_FOLLOWED]:
        fits += _of_every_shape(signal, noise, one.fit, free, one.fit.under)[1:]
    return _weighed(signal, noise, fits)


def _begun_on(
    signal: Signal, noise: Noise, free: Sequence[Free], places: Sequence[float], under: str
) -> list[list[Free]]:
    """Parameters of Gaussians over a background, from the best of a coarse grid of widths and of its laws."""
    x, span = signal.x, (float(signal.x[0]), float(signal.x[-1]))
    law = UNDER[under]
    weighted = noise.weighted(signal.y)
    scale = float(np.max(np.abs(signal.y)))
    seen: list[tuple[float, list[float]]] = []
    for width in _BEGUN_EV:
        bands = [GAUSSIAN.law(HC / x, HC / place, width)[0] for place in places]
        fixed = noise.weighted(np.stack([*bands, np.ones(x.size)], axis=1))
        for own, more in law.begun(x, span):
            columns = np.concatenate([fixed, noise.weighted(more)], axis=1)
            found, *_ = np.linalg.lstsq(columns, weighted, rcond=None)
            heights = found[len(places) + 1 :]
            if np.any(found[: len(places)] <= 0) or (under != "line" and np.any(heights <= 0)):
                continue
            left = weighted - columns @ found
            values: list[float] = []
            for height, place in zip(found, places, strict=False):
                values += [float(height), HC / place, width]
            begun = [float(found[len(places)]), *law.placed(heights.tolist(), own)]
            seen.append((float(left @ left), [*values, *begun]))
    seen.sort()
    k = 3 * len(places) + 1
    out = []
    for _, values in seen[:_STARTS]:
        limits = [
            replace(f, start=float(np.clip(v, f.low, f.high))) for f, v in zip(free, values[:k], strict=True)
        ]
        out.append([*limits, *_background(signal, under, values[k:], 20 * scale)])
    return out or [[*free, *_background(signal, under, [], 20 * scale)]]


def _background(signal: Signal, under: str, begun: Sequence[float], most: float) -> list[Free]:
    """The values of a background beside its offset, and their search."""
    length, energies = float(np.ptp(signal.x)), float(np.ptp(HC / signal.x[[0, -1]]))
    high = float(np.max(np.abs(signal.y)))
    free = {
        "slope": Free("slope", signal.y_unit, 0.0, -most, most),
        "tail": Free("tail", signal.y_unit, 0.01 * high, 0.0, most, natural=True),
        "foot": Free("foot", signal.y_unit, 0.01 * high, 0.0, most, natural=True),
        "reach_nm": Free("reach_nm", "nm", min(20.0, length / 3), 2.0, 3 * length),
        "reach_eV": Free("reach_eV", "eV", energies / 3, 0.005, 10 * energies),
        "bend": Free("bend", "", 0.1, *BENT),
    }
    mine = [free[name] for name in UNDER[under].names[1:]]
    starts = [*begun, *(f.start for f in mine[len(begun) :])]
    return [replace(f, start=float(np.clip(v, f.low, f.high))) for f, v in zip(mine, starts, strict=True)]


def gaussians(signal: Signal, noise: Noise, places: Sequence[float], number: int) -> tuple[Sum, list[Free]]:
    """``number`` Gaussians over a level, begun at ``places`` / nm and then where most is left."""
    places = list(places)[:number]
    begun: list[Array] = []
    while len(places) < number:
        fewer = _gaussians(signal, noise, places, begun)[0]
        even, left, _ = local.smoothed(signal.x, signal.y - fewer.curve(signal.x), 10.0)
        at = int(np.argmax(left))
        places.append(float(even[at]))
        new = [max(float(left[at]), 1e-9 * float(np.max(signal.y))), HC / even[at], _NEW]
        begun = [np.concatenate([fewer.values[:-1], new, fewer.values[-1:]])]
    return _gaussians(signal, noise, places, begun, _WIDTHS)


def _weighed(signal: Signal, noise: Noise, fits: Sequence[Sum]) -> list[Trial]:
    """Fits by Akaike's weights; what stands at a bound is no free value.

    A law that ends at its bound as another one (a Voigt without Lorentzians, a tail of no height) is that
    one: counted twice it would weigh twice.
    """
    x = signal.x
    trials = [Trial(fit, fit.cost, fit.values.size - len(fit.held)) for fit in fits]
    best = min(trials, key=lambda t: t.deviance)
    design = noise.weighted(best.fit.design(x))
    left = noise.weighted(signal.y - best.fit.curve(x))
    answers = noise.answers(design)
    taken = float(np.sum((design @ answers) ** 2)) / design.shape[1]
    unit = local.believed(noise, left, design) * taken
    unit = max(unit, _ROUNDING * float(np.sum(noise.weighted(signal.y) ** 2)) / x.size)
    trials = [t for k, t in enumerate(trials) if not any(_same(t, other, unit) for other in trials[:k])]
    # An end that is no optimum is believed only where there is no other: what follows states no errors then.
    trials = [t for t in trials if t.fit.optimal] or trials
    weights = likely([t.deviance / unit for t in trials], [t.free for t in trials])
    trials = [
        replace(t, deviance=t.deviance / unit, weight=float(w)) for t, w in zip(trials, weights, strict=True)
    ]
    return sorted(trials, key=lambda t: t.deviance + COUNTED * t.free)


def _same(trial: Trial, other: Trial, unit: float) -> bool:
    """Whether a trial ended at its bounds as the other one."""
    alike = abs(trial.deviance - other.deviance) < _SAME * unit
    return bool(trial.fit.held) and trial.free == other.free and alike


def _gaussians(
    signal: Signal,
    noise: Noise,
    places: Sequence[float],
    begun: Sequence[Array],
    widths: Sequence[float] = _WIDTHS[:1],
) -> tuple[Sum, list[Free]]:
    """Gaussians over a level, and the limits of their search."""
    even, smooth, _ = local.smoothed(signal.x, signal.y, 6.0)
    free = [_start(signal, even, smooth, places, w) for w in widths]
    others = [np.array([f.start for f in one]) for one in free[1:]]
    return _fit(signal, noise, free[0], [*begun, *others], GAUSSIAN, "level"), free[0]


def other(
    signal: Signal,
    noise: Noise,
    fit: Sum,
    free: Sequence[Free],
    shape: Shape,
    under: str = "level",
    begun: Sequence[float] = (),
) -> Sum:
    """Another shape or background, the search beginning at ``fit``, that for the latter at ``begun``."""
    span = float(free[-1].high - free[-1].low)
    limits = [*after(fit, free, shape), *_background(signal, under, begun, 20 * span)]
    return _fit(signal, noise, limits, [], shape, under)


def after(fit: Sum, free: Sequence[Free], shape: Shape) -> list[Free]:
    """The parameters of bands of another ``shape`` over a level, the search for them beginning at ``fit``."""
    out: list[Free] = []
    for k, band in enumerate(fit.bands):
        width, side = fit.sides(k)
        begin = band[2:] if shape is fit.shape else shape.begun(width, side)
        out += [replace(free[3 * k + i], start=float(band[i])) for i in range(2)]
        mine: list[Free] = []
        for own, v in zip(shape.own, begin, strict=True):
            low, high = (own.low, own.high) if v >= 0 or own.signed else (-own.high, -own.low)
            domain = (own.low if own.signed else -own.high, own.high)
            natural = own.natural and v >= 0
            mine.append(Free(own.name, own.unit, float(v), low, high, natural, domain))
        out += numbered(mine, k + 1)
    return [*out, replace(free[-1], start=float(fit.values[fit.beside]))]


def _fit(
    signal: Signal, noise: Noise, free: Sequence[Free], starts: Sequence[Array], shape: Shape, under: str
) -> Sum:
    span = float(signal.x[0]), float(signal.x[-1])
    weighted = noise.weighted(signal.y)

    def off(values: Array) -> tuple[Array, Array]:
        curve, design = Sum(values, shape, span, under).both(signal.x)
        return noise.weighted(curve) - weighted, noise.weighted(design)

    low, high = (np.array(ends) for ends in zip(*((f.low, f.high) for f in free), strict=True))
    plain = 1.0 if noise.sigma is not None else noise.level(signal.y) ** 2
    unit = max(plain, _ROUNDING * float(weighted @ weighted) / weighted.size)
    begun = [np.array([f.start for f in free]), *starts]
    found = quickest(off, begun, low, high, unit)
    natural, mirrored = (np.array(one) for one in zip(*((f.natural, f.high < 0) for f in free), strict=True))
    beyond = (found.low & ~natural) | (found.high & ~mirrored)  # what keeps to below 0 ends there
    held = tuple(np.flatnonzero(~found.free).tolist())
    return Sum(
        found.values, shape, span, under, held, found.cost, found.settled_to(unit) and not beyond.any()
    )


def _start(signal: Signal, even: Array, shape: Array, places: Sequence[float], width: float) -> list[Free]:
    """Where a search for Gaussians begins, from the curve ``shape`` smoothed at the places ``even``."""
    x = signal.x
    low, high = float(np.min(shape)), float(np.max(shape))
    energies = [HC / p for p in places]
    span = float(HC / x[0] - HC / x[-1])
    free = []
    for k, (place, energy) in enumerate(zip(places, energies, strict=True), start=1):
        apart = min((abs(energy - e) for e in energies if e != energy), default=span)
        height = max(float(np.interp(place, even, shape)) - max(low, 0.0), 0.05 * (high - low))
        half = np.flatnonzero(np.abs(shape - low) < height / 2)
        near = float(np.min(np.abs(HC / even[half] - energy))) if half.size else 0.1
        sigma = float(np.clip(width * min(near, apart) / 1.18, 0.008, 0.3))
        most = 20 * (high - low)
        band = [
            Free("height", signal.y_unit, height, 0.0, most, natural=True, domain=(0.0, math.inf)),
            Free("centre_eV", "eV", energy, 0.97 * float(HC / x[-1]), 1.03 * float(HC / x[0])),
            Free("sigma_eV", "eV", sigma, 0.004, 0.6),
        ]
        free += numbered(band, k)
    begin = min(low, 0.0) + 1e-9 * high
    free.append(Free("offset", signal.y_unit, begin, low - high, high, domain=(-math.inf, math.inf)))
    return free
