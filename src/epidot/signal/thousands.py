"""Thousands separators: 12,345.6 and 1.012,3 are plain; 1.012 beside 999 has to be thought about.

Within one cell two different marks leave no doubt.  A single mark before three digits may be either; then
the neighbours in the column decide, and where they do not, nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from epidot.errors import InputError

_DIGITS = r"[+-]?[1-9][0-9]{0,2}"
# By decimal mark: groups of three with the other mark, and a decimal part or a second group beside them.
_SURE = {
    ".": re.compile(rf"{_DIGITS}(?:(?:,[0-9]{{3}})+\.[0-9]*|(?:,[0-9]{{3}}){{2,}})"),
    ",": re.compile(rf"{_DIGITS}(?:(?:\.[0-9]{{3}})+,[0-9]*|(?:\.[0-9]{{3}}){{2,}})"),
}
_ONE_MARK = {
    ".": re.compile(rf"{_DIGITS}(?:\.[0-9]{{3}})+"),
    ",": re.compile(rf"{_DIGITS}(?:,[0-9]{{3}})+"),
}
_WHOLE = re.compile(r"[+-]?[0-9]+")
_CLEAR = 0.8  # so large a share of the neighbours must speak for one reading


def without_groups(cell: str, decimal: str) -> str | None:
    """A number whose thousands are marked beyond doubt, without the marks; ``None`` for any other cell."""
    if _SURE[decimal].fullmatch(cell) is None:
        return None
    return cell.replace("," if decimal == "." else ".", "")


def is_one_group(cell: str, mark: str) -> bool:
    """Whether ``mark`` could be a thousands separator in ``cell``: three digits behind each."""
    return _ONE_MARK[mark].fullmatch(cell) is not None


def is_other_group(cell: str, decimal: str) -> bool:
    """Whether ``cell`` is a whole number with thousands marked by what is not the decimal mark."""
    return is_one_group(cell, "," if decimal == "." else ".")


def marks_thousands(cells: Sequence[str], decimal: str, lines: Sequence[int], where: str) -> bool:
    """Whether what was taken for the decimal mark of a column marks its thousands.

    ``cells`` are the column's, from top to bottom, ``lines`` their lines in the file.

    Raises
    ------
    InputError
        If it cannot be told.
    """
    marked = [i for i, cell in enumerate(cells) if decimal in cell]
    if not marked or not all(is_one_group(cells[i], decimal) for i in marked):
        return False
    whole = [cell for cell in cells if _WHOLE.fullmatch(cell)]
    if not whole or any(len(cell.lstrip("+-")) > 3 for cell in whole):
        return False  # every cell has three decimals, or whole numbers above 999 carry no mark
    votes = []
    for i, j in zip(range(len(cells)), range(1, len(cells)), strict=False):
        pair = (cells[i], cells[j])
        if sum(decimal in cell for cell in pair) != 1 or not any(map(_WHOLE.fullmatch, pair)):
            continue
        plain = abs(float(next(cell for cell in pair if decimal not in cell)))
        large = abs(float(next(cell for cell in pair if decimal in cell).replace(decimal, "")))
        near_large, near_small = _near(plain, large), _near(plain, large / 1000)
        if near_large != near_small:
            votes.append(near_large)
    share = sum(votes) / len(votes) if votes else 0.5
    if share >= _CLEAR:
        return True
    if share <= 1 - _CLEAR:
        return False
    raise InputError(
        f"the mark {decimal!r} is ambiguous: decimal mark or thousands separator",
        where,
        int(lines[marked[0]]),
        seen=cells[marked[0]],
        remedy="export without a thousands separator",
    )


def _near(a: float, b: float) -> bool:
    return 0.4 * max(a, b) < min(a, b)
