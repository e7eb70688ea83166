"""What the reactions of a model make and use up, and cycles that must close."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from epidot.growth.kmc.model import Model, Reaction
from epidot.mechanism.lint import null_space

CLOSES = 1e-9  # how well logarithms of prefactors, and energies in eV, must cancel round a cycle


def sides(r: Reaction) -> tuple[Counter[str], Counter[str]]:
    """Site species taken and put by one event."""
    taken, put = Counter[str](), Counter[str]()
    for before, after in (
        (r.before, r.after),
        (r.partner.before, r.partner.after) if r.partner else (None,) * 2,
    ):
        if before is not None and after is not None:
            taken[before] += 1
            put[after] += 1
    return taken, put


def net(r: Reaction) -> dict[tuple[str, str], int]:
    """Change by one event of every ("site", species) and ("liquor", species) that changes."""
    taken, put = sides(r)
    change = {("site", s): put[s] - taken[s] for s in (*taken, *put)}
    change.update({("liquor", s): n for s, n in r.liquor.items()})
    return {key: n for key, n in change.items() if n}


def undoes(r: Reaction, other: Reaction) -> bool:
    """Whether one event of ``r`` takes back on the sites what one of ``other`` did."""
    (taken, put), (then, now) = sides(r), sides(other)
    same = taken == now and put == then
    relation = r.partner.relation if r.partner else None
    return same and bool(taken) and relation == (other.partner.relation if other.partner else None)


def broken_cycles(model: Model, pairs: list[tuple[Reaction, Reaction]]) -> Iterator[str]:
    """Wegscheider: round every cycle of reversible steps prefactors and energies must cancel.

    A pair with a zero rate on one side belongs to no cycle.  Energies per neighbour must cancel count by
    count where no step has a partner; with partners, two environments enter and only a run can tell.
    """
    pairs = [(f, b) for f, b in pairs if f.A > 0 and b.A > 0]
    keys = list(dict.fromkeys(key for f, _ in pairs for key in net(f)))
    for cycle in null_space([[net(f).get(key, 0) for f, _ in pairs] for key in keys]):
        members = [(float(n), f, b) for n, (f, b) in zip(cycle, pairs, strict=True) if n]
        path = " ".join(f"{'+' if n > 0 else '-'}{f.name}" for n, f, _ in members)
        terms = [n * math.log(f.A / b.A) for n, f, b in members]
        apart = math.fsum(terms)
        if abs(apart) > CLOSES * max(1.0, *map(abs, terms)):
            product = f"{math.exp(max(min(apart, 700.0), -700.0)):.6g}"
            yield f"the cycle {path} does not close: prefactors multiply to {product}, not 1"
        gap = math.fsum(n * (f.Ea - b.Ea) for n, f, b in members)
        if abs(gap) > CLOSES:
            yield f"the cycle {path} does not close: its energies add up to {gap:+.6g} eV, not 0"
        if any(r.partner for _, f, b in members for r in (f, b)):
            continue
        counts: dict[str, float] = {}
        for n, f, b in members:
            for r, sign in ((f, n), (b, -n)):
                for name, energy in r.energy.items():
                    counts[name] = counts.get(name, 0.0) + sign * energy
        for name, value in counts.items():
            if abs(value) > CLOSES:
                yield f"the cycle {path} does not close: {value:+.6g} eV per {name} is left over"
