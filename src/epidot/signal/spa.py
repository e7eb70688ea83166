"""Thermo's OMNIC .spa: one spectrum.  The layout is what SpectroChemPy documents of such files.

Its reader spectrochempy-omnic (CeCILL-B) is no dependency for one format.  The tests hold both against each
other; no real .spa file was at hand.
"""

from __future__ import annotations

import struct

import numpy as np

from epidot.errors import InputError
from epidot.signal.binary import EXPORT, numbers, table, words
from epidot.signal.table import Column, Table

MAGIC, SERIES = b"Spectral Data File", b"Spectral Exte File"
_TITLE, _ENTRIES, _ENTRY = (
    30,
    304,
    16,
)  # bytes: where the title and the list of blocks begin, and an entry of it
_HEAD_BLOCK, _VALUES, _HISTORY = 2, 3, 27
_MOST = 2000  # entries
_X = {
    1: ("wavenumber", "cm-1"),
    3: ("wavelength", "nm"),
    4: ("wavelength", "µm"),
    32: ("Raman shift", "cm-1"),
}
_Y = {11: ("reflectance", "%"), 15: ("single beam", ""), 16: ("transmittance", "%"), 17: ("absorbance", ""),
      31: ("Raman intensity", "")}  # fmt: skip


def parse(raw: bytes, where: str) -> Table:
    """The spectrum in the bytes of a .spa file.

    Raises
    ------
    InputError
        If it is cut off, holds several spectra, or lacks its head or its values.
    """
    if raw.startswith(SERIES):
        raise InputError("a series of OMNIC, not one spectrum", where, remedy="export its spectra as text")
    heads, blocks, history = [], [], b""
    for k in range(_MOST):
        at = _ENTRIES + _ENTRY * k
        if at + _ENTRY > len(raw) or raw[at] in (0, 1):
            break
        start, size = struct.unpack_from("<II", raw, at + 2)
        if raw[at] == _HEAD_BLOCK:
            heads.append(start)
        elif raw[at] == _VALUES:
            blocks.append((start, size))
        elif raw[at] == _HISTORY:
            history = raw[start : start + size]
    if not heads or not blocks:
        what = "this OMNIC file has no spectrum: its list of blocks lacks a head or values"
        raise InputError(what, where, seen=f"{len(heads)} heads, {len(blocks)} blocks", remedy=EXPORT)
    if len(heads) > 1:
        seen = f"{len(heads)} spectra"
        raise InputError("a group of OMNIC, not one spectrum", where, seen=seen, remedy="save each by itself")
    numbers(raw, heads[0], 24, "u1", where)
    points, x_kind, y_kind = (struct.unpack_from("<I", raw, heads[0] + 4 * k)[0] for k in (1, 2, 3))
    first, last = struct.unpack_from("<ff", raw, heads[0] + 16)
    start, size = blocks[0]
    y = numbers(raw, start, size // 4, "<f4", where)
    if y.size != points or points < 2 or not np.isfinite([first, last]).all():
        what = "the head of this OMNIC file does not fit its values"
        seen = f"{points} readings from {first:g} to {last:g} promised, {y.size} there"
        raise InputError(what, where, seen=seen, remedy=EXPORT)
    x_name, x_unit = _X.get(x_kind & 0xFF, ("x", ""))
    y_name, y_unit = _Y.get(y_kind & 0xFF, ("intensity", ""))
    text = history.split(b"\0", 1)[0].decode("cp1252", errors="replace")
    header = [words(raw[_TITLE : _TITLE + 256]), *(line.strip() for line in text.splitlines())]
    axis = Column(x_name, x_unit, np.linspace(first, last, points))
    values = [Column(y_name, y_unit, y)]
    return table(where, "OMNIC .spa", [axis], values, [one for one in header if one], False)
