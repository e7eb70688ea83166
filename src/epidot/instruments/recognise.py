"""Which instrument a file comes from, guessed from what stands in it."""

from __future__ import annotations

from pathlib import Path

from epidot.errors import Fault, InputError


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
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        what = (
            "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        )
        raise InputError(Fault(what, str(file))) from None
    marks = {
        name: _likeness(instruments.instrument(name).HEADER.marks, head, file.name)
        for name in instruments.names()
    }
    best = max(marks.values())
    winners = [name for name, mark in marks.items() if mark == best]
    if best <= 0 or len(winners) > 1:
        raise InputError(
            Fault(
                "cannot tell which technique this is",
                str(file),
                nearest=tuple(winners if best > 0 else marks),
                remedy="say it with --technique",
            )
        )
    return winners[0]


def _likeness(marks: tuple[tuple[str, str, float], ...], head: bytes, name: str) -> float:
    """How well ``marks`` (where, text, weight) fit the first bytes and the name of a file."""
    text = head.decode("latin-1").lower()
    total = 0.0
    for where, mark, weight in marks:
        hit = (
            head.startswith(mark.encode())
            if where == "start"
            else mark.lower() in (text if where == "head" else name.lower())
        )
        total += weight if hit else 0.0
    return total
