"""A tolerant reader of tables of numbers in text files.

It finds out by itself the encoding, line ends, delimiter, decimal mark, head lines, units and where
the numbers stop and an instrument's log begins, and says what it guessed.  It knows nothing about
techniques.  Every step is linear in the size of the file.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.signal import even, spa, spc
from epidot.signal.decoding import decode, too_long
from epidot.signal.headings import column_names, first_axis, is_next_axis
from epidot.signal.rows import (
    find_block,
    find_format,
    numeric_row,
    one_column,
    rest_of_longer_pairs,
    row_values,
    shows_decimals,
    split_cells,
    table_width,
    without_value,
)
from epidot.signal.table import Column, Guesses, Table
from epidot.signal.thousands import marks_thousands

Array = NDArray[np.float64]


@lru_cache(maxsize=2)  # all columns of a file are read one after the other
def parse_table(raw: bytes, where: str = "<bytes>") -> Table:
    """The table of numbers in the bytes of a text file, or of a binary one that any technique may have.

    Raises
    ------
    InputError
        If it is no text, has no table, a single column, or numbers that cannot be told apart.
    """
    if raw.startswith((spa.MAGIC, spa.SERIES)):
        return spa.parse(raw, where)
    if spc.is_spc(raw):
        return spc.parse(raw, where)
    found = even.middle(raw)
    if found is not None:
        try:
            edges = _parse(raw[: found.start] + raw[found.stop :], where, found)
        except InputError:
            pass  # said below, of the whole
        else:
            whole = even.between(edges, raw, found)
            if whole is not None:
                return whole
    if too_long(raw) and (slip := even.odd(raw)) is not None:
        number, seen, count = slip
        others = f"; {count - 1} more like it" if count > 1 else ""
        what = f"line {number} is none of numbers, and the table is too long to be read a line at a time"
        raise InputError(what, where, seen=seen, remedy=f"take it out or mend it{others}")
    return _parse(raw, where)


def _parse(raw: bytes, where: str, left_out: even.Middle | None = None) -> Table:
    """The table of ``raw``, a line at a time; lines are counted as in the file with what was ``left_out``."""

    def line(i: int) -> int:
        return i + 1 + (left_out.count if left_out is not None and i >= left_out.first else 0)

    text = decode(raw, where)
    delimiter, decimal = find_format(text, where)
    rows = [split_cells(line, delimiter) for line in text.lines]
    grouped = shows_decimals(rows, decimal)
    numbers = [numeric_row(cells, decimal, grouped) if cells else None for cells in rows]
    keep, dropped = find_block(numbers, rows)
    first, last = keep[0], keep[-1]
    warnings: list[str] = []
    width = table_width(keep, rows, first, where, text, delimiter)
    top = first
    while top and without_value(rows[top - 1], width, decimal):  # begins the table, and heads nothing
        top -= 1
    names = column_names(text.lines[:top], width, delimiter)
    if any(is_next_axis(names, i) for i in range(1, width)):
        keep = keep + rest_of_longer_pairs(rows, numbers, last, decimal)
    keep, values, over = row_values(keep, numbers, width, delimiter, dropped, warnings)
    last = keep[-1] if keep else last
    if not grouped:
        _undo_thousands(rows, keep, values, decimal, where, warnings)
    header = tuple(line.rstrip()[:500] for line in text.lines[max(0, top - 400) : top] if line.strip())
    columns, pairs = _columns(names, values, over, warnings)
    trailing = sum(1 for cells in rows[last + 1 :] if any(c.strip() for c in cells))
    more = sum(1 for i, n in enumerate(numbers) if n is not None and len(n) > 1 and not first <= i <= last)
    if more >= 3:
        warnings.append(
            f"{more} more numeric rows outside lines {line(first)} to {line(last)} are not part of the table "
            "(several blocks in one file?)"
        )
    elif trailing:
        warnings.append(f"{trailing} lines after the numbers were taken for an instrument's log")
    if dropped:
        shown = ", ".join(str(line(i)) for i in sorted(dropped)[:5])
        warnings.append(
            f"{len(dropped)} unreadable rows inside the numbers were left out (lines {shown} ...)"
        )
    if decimal == ",":
        warnings.append("a comma was read as the decimal mark")
    if text.encoding in ("cp1252", "latin-1", "utf-16-le", "utf-16-be"):
        warnings.append(f"the encoding is a guess: {text.encoding}")
    guesses = Guesses(
        text.encoding,
        text.newline,
        delimiter,
        decimal,
        first,
        line(first),
        line(last),
        tuple(line(i) for i in sorted(dropped)),
        trailing,
    )
    if not columns or not pairs:
        raise one_column(where, line(first), text.lines[first])
    lines = np.array([line(i) for i in keep], dtype=np.int64)
    return Table(where, columns, lines, header, guesses, pairs, tuple(warnings))


def _undo_thousands(
    rows: list[list[str]], keep: list[int], values: Array, decimal: str, where: str, warnings: list[str]
) -> None:
    """Columns in which what was read as the decimal mark marks the thousands are read again, in place."""
    for j in range(values.shape[1]):
        cells = [rows[i][j] if j < len(rows[i]) else "" for i in keep]
        if marks_thousands(cells, decimal, [i + 1 for i in keep], where):
            for k, cell in enumerate(cells):
                if decimal in cell:
                    values[k, j] = float(cell.replace(decimal, ""))
            warnings.append(f"the mark {decimal!r} in column {j + 1} was read as a thousands separator")


def _columns(
    names: list[tuple[str, str]], values: Array, over: NDArray[np.int64], warnings: list[str]
) -> tuple[tuple[Column, ...], dict[int, int]]:
    columns: list[Column] = []
    pairs: dict[int, int] = {}
    axis = start = first_axis(names)
    if start:
        warnings.append(f"the axis is column {start + 1}; the columns before it were taken for row numbers")
    for i, (name, given) in enumerate(names):
        columns.append(Column(name, given, values[:, i], int(over[i])))
        if i <= start:
            continue
        if is_next_axis(names, i):
            axis = i
        else:
            pairs[i] = axis
    counts = Counter(columns[i].name for i in pairs)
    doubled = sorted(name for name, n in counts.items() if n > 1)
    if doubled:
        warnings.append(f"several columns are called {', '.join(map(repr, doubled[:3]))}: choose by number")
    return tuple(columns), pairs
