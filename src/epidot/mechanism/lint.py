"""What is suspicious in a mechanism that loads: a second look, beyond balance and names.

``check`` never raises; it returns findings.  A *fault* breaks physics (a cycle of reversible reactions
that could drive itself), a *warning* is likely a mistake (a species nothing can make), a *remark* is
true and worth knowing (which steps are declared one-way, what is conserved beside the elements).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from epidot.errors import Fault, InputError
from epidot.mechanism.mechanism import Mechanism
from epidot.mechanism.reachable import reachable

_REMEDY = {"cycle": "correct dH or dS of one member, or take one of the steps out"}
Level = Literal["fault", "warning", "remark"]


@dataclass(frozen=True)
class Finding:
    """One thing noticed: how bad, which rule, what, and the line it stands on."""

    level: Level
    rule: str
    what: str
    where: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}:{self.line}"
        return f"{place}: {self.level} ({self.rule}): {self.what}"


def check(mechanism: Mechanism) -> tuple[Finding, ...]:
    """All findings, the worst first."""
    rules = (cycles, reach, absorbing, one_way, room, unused, conserved)
    return worst_first(f for rule in rules for f in rule(mechanism))


def worst_first(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Faults, then warnings, then remarks, each by line."""
    order = {"fault": 0, "warning": 1, "remark": 2}
    return tuple(sorted(found, key=lambda f: (order[f.level], f.line or 0)))


def insist(mechanism: Mechanism) -> None:
    """Refuse a mechanism that :func:`check` finds at fault.

    Raises
    ------
    InputError
        With every fault and its line.
    """
    faults = [f for f in check(mechanism) if f.level == "fault"]
    if faults:
        raise InputError([Fault(f.what, f.where, f.line, remedy=_REMEDY[f.rule]) for f in faults])


def cycles(mechanism: Mechanism) -> list[Finding]:
    """Wegscheider: round every cycle of reversible reactions the constants must multiply to 1.

    Since that has to hold at every temperature, Σ ν dH and Σ ν dS must both vanish.
    """
    reversible = [r for r in mechanism.reactions if r.reversible and r.law.equilibrium]
    out = []
    for cycle in null_space([[r.net.get(s, 0) for r in reversible] for s in mechanism.species]):
        members = [(n, r) for n, r in zip(cycle, reversible, strict=True) if n]
        constants = [mechanism.equilibria[r.law.equilibrium or ""] for _, r in members]
        dH = sum(float(n) * mechanism.si(k.dH) for (n, _), k in zip(members, constants, strict=True))
        dS = sum(float(n) * mechanism.si(k.dS) for (n, _), k in zip(members, constants, strict=True))
        if abs(dH) > 1.0 or abs(dS) > 1e-3:
            path = " ".join(f"{'+' if n > 0 else '-'}{r.id}" for n, r in members)
            text = f"the cycle {path} does not close: dH {dH / 1e3:+.3g} kJ/mol, dS {dS:+.3g} J/mol/K"
            out.append(Finding("fault", "cycle", text, mechanism.where, members[0][1].line))
    return out


def reach(mechanism: Mechanism) -> list[Finding]:
    """Species and reactions that nothing leads to from the reagents and the pristine surfaces."""
    present = set(mechanism.reagents) | {
        s for surface in mechanism.surfaces.values() for s in surface.per_dot
    }
    found, active = reachable(mechanism, present)
    ids = {r.id for r in active}
    out = [
        Finding(
            "warning",
            "unreachable",
            f"no reaction and no reagent makes {s}",
            mechanism.where,
            mechanism.species[s].line,
        )
        for s in mechanism.species
        if s not in found
    ]
    out += [
        Finding("warning", "unreachable", f"{r.id} can never run: {r}", mechanism.where, r.line)
        for r in mechanism.reactions
        if r.id not in ids
    ]
    return out


def absorbing(mechanism: Mechanism) -> list[Finding]:
    """Surface species without a way out: a dot made of them is frozen (meant for the final crystal)."""
    leaving = {s for r in mechanism.reactions for s in (*r.reactants, *(r.products if r.reversible else ()))}
    stuck = [s for s in mechanism.species.values() if s.phase != "liquor" and s.name not in leaving]
    meant = [s.name for s in stuck if "crystalline" in s.marks]
    out = [
        Finding("remark", "absorbing", f"{s.name} has no way out", mechanism.where, s.line)
        for s in stuck
        if "crystalline" not in s.marks
    ]
    if meant:
        out.append(
            Finding("remark", "absorbing", f"crystalline and final: {', '.join(meant)}", mechanism.where)
        )
    return out


def one_way(mechanism: Mechanism) -> list[Finding]:
    """Steps declared one-way, and pairs of one-way steps that are each other's reverse."""
    out = []
    sides = {_key(r.reactants, r.products): r for r in mechanism.reactions if not r.reversible}
    for (left, right), reaction in sides.items():
        twin = sides.get((right, left))
        if twin is not None and reaction.id < twin.id:
            text = f"{reaction.id} and {twin.id} are each other's reverse: write one <=> with an equilibrium"
            out.append(Finding("warning", "reversibility", text, mechanism.where, reaction.line))
    declared = dict.fromkeys(r.declared for r in mechanism.reactions if not r.reversible)
    both = dict.fromkeys(r.declared for r in mechanism.reactions if r.reversible)
    text = f"{len(declared)} lines are declared one-way, {len(both)} reversible ({', '.join(both) or 'none'})"
    out.append(Finding("remark", "reversibility", text, mechanism.where))
    return out


