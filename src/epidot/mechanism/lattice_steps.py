"""Reading the ``lattice`` section of a mechanism file: every fault in one go, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from epidot.errors import nearest
from epidot.mechanism.lattice import (
    ROLES,
    SUBLATTICES,
    OwnRate,
    Range,
    Role,
    Section,
    Step,
)
from epidot.mechanism.lattice_balance import check_step
from epidot.mechanism.lattice_declarations import RELATIONS, Declarations
from epidot.mechanism.mechanism import Reaction
from epidot.mechanism.page import Page, tokens

_KEYS = "structure relations core vacant counts environments species composites liquor_only steps note"
_STEP = "of also reverse id centre partner at role where liquor rate source status note"
STEP = (*_STEP.split(), "partner where")


def read_lattice(page: Page, reactions: tuple[Reaction, ...]) -> Section | None:
    """The section, or ``None`` if the file has none; faults go to ``page.faults``."""
    if page.document.data.get("lattice") is None:
        return None
    return _Lattice(page, reactions).section()


class _Lattice(Declarations):
    def __init__(self, page: Page, reactions: tuple[Reaction, ...]) -> None:
        super().__init__(page)
        self.reactions = {r.id: r for r in reactions}
        self.declared = {r.declared: r for r in reactions}
        self.carried: set[str] = set()

    def section(self) -> Section:
        row = self.page.row(("lattice",), _KEYS.split(), ("structure", "core", "vacant", "species", "steps"))
        if row.get("structure") not in (None, "zinc_blende"):
            self.faults.add("lattice: unknown structure", line=self.line("structure"),
                            seen=row["structure"], nearest=("zinc_blende",))  # fmt: skip
        self.read_species(row.get("species"))
        self.read_counts(row.get("counts"))
        steps = self.read_steps(row.get("steps"))
        only = self.page.names(row.get("liquor_only"), self.line("liquor_only"), "lattice: liquor_only")
        for name in only:
            self.page.reference(name, self.declared, "reaction", self.line("liquor_only"))
        self.all_carried(set(only))
        return Section(
            near_nm=self.near(row),
            core=cast(Any, self.roles(row, "core", SUBLATTICES)),
            vacant=self.roles(row, "vacant", ("first", "beyond", "cation")),
            kinds=self.kinds,
            counts=self.counts,
            environments=self.read_environments(row),
            composites=self.read_composites(row.get("composites")),
            steps=steps,
        )

    # -- steps --------------------------------------------------------------------------------------

    def read_steps(self, rows: Any) -> tuple[Step, ...]:
        out: dict[str, Step] = {}
        for i, raw in enumerate(rows if isinstance(rows, list) else []):
            path = ("lattice", "steps", i)
            line = self.page.line(*path)
            row = self.page.row(path, STEP, ("centre",))
            if not isinstance(raw, dict) or not row.get("centre"):
                continue
            if (row.get("of") is None) == (row.get("id") is None):
                self.faults.add("lattice: a step has either `of` (a reaction) or an `id` of its own",
                                line=line, seen=row["centre"])  # fmt: skip
                continue
            for step in self.expanded(row, line):
                if step.id in out:
                    self.faults.add("lattice: a second step for the same reaction", line=line, seen=step.id,
                                    remedy=f"the first is at line {out[step.id].line}")  # fmt: skip
                out[step.id] = step
        return tuple(out.values())

    def expanded(self, row: dict[str, Any], line: int | None) -> list[Step]:
        """One declared step for every choice of the families in it."""
        text = " ".join(str(row.get(k, "")) for k in ("centre", "partner", "liquor"))
        families = tokens(text)
        if row.get("of") is None:
            _, status, _ = self.page.provenance(row, line, f"lattice step {row['id']}")
            out = []
            for a in self.page.assignments(text, line):
                suffix = f"[{','.join(a[t] for t in families)}]" if families else ""
                out.append(self.own(self.page.filled(row, a), f"{row['id']}{suffix}", status, line))
            return [s for s in out if s is not None]
        names = [str(row["of"]), *self.page.names(row.get("also"), line, "lattice: also")]
        wrong = [n for n in names if n not in self.declared]
        for name in wrong:
            self.faults.add("lattice: a step of an unknown reaction", line=line, seen=name,
                            nearest=nearest(name, self.declared))  # fmt: skip
        if wrong:
            return []
        found = []
        for reaction in [r for r in self.reactions.values() if r.declared == row["of"]]:
            symbols = reaction.id[len(reaction.declared) :].strip("[]")
            order = self.family_order(reaction)
            a = dict(zip(order, symbols.split(","), strict=True)) if symbols else {}
            step = self.carried_by(self.page.filled(row, a), reaction, line)
            if step is not None:
                found.append(step)
                self.carried.add(reaction.declared)
                self.carried.update(names[1:])
        return found

    def family_order(self, reaction: Reaction) -> list[str]:
        for i, raw in enumerate(self.page.document.data.get("reactions") or []):
            if isinstance(raw, dict) and raw.get("id") == reaction.declared:
                return tokens(str(self.page.document.data["reactions"][i].get("equation")))
        return []

    def carried_by(self, row: dict[str, Any], reaction: Reaction, line: int | None) -> Step | None:
        reverse = row.get("reverse") in (True, "yes")
        if reverse and not reaction.reversible:
            self.faults.add(f"lattice: {reaction.id} is one-way and has no reverse", line=line)
        if any(row.get(k) for k in ("rate", "liquor")):
            self.faults.add(f"lattice: {reaction.id} takes rate and liquor from the reaction", line=line,
                            remedy="leave them out, or give the step an `id` of its own")  # fmt: skip
        sign = -1 if reverse else 1
        liquor = {
            s: sign * n for s, n in reaction.net.items() if self.page.species[s].phase == "liquor"
        }  # fmt: skip
        id_ = f"{reaction.id}.reverse" if reverse else reaction.id
        return self.step(row, id_, reaction, reverse, liquor, None, reaction.status, line)

    def own(self, row: dict[str, Any], id_: str, status: str, line: int | None) -> Step | None:
        rate = row.get("rate")
        if not isinstance(rate, dict) or not rate.get("A") or not rate.get("Ea"):
            self.faults.add(f"lattice: {id_} needs a rate {{A: ..., Ea: ...}} of its own", line=line)
            return None
        for key in rate:
            if key not in ("A", "Ea", "per", "misfit"):
                self.faults.add(f"lattice: {id_}: unknown term of a rate", line=line, seen=key,
                                nearest=nearest(key, ("A", "Ea", "per", "misfit")))  # fmt: skip
        A = self.page.number(rate["A"], f"{id_}.A", row, line, f"A of {id_}")
        Ea = self.page.number(rate["Ea"], f"{id_}.Ea", row, line, f"Ea of {id_}")
        self.page.dimension(A, "rate of order 0", line, f"{id_}: A")
        self.page.dimension(Ea, "energy", line, f"{id_}: Ea")
        per = {}
        for count, name in self.page.pairs(rate.get("per"), line, f"{id_}: per").items():
            self.page.reference(count, self.counts, "count", line)
            per[count] = self.page.reference(name, self.page.parameters, f"parameter of {id_}", line)
            self.page.dimension(per[count], "energy", line, f"{id_}: per")
        liquor = self.page.pairs(row.get("liquor"), line, f"{id_}: liquor")
        for name in liquor:
            self.page.reference(name, self.page.species, "species", line)
        misfit = rate.get("misfit") in (True, "yes")
        return self.step(row, id_, None, False, liquor, OwnRate(A, Ea, per, misfit), status, line)

    def step(
        self,
        row: dict[str, Any],
        id_: str,
        reaction: Reaction | None,
        reverse: bool,
        liquor: Mapping[str, int],
        rate: OwnRate | None,
        status: str,
        line: int | None,
    ) -> Step | None:
        centre = self.change(row["centre"], line, id_)
        partner = self.change(row["partner"], line, id_) if row.get("partner") else None
        if centre is None or (row.get("partner") and partner is None):
            return None
        at, role = row.get("at"), row.get("role")
        if partner is not None and at not in RELATIONS:
            self.faults.add(f"lattice: {id_}: where is the partner?", line=line, seen=at, nearest=RELATIONS)
            return None
        if partner is not None and reaction is not None and role not in ROLES:
            self.faults.add(f"lattice: {id_}: what is the partner?", line=line, seen=role, nearest=ROLES)
            return None
        step = Step(
            id=id_,
            declared=str(row.get("of") or row.get("id")),
            of=reaction.id if reaction else None,
            also=tuple(row.get("also") or ()),
            reverse=reverse,
            centre=centre,
            partner=partner,
            at=at,
            role=cast("Role | None", role),
            where=self.ranges(row.get("where"), line, id_),
            partner_where=self.ranges(row.get("partner where"), line, id_),
            liquor=liquor,
            rate=rate,
            symmetry=0.5 if partner and role == "pair" and partner[0] == centre[0] else 1.0,
            status=status,
            line=line,
        )
        check_step(step, reaction, self.kinds, self.page.species, self.faults)
        return step

    def change(self, text: Any, line: int | None, id_: str) -> tuple[str, str] | None:
        halves = str(text).split(" -> ")
        if len(halves) != 2:
            self.faults.add(f"lattice: {id_}: a change is written `before -> after`", line=line, seen=text)
            return None
        before, after = (self.kind(h.strip(), line, id_) for h in halves)
        return (before, after) if before and after else None

    def ranges(self, value: Any, line: int | None, id_: str) -> dict[str, Range]:
        out: dict[str, Range] = {}
        for count, limits in self.page.pairs(value, line, f"lattice: {id_}: where").items():
            self.page.reference(count, self.counts, "count", line)
            pair = [limits, limits] if isinstance(limits, int) else limits
            if (not isinstance(pair, list) or len(pair) != 2
                    or not all(isinstance(n, int) for n in pair) or not 0 <= pair[0] <= pair[1]):  # fmt: skip
                self.faults.add(
                    f"lattice: {id_}: a range of {count} is [lowest, highest]", line=line, seen=limits
                )
            else:
                out[count] = (pair[0], pair[1])
        return out

    def all_carried(self, only: set[str]) -> None:
        """Every reaction that touches a dot must be carried by a step."""
        for name, reaction in self.declared.items():
            dissolved = all(self.page.species[s].phase == "liquor" for s in reaction.net)
            if not dissolved and name not in self.carried and name not in only:
                self.faults.add(
                    "lattice: no step carries this reaction", line=reaction.line, seen=name,
                    remedy="write a step `of` it, name it in `also` of another, or list it under liquor_only",
                )  # fmt: skip
