"""What halide and amine make of a dot: oxide repaired, surface traps healed or added, ions told."""

from __future__ import annotations

import math
from dataclasses import replace

from epidot.dot.described import surface_sites
from epidot.dot.halides import HalideContent
from epidot.dot.layers import LayeredDot
from epidot.transport.constants import Constants

UNSAID = (
    "the surfaces of the described {core} dots: {oxide:.0f} oxide units at the core, and surface traps by "
    "area, are fitted defaults of data/halide.yaml where the recipe says nothing of them"
)


def oxide_units(dot: LayeredDot) -> float:
    """Oxide units per dot that halide can turn into metal halide: at the core's surface or buried there."""
    return dot.oxide + dot.oxide_memory


def with_surface(
    dot: LayeredDot, known: Constants, oxidised_share: float = 0.0, units: float = 0.0
) -> LayeredDot:
    """A described dot with what is not said of it filled in: sites, a closed shell, oxide, surface traps.

    ``oxidised_share`` of the core's surface cations that are free of oxide, or ``units`` more, were oxidised
    on purpose.  A dot that tells its own surface keeps it.
    """
    if dot.sites <= 0:
        sites = surface_sites(dot.core_diameter_nm)
        area = math.pi * dot.core_diameter_nm**2
        covered = 1.0 if dot.shells else 0.0
        dot = replace(
            dot,
            sites=sites,
            coverage=covered,
            linked=covered,
            oxide=min(known.of("buried_oxide") * area, sites),
            surface_traps=known.of("surface_traps") * outer_area_nm2(dot) if dot.shells else 0.0,
        )
    free = max(0.0, dot.sites - oxide_units(dot))
    more = min(free, oxidised_share * free + units)
    return replace(dot, oxide=dot.oxide + more) if more > 0 else dot


def outer_area_nm2(dot: LayeredDot) -> float:
    """Outer surface of the inorganic dot."""
    return math.pi * dot.diameter_nm**2


def bound_at_surface(dot: LayeredDot, content: HalideContent, depth_nm: float) -> float:
    """Ions per nm² that hold on to the outer surface: adsorbed, and in the lattice within ``depth_nm``."""
    outer = dot.diameter_nm / 2
    return (content.ligand + content.between(outer - depth_nm, outer)) / outer_area_nm2(dot)


def healed_share(ions_per_nm2: float, known: Constants) -> float:
    """Share of the surface traps that halide heals, from the ions per nm² bound there."""
    if ions_per_nm2 <= 0:
        return 0.0
    return known.of("passivated_share") * ions_per_nm2 / (ions_per_nm2 + known.of("passivation_half"))


def treated(
    dot: LayeredDot, contents: tuple[HalideContent, ...], amine: float, known: Constants
) -> LayeredDot:
    """``dot`` after treatment: ``contents`` of halide in it, ``amine`` the share of oleate replaced by amine.

    Oxide goes down by the ions bound at the interface, one for one; surface traps are first added to by
    amine and then healed by halide.  On a core without a shell two ions of the adsorbed layer close one
    cation that carried carboxylate, as far as there are any.
    """
    repaired = min(sum(content.interface for content in contents), oxide_units(dot))
    left = 1 - repaired / oxide_units(dot) if repaired > 0 else 1.0
    traps = dot.surface_traps
    if amine > 0 and dot.shells:
        traps += known.of("amine_traps") * known.of("surface_traps") * outer_area_nm2(dot) * amine
    depth = known.of("passivation_depth")
    bound = sum(bound_at_surface(dot, content, depth) for content in contents)
    ligands = dict(dot.ligands)
    for content in contents:
        if content.ligand > 0:
            ligands[content.element] = ligands.get(content.element, 0.0) + content.ligand
    capped = dot.halide_capped
    if not dot.shells:
        held = dot.oxide * left + dot.zinc_capped + dot.bare_cations + capped
        free = max(0.0, (1 - dot.coverage) * dot.sites - held)
        capped += min(free, sum(content.ligand for content in contents) / 2)
    return replace(
        dot,
        halide_capped=capped,
        ligands=ligands,
        oxide=dot.oxide * left,
        oxide_memory=dot.oxide_memory * left,
        repaired=dot.repaired + repaired,
        surface_traps=traps * (1 - healed_share(bound, known)),
        halides=contents,
    )
