"""What a grown dot says: counts, layers, the layered dot that light and the instruments read.

The counts keep the names and meanings of the mean field (``growth/readout``), so that the two engines can
stand side by side; what only a lattice knows (facets, roughness, holes, where the oxide sits) is added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from epidot.dot.composition import core_left_nm, layer_thickness_nm, shell_thickness_nm
from epidot.dot.facets import Coverage, coverage
from epidot.dot.grown import GrownDot
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.neighbours import attached, holes, oxide_clustering, oxide_radius_nm
from epidot.dot.outer import with_outer
from epidot.dot.roughness import Thickness, thickness
from epidot.dot.site_map import SiteMap
from epidot.dot.species import Table, table
from epidot.dot.tally import Tally, tally
from epidot.matter.materials import crystal


def read(
    dot: GrownDot, medium: str = "toluene", layer: str | float = "d111"
) -> tuple[LayeredDot, dict[str, float]]:
    """:func:`summarise` and :func:`counts` at once; the dot is looked over only once."""
    of = SiteMap.of(dot)
    found, seen, first = tally(of), thickness(of), coverage(of)
    across_nm = _outer_diameter(of, found)
    summary = _outer(_summary(of, found, seen, medium), of, found, across_nm)
    return summary, _counts(of, found, seen, first, across_nm, layer)


def summarise(dot: GrownDot, medium: str = "toluene") -> LayeredDot:
    """The layered dot that ``dot`` amounts to.

    As the mean field does it: every exchanged cation takes half a formula unit off the core's volume (the
    cation layer belongs to the shell), every chalcogenide adds one formula unit of its own shell material.
    Shells follow each other by the mean radius of their anions.  ``sites``, ``coverage`` and ``linked`` go by
    the marks.
    """
    return read(dot, medium)[0]


def _summary(of: SiteMap, found: Tally, seen: Thickness, medium: str) -> LayeredDot:
    dot, kinds = of.dot, of.kinds
    diameter = core_left_nm(dot.core_diameter_nm, found.exchanged, crystal(dot.core).a_nm)
    layers, inner = [], diameter
    for el in _outward(of, found):
        n = found.anions[el]
        grown = shell_thickness_nm(inner, n, crystal(kinds.shells[el]).a_nm)
        layers.append(Layer(kinds.shells[el], grown, crystalline=found.crystalline[el] / n))
        inner += 2 * grown
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
        roughness_nm=seen.roughness_nm,
        open_anions=float(found.open_anions),
        zinc_capped=float(found.zinc_capped),
        halide_capped=float(found.halide_capped),
        medium=medium,
    )


def _outer(dot: LayeredDot, of: SiteMap, found: Tally, across_nm: float) -> LayeredDot:
    """``dot`` with the places of its outer surface (:mod:`epidot.dot.outer`), counted on the sites."""
    density, names = of.dot.places
    if not density:
        return dot
    chains = sum(found.ligands.get(x, 0) for x in names) - of.dot.rounded
    plain, shut_in = of.uncovered
    on_core = _chains(of, plain[~shut_in])
    bare = density * math.pi * of.dot.core_diameter_nm**2
    return with_outer(dot, density * math.pi * across_nm**2, bare, chains, on_core)


def _chains(of: SiteMap, sites: NDArray[np.int64]) -> float:
    """Chains that take places outside, on these sites."""
    each = (of.kinds.ligands[x][of.dot.kind[sites]].sum() for x in of.dot.places[1] if x in of.kinds.ligands)
    return float(sum(each))


def _outer_diameter(of: SiteMap, found: Tally) -> float:
    """Diameter of the core as it was cut and a unit of its own material for every shell anion, by volume."""
    return _by_volume(of.dot.core_diameter_nm, found.anions, of.kinds)


def _by_volume(core_nm: float, anions: Mapping[str, int], kinds: Table) -> float:
    cells = sum(n * crystal(kinds.shells[el]).a_nm ** 3 / 4 for el, n in anions.items())
    return float((core_nm**3 + 6 / math.pi * cells) ** (1 / 3))


def diameter_nm(dot: GrownDot) -> float:
    """Outer diameter in nm by volume: the core as it was cut and a unit for every shell anion."""
    kinds = table(dot)
    brought = kinds.shell[dot.kind]
    number = np.bincount(brought[brought >= 0], minlength=len(kinds.elements)).tolist()
    return _by_volume(dot.core_diameter_nm, dict(zip(kinds.elements, number, strict=True)), kinds)


def layers(dot: GrownDot, found: Tally, kinds: Table, layer: str | float = "d111") -> float:
    """Shell thickness in layers, material after material on the core as it was cut: eq 3 backwards."""
    total, inner = 0.0, dot.core_diameter_nm
    for el, n in found.anions.items():
        grown = shell_thickness_nm(inner, n, crystal(kinds.shells[el]).a_nm)
        total += grown / layer_thickness_nm(kinds.shells[el], layer)
        inner += 2 * grown
    return total


def counts(dot: GrownDot, layer: str | float = "d111") -> dict[str, float]:
    """Everything a grown dot says, by the names of ``summary.json``; numbers are of this one dot.

    The names shared with the mean field mean the same.  Further: ``first_shell`` (taken share of the first
    anion shell; also ``_<facet>`` by direction), ``holes_per_dot`` (vacancies in terraces), ``bare``
    and ``thin`` (shares of directions), ``roughness_nm``, ``attached_fraction`` (shell anions that iterated
    removal of singly attached ones leaves), ``oxide_radius_nm`` and ``oxide_clustering`` (see
    :mod:`epidot.dot.neighbours`) and ``mean_diameter_nm``, twice the mean over directions of the outermost
    anion's projection (the diameter by volume is that of the layered dot).
    """
    return read(dot, layer=layer)[1]


def _counts(
    of: SiteMap, found: Tally, seen: Thickness, first: Coverage, across_nm: float, layer: str | float
) -> dict[str, float]:
    dot, kinds, n, sites = of.dot, of.kinds, found.shell, found.sites
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
    area = math.pi * across_nm**2
    out |= {f"ligands_{x}_per_nm2": found.ligands.get(x, 0) / area for x in dot.places[1]}
    out["charge_per_dot"] = _charge(of, found)
    out["shut_in_per_dot"] = _shut_in(of)
    out["first_shell"] = first.total.share
    out |= {f"first_shell_{name}": part.share for name, part in first.by_direction.items()}
    return out | {
        "attached_fraction": float(np.mean(attached(of))) if n else 0.0,
        "holes_per_dot": float(holes(of)) if n else 0.0,
        "oxide_radius_nm": oxide_radius_nm(of),
        "oxide_clustering": oxide_clustering(of),
        "roughness_nm": seen.roughness_nm,
        "bare": seen.bare,
        "thin": seen.thin if n else 0.0,
        "mean_diameter_nm": 2 * float(np.mean(seen.outer_nm)),
    }


def _charge(of: SiteMap, found: Tally) -> float:
    """What the sites and the outer surface add up to, bonds to the core's own ions counted with the core."""
    sites = float(found.number @ of.kinds.charge)
    return sites + sum(n * k.charge for k, n in of.dot.outside)


def _shut_in(of: SiteMap) -> float:
    """Chains on core-surface cations that anions shut in on all four sides."""
    plain, closed = of.uncovered
    return _chains(of, plain[closed])


def _outward(of: SiteMap, found: Tally) -> list[str]:
    """Shell anions that are there, by their mean distance from the centre."""
    kinds = of.kinds
    which = kinds.shell[of.dot.kind[of.shell]]
    r2 = np.sum(of.dot.position_nm[of.shell] ** 2, axis=1)
    there = [i for i, el in enumerate(kinds.elements) if found.anions[el]]
    return [kinds.elements[i] for i in sorted(there, key=lambda i: float(r2[which == i].mean()))]


def _adatoms(found: Tally, kinds: Table) -> dict[str, int]:
    """Shell elements on the dot, ions that replaced a core cation included."""
    names = dict.fromkeys([*kinds.cations, *kinds.shells])
    return {el: found.elements.get(el, 0) for el in names}
