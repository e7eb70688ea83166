"""Several emission bands fitted together; their shape is chosen by likelihood among stated laws.

Every law of :mod:`epidot.instruments.pl.laws` is fitted, the background under it as a level, a line or the
tail of the excitation.  The deviance and the number of free values give each a weight, by which the shapes
are averaged (:mod:`epidot.signal.degrees`).  Where no law describes the readings the deviance is measured by
what is left over, so that none is believed alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.banded import numbered
from epidot.instruments.pl.apart import OFF_ITS_TOP, Apart, apart
from epidot.instruments.pl.laws import GAUSSIAN, IN_NM, SKEWED, SPLIT, TAILED, VOIGT, Shape
from epidot.instruments.pl.shapes import NAMES, Sum
from epidot.quantities import Quantity
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.degrees import COUNTED, averaged, likely
from epidot.signal.fitting import Free
from epidot.signal.optimum import quickest

Array = NDArray[np.float64]

MOST = 4
_WIDTHS = (1.0, 0.6, 1.7)  # the search begins with these multiples of the widths seen
_NEW = 0.06  # standard deviation / eV with which one more band begins
_MISFIT = (
    3.0  # residuals so many times the noise, and so large a share of the highest band: no error is stated
)
_SHARE = 0.02
_SAME = 1e-3  # of the noise's variance
_ROUNDING = 1e-12  # of the mean square of the readings: no noise is less
_PEDESTAL = 0.02  # of the highest band: so much under the bands is told
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
        return self.fit.shape.words + ("" if self.fit.under == "level" else f", {_UNDER[self.fit.under]}")


_UNDER = {"level": "over a level", "line": "over a line", "tail": "over the tail of the excitation"}


@dataclass(frozen=True)
class Bands:
    """Bands from blue to red: what each measures, the curve of their sum, and which one is the highest.

    ``described`` says whether they describe the spectrum; if not, their values have no error.  ``trials`` is
    the table of the shapes that were tried.
    """

    each: tuple[dict[str, Quantity], ...]
    curve: Array
    highest: int
    described: bool
    warnings: tuple[str, ...]
    trials: tuple[dict[str, Any], ...]


def fit_bands(signal: Signal, noise: Noise, places: Sequence[float], number: int, density: str) -> Bands:
    """``number`` bands, the search for them beginning at ``places`` / nm and then where most is left over.

    ``noise`` holds the errors of the points where they are known; ``density`` as in ``measure``.
    """
    trials = tried(signal, noise, places, number)
    best = trials[0]
    curve = best.fit.curve(signal.x)
    scatter = float(np.sqrt(np.mean((signal.y - curve) ** 2)))
    level = float(np.median(noise.sigma)) if noise.sigma is not None else noise.level(signal.y)
    warnings = []
    stated = not (scatter > _MISFIT * level and scatter > _SHARE * float(np.max(best.fit.bands[:, 0])))
    if not stated:
        times = scatter / max(level, 1e-300)
        warnings.append(
            f"{number} bands do not describe the spectrum (residuals {times:.0f} times the noise): "
            "their values have no error"
        )
    if not best.fit.optimal:
        stated = False
        warnings.append(f"{NO_OPTIMUM} of {number} bands: their values have no error")
    tallest = best.fit.bands[int(np.argmax(best.fit.bands[:, 0]))]
    share = float(best.fit.background(np.array([HC / tallest[1]]))[0] / max(tallest[0], 1e-300))
    if share > _PEDESTAL:
        warnings.append(f"the bands stand on a background of {share:.1%} of the highest, fitted with them")
    believed = [t for t in trials if t.weight > 0]
    asked = []
    for trial in believed:
        found = apart(signal, noise, trial.fit, density)
        asked.append([found[int(k)] for k in np.argsort(-trial.fit.bands[:, 1])])
    words = f"{number} band{'s' * (number > 1)}, {best.words}" + (
        f" (weight {best.weight:.2f}; mean over {len(believed)} shapes)" if len(believed) > 1 else ""
    )
    each = []
    for k in range(number):
        one: dict[str, Quantity] = {}
        for name in NAMES:
            seen = _mean([bands[k][name] for bands in asked], [t.weight for t in believed])
            method = f"{words}, fitted together{_what(name, density)}" + (OFF_ITS_TOP if seen.own else "")
            unit = name[-2:] if name != "area" else ""
            one[name] = Quantity(seen.value, seen.sigma if stated else None, unit, method)
        each.append(one)
    order = np.argsort(-best.fit.bands[:, 1])
    highest = int(np.argmax(best.fit.bands[order, 0]))
    return Bands(tuple(each), curve, highest, stated, tuple(warnings), _table(trials))


def _mean(seen: Sequence[Apart], weights: Sequence[float]) -> Apart:
    """The mean of what several shapes say."""
    value, error = averaged([one.value for one in seen], [one.sigma for one in seen], weights)
    return Apart(value, error, seen[0].own)


def _table(trials: Sequence[Trial]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "shape": t.words,
            "deviance": t.deviance,
            "free values": t.free,
            "weight": t.weight,
        }
        for t in trials
    )


def _what(name: str, density: str) -> str:
    if name == "area":
        return "; share of all photons in the bands"
    return f", photons {density if name.endswith('eV') else 'per nm'}"


def tried(signal: Signal, noise: Noise, places: Sequence[float], number: int) -> list[Trial]:
    """Every shape fitted to ``number`` bands, the likeliest first; those not to be believed weigh nothing."""
    first, free = gaussians(signal, noise, places, number)
    fits = [first]
    split = other(signal, noise, first, free, SPLIT)
    fits += [split, other(signal, noise, first, free, IN_NM)]
    fits += [other(signal, noise, split, free, shape) for shape in (SKEWED, TAILED, VOIGT)]
    best = _weighed(signal, noise, fits)[0]
    for under in ("line", "tail"):
        found = other(signal, noise, best.fit, free, best.fit.shape, under)
        if _weighed(signal, noise, [*fits, found])[0].fit is found:
            others = [one for one in fits if one is not best.fit and one.under == "level"]
            fits += [found, *(other(signal, noise, one, free, one.shape, under) for one in others)]
    return _weighed(signal, noise, fits)


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
    signal: Signal, noise: Noise, fit: Sum, free: Sequence[Free], shape: Shape, under: str = "level"
) -> Sum:
    """Another shape or background, the search beginning at ``fit``."""
    first, last = float(signal.x[0]), float(signal.x[-1])
    span = float(free[-1].high - free[-1].low)
    limits = after(fit, free, shape)
    high = float(np.max(signal.y))
    if under == "line":
        limits.append(Free("slope", signal.y_unit, 0.0, -2 * span, 2 * span))
    if under == "tail":
        begin = max(float(signal.y[0] - fit.curve(signal.x[:1])[0]), 0.01 * high)
        limits.append(Free("tail", signal.y_unit, begin, 0.0, 20 * span, natural=True))
        limits.append(Free("reach_nm", "nm", 20.0, 2.0, last - first))
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
