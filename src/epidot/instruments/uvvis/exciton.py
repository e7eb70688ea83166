"""The first exciton in an absorption spectrum: maximum and valley, or shoulder, or nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.spectrometer import before_slit
from epidot.signal import local
from epidot.signal.correlation import Noise
from epidot.signal.local import Reading
from epidot.signal.peaks import maxima

Array = NDArray[np.float64]

SMOOTH_NM = 12.0  # narrower than any ensemble's first exciton
_SIGNIFICANT = 5.0  # height of a bend in units of the noise of the smoothed curve
# Depth of a valley in the same units: highest less lowest of some fifty independent stretches of noise is 4.5
# in the mean and above 6.5 in one spectrum of 200.
_CLEAR_DEPTH = 7.0
_BELOW_ZERO = (
    2.0  # times as clear it must be where the valley lies below zero: nothing absorbs less than nothing
)
_FLOOR = 0.2  # of the depth: so far up from its minimum a valley is read
_SHARE = 0.03  # of the range of absorbance: a smaller bump on the red side is no exciton
_JUMP = 0.25  # of the depth of a valley: so much from one reading to the next is no band
_FALLS = 0.1  # of the range of absorbance: so much higher at the red end it is no absorption of dots
_BESIDE_NM = 12.0
_BEND = 0.3  # of the strongest curvature: a weaker one is not the first exciton
_QUARTIC = 8  # readings at a top from which on more than a parabola is laid through them
_SHOULDER_NM = (18.0, 25.0, 34.0)  # widths over which the second derivative is taken


@dataclass(frozen=True)
class Exciton:
    """What was found: ``kind`` is ``maximum``, ``shoulder`` or ``none``.

    ``top`` and ``valley`` are readings of the curve (wavelength / nm, absorbance); a shoulder has only
    ``place`` ± ``sigma`` from the second derivative (``by_bend``).
    """

    kind: str
    place: float
    sigma: float
    top: Reading | None = None
    valley: Reading | None = None
    note: str = ""
    by_bend: bool = False

    @classmethod
    def none(cls, why: str) -> Exciton:
        """There is none, and why."""
        return cls("none", math.nan, math.nan, note=why)


def first_exciton(x: Array, y: Array, noise: Noise, least: float, method: str = "auto") -> Exciton:
    """The reddest exciton of a spectrum over wavelength / nm, arrays of shape (n,), ascending.

    ``least`` is the smallest depth of a valley that is believed.  ``method`` says what its place is:
    ``maximum``, ``second derivative``, or ``auto``: the maximum where there is one.
    """
    level = noise.level(y) if noise.sigma is None else float(np.median(noise.sigma))
    found = _maximum(x, y, noise, level, least)
    if method == "maximum" or (method == "auto" and found is not None):
        none = "no maximum with a valley beside it (method='second derivative' reads shoulders)"
        return found or Exciton.none(none)
    bend = _shoulder(x, y, noise, level)
    if found is None or bend.kind == "none":
        return bend
    return replace(found, place=bend.place, sigma=bend.sigma, by_bend=True)


def _maximum(x: Array, y: Array, noise: Noise, level: float, least: float) -> Exciton | None:
    """The reddest maximum and the valley on its blue side; ``None`` if there is no such pair."""
    even, shape, gain = local.smoothed(x, y, SMOOTH_NM, noise=noise)
    found = _extrema(even, shape, max(least, _CLEAR_DEPTH * level * gain))
    if found is None:
        return None
    top, valley = (even[i] for i in found)
    distance = top - valley
    height, low = float(shape[found[0]]), float(shape[found[1]])
    middle = (height + low) / 2
    right = _first_below(even, shape, found[0], 0.7 * height)
    between = _last_below(even, shape, found[0], middle)
    # A valley may be narrow beside a broad maximum: only its floor is read.
    floor = low + _FLOOR * (height - low) + 4 * level * gain
    left = _first_above(even, shape, found[1], floor)
    rise = np.flatnonzero(shape[found[1] :] > floor)
    ends = float(even[found[1] + rise[0]]) if rise.size else top
    reach = 0.75 * distance
    at_top = _window(x, y, noise, max(top - reach, between), min(top + reach, right))
    at_low = _window(x, y, noise, max(valley - reach, left), min(valley + reach, ends))
    maximum = local.extremum(*at_top, maximum=True)
    minimum = local.extremum(*at_low, maximum=False)
    if maximum is None or minimum is None:
        return None
    depth = maximum.y - minimum.y
    if minimum.y < 0 and depth < _BELOW_ZERO * _CLEAR_DEPTH * level * gain:
        return None
    if depth < max(least, 3 * math.hypot(maximum.sigma_y, minimum.sigma_y)) or low >= height:
        return None
    return Exciton("maximum", maximum.x, maximum.sigma_x, maximum, minimum)


def red_half(x: Array, y: Array, noise: Noise, top: Reading) -> tuple[float, float] | None:
    """Wavelength on the red side where the absorbance is half of the maximum's, and its error."""
    even, shape, _ = local.smoothed(x, y, SMOOTH_NM)
    start = int(np.searchsorted(even, top.x))
    half = top.y / 2
    inner = _first_below(even, shape, start, 0.78 * top.y)
    outer = _first_below(even, shape, start, 0.22 * top.y)
    if _first_below(even, shape, start, half) >= even[-1]:
        return None
    part = _window(x, y, noise, inner, outer)
    found = local.crossing(*part, half)
    if found is None:
        return None
    slope = local.slope_at(part[0], part[1], found.x)
    if slope >= 0:
        return None
    return found.x, math.hypot(found.sigma_x, 0.5 * top.sigma_y / slope)


