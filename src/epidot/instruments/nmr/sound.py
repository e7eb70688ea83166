"""Whether what was fitted are lines of one phase, and their areas amounts."""

from __future__ import annotations

import numpy as np

from epidot.instruments.nmr.assigned import Line
from epidot.instruments.nmr.detected import CLEAR, Spectrum

# A line over that share of the axis, so many times as wide as the tallest and so low beside it, is a bend of
# the baseline: what dots widen (some 600 Hz) is a few per cent of an axis.
_HUMP, _WIDER, _LOW = 0.15, 10.0, 0.25
_DOTS_HZ = 1500.0  # what no line of ligands on dots is as wide as (own choice; bound oleate has some 100 Hz)
_OPPOSITE = 0.1  # of all areas: so much below zero, beyond its error, is no set of lines in one phase
_BELOW = 0.3  # of the height: 8 degrees of phase leave 0.07 below zero, 30 degrees 0.25


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
    level = float(np.median(seen.real))
    depth, height = level - float(np.min(seen.real)), float(np.max(seen.real)) - level
    if depth <= max(_BELOW * height, CLEAR * seen.sigma):
        return None
    at = float(seen.x[int(np.argmin(seen.real))])
    return (
        f"the spectrum reaches far below zero at {at:.2f} ppm ({depth / height:.0%} of the highest line): "
        "the phase is not set; no integrals are stated"
    )
