"""A second look at a model that runs: what is likely a mistake, and what is worth knowing.

``lint`` never raises.  It finds reversible steps by what they change, whether declared as such or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from epidot.growth.kmc.balance import broken_cycles, net, undoes
from epidot.growth.kmc.model import Model, Partner, Reaction
from epidot.mechanism.lint import Finding


def lint(model: Model) -> tuple[Finding, ...]:
    """All findings: cycles that could drive themselves, and reverses that do not meet the same conditions."""
    pairs = reversible(model)
    found = [Finding("fault", "cycle", text, model.where) for text in _cycles(model, pairs)]
    return (*found, *_conditions(model, pairs))


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

    def remark(text: str) -> None:
        # A remark: both steps may be meant as one-way steps of different chemistry.
        out.append(Finding("remark", "reversibility", text, model.where))

    for f, b in pairs:
        if f is b:
            assert f.partner is not None
            if _ranges(model, f.where) != _ranges(model, f.partner.where):
                remark(
                    f"{f.name} undoes itself, but the site it leaves need not meet what the site it goes to "
                    f"must: {_told(f.where)} against {_told(f.partner.where)}"
                )
            continue
        if {k: n for k, n in net(f).items() if k[0] == "liquor"} != {
            k: -n for k, n in net(b).items() if k[0] == "liquor"
        }:
            remark(f"{b.name} undoes {f.name} on the sites but not in the liquor")
        for mine, theirs, what in (
            (f.where, b.where, "the centre"),
            (_where(f.partner), _where(b.partner), "the partner"),
        ):
            crossed = f.partner is not None and b.before == f.partner.after and b.before != f.after
            if not crossed and _ranges(model, mine) != _ranges(model, theirs):
                remark(
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