def _extrema(x: Array, y: Array, depth: float) -> tuple[int, int] | None:
    """Indices of the reddest maximum and of the minimum on its blue side, at least ``depth`` deep."""
    tops = maxima(y, depth)
    floor = float(np.min(y)) + _SHARE * float(np.ptp(y))
    good = [int(t) for t in tops if y[t] > floor]
    if not good:
        return None
    top = max(good)
    higher = np.flatnonzero(y[:top] > y[top])
    beside = tops[tops < top]  # the valley beside the first maximum ends at the second, be that lower
    start = max(int(higher[-1]) if higher.size else 0, int(beside[-1]) if beside.size else 0)
    valley = start + int(np.argmin(y[start:top]))
    # Without a rise behind it the lowest point is the end of the data, not a valley.
    if valley <= 1 or y[top] - y[valley] < depth:
        return None
    return top, valley


def _first_below(x: Array, y: Array, start: int, level: float) -> float:
    below = np.flatnonzero(y[start:] < level)
    return float(x[start + below[0]]) if below.size else float(x[-1])


def _last_below(x: Array, y: Array, end: int, level: float) -> float:
    below = np.flatnonzero(y[:end] < level)
    return float(x[below[-1]]) if below.size else float(x[0])


def _first_above(x: Array, y: Array, start: int, level: float) -> float:
    above = np.flatnonzero(y[:start] > level)
    return float(x[above[-1]]) if above.size else float(x[0])


def _window(x: Array, y: Array, noise: Noise, low: float, high: float) -> tuple[Array, Array, Noise]:
    keep = (x >= low) & (x <= high)
    return x[keep], y[keep], noise.kept(keep)


