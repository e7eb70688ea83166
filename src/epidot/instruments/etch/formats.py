"""Tables of etch rounds in text files -> profiles; says what it understood, refuses with every fault."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from epidot.constants import ZERO_CELSIUS
from epidot.errors import Faults, InputError, nearest
from epidot.instruments.etch import columns
from epidot.instruments.etch.assemble import Row, Table, profiles_of
from epidot.instruments.etch.columns import Head
from epidot.instruments.etch.profile import to_signal
from epidot.instruments.etch.sizes import diameters_nm, with_sizes
from epidot.signal import Signal
from epidot.signal.decoding import decode, file_bytes
from epidot.signal.rows import COMMENT, split_cells
from epidot.units import parse

_KEYS = {
    "temperature": "temperature",
    "treated": "temperature",
    "dots": "amount",
    "core diameter": "length",
    "diameter": "length",
    "detection limit": "limit",
    "relative noise": "fraction",
    "solution": "volume",
    "sample": "text",
    "profile": "text",
    "addition": "time",
    "hold": "time",
    "cooling": "time",
    "bath": "number",
}
_ALIASES = {"lod": "detection limit", "limit of detection": "detection limit", "noise": "relative noise",
            "amount of dots": "dots", "diameter before": "diameter", "initial diameter": "diameter",
            "solution volume": "solution", "core": "core diameter", "bath per dot": "bath"}  # fmt: skip
_KEY = re.compile(
    r"^[#%!\s]*(?P<key>[A-Za-z][A-Za-z .]*?)\s*(?P<element>\b[A-Z][a-z]?)?\s*[:=]\s*(?P<value>.+?)\s*$"
)
_BELOW = re.compile(
    r"^(?:<\s*(?P<limit>[\d.,eE+-]+)?\s*(?:LOD|lod|LOQ|DL)?|LOD|lod|b\.?d\.?l\.?|n\.?d\.?|ND)$"
)
_MISSING = ("", "-", "--", "n/a", "na", "nan", "none")
MAX_ROWS = 2000

_LARGEST = 500_000  # bytes: a round is a row, and a table of rounds is never that long


@dataclass
class _Reader:
    where: str
    options: dict[str, Any]
    faults: Faults
    warnings: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    heads: list[Head | None] | None = None
    open: bool = False  # rows of the last table may follow


def read_etch(path: str | Path, options: dict[str, Any]) -> Signal:
    """The profiles in a text table, or in a file saved by epidot, as one signal.

    Raises
    ------
    InputError
        With every fault and its line.
    """
    raw = file_bytes(path)
    if len(raw) > _LARGEST:
        seen = f"{len(raw) / 1e6:.3g} MB"
        raise InputError("too large to be a table of etch rounds", str(path), seen=seen, remedy="cut it")
    text = decode(raw, str(path))
    reader = _Reader(str(path), options, Faults(str(path)))
    delimiter = _delimiter(text.lines)
    decimal = "," if delimiter != "," and any(re.search(r"\d,\d", t) for t in text.lines) else "."
    if decimal == ",":
        reader.warnings.append("a comma was read as the decimal mark")
    for number, line in enumerate(text.lines, start=1):
        _line(reader, number, line, delimiter, decimal)
    if not reader.tables and not reader.faults.found:
        reader.faults.add(
            "no table of etch rounds was found",
            line=next(i for i, t in enumerate(text.lines, start=1) if t.strip()),
            remedy="epidot needs a head line (round, diameter (nm), Br (nmol), ...) and a row per round",
        )
    reader.faults.raise_if_any()
    if options["sizes"] is not None:
        found = diameters_nm(options["sizes"])
        reader.tables = with_sizes(reader.tables, found, str(options["sizes"]), reader.faults)
        reader.faults.raise_if_any()
        reader.understood.append(f"diameters from {Path(options['sizes']).name}")
    profiles = profiles_of(reader.tables, options, reader.faults, reader.warnings)
    reader.faults.raise_if_any()
    profiles[0].meta["understood"] = reader.understood
    return to_signal(profiles, "measured", str(path), tuple(reader.warnings))


def _delimiter(lines: list[str]) -> str:
    """The one that cuts the lines with numbers into most cells; runs of blanks only if nothing else does."""
    sample = [t for t in lines if t.strip() and not t.lstrip().startswith(COMMENT)][:200]
    best, most = " ", 0
    for mark in ("\t", ";", "|", ","):
        rows = [t for t in sample if mark in t]
        if mark == "," and any(";" in t or "\t" in t for t in sample):
            continue
        if len(rows) > most and len(rows) >= max(2, len(sample) // 2):
            best, most = mark, len(rows)
    return best


def _line(reader: _Reader, number: int, line: str, delimiter: str, decimal: str) -> None:
    if not line.strip():
        return
    bare = line.strip().strip(delimiter if delimiter != " " else None).strip()
    match = _KEY.match(bare)
    if match is not None and _setting(reader, number, match):
        return
    if line.lstrip().startswith(COMMENT) and not line.lstrip().startswith("#,"):
        return
    cells = split_cells(line, delimiter)
    if not cells:
        return
    numbers = [_is_value(c, decimal) for c in cells]
    heads = [columns.head(c) if c else None for c in cells]
    meant = sum(h is not None for h in heads)
    if not any(numbers) and (meant >= 1 or (len(cells) > 2 and not reader.tables)):
        if meant:
            _head(reader, number, cells, heads)
        return
    if reader.heads is None:
        if any(numbers) and sum(numbers) >= 2:
            reader.faults.add(
                "numbers without a head line",
                line=number,
                seen=line.strip()[:60],
                remedy="name the columns above them: round, diameter (nm), Br (nmol), ...",
            )
            reader.heads = []  # said once
        return
    if reader.heads:
        _row(reader, number, cells, decimal, delimiter)


def _setting(reader: _Reader, number: int, match: re.Match[str]) -> bool:
    """Take a line ``name: value``; says whether it was one."""
    key = " ".join(match["key"].lower().replace("_", " ").split())
    key = _ALIASES.get(key, key)
    value = match["value"]
    element = match["element"]
    if element and key not in _KEYS:  # "core diameter" ends in no element; "Dots In" would
        key, element = _ALIASES.get(f"{key} {element}".lower(), f"{key} {element}".lower()), None
    if key not in _KEYS:
        return match.string.lstrip().startswith(COMMENT)  # a remark with a colon
    if reader.open:  # settings after rows begin the next table
        reader.open = False
        reader.settings = {k: v for k, v in reader.settings.items() if k not in ("temperature", "sample")}
    kind = _KEYS[key]
    try:
        if kind == "text":
            reader.settings["sample"] = value
        elif kind == "limit":
            for part in re.split(r"[;,]\s+|;", value):
                _limit(reader, element, part.strip())
        elif kind == "number":
            reader.settings[key] = float(value.split()[0])
        else:
            reader.settings[key] = parse(value, kind)
    except (InputError, ValueError) as error:
        what = error.faults[0].what if isinstance(error, InputError) else "not a number"
        remedy = error.faults[0].remedy if isinstance(error, InputError) else None
        reader.faults.add(f"{key}: {what}", line=number, seen=value, remedy=remedy)
    return True


def _limit(reader: _Reader, element: str | None, text: str) -> None:
    match = re.match(r"^(?:(?P<element>[A-Z][a-z]?)\s+)?(?P<value>.+)$", text)
    assert match is not None
    name = match["element"] or element or ""
    number = re.match(r"^([\d.,eE+-]+)\s*(.*)$", match["value"])
    if number is None:
        raise ValueError
    value, unit = float(number[1].replace(",", ".")), number[2].strip()
    if not value > 0 or (name and name not in columns.ELEMENTS):
        raise InputError("a detection limit is a positive amount of an element", remedy="e.g. Br 0.5 nmol")
    if unit.lower() not in columns.AMOUNTS:
        raise InputError(
            "not a unit of an amount", remedy="write e.g. 0.5 nmol, or one of " + ", ".join(columns.AMOUNTS)
        )
    reader.settings.setdefault("limits", {})
    reader.settings["limits"] = {**reader.settings["limits"], name: (value, unit.lower())}


def _head(reader: _Reader, number: int, cells: list[str], heads: list[Head | None]) -> None:
    out: list[Head | None] = []
    seen: set[tuple[str, str, bool]] = set()
    for cell, meant in zip(cells, heads, strict=True):
        if not cell:
            out.append(None)
            continue
        if meant is None:
            reader.faults.add(
                "unknown column",
                line=number,
                seen=cell,
                nearest=columns.suggestion(cell),
                remedy="rename it, or remove it if it does not belong to the etch",
            )
            out.append(None)
            continue
        key = (meant.kind, meant.element, meant.error)
        if key in seen:
            reader.faults.add("two columns hold the same", line=number, seen=cell)
        seen.add(key)
        _check_unit(reader, number, cell, meant)
        out.append(meant)
    if not any(h is not None and h.kind == "amount" and not h.error for h in out):
        reader.faults.add(
            "no column holds an amount", line=number, seen=", ".join(cells)[:80], remedy="e.g. Br (nmol)"
        )
    reader.heads = out
    reader.tables.append(Table(number, tuple(out), [], dict(reader.settings)))
    reader.open = False
    said = ", ".join(
        f"{cell} = {h.kind}{' of ' + h.element if h.element else ''}"
        for cell, h in zip(cells, out, strict=True)
        if h
    )
    if said not in reader.understood:
        reader.understood.append(said)


def _check_unit(reader: _Reader, number: int, cell: str, meant: Head) -> None:
    unit = meant.unit.lower()
    if meant.kind == "amount":
        good, choices = unit in columns.AMOUNTS, tuple(columns.AMOUNTS)
        remedy = "write the unit behind the element, e.g. Br (nmol)"
    elif meant.kind in ("diameter", "depth", "thickness"):
        good, choices = unit in ("", *columns.LENGTHS), tuple(columns.LENGTHS)
        remedy = "write e.g. diameter (nm)"
    elif meant.kind == "temperature":
        good, choices = unit in ("°c", "c", "k", "deg c", "celsius", "kelvin"), ("°C", "K")
        remedy = "write temperature (°C)"
    else:
        return
    if not good:
        what = f"{cell}: no unit given" if not unit else f"{cell}: not a unit of it"
        near = nearest(unit, choices) if unit else ()
        reader.faults.add(what, line=number, seen=unit or None, nearest=near, remedy=remedy)


def _row(reader: _Reader, number: int, cells: list[str], decimal: str, delimiter: str) -> None:
    heads = reader.heads or []
    if len(cells) > len(heads) and any(cells[len(heads) :]):
        reader.faults.add(
            f"{len(cells)} cells where the head has {len(heads)}", line=number, seen="  ".join(cells)[:60]
        )
        return
    if delimiter == " " and len(cells) < len(heads):
        reader.faults.add(
            f"{len(cells)} cells where the head has {len(heads)}: which is missing cannot be known",
            line=number,
            seen="  ".join(cells)[:60],
            remedy="write - for a missing value, or use tabs or semicolons",
        )
        return
    values: dict[int, float | str | tuple[str, float]] = {}
    for i, (cell, meant) in enumerate(zip(cells, heads, strict=False)):
        if meant is None or cell.strip().lower() in _MISSING:
            continue
        if meant.kind == "profile":
            values[i] = cell
            continue
        value = _value(cell, decimal)
        if value is None or (isinstance(value, tuple) and meant.kind != "amount"):
            reader.faults.add(f"{_label(meant)} is no number", line=number, seen=cell)
        else:
            values[i] = value
    table = reader.tables[-1]
    table.rows.append(Row(number, values))
    reader.open = True
    if len(table.rows) == MAX_ROWS + 1:
        reader.faults.add(f"more than {MAX_ROWS} rows: is this a table of etch rounds?", line=number)


def _label(meant: Head) -> str:
    return (
        f"the amount of {meant.element}" if meant.kind == "amount" else f"the {meant.kind.replace('_', ' ')}"
    )


def _is_value(cell: str, decimal: str) -> bool:
    return cell.strip().lower() not in _MISSING and _value(cell, decimal) is not None


def _value(cell: str, decimal: str) -> float | tuple[str, float] | None:
    """A number; ``("<", limit)`` for one below the detection limit (NaN: limit not in the cell)."""
    text = cell.strip().replace("−", "-")
    below = _BELOW.match(text)
    if below is not None:
        limit = below["limit"] if "limit" in below.groupdict() else None
        try:
            return ("<", math.nan if limit is None else float(limit.replace(",", ".")))
        except ValueError:
            return None
    if decimal == ",":
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def kelvin(value: float, unit: str) -> float:
    """A temperature of a column in K."""
    return value if unit.lower().startswith("k") else value + ZERO_CELSIUS
