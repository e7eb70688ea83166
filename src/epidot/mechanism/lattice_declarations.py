"""The declarations of a ``lattice`` section: sites, species, counts, environments, composites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from epidot.documents import Entry
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
    "spectator",
    "outside",
)


class Declarations:
    """Reads every part of the section but its steps."""

    def __init__(self, page: Page) -> None:
        self.page, self.entry = page, page.top["lattice"].called("lattice")
        self.kinds: dict[str, SiteKind] = {}
        self.counts: dict[str, NeighbourCount] = {}

    def near(self) -> float:
        relations = self.entry["relations"].fields(("near",)) if self.entry["relations"] else self.entry
        return relations["near"].quantity("length", default=0.5)

    def roles(self, key: str, wanted: tuple[str, ...]) -> dict[str, str]:
        given = self.entry[key].table()
        return {name: self.kind(given.get(name, self.entry[key][name]), f"{key}.{name}") for name in wanted}

    def kind(self, entry: Entry, what: str) -> str:
        """A declared species of the lattice."""
        if not isinstance(entry.value, str) or entry.value not in self.kinds:
            near = nearest(str(entry.value), self.kinds)
            entry.fault(f"lattice: undeclared species in {what}", seen=entry.value, nearest=near)
            return ""
        return entry.value

    def chosen(self, entry: Entry, what: str, known: Sequence[str]) -> str:
        """One of a few words, or the first with a fault."""
        if entry.value in known:
            return str(entry.value)
        near = known if len(known) < 7 else nearest(str(entry.value), known)
        entry.fault(f"lattice: {what}", seen=entry.value, nearest=near)
        return known[0]

    # -- species ------------------------------------------------------------------------------------

    def read_species(self) -> None:
        keys = ("name", "site", "charge", "composition", "ligands", "marks", "note")
        for row in self.page.rows(self.entry["species"], keys, ("name", "site")):
            for filled, _, _ in self.page.choices(row, row["name"].text()):
                self.add_kind(filled)

    def add_kind(self, row: Entry) -> None:
        name, page = row["name"].text(), self.page
        row = row.called(f"lattice: {name}")
        if name in self.kinds:
            remedy = f"it stands already at line {self.kinds[name].line}"
            row.fault("lattice: species declared twice", seen=name, remedy=remedy)
            return
        twin = page.species.get(name)
        own = [k for k in ("charge", "composition", "ligands") if row[k].value]
        if twin is not None and own:
            what = f"lattice: {name} is a species of the mechanism and takes its composition from there"
            row.fault(what, seen=", ".join(own), remedy="leave it out, or choose another name")
        marks = frozenset(self.chosen(replace(row, value=m), f"{name}: unknown mark", MARKS)
                          for m in row["marks"].names())  # fmt: skip
        site = self.chosen(row["site"], f"{name}: unknown site", SUBLATTICES)
        said: dict[str, Any] = {
            "elements": page.expand(row["composition"].counts(), row),
            "charge": row["charge"].whole(-99, 99, 0),
            "ligands": row["ligands"].counts(),
        }
        if twin is not None:
            said = {"elements": dict(twin.elements), "charge": twin.charge, "ligands": dict(twin.ligands)}
            marks |= twin.marks
        note = row["note"].text("")
        self.kinds[name] = SiteKind(name, cast(Any, site), marks=marks, line=row.line, note=note, **said)

    def read_counts(self) -> None:
        for name, entry in self.entry["counts"].table("count").items():
            row = entry.fields(("relation", "species", "note"), ("species",))
            relation = self.chosen(row["relation"], f"{row.name}: unknown relation", RELATIONS)
            species = self.page.spelt_out(row["species"], self.kinds, f"species in {row.name}")
            self.counts[name] = NeighbourCount(name, relation, species)

    def read_environments(self) -> dict[str, Mapping[str, str]]:
        out: dict[str, Mapping[str, str]] = {}
        for name, where in self.entry["environments"].table("environment").items():
            replace(where, value=name).reference(self.page.environments, "environment")
            out[name] = {}
            for sublattice, relation in where.table().items():
                key = self.chosen(replace(relation, value=sublattice), where.name, SUBLATTICES)
                out[name] = {**out[name], key: self.chosen(relation, where.name, RELATIONS)}
        for name in self.page.environments:
            if name not in out:
                remedy = f"write e.g. {name}: {{anion: near, cation: second}}"
                what = "lattice: no neighbours stand for this environment"
                self.entry["environments"].fault(what, seen=name, remedy=remedy)
        return out

    def read_composites(self) -> tuple[Composite, ...]:
        out = []
        for row in self.page.rows(self.entry["composites"], ("species", "of"), ("species", "of")):
            for filled, _, _ in self.page.choices(row, row["species"].text()):
                name = filled["species"].reference(self.page.species, "species")
                parts = [self.kind(part, f"composite {name}") for part in filled["of"].rows("of")]
                if not name or not all(parts):
                    continue
                whole, found = self.page.species[name], Counter[str]()
                for part in parts:
                    found.update(self.kinds[part].elements)
                charge = sum(self.kinds[p].charge for p in parts)
                if len(parts) != 2 or found != Counter(whole.elements) or charge != whole.charge:
                    row.fault(f"lattice: the parts do not make up {name}", seen=" + ".join(parts))
                else:
                    out.append(Composite(name, (parts[0], parts[1])))
        return tuple(out)
