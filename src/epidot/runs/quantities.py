"""The names of everything a run can be asked: unit, method, what must be computed, and who gives it.

``summary.json``, the report, the formulas of claims and the table in the documentation read this list; a name
with ``<X>`` stands for one quantity of every element, ligand, facet or species it is found for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from epidot.errors import InputError, nearest
from epidot.quantities import Quantity

# What must be computed for a quantity -> the room that gives it.
GIVERS: Mapping[str, str] = {
    "liquor": "growth",
    "surface": "growth",
    "sites": "dot.growth_readout, on the lattice only",
    "sizes": "dot",
    "states": "light",
    "atoms": "light.states.atoms, with --states atoms",
    "spectra": "light",
    "decay": "light",
    "halide": "transport",
    "seen": "instruments, by simulate and measure",
}
LIGHT = ("states", "spectra", "decay")
ENVELOPE = ("inside", "near", "outside")  # of what the models were fitted on (epidot.runs.envelope)
ROUNDS = 5  # equal steps from the surface to the core, as an etch may take them


@dataclass(frozen=True)
class Declared:
    """One quantity.  ``summary`` is ``False`` for what says nothing that others do not say.

    ``label`` is what tables of samples call it; ``percent`` says that they show it so.
    """

    name: str
    unit: str
    method: str
    needs: str
    summary: bool = True
    label: str = ""
    percent: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a name must look like to be this quantity."""
        parts = [re.escape(part) for part in self.name.split("<X>")]
        return re.compile(("([A-Z][a-z]?)" if self.needs == "halide" else "(.+)").join(parts))

    def of(self, name: str, value: float | None, sigma: float | None = None, note: str = "") -> Quantity:
        """``value`` as the quantity that is here called ``name``."""
        found = self.pattern.fullmatch(name)
        method = self.method.replace("<X>", found[1]) if found and found.groups() else self.method
        return Quantity(value, sigma, self.unit, method, note)

    @property
    def heading(self) -> str:
        """Label and unit of a table's column."""
        unit = "%" if self.percent else {"nm": "nm", "ns": "ns", "O/dot": "per dot"}.get(self.unit, "")
        return f"{self.label} / {unit}" if unit else self.label


_PER_GROWTH = "growth engine"

