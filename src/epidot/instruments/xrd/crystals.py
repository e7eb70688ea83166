"""Crystals whose powder pattern is known: every material, by its structure, and the standards beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.documents import Entry, data_document, top
from epidot.errors import Gap, InputError, nearest
from epidot.matter import formulas, materials, names
from epidot.matter.compound import Material, charges
from epidot.matter.materials import VARIABLE

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Crystal:
    """A unit cell: ``cell_nm`` (3, 3) with the cell's edges as rows, ``species`` (n,), ``fractional`` (n, 3).

    A species may be a mixture on one site, written ``Se0.5S0.5``.
    """

    name: str
    cell_nm: Array
    species: tuple[str, ...]
    fractional: Array

    @cached_property
    def a_nm(self) -> float:
        """The first edge of the cell."""
        return float(np.linalg.norm(self.cell_nm[0]))

    @cached_property
    def c_nm(self) -> float:
        """The third edge of the cell."""
        return float(np.linalg.norm(self.cell_nm[2]))

    @cached_property
    def cubic(self) -> bool:
        """Whether one number is all of the lattice."""
        return bool(np.allclose(self.cell_nm @ self.cell_nm.T, self.a_nm**2 * np.eye(3), atol=1e-9))

    @cached_property
    def volume_nm3(self) -> float:
        return float(abs(np.linalg.det(self.cell_nm)))

    @cached_property
    def heights_nm(self) -> Array:
        """Distances of the faces of the cell that lie opposite each other, shape (3,)."""
        return np.asarray(1 / np.linalg.norm(self.reciprocal, axis=1))

    @cached_property
    def reciprocal(self) -> Array:
        """Edges of the reciprocal cell as rows, 1/nm, without 2 pi, shape (3, 3)."""
        return np.asarray(np.linalg.inv(self.cell_nm).T)

    @property
    def mass(self) -> float:
        """Mass of the cell, g/mol."""
        return sum(formulas.molar_mass(one) for one in self.species)

    def metallic(self, species: str) -> bool:
        """Whether that species is the cation, on which dots end."""
        return any(charges().get(element, 0) > 0 for element in formulas.elements(species))


def powder_crystal(name: str) -> Crystal:
    """The crystal of that name: ``InP``, ``ZnSe0.5S0.5``, ``CdO``, ``LaB6`` ...

    Raises
    ------
    InputError
        If there is none, with the nearest names.
    Gap
        If the material's file lacks a number of its lattice.
    """
    return _crystal(name, os.environ.get(VARIABLE))


@lru_cache(maxsize=64)
def _crystal(name: str, _own: str | None) -> Crystal:
    index = names.index((one, (one.name, *aliases)) for one, aliases in _standards())
    if names.plain(name) in index:
        return index[names.plain(name)]
    try:
        found = materials.material(name)
    except InputError:
        shown = [*materials.names(), *(one.name for one, _ in _standards())]
        raise InputError("no such crystal", seen=name, nearest=nearest(name, shown)) from None
    return _of_material(found)


def _of_material(found: Material) -> Crystal:
    page = top(data_document("crystals.yaml"))
    prototype = page["prototypes"].table()[found.structure]
    group, rows = prototype["space_group"].whole(1, 230), prototype["sites"].names()
    prototype["source"].text()
    page.faults.raise_if_any()
    letters = {place for row in rows for place in row.split()[1:] if place.isidentifier()}
    edges = ("a_nm", "c_nm") if found.structure == "wurtzite" else ("a_nm",)
    if missing := sorted(key for key in (*edges, *letters) if key not in found):
        what = f"no {', '.join(missing)} of {found.name}, which its powder pattern needs"
        raise Gap(what, remedy=f"write it into {found.file or 'its file'} with a source")
    a, c = found["a_nm"], found[edges[-1]]
    ions = {
        role: "".join(f"{el}{x / sum(mix.values()):g}" if len(mix) > 1 else el for el, x in mix.items())
        for role, mix in (("cation", found.cations), ("anion", found.anions))
    }
    angles = (90.0, 90.0, 120.0 if found.structure == "wurtzite" else 90.0)
    sites = [
        (ions[role], tuple(found[place] if place in letters else float(place) for place in at))
        for role, *at in (row.split() for row in rows)
    ]
    return _expanded(found.name, group, (a, a, c, *angles), sites)


def _expanded(
    name: str, group: int, cell: tuple[float, ...], sites: Iterable[tuple[str, tuple[float, ...]]]
) -> Crystal:
    """The whole cell (edges in nm, angles in degrees) from its independent sites."""
    from ase.spacegroup import crystal

    kinds, places = zip(*sites, strict=True)
    atoms = crystal(
        ["H"] * len(kinds),  # what stands on a site may be a mixture: it is known by its number
        places,
        spacegroup=group,
        cellpar=[*(10 * edge for edge in cell[:3]), *cell[3:]],
    )
    species = tuple(kinds[k] for k in atoms.arrays["spacegroup_kinds"])
    return Crystal(name, np.array(atoms.cell) / 10, species, atoms.get_scaled_positions())


@lru_cache(maxsize=1)
def _standards() -> tuple[tuple[Crystal, tuple[str, ...]], ...]:
    page = top(data_document("crystals.yaml"))
    out = [(_listed(entry), tuple(entry["aliases"].names())) for entry in page["standards"].rows("standard")]
    page.faults.raise_if_any()
    return tuple(out)


def _listed(entry: Entry) -> Crystal:
    entry["source"].text()
    sites = [(el, tuple(map(float, at))) for el, *at in (row.split() for row in entry["sites"].names())]
    cell = tuple(float(x) for x in entry["cell"].text().split())
    return _expanded(entry["name"].text(), entry["space_group"].whole(1, 230), cell, sites)
