"""Which species and reactions a mechanism can reach from what is present."""

from __future__ import annotations

from collections.abc import Collection

from epidot.mechanism.mechanism import Mechanism, Reaction


def reachable(
    mechanism: Mechanism, present: Collection[str], *, dots: bool = True
) -> tuple[tuple[str, ...], tuple[Reaction, ...]]:
    """Species that can appear from those present, and the reactions between them, in declared order.

    Without ``dots`` only what happens in the liquor.
    """

    def dissolved(reaction: Reaction) -> bool:
        return all(mechanism.species[s].phase == "liquor" for s in (*reaction.reactants, *reaction.products))

    candidates = [r for r in mechanism.reactions if dots or dissolved(r)]
    found = {s for s in present if s in mechanism.species}
    active: set[str] = set()
    while True:
        before = len(active)
        for reaction in candidates:
            forward = found.issuperset(reaction.reactants)
            if forward or (reaction.reversible and found.issuperset(reaction.products)):
                active.add(reaction.id)
                found.update(reaction.reactants, reaction.products)
        if len(active) == before:
            break
    species = tuple(s for s in mechanism.species if s in found)
    return species, tuple(r for r in candidates if r.id in active)
