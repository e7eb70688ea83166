"""Which species and reactions a mechanism can reach from what is present."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from epidot.mechanism.mechanism import Mechanism, Reaction


def reachable(
    mechanism: Mechanism, present: Collection[str], *, dots: bool = True
) -> tuple[tuple[str, ...], tuple[Reaction, ...]]:
    """Species that can appear from those present, and the reactions between them, in declared order.

    Without ``dots`` only what happens in the liquor.
    """

    candidates = mechanism.reactions if dots else in_liquor(mechanism)
    found = {s for s in present if s in mechanism.species}
    active = among(candidates, found)
    species = tuple(s for s in mechanism.species if s in found)
    return species, tuple(r for r in candidates if r.id in active)


def in_liquor(mechanism: Mechanism) -> tuple[Reaction, ...]:
    """Reactions between dissolved species alone."""
    dissolved = {name for name, species in mechanism.species.items() if species.phase == "liquor"}
    return tuple(r for r in mechanism.reactions if dissolved.issuperset((*r.reactants, *r.products)))


def among(candidates: Iterable[Reaction], found: set[str]) -> set[str]:
    """Ids of the ``candidates`` that can be reached from the species ``found``, which all they make joins."""
    left, active = list(candidates), set[str]()
    while True:
        rest = []
        for reaction in left:
            forward = found.issuperset(reaction.reactants)
            if forward or (reaction.reversible and found.issuperset(reaction.products)):
                active.add(reaction.id)
                found.update(reaction.reactants, reaction.products)
            else:
                rest.append(reaction)
        if len(rest) == len(left):
            return active
        left = rest