def _shoulder(x: Array, y: Array, noise: Noise, level: float) -> Exciton:
    """The reddest minimum of the second derivative; its error from three widths and both axes."""
    even, shape, _ = local.smoothed(x, y, SMOOTH_NM)
    floor = float(np.min(shape)) + _SHARE * float(np.ptp(shape))
    places: list[float] = []
    others: list[float] = []
    errors: list[float] = []
    # The widest smoothing says which shoulder, the others where exactly.
    for width in reversed(_SHOULDER_NM):
        if x[-1] - x[0] < 3 * width:
            continue
        even, bend, gain = local.smoothed(x, y, width, 2, noise)
        height = np.interp(even, x, y)
        margin = width / 2
        inner = (even > even[0] + margin) & (even < even[-1] - margin) & (height > floor)
        clear = max(_SIGNIFICANT * level * gain, _BEND * float(np.max(-bend * inner)))
        dips = maxima(-bend, clear, clear)
        good = [int(i) for i in dips if inner[i]]
        if places:
            good = [i for i in good if abs(float(even[i]) - places[0]) < width / 2]
        if not good:
            continue
        i = max(good) if not places else good[int(np.argmin(np.abs(even[good] - places[0])))]
        places.append(float(even[i]))
        # The same minimum of d²A/dE², which is as good a definition: d²A/dE² ∝ A'' + 2 A'/λ.
        _, slope, _ = local.smoothed(x, y, width, 1)
        in_energy = bend + 2 * slope / even
        close = np.abs(even - even[i]) <= width / 2
        others.append(float(even[close][np.argmin(in_energy[close])]))
        # Curvature of the dip itself turns the noise of the derivative into one of its place.
        near = slice(max(0, i - 3), i + 4)
        curvature = 2 * float(np.polyfit(even[near] - even[i], bend[near], 2)[0])
        slope_noise = level * gain * math.sqrt(2.0) / (width / 2)
        errors.append(slope_noise / curvature if curvature > 0 else width / 2)
    if len(places) < 2:
        return Exciton.none("no maximum and no shoulder above the noise")
    by_wavelength, by_energy = float(np.median(places)), float(np.median(others))
    spread = float(np.ptp(places)) / 2
    step = float(np.median(np.diff(x)))
    parts = (float(np.median(errors)), spread, step / math.sqrt(12.0), (by_energy - by_wavelength) / 2)
    return Exciton(
        "shoulder",
        (by_wavelength + by_energy) / 2,
        math.hypot(*parts),
        note="shoulder, no valley",
        by_bend=True,
    )


def jump_beside(x: Array, y: Array, found: Exciton) -> float | None:
    """Where the curve jumps from one reading to the next beside what was found, as at a change of detector.

    A band takes many readings to rise; a jump takes one, far more than its neighbours and than the noise.
    """
    if found.kind == "none":
        return None
    low = min(found.place, found.valley.x) if found.valley is not None else found.place
    high = max(found.place, found.top.x) if found.top is not None else found.place
    least = _SHARE * float(np.ptp(y))
    if found.top is not None and found.valley is not None:
        least = _JUMP * (found.top.y - found.valley.y)
    step, at = np.abs(np.diff(y)), (x[1:] + x[:-1]) / 2
    near = np.flatnonzero((at > low - _BESIDE_NM) & (at < high + _BESIDE_NM))
    near = near[(near > 0) & (near < step.size - 1)]
    for i in near[step[near] > np.maximum(4 * np.maximum(step[near - 1], step[near + 1]), least)]:
        if step[i] > 8 * Noise().level(y[max(0, i - 30) : i + 30]):
            return float(at[i])
    return None


