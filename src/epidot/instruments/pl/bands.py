"""Several emission bands fitted together: Gaussians in photon energy, or with a half width on either side.

A band is a law of energy, the spectrum photons per nm: the Jacobian E²/hc stands in the model.  Gaussians
are taken unless bands with two half widths describe the spectrum clearly better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.pl.apart import OFF_ITS_TOP, apart
from epidot.instruments.pl.shapes import Sum
from epidot.quantities import Quantity
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.fitting import Free, fit_curve

Array = NDArray[np.float64]

MOST = 4
_WIDTHS = (1.0, 0.6, 1.7)  # the search begins with these multiples of the widths seen
_NEW = 0.06  # standard deviation / eV with which one more band begins
_MISFIT = (
    3.0  # residuals so many times the noise, and so large a share of the highest band: no error is stated
)
_SHARE = 0.02


@dataclass(frozen=True)
class Bands:
    """Bands from blue to red: what each measures, the curve of their sum, and which one is the highest.

    ``described`` says whether they describe the spectrum; if not, their values have no error.
    """

    each: tuple[dict[str, Quantity], ...]
    curve: Array
    highest: int
    described: bool
    warnings: tuple[str, ...]


def fit_bands(signal: Signal, noise: Noise, places: Sequence[float], number: int, density: str) -> Bands:
    """``number`` bands, the search for them beginning at ``places`` / nm and then where most is left over.

    ``noise`` holds the errors of the points where they are known; ``density`` as in ``measure``.
    """
    places = list(places)[:number]
    begun: list[Array] = []
    while len(places) < number:
        fewer = _gaussians(signal, noise, places, begun)[1]
        even, left, _ = local.smoothed(signal.x, signal.y - fewer.curve(signal.x), 10.0)
        at = int(np.argmax(left))
        places.append(float(even[at]))
        new = [max(float(left[at]), 1e-9 * float(np.max(signal.y))), HC / even[at], _NEW]
        begun = [np.concatenate([fewer.values[:-1], new, fewer.values[-1:]])]
    fit, rival = _best(signal, noise, places, begun)
    curve = fit.curve(signal.x)
    scatter = float(np.sqrt(np.mean((signal.y - curve) ** 2)))
    level = float(np.median(noise.sigma)) if noise.sigma is not None else noise.level(signal.y)
    warnings = []
    stated = not (scatter > _MISFIT * level and scatter > _SHARE * float(np.max(fit.bands[:, 0])))
    if not stated:
        times = scatter / max(level, 1e-300)
        warnings.append(
            f"{number} bands do not describe the spectrum (residuals {times:.0f} times the noise): "
            "their values have no error"
        )
    shape = "bands with two half widths" if fit.split else "Gaussian bands"
    how = f"{number} {shape} in energy with an offset (Jacobian E²/hc), fitted together"
    found = apart(signal, noise, fit, rival, density)
    order = [int(k) for k in np.argsort(-fit.bands[:, 1])]
    each = []
    for k in order:
        one: dict[str, Quantity] = {}
        for name, seen in found[k].items():
            method = how + _what(name, density) + (OFF_ITS_TOP if seen.own else "")
            unit = name[-2:] if name != "area" else ""
            one[name] = Quantity(seen.value, seen.sigma if stated else None, unit, method)
        each.append(one)
    highest = int(np.argmax(fit.bands[order, 0]))
    return Bands(tuple(each), curve, highest, stated, tuple(warnings))


def _what(name: str, density: str) -> str:
    if name == "area":
        return "; share of all photons in the bands"
    return f", photons {density if name.endswith('eV') else 'per nm'}"


def _best(signal: Signal, noise: Noise, places: Sequence[float], begun: Sequence[Array]) -> tuple[Sum, Sum]:
    """The shape to believe, and the other one; ``begun`` are values where the search begins as well."""
    gaussian = _gaussians(signal, noise, places, begun, _WIDTHS)
    free = _halved(_start(signal, places, 1.0), gaussian[1].values)
    halved = _tried(signal, noise, free, [], split=True)
    freedom = max(1, len(signal) - 5 * len(places) - 1)
    split = gaussian[0] > halved[0] * (1 + 3 * math.sqrt(2 / freedom) + 2 * len(places) / freedom)
    return (halved[1], gaussian[1]) if split else (gaussian[1], halved[1])


def _gaussians(
    signal: Signal,
    noise: Noise,
    places: Sequence[float],
    begun: Sequence[Array],
    widths: Sequence[float] = _WIDTHS[:1],
) -> tuple[float, Sum]:
    """The sum of squares that Gaussians leave, and the Gaussians."""
    free = [_start(signal, places, w) for w in widths]
    others = [np.array([f.start for f in one]) for one in free[1:]]
    return _tried(signal, noise, free[0], [*begun, *others], split=False)


def _tried(
    signal: Signal, noise: Noise, free: list[Free], starts: Sequence[Array], split: bool
) -> tuple[float, Sum]:
    known = replace(signal, kind="analog", live_time=None, sigma=noise.sigma)
    outcome = fit_curve(
        known,
        lambda v: Sum(v, split).curve(known.x),
        free,
        jacobian=lambda v: Sum(v, split).design(known.x),
        starts=starts,
        further=False,
    )
    return float(np.sum(noise.weighted(outcome.curve - signal.y) ** 2)), Sum(outcome.values, split)


def _halved(free: list[Free], values: Array) -> list[Free]:
    """Two half widths for every band, the search beginning at the Gaussians found."""
    begun = [replace(f, start=float(v)) for f, v in zip(free, values, strict=True)]
    parts = [[*begun[k : k + 3], begun[k + 2]] for k in range(0, len(begun) - 1, 3)]
    return [*(f for part in parts for f in part), begun[-1]]


def _start(signal: Signal, places: Sequence[float], width: float) -> list[Free]:
    x, y = signal.x, signal.y
    even, shape, _ = local.smoothed(x, y, 6.0)
    low, high = float(np.min(shape)), float(np.max(shape))
    energies = [HC / p for p in places]
    span = float(HC / x[0] - HC / x[-1])
    free = []
    for place, energy in zip(places, energies, strict=True):
        apart = min((abs(energy - e) for e in energies if e != energy), default=span)
        height = max(float(np.interp(place, even, shape)) - max(low, 0.0), 0.05 * (high - low))
        half = np.flatnonzero(np.abs(shape - low) < height / 2)
        near = float(np.min(np.abs(HC / even[half] - energy))) if half.size else 0.1
        sigma = float(np.clip(width * min(near, apart) / 1.18, 0.008, 0.3))
        free.append(Free("height", signal.y_unit, height, 0.0, 20 * (high - low), natural=True))
        free.append(Free("centre_eV", "eV", energy, 0.97 * float(HC / x[-1]), 1.03 * float(HC / x[0])))
        free.append(Free("sigma_eV", "eV", sigma, 0.004, 0.6))
    free.append(Free("offset", signal.y_unit, min(low, 0.0) + 1e-9 * high, low - high, high))
    return free
