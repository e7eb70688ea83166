"""Surfaces in words: how many ligands fit on a dot, and how many anions its metal carboxylate heals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from epidot.documents import data_document, top
from epidot.matter.ligands import ligand
from epidot.parameter import Parameter

USUAL_PER_NM2 = "3 to 4.5"  # oleates that were counted on dots


@lru_cache(maxsize=1)
def parameters() -> dict[str, Parameter]:
    """The numbers of ``data/surface.yaml``."""
    page = top(data_document("surface.yaml"))
    found = page["parameters"].parameters()
    page.faults.raise_if_any()
    return found


def most_ligands(name: str, diameter_nm: float) -> float:
    """How many ligands of that name, alone on a dot of ``diameter_nm``, have a place; infinite for atoms.

    The fewer of two numbers: anionic places on the surface, and chains that fill the shell around the dot as
    densely as in a crystal, stretched out (small dots leave them more room than flat walls).  Only chains are
    limited: halide and hydroxide also sit where a chain cannot.
    """
    one = ligand(name)
    if one.volume_nm3 is None or one.length_nm is None:
        return math.inf
    inner = diameter_nm / 2
    room = 4 / 3 * math.pi * ((inner + one.length_nm) ** 3 - inner**3)
    places = parameters()["most_anions_per_nm2"].value * math.pi * diameter_nm**2
    return min(places, parameters()["densest_chains"].value * room / one.volume_nm3)


def overfull(ligands: Mapping[str, float], diameter_nm: float) -> float:
    """How many times over the places for chains are taken, shares of all ligands together; 1 is full."""
    return sum(n / most_ligands(name, diameter_nm) for name, n in ligands.items())


def healed_anions(diameter_nm: float) -> float:
    """Anions of the outer surface that metal carboxylate heals on a whole dot (Z-type ligands)."""
    return parameters()["z_type_per_nm2"].value * math.pi * diameter_nm**2
