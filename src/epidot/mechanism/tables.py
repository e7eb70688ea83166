"""The declarations of a mechanism file: groups, parameters, sites, species, surfaces."""

from __future__ import annotations

from typing import Any, cast

from epidot.errors import nearest
from epidot.mechanism.mechanism import (
    MARKS,
    PHASES,
    UNITS,
    Environment,
    Equilibrium,
    Packing,
    SiteClass,
    Species,
    Surface,
)
from epidot.mechanism.page import ELEMENTS, Page
from epidot.parameter import Parameter


class Tables(Page):
    """Reads every section but the reactions."""

    def read_groups(self) -> None:
        for name, entry in self.top["groups"].table("group").items():
            if name in ELEMENTS:
                entry.fault("a group must not be called like an element", seen=name)
            else:
                self.groups[name] = self.expand(entry.counts(), entry.line, entry.name)

    def read_families(self) -> None:
        for name, entry in self.top["families"].table("family").items():
            if members := entry.names():
                self.families[name] = members

    def read_parameters(self) -> None:
        for name, entry in self.table("parameters").items():
            found = entry.parameter(units=UNITS, own=self.sources)
            if found is None:
                self.unreadable.add(name)
            self.parameters[name] = found or Parameter(name, 0.0, "1", "none", "assumed")

    def read_sites(self) -> None:
        for name in self.table("sites"):
            path = ("sites", name)
            row = self.row(path, ("kind", "layer", "material", "overflow", "note"), ("kind",))
            line = self.line(*path)
            kind = row.get("kind")
            if kind not in ("fixed", "shell"):
                self.faults.add(
                    f"site class {name}: unknown kind", line=line, seen=kind, nearest=("fixed", "shell")
                )
                kind = "fixed"
            if kind == "shell" and not (row.get("layer") and isinstance(row.get("material"), dict)):
                self.faults.add(
                    f"site class {name}: a shell needs `layer` and `material`",
                    line=line,
                    remedy="e.g. layer: d111, material: {Se: ZnSe}",
                )
            material = self.pairs(row.get("material"), line, f"site class {name}: material")
            material = {el: str(m) for el, m in material.items()}
            overflow = row.get("overflow")
            if overflow is not None:
                overflow = self.number(overflow, f"{name}.overflow", {}, line, f"overflow of {name}")
                self.dimension(overflow, "energy", line, f"site class {name}")
            self.sites[name] = SiteClass(
                name, cast(Any, kind), str(row.get("layer", "")), material, overflow or None
            )

    def read_environments(self) -> None:
        for name in self.table("environments"):
            path = ("environments", name)
            row = self.row(path, ("species", "per", "note"), ("species", "per"))
            line = self.line(*path)
            found: list[str] = []
            for member in self.names(row.get("species"), line, f"environment {name}"):
                for a in self.assignments(str(member), line):
                    found.append(self.reference(self.fill(str(member), a), self.species, "species", line))
            per = self.reference(row.get("per"), self.sites, "site class", line)
            self.environments[name] = Environment(name, tuple(found), per)

    def read_equilibria(self) -> None:
        for name in self.table("equilibria"):
            path = ("equilibria", name)
            row = self.row(path, ("dH", "dS", "unit", "note"), ("dH", "dS", "unit"))
            line = self.line(*path)
            dH = self.reference(row.get("dH"), self.parameters, f"parameter for dH of {name}", line)
            dS = self.reference(row.get("dS"), self.parameters, f"parameter for dS of {name}", line)
            self.dimension(dH, "energy", line, name)
            self.dimension(dS, "entropy", line, name)
            unit = str(row.get("unit"))
            if unit not in ("1", "/M", "/M2"):
                self.faults.add(f"{name}: unknown unit", line=line, seen=unit, nearest=("1", "/M", "/M2"))
            if dH and dS:
                self.equilibria[name] = Equilibrium(name, dH, dS, unit)

    def read_reagents(self) -> tuple[str, ...]:
        out: list[str] = []
        for i, name in enumerate(
            self.names(self.document.data.get("reagents"), self.line("reagents"), "reagents")
        ):
            line = self.line("reagents", i)
            for a in self.assignments(str(name), line):
                out.append(self.reference(self.fill(str(name), a), self.species, "species", line))
        return tuple(dict.fromkeys(s for s in out if s))

    def read_species(self) -> None:
        rows = self.document.data.get("species") or []
        if not isinstance(rows, list):
            self.faults.add("species: expected a list", line=self.line("species"))
            return
        keys = [
            "name",
            "phase",
            "composition",
            "charge",
            "sites",
            "ligands",
            "marks",
            "linked_of",
            "vapour",
            "note",
        ]
        for i, raw in enumerate(rows):
            path = ("species", i)
            line = self.line(*path)
            row = self.row(path, keys, ("name", "phase", "composition"))
            if not isinstance(raw, dict) or not row.get("name"):
                continue
            for a in self.assignments(str(row["name"]), line):
                self.add_species(self.filled(row, a), line)

    def add_species(self, row: dict[str, Any], line: int | None) -> None:
        name = str(row["name"])
        if any(c.isspace() for c in name) or name in ("+", "=>", "<=>"):
            self.faults.add("a species name must not contain spaces", line=line, seen=name)
        if name in self.species:
            at = self.species[name].line
            self.faults.add(
                "species declared twice", line=line, seen=name, remedy=f"it stands already at line {at}"
            )
            return
        phase = row.get("phase")
        if phase is not None and phase not in PHASES:
            self.faults.add(f"{name}: unknown phase", line=line, seen=phase, nearest=PHASES)
        composition = self.counts(row.get("composition"), line, f"{name}: composition")
        charge = row.get("charge", 0)
        if isinstance(charge, bool) or not isinstance(charge, int):
            self.faults.add(f"{name}: charge must be a whole number", line=line, seen=charge)
            charge = 0
        sites = self.counts(row["sites"], line, f"{name}: sites") if row.get("sites") else {}
        for site in sites:
            self.reference(site, self.sites, "site class", line)
        if phase == "liquor" and sites:
            self.faults.add(f"{name}: a dissolved species occupies no sites", line=line)
        marks = self.names(row.get("marks"), line, f"{name}: marks")
        for mark in marks:
            if mark not in MARKS:
                self.faults.add(
                    f"{name}: unknown mark", line=line, seen=mark, nearest=nearest(str(mark), MARKS)
                )
        anions = {el for site in self.sites.values() for el in site.material}
        linked = {el: n for el, n in composition.items() if el in anions} if "linked" in marks else {}
        if row.get("linked_of"):
            linked = self.counts(row["linked_of"], line, f"{name}: linked_of")
        vapour = row.get("vapour")
        if vapour is not None:
            vapour = self.number(vapour, f"{name}.vapour", {}, line, f"vapour of {name}")
            self.dimension(vapour, "rate of order 0", line, f"{name}: vapour")
        self.species[name] = Species(
            name=name,
            phase=phase if phase in PHASES else "liquor",
            composition=composition,
            elements=self.expand(composition, line, name),
            charge=charge,
            sites=sites,
            ligands=self.counts(row["ligands"], line, f"{name}: ligands") if row.get("ligands") else {},
            marks=frozenset(marks),
            linked=linked,
            vapour=vapour or None,
            line=line,
            note=str(row.get("note", "")),
        )

    def read_surfaces(self) -> dict[str, Surface]:
        out: dict[str, Surface] = {}
        for core in self.table("surfaces"):
            path = ("surfaces", core)
            keys = ["reference_diameter", "per_dot", "source", "status", "note"]
            row = self.row(path, keys, ("reference_diameter", "per_dot"))
            line = self.line(*path)
            source, status, note = self.provenance(row, line, f"surface of {core}")
            size = self.entry(row.get("reference_diameter"), line, f"surface of {core}: reference_diameter")
            diameter = size.quantity("length", default=1.0)
            charge, per_dot = 0.0, {}
            for name, n in self.pairs(row.get("per_dot"), line, f"surface of {core}: per_dot").items():
                at = self.line(*path, "per_dot", name)
                if not self.reference(name, self.species, "species", at):
                    continue
                if isinstance(n, bool) or not isinstance(n, int | float) or not n >= 0:
                    self.faults.add(f"surface of {core}: {name} needs a number, 0 or more", line=at, seen=n)
                    continue
                if self.species[name].phase == "liquor":
                    self.faults.add(
                        f"surface of {core}: a dissolved species is not on the surface", line=at, seen=name
                    )
                charge += n * self.species[name].charge
                per_dot[name] = float(n)
            if abs(charge) > 1e-9:
                self.faults.add(
                    f"surface of {core}: the inventory is charged", line=line, seen=f"{charge:+g} per dot"
                )
            out[core] = Surface(core, diameter, per_dot, source, status, note)
        return out

    def read_packing(self) -> Packing | None:
        if self.document.data.get("packing") is None:
            return None
        row = self.row(
            ("packing",), ("shell", "volume_nm3", "limit", "note"), ("shell", "volume_nm3", "limit")
        )
        line = self.line("packing")
        shell = self.entry(row.get("shell"), line, "packing: shell").quantity("length", default=1.0)
        limit = self.number(row.get("limit"), "packing.limit", {}, line, "the limit of the packing")
        self.dimension(limit, "number", line, "packing")
        known = {ligand for s in self.species.values() for ligand in s.ligands}
        volumes: dict[str, float] = {}
        for ligand, v in self.pairs(row.get("volume_nm3"), line, "packing: volume_nm3").items():
            self.reference(ligand, dict.fromkeys(known), "ligand", line)
            volumes[ligand] = float(v) if isinstance(v, int | float) else 0.0
        return Packing(shell, volumes, limit)
