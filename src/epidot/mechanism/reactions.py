"""The reactions of a mechanism file: equations, their balance, and their rate laws."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from epidot.documents import Entry
from epidot.errors import nearest
from epidot.mechanism.mechanism import UNITS, RateLaw, Reaction
from epidot.mechanism.tables import Tables

_RATE = "A Ea K equilibrium room vacant occupied barrier packing orders collides per"
RATE = tuple(_RATE.split())
_TERM = re.compile(r"^(?:(\d+)\s+)?(\S+)$")


class Reactions(Tables):
    """Reads the reactions, once everything they name has been read."""

    def read_reactions(self) -> tuple[Reaction, ...]:
        out: dict[str, Reaction] = {}
        seen: dict[tuple[Any, ...], Reaction] = {}
        keys = ["id", "equation", "rate", "unordered", "source", "status", "note"]
        for row in self.rows(self.top["reactions"], keys, ("id", "equation", "rate")):
            name = row["id"].text()
            row.called(name).provenance(self.sources)
            if not isinstance(row["rate"].value, dict):
                what = f"{name}: rate must be a mapping {{A: ..., Ea: ...}}"
                row.fault(what, seen=row["rate"].value)
                continue
            row["rate"].fields(RATE)
            for filled, suffix, a in self.choices(row, row["equation"].text()):
                pair = [a[t] for t in row["unordered"].names() if t in a]
                reaction = self.reaction(filled.called(name + suffix), name) if pair == sorted(pair) else None
                if reaction is None:
                    continue
                if reaction.id in out:
                    remedy = f"it stands already at line {out[reaction.id].line}"
                    row.fault("reaction id used twice", seen=name, remedy=remedy)
                key = (tuple(sorted(reaction.reactants.items())), tuple(sorted(reaction.products.items())))
                twin = seen.get(key) or (seen.get(key[::-1]) if reaction.reversible else None)
                if twin is not None:
                    remedy = f"{twin.id} at line {twin.line} is the same"
                    row.fault("duplicate reaction", seen=f"{reaction.id}: {reaction}", remedy=remedy)
                seen[key] = out[reaction.id] = reaction
        return tuple(out.values())

    def side(self, text: str, row: Entry) -> Counter[str] | None:
        out: Counter[str] = Counter()
        for term in text.split(" + "):
            match = _TERM.match(term.strip())
            if match is None:
                remedy = 'write "2 HF + {In}O => ..." with spaces around + and =>'
                what = f"{row.name}: cannot read this term of the equation"
                row.fault(what, seen=term.strip(), remedy=remedy)
                return None
            if match[2] not in self.species:
                near = nearest(match[2], self.species)
                row.fault(f"{row.name}: undeclared species", seen=match[2], nearest=near)
                return None
            out[match[2]] += int(match[1] or 1)
        return out

    def reaction(self, row: Entry, declared: str) -> Reaction | None:
        equation = row["equation"].text()
        arrow = " <=> " if " <=> " in equation else " => "
        halves = equation.split(arrow)
        if len(halves) != 2:
            remedy = 'write " => " (one way) or " <=> " (reversible)'
            row.fault(f"{row.name}: an equation needs one arrow", seen=equation, remedy=remedy)
            return None
        reactants, products = (self.side(half, row) for half in halves)
        if reactants is None or products is None:
            return None
        self.check_balance(row, reactants, products)
        law = self.rate_law(row, reactants, products, arrow == " <=> ")
        if law is None:
            return None
        said = (row[key].text("") for key in ("source", "status", "note"))
        source, status, note = said
        both = dict(reactants), dict(products)
        return Reaction(row.name, declared, *both, arrow == " <=> ", law, source, status, row.line, note)

    def check_balance(self, row: Entry, *sides: Mapping[str, int]) -> None:
        """Elements, charge and fixed sites must be the same on both sides."""

        def total(what: str) -> list[Counter[str]]:
            out = []
            for side in sides:
                out.append(Counter[str]())
                for name, n in side.items():
                    out[-1].update({k: n * m for k, m in getattr(self.species[name], what).items()})
            return out

        equation = row["equation"].text()
        left, right = total("elements")
        wrong = [el for el in dict.fromkeys([*left, *right]) if left[el] != right[el]]
        if wrong:
            rows = "".join(f"\n    {el:<8}{left[el]:>10}{right[el]:>10}" for el in wrong)
            heading = f"{row.name}: unbalanced reaction {equation}\n    element  reactants  products"
            row.fault(f"{heading}{rows}\n   ", remedy="correct the equation or the compositions")
        before, after = (sum(n * self.species[s].charge for s, n in side.items()) for side in sides)
        if before != after:
            what = f"{row.name}: charge is not balanced in {equation}"
            row.fault(what, seen=f"{before:+d} => {after:+d}")
        left, right = total("sites")
        for name, site in self.sites.items():
            if site.kind == "fixed" and left[name] != right[name]:
                what = f"{row.name}: sites of class {name} are not balanced in {equation}"
                row.fault(what, seen=f"{left[name]} => {right[name]}")

    def rate_law(
        self, row: Entry, reactants: Mapping[str, int], products: Mapping[str, int], reversible: bool
    ) -> RateLaw | None:
        id_, rate = row.name, row["rate"].called(row.name)
        for key in ("A", "Ea"):
            if not rate[key]:
                remedy = "name a parameter or write a number with its unit"
                row.fault(f"{id_}: rate term {key} missing", remedy=remedy)
        if not (rate["A"] and rate["Ea"]):
            return None
        rate = replace(rate, value={"source": row["source"].value, **rate.value})
        A, Ea = self.number(rate, "A"), self.number(rate, "Ea", "energy")
        K = rate["K"]
        named = [K] if isinstance(K.value, str) else [replace(K, value=name) for name in K.names()]
        constants = tuple(k.reference(self.equilibria, "equilibrium") for k in named)
        equilibrium = rate["equilibrium"]
        if reversible and not equilibrium:
            remedy = "name one, or declare the reaction one-way with =>"
            row.fault(f"{id_}: a reversible reaction needs `equilibrium` in its rate", remedy=remedy)
        if not reversible and equilibrium:
            what = f"{id_}: a one-way reaction has no equilibrium"
            row.fault(what, seen=equilibrium.value, remedy="write <=>")
        balance = equilibrium.reference(self.equilibria, "equilibrium") or None if equilibrium else None
        orders = dict(reactants)
        for name, n in rate["orders"].table().items():
            if name not in reactants:
                what = f"{id_}: order given for a species that is not a reactant"
                row.fault(what, seen=name, nearest=tuple(reactants))
            elif isinstance(n.value, bool) or not isinstance(n.value, int) or n.value < 1:
                remedy = "order 0 would drive a count below zero"
                row.fault(f"{id_}: an order must be a whole number above 0", seen=n.value, remedy=remedy)
            else:
                orders[name] = n.value
        barrier = {}
        for environment, w in rate["barrier"].table().items():
            replace(w, value=environment).reference(self.environments, "environment")
            barrier[environment] = w.reference(self.parameters, f"parameter for the barrier of {id_}")
            self.dimension(barrier[environment], "energy", w.called(f"{id_}: barrier"))
        given = {}
        for term in ("room", "vacant", "occupied", "per"):
            given[term] = rate[term].reference(self.sites, "site class") if rate[term] else None
            site = given[term]
            kinds = ("shell", "outer") if term == "room" else ("shell",)
            if site and term != "per" and self.sites[site].kind not in kinds:
                row.fault(f"{id_}: {term} needs a site class of kind {' or '.join(kinds)}", seen=site)
        room = given["room"]
        outer = bool(room) and self.sites[str(room)].kind == "outer"
        both = [
            term for term in ("room", "vacant", "occupied") if rate[term] and not (outer and term == "room")
        ]
        if len(both) > 1:
            row.fault(f"{id_}: only one of these terms may stand in a rate", seen=", ".join(both))
        if rate["packing"] and not self.top["packing"]:
            row.fault(f"{id_}: packing is used but not declared")
        packing = self.number(rate, "packing") or None if rate["packing"] else None
        collides = rate["collides"].value
        if collides not in (None, "dot"):
            row.fault(f"{id_}: a species can only collide with the dot", seen=collides, nearest=("dot",))
        on_dot = bool(collides) or outer
        self.check_order(row, A, [k for k in constants if k], balance, orders, products, on_dot)
        other = {k: v for k, v in orders.items() if v != reactants[k]}
        return RateLaw(
            A, Ea, constants, balance, barrier=barrier, packing=packing, orders=other,
            collides=collides == "dot", **given,
        )  # fmt: skip

    def check_order(
        self,
        row: Entry,
        A: str,
        constants: Sequence[str],
        equilibrium: str | None,
        orders: Mapping[str, int],
        products: Mapping[str, int],
        collides: bool,
    ) -> None:
        """The unit of A · Π K must fit the number of dissolved reactants, and K that of the equation."""

        def powers(unit: str) -> int:
            return {"/M": 1, "/M2": 2, "/M/s": 1, "/M2/s": 2}.get(unit, 0)

        def dissolved(side: Mapping[str, int]) -> int:
            return sum(n for s, n in side.items() if self.species[s].phase == "liquor")

        concentrations = dissolved(orders)
        on_dot = collides or any(self.species[s].phase != "liquor" for s in orders)
        wanted = concentrations if on_dot else concentrations - 1
        if sum(orders.values()) > 3:
            remedy = "split it into elementary steps, or give `orders`"
            row.fault(f"{row.name}: the overall order is above 3", seen=sum(orders.values()), remedy=remedy)
        if not A or A in self.unreadable:
            return
        unit = self.parameters[A].unit
        if not UNITS[unit][0].startswith("rate"):
            self.dimension(A, f"rate of order {wanted}", row["rate"].called(f"{row.name}: A"))
            return
        given = powers(unit) + sum(powers(self.equilibria[k].unit) for k in constants)
        if given != wanted:
            what = f"{row.name}: A times K has the unit of a rate of order {given}, the rate law is of order "
            remedy = "use another A, K or `orders`"
            row.fault(f"{what}{wanted} in dissolved species", seen=unit, remedy=remedy)
        if equilibrium:
            shift, unit = concentrations - dissolved(products), self.equilibria[equilibrium].unit
            if powers(unit) != shift:
                what = f"{row.name}: the unit of {equilibrium} does not fit the equation"
                row.fault(what, seen=unit, remedy=f"it must be of order {shift}")
