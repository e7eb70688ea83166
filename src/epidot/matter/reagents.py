"""Chemicals on the shelf: formula, molar mass, density, purity, and what they become in the liquor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any, Literal, cast, get_args

from epidot.documents import Entry, data_document, top
from epidot.errors import InputError, nearest
from epidot.matter import formulas, names
from epidot.parameter import Parameter

Role = Literal["reactive", "solvent", "precipitant", "gas"]

_KEYS = (
    "name",
    "aliases",
    "role",
    "purity",
    "solution",
    "species",
    "density_g_mL",
    "refractive_index",
    "boiling_K",
)
_NUMBERS = ("density_g_mL", "refractive_index", "boiling_K")


@dataclass(frozen=True)
class Reagent:
    """One chemical as it is bought or stocked.

    ``species`` gives mol of dissolved species per mol of reagent, ``molar_mass`` (g/mol) belongs to all
    of them together; so 48 % hydrofluoric acid has 1.20 mol of water for every mol of HF and weighs
    41.7 g per mol of HF.  ``purity`` is a mass fraction (``None``: not given) and, but for a stated
    ``solution``, nothing is subtracted for it.  ``parameters`` holds the sourced numbers by name.
    """

    name: str
    aliases: tuple[str, ...]
    formula: str
    molar_mass: float
    species: Mapping[str, float]
    role: Role
    purity: float | None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def density_g_mL(self) -> float | None:
        """Density of the liquid near room temperature; ``None`` for solids, gases and unknown densities."""
        return self._number("density_g_mL")

    @property
    def boiling_K(self) -> float | None:
        """Boiling point at 1 atm, where known."""
        return self._number("boiling_K")

    @property
    def refractive_index(self) -> float | None:
        """Refractive index at the sodium line, where known."""
        return self._number("refractive_index")

    @property
    def source(self) -> str:
        """Where the molar mass comes from (every other number has its own source in ``parameters``)."""
        return formulas.weights_source()

    def _number(self, name: str) -> float | None:
        found = self.parameters.get(name)
        return None if found is None else found.value


@lru_cache(maxsize=1)
def shelf() -> tuple[Reagent, ...]:
    """Everything epidot stocks, in the order of ``reagents.yaml``."""
    page = top(data_document("reagents.yaml"))
    found = tuple(_reagent(entry) for entry in page["reagents"].rows("reagent"))
    page.faults.raise_if_any()
    return found


@lru_cache(maxsize=1)
def _index() -> dict[str, Reagent]:
    return names.index((one, (one.name, *one.aliases)) for one in shelf())


def reagent(name: str) -> Reagent:
    """The reagent of that name or alias (``TOPSe``, ``zinc oleate``, ``oleic acid`` ...).

    Raises
    ------
    InputError
        If epidot knows no such reagent, with the nearest names.
    """
    shown = [n for one in shelf() for n in (one.name, *one.aliases)]
    return names.look_up("reagent", name, _index(), shown)


@cache
def _formula(species: str) -> Mapping[str, float]:
    data = data_document("reagents.yaml").data
    text = data["species"].get(species)
    if text is None:
        # A formula without brackets names itself (H2S, InCl3); with brackets, a typing slip such as
        # Zn(OB)2 would pass for a compound of boron.
        if "(" not in species:
            with suppress(InputError):
                return formulas.elements(species)
        raise InputError(
            "unknown dissolved species",
            seen=species,
            nearest=nearest(species, data["species"]),
            remedy="species are written as in Zn(OA)2, SePR3 or PR3(OA)2",
        )
    return formulas.elements(written_out(text))


def is_listed(species: str) -> bool:
    """Whether the data list a dissolved species by this name (a plain formula names itself as well)."""
    return species in data_document("reagents.yaml").data["species"]


def formula(species: str) -> dict[str, float]:
    """Atoms of each element in one formula unit of a dissolved species, e.g. ``Zn(OA)2``.

    Raises
    ------
    InputError
        If the species is unknown and is not a formula without brackets either.
    """
    return dict(_formula(species))


def written_out(text: str) -> str:
    """A formula with the groups (``OA``, ``R``, ``TMS`` ...) replaced by theirs, in brackets."""
    groups: Mapping[str, str] = data_document("reagents.yaml").data["groups"]
    longest = sorted(groups, key=len, reverse=True)
    pattern = "|".join(rf"{re.escape(group)}(?![a-z])" for group in longest)
    spelt = re.sub(pattern, lambda m: f"({groups[m[0]]})", text)
    return re.sub(r"\(\(([^()]+)\)\)", r"(\1)", spelt)


def refractive_index(medium: str) -> float:
    """Refractive index at the sodium line of a liquid, of ``air`` or of ``vacuum``.

    Raises
    ------
    InputError
        If the medium is unknown or no refractive index of it is known.
    """
    return refractive_index_parameter(medium).value


def refractive_index_parameter(medium: str) -> Parameter:
    """The same with source and status; errors as :func:`refractive_index`."""
    return names.look_up("refractive index of this medium", medium, *_optical())


@lru_cache(maxsize=1)
def _optical() -> tuple[dict[str, Parameter], tuple[str, ...]]:
    """Refractive index by plain name, and the names to show."""
    having = [one for one in shelf() if "refractive_index" in one.parameters]
    pairs: list[tuple[Parameter, tuple[str, ...]]] = [(value, (name,)) for name, value in _media().items()]
    pairs += [(one.parameters["refractive_index"], (one.name, *one.aliases)) for one in having]
    return names.index(pairs), (*_media(), *(one.name for one in having))


@lru_cache(maxsize=1)
def _media() -> Mapping[str, Parameter]:
    page = top(data_document("reagents.yaml"))
    found = page["media"].parameters()
    page.faults.raise_if_any()
    return {name: replace(value, name="refractive_index") for name, value in found.items()}


def _reagent(entry: Entry) -> Reagent:
    row = entry.fields(_KEYS)
    name = row["name"].text()
    role = row["role"].choice(get_args(Role))
    found = {key: row[key].parameter() for key in _NUMBERS if row[key]}
    written = _species(name, row.value)
    text = "".join(_part(species, amount) for species, amount in written.items())
    purity = row["purity"]
    return Reagent(
        name=name,
        aliases=tuple(row["aliases"].names()),
        formula=text,
        molar_mass=formulas.molar_mass(text),
        species=written,
        role=cast(Role, role),
        purity=purity["value"].number(0, 1) if purity else None,
        parameters={key: value for key, value in found.items() if value is not None},
    )


def _species(name: str, entry: Mapping[str, Any]) -> dict[str, float]:
    """mol of dissolved species per mol of reagent (of the solute, for a solution)."""
    solution = entry.get("solution")
    if solution is None:
        return {str(k): float(v) for k, v in (entry.get("species") or {name: 1}).items()}
    solute, solvent, share = str(solution["solute"]), str(solution["in"]), float(solution["mass_fraction"])
    mass = sum(formulas.atomic_weights()[e] * n for e, n in formula(solute).items())
    other = sum(formulas.atomic_weights()[e] * n for e, n in formula(solvent).items())
    return {solute: 1.0, solvent: mass * (1 - share) / share / other}


def _part(species: str, amount: float) -> str:
    text = written_out(data_document("reagents.yaml").data["species"].get(species, species))
    return text if amount == 1 else f"({text}){amount:.12g}"
