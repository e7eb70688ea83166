"""Parts of a recipe declared as data: their fields are its keys, the types of these say how to read them."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar, cast

from epidot.documents import Entry
from epidot.errors import Faults, nearest


@dataclass(frozen=True, kw_only=True)
class Part:
    """A heading or a step, with the place it was read from and those of its keys.

    A key that Python keeps for itself is written with an underscore behind it (``in_``).
    """

    entry: Entry = field(compare=False, repr=False)
    places: Mapping[str, Entry] = field(compare=False, repr=False)
    remedy: ClassVar[str] = ""
    either: ClassVar[tuple[str, ...]] = ()  # of these fields one is given, and one only

    def fault(self, what: str, key: str = "", **told: Any) -> None:
        """Note a fault at the line of ``key``, or of the whole."""
        self.places.get(key, self.entry).fault(what, **told)

    def line(self, key: str = "") -> int:
        """The line of ``key``, or of the whole."""
        return self.places.get(key, self.entry).line or 1


P = TypeVar("P", bound=Part)
UNKNOWN = "unknown key"


def plain(key: str) -> str:
    """A key with hyphens and underscores made spaces, e.g. ``first_exciton`` -> ``first exciton``."""
    return re.sub(r"[\s_-]+", " ", key.strip())


@cache
def keys(model: Any) -> dict[str, str]:
    """Key as shown to people -> name of the field."""
    return {plain(name.rstrip("_")): name for name in readers(model)}


class Reader(NamedTuple):
    """How one field is read, and whether it must be there."""

    read: Callable[[Entry], Any]
    needed: bool


@cache
def readers(model: Any) -> Mapping[str, Reader]:
    """The reader of every key of a part."""
    hints = typing.get_type_hints(model, include_extras=True)
    return {
        f.name: Reader(_reader(hints[f.name]), f.default is MISSING and f.default_factory is MISSING)
        for f in fields(model)
        if f.name not in ("entry", "places")
    }


def _reader(hint: Any) -> Callable[[Entry], Any]:
    many = typing.get_origin(hint) is Mapping
    for kind in (hint, *typing.get_args(hint)):
        if typing.get_origin(kind) is Annotated:
            return kind.__metadata__[0]  # type: ignore[no-any-return]
        if typing.get_origin(kind) is Literal:
            return lambda entry: entry.choice(typing.get_args(kind))
        if isinstance(kind, type) and issubclass(kind, Part):
            one = kind
            if many:
                return lambda entry: {n: part(one, e, one.remedy) for n, e in entry.table(entry.name).items()}
            return lambda entry: part(one, entry, one.remedy)
    raise TypeError(f"no way to read {hint}")


def part(model: type[P], entry: Entry, remedy: str, beside: Iterable[str] = ()) -> P | None:
    """What stands at ``entry`` as a ``model``, or ``None`` with faults noted; keys ``beside`` are let be."""
    if not isinstance(entry.value, dict):
        entry.fault(f"{entry.name}: expected key: value", seen=str(entry.value)[:40], remedy=remedy)
        return None
    before, kind = _unreadable(entry), cast(Any, model)
    read, known = readers(kind), keys(kind)
    places: dict[str, Entry] = {}
    for typed in entry.value:
        name, place = known.get(plain(typed)) or known.get(plain(typed).lower()), entry[typed]
        if name in places:
            place.fault("the same key twice, spelt differently", seen=typed)
        elif name is not None:
            places[name] = place
        elif typed not in beside:
            place.fault(UNKNOWN, seen=typed, nearest=nearest(typed, [*known, *beside]))
    values = {}
    for shown, name in known.items():
        if places.get(name):
            values[name] = read[name].read(places[name])
        elif read[name].needed:
            entry.fault(f"{entry.name} needs {shown!r}", remedy=remedy)
    given = [name for name in kind.either if places.get(name)]
    if kind.either and len(given) != 1:
        choices = " or the ".join(plain(name) for name in kind.either)
        entry.fault(f"{entry.name}: give the {choices}", seen="both" if given else "neither")
    return model(entry=entry, places=places, **values) if _unreadable(entry) == before else None


def salvaged(model: type[P], entry: Entry, **usual: Any) -> P:
    """What can be read of a part whose faults are noted; ``usual`` where a needed key cannot be."""
    kind = cast(Any, model)
    read, known = readers(kind), keys(kind)
    places: dict[str, Entry] = {}
    values: dict[str, Any] = dict(usual)
    for typed in entry.value:
        name = known.get(plain(typed)) or known.get(plain(typed).lower())
        if name is None:
            continue
        places[name] = entry[typed]
        silent = replace(entry, faults=Faults())
        value = read[name].read(silent[typed])
        if not _unreadable(silent):
            values[name] = value if silent.faults.found else read[name].read(entry[typed])
    return model(entry=entry, places=places, **values)


def _unreadable(entry: Entry) -> int:
    """How many faults stop a part from being read; beside an unknown key the rest can be."""
    return sum(fault.what != UNKNOWN for fault in entry.faults.found)