QUANTITIES: tuple[Declared, ...] = (
    Declared("<X>_mol", "mol", "dissolved in the flask", "liquor"),
    # ------------------------------------------------------------ growth
    Declared(
        "shell_layers",
        "d111 layers",
        "shell anions per dot over the anions of one d111 layer, layer by layer",
        "surface",
        label="layers",
    ),
    Declared("coverage", "fraction", "first-shell anion positions taken", "surface", label="coverage"),
    Declared("oxide_per_dot", "O/dot", "oxide units on the core's surface now", "surface", label="oxide"),
    Declared("oxide_relative", "", _PER_GROWTH, "surface"),
    Declared(
        "oxide_memory_per_dot",
        "O/dot",
        "oxide units once formed at the interface and since replaced or buried",
        "surface",
    ),
    Declared(
        "crystalline_fraction",
        "fraction",
        "crystalline part of the shell's anions",
        "surface",
        label="crystalline",
    ),
    Declared("linked_fraction", "fraction", "anion adatoms in multidentate units", "surface"),
    Declared(
        "hf_desorbable_fraction",
        "fraction",
        "anion adatoms held by one bond only, which HF takes off",
        "surface",
    ),
    Declared("ligands_<X>_per_dot", "1/dot", "ligands of this kind on the surface", "surface"),
    Declared(
        "ligands_<X>_per_nm2",
        "1/nm2",
        "ligands of this kind per area of the outer sphere, by volume",
        "surface",
    ),
    Declared("shut_in_per_dot", "1/dot", "chains of the first shell that a second one lies over", "surface"),
    Declared("charge_per_dot", "e", "formal charge of the dot with its ligands", "surface"),
    Declared("adatoms_<X>_per_dot", "1/dot", "atoms of this element added to the core", "surface"),
    Declared("<X>_exchanged_per_dot", "1/dot", _PER_GROWTH, "surface"),
    Declared("monomers_<X>_per_dot", "1/dot", _PER_GROWTH, "surface"),
    # ------------------------------------------------------------ what only sites can tell
    Declared(
        "roughness_nm",
        "nm",
        "standard deviation of the shell's thickness over directions, mean over dots",
        "sites",
        label="roughness",
    ),
    Declared("first_shell", "fraction", "taken share of the first anion shell", "sites"),
    Declared("first_shell_<X>", "", _PER_GROWTH, "sites"),
    Declared(
        "attached_fraction",
        "fraction",
        "shell anions that taking singly bonded ones off, again and again, leaves",
        "sites",
    ),
    Declared("holes_per_dot", "1/dot", "vacancies in terraces", "sites"),
    Declared("bare", "fraction", "directions with less than half a layer of shell", "sites"),
    Declared("thin", "fraction", "directions with less than half the mean thickness", "sites"),
    Declared("oxide_radius_nm", "nm", "mean distance of the oxide from the centre", "sites"),
    Declared("oxide_clustering", "", "oxide neighbours of an oxide over those of a random one", "sites"),
    Declared("mean_diameter_nm", "nm", "twice the mean over directions of the outermost anion", "sites"),
    # ------------------------------------------------------------ sizes
    Declared("core_diameter_nm", "nm", "mean of the population", "sizes"),
    Declared(
        "diameter_nm",
        "nm",
        "mean of the population: core plus twice the shell, by volume",
        "sizes",
        label="diameter",
    ),
    Declared("diameter_sd_nm", "nm", "standard deviation of that diameter over the population", "sizes"),
    Declared("diameter_spread", "", "that standard deviation over the mean", "sizes", summary=False),
    Declared("roughness_sd_nm", "nm", "standard deviation of the roughness over the dots", "sizes"),
    Declared("shell_thickness_nm", "nm", "from the counts by volume", "sizes"),
    # ------------------------------------------------------------ light
    Declared(
        "strain_core",
        "",
        "hydrostatic da/a of the core, multi-shell elastic sphere; negative is compression",
        "states",
        label="core strain",
        percent=True,
    ),
    Declared(
        "first_exciton_nm",
        "nm",
        "1S transition of the mean dot, hybrid spherical k.p; "
        "the first band's maximum, which measure uvvis reads, also holds the spread of sizes",
        "states",
        label="1S",
    ),
    Declared("first_exciton_eV", "eV", "the same as an energy", "states", summary=False),
    Declared(
        "electron_outside_core", "fraction", "of the 1S electron of the mean dot", "states", summary=False
    ),
    Declared("pl_peak_nm", "nm", "maximum of the population's emission per nm", "spectra", label="PL"),
    Declared("pl_fwhm_nm", "nm", "full width at half maximum of that emission", "spectra", label="FWHM"),
    Declared(
        "valley_depth",
        "fraction",
        "1 - first minimum over first maximum of the absorption, from the red side",
        "spectra",
        summary=False,
    ),
    Declared(
        "plqy",
        "fraction",
        "emitted over excited, Poisson traps per dot",
        "decay",
        label="PLQY",
        percent=True,
    ),
    Declared("tau_amplitude_ns", "ns", "integral of I over I(0)", "decay", label="τ ampl."),
    Declared("tau_intensity_ns", "ns", "integral of t I over integral of I", "decay", label="τ int."),
    Declared("k_r_per_ns", "1/ns", "radiative rate of the mean dot with its local field", "states"),
    # ------------------------------------------------------------ the atoms' own states, where asked for
    Declared(
        "atoms_first_exciton_nm",
        "nm",
        "gap of the relaxed atoms (s_c p_a3 tight binding), attraction of the radial model, mean over dots",
        "atoms",
        label="1S atoms",
    ),
    Declared("atoms_first_exciton_eV", "eV", "the same as an energy", "atoms", summary=False),
    Declared("atoms_gap_eV", "eV", "electron less hole of the relaxed atoms, without attraction", "atoms"),
    Declared("atoms_radial_gap_eV", "eV", "the same of the same dots by hybrid spherical k.p", "atoms"),
    Declared("atoms_correction_eV", "eV", "gap of the atoms less that of the radial model", "atoms"),
    Declared(
        "atoms_electron_outside_core", "fraction", "of the first electron on the shell's atoms", "atoms"
    ),
    Declared("atoms_hole_outside_core", "fraction", "of the holes at 295 K on the shell's atoms", "atoms"),
    Declared("atoms_hole_split_eV", "eV", "of the upper four hole levels, by shape and patches", "atoms"),
    Declared("atoms_strength", "", "of the holes at 295 K with the first electron, 1 in bulk", "atoms"),
    Declared(
        "atoms_strain_core", "", "hydrostatic strain of the core's own lattice at rest (Keating)", "atoms"
    ),
    # ------------------------------------------------------------ halide
    Declared("<X>_per_dot", "1/dot", "<X> ions on and in the mean dot", "halide"),
    Declared("<X>_ligand_per_dot", "1/dot", "adsorbed on the outer surface", "halide"),
    Declared("<X>_core_per_dot", "1/dot", "inside the core", "halide"),
    Declared("<X>_interface_per_dot", "1/dot", "bound at the core's surface where oxide was", "halide"),
    *(
        Declared(
            f"<X>_round_{i}",
            "1/dot",
            f"in the lattice, equal-depth round {i} of {ROUNDS} from outside",
            "halide",
        )
        for i in range(1, ROUNDS + 1)
    ),
    Declared("repaired_per_dot", "1/dot", "oxide units turned into metal halide", "halide"),
    Declared("repaired_fraction", "fraction", "of the oxide units at the core's surface", "halide"),
    Declared("surface_traps_per_dot", "1/dot", "positions outside that no ligand heals", "halide"),
    Declared(
        "oxide_units_per_dot", "O/dot", "at the core's surface now or buried there", "halide", summary=False
    ),
    Declared("halide_per_dot", "1/dot", "halide ions on and in the mean dot", "halide", summary=False),
    Declared("halide_on_surface", "1/dot", "halide ions adsorbed outside", "halide", summary=False),
    Declared("halide_in_core", "1/dot", "halide ions inside the core", "halide", summary=False),
    # ------------------------------------------------------------ as an instrument would read it
    *(
        Declared(
            f"seen.{name}", unit, f"{what}, measured in a simulation free of noise", "seen", summary=False
        )
        for name, unit, what in (
            ("xps.ratio_<X>", "1", "atomic ratio of two elements by the areas of their first levels"),
            ("xps.<X>_eV", "eV", "binding energy of a level (mean) or of one of its states"),
            ("xps.<X>_fraction", "1", "share of a state in its level"),
            ("nmr.ligands_per_dot", "1/dot", "ligands of a dot, free ones too"),
            ("nmr.coverage_per_nm2", "1/nm2", "ligands per area of a sphere of the inorganic diameter"),
            ("dosy.r_h_nm", "nm", "hydrodynamic radius"),
            ("etch.median_depth_nm", "nm", "depth above which half of the halide lies"),
            ("etch.front_nm", "nm", "depth above which 90 % of the halide lies"),
            ("etch.core_share", "1", "share of the halide that comes out with the core"),
        )
    ),
)

