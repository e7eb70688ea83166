"""VAMAS files (ISO 14976) as instruments write them.

The order of the lines is fixed; which of them are there depends on the mode of the experiment and, from the
second block on, on a list in the head.  Vendors leave blank lines before the first one, other extensions,
blanks after numbers, `None` as a name; the axis may be kinetic or binding energy, equally spaced or a column
of its own, and a transmission function may stand between the counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError

Array = NDArray[np.float64]

FIRST_LINE = "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4"
_MAPS = ("MAP", "MAPDP")
_DEPTH = ("MAPDP", "MAPSVDP", "SDP", "SDPSV")
_SCANNED = ("MAPSV", "MAPSVDP", "SEM")
_BEAMS = ("FABMS", "FABMS energy spec", "ISS", "SIMS", "SIMS energy spec", "SNMS", "SNMS energy spec")
_SPUTTERED = ("AES diff", "AES dir", "EDX", "ELS", "UPS", "XPS", "XRF")
_ITEMS = 40
_MOST_BLOCKS = 4000
_MOST_VALUES = 5_000_000
_NOTHING = 1e36  # 1e37 stands for "not given"


@dataclass
class Block:
    """One spectrum: an axis ``x`` in ``x_unit`` and the columns measured over it, each (n,)."""

    name: str = ""
    sample: str = ""
    technique: str = ""
    comment: tuple[str, ...] = ()
    photon_eV: float | None = None
    work_function_eV: float | None = None
    species: str = ""
    transition: str = ""
    x_name: str = ""
    x_unit: str = ""
    x: Array = field(default_factory=lambda: np.zeros(0))
    columns: dict[str, Array] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    signal_mode: str = ""
    dwell_s: float | None = None
    scans: float | None = None


class _Lines:
    """The lines of a file, taken one by one; a fault names the line and what was expected there."""

    def __init__(self, lines: Sequence[str], where: str, start: int) -> None:
        self.lines, self.where, self.at = lines, where, start

    def text(self, what: str) -> str:
        if self.at >= len(self.lines):
            raise InputError(f"the VAMAS file ends where {what} should stand", self.where, len(self.lines))
        self.at += 1
        return self.lines[self.at - 1].strip().strip("\x00").strip()

    def number(self, what: str) -> float:
        seen = self.text(what)
        try:
            value = float(seen)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise InputError(f"{what} of a VAMAS file is no number", self.where, self.at, seen=seen[:60])
        return value

    def given(self, what: str) -> float | None:
        """A number, or nothing where the file says that it was not given."""
        value = self.number(what)
        return None if abs(value) > _NOTHING else value

    def count(self, what: str, most: int) -> int:
        value = self.number(what)
        if value != int(value) or not 0 <= value <= most:
            raise InputError(
                f"{what} of a VAMAS file must be a whole number from 0 to {most}",
                self.where, self.at, seen=f"{value:g}",
            )  # fmt: skip
        return int(value)

    def skip(self, n: int, what: str) -> None:
        if self.at + n > len(self.lines):
            raise InputError(f"the VAMAS file ends within {what}", self.where, len(self.lines))
        self.at += n


def is_vamas(raw: bytes) -> bool:
    """Whether a file begins as one of these, blank lines aside."""
    return raw[:4000].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(FIRST_LINE[:60].encode())


def parse(lines: Sequence[str], where: str) -> list[Block]:
    """The blocks of a file.

    Raises
    ------
    InputError
        If the lines are not in the order of the standard, naming the line and what should stand there.
    """
    start = next((i for i, line in enumerate(lines) if line.strip("\ufeff \t")), 0)
    file = _Lines(lines, where, start)
    file.skip(5, "its head")
    file.skip(file.count("the number of comment lines", len(lines)), "its comment")
    mode, scan = file.text("the experiment mode"), file.text("the scan mode")
    if scan not in ("REGULAR", "IRREGULAR"):
        what = "only regular and irregular scans of VAMAS are read"
        raise InputError(what, where, file.at, seen=scan, nearest=("REGULAR", "IRREGULAR"))
    if mode in ("MAP", "MAPDP", "NORM", "SDP"):
        file.skip(1, "its head")
    if mode in _MAPS:
        file.skip(3, "its head")
    variables = file.count("the number of experimental variables", 100)
    file.skip(2 * variables, "the experimental variables")
    listed = file.number("the number of entries that are listed")
    entries = {file.count("an entry of that list", _ITEMS) for _ in range(min(int(abs(listed)), _ITEMS))}
    manual = file.count("the number of items entered by hand", _ITEMS)
    file.skip(manual, "those items")
    future, more = (file.count("the number of future entries", 1000) for _ in range(2))
    file.skip(future, "the future entries")
    blocks: list[Block] = []
    for k in range(file.count("the number of blocks", _MOST_BLOCKS)):
        there = [k == 0 or not listed or ((i + 1) in entries) == (listed > 0) for i in range(_ITEMS)]
        blocks.append(_block(file, mode, scan, variables, more, there, blocks[0] if blocks else Block()))
    return blocks


def _block(
    file: _Lines, mode: str, scan: str, variables: int, more: int, there: Sequence[bool], first: Block
) -> Block:
    """One block; what the head leaves out of it is as in the ``first``."""
    b = Block(file.text("the name of a block"), file.text("the name of a sample"))

    def skip(item: int, n: int, what: str) -> None:
        if there[item]:
            file.skip(n, what)

    for item in range(7):
        skip(item, 1, "the date of a block")
    if there[7]:
        n = file.count("the number of comment lines of a block", len(file.lines))
        b.comment = tuple(file.text("a comment") for _ in range(n))
    b.technique = file.text("the technique") if there[8] else first.technique
    if mode in _MAPS:
        skip(9, 2, "the coordinates of a block")
    skip(10, variables, "the experimental variables of a block")
    skip(11, 1, "the label of the source")
    if mode in _DEPTH or b.technique in _BEAMS:
        skip(12, 3, "the sputtering ion")
    b.photon_eV = file.given("the energy of the source") if there[13] else first.photon_eV
    skip(14, 1, "the strength of the source")
    skip(15, 2, "the width of the beam")
    if mode in ("MAP", "MAPDP", "MAPSV", "MAPSVDP", "SEM"):
        skip(16, 2, "the field of view")
    if mode in _SCANNED:
        skip(17, 6, "the line scan")
    skip(18, 1, "the angle of incidence")
    skip(19, 1, "the azimuth of the source")
    skip(20, 1, "the mode of the analyser")
    skip(21, 1, "the pass energy")
    if b.technique == "AES diff":
        skip(22, 1, "the differential width")
    skip(23, 1, "the magnification")
    b.work_function_eV = file.given("the work function") if there[24] else first.work_function_eV
    skip(25, 1, "the bias of the target")
    skip(26, 2, "the width of the analysed area")
    skip(27, 2, "the take-off angles")
    b.species = file.text("the species") if there[28] else first.species
    if there[29]:
        b.transition = file.text("the transition")
        file.skip(1, "the charge of the particle")
    else:
        b.transition = first.transition
    start = step = 0.0
    if scan == "REGULAR":
        b.x_name, b.x_unit = first.x_name, first.x_unit
        if there[30]:
            b.x_name, b.x_unit = file.text("the name of the axis"), file.text("the unit of the axis")
            start, step = file.number("the start of the axis"), file.number("the step of the axis")
    names = list(first.columns)
    b.units = dict(first.units)
    if there[31]:
        n = file.count("the number of columns", 100)
        pairs = [(file.text("the name of a column"), file.text("its unit")) for _ in range(n)]
        names = [name or f"column {i}" for i, (name, _) in enumerate(pairs, start=1)]
        names = [f"{n} ({i})" if n in names[: i - 1] else n for i, n in enumerate(names, start=1)]
        b.units = dict(zip(names, (unit for _, unit in pairs), strict=True))
    b.signal_mode = file.text("the signal mode") if there[32] else first.signal_mode
    b.dwell_s = file.given("the collection time") if there[33] else first.dwell_s
    b.scans = file.given("the number of scans") if there[34] else first.scans
    skip(35, 1, "the time correction")
    if mode in _DEPTH and b.technique in _SPUTTERED:
        skip(36, 7, "the sputtering source")
    skip(37, 2, "the tilt of the sample")
    skip(38, 1, "the rotation of the sample")
    if there[39]:
        file.skip(3 * file.count("the number of further numbers", 1000), "the further numbers")
    file.skip(more, "the future entries of a block")
    total = file.count("the number of values", _MOST_VALUES)
    if not names or total % len(names):
        what = "the number of values is no multiple of that of the columns"
        raise InputError(what, file.where, file.at, seen=f"{total} in {len(names)} columns")
    file.skip(2 * len(names), "the smallest and largest values")
    begun = file.at
    file.skip(total, f"the {total} values of {b.name or 'a block'}")
    values = _numbers(file.lines[begun : begun + total], file.where, begun)
    b.columns = {name: values[i :: len(names)] for i, name in enumerate(names)}
    if scan == "REGULAR":
        b.x = start + step * np.arange(total // len(names), dtype=np.float64)
    else:  # the axis is the first of the columns
        b.x_name, b.x_unit = names[0], b.units[names[0]]
        b.x = b.columns.pop(names[0])
    return b


def _numbers(lines: Sequence[str], where: str, begun: int) -> Array:
    try:
        return np.array([float(line) for line in lines], dtype=np.float64)
    except ValueError:
        pass
    for i, line in enumerate(lines):
        try:
            float(line)
        except ValueError:
            what = "a value of a VAMAS file is no number"
            raise InputError(what, where, begun + i + 1, seen=line.strip()[:60]) from None
    raise AssertionError("unreachable")
