"""Lines of text -> rows of numbers: which delimiter and decimal mark, where the table starts and stops."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.signal.decoding import Text
from epidot.signal.thousands import is_one_group, is_other_group, without_groups

Array = NDArray[np.float64]
Rows = list[list[float] | None]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eEdD][+-]?[0-9]+)?")
_MISSING_WORDS = """nan none null na n/a n.a. - -- --- * ** *** ? nd n.d. missing 1.#qnan -1.#ind
    #n/a #na #value! #div/0! #num! #ref!"""
_OVER_WORDS = """inf +inf -inf infinity over overflow ovrflw overrange sat saturated ∞ -∞ 1.#inf 1.#inf00
    **** ***** ******"""
_MISSING = frozenset(("", *_MISSING_WORDS.split()))
_OVER_RANGE = frozenset(_OVER_WORDS.split())
COMMENT = ("#", "%", "!", "//", "'")
_NUMERIC_START = frozenset("0123456789+-.,−\"' \t")
# In order of preference where they fit equally well; " " means any run of blanks.
_FORMATS = (("\t", "."), ("\t", ","), (";", "."), (";", ","), (",", "."), (",", ","), ("|", "."), ("|", ","))
_BLANKS = ((" ", "."), (" ", ","))
_SAMPLE = 600  # numeric-looking lines looked at to find the format
_MAX_COLUMNS = 10_000
_BRIDGE = 5  # so many spoilt lines inside the numbers are skipped; more end the table


def split_cells(line: str, delimiter: str) -> list[str]:
    """The stripped cells of a line; ``[]`` for a blank line or one holding delimiters only."""
    if not line.strip():
        return []
    if '"' in line and delimiter != " ":
        try:
            cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:
            cells = line.split(delimiter)
    elif delimiter == " ":
        cells = line.split()
    else:
        cells = line.split(delimiter)
    out = [c.strip().strip('"') for c in cells]
    return out if any(out) else []


def _number(cell: str, decimal: str, grouped: bool = False) -> float | None:
    """A number, NaN for a missing value, infinity for one over range, ``None`` for anything else.

    ``grouped``: 12,345 is a whole number, since the file has shown another decimal mark.
    """
    text = cell
    if (plain := without_groups(cell, decimal)) is not None:
        text = plain
    elif grouped and is_other_group(cell, decimal):
        text = cell.replace("," if decimal == "." else ".", "")
    elif decimal == "," and "." in text and _NUMBER.fullmatch(text) is not None:
        return None
    if decimal == ",":
        text = text.replace(",", ".", 1)
    text = text.replace("−", "-").replace("\u2010", "-")
    if _NUMBER.fullmatch(text) is not None:
        value = float(text.replace("d", "e").replace("D", "e"))
        return value if math.isfinite(value) else math.inf
    low = cell.strip().lower()
    if low in _MISSING:
        return math.nan
    if low in _OVER_RANGE:
        return math.inf
    return None


def numeric_row(cells: list[str], decimal: str, grouped: bool = False) -> list[float] | None:
    """The numbers of a data row; ``None`` if the first cell is no number or another holds text."""
    if len(cells) > _MAX_COLUMNS:
        return None
    if decimal == ".":
        try:  # the fast way; the checks below catch what Python's float accepts beyond plain numbers
            fast = list(map(float, cells))
            if all(map(math.isfinite, fast)) and not any("_" in c for c in cells):
                return fast if all(c.isascii() for c in cells) else None
        except ValueError:
            pass
    out: list[float] = []
    for i, cell in enumerate(cells):
        value = _number(cell, decimal, grouped)
        if value is None or (i == 0 and not math.isfinite(value)):
            return None
        out.append(value)
    return out


def shows_decimals(rows: list[list[str]], decimal: str) -> bool:
    """Whether some number of the table has a decimal part that cannot be a group of three digits."""
    return any(
        decimal in cell and _is_finite(_number(cell, decimal)) and not is_one_group(cell, decimal)
        for cells in rows
        if cells and cells[0][:1] in _NUMERIC_START
        for cell in cells
    )


