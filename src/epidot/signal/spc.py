"""Thermo Galactic's .spc: one or many spectra over one axis or each over its own, new and old layout.

After "Universal data format specification" (Galactic Industries, 1997).  spc-spectra and spcfile read these
too; the latter is under the LGPL, the former could not be compared here.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.signal.binary import EXPORT, numbers, table, words
from epidot.signal.table import Column, Table

Array = NDArray[np.float64]

NEW, BIG, OLD = 0x4B, 0x4C, 0x4D  # layouts, by the second byte
_HEAD, _OLD_HEAD, _SUB = 512, 256, 32  # bytes
_SHORT, _MANY, _OWN_LABELS, _OWN_AXES, _AXIS = 1, 4, 32, 64, 128  # flags
_FLOATS = -128  # exponent of values stored as floats
_MOST = 10_000  # spectra
_LOG = 64  # bytes of the head of a log
_X = {1: ("wavenumber", "cm-1"), 2: ("wavelength", "µm"), 3: ("wavelength", "nm"), 4: ("time", "s"),
      5: ("time", "min"), 13: ("Raman shift", "cm-1"), 14: ("energy", "eV")}  # fmt: skip
_Y = {2: ("absorbance", ""), 4: ("intensity", "counts"), 11: ("percent", "%"), 12: ("intensity", ""),
      13: ("relative intensity", ""), 128: ("transmittance", ""), 129: ("reflectance", ""),
      131: ("emission", "")}  # fmt: skip
_EXPERIMENTS = {4: "FT-IR", 5: "NIR", 7: "UV-VIS", 8: "X-ray diffraction", 11: "Raman", 12: "fluorescence"}


def is_spc(raw: bytes) -> bool:
    """Whether these bytes begin as such a file does."""
    if len(raw) < _OLD_HEAD or raw[1] not in (NEW, BIG, OLD) or b"\0" not in raw[:32]:
        return False
    if raw[1] == OLD:
        points, first, last = struct.unpack_from("<fff", raw, 4)
        return points >= 1 and float(points).is_integer() and bool(np.isfinite([first, last]).all())
    order = "<" if raw[1] == NEW else ">"
    points, first, last, spectra = struct.unpack_from(f"{order}IddI", raw, 4)
    return len(raw) >= _HEAD and points + spectra > 0 and bool(np.isfinite([first, last]).all())


def parse(raw: bytes, where: str) -> Table:
    """The spectra in the bytes of a .spc file.

    Raises
    ------
    InputError
        If the file is cut off, or its head promises more than there is.
    """
    return _old(raw, where) if raw[1] == OLD else _new(raw, where)


def _new(raw: bytes, where: str) -> Table:
    order = "<" if raw[1] == NEW else ">"
    flags, experiment, exponent = raw[0], raw[2], struct.unpack_from("b", raw, 3)[0]
    points, first, last, spectra = struct.unpack_from(f"{order}IddI", raw, 4)
    spectra = max(spectra, 1) if flags & _MANY or flags & _OWN_AXES else 1
    if spectra > _MOST:
        seen = str(spectra)
        raise InputError(
            "the head of this .spc file promises too many spectra", where, seen=seen, remedy=EXPORT
        )
    x_name, x_unit = _X.get(raw[28], ("x", ""))
    y_name, y_unit = _Y.get(raw[29], ("intensity", ""))
    header = [words(raw[88:218])]
    if experiment in _EXPERIMENTS:
        header.append(f"experiment: {_EXPERIMENTS[experiment]}")
    if flags & _OWN_LABELS:
        labels = [words(part) for part in raw[218:248].split(b"\0")]
        header.append("labels: " + ", ".join(one for one in labels if one))
    at = _HEAD
    axes: list[Column] = []
    if flags & _AXIS and not flags & _OWN_AXES:
        axes = [Column(x_name, x_unit, numbers(raw, at, points, f"{order}f4", where))]
        at += 4 * points
    values = []
    for k in range(spectra):
        numbers(raw, at, _SUB, "u1", where)
        own_exponent = struct.unpack_from("b", raw, at + 1)[0]
        own_points = struct.unpack_from(f"{order}I", raw, at + 16)[0]
        at += _SUB
        count = own_points if flags & _OWN_AXES else points
        if flags & _OWN_AXES:
            axes.append(Column(x_name, x_unit, numbers(raw, at, count, f"{order}f4", where)))
            at += 4 * count
        power = own_exponent if flags & _MANY else exponent
        bits = 16 if flags & _SHORT else 32
        kind = f"{order}f4" if power == _FLOATS else f"{order}i{bits // 8}"
        y = numbers(raw, at, count, kind, where)
        at += np.dtype(kind).itemsize * count
        if power != _FLOATS:
            y = np.ldexp(y, power - bits)
        values.append(Column(y_name if spectra == 1 else f"{y_name} {k + 1}", y_unit, y))
    if not axes:
        _evenly(first, last, points, where)
        axes = [Column(x_name, x_unit, np.linspace(first, last, points))]
    header += _log(raw, struct.unpack_from(f"{order}I", raw, 248)[0], order)
    layout = f"Galactic .spc, {'little' if order == '<' else 'big'}-endian"
    return table(where, layout, axes, values, [one for one in header if one], bool(flags & _OWN_AXES))


def _log(raw: bytes, at: int, order: str) -> list[str]:
    """The lines of text that the instrument left behind the spectra."""
    if not _HEAD <= at <= len(raw) - _LOG:
        return []
    start = struct.unpack_from(f"{order}I", raw, at + 8)[0]
    text = raw[at + start : at + start + 20_000] if 0 < start <= len(raw) - at else b""
    lines = text.split(b"\0", 1)[0].decode("cp1252", errors="replace").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _old(raw: bytes, where: str) -> Table:
    flags = raw[0]
    exponent, count, first, last = struct.unpack_from("<hfff", raw, 2)
    if not 1 <= count <= len(raw):
        what = "the head of this old .spc file promises no readings, or too many"
        raise InputError(what, where, seen=f"{count:g}", remedy=EXPORT)
    points = int(count)
    _evenly(first, last, points, where)
    x_name, x_unit = _X.get(raw[16], ("x", ""))
    y_name, y_unit = _Y.get(raw[17], ("intensity", ""))
    bits = 16 if flags & _SHORT else 32
    values: list[Array] = []
    at = _OLD_HEAD - _SUB
    size = points * bits // 8
    while not values or (flags & _MANY and len(values) < _MOST and at + _SUB + size <= len(raw)):
        power = struct.unpack_from("b", raw, at + 1)[0] if flags & _MANY else exponent
        at += _SUB
        if bits == 16:
            y = numbers(raw, at, points, "<i2", where)
        else:  # the high half of every number stands before the low one
            halves = numbers(raw, at, 2 * points, "<u2", where).reshape(-1, 2)
            y = halves[:, 0] * 65536.0 + halves[:, 1]
            y = np.where(y >= 2**31, y - 2**32, y)
        at += size
        values.append(np.ldexp(y, int(np.clip(power, -1000, 1000)) - bits))
    named = [
        Column(y_name if len(values) == 1 else f"{y_name} {k}", y_unit, y) for k, y in enumerate(values, 1)
    ]
    axis = Column(x_name, x_unit, np.linspace(first, last, points))
    return table(
        where, "Galactic .spc, old", [axis], named, [one for one in (words(raw[64:194]),) if one], False
    )


def _evenly(first: float, last: float, points: int, where: str) -> None:
    """An axis that the head gives by its ends must have some, and no more readings than a file can hold."""
    if points < 2 or points > 50_000_000 or not np.isfinite([first, last]).all():
        seen = f"{points} readings from {first:g} to {last:g}"
        raise InputError("the head of this .spc file gives no axis", where, seen=seen, remedy=EXPORT)
