"""What every section of a mechanism file is read with: rows, names, numbers, templates and their faults."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from epidot import documents
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

    document: documents.Document
    faults: Faults = field(init=False)
    top: documents.Entry = field(init=False)
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
        self.top = documents.top(self.document, self.faults)

    def line(self, *path: str | int) -> int | None:
        return self.document.line(path)

    def entry(self, value: Any, line: int | None, what: str) -> documents.Entry:
        """A value, perhaps of a template filled in, that came from ``line``."""
        return documents.Entry(self.document, self.faults, value, (), what, ": ", at_line=line)

    def table(self, key: str) -> dict[str, documents.Entry]:
        """The top-level mapping ``key`` (empty if absent)."""
        return self.top[key].table()

    def names(self, value: Any, line: int | None, what: str) -> list[str]:
        """A list of names (empty if absent)."""
        return self.entry(value, line, what).names()

    def pairs(self, value: Any, line: int | None, what: str) -> dict[str, Any]:
        """A mapping (empty if absent)."""
        return {key: entry.value for key, entry in self.entry(value, line, what).table().items()}

    def row(
        self, path: Sequence[str | int], known: Iterable[str], needed: Iterable[str] = ()
    ) -> dict[str, Any]:
        """The mapping at ``path``: unknown keys and missing ones become faults."""
        here = self.top.at(*path)
        if path:
            here = here.called(str(path[-1] if isinstance(path[-1], str) else path[0]))
        return dict(here.fields(known, needed).value)

    def counts(self, value: Any, line: int | None, what: str) -> dict[str, int]:
        """A mapping name -> positive whole number (empty if absent)."""
        return self.entry(value, line, what).counts()

    def reference(self, name: Any, table: Collection[str], what: str, line: int | None) -> str:
        """A name that must stand in ``table``."""
        return self.entry(name, line, what).reference(table, what)

    def provenance(self, row: Mapping[str, Any], line: int | None, what: str) -> tuple[str, str, str]:
        """(source, status, note) of a number or a reaction."""
        return self.entry(dict(row), line, what).provenance(self.sources)

    def assignments(self, text: str, line: int | None) -> list[dict[str, str]]:
        """Every way to fill the families named in ``text`` (one empty way if there are none)."""
        names = tokens(text)
        missing = [t for t in names if t not in self.families]
        for token in missing:
            self.faults.add(
                "undeclared family", line=line, seen=f"<{token}>", nearest=nearest(token, self.families)
            )
        if missing:
            return []
        return [
            dict(zip(names, c, strict=True)) for c in itertools.product(*(self.families[t] for t in names))
        ]

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

    def expand(self, composition: Mapping[str, int], line: int | None, what: str) -> dict[str, int]:
        """Groups replaced by real elements."""
        out: dict[str, int] = {}
        for name, n in composition.items():
            if name in self.groups:
                for element, m in self.groups[name].items():
                    out[element] = out.get(element, 0) + n * m
            elif name in ELEMENTS:
                out[name] = out.get(name, 0) + n
            else:
                choices = [*self.groups, *ELEMENTS]
                self.faults.add(
                    f"{what}: neither an element nor a declared group",
                    line=line,
                    seen=name,
                    nearest=nearest(name, choices),
                )
        return out

    def number(self, value: Any, own: str, row: Mapping[str, Any], line: int | None, what: str) -> str:
        """The name of a parameter: one of the table, or one made from a number written in place."""
        inline = (
            _INLINE.match(str(value))
            if isinstance(value, str | int | float) and not isinstance(value, bool)
            else None
        )
        if inline is None or value in self.parameters:
            return self.reference(value, self.parameters, f"parameter for {what}", line)
        unit = inline[2] or "1"
        if unit not in UNITS:
            self.faults.add(f"{what}: unknown unit", line=line, seen=unit, nearest=nearest(unit, UNITS, 5))
            return ""
        # A number worth a better status than this belongs in the table of parameters.
        source = str(row.get("source") or "written in place")
        self.parameters[own] = Parameter(own, float(inline[1]), unit, source, "assumed")
        return own

    def dimension(self, name: str, wanted: str, line: int | None, what: str) -> None:
        """A fault unless the parameter has a unit of that dimension."""
        if name in self.unreadable:
            return
        if name and (seen := UNITS[self.parameters[name].unit][0]) != wanted:
            fitting = [u for u, (d, _) in UNITS.items() if d == wanted]
            self.faults.add(
                f"{what}: {name} has a unit of {seen}, needed is one of {wanted}",
                line=line,
                seen=self.parameters[name].unit,
                nearest=fitting,
            )
