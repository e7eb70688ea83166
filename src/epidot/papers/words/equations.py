"""The papers' equations as printed, and the tables of materials and sizing curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from epidot.dot import composition, strain
from epidot.errors import InputError, nearest
from epidot.papers.words.registry import word

# The rooms' own functions under the names that claims use.
_OWN: dict[str, Callable[..., Any]] = {
    "composition.anions_per_core": composition.anions_per_core,  # eq 1 of choi2023
    "composition.core_diameter": composition.core_diameter_nm,  # eq 1 read backwards
    "composition.ligand_coverage": composition.ligand_coverage,  # eq 2
    "composition.anions_in_shell": composition.anions_in_shell,  # eq 3
    "layer": composition.layer_thickness_nm,
    "strain.paper_strain": strain.paper_strain,  # eq 5 as printed
    "strain.phonon_shift": strain.phonon_shift,  # eq 4
    "strain.from_phonon_shift": strain.strain_from_phonon,
}
for _name, _function in _OWN.items():
    word(_name)(_function)


@word("composition.imbalance")
def imbalance(cations: float, anions: float, oleates: float) -> float:
    """Charge left over when In(3+), P(3-) and oleates (1-) are added up."""
    return composition.charge_balance({"In": cations, "P": anions, "OA": oleates}).imbalance


@word("material")
def material(name: str, key: str) -> float:
    """A number of the material tables."""
    from epidot.matter import materials

    return float(materials.material(name)[key])


@word("sizing.diameter", model=True)
def sizing_diameter(material: str, first_exciton_nm: float, curve: str) -> float:
    """Diameter (nm) that one of the sizing curves gives for a 1S wavelength (nm)."""
    from epidot.matter import sizing

    curves = {c.name: c for c in sizing.curves(material)}
    if curve not in curves:
        raise InputError("no such sizing curve", seen=curve, nearest=nearest(curve, curves))
    return curves[curve].diameter_nm(first_exciton_nm)
