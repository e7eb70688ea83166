"""Phase, noise and places of lines, before anything is fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.signal import Signal

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

CLEAR = 7.0  # standard deviations from which a line is one
_BLOCK = (24, 96)  # points in which the noise is looked at, fewer in short spectra
_LAGS = 24
_SCALES = 2.0 ** np.arange(0, 9)  # points
_MOST = 60  # lines
_BLOCKS, _AGAIN = 48, 30  # blocks of an axis and rounds in which a bent baseline is looked for
_STEEP = 0.1  # of the highest line: a baseline that changes by less is level


@dataclass(frozen=True)
class Spectrum:
    """``values`` (n,) over ``x`` / ppm, complex where the data are; ``sigma``: noise of either part.

    ``alike`` is the variance of a sum over many neighbours over that of independent ones: zero filling and
    windows make neighbours alike.
    """

    x: Array
    values: Complex
    complex: bool
    sigma: float
    alike: float

    @property
    def real(self) -> Array:
        return np.asarray(self.values.real)


@dataclass(frozen=True)
class Seen:
    """A line as it is first seen: place and half width in points, height."""

    at: int
    half: float
    height: float


def spectrum(signal: Signal) -> Spectrum:
    """The signal with its imaginary part, in phase as far as its highest lines tell."""
    beside = signal.companions.get("imaginary")
    known = signal.known_sigma
    if beside is None or len(beside) != len(signal):
        sigma, alike = _noise(signal.y)
        if known is not None:
            sigma, alike = float(np.median(known)), 1.0
        return Spectrum(signal.x, signal.y.astype(np.complex128), False, sigma, alike)
    from scipy.signal import hilbert

    # Which sign the imaginary part has is a custom of each program: causality tells.
    turned = hilbert(signal.y - np.median(signal.y)).imag
    sign = 1.0 if float(turned @ (beside.y - np.median(beside.y))) >= 0 else -1.0
    values = signal.y + sign * 1j * beside.y
    values = values * np.exp(-1j * _phase(values))
    sigma, alike = _noise(values.real)
    if known is not None:
        sigma, alike = float(np.median(known)), 1.0
    return Spectrum(signal.x, values, True, sigma, alike)


def _noise(y: Array) -> tuple[float, float]:
    """Standard deviation of a point, and how alike neighbours are, from the quietest blocks."""
    size = min(max(y.size // 16, _BLOCK[0]), _BLOCK[1], y.size)
    blocks = y[: size * (y.size // size)].reshape(-1, size)
    t = np.linspace(-1, 1, blocks.shape[1])
    basis = np.linalg.qr(np.stack([np.ones_like(t), t, t * t], axis=1))[0]
    left = blocks - (blocks @ basis) @ basis.T
    spread = np.sqrt(np.sum(left**2, axis=1) / (blocks.shape[1] - 3))
    quiet = spread <= np.quantile(spread, 0.5)
    chosen = left[quiet]
    sigma = float(np.quantile(spread, 0.25)) * (1 + 0.67 / np.sqrt(2 * blocks.shape[1]))
    power = float(np.sum(chosen**2)) or 1.0
    alike = 1.0
    for lag in range(1, min(_LAGS, blocks.shape[1] // 4)):
        rho = float(np.sum(chosen[:, lag:] * chosen[:, :-lag])) / power
        if rho < 3 / np.sqrt(chosen.size):
            break
        alike += 2 * rho
    largest = float(np.max(np.abs(y))) if y.size else 0.0
    return max(sigma, 1e-9 * largest, 1e-300), alike


def _phase(values: Complex) -> Array:
    """Phase (n,) in rad, at most linear, that the highest lines have."""
    from scipy.signal import find_peaks

    height = np.abs(values)
    tops, _ = find_peaks(height, prominence=0.1 * float(height.max()), distance=8)
    tops = tops[np.argsort(height[tops])[::-1][:12]]
    if not tops.size:
        return np.zeros(values.size)
    weight = height[tops]
    turn = values[tops] / weight
    t = tops / values.size - 0.5
    slopes = np.linspace(-20.0, 20.0, 2001)
    agree = np.abs(np.exp(-1j * slopes[:, None] * t) @ (weight * turn)) / weight.sum()
    good = slopes[agree > 0.995 * agree.max()] if tops.size > 2 else np.zeros(1)
    slope = float(good[np.argmin(np.abs(good))])  # no steeper than the lines want
    first = float(np.angle(np.sum(weight * turn * np.exp(-1j * slope * t))))
    return first + slope * (np.arange(values.size) / values.size - 0.5)


def level(y: Array) -> Array:
    """What lines stand on, shape (n,): the median, or where that slopes or bends much a parabola.

    The parabola has the least sum of distances to the medians of blocks, which few lines do not move.
    """
    middle = float(np.median(y))
    flat = np.full(y.size, middle)
    if y.size < 4 * _BLOCKS:
        return flat
    size = y.size // _BLOCKS
    medians = np.median(y[: _BLOCKS * size].reshape(_BLOCKS, size), axis=1)
    t = (np.arange(_BLOCKS) + 0.5) * size / y.size * 2 - 1
    basis = np.stack([np.ones_like(t), t, t * t], axis=1)
    weight: Array = np.ones(_BLOCKS)
    by = np.zeros(3)
    for _ in range(_AGAIN):
        by[:] = np.linalg.lstsq(basis * weight[:, None], medians * weight, rcond=None)[0]
        off = np.abs(medians - basis @ by)
        weight = 1 / np.sqrt(np.maximum(off, 1e-6 * float(off.max()) or 1.0))
    u = np.linspace(-1, 1, y.size)
    bent = by[0] + by[1] * u + by[2] * u * u
    return bent if float(np.ptp(bent)) > _STEEP * float(np.max(y - bent)) else flat


def lines(seen: Spectrum, y: Array | None = None, most: int = _MOST) -> list[Seen]:
    """Lines that stand clear of the noise at the finest scale that shows any, the highest first.

    ``y`` (n,) is looked at instead of the real part.  What is broader shows once these are taken off.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks, peak_widths

    y = seen.real if y is None else y
    y = y - np.median(y)
    for scale in _SCALES[_SCALES < max(y.size / 12, 1.5)]:
        smooth = gaussian_filter1d(y, scale)
        summed = 2 * np.sqrt(np.pi) * scale  # points
        floor = CLEAR * seen.sigma * np.sqrt(max(min(seen.alike, summed) / summed, 1 / summed))
        tops, told = find_peaks(smooth, height=floor, prominence=floor)
        if not tops.size:
            continue
        halves = peak_widths(smooth, tops, 0.5)[0] / 2
        found: list[Seen] = []
        for i in np.argsort(told["peak_heights"])[::-1].tolist():
            top, half = int(tops[i]), float(halves[i])
            own = np.sqrt(max(half**2 - (1.1774 * scale) ** 2, 0.25))
            if all(abs(top - one.at) > scale for one in found):
                found.append(Seen(top, float(own), float(told["peak_heights"][i])))
        return found[:most]
    return []
