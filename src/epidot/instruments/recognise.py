"""Which instrument a file comes from, guessed from what stands in it."""

from __future__ import annotations

import os
from pathlib import Path

from epidot.errors import InputError
from epidot.instruments.foreign import HEAD, SURE, foreign, has_instrument, likeness, not_read
from epidot.signal.decoding import decode, file_bytes


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
    from epidot import instruments

    file = Path(path)
    if os.path.exists(file) and file.is_fifo():
        raise InputError(
            "a pipe cannot be looked at twice", str(file), remedy="say what it is with --technique"
        )
    raw = file_bytes(file)
    head = raw[:HEAD]
    marks = {
        name: likeness(instruments.instrument(name).HEADER.all_marks, head, file.name)
        for name in instruments.names()
    }
    best = max(marks.values())
    other = foreign(head, file.name)
    if other is not None and other[1] > best:
        if not has_instrument(other[0].technique):
            raise not_read(other[0], str(file))
        return other[0].technique, True
    if best <= 0:
        decode(raw, str(file))  # says what it is, if it is no text
    winners = [name for name, mark in marks.items() if mark == best]
    if best <= 0 or len(winners) > 1:
        raise InputError(
            "cannot tell which technique this is",
            str(file),
            nearest=tuple(winners if best > 0 else marks),
            remedy="say it with --technique",
        )
    return winners[0], best >= SURE
