"""How epidot says that something is wrong.

Bad input is an :class:`InputError` (exit status 2): it carries *all* faults found, each with its
place, the value seen, the nearest valid choice and what to do.  Work that failed on good input is a
:class:`WorkError` (exit status 1).  Neither ever shows a traceback to the user of the command line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    ``where`` is the file (or option) it was found in, ``line`` the 1-based line, ``seen`` the
    offending value as text, ``nearest`` valid choices, ``remedy`` what to do.
    """

    what: str
    where: str | None = None
    line: int | None = None
    seen: str | None = None
    nearest: tuple[str, ...] = ()
    remedy: str | None = None

    def __str__(self) -> str:
        place = (
            ""
            if self.where is None
            else f"{self.where}: "
            if self.line is None
            else f"{self.where}:{self.line}: "
        )
        text = place + self.what
        if self.seen is not None:
            text += f", saw {self.seen!r}"
        if self.nearest:
            text += "; nearest valid: " + ", ".join(self.nearest)
        if self.remedy:
            text += f"; {self.remedy}"
        return text


class EpidotError(Exception):
    """Anything epidot itself reports."""


class WorkError(EpidotError):
    """The input was good but the work could not be done (exit status 1)."""


class NotBuiltYet(WorkError):
    """A step of a valid recipe needs a room of epidot that does not exist yet (exit status 1)."""


class InputError(EpidotError):
    """Bad input (exit status 2), with every fault that was found.

    ``InputError("no such technique", seen="xrx")`` is short for the one fault with these fields.
    """

    def __init__(self, faults: str | Fault | Iterable[Fault], *place: Any, **told: Any) -> None:
        one = Fault(faults, *place, **told) if isinstance(faults, str) else faults
        self.faults: tuple[Fault, ...] = (one,) if isinstance(one, Fault) else tuple(one)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Gap(InputError):
    """A number that is needed is not known of a material: what rests on it cannot be said, all else can."""


@dataclass
class Faults:
    """Collects faults so that all of them are reported in one go."""

    where: str | None = None
    found: list[Fault] = field(default_factory=list)

    def add(
        self,
        what: str,
        *,
        line: int | None = None,
        seen: object | None = None,
        nearest: Iterable[str] = (),
        remedy: str | None = None,
    ) -> None:
        """Note one fault at ``line`` of this collector's ``where``."""
        shown = None if seen is None else str(seen)
        self.found.append(Fault(what, self.where, line, shown, tuple(nearest), remedy))

    def raise_if_any(self) -> None:
        """Raise :class:`InputError` with everything noted so far, in the order of the lines."""
        if self.found:
            raise InputError(sorted(self.found, key=lambda f: (f.where or "", f.line or 0)))

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Take over the faults of an :class:`InputError` raised inside, and go on."""
        try:
            yield
        except InputError as error:
            self.found.extend(error.faults)


def nearest(name: str, choices: Iterable[str], n: int = 3) -> tuple[str, ...]:
    """Up to ``n`` of ``choices`` that look like ``name`` (ignoring case); all of them if there are few."""
    pool = sorted({str(c) for c in choices})
    by_lower = {c.lower(): c for c in pool}
    hits = difflib.get_close_matches(str(name).lower(), list(by_lower), n=n, cutoff=0.4)
    if hits:
        return tuple(by_lower[h] for h in hits)
    return tuple(pool) if len(pool) <= 6 else ()
