"""Reagents, sum formulae and the shipped mechanism."""

from __future__ import annotations

import math
from collections.abc import Iterable

from epidot.constants import R_GAS, ZERO_CELSIUS
from epidot.errors import Fault, InputError, nearest
from epidot.matter import cone
from epidot.papers.words.registry import word


@word("reagent")
def reagent(name: str, key: str) -> float:
    """Molar mass (g/mol) or density (g/mL) of a reagent."""
    from epidot.matter import reagents

    known = ("molar_mass", "density_g_mL")
    if key not in known:
        raise InputError("no such number of a reagent", seen=key, nearest=known)
    value = getattr(reagents.reagent(name), key)
    if value is None:
        raise ValueError(f"{name} has no {key}")
    return float(value)


@word("molar_mass")
def molar_mass(formula: str) -> float:
    """Molar mass (g/mol) of a sum formula such as C24H51P."""
    from ase.data import atomic_masses, atomic_numbers

    from epidot.matter import formulas

    return float(sum(atomic_masses[atomic_numbers[a]] * n for a, n in formulas.elements(formula).items()))


@word("ligand.cone_angle")
def cone_angle(from_bond_deg: float) -> float:
    """Tolman's cone angle (degrees), at least, of alkyls on P that stand so far from the bond to the apex."""
    return cone.cone_angle(from_bond_deg)


@word("mechanism.parameter", model=True)
def parameter(name: str) -> float:
    """A parameter of the shipped mechanism, in the unit of its table."""
    from epidot.mechanism import load as mechanisms

    table = mechanisms.load().parameters
    if name not in table:
        raise InputError("the mechanism has no such parameter", seen=name, nearest=nearest(name, table))
    return float(table[name].value)


@word("mechanism.count", model=True)
def count(consumes: Iterable[str] = (), makes: Iterable[str] = ()) -> float:
    """How many reactions take all of these species and make all of those."""
    from epidot.mechanism import load as mechanisms

    found = mechanisms.load()
    unknown = [s for s in (*consumes, *makes) if s not in found.species]
    taken, made = set(consumes) - set(unknown), set(makes)
    if made & set(unknown):
        raise InputError(
            [
                Fault("the mechanism has no such species", seen=s, nearest=nearest(s, found.species))
                for s in unknown
            ]
        )
    if unknown:  # what the mechanism does not know cannot react
        return 0.0
    return float(sum(taken <= set(r.reactants) and made <= set(r.products) for r in found.reactions))


@word("mechanism.rate", model=True)
def rate(reaction: str, temperature_C: float) -> float:
    """Rate constant of a reaction at a temperature (°C) on a clean surface, in s and mol/L."""
    from epidot.mechanism import load as mechanisms

    found = mechanisms.load()
    by_id = {r.id: r for r in found.reactions}
    if reaction not in by_id:
        raise InputError(
            "the mechanism has no such reaction", seen=reaction, nearest=nearest(reaction, by_id)
        )
    law = by_id[reaction].law
    kelvin = temperature_C + ZERO_CELSIUS
    k = found.si(law.A) * math.exp(-found.si(law.Ea) / (R_GAS * kelvin))
    for name in law.K:
        k *= found.K(name, kelvin)
    return k


@word("mechanism.imbalances", model=True)
def imbalances() -> float:
    """Reactions of the shipped mechanism that do not balance in some element."""
    from epidot.mechanism import load as mechanisms

    found = mechanisms.load()
    wrong = 0
    for r in found.reactions:
        change: dict[str, int] = {}
        for species, n in r.net.items():
            for element, m in found.species[species].elements.items():
                change[element] = change.get(element, 0) + n * m
        wrong += any(change.values())
    return float(wrong)
