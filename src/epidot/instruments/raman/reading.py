"""A file of a Raman spectrum -> a Signal over the shift / cm-1.

An axis of wavelengths or of absolute wavenumbers means nothing without the laser line: where neither the
file nor the user says it, it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.raman import wdf
from epidot.signal import Signal
from epidot.signal.axis import convert
from epidot.signal.decoding import file_bytes
from epidot.signal.headings import spectral_unit
from epidot.signal.headings import unit as unit_of
from epidot.signal.text import parse_table
from epidot.signal.trace import Trace, trace
from epidot.signal.variance import scatter

Array = NDArray[np.float64]

SHIFT, ABSOLUTE = "cm-1", "absolute cm-1"
_QUANTITY = {SHIFT: "Raman shift", ABSOLUTE: "wavenumber", "nm": "wavelength"}
_LEAST = 5  # readings of a spectrum
_FARTHEST = 5000.0  # cm-1; no Raman line lies beyond (H2 at 4155): a larger value is absolute
_SHIFTS = ("raman shift", "#spectro (cm", "axisunit[1]=\t1/cm", "axisunit[1]=1/cm")  # in words of a head
_AGREE = 0.01  # relative; two wavelengths of the laser that differ by more are two lasers
_LASER = re.compile(
    r"\b(?:laser|excitation)(?:\s*(?:wave ?length|line))?\s*(?:\(nm\)|\[nm\]|_nm)?\s*[:=,;\t ]\s*"
    r"(?P<value>[0-9]{3,4}(?:[.,][0-9]+)?)",
    re.IGNORECASE,
)


def read_shift(path: str | Path, chosen: Settings) -> Signal:
    """See :func:`epidot.instruments.raman.read`; ``chosen`` are the settled options."""
    where = str(path)
    raw = file_bytes(path)
    if raw.startswith(wdf.MAGIC):
        return _of_wdf(wdf.parse(raw, where), chosen, where)
    found = trace(parse_table(raw, where), chosen["column"])
    warnings = list(found.warnings)
    laser = _laser(chosen["laser"], stated_laser(found.meta["header"]), warnings)
    given = _axis(found, chosen["unit"], laser, where, warnings)
    _refuse_laser(chosen["laser"], given, where)
    noisy = scatter(found.y, found.y_unit, str(chosen["noise"]), where)
    warnings += noisy.said
    x, y = as_shift(found.x, found.y, given, laser, where)
    meta = {**found.meta, "axis_unit": given} | ({} if laser is None else {"laser_nm": laser})
    return Signal(
        "raman",
        x,
        y,
        "Raman shift",
        "cm-1",
        "intensity",
        found.y_unit or (unit_of(found.name) or ""),
        noisy.kind,
        "measured",
        source=where,
        warnings=tuple(warnings),
        meta=meta,
    )


def _of_wdf(found: wdf.Spectra, chosen: Settings, where: str) -> Signal:
    """One spectrum of a .wdf file; those of a series or map are its columns."""
    number = len(found.y)
    warnings = list(found.warnings)
    names = [f"spectrum {i}" for i in range(1, number + 1)]
    asked = str(chosen["column"] if chosen["column"] is not None else 1).removeprefix("spectrum ").strip()
    if not (asked.isascii() and asked.isdigit() and len(asked) < 9 and 1 <= int(asked) <= number):
        raise InputError("no such spectrum in this file", where, seen=asked, remedy=f"it has 1 to {number}")
    if chosen["column"] is None and number > 1:
        warnings.append(f"the first of {number} spectra was read; choose with column, or columns all")
    laser = _laser(chosen["laser"], found.laser_nm, warnings)
    given = chosen["unit"] or found.unit
    if found.unit is not None and given != found.unit:
        warnings.append(f"the file says the axis is in {found.unit}; {given} was asked for and is used")
    if given is None:
        what = "this .wdf file says neither the quantity nor the unit of its axis"
        seen = f"{found.x.min():g} to {found.x.max():g}"
        remedy = "state it with the option unit: cm-1, absolute cm-1 or nm"
        raise InputError(what, where, seen=seen, remedy=remedy)
    _refuse_laser(chosen["laser"], given, where)
    values = found.y[int(asked) - 1]
    there = np.isfinite(values) & np.isfinite(found.x)
    if int(there.sum()) < _LEAST:
        raise InputError("too few readings are numbers", where, seen=f"{there.sum()} of {there.size}")
    if not np.all(there):
        warnings.append(f"{int((~there).sum())} readings that are no numbers were left out")
    x, y = as_shift(found.x[there], values[there], given, laser, where)
    meta = {
        "column": names[int(asked) - 1],
        "columns": names,
        "axis_unit": given,
        "column_number": int(asked),
    }
    meta |= {} if laser is None else {"laser_nm": laser}
    kind = scatter(y, "", str(chosen["noise"]), where).kind
    return Signal(
        "raman", x, y, "Raman shift", "cm-1", "intensity", "", kind, "measured",
        source=where, warnings=tuple(warnings), meta=meta,
    )  # fmt: skip


def stated_laser(lines: Iterable[str]) -> float | None:
    """Wavelength of the laser / nm that the lines about a table say."""
    for one in lines:
        match = _LASER.search(one[:300])
        if match is not None and 150 <= (value := float(match["value"].replace(",", "."))) <= 3000:
            return value
    return None


def as_shift(x: Array, y: Array, given: str, laser: float | None, where: str) -> tuple[Array, Array]:
    """Ascending shifts / cm-1 with their values, from an axis in one of the units of the option ``unit``.

    Raises
    ------
    InputError
        If the laser line is needed and not known, or the values are no numbers that can be squared.
    """
    remedy = "give the wavelength of the laser with the option laser"
    if given != SHIFT and laser is None:
        what = f"an axis in {given} becomes a Raman shift only with the laser line, which is not in the file"
        raise InputError(what, where, seen=f"{x.min():g} to {x.max():g}", remedy=remedy)
    quantity = _QUANTITY[given]
    unit = "nm" if given == "nm" else "cm-1"
    shift = x if given == SHIFT else convert(x, quantity, unit, "Raman shift", reference=laser, where=where)
    if given != SHIFT and (float(np.median(shift)) <= 0 or float(shift.min()) > _FARTHEST):
        what = f"with the laser at {laser:g} nm these readings are no Raman spectrum: check the laser line"
        seen = f"shifts from {shift.min():.0f} to {shift.max():.0f} cm-1"
        raise InputError(what, where, seen=seen, remedy=f"{remedy}; it lies before the first Raman line")
    order = np.argsort(shift, kind="stable")
    shift, y = np.asarray(shift[order]), np.asarray(y[order])
    if not np.all(np.isfinite(y)) or float(np.max(np.abs(y))) > 1e150:
        raise InputError("values too large to be a spectrum", where, seen=f"{float(np.max(np.abs(y))):g}")
    if np.any(np.diff(shift) <= 0):
        raise InputError("axis values too close to be told apart as shifts", where)
    return shift, y


def _laser(asked: float | None, stated: float | None, warnings: list[str]) -> float | None:
    if asked is None or stated is None:
        return stated if asked is None else float(asked)
    if abs(asked / stated - 1) > _AGREE:
        warnings.append(f"the file says the laser has {stated:g} nm; {asked:g} nm was asked for and is used")
    return float(asked)


def _refuse_laser(asked: float | None, given: str, where: str) -> None:
    """A laser line that would change nothing is refused: whoever gives it expects it to."""
    if asked is not None and given == SHIFT:
        what = "option laser of raman.read does nothing: the axis is in shifts already"
        remedy = "leave it out; if the axis is no shift, say what it is with the option unit"
        raise InputError(what, where, seen=f"{asked:g} nm", remedy=remedy)


def _axis(found: Trace, asked: str | None, laser: float | None, where: str, warnings: list[str]) -> str:
    """The unit of the axis: as asked, as the head says, or by its range."""
    low, high = float(found.x[0]), float(found.x[-1])
    head = f"{found.x_name} {found.x_unit}".lower()
    said = spectral_unit(found.x_name, found.x_unit)
    if asked is not None:
        if said is not None and said != asked.removeprefix("absolute "):
            warnings.append(f"the head says the axis is in {said}; {asked} was asked for and is used")
        return asked
    if said == "nm":
        return "nm"
    if said == "cm-1" or "shift" in head or "raman" in head:
        if "absolute" in head or high > _FARTHEST:
            return ABSOLUTE
        return SHIFT
    if said is not None or (found.x_unit and said is None):
        what = "the axis is no Raman shift"
        remedy = "state its unit with the option unit: cm-1, absolute cm-1 or nm"
        raise InputError(what, where, seen=f"{found.x_name} in {found.x_unit}", remedy=remedy)
    if any(mark in line.lower() for line in found.meta["header"] for mark in _SHIFTS):
        return SHIFT
    if high > _FARTHEST:
        guess = ABSOLUTE
    elif laser is not None and low > 0.8 * laser and high < 2 * laser and low < 1.3 * laser:
        what = f"the unit of the axis is not stated: {low:g} to {high:g} may be nm or cm-1"
        raise InputError(what, where, remedy="state it with the option unit")
    else:
        guess = SHIFT
    warnings.append(f"the axis runs from {low:g} to {high:g}: taken to be {guess}; state unit if it is not")
    return guess
