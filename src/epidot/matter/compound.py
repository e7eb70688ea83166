"""What a crystal is made of and all its numbers, from one file, ``data/materials/<name>.yaml`` or a user's.

Keys of ``parameters`` shared by all semiconductors: ``a_nm``; ``Eg_eV``, ``dso_eV``, ``m_e``, ``gamma1..3``
(bands); ``ac_eV``, ``av_eV`` (deformation potentials, both edges move by +3 a strain); ``eps0``,
``eps_inf``, ``eps_opt`` (static, lattice-free, and near 620 nm); ``C11_GPa``, ``C12_GPa``, ``C44_GPa``;
``Ev_eV`` (valence-band top relative to InP's); ``coherency`` (default of a shell of this material);
``V_e_eV``, ``V_h_eV`` (ligand barrier above the conduction and below the valence band); ``gruneisen``,
``LO_cm1``; ``density_g_cm3``.  A file may lack any but ``a_nm``: the gap is named where the number is
needed.  What belongs to an ion alone (its charge, its usual precursor) is in ``data/elements.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot import documents
from epidot.documents import Document
from epidot.errors import Fault, Faults, InputError, nearest
from epidot.matter import formulas, ligands
from epidot.matter.sources import cite, document, parameters
from epidot.parameter import STATUSES, Parameter

SEMICONDUCTOR_KEYS = (
    "a_nm", "Eg_eV", "dso_eV", "m_e", "gamma1", "gamma2", "gamma3", "ac_eV", "av_eV", "eps0", "eps_inf",
    "eps_opt", "C11_GPa", "C12_GPa", "C44_GPa", "Ev_eV", "coherency", "V_e_eV", "V_h_eV", "gruneisen",
    "LO_cm1", "density_g_cm3", "molar_mass_g_mol",
)  # fmt: skip
_COLUMNS = ("eV", "n", "k")
_OPTICS = ("source", "status", "note", *_COLUMNS)
STRUCTURES = ("zinc blende", "wurtzite", "rock salt", "bixbyite")
_KEYS = ("formula", "structure", "parameters", "precursors", "optics", "sizing", "alloys")


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
    another material to the bowing of the mixture with it, by parameter.  ``document`` is where it is written.
    """

    name: str
    formula: str
    structure: str
    parameters: Mapping[str, Parameter]
    ends: Mapping[str, float]
    precursors: Mapping[str, Precursor] = field(default_factory=dict)
    optics: Optics | None = None
    alloys: Mapping[str, Mapping[str, Parameter]] = field(default_factory=dict)
    document: Document | None = None

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
        InputError
            If this material has no such number.
        """
        self.require((key,))
        return self.parameters[key]

    def require(self, keys: Iterable[str], why: str = "") -> None:
        """Insist on numbers; ``why`` says what needs them.

        Raises
        ------
        InputError
            That names every missing number at once.
        """
        missing = [key for key in keys if key not in self.parameters]
        if not missing:
            return
        if all(key in SEMICONDUCTOR_KEYS for key in missing):
            near: tuple[str, ...] = ()
            place = self.document.where if self.document else "the files of its ends"
            remedy = f"write it into {place} with a source"
        else:
            near = nearest(missing[0], self.parameters)
            remedy = f"epidot knows {len(self.parameters)} numbers of {self.name}"
        raise InputError(
            Fault(
                f"{self.name} has no such number" + (f", which {why}" if why else ""),
                seen=", ".join(missing),
                nearest=near,
                remedy=remedy,
            )
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


@lru_cache(maxsize=1)
def charges() -> Mapping[str, int]:
    """Formal charge in e of every ion of a crystal and every ligand, by name."""
    return {one: ligands.ligand(one).charge for one in ligands.ligand_names()} | {
        str(ion): int(entry["charge"]) for ion, entry in _ions().items()
    }


def _ions() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = document("elements.yaml").data["ions"]
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
    faults = doc.faults()
    top = documents.mapping(doc, (), _KEYS, faults)
    for key in ("formula", "structure", "parameters"):
        if key not in top:
            faults.add(f"a material needs {key}", line=1)
    formula = str(top.get("formula", ""))
    made_of = _charged(doc, formula, faults) if "formula" in top else {}
    structure = str(top.get("structure", STRUCTURES[0]))
    if structure not in STRUCTURES:
        faults.add("unknown structure", line=doc.line(("structure",)), seen=structure, nearest=STRUCTURES)
    found = parameters(doc, ("parameters",), faults) if "parameters" in top else {}
    if structure == STRUCTURES[0] and found and "a_nm" not in found:
        faults.add("the lattice constant a_nm is missing", line=doc.line(("parameters",)))
    precursors = _precursors(doc, made_of, faults) if "precursors" in top else {}
    optics = _optics(doc, faults) if "optics" in top else None
    alloys = {}
    for other in documents.mapping(doc, ("alloys",), top["alloys"] or (), faults) if "alloys" in top else ():
        place = ("alloys", other)
        if other not in known:
            faults.add(
                "no such material to mix with",
                line=doc.line(place),
                seen=other,
                nearest=nearest(other, known),
            )
        alloys[other] = parameters(doc, place, faults) if top["alloys"][other] is not None else {}
    faults.raise_if_any()
    found["molar_mass_g_mol"] = molar_mass(formula)
    return Material(name, formula, structure, found, {name: 1.0}, precursors, optics, alloys, doc)


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


def _charged(doc: Document, formula: str, faults: Faults) -> Mapping[str, float]:
    """The ions of ``formula``, which must be known and neutral."""
    before = len(faults.found)
    line = doc.line(("formula",))
    counts: Mapping[str, float] = {}
    try:
        counts = formulas.elements(formula)
    except InputError as error:
        faults.found += [replace(fault, where=doc.where, line=line) for fault in error.faults]
    for element in counts:
        if element not in _ions():
            faults.add(
                f"no formal charge of {element} in a crystal is known",
                line=line,
                seen=formula,
                nearest=nearest(element, _ions()),
                remedy="the ions are those of data/elements.yaml",
            )
    if len(faults.found) == before and (excess := sum(charges()[el] * n for el, n in counts.items())):
        faults.add(f"this formula is not neutral: {excess:+g} e", line=line, seen=formula)
    return counts


def _precursors(doc: Document, made_of: Iterable[str], faults: Faults) -> dict[str, Precursor]:
    out = {}
    for ion in documents.mapping(doc, ("precursors",), made_of, faults):
        here = documents.mapping(doc, ("precursors", ion), ("species", "called"), faults)
        if len(here) < 2:
            faults.add(
                f"the precursor of {ion} needs species and called",
                line=doc.line(("precursors", ion)),
                remedy="write e.g. {species: Ga(OA)3, called: gallium oleate}",
            )
        else:
            out[ion] = Precursor(str(here["species"]), str(here["called"]))
    return out


def _optics(doc: Document, faults: Faults) -> Optics | None:
    """The table of n + ik, squared; ``None`` with faults noted."""
    before = len(faults.found)
    here = documents.mapping(doc, ("optics",), _OPTICS, faults)
    missing = [key for key in ("source", "status", *_COLUMNS) if key not in here]
    if missing:
        faults.add(f"optics lack {', '.join(missing)}", line=doc.line(("optics",)))
        return None
    columns = {}
    for key in _COLUMNS:
        try:
            columns[key] = np.array([float(x) for x in here[key]])
        except (TypeError, ValueError):
            faults.add(f"{key} must be a list of numbers", line=doc.line(("optics", key)), seen=here[key])
    if len(faults.found) > before:
        return None
    eV, n, k = (columns[key] for key in _COLUMNS)
    if not (len(eV) == len(n) == len(k) > 1 and np.all(np.diff(eV) > 0)):
        faults.add("eV must rise, and n and k have as many numbers", line=doc.line(("optics", "eV")))
    if here["status"] not in STATUSES:
        faults.add(
            "unknown status", line=doc.line(("optics", "status")), seen=here["status"], nearest=STATUSES
        )
    return Optics(eV, (n + 1j * k) ** 2, cite(str(here["source"])), str(here["status"]))
