"""Text exports of XPS instruments with several regions: SPECS (`.xy`) and Scienta (`.txt`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError

Array = NDArray[np.float64]

_HEAD = re.compile(r"#\s*([A-Za-z][^:]*):\s+(.*)")
_PAIR = re.compile(r"([^=\[\]]+)=(.*)")
_MOST_REGIONS = 1000


@dataclass
class Region:
    """One region as the text gives it: its name, what was stated about it, and two columns (n,)."""

    name: str
    stated: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[float, float]] = field(default_factory=list)

    @property
    def x(self) -> Array:
        return np.array([r[0] for r in self.rows], dtype=np.float64)

    @property
    def y(self) -> Array:
        return np.array([r[1] for r in self.rows], dtype=np.float64)

    def number(self, *names: str) -> float | None:
        """A stated number, by the first of ``names`` that is there."""
        for name in names:
            try:
                return float(self.stated[name].split()[0])
            except (KeyError, ValueError, IndexError):
                continue
        return None


def is_specs(raw: bytes) -> bool:
    """Whether a file is an export of SpecsLab or SPECS Prodigy."""
    return b"SpecsLab" in raw[:4000] and b"ColumnLabels" in raw[:20_000]


def is_scienta(raw: bytes) -> bool:
    """Whether a file is an export of a Scienta analyser."""
    return b"[Region 1]" in raw[:4000] and b"Dimension 1 name" in raw[:4000]


def specs(lines: Sequence[str], where: str) -> list[Region]:
    """The regions of such a file, each scan of one region added to the first.

    Raises
    ------
    InputError
        If there are none, or a row holds no numbers.
    """
    general: dict[str, str] = {}
    regions: list[Region] = []
    here: Region | None = None
    scans = 0
    for i, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#"):
            found = _HEAD.match(line.strip())
            if found is None:
                if "kinetic energy" in line.lower() or "binding energy" in line.lower():
                    general.setdefault("Energy Axis", line.strip("# ").replace("values in ", ""))
                continue
            name, value = found[1].strip(), found[2].strip()
            if name == "Region":
                if len(regions) >= _MOST_REGIONS:
                    raise InputError("too many regions for one file", where, i, seen=str(len(regions)))
                here, scans = Region(value, dict(general)), 0
                regions.append(here)
            elif name == "ColumnLabels":
                scans += 1
                if here is not None:
                    here.stated[name] = value
            elif here is None:
                general[name] = value
            else:
                here.stated.setdefault(name, value)
            continue
        if not line.strip() or here is None or scans > 1:
            continue
        here.rows.append(_row(line, where, i))
    return _filled(regions, where)


def scienta(lines: Sequence[str], where: str) -> list[Region]:
    """The regions of such a file; of several slices the sum.

    Raises
    ------
    InputError
        If there are none, or a row holds no numbers.
    """
    regions: list[Region] = []
    inside = False
    for i, line in enumerate(lines, start=1):
        bare = line.strip()
        if bare.startswith("["):
            inside = bare.lower().startswith("[data")
            if bare.lower().startswith("[region"):
                if len(regions) >= _MOST_REGIONS:
                    raise InputError("too many regions for one file", where, i, seen=str(len(regions)))
                regions.append(Region(bare.strip("[]")))
            continue
        if not bare or not regions:
            continue
        if inside:
            regions[-1].rows.append(_row(line, where, i, summed=True))
            continue
        pair = _PAIR.match(bare)
        if pair is not None:
            regions[-1].stated[pair[1].strip()] = pair[2].strip()
            if pair[1].strip() == "Region Name" and pair[2].strip():
                regions[-1].name = pair[2].strip()
    return _filled(regions, where)


def _row(line: str, where: str, number: int, summed: bool = False) -> tuple[float, float]:
    try:
        cells = [float(c) for c in line.replace(",", " ").split()]
    except ValueError:
        cells = []
    if len(cells) < 2 or not all(map(np.isfinite, cells)):
        raise InputError("a row of an XPS export needs two numbers", where, number, seen=line.strip()[:60])
    return cells[0], sum(cells[1:]) if summed else cells[1]


def _filled(regions: Sequence[Region], where: str) -> list[Region]:
    found = [one for one in regions if one.rows]
    if not found:
        raise InputError("no region of this file holds readings", where)
    return found
