"""Where the atoms of a dot are, by chemical state, and what of their electrons reaches the analyser.

Core and shells hold their atoms evenly.  What binds a ligand, an oxide or a halide sits on the core's surface
or on the outer one, each a thin skin.  Around it lies organic matter: ligands and contamination.

How many cations a surface has beyond its crystal follows from its charge: one of charge 3 for every three
carboxylates, hydroxides and fluorides, two for every three oxides
(:func:`epidot.dot.composition.charge_balance`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from epidot.dot.composition import ANIONS_PER_CELL, anions_in_shell, anions_per_core
from epidot.dot.layers import LayeredDot
from epidot.instruments.xps.levels import Level, levels, organic
from epidot.instruments.xps.paths import ORGANIC, attenuation_length
from epidot.instruments.xps.sphere import escape
from epidot.matter import formulas
from epidot.matter.compound import charges
from epidot.matter.ligands import ligand
from epidot.matter.materials import material

AVOGADRO_PER_NM3 = 602.214076  # g/cm3 over g/mol -> formula units per nm3
HALIDES = ("F", "Cl", "Br", "I")
_OXIDES_PER_P = 3  # oxygen that takes one phosphorus with it, as in InPO3; assumed
_CHARGE = {"In": 3, "Ga": 3, "Cd": 2, "Zn": 2, "Pb": 2}


@dataclass(frozen=True)
class Place:
    """So many atoms of an element in a chemical ``state``, between two radii / nm (a skin where they are
    equal).

    ``state`` may be one that a level of the element does not know: then it shows as the first state.
    """

    element: str
    state: str
    count: float
    inner: float
    outer: float


@dataclass(frozen=True)
class Layers:
    """What electrons go through: outer radii (n,) / nm, and what lies inside each."""

    radii: tuple[float, ...]
    stuff: tuple[str, ...]

    def escape(self, energy_eV: float, inner: float, outer: float, factor: float = 1.0) -> float:
        """Mean probability to get out from between two radii; attenuation lengths times ``factor``."""
        lengths = [factor * attenuation_length(one, energy_eV) for one in self.stuff]
        return escape(self.radii, lengths, inner, outer)


def layers_of(dot: LayeredDot, organic_nm: float) -> Layers:
    """Core, shells, and organic matter of a thickness / nm about them."""
    radii, stuff = list(dot.radii_nm), [dot.core, *(layer.material for layer in dot.shells)]
    if organic_nm > 0:
        radii.append(radii[-1] + organic_nm)
        stuff.append(ORGANIC)
    return Layers(tuple(float(r) for r in radii), tuple(stuff))


def state_of(level: Level, state: str) -> str:
    """The state of a level that stands for ``state``: itself, a near one, or the first."""
    alike = {
        "phosphate": ("oxide",),
        "iodide": ("halide",),
        "oxide": ("phosphate",),
        "InPOx": ("phosphate", "oxide"),
    }
    for one in (state, *alike.get(state, ())):
        if one in level.states:
            return one
    return next(iter(level.states))


def places(dot: LayeredDot, organic_nm: float) -> list[Place]:
    """All atoms of a dot but hydrogen.

    Raises
    ------
    InputError
        If a material is unknown.
    """
    core, out = material(dot.core), []
    rc, surface = dot.core_diameter_nm / 2, dot.diameter_nm / 2
    units = anions_per_core(dot.core_diameter_nm, core.a_nm)
    cation = max(core.cations, key=lambda e: core.cations[e])
    bound = _on_core(dot)
    outside = surface if dot.shells else rc
    charge = _CHARGE.get(cation, 3)
    extra = {state: n / charge for state, n in bound.items()}
    in_halide = sum(h.interface + h.between(0, rc) for h in dot.halides if h.element != "I")
    in_iodide = sum(h.interface + h.between(0, rc) for h in dot.halides if h.element == "I")
    total = sum(extra.values())
    if dot.shells:  # the skin of the core is part of its crystal
        extra = {state: min(n, units) for state, n in extra.items()}
        total = 0.0
    oxide = "phosphate" if "P" in core.anions else "oxide"
    skin = {**extra, "halide": extra.get("halide", 0.0) + in_halide, "iodide": in_iodide}
    taken = sum(skin.values()) - total  # what is not beyond the crystal comes out of it
    for element, share in core.cations.items():
        out.append(Place(element, next(iter(core.cations)), max(share * units - taken * share, 0.0), 0.0, rc))
        out += [
            Place(element, oxide if s == "oxide" else s, share * n, rc, rc) for s, n in skin.items() if n > 0
        ]
    for element, share in core.anions.items():
        oxidised = min(dot.oxide / _OXIDES_PER_P, 0.5 * share * units) if element == "P" else 0.0
        out.append(Place(element, "", share * units - oxidised, 0.0, rc))
        if oxidised > 0:
            out.append(Place(element, "InPOx", oxidised, rc, rc))
    if dot.oxide > 0:
        out.append(Place("O", "phosphate" if "P" in core.anions else "oxide", dot.oxide, rc, rc))
    inner = dot.core_diameter_nm
    for layer in dot.shells:
        one = material(layer.material)
        count = anions_in_shell(inner, layer.thickness_nm, one.a_nm)
        outer = inner + 2 * layer.thickness_nm
        out += [
            Place(e, "", s * count, inner / 2, outer / 2) for e, s in {**one.cations, **one.anions}.items()
        ]
        inner = outer
    if not dot.shells:
        out += [Place(e, "", n, rc, rc) for e, n in dot.adatoms.items() if n > 0 and e in _known()]
    out += _outside(dot, outside, organic_nm)
    for halide in dot.halides:
        e = halide.edges_nm
        cells = zip(halide.amount, e[:-1], e[1:], strict=True)
        out += [Place(halide.element, "", float(n), float(a), float(b)) for n, a, b in cells if n > 1e-9]
        for n, at in ((halide.interface, rc), (halide.ligand, outside)):
            if n > 0:
                out.append(Place(halide.element, "", n, at, at))
    return [one for one in out if one.count > 0]


def _known() -> set[str]:
    return {one.element for one in levels().values()}


def _on_core(dot: LayeredDot) -> dict[str, float]:
    """Charges on the core's surface that cations beyond the crystal balance, by the state they give them."""
    out = {"oxide": 2 * dot.oxide}
    if dot.shells:
        return out
    for name, n in dot.ligands.items():
        if name in HALIDES:
            out["halide"] = out.get("halide", 0.0) + n
        elif charges().get(name, 0) < 0:
            out["hydroxide"] = out.get("hydroxide", 0.0) + n
    return out


