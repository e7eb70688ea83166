"""Which instrument a file comes from, guessed from what stands in it."""

from __future__ import annotations

import os
from pathlib import Path

from epidot.errors import InputError
from epidot.instruments.contract import Header
from epidot.signal.decoding import file_bytes


def recognise(path: str | Path) -> str:
    """The name of the instrument whose reader should take ``path``.

    The content decides; the words of the file's name only break a tie between two techniques whose
    tables look alike (absorbance and emission, both against wavelength).

    Raises
    ------
    InputError
        If nothing in the file tells.
    """
    from epidot import instruments

    file = Path(path)
    if os.path.exists(file) and file.is_fifo():
        raise InputError(
            "a pipe cannot be looked at twice", str(file), remedy="say what it is with --technique"
        )
    head = file_bytes(file)[:4096]
    marks = {
        name: _likeness(instruments.instrument(name).HEADER, head, file.name) for name in instruments.names()
    }
    best = max(marks.values())
    winners = [name for name, mark in marks.items() if mark == best]
    if best <= 0 or len(winners) > 1:
        raise InputError(
            "cannot tell which technique this is",
            str(file),
            nearest=tuple(winners if best > 0 else marks),
            remedy="say it with --technique",
        )
    return winners[0]


def _likeness(header: Header, head: bytes, name: str) -> float:
    """How well an instrument's marks fit the first bytes and the name of a file."""
    text = head.decode("latin-1").lower()
    places = {"head": text, "name": name.lower()}
    total = 0.0
    saved = ("head", 10.0, (f'# technique: "{header.name}"',))  # by epidot itself
    for where, weight, texts in (saved, *header.marks):
        for mark in texts:
            hit = head.startswith(mark.encode()) if where == "start" else mark.lower() in places[where]
            total += weight if hit else 0.0
    return total
