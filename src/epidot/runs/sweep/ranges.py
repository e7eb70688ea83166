"""The values that one place of a recipe takes: ``220..260 °C x 9``, ``1..100 min x 5 log``, or a list."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from epidot.documents import Entry

MOST = 100_000  # points of a sweep
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(
    rf"^\s*(?P<low>{_NUMBER})\s*(?P<unit1>[^\d.]*?)\s*\.\.\s*(?P<high>{_NUMBER})\s*(?P<unit2>.*?)"
    r"(?:\s+[x×]\s*(?P<count>\d+))?(?P<log>\s+log)?\s*$"
)
_VALUE = re.compile(rf"^\s*(?P<number>{_NUMBER})\s*(?P<unit>[^\d].*|)$")
_EXAMPLE = 'write e.g. "220..260 °C x 9", "1..100 min x 5 log", or a list of values'


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high`` in ``unit``, in equal steps or (``log``) by equal factors."""

    low: float
    high: float
    unit: str
    log: bool = False

    def at(self, share: float) -> float:
        """The number at ``share`` (0 to 1) of the way, to six digits so that it can be written out."""
        if self.log:
            found = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            found = self.low + share * (self.high - self.low)
        return float(f"{found:.6g}")

    def written(self, number: float) -> Any:
        """``number`` as it would stand in a recipe."""
        if self.unit:
            return f"{number:.12g} {self.unit}"
        return int(number) if number == int(number) else number


@dataclass(frozen=True)
class Values:
    """What a place takes: a list (with the line of each), or a range whose points a design chooses.

    ``numbers`` are those of the list in ``unit``, where they are numbers with one unit.
    """

    written: tuple[Any, ...] = ()
    lines: tuple[int | None, ...] = ()
    numbers: tuple[float, ...] | None = None
    unit: str = ""
    range: Range | None = None


def read(entry: Entry, counted: bool) -> Values:
    """The values at ``entry``; faults are noted there.  ``counted``: a range must say how many (``x 9``)."""
    if isinstance(entry.value, list):
        rows = entry.rows(entry.name)
        if not rows:
            entry.refuse("has no values", remedy=_EXAMPLE)
        for row in rows:
            if isinstance(row.value, list | dict) or row.value is None:
                row.refuse("is no value of a recipe", remedy=_EXAMPLE)
        lines = tuple(row.line for row in rows)
        return _listed(tuple(row.value for row in rows), lines)
    if isinstance(entry.value, dict) or entry.value is None:
        entry.refuse("has no values", remedy=_EXAMPLE)
        return Values()
    text = str(entry.value)
    found = _RANGE.match(text)
    if found is None:
        if ".." in text:
            entry.refuse("is no range", remedy=_EXAMPLE)
            return Values()
        return _listed((entry.value,), (entry.line,))
    return _ranged(entry, found, counted)


def _ranged(entry: Entry, found: re.Match[str], counted: bool) -> Values:
    units = [found["unit1"].strip(), found["unit2"].strip()]
    if units[0] and units[0] != units[1]:
        entry.refuse("has two units; write both ends in one", remedy=_EXAMPLE)
        return Values()
    low, high, log = float(found["low"]), float(found["high"]), found["log"] is not None
    if not low < high:
        entry.refuse("must go from the lower to the higher value", remedy=_EXAMPLE)
        return Values()
    if log and low <= 0:
        entry.refuse("can go by equal factors only above zero", remedy="leave out log")
        return Values()
    one = Range(low, high, units[1], log)
    if not counted:
        if found["count"] is not None:
            entry.refuse("says how many, which this design does not take", remedy='write "points: N" instead')
        return Values(unit=one.unit, range=one)
    if found["count"] is None:
        entry.refuse("must say how many values", remedy=_EXAMPLE)
        return Values()
    count = int(found["count"])
    if not 2 <= count <= MOST:
        entry.refuse(f"must have 2 to {MOST} values", remedy=_EXAMPLE)
        return Values()
    numbers = tuple(one.at(i / (count - 1)) for i in range(count))
    if len(set(numbers)) < count:
        entry.refuse("has steps finer than six digits", remedy="take fewer values")
        return Values()
    return Values(tuple(map(one.written, numbers)), (entry.line,) * count, numbers, one.unit, one)


def _listed(written: tuple[Any, ...], lines: tuple[int | None, ...]) -> Values:
    """A list; its numbers, where all of it are numbers with one unit."""
    found = [None if isinstance(v, bool) else _VALUE.match(str(v)) for v in written]
    units = {m["unit"].strip() for m in found if m is not None}
    if None in found or len(units) != 1 or not found:
        return Values(written, lines)
    numbers = tuple(float(m["number"]) for m in found if m is not None)
    return Values(written, lines, numbers, units.pop())
