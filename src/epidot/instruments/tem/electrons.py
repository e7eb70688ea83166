"""What a material does to the beam: light scattered to high angles, or mass that takes electrons away.

Both pictures are incoherent: what lies behind each other along the beam adds up, and nothing interferes.
"""

from __future__ import annotations

from ase.data import atomic_numbers

from epidot.constants import N_A
from epidot.matter.formulas import atomic_weights
from epidot.matter.materials import crystal

_ATOMS = 4  # formula units in a zinc-blende cell
CARBON_G_CM3 = 2.0  # amorphous film: assumed, 1.8 to 2.2
_G_CM3 = 1e-21  # g/nm3 in 1 g/cm3
UG_CM2 = 0.1  # µg/cm2 in 1 nm of 1 g/cm3


def high_angle(material: str, exponent: float) -> float:
    """Sum of Z**``exponent`` over the atoms of 1 nm3 of a zinc-blende material."""
    stuff = crystal(material)
    cell = sum(n * atomic_numbers[el] ** exponent for el, n in _cell(material).items())
    return float(_ATOMS * cell / stuff.a_nm**3)


def high_angle_carbon(exponent: float) -> float:
    """The same of amorphous carbon."""
    per_nm3 = CARBON_G_CM3 * _G_CM3 * N_A / atomic_weights()["C"]
    return float(per_nm3 * atomic_numbers["C"] ** exponent)


def mass(material: str) -> float:
    """Mass thickness of 1 nm of a zinc-blende material / µg/cm2."""
    stuff = crystal(material)
    grams = _ATOMS * sum(n * atomic_weights()[el] for el, n in _cell(material).items()) / N_A
    return float(grams / stuff.a_nm**3 / _G_CM3 * UG_CM2)


def _cell(material: str) -> dict[str, float]:
    stuff = crystal(material)
    return {**stuff.cations, **stuff.anions}