def room(mechanism: Mechanism) -> list[Finding]:
    """A step that puts more into a shell class must feel how full it is, or the shell overfills.

    An oxide's O stands in a shell position already, so its replacement needs no room.  A class of which steps
    only ask how full it is tells how much lies over another, and has no room to be short of.
    """
    felt = {term for r in mechanism.reactions for term in (r.law.room, r.law.vacant)}
    told = {r.law.occupied for r in mechanism.reactions} - felt
    shells = [name for name, site in mechanism.sites.items() if site.kind == "shell" and name not in told]
    out = []
    for reaction in mechanism.reactions:
        for name in shells:
            gain = sum(n * mechanism.species[s].sites.get(name, 0) for s, n in reaction.net.items())
            law = reaction.law
            swap = any("oxide" in mechanism.species[s].marks for s in reaction.reactants)
            if gain > 0 and not swap and name not in (law.room, law.vacant) and law.per is None:
                text = f"{reaction.id} fills {gain} of the {name} sites and has neither room nor vacant"
                out.append(Finding("warning", "capacity", text, mechanism.where, reaction.line))
    return out


def unused(mechanism: Mechanism) -> list[Finding]:
    """Numbers no rate depends on."""
    used = {e for k in mechanism.equilibria.values() for e in (k.dH, k.dS)}
    for r in mechanism.reactions:
        used |= {r.law.A, r.law.Ea, *r.law.barrier.values()} | ({r.law.packing} if r.law.packing else set())
    used |= {n for s in mechanism.sites.values() for n in (s.overflow, s.per_nm2) if n}
    used |= {s.vapour for s in mechanism.species.values() if s.vapour}
    if mechanism.spread:
        used.add(mechanism.spread)
    if mechanism.packing:
        used.add(mechanism.packing.limit)
    if mechanism.lattice:
        used |= mechanism.lattice.parameters()
    return [
        Finding("warning", "unused", f"no rate depends on the parameter {name}", mechanism.where)
        for name in mechanism.parameters
        if name not in used
    ]


def conserved(mechanism: Mechanism) -> list[Finding]:
    """What the reactions conserve beside the elements, the charge and the fixed sites."""
    names = list(mechanism.species)
    elements = list(dict.fromkeys(e for s in mechanism.species.values() for e in s.elements))
    declared: list[list[int]] = [[mechanism.species[s].elements.get(e, 0) for s in names] for e in elements]
    declared.append([mechanism.species[s].charge for s in names])
    declared += [
        [mechanism.species[s].sites.get(c, 0) for s in names]
        for c, site in mechanism.sites.items()
        if site.kind == "fixed"
    ]
    change = [[r.net.get(s, 0) for s in names] for r in mechanism.reactions]
    all_ = len(names) - rank(change)
    known = rank(declared)
    text = (
        f"{len(names)} species, {len(mechanism.reactions)} reactions of rank {len(names) - all_}: "
        f"{all_} conserved quantities, {known} of them are elements, charge and sites"
    )
    return [Finding("remark", "mass balance", text, mechanism.where)]


def _key(a: object, b: object) -> tuple[tuple[object, ...], tuple[object, ...]]:
    assert isinstance(a, dict)
    assert isinstance(b, dict)
    return tuple(sorted(a.items())), tuple(sorted(b.items()))


def _reduced(rows: Sequence[Sequence[int]]) -> tuple[list[list[int]], list[int]]:
    """Rows of whole numbers, each alone in its pivot column, and these columns."""
    matrix = [list(row) for row in rows if any(row)]
    pivots: list[int] = []
    for c in range(len(matrix[0]) if matrix else 0):
        top = len(pivots)
        hit = next((i for i in range(top, len(matrix)) if matrix[i][c]), None)
        if hit is None:
            continue
        matrix[top], matrix[hit] = matrix[hit], matrix[top]
        lead = matrix[top]
        for i, row in enumerate(matrix):
            if i != top and row[c]:
                mine, its = lead[c], row[c]
                mixed = [mine * v - its * w for v, w in zip(row, lead, strict=True)]
                common = math.gcd(*mixed) or 1
                matrix[i] = [v // common for v in mixed]
        pivots.append(c)
    return matrix[: len(pivots)], pivots


def rank(rows: Sequence[Sequence[int]]) -> int:
    """Exact rank of a matrix of whole numbers."""
    return len(_reduced(rows)[1])


def null_space(rows: Sequence[Sequence[int]]) -> list[list[Fraction]]:
    """A basis of the vectors x with rows · x = 0, exact."""
    width = len(rows[0]) if rows else 0
    matrix, pivots = _reduced(rows)
    out = []
    for free in (c for c in range(width) if c not in pivots):
        x = [Fraction(0)] * width
        x[free] = Fraction(1)
        for row, pivot in zip(matrix, pivots, strict=True):
            x[pivot] = Fraction(-row[free], row[pivot])
        out.append(x)
    return out
