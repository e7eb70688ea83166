"""How many atoms, ligands and charges a dot has: eqs 1-3 of choi2023 and their inverses.

Dots are spheres of zinc blende (4 anions and 4 cations per cubic cell).  2.4 and 3.3 nm are diameters: the
paper's text once says radius, its Methods and its numbers say diameter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from epidot import units
from epidot.errors import Fault, InputError, nearest
from epidot.matter.compound import charges
from epidot.matter.materials import crystal

ANIONS_PER_CELL = 4
CONVENTIONS = ("d111", "half-lattice")
LAYER = "d111"  # what one layer is where nothing is said
_THICKEST_LAYER_NM = 5.0


def sphere_volume_nm3(d_nm: float) -> float:
    """Volume of a sphere of diameter ``d_nm``."""
    return math.pi / 6 * _positive(d_nm, "a diameter") ** 3


def anions_per_core(d_nm: float, a_nm: float) -> float:
    """Eq 1 of choi2023: anions (P) of a core, V_dot / V_cell x 4.

    For 2.4 nm and a = 0.5869 nm it gives 143.2, where the paper prints 149 (see :func:`reported`).
    Assumes, with the paper, that excess surface cations add no volume.
    """
    return sphere_volume_nm3(d_nm) / _positive(a_nm, "a lattice constant") ** 3 * ANIONS_PER_CELL


def core_diameter_nm(ions: float, a_nm: float) -> float:
    """Eq 1 solved for the diameter.

    With the anions as ``ions``, the size the paper means; with all cations counted as lattice (215 In), the
    size the dot would have if the surface cations did add volume: 2.75 instead of 2.43 nm.
    """
    cells = _positive(ions, "a number of ions") / ANIONS_PER_CELL
    return _positive(a_nm, "a lattice constant") * math.cbrt(6 * cells / math.pi)


def core_left_nm(d_nm: float, exchanged: float, a_nm: float) -> float:
    """Diameter of the core material left of ``d_nm``: each exchanged cation takes half a formula unit.

    The layer of foreign cations belongs to the shell.
    """
    left = math.pi / 6 * d_nm**3 - exchanged * a_nm**3 / (2 * ANIONS_PER_CELL)
    return float((6 / math.pi * left) ** (1 / 3))


def ligand_coverage(area_ratio: float, ferrocene_mol: float, dots_mol: float, surface_nm2: float) -> float:
    """Eq 2 of choi2023: oleates per nm2, from 1H NMR with ferrocene as the concentration reference.

    ``area_ratio`` is A_ferrocene / A_oleate as the paper prints it (19.7): 10 protons of ferrocene over the
    2 methine protons of an oleate.  ``surface_nm2`` is the surface of one dot.
    """
    for value, name in ((area_ratio, "an area ratio"), (ferrocene_mol, "an amount"), (dots_mol, "an amount")):
        _positive(value, name)
    return (10 / 2) / area_ratio * ferrocene_mol / (dots_mol * _positive(surface_nm2, "a surface"))


def anions_in_shell(d_core_nm: float, thickness_nm: float, a_shell_nm: float) -> float:
    """Eq 3 of choi2023: anions of a shell of ``thickness_nm`` on a core of ``d_core_nm``.

    For 2.4 nm and half a lattice of ZnSe (0.567 nm) it gives 141.3, where the paper prints 171 (see
    :func:`reported`).  Cations of a stoichiometric shell are as many.
    """
    if thickness_nm < 0 or not math.isfinite(thickness_nm):
        raise ValueError(f"a thickness cannot be negative, got {thickness_nm} nm")
    shell = sphere_volume_nm3(d_core_nm + 2 * thickness_nm) - sphere_volume_nm3(d_core_nm)
    return shell / _positive(a_shell_nm, "a lattice constant") ** 3 * ANIONS_PER_CELL


def shell_thickness_nm(d_core_nm: float, anions: float, a_shell_nm: float) -> float:
    """Eq 3 solved for the thickness."""
    if anions < 0 or not math.isfinite(anions):
        raise ValueError(f"a number of anions cannot be negative, got {anions}")
    volume = anions / ANIONS_PER_CELL * _positive(a_shell_nm, "a lattice constant") ** 3
    core = sphere_volume_nm3(d_core_nm)
    # d (cbrt(1 + x) - 1) / 2 by way of logarithms: exact for the thinnest shells too.
    return d_core_nm / 2 * math.expm1(math.log1p(volume / core) / 3)


# --- what one layer is -----------------------------------------------------------------------------------


def parse_layer(text: str) -> str | float:
    """What one layer is, as users write it: a convention, or the thickness of one layer such as ``"0.35nm"``.

    Raises
    ------
    InputError
        With the nearest convention, or if the thickness is not between 0 and 5 nm.
    """
    if not re.match(r"\s*[-+.,\d]", text):
        layer_of_lattice_nm(1.0, text.strip())
        return text.strip()
    thickness = units.parse(text, "length")
    if not 0 < thickness <= _THICKEST_LAYER_NM:
        what = f"one layer is between 0 and {_THICKEST_LAYER_NM:g} nm thick"
        raise InputError(what, seen=text, remedy="check the unit")
    return thickness


def layer_of_lattice_nm(a_nm: float, layer: str | float) -> float:
    """Thickness of one layer of a lattice constant ``a_nm`` under a convention.

    ``d111``: one (111) bilayer, a / sqrt 3.  ``half-lattice``: a / 2, half a cell along [001] (the wording of
    choi2023's eq 3).  A number is itself, in nm.

    Raises
    ------
    InputError
        If the convention is unknown or the number is not positive.
    """
    if isinstance(layer, str):
        if layer == "d111":
            return a_nm / math.sqrt(3)
        if layer == "half-lattice":
            return a_nm / 2
        raise InputError(
            "unknown layer convention",
            seen=layer,
            nearest=nearest(layer, CONVENTIONS),
            remedy='or give the thickness of one layer, e.g. "0.35nm"',
        )
    if not (math.isfinite(layer) and layer > 0):
        raise InputError("the thickness of one layer must be positive", seen=f"{layer} nm")
    return float(layer)


def layer_thickness_nm(material: str, layer: str | float) -> float:
    """Thickness of one layer of ``material``; see :func:`layer_of_lattice_nm`.

    Raises
    ------
    InputError
        If the material or the convention is unknown.
    """
    return layer_of_lattice_nm(crystal(material).a_nm, layer)


# --- charge ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChargeBalance:
    """Charges of an inventory, in elementary charges per dot.

    ``imbalance`` = ``positive`` + ``negative``.  ``closure`` is one set of further ions that would make it
    zero, ``note`` says in words what that means.
    """

    positive: float
    negative: float
    imbalance: float
    closure: Mapping[str, float]
    note: str


def charge_balance(counts: Mapping[str, float]) -> ChargeBalance:
    """Sum the formal charges of ``counts`` (``In``, ``P``, ``OA``, ``OH``, ``O``, ...) per dot.

    A positive remainder is closed by one hydroxide per carboxylate, as {In}(OA)(OH), then by oxide, {In}O:
    an inventory that works, not the only one.

    Raises
    ------
    InputError
        With every unknown name and every negative or infinite count.
    """
    charge = charges()
    faults = [
        Fault("unknown ion in a charge balance", seen=name, nearest=nearest(name, charge))
        for name in counts
        if name not in charge
    ] + [
        Fault(f"the count of {name} must be a number, 0 or more", seen=str(n))
        for name, n in counts.items()
        if not (math.isfinite(n) and n >= 0)
    ]
    if faults:
        raise InputError(faults)
    positive = math.fsum(charge[k] * n for k, n in counts.items() if charge[k] > 0)
    negative = math.fsum(charge[k] * n for k, n in counts.items() if charge[k] < 0)
    rest = positive + negative
    if rest > 0:
        hydroxide = min(rest, counts.get("OA", 0.0))
        closure = {k: v for k, v in {"OH": hydroxide, "O": (rest - hydroxide) / 2}.items() if v > 0}
        note = (
            f"{rest:.0f} negative charges are missing: hydroxide, oxide or other X ligands that were not "
            "counted, or the cations are over-counted (XPS weighs the surface)"
        )
    elif rest < 0:
        closure = {}
        note = (
            f"{-rest:.0f} positive charges are missing: cations or protons that were not counted, or the "
            "ligands are over-counted (free ligand in the solution)"
        )
    else:
        closure, note = {}, "the charges balance"
    return ChargeBalance(positive, negative, rest, closure, note)


def _positive(value: float, name: str) -> float:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be positive, got {value}")
    return value
