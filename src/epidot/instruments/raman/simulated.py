"""The Raman spectrum an instrument would show of given dots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.options import Settings
from epidot.instruments.raman.lines import line
from epidot.instruments.raman.phonons import Vibration, vibrations
from epidot.signal import Signal
from epidot.signal.axis import LASER
from epidot.signal.noise import noisy

Array = NDArray[np.float64]

_CLASSES = 15  # of equally many dots, where the dots differ in size only


def representatives(dots: Dots) -> Sequence[LayeredDot]:
    """Dots that stand for equal shares of all."""
    if not isinstance(dots, Population):
        return dots
    if dots.members is not None:
        return dots.members
    sizes = np.sort(dots.core_diameters_nm)
    parts = np.array_split(sizes, min(_CLASSES, sizes.size))
    return [dots.dot.scaled(float(part.mean())) for part in parts]


def lines_of(dots: Dots, law: str, surface: float = 0.0) -> dict[str, Vibration]:
    """Every line of the sample, per dot: the lines of one name together."""
    seen = representatives(dots)
    found: dict[str, list[Vibration]] = {}
    for dot in seen:
        for one in vibrations(dot, law, surface):
            found.setdefault(one.name, []).append(one)
    out = {}
    for name, each in found.items():
        places = np.concatenate([one.places for one in each])
        weights = np.concatenate([one.shares * one.area for one in each]) / len(seen)
        area = float(weights.sum())
        out[name] = Vibration(name, places, weights / area, area, each[0].width)
    return out


def curve_of(x: Array, one: Vibration, resolution: float) -> Array:
    """A line of area 1 at shifts ``x`` (n,)."""
    y = np.zeros(x.size)
    for place, share in zip(one.places, one.shares, strict=True):
        y += share * line(x, float(place), one.width, resolution)
    return y


def background(x: Array) -> Array:
    """Quasi-elastic light that falls and luminescence that rises with the shift, about 1."""
    return np.asarray(0.45 * np.exp(-x / 500.0) + 0.5 + 0.3 * (x / 1000.0) ** 2, dtype=np.float64)


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.raman.simulate`; ``setup`` are the settled options."""
    start, stop, step = (float(setup[n]) for n in ("start_cm1", "stop_cm1", "step_cm1"))
    if stop - start < 20 * step:
        what = "start_cm1, stop_cm1 and step_cm1 leave fewer than 20 points"
        raise InputError(what, seen=f"{start:g}, {stop:g}, {step:g}")
    x = start + step * np.arange(int((stop - start) / step + 1.5), dtype=np.float64)
    y: Array = np.zeros(x.size)
    for one in lines_of(dots, str(setup["confinement"]), float(setup["surface_optical"])).values():
        y += one.area * curve_of(x, one, float(setup["resolution_cm1"]))
    highest = float(y.max())
    if not highest > 0:
        raise InputError(
            "no line of these dots lies inside the range",
            seen=f"{start:g} to {stop:g} cm-1",
            remedy="choose start_cm1 and stop_cm1 around their phonons",
        )
    mean = y / highest * float(setup["counts"]) + float(setup["background"]) * background(x)
    meta = {
        "setup": dict(setup),
        "column": "intensity",
        "columns": ["intensity"],
        "laser_nm": float(setup["excitation_nm"]),
        "resolution_cm1": float(setup["resolution_cm1"]),
        "reference": LASER.name,
    }
    clean = Signal(
        "raman", x, mean, "Raman shift", "cm-1", "intensity", "counts", "counts", "simulated", meta=meta
    )
    return clean if rng is None else noisy(clean, rng)
