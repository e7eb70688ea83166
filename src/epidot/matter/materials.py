"""Bulk semiconductors and oxides, and the mixed crystals between them, with a source for every number.

Keys shared by all semiconductors: ``a_nm``; ``Eg_eV``, ``dso_eV``, ``m_e``, ``gamma1..3`` (bands);
``ac_eV``, ``av_eV`` (deformation potentials, both edges move by +3 a strain); ``eps0``, ``eps_inf``,
``eps_opt`` (static, lattice-free, and near 620 nm); ``C11_GPa``, ``C12_GPa``, ``C44_GPa``; ``Ev_eV``
(valence-band top relative to InP's); ``coherency`` (default of a shell of this material); ``V_e_eV``,
``V_h_eV`` (ligand barrier above the conduction and below the valence band); ``gruneisen``, ``LO_cm1``;
``density_g_cm3``, ``molar_mass_g_mol``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from epidot.documents import Document
from epidot.errors import Fault, InputError, nearest
from epidot.matter import formulas
from epidot.matter.sources import data_file, document, parameter, parameters
from epidot.parameter import Parameter, Status

SEMICONDUCTOR_KEYS = (
    "a_nm", "Eg_eV", "dso_eV", "m_e", "gamma1", "gamma2", "gamma3", "ac_eV", "av_eV", "eps0", "eps_inf",
    "eps_opt", "C11_GPa", "C12_GPa", "C44_GPa", "Ev_eV", "coherency", "V_e_eV", "V_h_eV", "gruneisen",
    "LO_cm1", "density_g_cm3", "molar_mass_g_mol",
)  # fmt: skip

_NOT_MATERIALS = ("alloys",)
_ALLOY = re.compile(
    r"^(?P<shared>[A-Z][a-z]?)(?P<one>[A-Z][a-z]?)(?P<m>\d*\.?\d+)?(?P<two>[A-Z][a-z]?)(?P<n>\d*\.?\d+)?$"
)


@dataclass(frozen=True)
class Material:
    """One material: ``m["a_nm"]`` is a number, ``m.parameter("a_nm")`` tells where it comes from."""

    name: str
    formula: str
    structure: str
    parameters: Mapping[str, Parameter]

    def __getitem__(self, key: str) -> float:
        return self.parameter(key).value

    def __contains__(self, key: object) -> bool:
        return key in self.parameters

    def parameter(self, key: str) -> Parameter:
        """The parameter ``key`` with unit, source and status.

        Raises
        ------
        InputError
            If this material has no such number.
        """
        found = self.parameters.get(key)
        if found is None:
            raise InputError(
                Fault(
                    f"{self.name} has no such number",
                    seen=key,
                    nearest=nearest(key, self.parameters),
                    remedy=f"epidot knows {len(self.parameters)} numbers of {self.name}",
                )
            )
        return found


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Names of the materials with a file of their own, alphabetically."""
    found = (path.stem for path in data_file("materials").glob("*.yaml"))
    return tuple(sorted(name for name in found if name not in _NOT_MATERIALS))


@lru_cache(maxsize=256)
def material(name: str) -> Material:
    """A material by name: ``InP``, or a mixed crystal such as ``ZnSe0.5S0.5``.

    Raises
    ------
    InputError
        If there is no such material or mixed crystal, with the nearest names.
    """
    if name in names():
        return _read(name)
    mixed = _mixed(name)
    if mixed is not None:
        return mixed
    raise InputError(
        Fault(
            "unknown material",
            seen=name,
            nearest=nearest(name, names()),
            remedy="mixed crystals are written like ZnSe0.5S0.5",
        )
    )


def _read(name: str) -> Material:
    doc = document("materials", f"{name}.yaml")
    faults = doc.faults()
    found = parameters(doc, ("parameters",), faults)
    formula = str(doc.data["formula"])
    found["molar_mass_g_mol"] = _molar_mass(formula)
    if doc.data.get("structure") == "zinc blende":
        for key in SEMICONDUCTOR_KEYS:
            if key not in found:
                faults.add(f"{name} lacks {key}", line=doc.line(("parameters",)))
    faults.raise_if_any()
    return Material(name, formula, str(doc.data["structure"]), found)


def _molar_mass(formula: str) -> Parameter:
    return Parameter(
        "molar_mass_g_mol",
        formulas.molar_mass(formula),
        "g/mol",
        formulas.weights_source(),
        "literature",
        note=f"from the formula {formula}",
    )


