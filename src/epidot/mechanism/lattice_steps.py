"""Reading the ``lattice`` section of a mechanism file: every fault in one go, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from epidot.documents import Entry
from epidot.errors import nearest
from epidot.mechanism.lattice import (
    ROLES,
    SUBLATTICES,
    OwnRate,
    Range,
    Role,
    Section,
    SiteKind,
    Step,
)
from epidot.mechanism.lattice_balance import check_step
from epidot.mechanism.lattice_declarations import RELATIONS, Declarations
from epidot.mechanism.mechanism import Reaction
from epidot.mechanism.page import Page, tokens

_KEYS = "structure relations core vacant counts environments species composites"
_MORE = "liquor_only pool spectators steps note"
_STEP = "of also reverse id centre partner at role where liquor rate source status note"
STEP = (*_STEP.split(), "partner where")


def read_lattice(page: Page, reactions: tuple[Reaction, ...]) -> Section | None:
    """The section, or ``None`` if the file has none; faults go to those of ``page``."""
    return _Lattice(page, reactions).section() if page.top["lattice"] else None


class _Lattice(Declarations):
    def __init__(self, page: Page, reactions: tuple[Reaction, ...]) -> None:
        super().__init__(page)
        self.reactions = reactions
        self.declared = {r.declared: r for r in reactions}
        self.carried: set[str] = set()

    def section(self) -> Section:
        entry = self.entry = self.entry.fields(
            [*_KEYS.split(), *_MORE.split()], ("core", "vacant", "species", "steps")
        )
        self.chosen(entry["structure"], "unknown structure", ("zinc_blende",))
        self.read_species()
        self.read_counts()
        self.pool = self.read_pool(entry["pool"])
        steps = self.read_steps()
        only = entry["liquor_only"]
        for name in only.names():
            replace(only, value=name).reference(self.declared, "reaction")
        self.all_carried(set(only.names()))
        marked = tuple(k for k, kind in self.kinds.items() if "spectator" in kind.marks)
        for name in entry["spectators"].names():
            if name not in marked:
                what = "lattice: not a species of the lattice with the mark `spectator`"
                entry["spectators"].fault(what, seen=name, nearest=marked)
        return Section(
            near_nm=self.near(),
            core=cast(Any, self.roles("core", SUBLATTICES)),
            vacant=self.roles("vacant", ("first", "beyond", "cation")),
            kinds=self.kinds,
            counts=self.counts,
            environments=self.read_environments(),
            composites=self.read_composites(),
            steps=steps,
            pool=self.pool,
            spectators=tuple(entry["spectators"].names()),
        )

    def read_pool(self, entry: Entry) -> dict[str, SiteKind]:
        """Species on the outer surface that have no site: deposited ones, and no step's own."""
        out = {}
        for name in entry.names():
            row = replace(entry, value=name)
            if not row.reference(self.page.species, "species"):
                continue
            one = self.page.species[name]
            if one.phase != "deposited" or name in self.kinds:
                what = "lattice: only a deposited species without a site can be counted per dot"
                row.fault(
                    what, seen=name, remedy="leave it out of the pool, or out of the species of the lattice"
                )
            marks = one.marks | {"outside"}
            out[name] = SiteKind(
                name, "anion", dict(one.elements), one.charge, dict(one.ligands), marks, one.line
            )
        return out

    def dissolved_or_pooled(self, species: str) -> bool:
        """Whether a species has no site."""
        return self.page.species[species].phase == "liquor" or species in self.pool

    # -- steps --------------------------------------------------------------------------------------

    def read_steps(self) -> tuple[Step, ...]:
        out: dict[str, Step] = {}
        for row in self.page.rows(self.entry["steps"], STEP, ("centre",)):
            if bool(row["of"]) == bool(row["id"]):
                what = "lattice: a step has either `of` (a reaction) or an `id` of its own"
                row.fault(what, seen=row["centre"].value)
                continue
            for step in self.expanded(row):
                if step.id in out:
                    remedy = f"the first is at line {out[step.id].line}"
                    row.fault("lattice: a second step for the same reaction", seen=step.id, remedy=remedy)
                out[step.id] = step
        return tuple(out.values())

    def expanded(self, row: Entry) -> list[Step]:
        """One declared step for every choice of the families in it."""
        if not row["of"]:
            name = row["id"].text()
            _, status, _ = row.called(f"lattice step {name}").provenance(self.page.sources)
            text = " ".join(str(row[k].value or "") for k in ("centre", "partner", "liquor"))
            ways = self.page.choices(row, text)
            found = [self.own(filled.called(name + suffix), status) for filled, suffix, _ in ways]
            return [step for step in found if step is not None]
        of, also = row["of"].text(), row["also"].names()
        wrong = [n for n in (of, *also) if n not in self.declared]
        for name in wrong:
            near = nearest(name, self.declared)
            row.fault("lattice: a step of an unknown reaction", seen=name, nearest=near)
        steps = []
        for reaction in [r for r in self.reactions if r.declared == of and not wrong]:
            symbols = reaction.id[len(reaction.declared) :].strip("[]")
            a = dict(zip(self.family_order(of), symbols.split(","), strict=True)) if symbols else {}
            step = self.carried_by(
                replace(row, value=self.page.filled(row.value, a), at_line=row.line), reaction
            )
            if step is not None:
                steps.append(step)
                self.carried |= {of, *also}
        return steps

    def family_order(self, declared: str) -> list[str]:
        """The families of a reaction, in the order of its id's suffix."""
        rows = self.page.top["reactions"].rows("reactions")
        return next(tokens(row["equation"].text()) for row in rows if row["id"].value == declared)

    def carried_by(self, row: Entry, reaction: Reaction) -> Step | None:
        reverse = row["reverse"].flag()
        if reverse and not reaction.reversible:
            row.fault(f"lattice: {reaction.id} is one-way and has no reverse")
        if row["rate"] or row["liquor"]:
            what = f"lattice: {reaction.id} takes rate and liquor from the reaction"
            row.fault(what, remedy="leave them out, or give the step an `id` of its own")
        sign = -1 if reverse else 1
        dissolved = {s: sign * n for s, n in reaction.net.items() if self.dissolved_or_pooled(s)}
        row = row.called(f"{reaction.id}.reverse" if reverse else reaction.id)
        return self.step(row, reaction, dissolved, None, reaction.status)

    def own(self, row: Entry, status: str) -> Step | None:
        rate = row["rate"].called(row.name)
        if not isinstance(rate.value, dict) or not (rate["A"] and rate["Ea"]):
            row.fault(f"lattice: {row.name} needs a rate {{A: ..., Ea: ...}} of its own")
            return None
        rate.fields(("A", "Ea", "per", "misfit"))
        rate = replace(rate, value={"source": row["source"].value, **rate.value})
        A, Ea = self.page.number(rate, "A", "rate of order 0"), self.page.number(rate, "Ea", "energy")
        per = {}
        for count, name in rate["per"].table().items():
            replace(name, value=count).reference(self.counts, "count")
            per[count] = name.reference(self.page.parameters, f"parameter of {row.name}")
            self.page.dimension(per[count], "energy", name)
        liquor = {}
        for species, n in row["liquor"].table().items():
            replace(n, value=species).reference(self.page.species, "species")
            liquor[species] = n.whole(-99, 99)
        return self.step(row, None, liquor, OwnRate(A, Ea, per, rate["misfit"].flag()), status)

    def step(
        self,
        row: Entry,
        reaction: Reaction | None,
        liquor: Mapping[str, int],
        rate: OwnRate | None,
        status: str,
    ) -> Step | None:
        id_ = row.name
        centre = self.change(row["centre"], id_)
        partner = self.change(row["partner"], id_) if row["partner"] else None
        if centre is None or (row["partner"] and partner is None):
            return None
        at, role = row["at"].value, row["role"].value
        if partner is not None:
            before = len(row.faults.found)
            self.chosen(row["at"], f"{id_}: where is the partner?", RELATIONS)
            if reaction is not None:
                self.chosen(row["role"], f"{id_}: what is the partner?", ROLES)
            if len(row.faults.found) > before:
                return None
        step = Step(
            id=id_,
            declared=(row["of"] or row["id"]).text(),
            of=reaction.id if reaction else None,
            also=tuple(row["also"].names()),
            reverse=reaction is not None and row["reverse"].flag(),
            centre=centre,
            partner=partner,
            at=at,
            role=cast("Role | None", role),
            where=self.ranges(row["where"], id_),
            partner_where=self.ranges(row["partner where"], id_),
            liquor=liquor,
            rate=rate,
            symmetry=0.5 if partner and role == "pair" and partner[0] == centre[0] else 1.0,
            status=status,
            line=row.line,
        )
        check_step(step, reaction, self.kinds, self.page.species, self.pool, row)
        return step

    def change(self, entry: Entry, id_: str) -> tuple[str, str] | None:
        halves = str(entry.value).split(" -> ")
        if len(halves) != 2:
            entry.fault(f"lattice: {id_}: a change is written `before -> after`", seen=entry.value)
            return None
        before, after = (self.kind(replace(entry, value=h.strip()), id_) for h in halves)
        return (before, after) if before and after else None

    def ranges(self, entry: Entry, id_: str) -> dict[str, Range]:
        out: dict[str, Range] = {}
        for count, limits in entry.table().items():
            replace(limits, value=count).reference(self.counts, "count")
            pair = [limits.value, limits.value] if isinstance(limits.value, int) else limits.value
            whole = isinstance(pair, list) and len(pair) == 2 and all(isinstance(n, int) for n in pair)
            if whole and 0 <= pair[0] <= pair[1]:
                out[count] = (pair[0], pair[1])
            else:
                limits.fault(f"lattice: {id_}: a range of {count} is [lowest, highest]", seen=limits.value)
        return out

    def all_carried(self, only: set[str]) -> None:
        """Every reaction that touches a dot must be carried by a step."""
        for name, reaction in self.declared.items():
            dissolved = all(self.dissolved_or_pooled(s) for s in reaction.net)
            if not dissolved and name not in self.carried and name not in only:
                remedy = "write a step `of` it, name it in `also` of another, or list it under liquor_only"
                what = "lattice: no step carries this reaction"
                self.page.faults.add(what, line=reaction.line, seen=name, remedy=remedy)
