"""The papers' equations as printed, and the tables of materials and sizing curves."""

from __future__ import annotations

from epidot.errors import Fault, InputError, nearest
from epidot.papers.words.registry import word


@word("composition.anions_per_core")
def anions_per_core(d_nm: float, a_nm: float) -> float:
    """Eq 1 of choi2023: anions in a sphere of diameter d with lattice constant a (nm)."""
    from epidot.dot import composition

    return composition.anions_per_core(d_nm, a_nm)


@word("composition.core_diameter")
def core_diameter(ions: float, a_nm: float) -> float:
    """Eq 1 read backwards: the diameter (nm) of a sphere with so many ions of one kind."""
    from epidot.dot import composition

    return composition.core_diameter_nm(ions, a_nm)


@word("composition.ligand_coverage")
def ligand_coverage(area_ratio: float, reference_mol: float, dots_mol: float, surface_nm2: float) -> float:
    """Eq 2 of choi2023: ligands per nm2 from the ferrocene-to-oleate area ratio."""
    from epidot.dot import composition

    return composition.ligand_coverage(area_ratio, reference_mol, dots_mol, surface_nm2)


@word("composition.anions_in_shell")
def anions_in_shell(d_nm: float, thickness_nm: float, a_nm: float) -> float:
    """Eq 3 of choi2023: anions in a shell so thick on a core of diameter d (nm)."""
    from epidot.dot import composition

    return composition.anions_in_shell(d_nm, thickness_nm, a_nm)


@word("composition.imbalance")
def imbalance(cations: float, anions: float, oleates: float) -> float:
    """Charge left over when In(3+), P(3-) and oleates (1-) are added up."""
    from epidot.dot import composition

    return composition.charge_balance({"In": cations, "P": anions, "OA": oleates}).imbalance


@word("layer")
def layer(material: str, convention: str) -> float:
    """Thickness (nm) of one layer by a named convention, d111 or half-lattice."""
    from epidot.dot import composition

    return composition.layer_thickness_nm(material, convention)


@word("strain.paper_strain")
def paper_strain(eps: float, nu: float, R: float, r_c: float) -> float:
    """Eq 5 of choi2023 as printed (R and r_c in one unit)."""
    from epidot.dot import strain

    return strain.paper_strain(eps, nu, R, r_c)


@word("strain.phonon_shift")
def phonon_shift(strain_: float, gamma: float) -> float:
    """Eq 4 of choi2023: relative phonon shift of a strain."""
    from epidot.dot import strain

    return strain.phonon_shift(strain_, gamma)


@word("strain.from_phonon_shift")
def from_phonon_shift(shift: float, gamma: float) -> float:
    """Eq 4 of choi2023 the other way: strain of a relative phonon shift."""
    from epidot.dot import strain

    return strain.strain_from_phonon(shift, gamma)


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
        raise InputError(Fault("no such sizing curve", seen=curve, nearest=nearest(curve, curves)))
    return curves[curve].diameter_nm(first_exciton_nm)