def _outside(dot: LayeredDot, at: float, organic_nm: float) -> list[Place]:
    """Ligands and what lies beyond them: heads on the outer surface, chains and contamination around it."""
    out: list[Place] = []
    known = _known()
    counted = {h.element for h in dot.halides}
    for name, n in dot.ligands.items():
        if n <= 0 or name in counted:
            continue
        if name in HALIDES:
            out.append(Place(name, "", n, at, at))
            continue
        for element, per in formulas.elements(ligand(name).formula).items():
            if element not in known or element == "C":
                continue
            state = "carboxylate" if element == "O" and per == 2 else "hydroxide" if name == "OH" else ""
            out.append(Place(element, state, n * per, at, at))
            if state == "carboxylate":
                out.append(Place("C", "carboxylate", n, at, at))
    if organic_nm > 0:
        formula, numbers = organic()
        per_nm3 = numbers["density_g_cm3"].value / formulas.molar_mass(formula) * AVOGADRO_PER_NM3
        volume = 4 / 3 * np.pi * ((at + organic_nm) ** 3 - at**3)
        carbon = float(formulas.elements(formula)["C"] * per_nm3 * volume)
        out.append(Place("C", "hydrocarbon", carbon, at, at + organic_nm))
    return out


def intensities(dot: LayeredDot, organic_nm: float, photon_eV: float) -> dict[str, dict[str, float]]:
    """Electrons that leave a dot, atoms times cross section over that of C 1s, by level and state."""
    through = layers_of(dot, organic_nm)
    every = places(dot, organic_nm)
    out: dict[str, dict[str, float]] = {}
    for name, level in levels().items():
        energy = photon_eV - level.main
        if energy < 60:
            continue
        probability: dict[tuple[float, float], float] = {}
        for one in every:
            if one.element != level.element:
                continue
            between = one.inner, one.outer
            if between not in probability:
                probability[between] = through.escape(energy, *between)
            state = state_of(level, one.state)
            seen = one.count * level.cross_section * probability[between]
            by_state = out.setdefault(name, {})
            by_state[state] = by_state.get(state, 0.0) + seen
    return out


def per_nm3(stuff: str) -> Mapping[str, float]:
    """Atoms of each element in 1 nm3 of a crystal."""
    one = material(stuff)
    units = ANIONS_PER_CELL / one.a_nm**3
    return {e: s * units for e, s in {**one.cations, **one.anions}.items()}


def mixed(each: Sequence[tuple[dict[str, dict[str, float]], float]]) -> dict[str, dict[str, float]]:
    """Intensities of several dots, each with its weight."""
    out: dict[str, dict[str, float]] = {}
    for found, weight in each:
        for name, states in found.items():
            by_state = out.setdefault(name, {})
            for state, value in states.items():
                by_state[state] = by_state.get(state, 0.0) + weight * value
    return out
