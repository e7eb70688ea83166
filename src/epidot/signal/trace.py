"""One column of a table -> a trace with an ascending axis, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest
from epidot.signal.axis import convert
from epidot.signal.headings import SPECTRAL_UNITS, spectral_unit, unit
from epidot.signal.table import Table

Array = NDArray[np.float64]

SHIFT_CM1 = 3000.0  # an axis in cm-1 that begins below (3.3 µm) is a shift or infrared unless stated
SIZES = (1e-60, 1e100)  # beyond, squares of readings are no numbers
# What a spectrum's axis may span in nm, from vacuum ultraviolet to the mid infrared.
SPECTRUM_NM = (100.0, 30_000.0)


@dataclass(frozen=True)
class Trace:
    """``y`` over strictly ascending ``x``, both of shape (n,) and finite, in the file's own units."""

    x: Array
    y: Array
    x_name: str
    x_unit: str
    name: str
    y_unit: str
    warnings: tuple[str, ...]
    meta: dict[str, Any]


def trace(table: Table, column: str | int | None = None, *, least: int = 5, any_order: bool = False) -> Trace:
    """The trace of one value column; points equal in x are averaged, missing ones left out.

    With ``any_order`` the rows need not be sorted.

    Raises
    ------
    InputError
        If the column does not exist or holds no numbers, the axis turns back or stands still, or fewer
        than ``least`` points remain.
    """
    index = table.find(column)
    axis, values = table.columns[table.pairs[index]], table.columns[index]
    there = np.isfinite(axis.values) & np.isfinite(values.values)
    if not np.any(there):
        filled = [table.columns[i].name for i in table.pairs if np.any(np.isfinite(table.columns[i].values))]
        raise InputError(
            "the column holds no numbers",
            table.where,
            int(table.lines[0]),
            seen=values.name,
            nearest=nearest(values.name, filled),
        )
    x, y, lines = axis.values[there], values.values[there], table.lines[there]
    if x.size < least:
        raise InputError(
            f"too few points: a spectrum needs at least {least}",
            table.where,
            int(lines[0]),
            seen=f"{x.size} in column {values.name!r}",
        )
    largest = float(np.max(np.abs(y)))
    if largest > 0 and not SIZES[0] < largest < SIZES[1]:
        what = "readings of this size are no measurement"
        seen = f"{largest:.3g} in column {values.name!r}"
        raise InputError(what, table.where, int(lines[0]), seen=seen, remedy="state them in another unit")
    if any_order:
        order = np.argsort(x, kind="stable")
        x, y, lines = x[order], y[order], lines[order]
    x, y, doubled = _ascending(x, y, lines, axis.name, table.where)
    if x.size < least:
        raise InputError(
            f"too few different axis values: a spectrum needs at least {least}",
            table.where,
            int(lines[0]),
            seen=str(x.size),
        )
    warnings = list(table.warnings)
    if column is None and len(table.pairs) > 1:
        listed = [f"{n} {name!r}" for n, name in enumerate(table.value_names, start=1)]
        shown = ", ".join(listed[:30]) + (" ..." if len(listed) > 30 else "")
        warnings.append(f"the first of {len(listed)} columns was read; choose with column: {shown}")
    absent = int(np.sum(np.isfinite(axis.values) & ~np.isfinite(values.values))) - values.over_range
    if absent > 0:
        warnings.append(f"{absent} missing values were left out")
    if values.over_range:
        warnings.append(f"{values.over_range} readings marked as over range were left out")
    if doubled:
        warnings.append(f"{doubled} points with the same axis value were averaged")
    meta = {
        "column": values.name,
        "column_number": list(table.pairs).index(index) + 1,
        "columns": list(table.value_names),
        "axis": axis.name,
        "header": list(table.header[:40]),
        "guesses": table.guesses.to_json(),
    }
    if values.over_range:
        meta["over_range"] = values.over_range
    return Trace(x, y, axis.name, axis.unit, values.name, values.unit, tuple(warnings), meta)


