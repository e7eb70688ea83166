"""Names as chemists type them: case, spaces, hyphens and primes do not count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from epidot.errors import InputError, nearest

_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789", " -–_'′’")

Entry = TypeVar("Entry")


def plain(name: str) -> str:
    """``name`` in the form in which names are compared."""
    return name.strip().translate(_PLAIN).casefold()


def index(entries: Iterable[tuple[Entry, Iterable[str]]]) -> dict[str, Entry]:
    """Entry by plain name, from pairs of an entry and all its names; the first owner of a name keeps it."""
    found: dict[str, Entry] = {}
    for entry, names in entries:
        for name in names:
            found.setdefault(plain(name), entry)
    return found


def look_up(
    what: str, name: str, known: Mapping[str, Entry], shown: Iterable[str], remedy: str | None = None
) -> Entry:
    """The entry of that name.

    Raises
    ------
    InputError
        ``unknown <what>``, with the nearest of the names ``shown``.
    """
    entry = known.get(plain(name))
    if entry is None:
        raise InputError(f"unknown {what}", seen=name, nearest=nearest(name, shown), remedy=remedy)
    return entry
