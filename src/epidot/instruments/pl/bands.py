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
from epidot.quantities import Quantity
from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.fitting import Free, fit_curve, with_gradient

Array = NDArray[np.float64]

MOST = 4
_FWHM = 2 * math.sqrt(2 * math.log(2))  # of a Gaussian of standard deviation 1
_WIDTHS = (1.0, 0.6, 1.7)  # the search begins with these multiples of the widths seen
_MISFIT = (
    3.0  # residuals so many times the noise, and so large a share of the highest band: no error is stated
)
_SHARE = 0.02
_NAMES = ("peak_nm", "peak_eV", "fwhm_nm", "fwhm_eV", "area")


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
    while True:
        values, split, design, residuals = _best(signal, noise, places, rough=len(places) < number)
        if len(places) == number:
            break
        left = local.smoothed(signal.x, -residuals, 10.0)
        places.append(float(left[0][int(np.argmax(left[1]))]))
    order = np.argsort([-values[4 * k + 1] for k in range(number)])
    weighted = noise.weighted(design)
    variance = local.believed(noise, noise.weighted(residuals), weighted)
    answers = noise.answers(weighted) * math.sqrt(variance)
    height = float(np.max(values[0:-1:4]))
    scatter = float(np.sqrt(np.mean(residuals**2)))
    level = float(np.median(noise.sigma)) if noise.sigma is not None else noise.level(signal.y)
    warnings = []
    stated = not (scatter > _MISFIT * level and scatter > _SHARE * height)
    if not stated:
        times = scatter / max(level, 1e-300)
        warnings.append(
            f"{number} bands do not describe the spectrum (residuals {times:.0f} times the noise): "
            "their values have no error"
        )
    shape = "bands with two half widths" if split else "Gaussian bands"
    how = f"{number} {shape} in energy with an offset (Jacobian E²/hc), fitted together"
    each = []
    for k in order:
        found: dict[str, Quantity] = {}
        for name in _NAMES:

            def of(v: Array, k: int = int(k), name: str = name) -> float:
                return _read_off(_full(v, number, split), k, density)[name]

            value, gradient = with_gradient(of, _free(values, split))
            sigma = float(np.sqrt(np.sum((gradient @ answers) ** 2))) if stated else None
            unit = name[-2:] if name != "area" else ""
            found[name] = Quantity(value, sigma, unit, how + _what(name, density))
        each.append(found)
    highest = int(np.argmax([values[4 * int(k)] for k in order]))
    return Bands(tuple(each), signal.y + residuals, highest, stated, tuple(warnings))


def _what(name: str, density: str) -> str:
    if name == "area":
        return "; share of all photons in the bands"
    return f", photons {density if name.endswith('eV') else 'per nm'}"


def _best(
    signal: Signal, noise: Noise, places: Sequence[float], rough: bool
) -> tuple[Array, bool, Array, Array]:
    """Values of every band (height, centre, both standard deviations) and the offset; whether split.

    ``rough``: one search for Gaussians is enough, since a band is still to come.  With the derivatives (n, p)
    of the curve in the free values and curve minus readings (n,).
    """
    known = replace(signal, kind="analog", live_time=None, sigma=noise.sigma)
    number = len(places)

    def tried(free: list[Free], split: bool) -> tuple[float, Array]:
        outcome = fit_curve(known, lambda v: _sum(_full(v, number, split), known.x), free)
        return float(np.sum(noise.weighted(outcome.curve - signal.y) ** 2)), outcome.values

    widths = _WIDTHS[:1] if rough else _WIDTHS
    gaussian = min((tried(_start(known, places, w), False) for w in widths), key=lambda one: one[0])
    halved = gaussian if rough else tried(_halved(_start(known, places, 1.0), gaussian[1]), True)
    freedom = max(1, len(signal) - 5 * len(places) - 1)
    split = gaussian[0] > halved[0] * (1 + 3 * math.sqrt(2 / freedom) + 2 * len(places) / freedom)
    values = (halved if split else gaussian)[1]
    full = _full(values, len(places), split)
    design = np.empty((len(signal), values.size))
    for i in range(values.size):
        step = np.zeros(values.size)
        step[i] = 1e-5 * max(abs(float(values[i])), 1e-6)
        up, down = (_sum(_full(v, len(places), split), signal.x) for v in (values + step, values - step))
        design[:, i] = (up - down) / (2 * step[i])
    return full, split, design, _sum(full, signal.x) - signal.y


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
        free.append(Free("height", signal.y_unit, height, 0.0, 20 * (high - low)))
        free.append(Free("centre_eV", "eV", energy, energy - apart / 2, energy + apart / 2))
        free.append(Free("sigma_eV", "eV", sigma, 0.004, 0.6))
    free.append(Free("offset", signal.y_unit, min(low, 0.0) + 1e-9 * high, low - high, high))
    return free


def _full(values: Array, number: int, split: bool) -> Array:
    """Four values of every band and the offset, from those that are free."""
    if split:
        return values
    parts = [np.array([*values[3 * k : 3 * k + 3], values[3 * k + 2]]) for k in range(number)]
    return np.concatenate([*parts, values[-1:]])


def _free(values: Array, split: bool) -> Array:
    if split:
        return values
    keep = np.ones(values.size, dtype=np.bool_)
    keep[3:-1:4] = False
    return values[keep]


def _sum(values: Array, nm: Array) -> Array:
    out = np.full(nm.size, float(values[-1]))
    E = HC / nm
    for height, centre, low, high in values[:-1].reshape(-1, 4):
        out += (
            height * np.exp(-0.5 * ((E - centre) / np.where(E < centre, low, high)) ** 2) * (E / centre) ** 2
        )
    return out


def _read_off(values: Array, k: int, density: str) -> dict[str, float]:
    """Maximum, widths and share of the photons of band ``k``."""
    bands = values[:-1].reshape(-1, 4)
    _, centre, low, high = (float(v) for v in bands[k])
    # d/dE [ln G + 2 ln E] = 0: photons per nm lie to the blue of the band's centre.
    top = (centre + math.sqrt(centre**2 + 8 * high**2)) / 2

    def level(E: float) -> float:
        width = low if E < centre else high
        return -0.5 * ((E - centre) / width) ** 2 + 2 * math.log(E / centre)

    half = level(top) - math.log(2.0)
    ends = [
        _crossing(level, half, top, side) for side in (max(centre - 12 * low, 0.01 * centre), top + 12 * high)
    ]
    photons = bands[:, 0] * (bands[:, 2] + bands[:, 3]) / bands[:, 1] ** 2
    per_eV = density == "per eV"
    return {
        "peak_nm": HC / top,
        "peak_eV": centre if per_eV else top,
        "fwhm_nm": HC / ends[0] - HC / ends[1],
        "fwhm_eV": (low + high) * _FWHM / 2 if per_eV else ends[1] - ends[0],
        "area": float(photons[k] / np.sum(photons)),
    }


def _crossing(level: object, half: float, top: float, end: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda E: level(E) - half, top, end, xtol=1e-12))  # type: ignore[operator]