def alloy(first: str, second: str, x: float) -> Material:
    """The mixed crystal with the share ``x`` of ``second`` in ``first``: linear, with bowing where known.

    Its parameters carry the weaker of the two ends' statuses; ``x`` = 0 and 1 give the ends themselves.

    Raises
    ------
    InputError
        If epidot knows no such pair or ``x`` is outside [0, 1].
    """
    doc = document("materials", "alloys.yaml")
    for index, entry in enumerate(doc.data):
        if {first, second} == set(entry["ends"]):
            if not 0 <= x <= 1:
                raise InputError(Fault("the share of an alloy lies between 0 and 1", seen=str(x)))
            if [first, second] != entry["ends"]:
                first, second, x = second, first, 1 - x
            return _mix(doc, index, entry, x)
    pairs = ["-".join(entry["ends"]) for entry in doc.data]
    raise InputError(
        Fault("unknown pair for a mixed crystal", seen=f"{first}-{second}", nearest=tuple(pairs))
    )


def _mixed(name: str) -> Material | None:
    """The mixed crystal that ``name`` describes, or ``None`` if it does not look like one."""
    match = _ALLOY.match(name)
    if match is None:
        return None
    for entry in document("materials", "alloys.yaml").data:
        swapped = (match["one"], match["two"]) == (entry["to"], entry["from"])
        if match["shared"] != entry["share"] or not (
            swapped or (match["one"], match["two"]) == (entry["from"], entry["to"])
        ):
            continue
        if match["m"] is None and match["n"] is None:
            raise InputError(
                Fault(
                    "a mixed crystal needs its composition",
                    seen=name,
                    remedy=f"write e.g. {entry['share']}{entry['from']}0.5{entry['to']}0.5",
                )
            )
        m = 1 - float(match["n"]) if match["m"] is None else float(match["m"])
        n = 1 - m if match["n"] is None else float(match["n"])
        if not (0 <= m <= 1 and 0 <= n <= 1 and abs(m + n - 1) < 1e-6):
            raise InputError(
                Fault(
                    "the two shares of a mixed crystal must add up to 1",
                    seen=name,
                    remedy=f"write e.g. {entry['share']}{entry['from']}0.35{entry['to']}0.65",
                )
            )
        return alloy(entry["ends"][0], entry["ends"][1], m if swapped else n)
    return None


def _mix(doc: Document, index: int, entry: Mapping[str, Any], x: float) -> Material:
    """The mixed crystal with share ``x`` of the second end, under its standard name."""
    if x in (0, 1):
        return material(entry["ends"][round(x)])
    first, second = (material(end) for end in entry["ends"])
    name = f"{entry['share']}{entry['from']}{_share(1 - x)}{entry['to']}{_share(x)}"
    faults = doc.faults()
    bowing = {
        key: parameter(doc, (index, "bowing", key), f"bowing of {key}", faults)
        for key in entry.get("bowing") or {}
    }
    faults.raise_if_any()
    mixed = {
        key: _between(first.parameter(key), second.parameter(key), bowing.get(key), x)
        for key in first.parameters
        if key in second.parameters and key not in ("molar_mass_g_mol", "density_g_cm3")
    }
    mixed["molar_mass_g_mol"] = replace(
        _molar_mass(name),
        value=(1 - x) * first["molar_mass_g_mol"] + x * second["molar_mass_g_mol"],
    )
    mixed["density_g_cm3"] = _density(first, second, mixed, x)
    return Material(name, name, first.structure, mixed)


def _share(x: float) -> str:
    """A share as it is written in a name: at most six decimals, never 0 or an exponent."""
    return f"{min(max(x, 1e-6), 1 - 1e-6):.6f}".rstrip("0")


# Weakest first: what is mixed from an assumed number is itself assumed.
_WEAKNESS: tuple[Status, ...] = ("assumed", "fitted", "literature", "measured")


def _between(one: Parameter, two: Parameter, bowing: Parameter | None, x: float) -> Parameter:
    bow = 0.0 if bowing is None else bowing.value
    value = (1 - x) * one.value + x * two.value - bow * x * (1 - x)
    parts = [one, two] if bowing is None else [one, two, bowing]
    law = "linear" if bowing is None else f"bowing {bow:g} {one.unit}"
    return Parameter(
        one.name,
        value,
        one.unit,
        "; ".join(dict.fromkeys(part.source for part in parts)),
        min((part.status for part in parts), key=_WEAKNESS.index),
        note=f"{law} between {one.value:g} and {two.value:g} {one.unit}",
    )


def _density(first: Material, second: Material, mixed: Mapping[str, Parameter], x: float) -> Parameter:
    """Mass over volume: the mixed molar mass on the mixed molar volume."""
    volume = (1 - x) * first["molar_mass_g_mol"] / first["density_g_cm3"] + x * second[
        "molar_mass_g_mol"
    ] / second["density_g_cm3"]
    ends = (first.parameter("density_g_cm3"), second.parameter("density_g_cm3"))
    return Parameter(
        "density_g_cm3",
        mixed["molar_mass_g_mol"].value / volume,
        "g/cm3",
        "; ".join(dict.fromkeys(end.source for end in ends)),
        min((end.status for end in ends), key=_WEAKNESS.index),
        note="molar volumes of the ends mixed linearly",
    )