def find_format(text: Text, where: str) -> tuple[str, str]:
    """Delimiter and decimal mark under which most lines become rows of numbers."""
    looks = [line for line in text.lines if line and line[0] in _NUMERIC_START and line.strip()]
    step = max(1, len(looks) // _SAMPLE)
    sample = looks[::step]
    best, best_score = None, 0
    for delimiter, decimal in (*_FORMATS, *_BLANKS):
        score = 0
        for line in sample:
            if delimiter != " " and delimiter not in line:
                continue
            row = numeric_row(split_cells(line, delimiter), decimal)
            if row is not None and any(math.isfinite(v) for v in row[1:]):
                score += 1
        if score > best_score:
            best, best_score = (delimiter, decimal), score
        if best_score == len(sample):  # no other can do better
            break
    if best is None or best_score < 2:
        raise _no_table(text, where, sample)
    delimiter, decimal = best
    if delimiter == "," and decimal == ".":
        _refuse_double_comma(text, sample, where)
    return best


def _no_table(text: Text, where: str, sample: list[str]) -> InputError:
    single = [i for i, line in enumerate(text.lines) if _is_single(line)]
    if len(single) >= 2 and len(single) >= len(sample) // 2:
        return one_column(where, single[0] + 1, text.lines[single[0]])
    for i, content in enumerate(text.lines[:2000]):
        for delimiter, decimal in (*_FORMATS, *_BLANKS[:1]):
            cells = split_cells(content, delimiter)
            if len(cells) < 2:
                continue
            values = [_number(cell, decimal) for cell in cells]
            if values[0] is None and delimiter != " " and sum(map(_is_finite, values)) >= 2:
                what, remedy = "the rows begin with text, not with the axis", "put the axis first"
            elif _is_finite(values[0]) and not any(map(_is_finite, values[1:])) and None not in values:
                what, remedy = "the axis has numbers but no other column has", "export the values too"
            else:
                continue
            return InputError(what, where, i + 1, seen=content.strip()[:60], remedy=remedy)
    line = next(i for i, t in enumerate(text.lines) if t.strip())
    return InputError(
        "no table of numbers was found",
        where,
        line + 1,
        seen=text.lines[line].strip()[:60],
        remedy="epidot needs rows of at least two numbers: the axis, then the values",
    )


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _is_single(line: str) -> bool:
    cell = line.strip().strip(",;\t ").strip('"')
    return _is_finite(_number(cell, "," if "," in cell else "."))


def one_column(where: str, line: int, seen: str) -> InputError:
    return InputError(
        "only one column of numbers",
        where,
        line,
        seen=seen.strip()[:60],
        remedy="epidot needs the axis too: export two columns",
    )


def _refuse_double_comma(text: Text, sample: list[str], where: str) -> None:
    """``400,5,0,123``: comma as delimiter and as decimal mark cannot be told apart."""
    counts = {line.count(",") + 1 for line in sample[:50] if '"' not in line}
    if len(counts) != 1:
        return
    width = counts.pop()
    if width < 4 or width % 2:
        return
    for i, line in enumerate(text.lines):
        if line == sample[0]:
            above = [t for t in text.lines[max(0, i - 3) : i] if t.strip()]
            if above and len([c for c in above[-1].split(",") if c.strip()]) * 2 == width:
                raise InputError(
                    "the comma is both the delimiter and the decimal mark",
                    where,
                    i + 1,
                    seen=line.strip()[:60],
                    remedy="export with semicolons or tabs, or with decimal points",
                )
            return


def find_block(numbers: Rows, rows: list[list[str]]) -> tuple[list[int], set[int]]:
    """Indices of the lines that make up the table, and of the spoilt ones inside it.

    The table is the longest run of numeric rows; blank and comment lines do not end a run, a few
    spoilt lines do not either if the axis goes on in the same direction behind them.
    """
    runs: list[tuple[list[int], list[int]]] = []
    gap: list[int] = []
    apart = False
    for i, row in enumerate(numbers):
        if row is not None and len(row) > 1:
            if not runs or (apart and not _goes_on(numbers, runs[-1][0], i, len(gap))):
                runs.append(([], []))
            elif gap:
                runs[-1][1].extend(gap)
            runs[-1][0].append(i)
            gap, apart = [], False
        else:
            apart = True
            if rows[i] and not rows[i][0].startswith(COMMENT):
                gap.append(i)
    best, spoilt = max(runs, key=lambda run: len(run[0]))
    kept = list(best)
    # Rows without any value at either end belong to a log that happens to begin with a number.
    while len(kept) > 2 and not _has_value(numbers[kept[-1]]):
        kept.pop()
    while len(kept) > 2 and not _has_value(numbers[kept[0]]):
        kept.pop(0)
    return kept, {i for i in spoilt if kept[0] < i < kept[-1]}


def rest_of_longer_pairs(rows: list[list[str]], numbers: Rows, last: int, decimal: str) -> list[int]:
    """Rows after the first pair x, y has ended, while a later, longer pair goes on; fills ``numbers``."""
    more: list[int] = []
    for i in range(last + 1, len(rows)):
        row = numeric_row(["0", *rows[i][1:]], decimal) if rows[i] and not rows[i][0] else None
        if row is None or sum(map(math.isfinite, row)) < 3:
            break
        numbers[i] = [math.nan, *row[1:]]
        more.append(i)
    return more


def without_value(cells: list[str], width: int, decimal: str) -> bool:
    """Whether a row of a table holds words for a missing value, and no number beyond its axis."""
    if len(cells) != width or not any(cells):
        return False
    values = [_number(cell, decimal) for cell in cells]
    words = any(cell and v is not None and math.isnan(v) for cell, v in zip(cells, values, strict=True))
    return words and all(v is not None and not math.isfinite(v) for v in values[1:]) and values[0] is not None


def _has_value(row: list[float] | None) -> bool:
    return row is not None and any(not math.isnan(v) for v in row[1:])


def _goes_on(numbers: Rows, run: list[int], i: int, gap: int) -> bool:
    """Whether row ``i`` continues ``run`` (axis in the same direction) after ``gap`` spoilt lines."""
    if gap > _BRIDGE:
        return False
    here, before, start = numbers[i], numbers[run[-1]], numbers[run[0]]
    assert here is not None
    assert before is not None
    assert start is not None
    if len(run) < 2:
        return gap == 0 or len(here) == len(before)
    return (here[0] - before[0]) * (before[0] - start[0]) > 0


def table_width(
    keep: list[int], rows: list[list[str]], first: int, where: str, text: Text, delimiter: str
) -> int:
    """The number of columns: that of most rows, without unnamed ones that are always empty."""
    width = Counter(len(rows[i]) for i in keep).most_common(1)[0][0]
    named = max((j + 1 for j, c in enumerate(_head_cells(rows[:first], delimiter)) if c), default=0)
    while width > max(2, named) and all(len(rows[i]) < width or not rows[i][width - 1] for i in keep):
        width -= 1
    if width < 2:
        raise one_column(where, first + 1, text.lines[first])
    return width


def _head_cells(above: list[list[str]], delimiter: str) -> list[str]:
    if delimiter == " ":
        return []
    for cells in reversed(above[-3:]):
        if cells:
            return cells
    return []


def row_values(
    keep: list[int],
    numbers: Rows,
    width: int,
    delimiter: str,
    dropped: set[int],
    warnings: list[str],
) -> tuple[list[int], Array, NDArray[np.int64]]:
    """Values of shape (rows, width) with NaN for missing ones; over-range readings counted per column."""
    short: list[int] = []
    long: list[int] = []
    kept: list[int] = []
    table: list[list[float]] = []
    for i in keep:
        row = numbers[i]
        assert row is not None
        if len(row) < width:
            if delimiter == " ":  # which value is missing cannot be known
                dropped.add(i)
                continue
            short.append(i + 1)
            row = row + [math.nan] * (width - len(row))
        elif len(row) > width:
            if any(not math.isnan(v) for v in row[width:]):
                long.append(i + 1)
            row = row[:width]
        kept.append(i)
        table.append(row)
    for lines, what in ((short, "fewer cells than the others (read as missing)"), (long, "cells too many")):
        if lines:
            shown = ", ".join(map(str, lines[:5])) + (" ..." if len(lines) > 5 else "")
            warnings.append(f"{len(lines)} rows have {what}: lines {shown}")
    values = np.asarray(table, dtype=np.float64).reshape(len(kept), width)
    over = np.sum(np.isinf(values), axis=0)
    values[np.isinf(values)] = np.nan
    return kept, values, over.astype(np.int64)
