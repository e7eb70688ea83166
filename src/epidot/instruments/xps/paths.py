"""How far electrons get in matter: inelastic mean free paths by TPP-2M, attenuation lengths.

λ = E / (Ep² (β ln γE − C/E + D/E²)), λ in Å and E in eV above the Fermi level, with the plasmon energy
Ep = 28.8 sqrt(Nv ρ/M) of the valence electrons (Tanuma, Powell and Penn 1994).  Elastic scattering makes the
way longer; a shorter length in its place is a usual approximation, and how good it is stands in
``data/xps.yaml``.
"""

from __future__ import annotations

import math
from functools import lru_cache

from epidot.errors import InputError
from epidot.instruments.xps.levels import attenuation, organic, valence
from epidot.matter import formulas
from epidot.matter.materials import material

ORGANIC = "organic"
_RANGE_EV = (50.0, 30_000.0)  # in which the formula was made and checked


def tpp2m(energy_eV: float, electrons: float, density: float, molar_mass: float, gap_eV: float) -> float:
    """Inelastic mean free path / nm of electrons of a kinetic energy in a compound (tanuma1994, TPP-2M).

    ``electrons`` and ``molar_mass`` / (g/mol) are those of one formula unit, ``density`` in g/cm3.

    Raises
    ------
    InputError
        If the energy lies outside 50 eV to 30 keV.
    """
    low, high = _RANGE_EV
    if not low <= energy_eV <= high:
        what = f"TPP-2M holds from {low:g} to {high:g} eV of kinetic energy"
        raise InputError(what, seen=f"{energy_eV:g} eV")
    u = electrons * density / molar_mass
    plasmon = 28.8 * math.sqrt(u)
    beta = -0.10 + 0.944 / math.sqrt(plasmon**2 + gap_eV**2) + 0.069 * density**0.1
    gamma = 0.191 / math.sqrt(density)
    c, d = 1.97 - 0.91 * u, 53.4 - 20.8 * u
    bracket = beta * math.log(gamma * energy_eV) - c / energy_eV + d / energy_eV**2
    return float(energy_eV / (plasmon**2 * bracket) / 10)


@lru_cache(maxsize=64)
def _numbers(stuff: str) -> tuple[float, float, float, float]:
    if stuff == ORGANIC:
        formula, numbers = organic()
        density, gap = numbers["density_g_cm3"].value, numbers["Eg_eV"].value
        counts = formulas.elements(formula)
        return sum(valence()[e] * n for e, n in counts.items()), density, formulas.molar_mass(formula), gap
    one = material(stuff)
    counts = {**one.cations, **one.anions}
    unknown = [e for e in counts if e not in valence()]
    if unknown:
        raise InputError("the valence electrons of an element are not known", seen=", ".join(unknown))
    electrons = sum(valence()[e] * n for e, n in counts.items())
    return electrons, one["density_g_cm3"], one["molar_mass_g_mol"], one["Eg_eV"]


def mean_free_path(stuff: str, energy_eV: float) -> float:
    """Inelastic mean free path / nm in a material, or in ``organic`` matter.

    Raises
    ------
    InputError
        If the material, its density or gap, or the valence electrons of an element are not known.
    """
    return tpp2m(energy_eV, *_numbers(stuff))


def attenuation_length(stuff: str, energy_eV: float) -> float:
    """Effective attenuation length / nm: the mean free path times one factor for elastic scattering."""
    return attenuation().value * mean_free_path(stuff, energy_eV)
