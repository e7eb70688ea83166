"""Bands of one shape fitted to whole emission spectra, one or several at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Fault, InputError
from epidot.instruments import banded
from epidot.instruments.options import Settings
from epidot.instruments.pl.apart import apart
from epidot.instruments.pl.bands import MOST
from epidot.instruments.pl.candidates import after, gaussians, other
from epidot.instruments.pl.laws import GAUSSIAN, SPLIT, TAILED
from epidot.instruments.pl.measured import noise_in, prepared
from epidot.instruments.pl.shapes import NAMES, Sum
from epidot.instruments.pl.tops import others, strongest
from epidot.quantities import Fit, Quantity
from epidot.signal import Signal
from epidot.signal.correlation import Noise
from epidot.signal.fitting import Curve, Fitted
from epidot.signal.limits import asked
from epidot.signal.variance import standard_errors

Array = NDArray[np.float64]

BANDS = "bands"
SHAPES = {"gaussian": GAUSSIAN, "split": SPLIT, "exgauss": TAILED, BANDS: GAUSSIAN}
_OF_ONE = ("peak_nm", "peak_eV", "fwhm_nm", "fwhm_eV")


@dataclass(frozen=True)
class _Prepared:
    """A spectrum ready to be fitted: ``known`` is its noise, ``places`` / nm are those of its maxima."""

    signal: Signal
    known: Noise
    places: list[float]
    warnings: list[str]


def fitted(signals: Sequence[Signal], model: str, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.pl.fit`; ``chosen`` are the settled options of the fit."""
    limits = asked(chosen, len(signals))
    if model != BANDS and chosen["bands"] is not None:
        what = f"the model {model} has one band"
        raise InputError(what, seen=f"bands={chosen['bands']}", remedy=f"fit the model {BANDS}")
    ready: list[_Prepared] = []
    faults: list[Fault] = []
    for signal in signals:
        try:
            ready.append(_ready(signal, chosen))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    number = chosen["bands"] or min(max(len(one.places) for one in ready), MOST) if model == BANDS else 1
    curves = [_curve(one, model, int(number)) for one in ready]
    found = banded.fitted(curves, limits, int(number) if model == BANDS else 0, from_blue=True)
    each = [
        fit.told(one.signal, _quantities(one, fit, model, int(number)), one.warnings)
        for one, fit in zip(ready, found.each, strict=True)
    ]
    return found.packed(model, each)


def _ready(signal: Signal, chosen: Settings) -> _Prepared:
    signal, warnings, _ = prepared(signal, chosen)
    noise, narrowest = noise_in(signal), float(chosen["narrowest_nm"])
    found = strongest(signal, noise, narrowest, warnings)
    if isinstance(found, str):
        raise InputError("there is no band to fit", signal.source or None, seen=found)
    signal, shape, top, _ = found
    places = [float(signal.x[top])]
    places += [x for x, _ in others(signal, shape, top, noise, narrowest)]
    return _Prepared(signal, replace(noise, sigma=standard_errors(signal, shape)), places, warnings)


def _curve(one: _Prepared, model: str, number: int) -> Curve:
    """The spectrum and its model, the search beginning at a fit of Gaussians, and of two half widths."""
    signal, shape = one.signal, SHAPES[model]
    if len(signal) <= 4 * number + 1:
        what = f"too few points to fit {number} band{'s' * (number > 1)}"
        remedy = f"at least {4 * number + 2} are needed"
        raise InputError(what, signal.source or None, seen=str(len(signal)), remedy=remedy)
    first, free = gaussians(signal, one.known, one.places, number)
    if shape is not GAUSSIAN:
        first = other(signal, one.known, first, free, SPLIT)
    begun = after(first, free, shape)
    size = shape.free
    counted = signal.kind != "analog"
    offset = begun[-1]
    if counted:  # no expectation of counts is negative
        offset = replace(offset, low=0.0, start=max(offset.start, 0.0), natural=True, domain=(0.0, math.inf))
    bands = begun[: number * size]
    if model != BANDS:  # one band needs no number
        names = ("height", "centre_eV", *(own.name for own in shape.own))
        bands = [replace(f, name=name) for f, name in zip(bands, names, strict=True)]
    span = float(signal.x[0]), float(signal.x[-1])
    return Curve(
        signal,
        lambda v: Sum(v, shape, span).curve(signal.x),
        [*bands, offset],
        one.known,
        lambda v: Sum(v, shape, span).design(signal.x),
    )


def _quantities(one: _Prepared, fit: Fitted, model: str, number: int) -> dict[str, Quantity]:
    """What the fitted bands show, the errors with what their tops say otherwise beyond noise."""
    x = one.signal.x
    span = float(x[0]), float(x[-1])
    held = tuple(i for i, name in enumerate(fit.names) if name in fit.held)
    bands = Sum(fit.values, SHAPES[model], span, held=held)
    shape = "Gaussian" if model == BANDS else model
    how = f"{shape} in energy with an offset, fitted to the whole spectrum"
    if number > 1:
        how = f"{number} bands, {how}"
    doubts = apart(one.signal, one.known, bands, "per eV", top_may_speak=False)
    out = fit.quantities(how)
    seen: list[dict[str, Quantity]] = []
    for k in range(number):
        values, gradients = bands.read_off(k, "per eV")
        own: dict[str, Quantity] = {}
        for name, value, slope in zip(NAMES, values.tolist(), gradients, strict=True):
            unit = "" if name == "area" else name[-2:]
            words = {"nm": ", photons per nm", "eV": ", photons per eV"}.get(unit, "; share of the photons")
            sigma = _error(slope, fit.covariance, doubts[k][name].beside)
            own[name] = Quantity(value, sigma, unit, how + words)
        if not span[0] <= float(values[0]) <= span[1]:
            outside = "the fitted maximum lies outside the data"
            own["peak_nm"] = Quantity(None, None, "nm", how, outside)
        seen.append(own)
    if number > 1:
        out |= {f"band{k}_{name}": q for k, own in enumerate(seen, start=1) for name, q in own.items()}
    highest = seen[int(np.argmax(bands.bands[:, 0]))]
    return out | {name: highest[name] for name in _OF_ONE}


def _error(slope: Array, covariance: Array, beside: float) -> float | None:
    """Standard error of what answers to the values with ``slope`` (p,), if that is determined."""
    used = slope != 0
    variance = float(slope[used] @ covariance[np.ix_(used, used)] @ slope[used])
    return math.sqrt(max(variance, 0.0) + beside) if math.isfinite(variance) else None
