"""A table of measured curves on disk: CSV for a spreadsheet, JSON, or netCDF; a row for each curve."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from epidot import files
from epidot.errors import Fault, InputError
from epidot.instruments.many import Row
from epidot.quantities import Quantity

FORMATS = (".csv", ".json", ".nc")
_HEAD = b"file,column,"  # of a table as CSV


def check(path: Path) -> None:
    """Refuse a table that :func:`save` could not write, before the work that leads to it.

    Raises
    ------
    InputError
        If the file's ending is none of :data:`FORMATS`, or there is no place for the file.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError("not a kind of table", str(path), seen=path.suffix, nearest=FORMATS)
    files.check(path)


def is_table(path: Path) -> bool:
    """Whether a file that :func:`save` wrote as CSV lies there: it may be written anew, data may not."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_HEAD)) == _HEAD
    except OSError:
        return False


def save(rows: Sequence[Row], technique: str, path: Path) -> None:
    """Write ``rows`` as the ending of ``path`` says; what failed stands in the table with its reason."""
    kind = path.suffix.lower()
    if kind == ".json":
        content = json.dumps(to_json(rows, technique), ensure_ascii=False, indent=2, allow_nan=False)
        files.write(path, content + "\n")
    elif kind == ".csv":
        files.write(path, _csv(rows))
    else:
        files.write(path, _netcdf(rows, technique))


def to_json(rows: Sequence[Row], technique: str) -> dict[str, Any]:
    """What ``epidot measure --json`` prints for several curves."""
    done = [
        row.found.to_json()
        | ({"column": row.column} if row.column else {})
        | ({"reason": reason(row)} if row.empty else {})
        for row in rows
        if row.found
    ]
    failed = [
        {"file": row.file, "column": row.column, "reason": reason(row)} for row in rows if not row.found
    ]
    return {"technique": technique, "results": done, "failed": failed}


def reason(row: Row) -> str:
    """Why nothing was measured, in one line; ``""`` where something was."""
    if row.found is not None and row.empty:
        return "; ".join(dict.fromkeys(q.note for q in by_name(row).values() if q.note)) or "nothing found"
    return "; ".join(map(str, (_without_file(fault, row.file) for fault in row.reasons)))


def _without_file(fault: Fault, file: str) -> Fault:
    if fault.where != file:
        return fault
    return replace(fault, where=None if fault.line is None else f"line {fault.line}", line=None)


def by_name(row: Row) -> dict[str, Quantity]:
    """Every quantity of a row; of one with a value per step, each step by its number."""
    if row.found is None:
        return {}
    out = dict(row.found.found)
    for name, one in row.found.series.items():
        steps = enumerate(zip(one.values, one.sigmas, strict=True), start=1)
        out |= {f"{name}_{i}": Quantity(v, s, one.unit, one.method, one.note) for i, (v, s) in steps}
    return out


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in by_name(row)))


def _csv(rows: Sequence[Row]) -> str:
    names = _names(rows)
    heads = ["file", "column", *(n + end for n in names for end in ("", "_sigma")), "remarks", "reason"]
    cells = [heads]
    for row in rows:
        found = by_name(row)
        numbers = [_text(x) for name in names for x in _pair(found.get(name))]
        remarks = " | ".join(row.found.warnings) if row.found else ""
        cells.append([row.file, row.column, *numbers, remarks, reason(row)])
    return files.csv_text(cells)


def _pair(found: Quantity | None) -> tuple[float, float]:
    values = (None, None) if found is None else (found.value, found.sigma)
    value, sigma = (math.nan if x is None else float(x) for x in values)
    return value, sigma


def _text(x: float) -> str:
    return f"{x:.10g}" if math.isfinite(x) else ""


def _netcdf(rows: Sequence[Row], technique: str) -> bytes:
    import numpy as np
    import xarray as xr

    found = [by_name(row) for row in rows]
    variables: dict[str, Any] = {
        "file": ("curve", [row.file for row in rows]),
        "column": ("curve", [row.column for row in rows]),
        "remarks": ("curve", [" | ".join(row.found.warnings) if row.found else "" for row in rows]),
        "reason": ("curve", [reason(row) for row in rows]),
    }
    for name in _names(rows):
        unit = next(one[name].unit for one in found if name in one)
        pairs = np.array([_pair(one.get(name)) for one in found])
        variables[name] = ("curve", pairs[:, 0], {"units": unit})
        variables[f"{name}_sigma"] = ("curve", pairs[:, 1], {"units": unit})
    dataset = xr.Dataset(variables, attrs={"technique": technique})
    return bytes(dataset.to_netcdf(engine="h5netcdf", format="NETCDF4"))
