"""Diameters of an etch from a table of ``epidot measure tem``: before the first round, then after each."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

from epidot.errors import Faults, InputError
from epidot.instruments.etch.assemble import Table
from epidot.instruments.etch.columns import Head
from epidot.signal.decoding import decode, file_bytes

COLUMN = "diameter_nm"


def diameters_nm(path: str | Path) -> list[float | None]:
    """The mean diameter of every image in the order of the table; ``None`` where none could be measured.

    Raises
    ------
    InputError
        If it is no table of ``epidot measure tem``.
    """
    lines = decode(file_bytes(path), str(path)).lines
    table = csv.DictReader(lines)
    if COLUMN not in (table.fieldnames or ()):
        raise InputError(
            "no table of sizes",
            str(path),
            1,
            seen=", ".join(table.fieldnames or ())[:60],
            remedy=f"write it with epidot measure tem IMAGE... -o sizes.csv (its column {COLUMN} is read)",
        )
    out: list[float | None] = []
    for row in table:
        text = (row[COLUMN] or "").strip()
        try:
            value = float(text) if text else None
        except ValueError:
            value = math.nan
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InputError("not a diameter", str(path), table.line_num, seen=text)
        out.append(value)
    return out


def with_sizes(tables: list[Table], found: list[float | None], source: str, faults: Faults) -> list[Table]:
    """``tables`` (one) with the diameters ``found`` beside their rounds; faults are noted."""
    if len(tables) != 1:
        faults.add(
            "sizes go with one table of rounds",
            seen=f"{len(tables)} tables",
            remedy="measure the samples one by one",
        )
        return tables
    table = tables[0]
    if any(head is not None and head.kind in ("diameter", "depth", "thickness") for head in table.heads):
        faults.add(
            "this table has sizes of its own", line=table.line, remedy=f"take them out, or leave out {source}"
        )
        return tables
    at = next((i for i, head in enumerate(table.heads) if head is not None and head.kind == "round"), -1)
    from_start = bool(table.rows) and table.rows[0].values.get(at) == 0
    needed = len(table.rows) + (0 if from_start else 1)
    if len(found) != needed:
        faults.add(
            f"{needed} sizes are needed: before the first round, then after each",
            line=table.line,
            seen=f"{len(found)} in {source}",
            remedy="a round without an image has a row with an empty diameter",
        )
        return tables
    new = len(table.heads)
    rows = [
        row if d is None else replace(row, values={**row.values, new: d})
        for row, d in zip(table.rows, found if from_start else found[1:], strict=True)
    ]
    settings = dict(table.settings)
    if not from_start and found[0] is not None:
        settings["diameter"] = found[0]
    return [replace(table, heads=(*table.heads, Head("diameter", "nm")), rows=rows, settings=settings)]
