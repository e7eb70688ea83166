"""The model ``maxent``: the smoothest distribution of D that a decay allows, and what it can resolve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments import curve
from epidot.instruments.dosy.laws import SMOOTH, grid, law
from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.entropy import STEP, Distribution, Readings, distribution

Array = NDArray[np.float64]

FINEST = 5e-4
_HOW = "inverse Laplace transform of maximum entropy on a grid of ln D; {resolution}"


def smoothest(signal: Signal, warnings: list[str], free_D: float | None) -> Fit:
    """The maxima of the distribution with their shares, and from which factor on two would show as two.

    Readings whose error is not known scatter as they do about two exponentials; smaller errors than
    :data:`FINEST` of the line make no difference to what can be seen and are taken as that.

    Raises
    ------
    InputError
        If a D is to be held.
    """
    if free_D is not None:
        what = f"free_D_m2_per_s would do nothing in the model {SMOOTH}"
        raise InputError(what, seen=f"{free_D:g}", remedy="choose the model two, or leave it out")
    sigma = _errors(signal)
    at = grid(signal.x, STEP)
    readings = Readings(signal.y, max(float(np.max(signal.y)), 1e-300), sigma)
    found = distribution(readings, at, np.exp(-np.outer(at, signal.x)), np.ones(len(signal)))
    factor = f"two equal D come out as two from a factor of {found.resolution:.3g} on"
    said = (
        f"resolution: {factor}; nearer ones, and every width below it, come out as one maximum, and noise "
        "makes small maxima too"
    )
    residuals = (signal.y - found.expected) / sigma
    curves = {
        curve.DATA: signal,
        curve.MODEL: signal.with_values(signal.x, found.expected),
        curve.RESIDUALS: signal.with_values(signal.x, residuals),
    }
    extra = {"distribution": {"D_m2_per_s": found.grid.tolist(), "intensity": found.parts.tolist()}}
    values = _quantities(found, _HOW.format(resolution=factor))
    return Fit(
        model=SMOOTH,
        quantities=Quantities("dosy", values, signal.source, (*warnings, said), extra, curves),
        status="converged",
        message=f"weight of the entropy {found.alpha:.3g}, offset {found.background:.3g}",
        statistics={
            "reduced_deviance": float(residuals @ residuals) / len(signal),
            "resolution_factor": found.resolution,
        },
        curves=curves,
        parameters=_parameters(found),
    )


def _errors(signal: Signal) -> Array:
    finest = FINEST * float(np.max(np.abs(signal.y)))
    if signal.known_sigma is not None:
        return np.maximum(signal.known_sigma, finest)
    name = "two" if len(signal) > len(law("two", signal).free) + 1 else "one"
    fit = law(name, signal).fitted(signal)
    left = signal.y - fit.curve
    scatter = float(np.sqrt(left @ left / max(fit.statistics["degrees_of_freedom"], 1.0)))
    return np.full(len(signal), max(scatter, finest))


def _parameters(found: Distribution) -> dict[str, Determined]:
    note = "interval: the maximum at half its height, which holds noise and smoothing"
    return {
        f"peak{i}_m2_per_s": Determined(p.place, None, "m2/s", (p.low, p.high), "bounded", note)
        for i, p in enumerate(found.peaks, start=1)
    }


def _quantities(found: Distribution, how: str) -> dict[str, Quantity]:
    note = "of a smoothed distribution: no error is stated"
    return {
        f"fraction{i}": Quantity(p.share, None, "1", how, f"intensity of peak{i}_m2_per_s; {note}")
        for i, p in enumerate(found.peaks, start=1)
    }
