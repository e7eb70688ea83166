"""The declarations of a ``lattice`` section: sites, species, counts, environments, composites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from epidot.errors import nearest
from epidot.mechanism.lattice import SUBLATTICES, Composite, NeighbourCount, SiteKind
from epidot.mechanism.page import Page

RELATIONS = ("nn", "second", "near")
# Marks of a site that a readout of grown dots knows, beside those of the mean field's species.
MARKS = (
    "core",
    "vacant",
    "first",
    "covered",
    "linked",
    "crystalline",
    "oxide",
    "memory",
    "loose",
    "deposited",
)


class Declarations:
    """Reads every part of the section but its steps; faults go to ``page.faults``."""

    def __init__(self, page: Page) -> None:
        self.page, self.faults = page, page.faults
        self.kinds: dict[str, SiteKind] = {}
        self.counts: dict[str, NeighbourCount] = {}

    def line(self, *path: str | int) -> int | None:
        return self.page.line("lattice", *path)

    def near(self, row: Mapping[str, Any]) -> float:
        line = self.line("relations")
        relations = self.page.pairs(row.get("relations"), line, "lattice: relations")
        for name in relations:
            if name != "near":
                self.faults.add("lattice: only the reach of `near` can be chosen", line=line, seen=name,
                                nearest=("near",))  # fmt: skip
        return self.page.entry(relations.get("near"), line, "lattice: near").quantity("length", default=0.5)

    def roles(self, row: Mapping[str, Any], key: str, wanted: tuple[str, ...]) -> dict[str, str]:
        given = self.page.pairs(row.get(key), self.line(key), f"lattice: {key}")
        out = {}
        for name in wanted:
            out[name] = self.kind(given.get(name), self.line(key), f"{key}.{name}")
        return out

    def kind(self, name: Any, line: int | None, what: str) -> str:
        """A declared species of the lattice."""
        if not isinstance(name, str) or name not in self.kinds:
            self.faults.add(f"lattice: undeclared species in {what}", line=line, seen=name,
                            nearest=nearest(str(name), self.kinds))  # fmt: skip
            return ""
        return name

    # -- species ------------------------------------------------------------------------------------

    def read_species(self, rows: Any) -> None:
        keys = ("name", "site", "charge", "composition", "ligands", "marks", "note")
        for i, raw in enumerate(rows if isinstance(rows, list) else []):
            path = ("lattice", "species", i)
            line = self.page.line(*path)
            row = self.page.row(path, keys, ("name", "site"))
            if not isinstance(raw, dict) or not row.get("name"):
                continue
            for a in self.page.assignments(str(row["name"]), line):
                self.add_kind(self.page.filled(row, a), line)

    def add_kind(self, row: dict[str, Any], line: int | None) -> None:
        name, page = str(row["name"]), self.page
        if name in self.kinds:
            self.faults.add("lattice: species declared twice", line=line, seen=name,
                            remedy=f"it stands already at line {self.kinds[name].line}")  # fmt: skip
            return
        site = row.get("site")
        if site is not None and site not in SUBLATTICES:
            self.faults.add(f"lattice: {name}: unknown site", line=line, seen=site, nearest=SUBLATTICES)
        twin = page.species.get(name)
        own = {k for k in ("charge", "composition", "ligands") if row.get(k)}
        if twin is not None and own:
            self.faults.add(
                f"lattice: {name} is a species of the mechanism and takes its composition from there",
                line=line, seen=", ".join(sorted(own)), remedy="leave it out, or choose another name",
            )  # fmt: skip
        marks = page.names(row.get("marks"), line, f"lattice: {name}: marks")
        for mark in marks:
            if mark not in MARKS:
                self.faults.add(f"lattice: {name}: unknown mark", line=line, seen=mark,
                                nearest=nearest(mark, MARKS))  # fmt: skip
        charge = row.get("charge", 0)
        if isinstance(charge, bool) or not isinstance(charge, int):
            self.faults.add(f"lattice: {name}: charge must be a whole number", line=line, seen=charge)
            charge = 0
        composition: Mapping[str, int] = {}
        if twin is None and row.get("composition"):
            composition = page.counts(row["composition"], line, f"lattice: {name}: composition")
        ligands = page.counts(row["ligands"], line, f"lattice: {name}: ligands") if row.get("ligands") else {}
        self.kinds[name] = SiteKind(
            name,
            site if site in SUBLATTICES else "anion",
            dict(twin.elements) if twin else page.expand(composition, line, f"lattice: {name}"),
            twin.charge if twin else charge,
            dict(twin.ligands) if twin else ligands,
            frozenset(marks) | (twin.marks if twin else frozenset()),
            line,
            str(row.get("note", "")),
        )

    def several(self, names: Any, line: int | None, what: str) -> tuple[str, ...]:
        """Declared species of the lattice, families filled in."""
        out: list[str] = []
        for name in self.page.names(names, line, what):
            for a in self.page.assignments(name, line):
                out.append(self.kind(self.page.fill(name, a), line, what))
        return tuple(dict.fromkeys(n for n in out if n))

    def read_counts(self, table: Any) -> None:
        line = self.line("counts")
        for name in self.page.pairs(table, line, "lattice: counts"):
            path = ("lattice", "counts", name)
            row = self.page.row(path, ("relation", "species", "note"), ("relation", "species"))
            at = self.page.line(*path)
            relation = str(row.get("relation"))
            if relation not in RELATIONS:
                self.faults.add(f"lattice: count {name}: unknown relation", line=at, seen=relation,
                                nearest=nearest(relation, RELATIONS))  # fmt: skip
            species = self.several(row.get("species"), at, f"count {name}")
            self.counts[name] = NeighbourCount(name, relation, species)

    def read_environments(self, row: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
        out: dict[str, Mapping[str, str]] = {}
        line = self.line("environments")
        for name, where in self.page.pairs(row.get("environments"), line, "lattice: environments").items():
            self.page.reference(name, self.page.environments, "environment", line)
            chosen = self.page.pairs(where, line, f"lattice: environment {name}")
            for sublattice, relation in chosen.items():
                for value, known in ((sublattice, SUBLATTICES), (relation, RELATIONS)):
                    if value not in known:
                        self.faults.add(f"lattice: environment {name}", line=line, seen=value, nearest=known)
            out[name] = chosen
        for name in self.page.environments:
            if name not in out:
                self.faults.add("lattice: no neighbours stand for this environment", line=line, seen=name,
                                remedy=f"write e.g. {name}: {{anion: near, cation: second}}")  # fmt: skip
        return out

    def read_composites(self, rows: Any) -> tuple[Composite, ...]:
        out = []
        for i, raw in enumerate(rows if isinstance(rows, list) else []):
            path = ("lattice", "composites", i)
            line = self.page.line(*path)
            row = self.page.row(path, ("species", "of"), ("species", "of"))
            if not isinstance(raw, dict):
                continue
            for a in self.page.assignments(str(row.get("species")), line):
                filled = self.page.filled(row, a)
                name = self.page.reference(filled.get("species"), self.page.species, "species", line)
                parts = tuple(self.kind(p, line, f"composite {name}") for p in filled.get("of") or ())
                if not name or not all(parts):
                    continue
                found: dict[str, int] = {}
                for part in parts:
                    for el, n in self.kinds[part].elements.items():
                        found[el] = found.get(el, 0) + n
                whole = dict(self.page.species[name].elements)
                charge = sum(self.kinds[p].charge for p in parts)
                if len(parts) != 2 or found != whole or charge != self.page.species[name].charge:
                    self.faults.add(f"lattice: the parts do not make up {name}", line=line,
                                    seen=" + ".join(parts))  # fmt: skip
                else:
                    out.append(Composite(name, cast(Any, parts)))
        return tuple(out)
