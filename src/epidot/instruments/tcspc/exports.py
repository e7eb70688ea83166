"""Text exports of photon counters that hold several curves: PicoQuant and Becker & Hickl."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from epidot.errors import InputError, nearest
from epidot.instruments.tcspc.response import Array

_TO_NS = {"": 1e9, "s": 1e9, "us": 1e3, "µs": 1e3, "ns": 1.0, "ps": 1e-3}
_NUMBER = r"(?P<number>[0-9.]+(?:[eE][-+]?[0-9]+)?)"
# Range of the time-to-amplitude converter, its gain, and the number of channels: as shown, or as stored.
_HEAD = {
    "range": re.compile(rf"(?:TAC Range\s*:\s*|SP_TAC_R,F,){_NUMBER}\s*(?P<unit>ns|ps|us|µs|s)?", re.I),
    "gain": re.compile(rf"(?:TAC Gain\s*:\s*|SP_TAC_G,I,){_NUMBER}", re.I),
    "channels": re.compile(rf"(?:ADC Re\w*\s*:\s*|SP_ADC_RE,I,){_NUMBER}", re.I),
}
_BLOCK = re.compile(r"^\*BLOCK\s+(?P<number>\d+)\s*(?P<name>.*?)\s*(?:\(\s*\d+\s*points?\s*\))?\s*$", re.I)


@dataclass(frozen=True)
class Curve:
    """One histogram of an export: counts (n,), and the width of a channel if the file says it.

    ``said`` is what else it says: ``period_ns``, ``acquisition_s``.
    """

    name: str
    counts: Array
    channel_ns: float | None
    said: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Export:
    """What such a file holds, curve after curve; ``part`` is what the program calls one of them."""

    format: str
    part: str
    curves: tuple[Curve, ...]

    def find(self, column: str | int | None, where: str) -> int:
        """Index of a curve, by its number from 1 as it stands in the file, or by its name.

        Raises
        ------
        InputError
            If there is no such curve.
        """
        if column is None:
            return 0
        text = " ".join(str(column).split())
        if text.isdigit() and 1 <= int(text) <= len(self.curves):
            return int(text) - 1
        names = [curve.name for curve in self.curves]
        if text.lower() in (lower := [name.lower() for name in names]):
            return lower.index(text.lower())
        numbers = [str(i + 1) for i in range(len(names))]
        raise InputError(f"no such {self.part}", where, seen=text, nearest=nearest(text, [*names, *numbers]))

    def listed(self) -> str:
        """All curves by number and name."""
        return ", ".join(f"{n} {curve.name!r}" for n, curve in enumerate(self.curves, start=1))


def export(lines: Sequence[str], where: str) -> Export | None:
    """The curves of a counter's text export; ``None`` if this is none.

    Raises
    ------
    InputError
        If it is one and holds no counts.
    """
    if lines and lines[0].startswith("#") and "histogram" in lines[0].lower():
        found = _picoquant(lines)
    elif any(_BLOCK.match(line) for line in lines[:5000]):
        found = _becker_hickl(lines)
    else:
        return None
    if not found.curves:
        raise InputError(f"a {found.format} without counts", where, remedy="export the histograms too")
    return found


def _picoquant(lines: Sequence[str]) -> Export:
    sections: dict[str, list[list[str]]] = {}
    name = ""
    for line in lines[1:]:
        if line.startswith("#"):
            name = line[1:].strip().lower()
            sections[name] = []
        elif name and line.strip():
            sections[name].append(line.rstrip("\t ").split("\t"))
    rows = sections.get("counts", [])
    widths = [_float(cell) for row in sections.get("ns/channel", [])[:1] for cell in row]
    n = max((len(row) for row in rows), default=0)
    curves = []
    for j in range(n):
        cells = [row[j] for row in rows if j < len(row) and row[j].strip()]
        counts = np.array([float(c) for c in cells if _float(c) is not None])
        width = widths[j] if j < len(widths) else None
        curves.append(Curve(f"curve {j + 1}", counts, width))
    return Export("PicoQuant histogram text", "curve", tuple(curves))


def _becker_hickl(lines: Sequence[str]) -> Export:
    blocks: list[tuple[str, list[float]]] = []
    inside = False
    for line in lines:
        if (start := _BLOCK.match(line)) is not None:
            blocks.append((start["name"] or f"block {start['number']}", []))
            inside = True
        elif line.lstrip().upper().startswith("*END"):
            inside = False
        elif inside and line.split() and (value := _float(line.split()[-1])) is not None:
            blocks[-1][1].append(value)
    head = "\n".join(lines[:2000])
    found = {name: pattern.search(head) for name, pattern in _HEAD.items()}
    width = None
    if all(found.values()):
        span, gain, channels = (float(m["number"]) for m in found.values() if m is not None)
        unit = (found["range"]["unit"] or "") if found["range"] is not None else ""
        width = span * _TO_NS[unit.lower()] / gain / channels if gain > 0 and channels > 0 else None
    curves = tuple(Curve(name, np.array(counts), width) for name, counts in blocks if counts)
    return Export("Becker & Hickl text", "block", curves)


def _float(cell: str) -> float | None:
    try:
        return float(cell.strip().replace(",", "."))
    except ValueError:
        return None
