"""Counting from scratch: what could happen in a state, and what is missing where nothing can.

Nothing here uses the key changes, neighbour lists or classes that the kernels work with.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from epidot.growth.kmc.compiler import Compiled
from epidot.growth.kmc.keys import Counted, conditions
from epidot.growth.kmc.lattice import Lattice
from epidot.growth.kmc.model import Model, Partner, Range, Reaction
from epidot.growth.kmc.tables import U8, State

Bools = NDArray[np.bool_]


def neighbour_count(model: Model, lattice: Lattice, species: U8, counted: Counted) -> NDArray[np.int64]:
    """How many neighbours of each site carry one of a set of species, shape (n,)."""
    relation = lattice.relations[counted[0]]
    hit = np.isin(species[relation.index], [model.index(n) for n in counted[1]])
    return np.bincount(relation.centre[hit], minlength=len(lattice))


def ready(model: Model, lattice: Lattice, species: U8, r: Reaction) -> Bools:
    """Sites at which a reaction can take place (for a pair: with at least one partner), shape (n,)."""
    if r.before is None or r.after is None:
        return np.zeros(len(lattice), dtype=bool)
    ok = carries(model, lattice, species, r) & meets(model, lattice, species, r.where)
    if r.partner is not None:
        relation = lattice.relations[r.partner.relation]
        good = ok[relation.centre] & _partners(model, lattice, species, r, r.partner)
        ok = np.bincount(relation.centre[good], minlength=len(lattice)).astype(bool)
    return ok


def carries(model: Model, lattice: Lattice, species: U8, r: Reaction) -> Bools:
    """Sites that carry what the reaction starts from, on a sublattice where it may."""
    assert r.before is not None
    assert r.after is not None
    places = [
        i
        for i, s in enumerate(lattice.sublattices)
        if model.allowed(r.after, s) and r.sublattice in (None, s)
    ]
    ok: Bools = (species == model.index(r.before)) & np.isin(lattice.sublattice, places)
    return ok


def meets(
    model: Model,
    lattice: Lattice,
    species: U8,
    where: Mapping[str, Range],
) -> Bools:
    """Sites whose neighbours meet all conditions."""
    ok = np.ones(len(lattice), dtype=bool)
    for counted, low, high in conditions(model, where):
        n = neighbour_count(model, lattice, species, counted)
        ok &= (n >= low) & (n <= high)
    return ok


def _partners(model: Model, lattice: Lattice, species: U8, r: Reaction, p: Partner) -> Bools:
    """Which entries of the partner's relation lead to a site that will do, with the centre changed."""
    relation = lattice.relations[p.relation]
    there = relation.index
    places = [i for i, s in enumerate(lattice.sublattices) if model.allowed(p.after, s)]
    ok: Bools = (species[there] == model.index(p.before)) & np.isin(lattice.sublattice[there], places)
    for counted, low, high in conditions(model, p.where):
        n = neighbour_count(model, lattice, species, counted)[there]
        seen = lattice.relations[counted[0]]
        size = len(lattice)
        links, times = np.unique(seen.centre.astype(np.int64) * size + seen.index, return_counts=True)
        wanted = there.astype(np.int64) * size + relation.centre  # does the partner see the centre?
        at = np.minimum(np.searchsorted(links, wanted), max(len(links) - 1, 0))
        sees = np.where(links[at] == wanted, times[at], 0) if len(links) else np.zeros(len(wanted), dtype=int)
        n = n + sees * (int(r.after in counted[1]) - int(r.before in counted[1]))
        ok &= (n >= low) & (n <= high)
    return ok


def why_stuck(compiled: Compiled, state: State) -> str:
    """One line per reaction: how many sites are ready, and what is missing."""
    model, lattice, species = compiled.model, compiled.lattice, state.species
    lines = []
    for r in model.reactions:
        missing = [
            f"{s} (there are {int(state.liquor[model.liquor.index(s)])})"
            for s, n in {**r.order_in, **r.needs}.items()
            if state.liquor[model.liquor.index(s)] < max(n, 1)
        ]
        short = f"the liquor lacks {', '.join(missing)}" if missing else ""
        if not r.A:
            short = "its rate constant is zero"
        if r.before is None:
            lines.append(f"{r.name}: {short or 'enabled'}")
            continue
        have = carries(model, lattice, species, r)
        n = int(ready(model, lattice, species, r).sum())
        if n:
            lines.append(
                f"{r.name}: {n} sites are ready, but {short}" if short else f"{r.name}: enabled at {n}"
            )
            continue
        lines.append(f"{r.name}: {_obstacle(model, lattice, species, r, have)}")
    return "\n".join(lines)


def _obstacle(model: Model, lattice: Lattice, species: U8, r: Reaction, have: Bools) -> str:
    if not have.any():
        return f"no site carries {r.before}"
    reasons = []
    for name, (low, high) in r.where.items():
        counted = next((c.relation, frozenset(c.of)) for c in model.counts if c.name == name)
        n = neighbour_count(model, lattice, species, counted)[have]
        out = int(((n < low) | (n > high)).sum())
        if out:
            reasons.append(f"{out} have {name} outside {low}-{high} ({n.min()} to {n.max()} occur)")
    if r.partner is not None and not reasons:
        reasons.append(f"none has a fit partner {r.partner.before} under {r.partner.relation}")
    return f"{int(have.sum())} sites carry {r.before}, but " + ", ".join(reasons)


def anything_possible(compiled: Compiled, state: State) -> bool:
    """Whether some reaction with a rate above zero has a site, partner included."""
    for i, r in enumerate(compiled.model.reactions):
        if state.factor[i] <= 0.0 or r.A <= 0.0:
            continue
        if r.before is None or ready(compiled.model, compiled.lattice, state.species, r).any():
            return True
    return False
