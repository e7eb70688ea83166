"""Rows of an etch table -> profiles, with every check on what they say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import ZERO_CELSIUS
from epidot.errors import Faults
from epidot.instruments.etch.columns import AMOUNTS, LENGTHS, Head
from epidot.instruments.etch.profile import HALIDES, Profile, Readings
from epidot.matter.formulas import atomic_weights

Array = NDArray[np.float64]
Value = float | str | tuple[str, float]
# Oleate, oleylamine and octadecene do not stand more; a larger number is a slip or kelvin.
HOTTEST_K = 673.15
COLDEST_K = 250.0
_META = {
    "core diameter": "core_diameter_nm",
    "addition": "addition_s",
    "hold": "hold_s",
    "cooling": "cooling_s",
    "bath": "bath",
}
_ASSUMED_LIMIT = 0.01  # of the largest amount, where no limit is stated anywhere


@dataclass(frozen=True)
class Row:
    """One line of a table: values by the index of their column; ``("<", limit)`` is below the limit."""

    line: int
    values: dict[int, Any]


@dataclass(frozen=True)
class Table:
    """Rows under one head line, with the settings that stood above it."""

    line: int
    heads: tuple[Head | None, ...]
    rows: list[Row]
    settings: dict[str, Any]


def profiles_of(
    tables: list[Table], options: dict[str, Any], faults: Faults, warnings: list[str]
) -> list[Profile]:
    """The profiles of all tables; faults are noted with their lines."""
    out: list[Profile] = []
    for table in tables:
        if not table.rows:
            faults.add("a head line without rows", line=table.line)
            continue
        for name, kelvin, rows in _groups(table, options, faults):
            profile = _profile(table, rows, name, kelvin, options, faults, warnings)
            if profile is not None:
                out.append(profile)
    names: dict[str, int] = {}
    for profile in out:
        names[profile.name] = names.get(profile.name, 0) + 1
    for name, n in names.items():
        if n > 1:
            faults.add(
                f"{n} profiles have the same name",
                line=tables[0].line,
                seen=name,
                remedy="give each its temperature, or a column sample",
            )
    return out


def _groups(
    table: Table, options: dict[str, Any], faults: Faults
) -> list[tuple[str, float | None, list[Row]]]:
    """Rows of like sample and temperature, in the order of the file."""
    by_name = _column(table, "profile")
    by_heat = _column(table, "temperature")
    groups: dict[tuple[Any, Any], list[Row]] = {}
    for row in table.rows:
        groups.setdefault((row.values.get(by_name), row.values.get(by_heat)), []).append(row)
    out = []
    for (name, value), rows in groups.items():
        kelvin = table.settings.get("temperature")
        if isinstance(value, float):
            head = table.heads[by_heat]
            assert head is not None
            kelvin = value if head.unit.lower().startswith("k") else value + ZERO_CELSIUS
        if options["treated_C"] is not None:
            kelvin = float(options["treated_C"]) + ZERO_CELSIUS
        if kelvin is not None and not COLDEST_K <= kelvin <= HOTTEST_K:
            faults.add(
                "the temperature of the treatment is not one that dots and their ligands stand",
                line=rows[0].line,
                seen=f"{kelvin - ZERO_CELSIUS:g} °C",
                remedy=f"it must lie below {HOTTEST_K - ZERO_CELSIUS:g} °C; is it in K?",
            )
        label = name or table.settings.get("sample")
        if label is None:
            label = "etch" if kelvin is None else f"{kelvin - ZERO_CELSIUS:g} °C"
        out.append((str(label), kelvin, rows))
    return out


def _column(table: Table, kind: str) -> int:
    return next((i for i, h in enumerate(table.heads) if h is not None and h.kind == kind), -1)


def _profile(
    table: Table,
    rows: list[Row],
    name: str,
    kelvin: float | None,
    options: dict[str, Any],
    faults: Faults,
    warnings: list[str],
) -> Profile | None:
    before = len(faults.found)
    at = _column(table, "round")
    numbers = [row.values.get(at, float(i + 1)) for i, row in enumerate(rows)] if at >= 0 else []
    start: Row | None = None
    if numbers and numbers[0] == 0:  # the state before the first round
        start, rows, numbers = rows[0], rows[1:], numbers[1:]
    rounds = np.array(numbers if numbers else np.arange(1.0, len(rows) + 1), dtype=np.float64)
    if not rows:
        faults.add("no round in this profile", line=table.line, seen=name)
        return None
    for row, a, b in zip(rows[1:], rounds[:-1], rounds[1:], strict=True):
        if not b > a:
            faults.add(
                "the rounds must rise from row to row",
                line=row.line,
                seen=f"{b:g} after {a:g}",
                remedy="give each sample a name or a temperature of its own, in a column or above its table",
            )
    dots = table.settings.get("dots")
    dots_nmol = dots * 1e9 if dots is not None else None
    if options["dots_nmol"] is not None:
        dots_nmol = float(options["dots_nmol"])
    diameters = _diameters(table, rows, start, options, faults)
    readings: dict[str, Readings] = {}
    for i, head in enumerate(table.heads):
        if head is not None and head.kind == "amount" and not head.error:
            found = _readings(table, rows, i, head, dots_nmol, options, faults, warnings)
            if found is not None:
                readings[head.element] = found
    if len(faults.found) > before or not readings:
        return None
    order = [e for e in readings if e in HALIDES] + [e for e in readings if e not in HALIDES]
    for element in order:
        if element in HALIDES and bool(np.all(readings[element].censored)):
            warnings.append(f"profile {name}: every amount of {element} lies below its detection limit")
    meta = {_META[k]: float(v) for k, v in table.settings.items() if k in _META}
    ordered = {e: readings[e] for e in order}
    return Profile(name, rounds, ordered, diameters, kelvin, dots_nmol, meta)


def _diameters(
    table: Table, rows: list[Row], start: Row | None, options: dict[str, Any], faults: Faults
) -> Array | None:
    """Diameters before the first round and after each, from diameters, depths or thicknesses."""
    kind = next(
        (k for k in ("diameter", "depth", "thickness", "volume_removed") if _column(table, k) >= 0), None
    )
    if kind is None:
        return None
    at = _column(table, kind)
    head = table.heads[at]
    assert head is not None
    scale = LENGTHS.get(head.unit.lower(), 1.0)
    values = np.array([row.values.get(at, np.nan) for row in rows], dtype=np.float64) * scale
    first = start.values.get(at) if start is not None and kind == "diameter" else None
    outer = float(first) * scale if isinstance(first, float) else table.settings.get("diameter")
    if options["diameter_nm"] is not None:
        outer = float(options["diameter_nm"])
    for row, value in zip(rows, values, strict=True):
        if value < 0:
            faults.add(f"a negative {kind.replace('_', ' ')}", line=row.line, seen=f"{value:g}")
    if kind == "diameter":
        d = np.concatenate([[np.nan if outer is None else outer], values])
    elif outer is None:
        faults.add(
            f"a {kind.replace('_', ' ')} needs the diameter before the first round",
            line=table.line,
            remedy='write "diameter: 8.5 nm" above the table, or give the option diameter_nm',
        )
        return None
    elif kind == "volume_removed":
        cubes = outer**3 - 6 / np.pi * np.cumsum(values)
        d = np.concatenate([[outer], np.cbrt(cubes)])
    else:
        depth = values if kind == "depth" else np.cumsum(values)
        d = np.concatenate([[outer], outer - 2 * depth])
    known = [(i, float(x)) for i, x in enumerate(d) if np.isfinite(x)]
    for (_, a), (i, b) in pairwise(known):
        line = rows[i - 1].line
        if b < -0.05 * known[0][1]:
            faults.add(
                f"more is removed than the dot of {known[0][1]:g} nm holds",
                line=line,
                seen=f"{b:.3g} nm left",
            )
        elif b >= a and not (a <= 0.0 >= b):
            faults.add(
                "the diameter must fall from round to round",
                line=line,
                seen=f"{b:.4g} nm after {a:.4g} nm",
                remedy="a round that removes nothing has no depth: join it to its neighbour, or leave the "
                "diameter empty where it was not measured",
            )
    return np.asarray(np.maximum(d, 0.0))


def _readings(
    table: Table,
    rows: list[Row],
    at: int,
    head: Head,
    dots_nmol: float | None,
    options: dict[str, Any],
    faults: Faults,
    warnings: list[str],
) -> Readings | None:
    element = head.element
    solution = _column(table, "solution")
    volumes_L = np.array([row.values.get(solution, np.nan) for row in rows], dtype=np.float64) * 1e-3
    common = table.settings.get("solution")
    if options["solution_mL"] is not None:
        common = float(options["solution_mL"]) * 1e-3
    volumes_L = np.where(np.isfinite(volumes_L), volumes_L, np.nan if common is None else common)
    factor = _factor(head.unit, element, dots_nmol, volumes_L)
    if factor is None:
        lacking = (
            "the amount of dots"
            if AMOUNTS[head.unit.lower()][0] == "per dot"
            else "the volume of the solution"
        )
        remedy = 'write "dots: 10 nmol"' if "dots" in lacking else 'write "solution: 10 mL"'
        faults.add(
            f"{element} in {head.unit} needs {lacking}", line=table.line, remedy=f"{remedy} above the table"
        )
        return None
    limit = _limit(table, element, dots_nmol, volumes_L, options)
    errors = next(
        (i for i, h in enumerate(table.heads) if h is not None and h.error and h.element == element), -1
    )
    values, below = np.zeros(len(rows)), np.zeros(len(rows), dtype=np.bool_)
    own = np.full(len(rows), np.nan)
    for i, row in enumerate(rows):
        raw = row.values.get(at)
        if raw is None:
            faults.add(
                f"the amount of {element} is missing",
                line=row.line,
                remedy="write <LOD where it was looked for and not found",
            )
            continue
        if isinstance(raw, tuple):
            below[i] = True
            own[i] = raw[1] * factor[i]
            continue
        values[i] = raw * factor[i]
        if raw < 0:
            faults.add(
                f"a negative amount of {element}",
                line=row.line,
                seen=f"{raw:g}",
                remedy="write <LOD for an amount below the detection limit",
            )
    return _settled(
        table, rows, element, values, below, own, limit, (errors, factor), options, faults, warnings
    )


def _settled(
    table: Table,
    rows: list[Row],
    element: str,
    values: Array,
    below: NDArray[np.bool_],
    own: Array,
    limit: float | None,
    errors: tuple[int, Array],
    options: dict[str, Any],
    faults: Faults,
    warnings: list[str],
) -> Readings | None:
    """Give every reading its limit and its error."""
    if limit is None:
        if np.any(np.isfinite(own)):
            limit = float(np.nanmax(own))
        elif np.any(below):
            line = rows[int(np.argmax(below))].line
            faults.add(
                f"{element} is below a detection limit that is not given",
                line=line,
                remedy=f'write "detection limit {element}: 0.5 nmol" above the table, or <0.5 in the cell',
            )
            return None
        else:
            largest = float(values.max())
            limit = _ASSUMED_LIMIT * largest if largest > 0 else 1.0
            warnings.append(
                f"no detection limit of {element} is given: {limit:.3g} nmol assumed "
                f"({_ASSUMED_LIMIT:.0%} of its largest amount)"
            )
    below = below | (values <= 0)
    values = np.where(below, np.where(np.isfinite(own), own, limit), values)
    at, factor = errors
    given: Array | None = None
    if at >= 0:
        given = np.array([row.values.get(at, np.nan) for row in rows], dtype=np.float64) * factor
        for row, sigma in zip(rows, given, strict=True):
            if sigma <= 0:
                faults.add(f"the error of {element} must be positive", line=row.line, seen=f"{sigma:g}")
    noise = table.settings.get("relative noise")
    relative = float(options["relative_noise"]) if noise is None else float(noise)
    return Readings(np.asarray(values), below, float(limit), relative, given)


def _factor(unit: str, element: str, dots_nmol: float | None, volumes_L: Array) -> Array | None:
    """What turns a number of the column into nmol, shape (rounds,)."""
    kind, scale = AMOUNTS[unit.lower()]
    if kind == "nmol":
        return np.full(volumes_L.size, scale)
    if kind == "per dot":
        return None if not dots_nmol else np.full(volumes_L.size, scale * dots_nmol)
    if not np.all(np.isfinite(volumes_L)):
        return None
    return np.asarray(scale * volumes_L / atomic_weights()[element] * 1e6)  # mg / (g/mol) = mmol


def _limit(
    table: Table, element: str, dots_nmol: float | None, volumes_L: Array, options: dict[str, Any]
) -> float | None:
    if element in HALIDES and options["limit_nmol"] is not None:
        return float(options["limit_nmol"])
    limits = table.settings.get("limits", {})
    found = limits.get(element) or limits.get("")
    if found is None:
        return None
    factor = _factor(found[1], element, dots_nmol, volumes_L)
    return None if factor is None else float(found[0] * np.mean(factor))
