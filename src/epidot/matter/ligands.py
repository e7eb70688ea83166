"""Ligands on a dot: formula, charge, class (L, X or Z), footprint and chain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

from epidot.documents import data_document, top
from epidot.matter import formulas, names
from epidot.parameter import Parameter

# A straight alkyl chain of n carbons, C. Tanford, J. Phys. Chem. 76, 3020 (1972).
_VOLUME_NM3 = (0.0274, 0.0269)
_LENGTH_NM = (0.15, 0.1265)

Kind = Literal["L", "X", "Z"]


@dataclass(frozen=True)
class Ligand:
    """A ligand; ``charge`` in elementary charges, ``kind`` by the covalent-bond classification."""

    name: str
    aliases: tuple[str, ...]
    formula: str
    charge: int
    kind: Kind
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
    def volume_nm3(self) -> float | None:
        """Volume of all alkyl chains, without the head group."""
        return self.chains * (_VOLUME_NM3[0] + _VOLUME_NM3[1] * self.carbons) if self.carbons else None

    @property
    def length_nm(self) -> float | None:
        """Length of an alkyl chain stretched out, without the head group."""
        return _LENGTH_NM[0] + _LENGTH_NM[1] * self.carbons if self.carbons else None


@lru_cache(maxsize=1)
def _all() -> tuple[Ligand, ...]:
    page = top(data_document("ligands.yaml"))
    found = []
    for entry in page.called("ligands").rows("ligand"):
        footprint = entry["footprint_nm2"]
        found.append(
            Ligand(
                name=entry["name"].text(),
                aliases=tuple(entry["aliases"].names()),
                formula=entry["formula"].text(),
                charge=entry["charge"].whole(-9, 9),
                kind=cast(Any, entry["class"].choice(get_args(Kind))),
                carbons=entry["carbons"].whole(0, 99, 0),
                chains=entry["chains"].whole(1, 9, 1),
                footprint=footprint.parameter() if footprint else None,
                note=entry["note"].text(""),
            )
        )
    page.faults.raise_if_any()
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
