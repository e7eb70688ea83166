"""An axis set right by a standard: known lines are found, their common offset moves the axis.

The offset's error is carried into what is measured by measuring once more at either end of it, so that every
instrument does it the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.documents import data_document, top
from epidot.errors import InputError, nearest
from epidot.parameter import Parameter
from epidot.quantities import Quantities, Quantity
from epidot.signal import local
from epidot.signal.correlation import noise_of
from epidot.signal.fitting import Free, fit_curve
from epidot.signal.signal import Signal

Array = NDArray[np.float64]

_SHAPES = ("line", "band")
_LEAST = 5  # points of a line
_TOP = 0.6  # of a band's height over its window: what its maximum is read from
_SHARES = (0.0, 0.5, 1.0)  # of Lorentz in a line
_CLEAR = 5.0  # standard errors by which a line must stand out


@dataclass(frozen=True)
class Standard:
    """Known ``lines`` on an ``axis`` in ``unit``, each looked for within ``reach`` of its place."""

    name: str
    title: str
    axis: str
    unit: str
    reach: float
    shape: str
    lines: tuple[Parameter, ...]


@dataclass(frozen=True)
class Offset:
    """What the axis of a measured standard shows too much: ``value`` ± ``sigma`` in ``unit``.

    ``lines`` are the certified places that were found and where.
    """

    standard: str
    value: float
    sigma: float
    unit: str
    lines: tuple[tuple[float, float], ...]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        lines = [{"certified": known, "found": found} for known, found in self.lines]
        return {
            "standard": self.standard,
            "offset": self.value,
            "sigma": self.sigma,
            "unit": self.unit,
            "lines": lines,
        }


@cache
def standards() -> dict[str, Standard]:
    """Those of ``data/standards.yaml`` by name."""
    page = top(data_document("standards.yaml"))
    found = {}
    for name, entry in page["standards"].table().items():
        entry.fields(("title", "axis", "unit", "reach", "shape", "lines"))
        unit = entry["unit"].text()
        lines = (row.parameter(name=name, units=(unit,)) for row in entry["lines"].rows("a line"))
        found[name] = Standard(
            name,
            entry["title"].text(),
            entry["axis"].text(),
            unit,
            entry["reach"].number(0.0),
            entry["shape"].choice(_SHAPES),
            tuple(line for line in lines if line is not None),
        )
    page.faults.raise_if_any()
    return found


def offset(signal: Signal, name: str) -> Offset:
    """How far the axis of ``signal``, measured on the standard ``name``, is off.

    Lines that agree within their errors give their weighted mean.  Where they do not, the axis is stretched
    too, and the scatter of the lines is the error, since nobody knows which of them is nearest to the sample.

    Raises
    ------
    InputError
        If there is no such standard, its axis is another one, or none of its lines is seen.
    """
    known = standards()
    if name not in known:
        raise InputError("no such standard", seen=name, nearest=nearest(name, known))
    standard = known[name]
    where = signal.source or None
    if signal.x_unit != standard.unit:
        what = f"{name} has lines on an axis of {standard.axis} / {standard.unit}"
        raise InputError(what, where, seen=f"{signal.x_name} / {signal.x_unit}")
    inside = [
        line
        for line in standard.lines
        if signal.x[0] + standard.reach / 2 <= line.value <= signal.x[-1] - standard.reach / 2
    ]
    rough = _roughly(signal, [line.value for line in inside], standard.reach) if inside else 0.0
    found = []
    for line in inside:
        place = _place(signal, standard, line.value, rough)
        if place is not None:
            at, sigma = place
            found.append((line.value, at, math.hypot(sigma, line.sigma or 0.0)))
    if not found:
        places = ", ".join(f"{line.value:g}" for line in standard.lines)
        what = f"no line of {name} within {standard.reach:g} {standard.unit} of its place"
        seen = f"{signal.x[0]:g} to {signal.x[-1]:g} {standard.unit}"
        raise InputError(what, where, seen=seen, remedy=f"measure the standard over {places}")
    return _common(standard, np.array(found))


def _common(standard: Standard, found: Array) -> Offset:
    known, at, sigma = found.T
    off = at - known
    weight = sigma**-2.0
    value = float(weight @ off / weight.sum())
    error = float(weight.sum() ** -0.5)
    warnings = []
    beyond = float((((off - value) / sigma) ** 2).sum()) - (off.size - 1)
    if off.size > 1 and beyond > 2 * math.sqrt(2 * (off.size - 1)):
        error = float(np.std(off, ddof=1))
        value = float(off.mean())
        warnings.append(
            f"the {off.size} lines of {standard.name} are off by {off.min():.3g} to {off.max():.3g} "
            f"{standard.unit}, more than their errors: the axis is stretched, and their scatter is the error"
        )
    pairs = tuple((float(a), float(b)) for a, b in zip(known, at, strict=True))
    return Offset(standard.name, value, error, standard.unit, pairs, tuple(warnings))


def _roughly(signal: Signal, places: list[float], reach: float) -> float:
    """The offset at which most lines stand high, each counted from 0 to 1 over its reach."""
    step = min(float(np.median(np.diff(signal.x))), reach / 20)
    tries = np.arange(-reach, reach + step / 2, step)
    height = np.zeros(tries.size)
    for place in places:
        y = np.interp(place + tries, signal.x, signal.y)
        height += (y - y.min()) / max(float(np.ptp(y)), 1e-300)
    return float(tries[int(np.argmax(height))])


def _place(signal: Signal, standard: Standard, line: float, rough: float) -> tuple[float, float] | None:
    """Where a line stands and its standard error, or ``None`` where it is not seen."""
    apart = [abs(other.value - line) for other in standard.lines if other.value != line]
    half = min([standard.reach, *(distance / 2 for distance in apart)])
    near = np.abs(signal.x - (line + rough)) <= half
    if int(near.sum()) < 2 * _LEAST:
        return None
    part = signal.kept(near)
    return _band(part) if standard.shape == "band" else _line(part, line + rough)


def _band(part: Signal) -> tuple[float, float] | None:
    top = int(np.argmax(part.y))
    high = part.y >= part.y.max() - (1 - _TOP) * np.ptp(part.y)
    low, last = top, top
    while low > 0 and high[low - 1]:
        low -= 1
    while last < len(part) - 1 and high[last + 1]:
        last += 1
    if last - low + 1 < _LEAST:
        low, last = max(0, top - _LEAST // 2), min(len(part) - 1, top + _LEAST // 2)
    near = slice(low, last + 1)
    seen = local.extremum(part.x[near], part.y[near], noise_of(part.x, part.y), maximum=True)
    return None if seen is None else (seen.x, seen.sigma_x)


def _line(part: Signal, centre: float) -> tuple[float, float] | None:
    """One peak between Gauss and Lorentz on a straight ground."""
    top = int(np.argmax(part.y))
    ground = float(np.median(part.y))
    height = float(part.y[top]) - ground
    x, step = part.x, float(np.median(np.diff(part.x)))
    above = max(int(np.sum(part.y > ground + height / 2)), 1) * step
    spread = float(np.ptp(part.y))
    if not spread > 0:
        return None

    def peak(v: Array, lorentz: float) -> Array:
        off = (x - v[1]) / (v[2] / 2)
        shape = lorentz / (1 + off**2) + (1 - lorentz) * np.exp(-math.log(2) * off**2)
        return np.asarray(v[0] * shape + v[3] + v[4] * (x - centre), dtype=np.float64)

    free = [
        Free("height", "", max(height, 0.1 * spread), 0.0, 3 * spread, natural=True),
        Free("place", part.x_unit, float(x[top]), float(x[0]), float(x[-1])),
        Free("width", part.x_unit, min(above, float(np.ptp(x)) / 2), step / 2, float(np.ptp(x))),
        Free("ground", "", ground, ground - 3 * spread, ground + 3 * spread),
        Free("slope", "", 0.0, -3 * spread / np.ptp(x), 3 * spread / np.ptp(x)),
    ]
    # The place hardly depends on the shape: a few between Gauss and Lorentz are enough.
    fits = [fit_curve(part, partial(peak, lorentz=share), free, further=False) for share in _SHARES]
    settled = [one for one in fits if one.status == "converged"]
    if not settled:
        return None
    best = min(settled, key=lambda one: one.misfit)
    sigma, stands = best.sigma("place"), best.sigma("height")
    if sigma is None or not stands or best.value("height") < _CLEAR * stands:
        return None
    return best.value("place"), sigma


def calibrated(signal: Signal, by: Offset, measure: Callable[[Signal], Quantities]) -> Quantities:
    """What ``measure`` finds on the axis set right, the error of the offset in every error.

    Raises
    ------
    InputError
        If the axis is in another unit than the offset, or as ``measure`` does.
    """
    if signal.x_unit != by.unit:
        what = f"an offset in {by.unit} does not fit this axis"
        raise InputError(what, signal.source or None, seen=signal.x_unit)
    found, below, above = (
        measure(signal.with_values(signal.x - by.value - k * by.sigma, signal.y, signal.sigma))
        for k in (0, -1, 1)
    )
    quantities = {name: _carried(one, below.get(name), above.get(name)) for name, one in found.items()}
    said = (
        f"the axis was moved by {-by.value:.4g} +- {by.sigma:.2g} {by.unit} so that {len(by.lines)} "
        f"lines of {by.standard} stand at their places"
    )
    warnings = (*found.warnings, *by.warnings, said)
    extra = {**found.extra, "calibration": by.to_json()}
    return replace(found, found=quantities, warnings=warnings, extra=extra)


def _carried(one: Quantity, below: Quantity | None, above: Quantity | None) -> Quantity:
    if one.value is None or one.sigma is None:
        return one
    ends = [end.value for end in (below, above) if end is not None and end.value is not None]
    if len(ends) < 2:
        said = "not to be had everywhere within the error of the calibration"
        return replace(one, sigma=None, note="; ".join(filter(None, (one.note, said))))
    return replace(one, sigma=math.hypot(one.sigma, (ends[1] - ends[0]) / 2))
