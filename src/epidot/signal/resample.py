"""Signals on another axis: interpolation, summing of channels, wavelength to photon energy and back.

A quantity *at* a wavelength (absorbance) keeps its value when the axis becomes photon energy; a
*density* (photons per nm) has to be multiplied by |dλ/dE| = λ²/hc.  The caller always says which.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.constants import HC
from epidot.signal.signal import Signal

Array = NDArray[np.float64]


def resampled(signal: Signal, x: ArrayLike) -> Signal:
    """``signal`` linearly interpolated at ``x`` of shape (m,), ascending and inside its range.

    Standard errors are carried along as those of the interpolated values; the errors of neighbouring
    new points are then correlated.  Counts cannot be interpolated without losing their noise kind: use
    :func:`summed`.

    Raises
    ------
    ValueError
        If ``x`` reaches beyond the signal, or the signal holds counts.
    """
    new = np.asarray(x, dtype=np.float64)
    if signal.kind == "counts":
        raise ValueError("counts are summed, not interpolated")
    if new.size == 0 or new[0] < signal.x[0] or new[-1] > signal.x[-1]:
        raise ValueError("the new axis reaches beyond the signal")
    right = np.clip(np.searchsorted(signal.x, new, side="left"), 1, len(signal) - 1)
    weight = (new - signal.x[right - 1]) / (signal.x[right] - signal.x[right - 1])
    y = (1 - weight) * signal.y[right - 1] + weight * signal.y[right]
    sigma = None
    if signal.sigma is not None:
        sigma = np.hypot((1 - weight) * signal.sigma[right - 1], weight * signal.sigma[right])
    return signal.with_values(new, y, sigma)


def summed(signal: Signal, factor: int) -> Signal:
    """Every ``factor`` neighbouring points joined: counts added, other values averaged; a rest is left out.

    Raises
    ------
    ValueError
        If ``factor`` is below 1 or larger than the signal.
    """
    if not 1 <= factor <= max(1, len(signal)):
        raise ValueError(f"cannot join {factor} of {len(signal)} points")
    n = len(signal) // factor * factor
    x = signal.x[:n].reshape(-1, factor).mean(axis=1)
    y = signal.y[:n].reshape(-1, factor).sum(axis=1)
    sigma = None
    if signal.sigma is not None:
        sigma = np.sqrt(np.sum(signal.sigma[:n].reshape(-1, factor) ** 2, axis=1))
    if signal.kind != "counts":
        y = y / factor
        sigma = None if sigma is None else sigma / factor
    live_time = signal.live_time
    if signal.kind == "rate" and live_time is not None:
        live_time = live_time * factor  # each joined point was counted for so much longer
    return replace(signal.with_values(x, y, sigma), live_time=live_time)


def to_energy(signal: Signal, *, density: bool) -> Signal:
    """A signal over wavelength / nm as one over photon energy / eV.

    ``density=True`` multiplies by λ²/hc, so that areas are kept (emission per nm -> per eV);
    ``density=False`` keeps the values (absorbance).  A scaled count is no count any more: with
    ``density=True`` counts become ``analog`` with their Poisson errors.

    Raises
    ------
    ValueError
        If the axis is not wavelength / nm.
    """
    return _exchanged(signal, "nm", "eV", "photon energy", density)


def to_wavelength(signal: Signal, *, density: bool) -> Signal:
    """The inverse of :func:`to_energy`; ``density=True`` multiplies by E²/hc."""
    return _exchanged(signal, "eV", "nm", "wavelength", density)


def _exchanged(signal: Signal, old: str, new: str, name: str, density: bool) -> Signal:
    if signal.x_unit != old:
        raise ValueError(f"the axis is in {signal.x_unit}, not {old}")
    if signal.x.size and signal.x[0] <= 0:
        raise ValueError("wavelengths and photon energies must be positive")
    x, y, sigma = signal.x, signal.y, signal.sigma
    kind, y_unit = signal.kind, signal.y_unit
    if density:
        factor = x**2 / HC
        if kind != "analog":
            seconds = 1.0 if kind == "counts" else float(signal.live_time or 1.0)
            # One count at least: an empty channel does not have a known value of zero.
            sigma = np.sqrt(np.maximum(y * seconds, 1.0)) / seconds
            kind = "analog"
        y = y * factor
        sigma = None if sigma is None else sigma * factor
        y_unit = y_unit.replace(f"/{old}", f"/{new}") if f"/{old}" in y_unit else y_unit
    flipped: Array = (HC / x)[::-1]
    return replace(
        signal,
        x=flipped,
        y=y[::-1],
        sigma=None if sigma is None else sigma[::-1],
        x_name=name,
        x_unit=new,
        y_unit=y_unit,
        kind=kind,
        live_time=None if kind == "analog" else signal.live_time,
    )
