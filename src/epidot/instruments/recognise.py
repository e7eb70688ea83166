"""Which instrument a file comes from, guessed from what stands in it."""

from __future__ import annotations

import os
from pathlib import Path

from epidot.errors import InputError
from epidot.instruments.foreign import HEAD, SURE, foreign, has_instrument, likeness, not_read
from epidot.signal.decoding import decode, file_bytes
from epidot.signal.text import parse_table


def recognise(path: str | Path) -> str:
    """The name of the instrument whose reader should take ``path``; see :func:`recognised`."""
    return recognised(path)[0]


def recognised(path: str | Path) -> tuple[str, bool]:
    """The name of the instrument whose reader should take ``path``, and whether a mark of its own says so.

    The content decides; the words of the file's name only break a tie between two techniques whose
    tables look alike (absorbance and emission, both against wavelength).

    Raises
    ------
    InputError
        If nothing in the file tells, or it is of a kind that no instrument reads.
    """
    file = Path(path)
    if os.path.exists(file) and file.is_fifo():
        raise InputError(
            "a pipe cannot be looked at twice", str(file), remedy="say what it is with --technique"
        )
    raw = file_bytes(file)
    head = raw[:HEAD]
    marks = _marks(head, file.name)
    best = max(marks.values())
    other = foreign(head, file.name)
    if other is not None and other[1] > best:
        if not has_instrument(other[0].technique):
            raise not_read(other[0], str(file))
        return other[0].technique, marks[other[0].technique] >= SURE
    if best <= 0:
        marks = _marks(_said(raw, str(file)), "")
        best = max(marks.values())
    winners = [name for name, mark in marks.items() if mark == best]
    if best <= 0 or len(winners) > 1:
        raise InputError(
            "cannot tell which technique this is",
            str(file),
            nearest=tuple(winners if best > 0 else marks),
            remedy="say it with --technique",
        )
    return winners[0], best >= SURE


def _marks(head: bytes, name: str) -> dict[str, float]:
    """How well the marks of each instrument fit."""
    from epidot import instruments

    return {n: likeness(instruments.instrument(n).HEADER.all_marks, head, name) for n in instruments.names()}


def _said(raw: bytes, where: str) -> bytes:
    """What a binary table says of its columns, in words; of a text nothing that its head did not say.

    Raises
    ------
    InputError
        If it is neither, saying what it is instead.
    """
    if b"\0" not in raw[:HEAD] or raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        decode(raw, where)
        return b""
    table = parse_table(raw, where)
    heads = [f"{one.name} ({one.unit})" for one in table.columns[:9]]
    return "\n".join([*table.header, *heads]).encode("latin-1", "replace")
