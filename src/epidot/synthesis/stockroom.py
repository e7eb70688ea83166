"""The substances a recipe may name: those epidot knows, and those the recipe declares itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from epidot.errors import Fault, InputError, nearest
from epidot.synthesis.schema import OwnReagent

_TOKEN = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)|(\()|(\))(\d*\.?\d*)")


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

    def __init__(self, own: Mapping[str, OwnReagent] | None = None) -> None:
        self._own = {name: _own(name, entry) for name, entry in (own or {}).items()}

    def find(self, name: str) -> Substance:
        """The substance of that name or alias; raises :class:`InputError` with the nearest names."""
        return self._own.get(name) or _known(name)

    def elements(self, species: str) -> Mapping[str, float]:
        """Atoms per formula unit of a dissolved species."""
        if species in self._own:
            return self._own[species].elements
        from epidot.matter import reagents

        return reagents.formula(species)


def _known(name: str) -> Substance:
    from epidot.matter import reagents

    found = reagents.reagent(name)
    bought = _total(found.species)
    return Substance(
        name=found.name,
        species=dict(found.species),
        elements=bought,
        molar_mass=_weight(bought),
        density_g_mL=found.density_g_mL,
        boils_K=_boiling(found),
    )


def _boiling(found: Any) -> float | None:
    value = getattr(found, "boiling_K", None)
    return None if value is None else float(value)


def _total(species: Mapping[str, float]) -> dict[str, float]:
    from epidot.matter import reagents

    out: dict[str, float] = {}
    for name, amount in species.items():
        for element, count in reagents.formula(name).items():
            out[element] = out.get(element, 0.0) + amount * count
    return out


def _own(name: str, entry: OwnReagent) -> Substance:
    elements = parse_formula(entry.formula)
    return Substance(
        name=name,
        species=dict(entry.dissolves_as or {name: 1.0}),
        elements=elements,
        molar_mass=_weight(elements),
        density_g_mL=None if entry.density is None else float(entry.density),
        boils_K=None if entry.boils is None else float(entry.boils),
    )


def parse_formula(text: str) -> dict[str, float]:
    """Atoms in a chemical formula such as ``Zn(C18H33O2)2``.

    Raises
    ------
    InputError
        If it is not a formula or names an unknown element.
    """
    stack: list[dict[str, float]] = [{}]
    at = 0
    compact = text.replace(" ", "")
    while at < len(compact):
        match = _TOKEN.match(compact, at)
        if match is None:
            raise InputError(
                Fault("not a chemical formula", seen=text, remedy="write e.g. C18H34O2 or Zn(C18H33O2)2")
            )
        element, count, opening, closing, times = match.groups()
        if opening:
            stack.append({})
        elif closing:
            if len(stack) == 1:
                raise InputError(Fault("a bracket of the formula is not open", seen=text))
            inner = stack.pop()
            for symbol, n in inner.items():
                stack[-1][symbol] = stack[-1].get(symbol, 0.0) + n * float(times or 1)
        else:
            if element not in _weights():
                raise InputError(
                    Fault("unknown element in a formula", seen=element, nearest=nearest(element, _weights()))
                )
            stack[-1][element] = stack[-1].get(element, 0.0) + float(count or 1)
        at = match.end()
    if len(stack) != 1 or not stack[0]:
        raise InputError(Fault("a bracket of the formula is not closed", seen=text))
    return stack[0]


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    from epidot import documents

    path = resources.files("epidot") / "data" / "elements.yaml"
    return {k: float(v) for k, v in documents.read(str(path)).data["weights"].items()}


def _weight(elements: Mapping[str, float]) -> float:
    weights = _weights()
    return sum(weights[element] * count for element, count in elements.items())
