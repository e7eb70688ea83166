"""What a file of numbers gives, whatever its format: columns with names and units, and what was guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """One column: its name and unit as the file gives them, its values (NaN = missing), shape (n,).

    ``over_range`` counts the readings the instrument marked as beyond its range.
    """

    name: str
    unit: str
    values: Array
    over_range: int = 0


@dataclass(frozen=True)
class Guesses:
    """What the reader found out by itself."""

    encoding: str
    newline: str
    delimiter: str
    decimal: str
    header_lines: int
    first_line: int
    last_line: int
    dropped_lines: tuple[int, ...] = ()
    trailing_lines: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values, in words a person reads."""
        names = {"\t": "tab", " ": "blanks", ",": "comma", ";": "semicolon", "|": "bar", "": "none"}
        return {
            "encoding": self.encoding,
            "newline": self.newline,
            "delimiter": names[self.delimiter],
            "decimal": "comma" if self.decimal == "," else "point",
            "header_lines": self.header_lines,
            "data_lines": [self.first_line, self.last_line],
            "dropped_lines": list(self.dropped_lines[:20]),
            "trailing_lines": self.trailing_lines,
        }


@dataclass(frozen=True)
class Table:
    """Columns of equal length, the file's line of every row, and what was guessed.

    ``header`` holds the text above the numbers, ``pairs`` for every value column the index of the
    column that is its axis (0 unless the file holds x, y, x, y, ...).
    """

    where: str
    columns: tuple[Column, ...]
    lines: NDArray[np.int64]
    header: tuple[str, ...]
    guesses: Guesses
    pairs: dict[int, int]
    warnings: tuple[str, ...] = field(default_factory=tuple)

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the columns that are not an axis."""
        return tuple(self.columns[i].name for i in self.pairs)

    def along(self, axis: int, values: Sequence[int]) -> Table:
        """The same table with the column ``axis`` as that of all ``values`` (indices into ``columns``)."""
        return replace(self, pairs=dict.fromkeys(values, axis))

    def find(self, column: str | int | None) -> int:
        """Index into ``columns`` of a value column, by name or by number (1 = first after the axis).

        Raises
        ------
        InputError
            If there is no such column, naming the nearest.
        """
        indices = list(self.pairs)
        if column is None:
            return indices[0]
        text = " ".join(str(column).split())
        for matches in (
            [i for i in indices if self.columns[i].name == text],
            [i for i in indices if self.columns[i].name.lower() == text.lower()],
        ):
            if len(matches) == 1:
                return matches[0]
            if matches:
                numbers = [str(indices.index(i) + 1) for i in matches]
                raise InputError(
                    "several columns have this name",
                    self.where,
                    seen=text,
                    remedy="choose by number: " + ", ".join(numbers),
                )
        if text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= len(indices):
            return indices[int(text) - 1]
        raise InputError(
            "no such column",
            self.where,
            seen=text,
            nearest=nearest(text, self.value_names),
            remedy=f"give its name or its number from 1 to {len(indices)}",
        )
