"""Renishaw's .wdf: the axis and the spectra of a file, a series or a map, and what its head contradicts.

The layout is the public one that renishawWiRE and Gwyddion read.  Everything is taken from the bytes that
are there: a count in a head that promises more is a warning, never a size to set memory aside for.  That is
why it is read here: renishawWiRE raises where two heads of a map disagree, and never ends on an empty block.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError

Array = NDArray[np.float64]

MAGIC = b"WDF1"
_HEAD, _BLOCK, _LIST = 512, 16, 8  # bytes of the head, of a block's head, of the head of an axis
_MOST_BLOCKS = 10_000
_UNITS = {1: "cm-1", 2: "absolute cm-1", 3: "nm"}  # of an axis; others are none of a Raman spectrum
_REMEDY = "export the spectrum as text from WiRE, or copy the file again"


@dataclass(frozen=True)
class Spectra:
    """``y`` (m, n) over ``x`` (n,) in ``unit`` (``None``: the file does not say), the laser / nm, remarks."""

    x: Array
    y: Array
    unit: str | None
    laser_nm: float | None
    warnings: tuple[str, ...]


def parse(raw: bytes, where: str) -> Spectra:
    """The spectra in the bytes of a .wdf file.

    Raises
    ------
    InputError
        If the file is cut off before one whole spectrum, or its axis or data are missing.
    """
    if len(raw) < _HEAD:
        what = "this .wdf file is cut off inside its head"
        raise InputError(what, where, seen=f"{len(raw)} bytes", remedy=_REMEDY)
    points, capacity, count = struct.unpack_from("<IQQ", raw, 0x3C)
    unit, wavenumber = struct.unpack_from("<If", raw, 0x98)
    blocks, warnings = _blocks(raw)
    for needed in ("XLST", "DATA"):
        if needed not in blocks:
            what = f"this .wdf file has no block {needed}: it is damaged or was never measured"
            raise InputError(what, where, seen=", ".join(blocks) or "nothing", remedy=_REMEDY)
    axis = _numbers(raw, *blocks["XLST"], skip=_LIST)
    data = _numbers(raw, *blocks["DATA"], skip=0)
    if points < 1 or axis.size < points or data.size < points:
        what = "this .wdf file holds less than one spectrum"
        seen = f"{points} points promised, {axis.size} of the axis and {data.size} values there"
        raise InputError(what, where, seen=seen, remedy=_REMEDY)
    whole = data.size // points
    if count != whole and count < capacity:
        warnings.append(f"the measurement was broken off: {count} of {capacity} spectra")
    if count > whole:
        warnings.append(f"the head promises {count} spectra; {whole} whole ones are there")
    number = min(whole, count) if count else whole
    own = struct.unpack_from("<I", raw, blocks["XLST"][0] + 4)[0]
    if own in _UNITS and unit in _UNITS and own != unit:
        warnings.append(
            f"the head says the axis is in {_UNITS[unit]}, the axis itself {_UNITS[own]}: the latter is used"
        )
    laser = 1e7 / wavenumber if np.isfinite(wavenumber) and 3e3 < wavenumber < 7e4 else None
    y = data[: number * points].reshape(number, points)
    return Spectra(axis[:points], y, _UNITS.get(own), laser, tuple(warnings))


def _blocks(raw: bytes) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Where the content of every block begins and ends, by name (the first of each), and remarks."""
    found: dict[str, tuple[int, int]] = {}
    at = 0
    for _ in range(_MOST_BLOCKS):
        if at + _BLOCK > len(raw):
            return found, []
        name, _, size = struct.unpack_from("<4sIQ", raw, at)
        end = min(at + size, len(raw))
        found.setdefault(name.decode("latin-1"), (at + _BLOCK, end))
        if size < _BLOCK or at + size > len(raw):
            text = name.decode("latin-1") if name.isalnum() else "unnamed"
            return found, [
                f"block {text} says it has {size} bytes, which does not fit: read as far as it goes"
            ]
        at += size
    return found, ["the file has too many blocks: read as far as the first ten thousand"]


def _numbers(raw: bytes, start: int, end: int, skip: int) -> Array:
    """The 32-bit floats of a block; what is no number stays so."""
    count = max(0, (end - start - skip) // 4)
    if not count:
        return np.empty(0)
    with np.errstate(invalid="ignore"):  # readers leave out what is no number
        return np.frombuffer(raw, dtype="<f4", count=count, offset=start + skip).astype(np.float64)