def _ascending(
    x: Array, y: Array, lines: NDArray[np.int64], name: str, where: str
) -> tuple[Array, Array, int]:
    step = np.diff(x)
    up, down = np.flatnonzero(step > 0), np.flatnonzero(step < 0)
    if up.size and down.size:
        at = int(min(up, down, key=len)[0]) + 1
        raise InputError(
            f"the axis {name!r} turns back",
            where,
            int(lines[at]),
            seen=f"{x[at]:g} after {x[at - 1]:g}",
            remedy="sort the rows, put each scan into its own column or file, or name the right axis",
        )
    if not up.size and not down.size:
        raise InputError(
            f"the axis {name!r} does not change",
            where,
            int(lines[0]),
            seen=f"{x[0]:g}",
            remedy="is it the axis, or one column of numbers with decimal commas?",
        )
    if down.size:
        x, y = x[::-1], y[::-1]
    different, inverse = np.unique(x, return_inverse=True)
    if different.size == x.size:
        return np.ascontiguousarray(x), np.ascontiguousarray(y), 0
    counts = np.bincount(inverse)
    return different, np.bincount(inverse, weights=y) / counts, int(np.sum(counts > 1))


def axis_unit(found: Trace, asked: str | None, where: str) -> tuple[str, str | None]:
    """The spectral unit of the axis, and a warning if it is a guess from its range.

    ``asked`` (the user's option) comes first, then the head of the column, then the range of the axis.

    Raises
    ------
    InputError
        If the axis is none of a spectrum's, or cannot be told, or lies outside what a spectrum covers.
    """
    low, high = float(found.x[0]), float(found.x[-1])
    warning = None
    if asked is not None:
        given = unit(asked) or asked
        if given not in SPECTRAL_UNITS:
            raise InputError(
                "not a unit of a spectral axis", where, seen=asked, nearest=nearest(asked, SPECTRAL_UNITS)
            )
    else:
        head = spectral_unit(found.x_name, found.x_unit)
        if head is None and found.x_unit:
            raise InputError(
                "the axis is not a wavelength or an energy",
                where,
                seen=f"{found.x_name} in {found.x_unit}",
                remedy="state its unit with the option unit (nm, eV or cm-1) if the head is wrong",
            )
        guess = head or _unit_by_range(low, high)
        if guess is None:
            raise InputError(
                "the unit of the axis is not stated and cannot be guessed",
                where,
                seen=f"{found.x_name!r} from {low:g} to {high:g}",
                remedy="state it with the option unit: nm, eV or cm-1",
            )
        given = guess
        if given == "cm-1" and low < SHIFT_CM1:
            raise InputError(
                f"an axis from {low:g} to {high:g} cm-1 is that of a Raman or infrared spectrum",
                where,
                seen=found.x_name,
                remedy="if it is absorption or emission at these wavelengths, state unit cm-1",
            )
        if head is None:
            warning = f"the axis runs from {low:g} to {high:g}: taken to be {given}; state unit if it is not"
    ends = to_nm(np.array([low, high]), given, where)
    if ends.min() < SPECTRUM_NM[0] or ends.max() > SPECTRUM_NM[1]:
        raise InputError(
            "the axis lies outside the range of optical spectra (100 nm to 30 µm)",
            where,
            seen=f"{low:g} to {high:g} {given}",
            remedy="is this an optical spectrum, and is the unit right?",
        )
    return given, warning


def _unit_by_range(low: float, high: float) -> str | None:
    if 150 <= low and high <= 3500 and high - low > 5:
        return "nm"
    if 0.3 <= low and high <= 9:
        return "eV"
    if 4000 <= low and high <= 60_000:
        return "cm-1"
    return None


def to_nm(x: Array, given: str, where: str = "axis") -> Array:
    """Wavelengths / nm of an axis in any spectral unit; the order of the points is kept.

    Raises
    ------
    InputError
        If a value is zero or negative.
    """
    if np.any(x <= 0):
        raise InputError(
            "wavelengths and photon energies must be positive", where, seen=f"{float(np.min(x)):g} {given}"
        )
    return convert(
        x, {"eV": "photon energy", "cm-1": "wavenumber"}.get(given, "wavelength"), given, "wavelength"
    )
