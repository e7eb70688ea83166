"""Absorbance from a file: transmittance converted, saturation flagged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.signal import Signal
from epidot.signal.spectrum import read_spectrum
from epidot.signal.unusable import set_aside

Array = NDArray[np.float64]

SATURATED = 3.0  # for the warning of the reader; measure has its own option
_MOST = 20.0  # no instrument shows more, were its stray light nothing


def read_absorbance(path: str | Path, chosen: Settings) -> Signal:
    """See :func:`epidot.instruments.uvvis.read`; ``chosen`` are the settled options."""
    signal = read_spectrum(
        path,
        technique="uvvis",
        y_name="absorbance",
        column=chosen["column"],
        unit=chosen["unit"],
        not_in=("counts", "counts/s", "µA", "V", "mV"),
    )
    percent = signal.y_unit == "%" or "transmi" in str(signal.meta.get("column", "")).lower()
    if chosen["values"] == "transmittance" or (chosen["values"] is None and percent):
        signal = _absorbance(signal)
    signal = replace(signal, y_unit="")
    warnings = list(signal.warnings)
    warnings += [f"{aside}: dilute the sample" for aside in set_aside(signal, saturation=SATURATED)[1]]
    if float(np.max(signal.y)) > _MOST:
        raise InputError(
            "these values are no absorbances",
            signal.source,
            seen=f"up to {float(np.max(signal.y)):g}",
            remedy="if they are a transmittance in percent, say so with the option values, transmittance; "
            "an emission is measured with pl",
        )
    return replace(signal, warnings=tuple(warnings))


def _absorbance(signal: Signal) -> Signal:
    good = signal.y > 0
    if np.sum(good) < 5:
        seen = (
            f"{int(np.sum(good))} of {good.size} readings above zero, the lowest {float(np.min(signal.y)):g}"
        )
        raise InputError("a transmittance must be positive", signal.source, seen=seen)
    y = signal.y * (100.0 if float(np.max(signal.y)) <= 1.5 else 1.0)
    lost = int(np.sum(~good))
    note = "transmittance was converted to absorbance (-log10 T)"
    if lost:
        note += f"; {lost} readings at or below zero were left out"
    return replace(signal, x=signal.x[good], y=2.0 - np.log10(y[good]), warnings=(*signal.warnings, note))
