"""Spectra in binary files of any technique -> the table that a text file would give.

Thermo Galactic's .spc (new and old) and Thermo's OMNIC .spa.  Their layouts are public: Galactic's "Universal
data format specification" and what SpectroChemPy documents of OMNIC files.  Everything is taken from bytes
that are there; a count in a head that promises more is a fault, never a size to set memory aside for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.signal.table import Column, Guesses, Table

Array = NDArray[np.float64]

_MOST = 20_000_000  # numbers of a table
EXPORT = "export the spectrum as text, or copy the file again"


def table(
    where: str, layout: str, axes: list[Column], values: list[Column], header: list[str], own: bool
) -> Table:
    """A table of ``values`` over one of ``axes``, or (``own``) each over its own; shorter ones end in gaps.

    Raises
    ------
    InputError
        If an axis holds no two different numbers, or the gaps would fill the memory.
    """
    rows = max(one.values.size for one in (*axes, *values))
    if rows * (len(axes) + len(values)) > _MOST:
        seen = f"{len(values)} spectra, the longest of {rows} readings"
        raise InputError("spectra too unlike in length for one table", where, seen=seen, remedy=EXPORT)
    columns: list[Column] = []
    pairs: dict[int, int] = {}
    for k, one in enumerate(values):
        if own or k == 0:
            axis = axes[k]
            finite = axis.values[np.isfinite(axis.values)]
            if finite.size < 2 or not float(np.ptp(finite)) > 0:
                seen = f"{finite.size} numbers" if finite.size < 2 else f"{finite[0]:g} everywhere"
                raise InputError("the axis of this spectrum does not change", where, seen=seen, remedy=EXPORT)
            columns.append(_padded(axis, rows))
        pairs[len(columns)] = len(columns) - 1 if own else 0
        columns.append(_padded(one, rows))
    guesses = Guesses(layout, "", "", "", 0, 1, rows)
    lines = np.arange(1, rows + 1, dtype=np.int64)
    return Table(where, tuple(columns), lines, tuple(header), guesses, pairs)


def _padded(column: Column, rows: int) -> Column:
    gap = np.full(rows - column.values.size, np.nan)
    return Column(column.name, column.unit, np.concatenate([column.values, gap]))


def numbers(raw: bytes, at: int, count: int, kind: str, where: str) -> Array:
    """``count`` numbers of numpy's ``kind`` from byte ``at``.

    Raises
    ------
    InputError
        If the file ends before.
    """
    size = np.dtype(kind).itemsize
    if at < 0 or count < 0 or at + count * size > len(raw):
        what = "the file is cut off, or its head promises too much"
        seen = f"{len(raw)} bytes, {at + count * size} promised"
        raise InputError(what, where, seen=seen, remedy=EXPORT)
    with np.errstate(invalid="ignore"):
        return np.frombuffer(raw, kind, count, at).astype(np.float64)


def words(raw: bytes) -> str:
    """Text that ends at the first zero, on one line."""
    return " ".join(raw.split(b"\0", 1)[0].decode("cp1252", errors="replace").split())
