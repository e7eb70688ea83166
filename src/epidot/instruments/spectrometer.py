"""What instruments with a wavelength axis share: options, the axis, like dots, the simulated spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import FWHM
from epidot.dot.layers import LayeredDot, Population
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.options import Option, Settings, choice, number, text
from epidot.signal import Signal
from epidot.signal.variance import RULES

Array = NDArray[np.float64]

TABLES = (
    "text tables (csv, txt, dat, tsv, asc): any delimiter, decimal comma, head lines, several columns",
    "signals saved by epidot",
)
_TOLD = 0.05  # of the height: a flank still so high at an end of the range is told
COLUMN = text("column", "", "which spectrum of the file: name, or number from 1")
UNIT = choice("unit", ("nm", "eV", "cm-1"), None, "unit of the axis, if the file is silent")
NOISE = choice("noise", RULES, "auto", "how the noise behaves; auto: counts only if the file says so")
MASK = text("mask", "nm", "ranges of readings not to be used, e.g. 340-380")
WINDOW = text("window", "nm", "range in which the band lies, e.g. 500-600")


def axis_options(start_nm: float, stop_nm: float) -> tuple[Option, ...]:
    """The set-up of a scan, by default over this range."""
    return (
        number("start_nm", "nm", start_nm, "first wavelength", 100, 5000),
        number("stop_nm", "nm", stop_nm, "last wavelength", 100, 5000),
        number("step_nm", "nm", 1.0, "distance of the points", 0.01, 50),
    )


def wavelengths(setup: Settings) -> Array:
    """``start_nm`` to ``stop_nm`` in steps of ``step_nm``, shape (n,).

    Raises
    ------
    InputError
        If fewer than 6 points are left.
    """
    start, stop, step = (float(setup[n]) for n in ("start_nm", "stop_nm", "step_nm"))
    if stop - start < 5 * step:
        what = "start_nm, stop_nm and step_nm leave fewer than 6 points"
        raise InputError(what, seen=f"{start:g}, {stop:g}, {step:g}")
    return start + step * np.arange(int((stop - start) / step + 1.5), dtype=np.float64)


def populations(dots: Dots) -> list[tuple[Population, float]]:
    """Populations of like dots and the number of dots in each.

    Dots that differ only in the size of their core share one population, so that its states are solved
    once.
    """
    if isinstance(dots, Population):
        return [(dots, float(dots.core_diameters_nm.size))]
    groups: dict[tuple[object, ...], list[LayeredDot]] = {}
    for dot in dots:
        groups.setdefault((dot.core, dot.shells, dot.medium), []).append(dot)
    out = []
    for members in groups.values():
        sizes = np.array([d.core_diameter_nm for d in members])
        middle = members[int(np.argmin(np.abs(sizes - sizes.mean())))]
        out.append((Population(middle, sizes), float(sizes.size)))
    return out


def spectrum(technique: str, y_name: str, nm: Array, y: Array, setup: Settings, **more: Any) -> Signal:
    """A simulated spectrum without noise; ``more`` are fields of the Signal (``kind``, ``y_unit`` ...)."""
    meta = {"setup": dict(setup), "column": y_name, "columns": [y_name]}
    return Signal(technique, nm, y, "wavelength", "nm", y_name, origin="simulated", meta=meta, **more)


def ends_told(nm: Array, share: Array, *, blue: str = "", red: str = "") -> tuple[str, ...]:
    """What is to be said of a simulated spectrum that does not come down at an end of its range.

    ``share`` (n,) is in parts of its height; ``blue`` and ``red`` are what ought to end on that side.
    """
    said = []
    ends = ((blue, "blue", 0, "a smaller start_nm"), (red, "red", -1, "a larger stop_nm"))
    for what, side, at, remedy in ends:
        if what and share[at] > _TOLD:
            said.append(
                f"the range cuts {what} off on the {side} side, at {share[at]:.0%} of its height "
                f"({nm[at]:g} nm): {remedy} shows all of it"
            )
    return tuple(said)


def before_slit(y: Array, bend: Array, bandwidth: float) -> Array:
    """The curve (n,) before a slit of FWHM ``bandwidth`` / nm, to first order; ``bend`` is its curvature.

    Seen through a slit of standard deviation σ it is y + σ² y''/2.
    """
    return np.asarray(y - (bandwidth / FWHM) ** 2 / 2 * bend, dtype=np.float64)


def extremum(x: Array, y: Array, at: int, half_width: float) -> tuple[float, float]:
    """Place and height of the extremum near point ``at`` of a fine, smooth curve: a quartic about it."""
    near = np.abs(x - x[at]) < half_width
    quartic = np.polynomial.Polynomial.fit(x[near] - x[at], y[near], 4)
    roots = quartic.deriv().roots()
    real = roots[np.abs(roots.imag) < 1e-9].real
    best = real[np.argmin(np.abs(real))]
    return float(x[at] + best), float(quartic(best))
