"""Ligands on a dot: formula, charge, class (L, X or Z), footprint and chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from epidot.matter import formulas, names
from epidot.matter.sources import document, parameter
from epidot.parameter import Parameter

# A straight alkyl chain of n carbons, C. Tanford, J. Phys. Chem. 76, 3020 (1972).
_LENGTH_NM = (0.15, 0.1265)
_VOLUME_NM3 = (0.0274, 0.0269)


@dataclass(frozen=True)
class Ligand:
    """A ligand; ``charge`` in elementary charges, ``kind`` by the covalent-bond classification."""

    name: str
    aliases: tuple[str, ...]
    formula: str
    charge: int
    kind: Literal["L", "X", "Z"]
    carbons: int
    chains: int
    footprint: Parameter | None
    note: str

    @property
    def molar_mass(self) -> float:
        """Molar mass in g/mol."""
        return formulas.molar_mass(self.formula)

    @property
    def elements(self) -> dict[str, float]:
        """Atoms of each element."""
        return formulas.elements(self.formula)

    @property
    def length_nm(self) -> float | None:
        """Fully stretched length of the alkyl chain (an upper bound: a kinked oleyl chain is shorter)."""
        return _LENGTH_NM[0] + _LENGTH_NM[1] * self.carbons if self.carbons else None

    @property
    def volume_nm3(self) -> float | None:
        """Volume of all alkyl chains, without the head group."""
        return self.chains * (_VOLUME_NM3[0] + _VOLUME_NM3[1] * self.carbons) if self.carbons else None


@lru_cache(maxsize=1)
def _all() -> tuple[Ligand, ...]:
    doc = document("ligands.yaml")
    faults = doc.faults()
    found = []
    for i, raw in enumerate(doc.data):
        entry: Mapping[str, Any] = raw
        footprint = (
            parameter(doc, (i, "footprint_nm2"), "footprint_nm2", faults)
            if "footprint_nm2" in entry
            else None
        )
        found.append(
            Ligand(
                name=str(entry["name"]),
                aliases=tuple(map(str, entry.get("aliases") or ())),
                formula=str(entry["formula"]),
                charge=int(entry["charge"]),
                kind=entry["class"],
                carbons=int(entry.get("carbons", 0)),
                chains=int(entry.get("chains", 1)),
                footprint=footprint,
                note=str(entry.get("note") or ""),
            )
        )
    faults.raise_if_any()
    return tuple(found)


def ligand_names() -> tuple[str, ...]:
    """Names of all ligands."""
    return tuple(one.name for one in _all())


def ligand(name: str) -> Ligand:
    """The ligand of that name or alias (``OA``, ``oleate`` ...).

    Raises
    ------
    InputError
        If there is none, with the nearest names.
    """
    shown = [n for one in _all() for n in (one.name, *one.aliases)]
    return names.look_up("ligand", name, _index(), shown)


@lru_cache(maxsize=1)
def _index() -> dict[str, Ligand]:
    return names.index((one, (one.name, *one.aliases)) for one in _all())
