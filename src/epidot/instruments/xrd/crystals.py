"""Crystals whose powder pattern is known: the zinc-blende materials, and those of ``data/crystals.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.documents import data_document, top
from epidot.errors import InputError, nearest
from epidot.matter import formulas, materials, names
from epidot.matter.compound import charges

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Crystal:
    """A unit cell: ``cell_nm`` (3, 3) with the cell's edges as rows, ``species`` (n,), ``fractional`` (n, 3).

    A species may be a mixture on one site, written ``Se0.5S0.5``.
    """

    name: str
    cell_nm: Array
    species: tuple[str, ...]
    fractional: Array

    @property
    def a_nm(self) -> float:
        """The first edge of the cell."""
        return float(np.linalg.norm(self.cell_nm[0]))

    @property
    def cubic(self) -> bool:
        """Whether one number is all of the lattice."""
        return bool(np.allclose(self.cell_nm @ self.cell_nm.T, self.a_nm**2 * np.eye(3), atol=1e-9))

    def metallic(self, species: str) -> bool:
        """Whether that species is the cation, on which dots end."""
        return any(charges().get(element, 0) > 0 for element in formulas.elements(species))

    @property
    def volume_nm3(self) -> float:
        return float(abs(np.linalg.det(self.cell_nm)))

    @property
    def mass(self) -> float:
        """Mass of the cell, g/mol."""
        return sum(formulas.molar_mass(one) for one in self.species)


def powder_crystal(name: str) -> Crystal:
    """The crystal of that name: ``InP``, ``ZnSe0.5S0.5``, ``CdO``, ``LaB6`` ...

    Raises
    ------
    InputError
        If there is none, with the nearest names.
    """
    index = names.index((one, (one.name, *aliases)) for one, aliases in _listed())
    if names.plain(name) in index:
        return index[names.plain(name)]
    try:
        return _zinc_blende(name)
    except InputError:
        known = [n for one, aliases in _listed() for n in (one.name, *aliases)]
        shown = [*known, *materials.names()]
        raise InputError("no such crystal", seen=name, nearest=nearest(name, shown)) from None


def _zinc_blende(name: str) -> Crystal:
    found = materials.crystal(name)
    face = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    sites = np.concatenate([face, face + 0.25])
    kinds = [
        "".join(f"{el}{x:g}" if x < 1 else el for el, x in ions.items())
        for ions in (found.cations, found.anions)
    ]
    species = tuple(np.repeat(kinds, 4).tolist())
    return Crystal(found.name, found.a_nm * np.eye(3), species, sites)


@lru_cache(maxsize=1)
def _listed() -> tuple[tuple[Crystal, tuple[str, ...]], ...]:
    from ase.spacegroup import crystal

    page = top(data_document("crystals.yaml"))
    out = []
    for entry in page.called("crystals").rows("crystal"):
        group = entry["space_group"].whole(1, 230)
        sites = [row.split() for row in entry["sites"].names()]
        *edges, alpha, beta, gamma = (float(x) for x in entry["cell"].text().split())
        entry["source"].text()
        atoms = crystal(
            [el for el, *_ in sites],
            [[float(x) for x in at] for _, *at in sites],
            spacegroup=group,
            cellpar=[*(10 * edge for edge in edges), alpha, beta, gamma],
        )
        one = Crystal(
            entry["name"].text(),
            np.array(atoms.cell) / 10,
            tuple(atoms.get_chemical_symbols()),
            atoms.get_scaled_positions(),
        )
        out.append((one, tuple(entry["aliases"].names())))
    page.faults.raise_if_any()
    return tuple(out)
