"""What a grown dot says: counts, layers, the layered dot that light and the instruments read.

The counts keep the names and meanings of the mean field (``growth/readout``), so that the two engines can
stand side by side; what only a lattice knows (facets, roughness, holes, where the oxide sits) is added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot import terrain as ground
from epidot.dot.composition import ANIONS_PER_CELL, layer_thickness_nm, shell_thickness_nm
from epidot.dot.facets import coverage, open_pairs, sealed, tip_pairs
from epidot.dot.grid import Grid, grid, near
from epidot.dot.grown import GrownDot
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.places import attached, oxide_places
from epidot.dot.species import Table, table
from epidot.matter.materials import crystal


@dataclass(frozen=True)
class Tally:
    """Numbers per kind of one dot, and what they add up to.

    ``anions`` and ``crystalline`` map a shell anion to its count; ``elements`` everything that was added to
    the core or stands on its surface sites, ligands included; ``sites`` are the core-surface cations that
    take part in the chemistry, ``exchanged`` those that are no longer the core's own; ``covered`` those that
    carry the mark or are shut in by anions.
    """

    number: NDArray[np.int64]
    anions: Mapping[str, int]
    crystalline: Mapping[str, int]
    elements: Mapping[str, int]
    ligands: Mapping[str, int]
    sites: int
    covered: int
    exchanged: int
    linked: int
    oxide: int
    memory: int

    @property
    def shell(self) -> int:
        """All shell anions."""
        return sum(self.anions.values())


def tally(dot: GrownDot, known: Table | None = None, where: Grid | None = None) -> Tally:
    """Count what sits on the sites of ``dot``."""
    kinds = known or table(dot)
    number = np.bincount(dot.kind, minlength=len(dot.kinds))
    anion = kinds.shell >= 0
    added = ~kinds.own | kinds.surface
    names = dict.fromkeys(el for k in dot.kinds for el in k.composition)
    ligands = dict.fromkeys(x for k in dot.kinds for x in k.ligands)

    def total(flags: NDArray[np.bool_] | NDArray[np.int64]) -> int:
        return int(number @ flags)

    return Tally(
        number,
        {el: total(kinds.shell == i) for i, el in enumerate(kinds.elements)},
        {el: total((kinds.shell == i) & kinds.crystalline) for i, el in enumerate(kinds.elements)},
        {el: total(added * np.array([k.composition.get(el, 0) for k in dot.kinds])) for el in names},
        {x: total(np.array([k.ligands.get(x, 0) for k in dot.kinds])) for x in ligands},
        total(kinds.surface),
        total(kinds.surface & kinds.covered) + sealed(dot, where or grid(dot), kinds),
        total(kinds.exchanged),
        total(anion & kinds.linked),
        total(kinds.oxide),
        total(kinds.memory),
    )


@dataclass(frozen=True)
class _Look:
    """What every reading of one dot needs, worked out once."""

    dot: GrownDot
    kinds: Table
    net: Grid
    found: Tally
    seen: ground.Terrain

    @classmethod
    def at(cls, dot: GrownDot) -> _Look:
        mine = near(dot)
        kinds, net = table(mine), grid(mine)
        found = tally(mine, kinds, net)
        return cls(mine, kinds, net, found, ground.terrain(mine, known=kinds))


def read(
    dot: GrownDot, medium: str = "toluene", layer: str | float = "d111"
) -> tuple[LayeredDot, dict[str, float]]:
    """:func:`summarise` and :func:`counts` at once; the dot is looked over only once."""
    look = _Look.at(dot)
    return _summary(look, medium), _counts(look, layer)


def summarise(dot: GrownDot, medium: str = "toluene") -> LayeredDot:
    """The layered dot that ``dot`` amounts to.

    As the mean field does it: every exchanged cation takes half a formula unit off the core's volume (the
    cation layer belongs to the shell), every chalcogenide adds one formula unit of its own shell material.
    Shells follow each other by the mean radius of their anions.  ``sites``, ``coverage`` and ``linked`` go by
    the marks.
    """
    return _summary(_Look.at(dot), medium)


def _summary(look: _Look, medium: str) -> LayeredDot:
    dot, kinds, found = look.dot, look.kinds, look.found
    diameter = core_left_nm(dot, found)
    layers, inner = [], diameter
    for el in _outward(dot, kinds, found):
        n = found.anions[el]
        thickness = shell_thickness_nm(inner, n, crystal(kinds.shells[el]).a_nm)
        layers.append(Layer(kinds.shells[el], thickness, crystalline=found.crystalline[el] / n))
        inner += 2 * thickness
    return LayeredDot(
        core=dot.core,
        core_diameter_nm=diameter,
        shells=tuple(layers),
        ligands={x: float(n) for x, n in found.ligands.items()},
        adatoms={el: float(n) for el, n in _adatoms(found, kinds).items()},
        sites=float(found.sites),
        oxide=float(found.oxide),
        oxide_memory=float(found.memory),
        coverage=found.covered / found.sites if found.sites else 0.0,
        linked=found.linked / found.shell if found.shell else 0.0,
        roughness_nm=look.seen.roughness_nm,
        open_pairs=open_pairs(dot, look.net, kinds),
        tip_pairs=tip_pairs(dot, look.net, kinds),
        medium=medium,
    )


def core_left_nm(dot: GrownDot, found: Tally) -> float:
    """Diameter of the core material that is left; exchange takes half a formula unit per cation."""
    cell = crystal(dot.core).a_nm ** 3
    volume = math.pi / 6 * dot.core_diameter_nm**3 - found.exchanged * cell / (2 * ANIONS_PER_CELL)
    return float((6 / math.pi * volume) ** (1 / 3))


def layers(dot: GrownDot, found: Tally, kinds: Table, layer: str | float = "d111") -> float:
    """Shell thickness in layers, material after material on the core as it was cut: eq 3 backwards."""
    total, inner = 0.0, dot.core_diameter_nm
    for el, n in found.anions.items():
        thickness = shell_thickness_nm(inner, n, crystal(kinds.shells[el]).a_nm)
        total += thickness / layer_thickness_nm(kinds.shells[el], layer)
        inner += 2 * thickness
    return total


def counts(dot: GrownDot, layer: str | float = "d111") -> dict[str, float]:
    """Everything a grown dot says, by the names of ``summary.json``; numbers are of this one dot.

    The names shared with the mean field mean the same.  Further: ``first_shell`` (taken share of the first
    anion shell; also ``_<facet>`` by direction), ``holes_per_dot`` (vacancies in terraces), ``bare``
    and ``thin`` (shares of directions), ``roughness_nm``, ``attached_fraction`` (shell anions that iterated
    removal of singly attached ones leaves), ``oxide_radius_nm`` and ``oxide_clustering`` (see
    :func:`oxide_places`) and ``mean_diameter_nm``, twice the mean over directions of the outermost anion's
    projection (the diameter by volume is that of the layered dot).
    """
    return _counts(_Look.at(dot), layer)


def _counts(look: _Look, layer: str | float) -> dict[str, float]:
    dot, kinds, net, found = look.dot, look.kinds, look.net, look.found
    n = found.shell
    sites = found.sites
    out = {
        "shell_layers": layers(dot, found, kinds, layer),
        "coverage": found.covered / sites if sites else 0.0,
        "oxide_per_dot": float(found.oxide),
        "oxide_memory_per_dot": float(found.memory),
        "crystalline_fraction": sum(found.crystalline.values()) / n if n else 0.0,
        "linked_fraction": found.linked / n if n else 0.0,
        "hf_desorbable_fraction": 1 - found.linked / n if n else 0.0,
        f"{next(iter(crystal(dot.core).cations))}_exchanged_per_dot": float(found.exchanged),
    }
    out |= {f"adatoms_{el}_per_dot": float(k) for el, k in _adatoms(found, kinds).items()}
    out |= {f"ligands_{x}_per_dot": float(k) for x, k in found.ligands.items()}
    first = coverage(dot, net, kinds)
    out["first_shell"] = first.total.share
    out |= {f"first_shell_{name}": part.share for name, part in first.by_direction.items()}
    out["attached_fraction"] = float(np.mean(attached(dot, net, kinds))) if n else 0.0
    out["holes_per_dot"] = float(ground.holes(dot, where=net, known=kinds)) if n else 0.0
    radius, clustering = oxide_places(dot, net, kinds)
    out |= {"oxide_radius_nm": radius, "oxide_clustering": clustering}
    seen = look.seen
    out |= {"roughness_nm": seen.roughness_nm, "bare": seen.bare, "thin": seen.thin if n else 0.0}
    out["mean_diameter_nm"] = 2 * float(np.mean(seen.outer_nm))
    return out


def _outward(dot: GrownDot, kinds: Table, found: Tally) -> list[str]:
    """Shell anions that are there, by their mean distance from the centre."""
    shell = np.where(dot.cation, -1, kinds.shell[dot.kind])
    r2 = np.sum(dot.position_nm**2, axis=1)
    there = [i for i, el in enumerate(kinds.elements) if found.anions[el]]
    return [kinds.elements[i] for i in sorted(there, key=lambda i: float(r2[shell == i].mean()))]


def _adatoms(found: Tally, kinds: Table) -> dict[str, int]:
    """Shell elements on the dot, ions that replaced a core cation included."""
    names = dict.fromkeys([*kinds.cations, *kinds.shells])
    return {el: found.elements.get(el, 0) for el in names}