# What a table of samples shows, in its order.
COLUMNS = tuple(q for q in QUANTITIES if q.label)


class _Read(Protocol):
    """A sample as tables see it."""

    @property
    def quantities(self) -> Mapping[str, Quantity]: ...


def columns(samples: Iterable[_Read]) -> tuple[Declared, ...]:
    """:data:`COLUMNS` without the atoms' states where nobody asked for them."""
    asked = any(q.name in s.quantities for s in samples for q in QUANTITIES if q.needs == "atoms")
    return tuple(q for q in COLUMNS if asked or q.needs != "atoms")


@lru_cache(maxsize=1024)
def find(name: str) -> Declared:
    """The quantity called ``name``.

    Raises
    ------
    InputError
        If there is none, with the nearest.
    """
    for declared in QUANTITIES:
        if declared.pattern.fullmatch(name):
            return declared
    raise unknown(name)


def unknown(name: str, known: Iterable[str] = ()) -> InputError:
    """That a run has no quantity ``name``; ``known`` are those of a family that it has."""
    names = [*(q.name for q in QUANTITIES), *known]
    return InputError("a run has no such quantity", seen=name, nearest=nearest(name, names))


def needing(*needs: str) -> tuple[str, ...]:
    """The names of all quantities that need one of ``needs``."""
    return tuple(q.name for q in QUANTITIES if q.needs in needs)


def cell(declared: Declared, quantity: Quantity | None) -> str:
    """A quantity in a table of samples."""
    if quantity is None or quantity.value is None:
        return "–"
    value = quantity.value * (100 if declared.percent else 1)
    text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return text.removeprefix("-") if float(text) == 0 else text


def between(declared: Declared, ends: tuple[float, float] | None) -> str:
    """An interval as :func:`cell` writes its value; empty where none is stated."""
    if ends is None:
        return ""
    low, high = (cell(declared, declared.of(declared.name, end)) for end in ends)
    return f"{low} to {high}"


def off(declared: Declared, quantity: Quantity) -> str:
    """Its error of sampling, to two digits, in the unit of the table; empty where none is known."""
    if quantity.value is None or not quantity.sigma:
        return ""
    return f"± {quantity.sigma * (100 if declared.percent else 1):.2g}"


def worst(quantities: Iterable[Quantity]) -> str:
    """The worst of where quantities stand to what was fitted; empty where none says."""
    said = [q.envelope for q in quantities if q.envelope]
    return max(said, key=ENVELOPE.index) if said else ""


def widest(quantity: Quantity, rests_on: Mapping[str, Sequence[str]]) -> str:
    """The numbers that widen its interval most, each with its status."""
    status = {name: told for told, names in rests_on.items() for name in names}
    return ", ".join(f"{n} ({status[n]})" if n in status else n for n in quantity.widest)
