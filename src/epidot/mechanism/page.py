"""What every section of a mechanism file is read with: rows, families filled in, numbers, groups."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from epidot.documents import Document, Entry, top
from epidot.errors import Faults, nearest
from epidot.mechanism.mechanism import UNITS, Environment, Equilibrium, SiteClass, Species
from epidot.parameter import Parameter

_SYMBOLS = """H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br
Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf
Ta W Re Os Ir Pt Au Hg Tl Pb Bi"""
ELEMENTS = frozenset(_SYMBOLS.split())
_TOKEN = re.compile(r"<([A-Za-z]\w*)>")
_INLINE = re.compile(r"^\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(\S*)\s*$")


def tokens(text: str) -> list[str]:
    """Names of the families in ``text``, in order, each once."""
    return list(dict.fromkeys(_TOKEN.findall(text)))


@dataclass
class Page:
    """The document, the faults found in it and what has been declared so far."""

    document: Document
    faults: Faults = field(init=False)
    top: Entry = field(init=False)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, int]] = field(default_factory=dict)
    families: dict[str, list[str]] = field(default_factory=dict)
    sites: dict[str, SiteClass] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    equilibria: dict[str, Equilibrium] = field(default_factory=dict)
    species: dict[str, Species] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)  # parameters whose unit could not be read

    def __post_init__(self) -> None:
        self.faults = self.document.faults()
        self.top = top(self.document, self.faults)

    def rows(self, listed: Entry, known: Iterable[str], needed: Sequence[str]) -> Iterator[Entry]:
        """The rows of a list that say all that is ``needed``; what is unknown or missing becomes a fault."""
        for row in listed.rows(listed.name):
            found = row.called(listed.name).fields(known, needed)
            if all(found[key] for key in needed):
                yield found

    def choices(self, row: Entry, text: str) -> Iterator[tuple[Entry, str, dict[str, str]]]:
        """``row`` for every choice of the families named in ``text``, filled in, and the suffix of its id."""
        families = tokens(text)
        for a in self.assignments(text, row):
            filled = replace(row, value=self.filled(row.value, a), at_line=row.line)
            yield filled, f"[{','.join(a[t] for t in families)}]" if families else "", a

    def assignments(self, text: str, at: Entry) -> list[dict[str, str]]:
        """Every way to fill the families named in ``text`` (one empty way if there are none)."""
        names = tokens(text)
        missing = [t for t in names if t not in self.families]
        for token in missing:
            at.fault("undeclared family", seen=f"<{token}>", nearest=nearest(token, self.families))
        ways = itertools.product(*(self.families.get(t, []) for t in names))
        return [] if missing else [dict(zip(names, way, strict=True)) for way in ways]

    def spelt_out(self, names: Entry, table: Collection[str], what: str) -> tuple[str, ...]:
        """A list of names of ``table``, families filled in."""
        out = []
        for name in names.names():
            for a in self.assignments(name, names):
                out.append(replace(names, value=self.fill(name, a)).reference(table, what))
        return tuple(dict.fromkeys(n for n in out if n))

    @staticmethod
    def fill(text: str, assignment: Mapping[str, str]) -> str:
        return _TOKEN.sub(lambda m: assignment.get(m[1], m[0]), text)

    def filled(self, value: Any, assignment: Mapping[str, str]) -> Any:
        """``fill`` through nested data; equal keys of a mapping of numbers add up."""
        if isinstance(value, str):
            return self.fill(value, assignment)
        if isinstance(value, list):
            return [self.filled(v, assignment) for v in value]
        if isinstance(value, dict):
            out: dict[str, Any] = {}
            for k, v in value.items():
                key, new = self.fill(k, assignment), self.filled(v, assignment)
                both = isinstance(new, int) and isinstance(out.get(key), int)
                out[key] = out[key] + new if both else new
            return out
        return value

    def expand(self, composition: Mapping[str, int], at: Entry) -> dict[str, int]:
        """Groups replaced by real elements."""
        out: Counter[str] = Counter()
        for name, n in composition.items():
            if name in self.groups:
                out.update({element: n * m for element, m in self.groups[name].items()})
            elif name in ELEMENTS:
                out[name] += n
            else:
                near = nearest(name, [*self.groups, *ELEMENTS])
                at.fault(f"{at.name}: neither an element nor a declared group", seen=name, nearest=near)
        return dict(out)

    def number(self, row: Entry, key: str, wanted: str = "") -> str:
        """The name of the parameter at ``key``: one of the table, or one made from a number written in place.

        Its unit must be of the dimension ``wanted``.  Empty, with a fault noted, if there is none.
        """
        entry, own, what = row[key], f"{row.name}.{key}", f"{key} of {row.name}"
        value = entry.value
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        inline = _INLINE.match(str(value)) if plain and value not in self.parameters else None
        if inline is None:
            name = entry.reference(self.parameters, f"parameter for {what}")
        else:
            unit, name = inline[2] or "1", own
            if unit not in UNITS:
                entry.fault(f"{what}: unknown unit", seen=unit, nearest=nearest(unit, UNITS, 5))
                return ""
            # A number worth a better status than this belongs in the table of parameters.
            source = row["source"].text("") or "written in place"
            self.parameters[own] = Parameter(own, float(inline[1]), unit, source, "assumed")
        if wanted:
            self.dimension(name, wanted, entry)
        return name

    def dimension(self, name: str, wanted: str, at: Entry) -> None:
        """A fault unless the parameter has a unit of that dimension."""
        if not name or name in self.unreadable:
            return
        unit = self.parameters[name].unit
        if UNITS[unit][0] != wanted:
            what = f"{at.name}: {name} has a unit of {UNITS[unit][0]}, needed is one of {wanted}"
            at.fault(what, seen=unit, nearest=[u for u, (d, _) in UNITS.items() if d == wanted])
