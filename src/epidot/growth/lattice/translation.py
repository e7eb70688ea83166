"""From the steps of a mechanism to a model that kinetic Monte Carlo can run.

The mean field's k·a·b/N becomes a rate per pair of neighbours, so that uncorrelated sites react as fast as
there: k·(M/N)/z with z the mean number of neighbours of the partner's class, M the number of sites of that
class and N of cations; a share of the neighbours counts as k/z each.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from epidot.constants import K_B, R_GAS
from epidot.growth.kmc.model import Count, Model, Partner, Reaction, Species
from epidot.growth.lattice.dots import Shape
from epidot.growth.rates import Direction
from epidot.mechanism.lattice import Range, Section, Step
from epidot.mechanism.mechanism import Mechanism
from epidot.mechanism.mechanism import Reaction as MechanismReaction
from epidot.mechanism.reachable import among, in_liquor

_EV = K_B / R_GAS  # eV per J/mol
_MOST_KNOWN = 1000  # answers of :func:`active` that are kept: flasks of one recipe ask the same
_MOST_LAWS = 20  # mechanisms at a time
_KNOWN: dict[tuple[object, ...], Active] = {}  # the oldest is given up first


@dataclass(frozen=True)
class Active:
    """What can happen with what is there: kinds on the sites, dissolved species, steps, liquor reactions."""

    kinds: tuple[str, ...]
    liquor: tuple[str, ...]
    steps: tuple[Step, ...]
    dissolved: tuple[str, ...]  # ids of reactions of the liquor

    @property
    def key(self) -> tuple[object, ...]:
        """What tells two of them apart."""
        return (self.kinds, self.liquor, tuple(s.id for s in self.steps), self.dissolved)


def active(mechanism: Mechanism, section: Section, kinds: Collection[str], liquor: Collection[str]) -> Active:
    """Everything that can be reached from ``kinds`` on the sites and ``liquor`` in solution."""
    key = (mechanism.hash, frozenset(kinds), frozenset(liquor))
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = _reached(mechanism, section, kinds, liquor)
    return _KNOWN[key]


def _reached(
    mechanism: Mechanism, section: Section, kinds: Collection[str], liquor: Collection[str]
) -> Active:
    laws = _laws(mechanism, section)
    on_sites, dissolved = {*kinds, *section.vacant.values()}, {s for s in liquor if s in mechanism.species}
    steps: set[str] = set()
    outside: set[str] = set()
    while True:
        size = len(on_sites) + len(dissolved) + len(steps) + len(outside)
        among(laws.dissolved, dissolved)
        for reaction in laws.pooled:
            ways = (reaction.reactants, *([reaction.products] if reaction.reversible else []))
            if any(dissolved.issuperset(side) for side in ways):
                dissolved.update(reaction.reactants, reaction.products)
                outside.add(reaction.id)
        for step, before, after, needs in laws.steps:
            if before <= on_sites and needs <= dissolved:
                steps.add(step.id)
                on_sites |= after
                dissolved.update(step.liquor)
        if len(on_sites) + len(dissolved) + len(steps) + len(outside) == size:
            break
    happen = among(laws.dissolved, dissolved) | outside
    return Active(
        tuple(k for k in section.kinds if k in on_sites),
        tuple(s for s in mechanism.species if s in dissolved),
        tuple(s for s in section.steps if s.id in steps),
        tuple(r.id for r in mechanism.reactions if r.id in happen),
    )


@dataclass(frozen=True)
class _Laws:
    """What a mechanism says of the lattice whatever is there: reactions of the liquor, those with what is
    outside, and every step with the kinds before and after it and the species that it needs."""

    dissolved: tuple[MechanismReaction, ...]
    pooled: tuple[MechanismReaction, ...]
    steps: tuple[tuple[Step, frozenset[str], frozenset[str], frozenset[str]], ...]


_LAWS: dict[str, _Laws] = {}  # by the mechanism's hash; the oldest is given up first


def _laws(mechanism: Mechanism, section: Section) -> _Laws:
    if mechanism.hash not in _LAWS:
        steps = []
        for step in section.steps:
            sides = (step.centre, step.partner) if step.partner else (step.centre,)
            needs = [s for s, n in step.liquor.items() if n < 0] + _orders(mechanism, step)
            before, after = frozenset(b for b, _ in sides), frozenset(a for _, a in sides)
            steps.append((step, before, after, frozenset(needs)))
        if len(_LAWS) >= _MOST_LAWS:
            del _LAWS[next(iter(_LAWS))]
        _LAWS[mechanism.hash] = _Laws(in_liquor(mechanism), tuple(pooled(mechanism, section)), tuple(steps))
    return _LAWS[mechanism.hash]


def pooled(mechanism: Mechanism, section: Section) -> list[MechanismReaction]:
    """Reactions between the liquor and what is counted on the outer surface, without a site."""

    def siteless(species: str) -> bool:
        return species in section.pool or mechanism.species[species].phase == "liquor"

    return [
        r
        for r in mechanism.reactions
        if not section.pool.keys().isdisjoint(r.net) and all(map(siteless, (*r.reactants, *r.products)))
    ]


def places(mechanism: Mechanism) -> str | None:
    """The class of places on the outer surface; its free places stand in the model as a dissolved species."""
    return next((name for name, site in mechanism.sites.items() if site.kind == "outer"), None)


def _orders(mechanism: Mechanism, step: Step) -> list[str]:
    if step.of is None:
        return []
    reaction = next(r for r in mechanism.reactions if r.id == step.of)
    side = reaction.products if step.reverse else reaction.reactants
    return [s for s in side if mechanism.species[s].phase == "liquor"]


def model_of(
    mechanism: Mechanism,
    section: Section,
    shape: Shape,
    what: Active,
    *,
    vacuum: bool,
) -> Model:
    """The model of what is active; under vacuum volatile species leave, one step ``vapour[species]`` each."""
    kept = set(what.kinds)
    environments = {
        f"{name}@{relation}": Count(f"{name}@{relation}", relation, tuple(s for s in e.species if s in kept))
        for name, e in mechanism.environments.items()
        for relation in section.environments[name].values()
    }
    counts = {
        c.name: Count(c.name, c.relation, tuple(s for s in c.species if s in kept))
        for c in section.counts.values()
    } | environments
    counts = {name: c for name, c in counts.items() if c.of}
    reactions = [_reaction(mechanism, section, shape, s, counts) for s in what.steps]
    by_id = {r.id: r for r in mechanism.reactions}
    for id_ in what.dissolved:
        for reverse in (False, True) if by_id[id_].reversible else (False,):
            direction = Direction.of(mechanism, by_id[id_], reverse=reverse)
            sign = -1 if reverse else 1
            liquor = {s: sign * n for s, n in by_id[id_].net.items()}
            orders = _dissolved_orders(mechanism, section, direction)
            if taken := sum(n * _places_of(mechanism, section, s) for s, n in liquor.items()):
                liquor[str(places(mechanism))] = -taken
            if direction.room is not None and direction.room == places(mechanism):
                orders[direction.room] = 1
            elif taken > 0:
                orders[str(places(mechanism))] = 0
            name = f"{id_}.reverse" if reverse else id_
            reactions.append(
                Reaction(
                    name,
                    None,
                    None,
                    math.exp(direction.ln_A),
                    direction.energy * _EV,
                    liquor=liquor,
                    orders=orders,
                )
            )
    if vacuum:
        for s in what.liquor:
            if rate := mechanism.species[s].vapour:
                reactions.append(Reaction(f"vapour[{s}]", None, None, mechanism.si(rate), liquor={s: -1}))
    if not reactions:  # a chain needs a step, if only one that never comes
        reactions.append(Reaction("nothing", section.vacant["first"], section.vacant["beyond"], 0.0))
    species = tuple(Species(k, (section.kinds[k].site,)) for k in what.kinds)
    outer = places(mechanism)
    dissolved = (*what.liquor, *((outer,) if section.pool and outer else ()))
    return Model(species, tuple(reactions), tuple(counts.values()), dissolved, mechanism.where)


def _dissolved_orders(mechanism: Mechanism, section: Section, direction: Direction) -> dict[str, int]:
    out: dict[str, int] = {}
    for s in direction.factors:
        if mechanism.species[s].phase == "liquor" or s in section.pool:
            out[s] = out.get(s, 0) + 1
    return out


def _places_of(mechanism: Mechanism, section: Section, species: str) -> int:
    """Places outside that one of a pooled species takes."""
    name = places(mechanism)
    if species not in section.pool or name is None:
        return 0
    return sum(section.pool[species].ligands.get(x, 0) for x in mechanism.sites[name].ligands)


def _reaction(
    mechanism: Mechanism,
    section: Section,
    shape: Shape,
    step: Step,
    counts: Mapping[str, Count],
) -> Reaction:
    here = section.kinds[step.centre[0]].site
    energy: dict[str, float] = {}
    orders: Mapping[str, int] = {}
    if step.of is None:
        assert step.rate is not None
        A, Ea = mechanism.si(step.rate.A), mechanism.si(step.rate.Ea) * _EV
        energy = {c: mechanism.si(p) * _EV for c, p in step.rate.per.items() if c in counts}
        if step.partner is not None:
            A /= 12.0 if step.at == "second" else 4.0
    else:
        reaction = next(r for r in mechanism.reactions if r.id == step.of)
        direction = Direction.of(mechanism, reaction, reverse=step.reverse)
        A, Ea = math.exp(direction.ln_A) * step.symmetry, direction.energy * _EV
        # What is counted outside comes to any site as fast as a neighbour would: it only has to be there.
        orders = _dissolved_orders(mechanism, section, direction) | {
            s: 0 for s in section.pool if step.liquor.get(s, 0) < 0
        }
        for name, w in direction.barrier.items():
            relation = section.environments[name][here]
            count = f"{name}@{relation}"
            if count in counts:
                energy[count] = w * _EV / shape.neighbours(relation, here, "cation")
        if reaction.law.collides:
            A /= shape.first
        if reaction.law.per is not None:
            A /= shape.bearing
        A *= _per_pair(section, shape, step, here)
    partner = None
    if step.partner is not None:
        assert step.at is not None
        witness = step.partner[0] == step.partner[1]
        partner = Partner(step.at, *step.partner, where=_known(step.partner_where, counts), counted=witness)
    where = _known(step.where, counts)
    return Reaction(
        step.id, *step.centre, A, Ea, energy, where, partner=partner, liquor=step.liquor, orders=orders
    )


def _known(where: Mapping[str, Range], counts: Mapping[str, Count]) -> dict[str, Range]:
    """Conditions on what can occur at all; of the rest there is none, as each of them allows."""
    return {c: limits for c, limits in where.items() if c in counts}


def _per_pair(section: Section, shape: Shape, step: Step, here: str) -> float:
    if step.partner is None or step.role == "held":
        return 1.0
    assert step.at is not None
    there = section.kinds[step.partner[0]].site
    z = shape.neighbours(step.at, here, there)
    if step.role == "share":
        return 1.0 / z
    sites = shape.bearing if there == "cation" else shape.first
    return sites / shape.bearing / z
