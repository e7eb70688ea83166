"""The substances a recipe may name: those epidot knows, and those the recipe declares itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from epidot.errors import InputError
from epidot.matter import formulas, reagents
from epidot.recipe.schema import OwnReagent


@dataclass(frozen=True)
class Substance:
    """A reagent as bought: one mole of it brings ``species`` (moles each) into the flask.

    ``elements`` counts the atoms of one mole of it, from its own formula (not from ``species``).
    """

    name: str
    species: Mapping[str, float]
    elements: Mapping[str, float]
    molar_mass: float
    density_g_mL: float | None
    boils_K: float | None

    @property
    def litre_per_mol(self) -> float | None:
        """Volume of one mole of the neat liquid; ``None`` for solids, gases and unknown densities."""
        return None if self.density_g_mL is None else self.molar_mass / self.density_g_mL / 1000

    @property
    def is_liquid(self) -> bool:
        """Whether it can be the medium of a flask."""
        return self.density_g_mL is not None


class Stockroom:
    """Looks up reagents and the composition of dissolved species."""

    def __init__(
        self, own: Mapping[str, OwnReagent] | None = None, unreadable: frozenset[str] = frozenset()
    ) -> None:
        self._unreadable = unreadable
        self._own = {name: _own(name, entry) for name, entry in (own or {}).items()}

    def find(self, name: str) -> Substance:
        """The substance of that name or alias; raises :class:`InputError` with the nearest names.

        For a reagent whose own entry could not be read the error is empty: its fault has been told.
        """
        if name in self._unreadable:
            raise InputError(())
        return self._own.get(name) or _known(name)

    def elements(self, species: str) -> Mapping[str, float]:
        """Atoms per formula unit of a dissolved species."""
        if species in self._unreadable:
            raise InputError(())
        if species in self._own:
            return self._own[species].elements
        return reagents.formula(species)


def _known(name: str) -> Substance:
    found = reagents.reagent(name)
    return Substance(
        name=found.name,
        species=dict(found.species),
        elements=formulas.elements(found.formula),
        molar_mass=found.molar_mass,
        density_g_mL=found.density_g_mL,
        boils_K=found.boiling_K,
    )


def _own(name: str, entry: OwnReagent) -> Substance:
    formula = entry.formula.replace(" ", "")
    elements = formulas.elements(formula)
    return Substance(
        name=name,
        species=dict(entry.dissolves_as or {name: 1.0}),
        elements=elements,
        molar_mass=formulas.molar_mass(formula),
        density_g_mL=entry.density,
        boils_K=entry.boils,
    )