def no_absorption(x: Array, y: Array, found: Exciton, taken_off: str = "") -> str | None:
    """Why this is not the absorption of dots, whatever its shape; ``None`` where it may be.

    Nothing absorbs less than nothing, and dots absorb more to the blue.  ``taken_off`` is the law of a
    baseline that was subtracted, which may be why.
    """
    even, shape, _ = local.smoothed(x, y, SMOOTH_NM)
    ends = max(3, x.size // 50)
    blue, red = float(np.mean(y[:ends])), float(np.mean(y[-ends:]))
    at = float(np.max(shape)) if found.kind == "none" else float(np.interp(found.place, even, shape))
    why = "were blank and sample exchanged?"
    if taken_off:
        why = f"the baseline taken off ({taken_off}) does not hold there (options baseline, baseline_nm)"
    if at < 0:
        where = "everywhere" if found.kind == "none" else f"at {found.place:.0f} nm"
        or_else = "" if taken_off else " (an offset is taken off by option baseline)"
        return f"the absorbance is negative {where} ({at:.2g}): {why}{or_else}"
    if found.kind != "none" and red - blue > _FALLS * float(np.ptp(shape)):
        return (
            f"the absorbance falls from {red:.2g} at {x[-1]:.0f} nm to {blue:.2g} at {x[0]:.0f} nm, and that "
            f"of dots rises to the blue: {why}"
        )
    return None


def may_hold(x: Array, y: Array, low: float, high: float) -> bool:
    """Whether a gap of the readings from ``low`` to ``high`` / nm may hide an exciton.

    It is as wide as one, and the curve on its blue side still stands above the floor of excitons.
    """
    before = y[(x < low) & (x > low - SMOOTH_NM)]
    if high - low < SMOOTH_NM or not before.size or not np.any(x > high):
        return False
    return float(np.mean(before)) > float(np.min(y)) + _SHARE * float(np.ptp(y))


def through_slit(x: Array, y: Array, bandwidth: float, found: Exciton) -> dict[str, float]:
    """By how much a spectral bandwidth (FWHM / nm) moves what is read off a maximum, to first order."""
    if not bandwidth or found.top is None or found.valley is None:
        return {}
    even, seen, _ = local.smoothed(x, y, SMOOTH_NM)
    _, bend, _ = local.smoothed(x, y, 1.5 * SMOOTH_NM, 2)
    # The bend of the smoothed curve has steps, over which only a parabola is broad enough.
    moved = changed(even, seen, before_slit(seen, bend, bandwidth), found, degree=2)
    if moved is None:
        return {}
    return dict(zip(READ_OFF, np.nan_to_num(np.abs(moved)).tolist(), strict=True))


READ_OFF = ("first_exciton_nm", "first_exciton_eV", "valley_depth", "hwhm_eV")


def changed(even: Array, seen: Array, other: Array, found: Exciton, degree: int = 4) -> Array | None:
    """What the quantities ``READ_OFF`` (4,) change by if the smoothed curve ``seen`` (n,) is ``other`` (n,).

    A polynomial of ``degree`` is laid through their tops.
    ``None`` if the other curve has no maximum and valley there; not a number where half of the maximum is not
    reached.
    """
    read = [_read_off(even, curve, found, degree) for curve in (seen, other)]
    if read[0] is None or read[1] is None:
        return None
    return read[1] - read[0]


def _read_off(even: Array, curve: Array, found: Exciton, degree: int) -> Array | None:
    assert found.top is not None
    assert found.valley is not None
    near = np.abs(even - found.top.x) < SMOOTH_NM
    # A parabola through a band is an eighth too flat: a slope would move its maximum as much too far.
    degree = degree if np.sum(near) > _QUARTIC else 2
    law = np.polynomial.Polynomial.fit(even[near] - found.top.x, curve[near], degree).convert()
    tops = [float(r.real) for r in law.deriv().roots() if r.imag == 0 and law.deriv(2)(r.real) < 0]
    if not tops:
        return None
    off = min(tops, key=abs)
    place, high = found.top.x + off, float(law(off))
    least = float(np.min(curve[np.abs(even - found.valley.x) < SMOOTH_NM]))
    if abs(off) > SMOOTH_NM or high <= max(least, 0.0):
        return None
    red = np.flatnonzero((even > found.top.x) & (curve < high / 2))
    half = math.nan
    if red.size and red[0] > 0:
        i = int(red[0])
        half = float(np.interp(-high / 2, -curve[i - 1 : i + 1], even[i - 1 : i + 1]))
    return np.array([place, HC / place, 1 - least / high, HC / place - HC / half])
