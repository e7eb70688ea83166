"""The declarations of a mechanism file: groups, parameters, sites, species, surfaces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from epidot.documents import Entry
from epidot.errors import InputError, nearest
from epidot.matter import reagents
from epidot.mechanism.mechanism import (
    MARKS,
    PHASES,
    UNITS,
    Environment,
    Equilibrium,
    Hypothesis,
    Packing,
    Phase,
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
                self.groups[name] = self.expand(entry.counts(), entry)

    def read_families(self) -> None:
        for name, entry in self.top["families"].table("family").items():
            if members := entry.names():
                self.families[name] = members

    def read_parameters(self) -> None:
        for name, entry in self.top["parameters"].table().items():
            found = entry.parameter(units=UNITS, own=self.sources)
            if found is None:
                self.unreadable.add(name)
            self.parameters[name] = found or Parameter(name, 0.0, "1", "none", "assumed")

    def read_sites(self) -> None:
        for name, entry in self.top["sites"].table().items():
            row = entry.fields(("kind", "layer", "material", "overflow", "per_nm2", "ligands", "note"))
            kind = row.called(f"site class {name}")["kind"].choice(("fixed", "shell", "outer"))
            if kind == "shell" and not (row["layer"] and isinstance(row["material"].value, dict)):
                remedy = "e.g. layer: d111, material: {Se: ZnSe}"
                row.fault(f"site class {name}: a shell needs `layer` and `material`", remedy=remedy)
            material = {el: e.text() for el, e in row["material"].table().items()}
            overflow = self.number(row, "overflow", "energy") if row["overflow"] else ""
            layer = row["layer"].text("")
            density, ligands = None, tuple(row["ligands"].names())
            if kind == "outer" and not (row["per_nm2"] and ligands and material):
                remedy = "e.g. per_nm2: n_outer, ligands: [OA], material: {Se: ZnSe}"
                row.fault(
                    f"site class {name}: an outer surface needs `per_nm2`, `ligands`, `material`",
                    remedy=remedy,
                )
            elif kind == "outer":
                density = self.number(row, "per_nm2", "density of places") or None
            for key in ("per_nm2", "ligands"):
                if row[key] and kind != "outer":
                    row[key].fault(f"site class {name}: {key} goes with kind: outer", seen=kind)
            self.sites[name] = SiteClass(
                name, cast(Any, kind), layer, material, overflow or None, density, ligands
            )

    def read_spectators(self) -> dict[str, str]:
        """Dissolved species said to take no part, each with the reason."""
        found = {}
        for name, entry in self.top["spectators"].table("spectator").items():
            if name not in self.species and not reagents.is_listed(name):
                try:
                    reagents.formula(name)
                except InputError as error:
                    entry.fault("unknown spectator", seen=name, nearest=error.faults[0].nearest)
            found[name] = entry.text("")
            if not found[name]:
                entry.fault(
                    f"{name}: a spectator needs its reason", remedy='e.g. PR3: "leaves with the liquor"'
                )
        return found

    def read_hypotheses(self) -> dict[str, Hypothesis]:
        """What the same data allow as well, each with what it says."""
        found = {}
        for name, entry in self.top["hypotheses"].table("hypothesis").items():
            row = entry.fields(("title", "parameters", "packing", "note"), ("title",))
            packing = row["packing"].flag()
            if packing and not self.top["packing"]:
                row["packing"].fault("packing is used but not declared")
            if not packing and not row["parameters"]:
                entry.fault("a hypothesis needs parameters, or packing: yes")
            values = {}
            for parameter, value in row["parameters"].table().items():
                if replace(value, value=parameter).reference(self.parameters, "parameter"):
                    values[parameter] = value.number()
            found[str(name)] = Hypothesis(row["title"].text(""), values, packing)
        return found

    def read_environments(self) -> None:
        for name, entry in self.top["environments"].table("environment").items():
            row = entry.fields(("species", "per", "note"), ("species",))
            species = self.spelt_out(row["species"], self.species, "species")
            per = row["per"].reference(self.sites, "site class")
            self.environments[name] = Environment(name, species, per)

    def read_equilibria(self) -> None:
        for name, entry in self.top["equilibria"].table().items():
            row = entry.fields(("dH", "dS", "unit", "note"))
            dH, dS = self.number(row, "dH", "energy"), self.number(row, "dS", "entropy")
            unit = row["unit"].choice(("1", "/M", "/M2"))
            if dH and dS:
                self.equilibria[name] = Equilibrium(name, dH, dS, unit)

    def read_species(self) -> None:
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
        for row in self.rows(self.top["species"], keys, ("name", "phase", "composition")):
            for filled, _, _ in self.choices(row, row["name"].text()):
                self.add_species(filled)

    def add_species(self, row: Entry) -> None:
        name = row["name"].text()
        row = row.called(name)
        if any(c.isspace() for c in name) or name in ("+", "=>", "<=>"):
            row.fault("a species name must not contain spaces", seen=name)
        if name in self.species:
            at = f"it stands already at line {self.species[name].line}"
            row.fault("species declared twice", seen=name, remedy=at)
            return
        phase = row["phase"].choice(PHASES)
        composition = row["composition"].counts()
        sites = row["sites"].counts()
        for site in sites:
            replace(row, value=site).reference(self.sites, "site class")
        if phase == "liquor" and sites:
            row.fault(f"{name}: a dissolved species occupies no sites")
        marks = row["marks"].names()
        for mark in marks:
            if mark not in MARKS:
                row.fault(f"{name}: unknown mark", seen=mark, nearest=nearest(mark, MARKS))
        anions = {el for site in self.sites.values() for el in site.material}
        linked = {el: n for el, n in composition.items() if el in anions} if "linked" in marks else {}
        self.species[name] = Species(
            name=name,
            phase=cast(Phase, phase),
            composition=composition,
            elements=self.expand(composition, row),
            charge=row["charge"].whole(-99, 99, 0),
            sites=sites,
            ligands=row["ligands"].counts(),
            marks=frozenset(marks),
            linked=row["linked_of"].counts() or linked,
            vapour=self.number(row, "vapour", "rate of order 0") or None if row["vapour"] else None,
            line=row.line,
            note=row["note"].text(""),
        )

    def read_surfaces(self) -> dict[str, Surface]:
        out: dict[str, Surface] = {}
        for core, entry in self.top["surfaces"].table("surface of").items():
            row = entry.fields(("reference_diameter", "per_dot", "source", "status", "note"), ("per_dot",))
            source, status, note = row.provenance(self.sources)
            diameter = row["reference_diameter"].quantity("length")
            charge, per_dot = 0.0, {}
            for name, n in row["per_dot"].table(row.name + ":").items():
                if not replace(n, value=name).reference(self.species, "species"):
                    continue
                if self.species[name].phase == "liquor":
                    n.fault(f"{row.name}: a dissolved species is not on the surface", seen=name)
                per_dot[name] = n.number(0.0)
                charge += per_dot[name] * self.species[name].charge
            if abs(charge) > 1e-9:
                row.fault(f"{row.name}: the inventory is charged", seen=f"{charge:+g} per dot")
            out[core] = Surface(core, diameter, per_dot, source, status, note)
        return out

    def read_packing(self) -> Packing | None:
        if not self.top["packing"]:
            return None
        row = self.top["packing"].called("packing").fields(("shell", "volume_nm3", "limit", "note"))
        known = {ligand for s in self.species.values() for ligand in s.ligands}
        volumes = {}
        for ligand, volume in row["volume_nm3"].table().items():
            replace(volume, value=ligand).reference(known, "ligand")
            volumes[ligand] = volume.number(0.0)
        return Packing(row["shell"].quantity("length"), volumes, self.number(row, "limit", "number"))
