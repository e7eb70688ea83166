"""Lines that the excitation leaves in an emission: scattered, in second order, shifted by the solvent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.signal import Signal
from epidot.signal.correlation import Noise

Array = NDArray[np.float64]

_CLEAR = 7.0  # height of a line in units of the noise of one point
_SHARE = 0.03  # and in parts of what lies beneath it
_HALF_NM = 5.0  # half width of a line without a slit to speak of
# Stretching vibrations of solvents / cm-1: alkanes to arenes; water and alcohols.
_SHIFTS = {"C-H": (2800.0, 3120.0), "O-H": (3150.0, 3650.0)}
_WIDEST = 14.0  # FWHM / nm of a line without a slit to speak of; no band is narrower


@dataclass(frozen=True)
class Line:
    """A range of wavelengths / nm in which a line was seen, and what it is."""

    low: float
    high: float
    words: str

    def __str__(self) -> str:
        return f"{self.words} near {(self.low + self.high) / 2:.0f} nm"


def lines_of(signal: Signal, noise: Noise, excitation: float, bandwidth: float) -> list[Line]:
    """The lines that an excitation at ``excitation`` / nm left in the spectrum, from blue to red."""
    half = _HALF_NM + bandwidth
    ranges = [(excitation - half, excitation + half, "scattered excitation")]
    for bond, shifts in _SHIFTS.items():
        low, high = (1e7 / (1e7 / excitation - shift) for shift in shifts)
        ranges.append((low - half, high + half, f"Raman line of the solvent ({bond})"))
    ranges.append((2 * excitation - 2 * half, 2 * excitation + 2 * half, "second order of the excitation"))
    found: list[Line] = []
    for low, high, words in ranges:
        seen = _seen(signal, noise, low, high, _WIDEST + bandwidth)
        if seen is not None and not any(line.low < seen[1] and line.high > seen[0] for line in found):
            found.append(Line(*seen, words))
    return found


def _seen(signal: Signal, noise: Noise, low: float, high: float, widest: float) -> tuple[float, float] | None:
    """The range of what stands out inside ``low`` to ``high`` over a smooth curve beside it."""
    x, y = signal.x, signal.y
    wide = high - low
    inside = (x >= low) & (x <= high)
    beside = ((x >= low - wide) & (x < low)) | ((x > high) & (x <= high + wide))
    if np.sum(inside) < 3 or np.sum(beside) < 8:
        return None
    level = noise.level(y)
    degree = 3 if np.ptp(x[beside]) > 1.5 * wide else 1
    on_band = float(np.min(y[beside])) > 10 * level  # there the logarithm is a low polynomial
    fit = np.polynomial.Polynomial.fit(
        x[beside],
        np.log(y[beside]) if on_band else y[beside],
        degree + on_band,
        w=y[beside] if on_band else None,
    )

    def curve(at: Array) -> Array:
        return np.asarray(np.exp(fit(at)) if on_band else fit(at), dtype=np.float64)

    level = max(level, float(np.std(y[beside] - curve(x[beside]))))
    over = y[inside] - curve(x[inside])
    top = int(np.argmax(over))
    if not over[top] > max(_CLEAR * level, _SHARE * abs(float(curve(x[inside][top])))):
        return None
    half = np.flatnonzero(over > over[top] / 2)
    run = next(r for r in np.split(half, np.flatnonzero(np.diff(half) > 1) + 1) if r[0] <= top <= r[-1])
    if run[0] == 0 or run[-1] == over.size - 1:
        return None
    place, width = float(x[inside][top]), float(x[inside][run[-1] + 1] - x[inside][run[0] - 1])
    return None if width > widest else (place - 1.5 * width, place + 1.5 * width)
