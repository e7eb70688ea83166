"""Very long tables: the even lines between their head and their end, read by numpy at once.

The tolerant reader (`epidot.signal.text`) takes some ten microseconds a line.  Where a file is a long run
of lines that hold nothing but numbers in the same columns, it needs to see only the first and the last
thousands of them.  What it finds out there must hold for the others: where one of them differs, it is
given them all.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np

from epidot.signal.table import Table

EDGE = 4_000  # lines at either end that the tolerant reader sees
_LEAST = 10  # times that many make a long table
_SLIPS = 100  # lines that are no numbers: more of them are how the file is written
_PLAIN = b"0123456789+-.eE \t;,\r\n"


@dataclass(frozen=True)
class Middle:
    """Bytes ``start`` to ``stop`` of a file: ``count`` lines of plain numbers, after ``first`` others."""

    start: int
    stop: int
    first: int
    count: int


def middle(raw: bytes) -> Middle | None:
    """The lines of ``raw`` between its edges if there are many and they hold characters of numbers alone."""
    if raw.count(b"\n") < _LEAST * EDGE or raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None
    ends = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n")) + 1
    start, stop = int(ends[EDGE - 1]), int(ends[-EDGE - 1])
    lines = raw[start:stop]
    if lines.translate(None, _PLAIN) or lines.count(b"\r") not in (0, lines.count(b"\n")):
        return None
    return Middle(start, stop, EDGE, ends.size - 2 * EDGE)


def odd(raw: bytes) -> tuple[int, str, int] | None:
    """The first line between the edges that holds more than numbers, its number, and how many there are.

    ``None`` if there is none, or so many that they are no slips.
    """
    ends = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n")) + 1
    if ends.size < _LEAST * EDGE:
        return None
    start, stop = int(ends[EDGE - 1]), int(ends[-EDGE - 1])
    plain = np.zeros(256, dtype=np.bool_)
    plain[list(_PLAIN)] = True
    others = start + np.flatnonzero(~plain[np.frombuffer(raw[start:stop], dtype=np.uint8)])
    at = np.unique(np.searchsorted(ends, others, side="right"))
    if not 0 < at.size <= _SLIPS:
        return None
    first = int(at[0])
    text = raw[ends[first - 1] : ends[first]].decode("utf-8", errors="replace").strip()
    return first + 1, text[:60], int(at.size)


def between(edges: Table, raw: bytes, found: Middle) -> Table | None:
    """The table of all of ``raw``: that of its ``edges`` with the lines between; None if these differ."""
    before = int(np.searchsorted(edges.lines, found.first, side="right"))
    around = edges.lines[max(before - _LEAST, 0) : before + _LEAST]
    last, next_ = found.first, found.first + found.count + 1
    if around.size < 2 * _LEAST or edges.guesses.decimal != ".":
        return None
    if edges.lines[before - 1] != last or edges.lines[before] != next_:
        return None
    delimiter = None if edges.guesses.delimiter == " " else edges.guesses.delimiter
    lines = io.BytesIO(raw[found.start : found.stop])
    try:
        values = np.loadtxt(lines, delimiter=delimiter, ndmin=2, comments=None)
    except ValueError:  # an empty cell, a row of another length
        return None
    if values.shape != (found.count, len(edges.columns)) or not np.all(np.isfinite(values)):
        return None
    columns = (
        replace(column, values=np.insert(column.values, before, values[:, i]))
        for i, column in enumerate(edges.columns)
    )
    numbers = np.insert(edges.lines, before, np.arange(last + 1, next_))
    return replace(edges, columns=tuple(columns), lines=numbers)
