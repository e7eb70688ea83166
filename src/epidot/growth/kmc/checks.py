"""Everything that is wrong with a model on a lattice, all at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from epidot.errors import Faults, nearest
from epidot.growth.kmc.lattice import Lattice
from epidot.growth.kmc.model import Model, Partner, Range, Reaction

MAX_SPECIES = 255


def check(model: Model, lattice: Lattice) -> None:
    """Raise for a model that cannot run on ``lattice``.

    Raises
    ------
    InputError
        With every unknown species, relation, count or sublattice, impossible range, bad number, and
        reaction without an effect or a place.
    """
    faults = Faults(model.where)
    for kind, names in (
        ("species", model.names),
        ("count", [c.name for c in model.counts]),
        ("reaction", [r.name for r in model.reactions]),
        ("dissolved species", model.liquor),
    ):
        for name, times in Counter(names).items():
            if times > 1:
                faults.add(f"{kind} declared {times} times", seen=name)
    if len(model.species) > MAX_SPECIES:
        faults.add(f"more than {MAX_SPECIES} species", seen=len(model.species))
    if not model.reactions:
        faults.add("no reactions")
    for species in model.species:
        _known(faults, f"sublattice of species {species.name}", species.sublattices, lattice.sublattices)
    for count in model.counts:
        _known(faults, f"relation of count {count.name}", [count.relation], lattice.relations)
        _known(faults, f"species in count {count.name}", count.of, model.names)
        if not count.of:
            faults.add(f"count {count.name} counts nothing")
    for reaction in model.reactions:
        _reaction(faults, reaction, model, lattice)
    faults.raise_if_any()


def _known(faults: Faults, what: str, names: Iterable[str], valid: Iterable[str]) -> bool:
    valid = tuple(valid)
    wrong = [n for n in names if n not in valid]
    for name in wrong:
        faults.add(f"unknown {what}", seen=name, nearest=nearest(name, valid))
    return not wrong


def _reaction(faults: Faults, r: Reaction, model: Model, lattice: Lattice) -> None:
    of = f"in reaction {r.name}"
    for name, value, low in (("A", r.A, 0.0), ("Ea", r.Ea, -math.inf)):
        if not math.isfinite(value) or value < low:
            faults.add(f"impossible {name} {of}", seen=value)
    _known(faults, f"dissolved species {of}", {**r.liquor, **r.orders}, model.liquor)
    for name, order in r.orders.items():
        if order < 0:
            faults.add(f"negative order of {name} {of}", seen=order)
    if (r.before is None) != (r.after is None):
        faults.add(
            f"only one of before and after {of}", remedy="give both, or neither for a step of the liquor"
        )
        return
    if r.before is None or r.after is None:
        if r.partner or r.where or r.energy or r.sublattice:
            faults.add(f"conditions on a site {of}, which has none", remedy="give before and after")
        elif not any(r.liquor.values()):
            faults.add(f"no effect {of}")
        return
    good = _known(faults, f"species {of}", [r.before, r.after], model.names)
    if r.sublattice is not None:
        good &= _known(faults, f"sublattice {of}", [r.sublattice], lattice.sublattices)
    places = places_of(model, r, lattice) if good else lattice.sublattices
    if not places:
        faults.add(f"no sublattice can hold both {r.before} and {r.after} {of}")
    _conditions(faults, of, r.where, r.energy, model, lattice, places)
    if r.partner is None:
        if r.before == r.after and not any(r.liquor.values()):
            faults.add(f"no effect {of}")
        return
    _partner(faults, r.name, r.partner, model, lattice, places)
    if r.before == r.after and r.partner.before == r.partner.after and not any(r.liquor.values()):
        faults.add(f"no effect {of}")


def _partner(
    faults: Faults, name: str, p: Partner, model: Model, lattice: Lattice, places: tuple[str, ...]
) -> None:
    of = f"for the partner in reaction {name}"
    known = _known(faults, f"species {of}", [p.before, p.after], model.names)
    if not _known(faults, f"relation {of}", [p.relation], lattice.relations) or not known:
        return
    reached = neighbour_sublattices(lattice, p.relation, places)
    there = tuple(s for s in reached if model.allowed(p.before, s) and model.allowed(p.after, s))
    if not there:
        faults.add(f"no neighbour under {p.relation} can hold both {p.before} and {p.after} {of}")
    _conditions(faults, of, p.where, p.energy, model, lattice, there)


def _conditions(
    faults: Faults,
    of: str,
    where: Mapping[str, Range],
    energy: Mapping[str, float],
    model: Model,
    lattice: Lattice,
    places: tuple[str, ...],
) -> None:
    counts = {c.name: c for c in model.counts}
    _known(faults, f"count {of}", {**where, **energy}, counts)
    for name, (low, high) in where.items():
        if name not in counts or counts[name].relation not in lattice.relations or not places:
            continue
        most = max(largest(lattice, counts[name].relation, s) for s in places)
        if low > high or high < 0 or low > most:
            faults.add(f"impossible range of {name} {of} (0 to {most} occur)", seen=f"{low} to {high}")
    for name, value in energy.items():
        if not math.isfinite(value):
            faults.add(f"impossible energy for {name} {of}", seen=value)


def places_of(model: Model, r: Reaction, lattice: Lattice) -> tuple[str, ...]:
    """Sublattices on which the centre of a reaction can sit."""
    if r.before is None or r.after is None:
        return ()
    return tuple(
        s
        for s in lattice.sublattices
        if model.allowed(r.before, s) and model.allowed(r.after, s) and r.sublattice in (None, s)
    )


def largest(lattice: Lattice, relation: str, sublattice: str) -> int:
    """The largest number of neighbours of any site of a sublattice."""
    mine = lattice.sublattice == lattice.sublattices.index(sublattice)
    return int(lattice.relations[relation].degree[mine].max(initial=0))


def neighbour_sublattices(lattice: Lattice, relation: str, places: Iterable[str]) -> tuple[str, ...]:
    """Sublattices of the neighbours of sites on ``places``."""
    of = [lattice.sublattices.index(s) for s in places]
    found = lattice.beside(relation)[of]
    return tuple(s for k, s in enumerate(lattice.sublattices) if found[:, k].any())
