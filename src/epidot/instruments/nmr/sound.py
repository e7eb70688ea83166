"""Whether what was fitted are lines of one phase, and their areas amounts."""

from __future__ import annotations

import numpy as np

from epidot.instruments.nmr.assigned import Line
from epidot.instruments.nmr.detected import CLEAR, Spectrum, level

# A line over that share of the axis, so many times as wide as the tallest and so low beside it, is a bend of
# the baseline: what dots widen (some 600 Hz) is a few per cent of an axis.
_HUMP, _WIDER, _LOW = 0.15, 10.0, 0.25
_DOTS_HZ = 1500.0  # what no line of ligands on dots is as wide as (own choice; bound oleate has some 100 Hz)
_OPPOSITE = 0.1  # of all areas: so much below zero, beyond its error, is no set of lines in one phase
_BELOW = 0.3  # of the height: 8 degrees of phase leave 0.07 below zero, 30 degrees 0.25

# The quiet parts of an absolute value stand 1.91 standard deviations above zero (Rayleigh), and never below.
_LEVEL = (1.2, 3.0)
_READINGS = 500  # enough that a level of 3 would show some below zero


def apart(every: list[Line], span: float, MHz: float | None) -> tuple[list[Line], list[Line]]:
    """Lines, and what is so wide beside them that it is baseline; ``span`` of the axis in ppm."""
    heights = [abs(one.area) / one.width_ppm for one in every]
    tallest = every[int(np.argmax(heights))]
    least = _DOTS_HZ / MHz if MHz else 2 * _HUMP * span
    wide = max(_HUMP * span, _WIDER * tallest.width_ppm, least)
    humps = [
        one
        for one, height in zip(every, heights, strict=True)
        if one.width_ppm > wide and height < _LOW * max(heights)
    ]
    return [one for one in every if one not in humps], humps


def opposite(every: list[Line]) -> str | None:
    """Why areas are no amounts, or ``None``: lines of one phase all point one way."""
    below = [one for one in every if one.area < -3 * (one.sigma_area or 0.0)]
    if -sum(one.area for one in below) <= _OPPOSITE * sum(abs(one.area) for one in every):
        return None
    shown = ", ".join(f"{one.ppm:.2f}" for one in below[:4])
    return (
        f"lines below zero (at {shown} ppm) beside others above: the phase is not set, or the fit did not "
        "settle; no integrals are stated"
        if len(below) < len(every)
        else "all lines point down: turn the phase by 180 degrees; no integrals are stated"
    )


def below(seen: Spectrum) -> str | None:
    """Why a spectrum is in no phase, or ``None``: it reaches as far below its level as no wing does."""
    above = seen.real - level(seen.real)
    depth, height = -float(np.min(above)), float(np.max(above))
    if depth <= max(_BELOW * height, CLEAR * seen.sigma):
        return None
    at = float(seen.x[int(np.argmin(above))])
    return (
        f"the spectrum reaches far below zero at {at:.2f} ppm ({depth / height:.0%} of the highest line): "
        "the phase is not set; no integrals are stated"
    )


def bent(seen: Spectrum) -> str | None:
    """What to say of a baseline that is not level, or ``None``."""
    under = level(seen.real)
    change = float(np.ptp(under))
    if not change > 0:
        return None
    share = change / float(np.max(seen.real - under))
    return (
        f"the baseline changes by {share:.0%} of the highest line over the axis: it is taken to be straight "
        "under each line; take it off where lines are broad"
    )


def absolute(seen: Spectrum) -> str | None:
    """Why areas are no amounts, or ``None``: readings that are the absolute value of a spectrum."""
    y = seen.real
    if seen.complex or y.size < _READINGS or float(np.min(y)) < 0:
        return None
    size = 64
    blocks = y[: size * (y.size // size)].reshape(-1, size)
    spread = blocks.std(axis=1)
    quiet = spread <= np.quantile(spread, 0.25)
    stands = float(np.median(blocks[quiet].mean(axis=1) / np.maximum(spread[quiet], 1e-300)))
    if not _LEVEL[0] <= stands <= _LEVEL[1]:
        return None
    return (
        "this is an absolute value (magnitude) spectrum: no reading is below zero, and the noise stands on "
        f"{stands:.1f} of its standard deviations; its lines have another form, no integrals are stated: "
        "export the real part in phase"
    )
