"""One place of a document and how it is read: every value checked, every fault noted at its line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from epidot import units
from epidot.documents.sources import cite, references, source_key
from epidot.documents.text import Document, Path_, parse
from epidot.errors import Faults, InputError, nearest
from epidot.parameter import STATUSES, Parameter, Status

PARAMETER_KEYS = (
    "value",
    "unit",
    "source",
    "status",
    "sigma",
    "sigma_ln",
    "low",
    "high",
    "note",
    "unconfirmed",
)
_NUMBER_AND_UNIT = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*[^\W\d_°%][^\d]*", re.IGNORECASE)
T = TypeVar("T")
UNCONFIRMED = "quoted without the source at hand; not confirmed"


@dataclass(frozen=True)
class Entry:
    """What stands at one place of a document (``None``: nothing), and what messages call it.

    A value that is wrong becomes a fault and a harmless stand-in is returned, so that reading goes on and
    all faults are told at once: call ``faults.raise_if_any()`` at the end.  A value that is missing is a
    fault too unless the reader is given a ``default``.  An entry is true where something stands.
    """

    document: Document
    faults: Faults
    value: Any
    path: Path_ = ()
    name: str = "the document"
    joint: str = ""  # what stands between this name and the name of a key below it
    misspelt: bool = False  # an unknown key stands beside: what seems to be missing may be there
    at_line: int | None = None  # of a value that was made (a template filled in), where it came from

    def __bool__(self) -> bool:
        return self.value is not None

    @property
    def line(self) -> int | None:
        """The line of this place, or of the nearest one around it."""
        return self.document.line(self.path) if self.at_line is None else self.at_line

    # --- places below

    def __getitem__(self, key: str) -> Entry:
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return self._below(key, value, f"{self.name}{self.joint}{key}" if self.joint else key, " ")

    def at(self, *path: str | int) -> Entry:
        """The place at the end of ``path``, which must be there up to its last step."""
        here = self
        for step in path:
            here = here[step] if isinstance(step, str) else here.rows(str(step))[step]
        return here

    def _below(self, step: str | int, value: Any, name: str, joint: str) -> Entry:
        return replace(self, value=value, path=(*self.path, step), name=name, joint=joint)

    def called(self, name: str) -> Entry:
        """The same place under another name in messages."""
        return replace(self, name=name, joint=": ")

    def fields(self, known: Iterable[str], needed: Iterable[str] = ()) -> Entry:
        """This place as a mapping of ``known`` keys; unknown and missing ones are faults."""
        names = list(known)
        if not isinstance(self.value, dict):
            self.fault("expected a mapping (key: value)", seen=self.value)
            return replace(self, value={}, misspelt=True)
        unknown = [key for key in self.value if key not in names]
        for key in unknown:
            place = replace(self, path=(*self.path, key))
            place.fault("unknown key", seen=key, nearest=nearest(key, names))
        found = replace(self, misspelt=bool(unknown))
        for key in needed:
            if not found[key]:
                found[key].missing()
        return found

    def table(self, what: str = "") -> dict[str, Entry]:
        """A mapping with keys of one's own, each entry called ``what`` and its key; empty if absent."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self.fault(f"{self.name}: expected a mapping (key: value)", seen=self.value)
            return {}
        return {k: self._below(k, v, f"{what} {k}".strip(), ": ") for k, v in self.value.items()}

    def rows(self, what: str, remedy: str | None = "begin each with '- '") -> list[Entry]:
        """A list, each entry called ``what`` and its number from 1; empty if absent."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            self.fault(f"{self.name} must be a list", seen=self.value, remedy=remedy)
            return []
        return [self._below(i, v, f"{what} {i + 1}", ": ") for i, v in enumerate(self.value)]

    # --- faults

    def fault(
        self, what: str, *, seen: object = None, nearest: Iterable[str] = (), remedy: str | None = None
    ) -> None:
        """Note a fault at this line."""
        self.faults.add(what, line=self.line, seen=seen, nearest=nearest, remedy=remedy)

    def refuse(self, what: str, *, nearest: Iterable[str] = (), remedy: str | None = None) -> None:
        """Note that the value of this place is wrong: ``what`` follows its name."""
        self.fault(f"{self.name} {what}", seen=self.value, nearest=nearest, remedy=remedy)

    def missing(self, remedy: str | None = None) -> None:
        """Note that nothing stands here, unless it may only be misspelt."""
        if not self.misspelt:
            self.fault(f"{self.name} is missing", remedy=remedy)

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Faults raised inside become faults of this place, and reading goes on."""
        try:
            yield
        except InputError as error:
            for f in error.faults:
                self.fault(f"{self.name}: {f.what}", seen=f.seen, nearest=f.nearest, remedy=f.remedy)

    # --- single values

    def text(self, default: str | None = None) -> str:
        """Text; a number is text too (``paper: 2023``)."""
        if self.value is None:
            if default is None:
                self.missing()
            return default or ""
        if isinstance(self.value, bool | dict | list):
            self.refuse("must be text")
            return default or ""
        return str(self.value).strip()

    def choice(self, choices: Collection[str], default: str | None = None) -> str:
        """One of ``choices``."""
        stand_in = default if default is not None else next(iter(choices))
        if self.value is None:
            if default is None:
                self.missing(f"write one of {', '.join(choices)}")
            return stand_in
        if self.value not in choices:
            near = nearest(str(self.value), choices) or tuple(choices)
            self.fault(f"{self.name}: not one of the choices", seen=self.value, nearest=near)
            return stand_in
        return str(self.value)

    def flag(self, default: bool = False) -> bool:
        """True or false, also written yes or no."""
        if self.value is None:
            return default
        if self.value not in (True, False, "yes", "no"):
            self.refuse("must be yes or no")
            return default
        return self.value in (True, "yes")

    def number(self, low: float = -math.inf, high: float = math.inf, default: float | None = None) -> float:
        """A plain number between ``low`` and ``high``."""
        stand_in = max(low, min(high, 1.0)) if default is None else default
        if self.value is None:
            if default is None:
                self.missing()
            return stand_in
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or math.isnan(self.value):
            alone = " without a unit" if _NUMBER_AND_UNIT.match(str(self.value)) else ""
            self.refuse(f"must be a number{alone}{_between(low, high)}")
            return stand_in
        if not low <= self.value <= high:
            self.refuse(f"must be a number{_between(low, high)}")
            return stand_in
        return float(self.value)

    def whole(self, low: int, high: int, default: int | None = None) -> int:
        """A whole number between ``low`` and ``high``."""
        stand_in = low if default is None else default
        if self.value is None:
            if default is None:
                self.missing()
            return stand_in
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not low <= self.value <= high:
            self.refuse(f"must be a whole number{_between(low, high)}")
            return stand_in
        return self.value

    def quantity(
        self,
        kind: str,
        low: float = -math.inf,
        high: float = math.inf,
        default: float | None = None,
        span: str = "",
    ) -> float:
        """Text with a unit of ``kind``, in the internal unit; a fraction may be a plain number.

        ``span`` says in words what lies between ``low`` and ``high``.
        """
        word, example = kind.replace("_", " "), units.KINDS[kind][1]
        stand_in = max(low, min(high, 1.0)) if default is None else default
        if self.value is None:
            if default is None:
                self.missing(f'write e.g. "{example}"')
            return stand_in
        if isinstance(self.value, bool | dict | list):
            remedy = f'write text with a unit, e.g. "{example}"'
            self.fault(f"{self.name}: expected a {word}", seen=self.value, remedy=remedy)
            return stand_in
        found = math.nan
        with self.placed():
            found = units.parse(str(self.value), kind)
        if math.isnan(found):
            return stand_in
        if found <= 0 < low:
            article = "an" if word[0] in "aeiou" else "a"
            self.fault(f"{self.name}: {article} {word} must be more than zero", seen=self.value)
            return stand_in
        # A part in 1e9 is allowed for the rounding of unit conversions at the ends of the range.
        slack = 1e-9 * abs(found)
        if not low - slack <= found <= high + slack:
            use = span or f"{low:g} to {high:g} {units.KINDS[kind][0]}".strip()
            self.fault(f"{self.name}: {word} out of range", seen=self.value, remedy=f"use {use}")
            return stand_in
        return found

    def names(self) -> list[str]:
        """A list of names; empty if absent."""
        if self.value is None:
            return []
        if not isinstance(self.value, list) or not all(isinstance(v, str) for v in self.value):
            self.fault(f"{self.name}: expected a list of names", seen=self.value)
            return []
        return self.value

    def counts(self) -> dict[str, int]:
        """A mapping of names to whole numbers above 0; empty if absent."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict) or not self.value:
            self.fault(f"{self.name}: expected a mapping of names to whole numbers", seen=self.value)
            return {}
        out = {}
        for key, n in self.value.items():
            if isinstance(n, bool) or not isinstance(n, int) or n < 1:
                self[key].fault(f"{self.name}: {key} needs a whole number above 0", seen=n)
            else:
                out[key] = n
        return out

    def reference(self, table: Collection[str], what: str) -> str:
        """A name that stands in ``table``, or nothing with a fault that says ``undeclared what``."""
        if not isinstance(self.value, str) or self.value not in table:
            near = nearest(str(self.value), table)
            self.fault(f"undeclared {what}", seen=self.value, nearest=near)
            return ""
        return self.value

    # --- numbers that know where they come from

    def provenance(self, own: Mapping[str, str] | None = None) -> tuple[str, Status, str]:
        """Source, status and note of the number or reaction at this place.

        The source is a key (and place) of ``data/sources.yaml`` or of ``own``, which the file declares; it
        is returned as written.  What is missing becomes ``assumed``.
        """
        known = {**references(), **(own or {})}
        source, status = self["source"], self["status"]
        if not source:
            source.fault(f"{self.name}: source missing", remedy="name a key of `sources`")
        elif source_key(str(source.value)) not in known:
            near = nearest(source_key(str(source.value)), known)
            source.fault(f"{self.name}: undeclared source", seen=source.value, nearest=near)
        if not status:
            status.fault(f"{self.name}: status missing", remedy=f"write one of {', '.join(STATUSES)}")
        elif status.value not in STATUSES:
            near = nearest(str(status.value), STATUSES)
            status.fault(f"{self.name}: unknown status", seen=status.value, nearest=near)
        found = status.value if status.value in STATUSES else "assumed"
        return str(source.value), cast(Status, found), self["note"].text("")

    def parameter(
        self,
        *,
        name: str | None = None,
        units: Collection[str] | None = None,
        own: Mapping[str, str] | None = None,
    ) -> Parameter | None:
        """A number with unit, source and status, perhaps ``sigma`` or ``sigma_ln``, bounds and a note.

        ``units`` are those allowed here (``None``: any), ``own`` the sources a file declares itself.
        ``unconfirmed: yes`` says that nobody could look the number up in its source; the note then ends
        with :data:`UNCONFIRMED`.  ``None`` if anything is wrong with it.
        """
        before = len(self.faults.found)
        row = self.fields(PARAMETER_KEYS, ("value", "unit"))
        if not row.value:
            return None
        source, status, note = row.provenance(own)
        unit = row["unit"].text("1")
        if units is not None and row["unit"] and unit not in units:
            near = nearest(unit, units, 5)
            row["unit"].fault(f"{self.name}: unknown unit", seen=unit, nearest=near)
        keys = [key for key in ("value", "sigma", "sigma_ln", "low", "high") if row[key]]
        numbers = {key: row[key].number() for key in keys}
        notes = (note, UNCONFIRMED if row["unconfirmed"].flag() else "")
        if len(self.faults.found) > before:
            return None
        try:
            return Parameter(
                name or str(self.path[-1]),
                unit=unit,
                source=cite(source, own),
                status=status,
                note="; ".join(filter(None, notes)),
                **numbers,
            )
        except ValueError as error:  # outside its own bounds
            self.fault(str(error), remedy="correct the value or its bounds")
            return None

    def parameters(self) -> dict[str, Parameter]:
        """Every number of the mapping at this place, by name."""
        found = {key: entry.parameter() for key, entry in self.table().items()}
        return {key: value for key, value in found.items() if value is not None}


def top(document: Document, faults: Faults | None = None) -> Entry:
    """The topmost entry of a document, with a new collector of faults unless one is given."""
    return Entry(document, document.faults() if faults is None else faults, document.data)


def whole(text: str, where: str, heading: str, read: Callable[[Document, Faults], T | None]) -> T:
    """What ``read`` makes of a file that begins with ``heading: 1``; all its faults at once.

    Raises
    ------
    InputError
        With every fault, each at its line.
    """
    document = parse(text, where=where)
    if document.data is None:
        raise InputError("the file is empty", where, 1, remedy=f'start it with "{heading}: 1"')
    faults = document.faults()
    found = read(document, faults)
    faults.raise_if_any()
    assert found is not None
    return found


def _between(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f", {low:g} or more"
    return f" between {low:g} and {high:g}"
