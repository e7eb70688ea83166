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

Array = NDArray[np.float64]

SATURATED = 3.0  # for the warning of the reader; measure has its own option
_FLAT = 4  # so many equal readings in a row at the top are a clipped detector


def read_absorbance(path: str | Path, chosen: Settings) -> Signal:
    """See :func:`epidot.instruments.uvvis.read`; ``chosen`` are the settled options."""
    signal = read_spectrum(
        path, technique="uvvis", y_name="absorbance", column=chosen["column"], unit=chosen["unit"]
    )
    if signal.origin == "simulated" or "axis_unit" not in signal.meta:
        return signal  # saved by epidot: exactly as it was
    percent = signal.y_unit == "%" or "transmi" in str(signal.meta.get("column", "")).lower()
    if chosen["values"] == "transmittance" or (chosen["values"] is None and percent):
        signal = _absorbance(signal)
    signal = replace(signal, y_unit="")
    warnings = list(signal.warnings)
    high = saturated(signal.y, SATURATED)
    if np.any(high):
        warnings.append(
            f"{int(np.sum(high))} readings between {signal.x[high][0]:.0f} and {signal.x[high][-1]:.0f} nm "
            f"are saturated (absorbance above {SATURATED:g}, or clipped flat): dilute the sample"
        )
    if float(np.max(signal.y)) > 20:
        warnings.append(
            f"values up to {float(np.max(signal.y)):g} are no absorbances; transmittance? read with "
            "values='transmittance'"
        )
    return replace(signal, warnings=tuple(warnings))


def saturated(y: Array, above: float) -> NDArray[np.bool_]:
    """Which readings are beyond the instrument: above ``above``, or clipped flat at the very top."""
    out: NDArray[np.bool_] = y >= above
    top = float(np.max(y))
    at_top = y == top
    if int(np.sum(at_top)) >= _FLAT and top > 0:
        runs = np.flatnonzero(np.diff(np.concatenate(([0], at_top.astype(np.int64), [0]))))
        for start, end in zip(runs[::2], runs[1::2], strict=True):
            if end - start >= _FLAT:
                out[start:end] = True
    return out


def _absorbance(signal: Signal) -> Signal:
    y = signal.y
    if float(np.max(y)) <= 1.5:
        y = y * 100.0
    good = y > 0
    if np.sum(good) < 5:
        raise InputError("a transmittance must be positive", signal.source, seen=f"{float(np.min(y)):g}")
    lost = int(np.sum(~good))
    note = "transmittance was converted to absorbance (-log10 T)"
    if lost:
        note += f"; {lost} readings at or below zero were left out"
    return replace(signal, x=signal.x[good], y=2.0 - np.log10(y[good]), warnings=(*signal.warnings, note))
