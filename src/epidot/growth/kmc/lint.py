"""A second look at a model that runs: what is likely a mistake, and what is worth knowing.

``lint`` never raises.  It finds reversible steps by what they change, whether declared as such or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from epidot.growth.kmc.balance import broken_cycles, net, sides, undoes
from epidot.growth.kmc.model import Model, Partner, Reaction
from epidot.mechanism.lint import Finding


def lint(model: Model, start: Iterable[str] = (), liquor: Iterable[str] = ()) -> tuple[Finding, ...]:
    """All findings, the worst first.

    ``start`` names the species on the sites at first (none: everything may be there), ``liquor`` the
    dissolved species that will be there or added.
    """
    pairs = reversible(model)
    found = [Finding("fault", "cycle", text, model.where) for text in _cycles(model, pairs)]
    found += _conditions(model, pairs)
    found += _reach(model, set(start), set(liquor)) if start else []
    found += _absorbing(model)
    found += _one_way(model, pairs)
    order = {"fault": 0, "warning": 1, "remark": 2}
    return tuple(sorted(found, key=lambda f: order[f.level]))


def reversible(model: Model) -> list[tuple[Reaction, Reaction]]:
    """Steps and those that undo them on the sites; a hop undoes itself."""
    pairs = []
    for i, r in enumerate(model.reactions):
        for other in model.reactions[i:]:
            if undoes(r, other) and r.sublattice == other.sublattice:
                pairs.append((r, other))
    return pairs


def _cycles(model: Model, pairs: list[tuple[Reaction, Reaction]]) -> Iterable[str]:
    whole = [(f, b) for f, b in pairs if f is not b and net(f) == {k: -n for k, n in net(b).items()}]
    return broken_cycles(model, whole)


def _conditions(model: Model, pairs: list[tuple[Reaction, Reaction]]) -> list[Finding]:
    """Where a step may happen its reverse must be possible too, and it must give back what was taken."""
    out = []

    def warn(text: str) -> None:
        out.append(Finding("warning", "reversibility", text, model.where))

    for f, b in pairs:
        if f is b:
            assert f.partner is not None
            if _ranges(model, f.where) != _ranges(model, f.partner.where):
                warn(
                    f"{f.name} undoes itself, but the site it leaves need not meet what the site it goes to "
                    f"must: {_told(f.where)} against {_told(f.partner.where)}"
                )
            continue
        if {k: n for k, n in net(f).items() if k[0] == "liquor"} != {
            k: -n for k, n in net(b).items() if k[0] == "liquor"
        }:
            warn(f"{b.name} undoes {f.name} on the sites but not in the liquor")
        for mine, theirs, what in (
            (f.where, b.where, "the centre"),
            (_where(f.partner), _where(b.partner), "the partner"),
        ):
            crossed = f.partner is not None and b.before == f.partner.after and b.before != f.after
            if not crossed and _ranges(model, mine) != _ranges(model, theirs):
                warn(
                    f"{f.name} and its reverse {b.name} have other conditions on {what}: "
                    f"{_told(mine)} against {_told(theirs)}"
                )
    return out


def _where(partner: Partner | None) -> dict[str, tuple[int, int]]:
    return {} if partner is None else dict(partner.where)


def _ranges(model: Model, where: object) -> dict[tuple[str, frozenset[str]], tuple[int, int]]:
    assert isinstance(where, dict)
    counts = {c.name: (c.relation, frozenset(c.of)) for c in model.counts}
    return {counts[name]: span for name, span in where.items()}


def _told(where: object) -> str:
    assert isinstance(where, dict)
    return ", ".join(f"{name} {low} to {high}" for name, (low, high) in where.items()) or "none"


def _reach(model: Model, on: set[str], dissolved: set[str]) -> list[Finding]:
    """Species and steps that nothing leads to."""
    ran: set[str] = set()
    while True:
        able = [
            r
            for r in model.reactions
            if r.name not in ran and set(sides(r)[0]) <= on and {*r.needs, *r.order_in} <= dissolved
        ]
        if not able:
            break
        for r in able:
            ran.add(r.name)
            on |= set(sides(r)[1])
            dissolved |= {s for s, n in r.liquor.items() if n > 0}
    missing = [s for s in model.names if s not in on] + [s for s in model.liquor if s not in dissolved]
    never = [r.name for r in model.reactions if r.name not in ran]
    texts = [f"nothing leads to {s}" for s in missing] + [f"{name} can never happen" for name in never]
    return [Finding("warning", "unreachable", text, model.where) for text in texts]


def _absorbing(model: Model) -> list[Finding]:
    """Species that are made and never leave."""
    gone = {s for r in model.reactions for s in sides(r)[0] if net(r).get(("site", s), 0) < 0}
    made = dict.fromkeys(s for r in model.reactions for s in sides(r)[1] if net(r).get(("site", s), 0) > 0)
    return [
        Finding("remark", "absorbing", f"{s} is made and has no way out", model.where)
        for s in made
        if s not in gone
    ]


def _one_way(model: Model, pairs: list[tuple[Reaction, Reaction]]) -> list[Finding]:
    both = {r.name for pair in pairs for r in pair}
    alone = [r.name for r in model.reactions if r.name not in both]
    if not alone:
        return []
    text = f"{len(alone)} of {len(model.reactions)} steps have no reverse: {', '.join(alone)}"
    return [Finding("remark", "reversibility", text, model.where)]
