"""From the species on a dot to what is reported of it: counts per dot, and the layered dot.

What a species counts as (ligands, covered, linked, crystalline, oxide, memory) stands with it in the
mechanism's file; nothing here knows a name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from epidot.dot.composition import core_left_nm, layer_thickness_nm
from epidot.dot.halides import HALIDES
from epidot.dot.layers import Layer, LayeredDot
from epidot.dot.outer import with_outer
from epidot.growth.laid import Laid, Units, crystal_of, grown, held_by, shell_class, units
from epidot.growth.laid import layers as laid_layers
from epidot.growth.outer_places import OuterPlaces
from epidot.growth.rates import shell_capacity
from epidot.growth.state import FlaskState
from epidot.matter.compound import charges
from epidot.matter.materials import crystal
from epidot.mechanism.mechanism import Mechanism, SiteClass


def counts(state: FlaskState, mechanism: Mechanism) -> dict[str, float]:
    """What growth knows of a sample, per dot; the names of ``summary.json``.

    ``shell_layers`` is the thickness of all chalcogenide on the core, by eq 3 of choi2023 read
    backwards, in (111) layers.  ``coverage`` is the share of core-surface cation sites that carry or
    are bridged by a chalcogenide.  ``linked_fraction`` is the share of the chalcogenide in multidentate
    units and ``hf_desorbable_fraction`` the rest (both 0 without any).  ``oxide_relative`` is the oxide
    in units of a pristine dot of that size.
    """
    surface = _on_dot(state, mechanism)
    shell = shell_class(mechanism)
    anions = _elements(surface, mechanism, shell.material)
    total = sum(anions.values())
    sites = _sites(surface, mechanism)
    linked = sum(n * sum(mechanism.species[s].linked.values()) for s, n in surface.items())
    crystalline = sum(
        n * sum(mechanism.species[s].composition.get(el, 0) for el in shell.material)
        for s, n in _marked(surface, mechanism, "crystalline").items()
    )
    oxide = _oxide(surface, mechanism)
    memory = sum(_marked(surface, mechanism, "memory").values())
    pristine = _pristine_oxide(state, mechanism)
    out = {
        "shell_layers": _layers(state.core_diameter_nm, units(surface, mechanism), shell.layer),
        "coverage": _covered(surface, mechanism) / sites if sites > 0 else 0.0,
        "oxide_per_dot": oxide,
        "oxide_relative": oxide / pristine if pristine > 0 else 0.0,
        "oxide_memory_per_dot": memory,
        "crystalline_fraction": crystalline / total if total > 0 else 0.0,
        "linked_fraction": linked / total if total > 0 else 0.0,
        "hf_desorbable_fraction": 1.0 - linked / total if total > 0 else 0.0,
        f"{_cation(state.core)}_exchanged_per_dot": _exchanged(state, surface, mechanism),
        "charge_per_dot": sum(n * mechanism.species[s].charge for s, n in surface.items()),
    }
    ligands = _ligands(surface, mechanism)
    area = math.pi * _diameter(state, surface, mechanism) ** 2
    for x in _outer_class(mechanism).ligands if area > 0 else ():
        out[f"ligands_{x}_per_nm2"] = ligands[x] / area
    out["shut_in_per_dot"] = _shut_in(state, surface, mechanism)
    made_of = [crystal(name) for name in shell.material.values()]
    partners = {el for stuff in made_of for el in (*stuff.cations, *stuff.anions)}
    adatoms = _elements(surface, mechanism, dict.fromkeys(sorted(partners)))
    out |= {f"adatoms_{el}_per_dot": n for el, n in adatoms.items()}
    out |= {f"ligands_{ligand}_per_dot": n for ligand, n in ligands.items()}
    if state.dots_mol > 0:
        monomers = (s for s in shell.material.values() if s in mechanism.species)
        out |= {f"monomers_{s}_per_dot": state.liquor.get(s, 0.0) / state.dots_mol for s in monomers}
    return out


def layered_dot(state: FlaskState, mechanism: Mechanism, medium: str = "toluene") -> LayeredDot:
    """The average dot of a flask.

    Every exchanged cation takes half a formula unit off the core's volume, so that the cation layer
    belongs to the shell; every chalcogenide adds one formula unit of its own shell material.  Layers
    follow each other as they were laid (:mod:`epidot.growth.laid`), mixed where two came at once.
    ``roughness_nm`` is ``None``: a mean field knows one average dot, no directions.
    """
    surface = _on_dot(state, mechanism)
    shell = shell_class(mechanism)
    exchanged = _exchanged(state, surface, mechanism)
    diameter = core_left_nm(state.core_diameter_nm, exchanged, crystal(state.core).a_nm)
    anions = _elements(surface, mechanism, shell.material)
    numbers = counts(state, mechanism)
    crystalline = {
        el: sum(
            k * mechanism.species[s].composition.get(el, 0)
            for s, k in _marked(surface, mechanism, "crystalline").items()
        )
        / n
        for el, n in anions.items()
        if n > 0
    }
    layers, radius = [], diameter / 2
    for row in _profile(state, surface, mechanism):
        n = sum(row.values())
        stuff = crystal(crystal_of(row))
        outer = (radius**3 + 3 * n * stuff.a_nm**3 / (16 * math.pi)) ** (1 / 3)
        share = sum(crystalline.get(el, 0.0) * x for el, x in stuff.anions.items())
        layers.append(Layer(stuff.name, outer - radius, crystalline=min(max(share, 0.0), 1.0)))
        radius = outer
    adatoms = {k.split("_")[1]: v for k, v in numbers.items() if k.startswith("adatoms_")}
    closed = _closed_by(state, surface, mechanism)
    dot = LayeredDot(
        core=state.core,
        core_diameter_nm=diameter,
        shells=tuple(layers),
        ligands=_ligands(surface, mechanism),
        adatoms=adatoms,
        sites=_sites(surface, mechanism),
        oxide=numbers["oxide_per_dot"],
        oxide_memory=numbers["oxide_memory_per_dot"],
        coverage=min(max(numbers["coverage"], 0.0), 1.0),
        linked=min(max(numbers["linked_fraction"], 0.0), 1.0),
        roughness_nm=None,
        open_anions=closed["open_anions"],
        zinc_capped=closed["zinc_capped"],
        halide_capped=closed["halide_capped"],
        medium=medium,
    )
    return _outer(dot, state, mechanism)


def unequal_nm(state: FlaskState, mechanism: Mechanism) -> float:
    """Standard deviation of the outer diameter by unequal supply, where only the mean dot is known.

    Monomer comes to the surface of every dot at a rate of its own, so that what it builds beyond the first
    layer is thick in proportion.  The layer next to the core fills up on all dots.
    """
    surface = _on_dot(state, mechanism)
    first = {s: n for s, n in surface.items() if mechanism.species[s].phase != "deposited"}
    beyond = _diameter(state, surface, mechanism) - _diameter(state, first, mechanism)
    return mechanism.supply_spread * beyond


def first_layer(state: FlaskState, mechanism: Mechanism) -> float:
    """How full the first anion shell is, 0 to 1; 1 where the mechanism has no such class."""
    shell = shell_class(mechanism)
    if not shell.material or state.core_diameter_nm <= 0:
        return 1.0
    return min(1.0, sum(_first(state, _on_dot(state, mechanism), mechanism, shell).values()))


# -- pieces -------------------------------------------------------------------------------------


def _on_dot(state: FlaskState, mechanism: Mechanism) -> dict[str, float]:
    return {s: n for s, n in state.surface.items() if s in mechanism.species}


def _outer(dot: LayeredDot, state: FlaskState, mechanism: Mechanism) -> LayeredDot:
    """``dot`` with the places of its outer surface (:mod:`epidot.dot.outer`), counted among the species."""
    surface, site = _on_dot(state, mechanism), _outer_class(mechanism)
    if site.per_nm2 is None or state.core_diameter_nm <= 0:
        return dot
    rows = [mechanism.species[s] for s in surface]
    core_nm3 = math.pi / 6 * state.core_diameter_nm**3
    held = [held_by(s, mechanism) for s in rows]
    of = OuterPlaces.of(mechanism.si(site.per_nm2), site, rows, core_nm3, held)
    n = np.array(list(surface.values()))
    bare = np.array([k > 0 and "covered" not in s.marks for s, k in zip(rows, held, strict=True)])
    return with_outer(dot, of.capacity(n), of.capacity(0 * n), of.taken(n), of.taken(n * bare))


def _outer_class(mechanism: Mechanism) -> SiteClass:
    return next((s for s in mechanism.sites.values() if s.kind == "outer"), SiteClass("none", "outer"))


def _first(
    state: FlaskState, surface: Mapping[str, float], mechanism: Mechanism, shell: SiteClass
) -> dict[str, float]:
    """How full the shell class ``shell`` is, by chalcogen; 1 in sum is one layer."""
    capacity = shell_capacity(shell, state.core_diameter_nm)
    return {
        el: sum(
            n * mechanism.species[s].elements.get(el, 0)
            for s, n in surface.items()
            if mechanism.species[s].sites.get(shell.name)
        )
        / full
        for el, full in capacity.items()
    }


def _shut_in(state: FlaskState, surface: Mapping[str, float], mechanism: Mechanism) -> float:
    """Chains of the first shell that a second one lies over, where the mechanism has a class for that."""
    second = [site for site in mechanism.sites.values() if site.kind == "shell"][1:]
    if not second or state.core_diameter_nm <= 0:
        return 0.0
    chains = sum(
        n * mechanism.species[s].ligands.get(x, 0)
        for s, n in surface.items()
        for x in _outer_class(mechanism).ligands
        if mechanism.species[s].phase == "surface"
    )
    return min(1.0, sum(_first(state, surface, mechanism, second[0]).values())) * chains


def _diameter(state: FlaskState, surface: Mapping[str, float], mechanism: Mechanism) -> float:
    """Outer diameter of the mean dot: the core and one unit of its own material for every chalcogenide."""
    volume = math.pi / 6 * state.core_diameter_nm**3
    for name, n in units(surface, mechanism).items():
        volume += n * crystal(name).a_nm ** 3 / 4
    return float((6 / math.pi * volume) ** (1 / 3))


def _elements(
    surface: Mapping[str, float], mechanism: Mechanism, wanted: Mapping[str, object]
) -> dict[str, float]:
    return {
        el: sum(n * mechanism.species[s].elements.get(el, 0) for s, n in surface.items()) for el in wanted
    }


def _marked(surface: Mapping[str, float], mechanism: Mechanism, mark: str) -> dict[str, float]:
    return {s: n for s, n in surface.items() if mark in mechanism.species[s].marks}


def _fixed(mechanism: Mechanism, species: str) -> int:
    found = mechanism.species[species].sites
    return sum(n for c, n in found.items() if mechanism.sites[c].kind == "fixed")


def _sites(surface: Mapping[str, float], mechanism: Mechanism) -> float:
    return sum(n * _fixed(mechanism, s) for s, n in surface.items())


def _covered(surface: Mapping[str, float], mechanism: Mechanism) -> float:
    return sum(n * _fixed(mechanism, s) for s, n in _marked(surface, mechanism, "covered").items())


def _closed_by(state: FlaskState, surface: Mapping[str, float], mechanism: Mechanism) -> dict[str, float]:
    """Chalcogenides that brought no metal of their own, and what closes the cations that none covers.

    A cation under such a chalcogenide counts among the latter; one of the core's own element without a
    halide is told by none of these numbers (it carries carboxylate or hydroxide).
    """
    own, shell = _cation(state.core), shell_class(mechanism)
    out = {"open_anions": 0.0, "zinc_capped": 0.0, "halide_capped": 0.0}
    for name, n in surface.items():
        species, sites = mechanism.species[name], _fixed(mechanism, name)
        anions = sum(species.elements.get(el, 0) for el in shell.material)
        metals = sum(k for el, k in species.elements.items() if charges().get(el, 0) > 0)
        loose = anions - sum(species.linked.values())
        alone = max(0, min(loose, anions - (metals - sites)))
        out["open_anions"] += n * alone
        bare = sites and "oxide" not in species.marks and "covered" not in species.marks
        if bare and any(x in HALIDES for x in species.ligands):
            out["halide_capped"] += n * sites
        elif (bare or (sites and alone)) and not species.elements.get(own):
            out["zinc_capped"] += n * sites
    return out


def _oxide(surface: Mapping[str, float], mechanism: Mechanism) -> float:
    return sum(
        n * mechanism.species[s].elements.get("O", 0) for s, n in _marked(surface, mechanism, "oxide").items()
    )


def _pristine_oxide(state: FlaskState, mechanism: Mechanism) -> float:
    if state.core not in mechanism.surfaces:
        return 0.0
    inventory = mechanism.surfaces[state.core]
    area = (state.core_diameter_nm / inventory.reference_diameter_nm) ** 2
    return area * _oxide(inventory.per_dot, mechanism)


def _ligands(surface: Mapping[str, float], mechanism: Mechanism) -> dict[str, float]:
    names = dict.fromkeys(x for s in mechanism.species.values() for x in s.ligands)
    return {x: sum(n * mechanism.species[s].ligands.get(x, 0) for s, n in surface.items()) for x in names}


def _cation(core: str) -> str:
    """The (first) cation of the core."""
    return next(iter(crystal(core).cations))


def _exchanged(state: FlaskState, surface: Mapping[str, float], mechanism: Mechanism) -> float:
    """Core-surface cation sites that no longer hold the core's own cation."""
    own = _cation(state.core)
    kept = sum(n * _fixed(mechanism, s) for s, n in surface.items() if mechanism.species[s].elements.get(own))
    return max(_sites(surface, mechanism) - kept, 0.0)


def _layers(diameter_nm: float, per_dot: Units, layer: str) -> float:
    """(111) layers of each crystal in turn on a core of that diameter: eq 3 read backwards."""
    out, radius = 0.0, diameter_nm / 2
    for name, n in per_dot.items():
        a = crystal(name).a_nm
        outer = (radius**3 + 3 * max(n, 0.0) * a**3 / (16 * math.pi)) ** (1 / 3)
        out += (outer - radius) / layer_thickness_nm(name, layer)
        radius = outer
    return out


def _profile(state: FlaskState, surface: Mapping[str, float], mechanism: Mechanism) -> Laid:
    """What lies on the core, inside first.

    Without a record (dots of the lattice, counts without a history) one crystal lies on the other.
    """
    # Less than one unit on a thousand dots is not a shell.
    now = {name: n for name, n in units(surface, mechanism).items() if n >= 1e-3}
    if not state.laid:
        return tuple({name: n} for name, n in now.items())
    return laid_layers(grown(state.laid, now))
