"""What a crystal is made of and all its numbers, from one file, ``data/materials/<name>.yaml`` or a user's.

Keys of ``parameters`` shared by all semiconductors: ``a_nm``; ``Eg_eV``, ``dso_eV``, ``m_e``, ``gamma1..3``
(bands), ``Eg_X_eV`` where the smallest gap is indirect; ``ac_eV``, ``av_eV`` (deformation potentials, both
edges move by +3 a strain); ``eps0``, ``eps_inf``, ``eps_opt`` (static, lattice-free, and near 620 nm);
``C11_GPa``, ``C12_GPa``, ``C44_GPa``;
``Ev_eV`` (valence-band top relative to InP's); ``gruneisen``, ``LO_cm1``; ``density_g_cm3``.  A file may
replace what else follows from a law or from ``data/light.yaml``: ``coherency`` of a shell of it (else from
its misfit); ``V_e_eV``, ``V_h_eV``, the ligands' barriers above its conduction and below its valence band
(else from one vacuum level); ``oscillator_factor``, ``exchange_splitting_eV``, ``stokes_bare_eV``,
``stokes_shell_eV`` of dots with such a core.  Raman scattering reads further ``TO_cm1``, ``gruneisen_TO``,
``LO_X_cm1``, ``LO_width_cm1``, ``raman_LO`` and ``raman_TO`` where they are there.  A file may lack any but
``a_nm``: the gap is named where the number is needed.  What belongs to an ion alone (its charge, its usual
precursor) is in ``data/elements.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.documents import Document, Entry, cite, data_document, top
from epidot.errors import Fault, Gap, InputError, nearest
from epidot.matter import formulas, ligands, sizing_curve
from epidot.matter.sizing_curve import SizingCurve
from epidot.parameter import Parameter
from epidot.units import in_unit

# The numbers of a semiconductor: unit, and the range outside of which it is a slip of the pen.
_SEMICONDUCTOR: Mapping[str, tuple[str, float, float]] = {
    "a_nm": ("nm", 0.2, 2.0), "Eg_eV": ("eV", 0.0, 15.0), "dso_eV": ("eV", -0.5, 3.0),
    "m_e": ("m0", 0.0, 3.0),
    "gamma1": ("1", 0.0, 60.0), "gamma2": ("1", -5.0, 30.0), "gamma3": ("1", -5.0, 30.0),
    "ac_eV": ("eV", -30.0, 30.0), "av_eV": ("eV", -30.0, 30.0), "eps0": ("1", 1.0, 500.0),
    "eps_inf": ("1", 1.0, 60.0), "eps_opt": ("1", 1.0, 60.0), "C11_GPa": ("GPa", 1.0, 1500.0),
    "C12_GPa": ("GPa", 0.0, 1500.0), "C44_GPa": ("GPa", 1.0, 1500.0), "Ev_eV": ("eV", -10.0, 10.0),
    "gruneisen": ("1", -5.0, 5.0), "LO_cm1": ("1/cm", 10.0, 2000.0), "density_g_cm3": ("g/cm3", 0.1, 25.0),
}  # fmt: skip
# Every number that a file may hold.
NUMBERS: Mapping[str, tuple[str, float, float]] = {
    **_SEMICONDUCTOR,
    "coherency": ("1", 0.0, 1.0), "V_e_eV": ("eV", 0.0, 20.0), "V_h_eV": ("eV", 0.0, 20.0),
    "oscillator_factor": ("1", 0.0, 20.0), "exchange_splitting_eV": ("eV", 0.0, 0.2),
    "stokes_bare_eV": ("eV", 0.0, 1.0), "stokes_shell_eV": ("eV", 0.0, 1.0), "dipole_eV": ("eV", -3.0, 3.0),
    "Eg_X_eV": ("eV", 0.0, 15.0), "Eg_bulk_eV": ("eV", 0.0, 15.0), "c_nm": ("nm", 0.2, 5.0),
    "u": ("1", 0.0, 1.0),
    "TO_cm1": ("1/cm", 10.0, 2000.0), "LO_X_cm1": ("1/cm", 10.0, 2000.0),
    "LO_width_cm1": ("1/cm", 0.1, 200.0), "gruneisen_TO": ("1", -5.0, 5.0),
    "raman_LO": ("1", 0.0, 1000.0), "raman_TO": ("1", 0.0, 1000.0),
    "dilute_cm1": ("1/cm", 10.0, 2000.0), "dilute_other_cm1": ("1/cm", 10.0, 2000.0),
}  # fmt: skip
SEMICONDUCTOR_KEYS = (*_SEMICONDUCTOR, "molar_mass_g_mol")
_COLUMNS = ("eV", "n", "k")
STRUCTURES = ("zinc blende", "wurtzite", "rock salt", "bixbyite")
_KEYS = (
    "formula",
    "structure",
    "sources",
    "parameters",
    "precursors",
    "optics",
    "sizing",
    "alloys",
    "interfaces",
)


@dataclass(frozen=True)
class Precursor:
    """A dissolved species that brings one of an ion, and how a chemist calls it."""

    species: str
    called: str


@dataclass(frozen=True, eq=False)
class Optics:
    """The dielectric function ``eps`` (m,) at photon energies ``eV`` (m,), and where it comes from."""

    eV: NDArray[np.float64]
    eps: NDArray[np.complex128]
    source: str
    status: str


@dataclass(frozen=True, eq=False)
class Material:
    """One crystal: ``m["a_nm"]`` is a number, ``m.parameter("a_nm")`` tells where it comes from.

    ``ends`` are the crystals it is a mixture of and their shares (itself, if it is none).  ``alloys`` maps
    another material to the bowing of the mixture with it, by parameter.  ``interfaces`` maps a material to
    ``dipole_eV``: by how much the potential rises from it to this one, on top of their ``Ev_eV``.  ``sizing``
    are the curves of its dots, the default first.  ``file`` is where it is written.
    """

    name: str
    formula: str
    structure: str
    parameters: Mapping[str, Parameter]
    ends: Mapping[str, float]
    precursors: Mapping[str, Precursor] = field(default_factory=dict)
    optics: Optics | None = None
    alloys: Mapping[str, Mapping[str, Parameter]] = field(default_factory=dict)
    sizing: tuple[SizingCurve, ...] = ()
    file: str = ""
    interfaces: Mapping[str, Mapping[str, Parameter]] = field(default_factory=dict)

    def __getitem__(self, key: str) -> float:
        return self.parameter(key).value

    def __contains__(self, key: object) -> bool:
        return key in self.parameters

    @property
    def a_nm(self) -> float:
        """The lattice constant in nm."""
        return self["a_nm"]

    def parameter(self, key: str) -> Parameter:
        """The parameter ``key`` with unit, source and status.

        Raises
        ------
        Gap, InputError
            If this material has no such number, or nothing has.
        """
        self.require((key,))
        return self.parameters[key]

    def require(self, keys: Iterable[str], why: str = "") -> None:
        """Insist on numbers; ``why`` says what needs them.

        Raises
        ------
        Gap
            That names every missing number at once.
        """
        missing = [key for key in keys if key not in self.parameters]
        if not missing:
            return
        if all(key in SEMICONDUCTOR_KEYS for key in missing):
            what = f"no {', '.join(missing)} of {self.name}" + (f", which {why}" if why else "")
            place = self.file or "the files of its ends"
            raise Gap(Fault(what, remedy=f"write it into {place} with a source"))
        raise InputError(
            f"{self.name} has no such number",
            seen=missing[0],
            nearest=nearest(missing[0], self.parameters),
            remedy=f"epidot knows {len(self.parameters)} numbers of {self.name}",
        )

    @cached_property
    def cations(self) -> Mapping[str, float]:
        """Cations of one formula unit, element -> number."""
        return {el: n for el, n in formulas.elements(self.formula).items() if charges()[el] > 0}

    @cached_property
    def anions(self) -> Mapping[str, float]:
        """Anions of one formula unit, element -> number."""
        return {el: n for el, n in formulas.elements(self.formula).items() if charges()[el] < 0}

    def precursor(self, ion: str) -> Precursor | None:
        """What usually brings ``ion``; ``None`` if nobody said."""
        usual = _ions()[ion]
        if ion in self.precursors or "precursor" not in usual:
            return self.precursors.get(ion)
        return Precursor(usual["precursor"], usual["called"])


def require(needs: Iterable[tuple[Material, Iterable[str]]], why: str) -> None:
    """Insist on numbers of several materials.

    Raises
    ------
    Gap
        That names every missing number of every material at once.
    """
    faults: list[Fault] = []
    for one, keys in needs:
        try:
            one.require(keys, why)
        except Gap as gap:
            faults += gap.faults
    if faults:
        raise Gap(faults)


@lru_cache(maxsize=1)
def charges() -> Mapping[str, int]:
    """Formal charge in e of every ion of a crystal and every ligand, by name."""
    return {one: ligands.ligand(one).charge for one in ligands.ligand_names()} | {
        str(ion): int(entry["charge"]) for ion, entry in _ions().items()
    }


def _ions() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = data_document("elements.yaml").data["ions"]
    return found


def usual_precursors() -> dict[str, Precursor]:
    """The precursor of every ion that has a usual one."""
    return {
        ion: Precursor(entry["precursor"], entry["called"])
        for ion, entry in _ions().items()
        if "precursor" in entry
    }


def read(doc: Document, name: str, known: Iterable[str]) -> Material:
    """The material that a file describes; ``known`` are the names its mixed crystals may refer to.

    Raises
    ------
    InputError
        With every fault of the file, each at its line.
    """
    row = top(doc).fields(_KEYS, ("formula", "structure", "parameters"))
    own = {key: one.text() for key, one in row["sources"].table("source").items()}
    made_of = _ions_of(row["formula"]) if row["formula"] else {}
    called = _elements_or_none(name)
    if made_of and called is not None and called != made_of:
        row["formula"].fault(
            f"the file is called {name}",
            seen=row["formula"].text(),
            remedy="call the file by its formula, or by a name that is no formula",
        )
    structure = row["structure"].choice(STRUCTURES) if row["structure"] else STRUCTURES[0]
    found = _numbers(row["parameters"], own)
    if structure == STRUCTURES[0] and not row["parameters"]["a_nm"]:
        row["parameters"].fault("the lattice constant a_nm is missing")
    precursors = {}
    for ion, one in row["precursors"].table("precursor of").items():
        if ion not in made_of:
            one.fault("unknown ion", seen=ion, nearest=tuple(made_of))
        words = one.fields(("species", "called"), ("species", "called"))
        precursors[ion] = Precursor(words["species"].text(""), words["called"].text(""))
    optics = _optics(row["optics"], own) if row["optics"] else None
    alloys = {}
    for other, one in row["alloys"].table("alloy with").items():
        if other not in known:
            one.fault("no such material to mix with", seen=other, nearest=nearest(other, known))
        alloys[other] = _numbers(one, own, bowing=True)
    interfaces = {}
    for other, one in row["interfaces"].table("interface with").items():
        if other not in known:
            one.fault("no such material", seen=other, nearest=nearest(other, known))
        interfaces[other] = _numbers(one, own)
    sizing = [sizing_curve.read(one, name, own) for one in row["sizing"].rows("sizing curve")]
    row.faults.raise_if_any()
    formula = row["formula"].text()
    return Material(
        name,
        formula,
        structure,
        {**found, "molar_mass_g_mol": molar_mass(formula)},
        {name: 1.0},
        precursors,
        optics,
        alloys,
        tuple(curve for curve in sizing if curve is not None),
        doc.where,
        interfaces,
    )


def molar_mass(formula: str) -> Parameter:
    """The molar mass of a formula as a parameter."""
    return Parameter(
        "molar_mass_g_mol",
        formulas.molar_mass(formula),
        "g/mol",
        formulas.weights_source(),
        "literature",
        note=f"from the formula {formula}",
    )


def _numbers(place: Entry, own: Mapping[str, str], *, bowing: bool = False) -> dict[str, Parameter]:
    """Every sourced number of a mapping; those with faults are left out.

    A ``bowing`` has the unit of its number, and may have any value.
    """
    found = {}
    for key, one in place.table().items():
        if key not in NUMBERS:
            one.fault("no such number of a material", seen=key, nearest=nearest(key, NUMBERS))
            continue
        unit, low, high = NUMBERS[key]
        value = one.parameter(own=own)
        if value is None:
            continue
        if value.unit != unit:
            remedy = f"write the value in {unit}"
            one["unit"].fault(f"{key} is a number in {unit}", seen=value.unit, nearest=(unit,), remedy=remedy)
        elif not bowing and not low <= value.value <= high:
            remedy = f"it lies between {low:g} and {high:g}{in_unit(unit)}"
            one["value"].fault(f"{key} cannot be that", seen=f"{value.value:g}{in_unit(unit)}", remedy=remedy)
        found[key] = value
    return found


def _ions_of(place: Entry) -> Mapping[str, float]:
    """The ions of the formula at a place, which must be known and neutral; empty with faults noted."""
    counts: Mapping[str, float] = {}
    with place.placed():
        counts = formulas.elements(place.text())
    unknown = [element for element in counts if element not in _ions()]
    for element in unknown:
        place.refuse(
            f"has {element}, whose charge in a crystal is not known",
            nearest=nearest(element, _ions()),
            remedy="the ions are those of data/elements.yaml",
        )
    if not unknown and abs(excess := sum(charges()[el] * n for el, n in counts.items())) > 1e-6:
        place.refuse(f"is not neutral: {excess:+g} e")
    return counts


def _elements_or_none(name: str) -> Mapping[str, float] | None:
    """The elements of a name that reads as a formula of ions."""
    try:
        found = formulas.elements(name)
    except InputError:
        return None
    return found if set(found) <= set(_ions()) else None


def _optics(place: Entry, own: Mapping[str, str]) -> Optics:
    """The table of n + ik at a place, squared."""
    row = place.fields(("source", "status", "note", *_COLUMNS), _COLUMNS)
    source, status, _ = row.called("optics").provenance(own)
    eV, n, k = (np.array([x.number() for x in row[key].rows(key)]) for key in _COLUMNS)
    if not (len(eV) == len(n) == len(k) > 1 and np.all(np.diff(eV) > 0)):
        place.fault("optics: eV must rise, and n and k have as many numbers")
        return Optics(eV, eV + 0j, source, status)
    return Optics(eV, (n + 1j * k) ** 2, cite(source, own), status)
