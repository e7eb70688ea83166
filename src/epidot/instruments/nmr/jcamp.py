"""JCAMP-DX of one dimension -> decays or spectra, by nmrglue, which gives values and labels.

Where the axis lies is taken from Bruker's own parameters, where they are in the file (its Hz count from the
lowest point), else from the label SHIFT REFERENCE, else from the axis in Hz or ppm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.nmr.decays import Decays, between, number, without_filter
from epidot.signal.decoding import file_bytes

_LARGEST = 3_500_000  # bytes; a microsecond each
_MOST = 2**22  # points that a file may unfold to
_REPEAT = re.compile(rb"([S-Zs])(\d*)")
_DIGIT = {**{chr(ord("S") + i): i + 1 for i in range(8)}, "s": 9}
Labels = Mapping[str, Sequence[str]]


def jcamp(library: Any, file: Path) -> Decays:
    """The spectrum of a file, or its free decay where there is no spectrum.

    Raises
    ------
    InputError
        If it is of another technique, of two dimensions, too long, or does not say where its axis lies.
    """
    where = str(file)
    _bounded(file_bytes(file), where)
    head, values = library.jcampdx.read(where)
    kind = _text(head, "DATATYPE").upper()
    plane = any("NDNMR" in label.upper() for label in head) or "ND NMR" in _text(head, "NTUPLES").upper()
    if plane or (number(_text(head, "NUMDIM")) or 1) > 1:
        raise InputError("a JCAMP-DX file of two dimensions", where, remedy="export one row of it")
    if "NMR" not in kind:
        others = [k.removeprefix("_datatype_") for k in head if k.startswith("_datatype_")]
        seen = kind or ", ".join(k for k in others if k != "NA") or "no data type"
        raise InputError("a JCAMP-DX file of another technique", where, seen=seen[:40])
    both = [np.asarray(part) for part in values] if isinstance(values, (list, tuple)) else [values]
    row = np.asarray(both[0], dtype=np.complex128)
    if len(both) == 2:
        row = row + 1j * np.asarray(both[1], dtype=np.float64)
    MHz = number(_text(head, "$SF")) or float(_text(head, ".OBSERVEFREQUENCY"))
    first, last, unit = _ends(head)
    celsius = number(_text(head, "$TE"))
    common: dict[str, Any] = {
        "MHz": MHz,
        "nucleus": _text(head, ".OBSERVENUCLEUS").strip("^ "),
        "temperature_K": celsius,
        "solvent": _text(head, ".SOLVENTNAME"),
    }
    if "SPECTRUM" in kind:
        scale = 1.0 if "PPM" in unit else 1 / MHz
        first, last = first * scale, last * scale
        if (highest := _highest(head)) is not None:
            first, last = first + highest - max(first, last), last + highest - max(first, last)
        rows = (row[::-1] if first > last else row)[None, :]
        width, middle = between(min(first, last), max(first, last), rows, MHz)
        return Decays(rows, width, middle_ppm=middle, spectra=True, **common)
    if "SEC" not in unit or not last > first:
        raise InputError("a free decay whose times are not in seconds", where, seen=unit or "no unit")
    width = (row.size - 1) / (last - first)
    rows = without_filter(library, row[None, :], number(_text(head, "$GRPDLY")) or 0.0)
    return Decays(rows, width, middle_ppm=_middle(head, MHz, width, where), **common)


def _bounded(raw: bytes, where: str) -> None:
    """Refuse a text that is too long, or that a few letters make so."""
    if len(raw) > _LARGEST:
        raise InputError("too long for a spectrum", where, seen=f"{len(raw)} bytes")
    repeats = sum(
        int(f"{_DIGIT[letter.decode()]}{more.decode()}") if len(more) < 8 else _MOST + 1
        for line in raw.splitlines()
        if not line.lstrip().startswith((b"##", b"$$"))
        for letter, more in _REPEAT.findall(line)
    )
    if repeats > _MOST:
        raise InputError("values repeated too often for a spectrum", where, seen=f"{repeats} points")


def _text(head: Labels, label: str) -> str:
    return str((head.get(label) or [""])[0]).split("$$")[0].strip()


def _ends(head: Labels) -> tuple[float, float, str]:
    """First and last abscissa and their unit, of plain data and of tuples."""
    if "FIRSTX" in head and "LASTX" in head:
        return float(_text(head, "FIRSTX")), float(_text(head, "LASTX")), _text(head, "XUNITS").upper()
    symbols = [s.strip().upper() for s in _text(head, "SYMBOL").split(",")]
    at = symbols.index("X")
    first, last, unit = (_text(head, label).split(",")[at].strip() for label in ("FIRST", "LAST", "UNITS"))
    return float(first), float(last), unit.upper()


def _highest(head: Labels) -> float | None:
    """Shift (ppm) of the first point, which is the highest one."""
    if (offset := number(_text(head, "$OFFSET"))) is not None:
        return offset
    said = _text(head, ".SHIFTREFERENCE").strip("() ").split(",")
    if len(said) == 4 and number(said[2]) in (0.0, 1.0):
        return number(said[3])
    return None


def _middle(head: Labels, MHz: float, width: float, where: str) -> float:
    """The shift in the middle of a free decay's spectrum."""
    basic, offset = (number(_text(head, label)) for label in ("$BF1", "$O1"))
    if basic is not None and offset is not None:
        return (basic * 1e6 + offset - MHz * 1e6) / MHz
    if (highest := _highest(head)) is not None:
        return highest - width / 2 / MHz
    what = "the free decay does not say where its shifts lie"
    raise InputError(what, where, remedy="export the spectrum instead of the free decay")
