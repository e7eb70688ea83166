"""The reactions of a mechanism file: equations, their balance, and their rate laws."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from epidot.errors import nearest
from epidot.mechanism.mechanism import UNITS, RateLaw, Reaction
from epidot.mechanism.page import tokens
from epidot.mechanism.tables import Tables

_RATE = "A Ea K equilibrium room vacant occupied barrier packing orders collides per"
RATE = tuple(_RATE.split())
_TERM = re.compile(r"^(?:(\d+)\s+)?(\S+)$")


class Reactions(Tables):
    """Reads the reactions, once everything they name has been read."""

    def read_reactions(self) -> tuple[Reaction, ...]:
        rows = self.document.data.get("reactions") or []
        if not isinstance(rows, list):
            self.faults.add("reactions: expected a list", line=self.line("reactions"))
            return ()
        out: dict[str, Reaction] = {}
        seen: dict[tuple[Any, ...], Reaction] = {}
        keys = ["id", "equation", "rate", "unordered", "source", "status", "note"]
        for i, raw in enumerate(rows):
            path = ("reactions", i)
            line = self.line(*path)
            row = self.row(path, keys, ("id", "equation", "rate"))
            if not isinstance(raw, dict):
                continue
            self.provenance(row, line, str(row.get("id", "reaction")))
            if not all(row.get(k) for k in ("id", "equation", "rate")):
                continue
            if isinstance(row["rate"], dict):
                self.row((*path, "rate"), RATE)
            else:
                self.faults.add(
                    f"{row['id']}: rate must be a mapping {{A: ..., Ea: ...}}", line=line, seen=row["rate"]
                )
                continue
            families = tokens(str(row["equation"]))
            for a in self.assignments(str(row["equation"]), line):
                pair = [a[t] for t in self.names(row.get("unordered"), line, "unordered") if t in a]
                if pair != sorted(pair):
                    continue
                suffix = f"[{','.join(a[t] for t in families)}]" if families else ""
                reaction = self.reaction(self.filled(row, a), str(row["id"]), suffix, line)
                if reaction is None:
                    continue
                if reaction.id in out:
                    self.faults.add("reaction id used twice", line=line, seen=row["id"],
                                    remedy=f"it stands already at line {out[reaction.id].line}")  # fmt: skip
                key = (tuple(sorted(reaction.reactants.items())), tuple(sorted(reaction.products.items())))
                for k in (key, key[::-1]) if reaction.reversible else (key,):
                    if k in seen:
                        twin = seen[k]
                        self.faults.add("duplicate reaction", line=line, seen=f"{reaction.id}: {reaction}",
                                        remedy=f"{twin.id} at line {twin.line} is the same")  # fmt: skip
                        break
                seen[key] = reaction
                out[reaction.id] = reaction
        return tuple(out.values())

    def side(self, text: str, id_: str, line: int | None) -> dict[str, int] | None:
        out: dict[str, int] = {}
        for term in text.split(" + "):
            match = _TERM.match(term.strip())
            if match is None:
                self.faults.add(f"{id_}: cannot read this term of the equation", line=line, seen=term.strip(),
                                remedy='write "2 HF + {In}O => ..." with spaces around + and =>')  # fmt: skip
                return None
            name = match[2]
            if name not in self.species:
                self.faults.add(
                    f"{id_}: undeclared species", line=line, seen=name, nearest=nearest(name, self.species)
                )
                return None
            out[name] = out.get(name, 0) + int(match[1] or 1)
        return out

    def reaction(self, row: dict[str, Any], declared: str, suffix: str, line: int | None) -> Reaction | None:
        equation, id_ = str(row["equation"]), declared + suffix
        arrow = " <=> " if " <=> " in equation else " => "
        halves = equation.split(arrow)
        if len(halves) != 2:
            self.faults.add(f"{id_}: an equation needs one arrow", line=line, seen=equation,
                            remedy='write " => " (one way) or " <=> " (reversible)')  # fmt: skip
            return None
        reactants, products = (self.side(half, id_, line) for half in halves)
        if reactants is None or products is None:
            return None
        self.check_balance(id_, equation, reactants, products, line)
        reversible = arrow == " <=> "
        law = self.rate_law(row, id_, reactants, products, reversible, line)
        if law is None:
            return None
        return Reaction(id_, declared, reactants, products, reversible, law, str(row.get("source")),
                        str(row.get("status")), line, str(row.get("note", "")))  # fmt: skip

    def check_balance(
        self,
        id_: str,
        equation: str,
        reactants: Mapping[str, int],
        products: Mapping[str, int],
        line: int | None,
    ) -> None:
        def total(side: Mapping[str, int], what: str) -> dict[str, int]:
            out: dict[str, int] = {}
            for name, n in side.items():
                for key, m in getattr(self.species[name], what).items():
                    out[key] = out.get(key, 0) + n * m
            return out

        left, right = total(reactants, "elements"), total(products, "elements")
        wrong = [el for el in dict.fromkeys([*left, *right]) if left.get(el, 0) != right.get(el, 0)]
        if wrong:
            rows = "".join(f"\n    {el:<8}{left.get(el, 0):>10}{right.get(el, 0):>10}" for el in wrong)
            heading = f"{id_}: unbalanced reaction {equation}\n    element  reactants  products"
            self.faults.add(
                f"{heading}{rows}\n   ", line=line, remedy="correct the equation or the compositions"
            )
        charges = [sum(n * self.species[s].charge for s, n in side.items()) for side in (reactants, products)]
        if charges[0] != charges[1]:
            self.faults.add(f"{id_}: charge is not balanced in {equation}", line=line,
                            seen=f"{charges[0]:+d} => {charges[1]:+d}")  # fmt: skip
        before, after = total(reactants, "sites"), total(products, "sites")
        for name, site in self.sites.items():
            if site.kind == "fixed" and before.get(name, 0) != after.get(name, 0):
                self.faults.add(f"{id_}: sites of class {name} are not balanced in {equation}", line=line,
                                seen=f"{before.get(name, 0)} => {after.get(name, 0)}")  # fmt: skip

    def rate_law(
        self,
        row: dict[str, Any],
        id_: str,
        reactants: Mapping[str, int],
        products: Mapping[str, int],
        reversible: bool,
        line: int | None,
    ) -> RateLaw | None:
        rate = {k: v for k, v in row["rate"].items() if k in RATE}
        for key in ("A", "Ea"):
            if rate.get(key) is None:
                self.faults.add(
                    f"{id_}: rate term {key} missing",
                    line=line,
                    remedy="name a parameter or write a number with its unit",
                )
        if rate.get("A") is None or rate.get("Ea") is None:
            return None
        A = self.number(rate["A"], f"{id_}.A", row, line, f"A of {id_}")
        Ea = self.number(rate["Ea"], f"{id_}.Ea", row, line, f"Ea of {id_}")
        self.dimension(Ea, "energy", line, f"{id_}: Ea")
        K = rate.get("K")
        constants = [K] if isinstance(K, str) else self.names(K, line, f"{id_}: K")
        constants = [self.reference(k, self.equilibria, "equilibrium", line) for k in constants]
        equilibrium = rate.get("equilibrium")
        if reversible and equilibrium is None:
            self.faults.add(f"{id_}: a reversible reaction needs `equilibrium` in its rate", line=line,
                            remedy="name one, or declare the reaction one-way with =>")  # fmt: skip
        if not reversible and equilibrium is not None:
            self.faults.add(
                f"{id_}: a one-way reaction has no equilibrium",
                line=line,
                seen=equilibrium,
                remedy="write <=>",
            )
        if equilibrium is not None:
            equilibrium = self.reference(equilibrium, self.equilibria, "equilibrium", line) or None
        orders = dict(reactants)
        for name, n in self.pairs(rate.get("orders"), line, f"{id_}: orders").items():
            if name not in reactants:
                self.faults.add(
                    f"{id_}: order given for a species that is not a reactant",
                    line=line,
                    seen=name,
                    nearest=tuple(reactants),
                )
            elif isinstance(n, bool) or not isinstance(n, int) or n < 1:
                self.faults.add(f"{id_}: an order must be a whole number above 0", line=line, seen=n,
                                remedy="order 0 would drive a count below zero")  # fmt: skip
            else:
                orders[name] = n
        barrier = self.pairs(rate.get("barrier"), line, f"{id_}: barrier")
        for environment, w in barrier.items():
            self.reference(environment, self.environments, "environment", line)
            self.dimension(
                self.reference(w, self.parameters, f"parameter for the barrier of {id_}", line),
                "energy",
                line,
                f"{id_}: barrier",
            )
        for term in ("room", "vacant", "occupied", "per"):
            if rate.get(term) is not None:
                site = self.reference(rate[term], self.sites, "site class", line)
                if site and term != "per" and self.sites[site].kind != "shell":
                    self.faults.add(f"{id_}: {term} needs a site class of kind shell", line=line, seen=site)
        if len(both := [t for t in ("room", "vacant", "occupied") if rate.get(t) is not None]) > 1:
            self.faults.add(
                f"{id_}: only one of these terms may stand in a rate", line=line, seen=", ".join(both)
            )
        packing = rate.get("packing")
        if packing is not None:
            if self.document.data.get("packing") is None:
                self.faults.add(f"{id_}: packing is used but not declared", line=line)
            packing = self.number(packing, f"{id_}.packing", row, line, f"packing of {id_}") or None
        collides = rate.get("collides")
        if collides not in (None, "dot"):
            self.faults.add(
                f"{id_}: a species can only collide with the dot", line=line, seen=collides, nearest=("dot",)
            )
        self.check_order(
            id_, A, [k for k in constants if k], equilibrium, orders, products, bool(collides), line
        )
        return RateLaw(
            A,
            Ea,
            tuple(constants),
            equilibrium,
            room=rate.get("room"),
            vacant=rate.get("vacant"),
            occupied=rate.get("occupied"),
            barrier=dict(barrier),
            packing=packing,
            orders={k: v for k, v in orders.items() if v != reactants[k]},
            collides=collides == "dot",
            per=rate.get("per"),
        )

    def check_order(
        self,
        id_: str,
        A: str,
        constants: Sequence[str],
        equilibrium: str | None,
        orders: Mapping[str, int],
        products: Mapping[str, int],
        collides: bool,
        line: int | None,
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
            self.faults.add(f"{id_}: the overall order is above 3", line=line, seen=sum(orders.values()),
                            remedy="split it into elementary steps, or give `orders`")  # fmt: skip
        if not A or A in self.unreadable:
            return
        unit = self.parameters[A].unit
        if not UNITS[unit][0].startswith("rate"):
            self.dimension(A, f"rate of order {wanted}", line, f"{id_}: A")
            return
        given = powers(unit) + sum(powers(self.equilibria[k].unit) for k in constants)
        if given != wanted:
            self.faults.add(
                f"{id_}: A times K has the unit of a rate of order {given}, the rate law is of order "
                f"{wanted} in dissolved species",
                line=line,
                seen=unit,
                remedy="use another A, K or `orders`",
            )
        if equilibrium:
            shift = dissolved(orders) - dissolved(products)
            unit = self.equilibria[equilibrium].unit
            if powers(unit) != shift:
                what = f"{id_}: the unit of {equilibrium} does not fit the equation"
                self.faults.add(what, line=line, seen=unit, remedy=f"it must be of order {shift}")
