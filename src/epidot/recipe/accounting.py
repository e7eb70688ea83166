"""Accounts for the matter of a recipe: every reagent, species and element, and that all of it adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from epidot.dot import composition
from epidot.matter import formulas, materials
from epidot.recipe import formatting
from epidot.recipe.events import Charge, Dose, Event, FormCore, React, Run, Wash
from epidot.recipe.recipe import Recipe
from epidot.recipe.stockroom import Stockroom

Moles = Mapping[str, float]


@dataclass(frozen=True)
class Entry:
    """One reagent of a recipe, all its additions together."""

    reagent: str
    amount_mol: float
    volume_L: float
    per_dot: float | None
    lines: tuple[int, ...]
    carried_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """What a recipe puts into its flask.

    ``entries`` reagent by reagent (solvents of stock solutions say what they carried); ``species`` moles of
    every dissolved species charged; ``elements`` moles of every element in them; ``core_elements`` moles in
    the stoichiometric lattice of the dots put in (surface excess and ligands are the mechanism's to say);
    ``media`` moles of the fresh solvents of work-up; ``volume_L`` the largest volume in the flask before
    work-up; ``closure`` the largest relative difference of any element between the formulas of the reagents,
    the species they become, and what is there after the declared reactions.
    """

    recipe: str
    dots_mol: float
    entries: tuple[Entry, ...]
    species: Moles
    elements: Moles
    core_elements: Moles
    media: Moles
    volume_L: float
    closure: float

    def per_dot(self, reagent: str) -> float:
        """Moles of a reagent per mole of dots; raises ``KeyError`` if there is none."""
        for entry in self.entries:
            if entry.reagent == reagent and entry.per_dot is not None:
                return entry.per_dot
        raise KeyError(reagent)

    def amount(self, reagent: str) -> float:
        """Moles of a reagent put in, 0 if none."""
        return sum(entry.amount_mol for entry in self.entries if entry.reagent == reagent)

    def text(self) -> str:
        """The account as a plain table."""
        rows = [("reagent", "amount", "per dot", "volume", "")]
        for entry in self.entries:
            rows.append(
                (
                    entry.reagent,
                    formatting.amount(entry.amount_mol),
                    "" if entry.per_dot is None else f"{entry.per_dot:.0f}",
                    formatting.volume(entry.volume_L) if entry.volume_L > 0 else "",
                    f"(with {', '.join(entry.carried_by)})" if entry.carried_by else "",
                )
            )
        elements = ", ".join(f"{e} {formatting.amount(n)}" for e, n in sorted(self.elements.items()))
        dots = f"dots: {formatting.amount(self.dots_mol)}; " if self.dots_mol else ""
        return "\n".join(
            [
                self.recipe,
                *formatting.table(rows),
                f"{dots}volume: {formatting.volume(self.volume_L)}",
                f"elements put in: {elements}",
                f"closure: {self.closure:.1e}",
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data: moles, litres, numbers per dot."""
        return {
            "recipe": self.recipe,
            "dots_mol": self.dots_mol,
            "reagents": [asdict(e) for e in self.entries],
            "species_mol": dict(self.species),
            "elements_mol": dict(self.elements),
            "core_elements_mol": dict(self.core_elements),
            "media_mol": dict(self.media),
            "volume_L": self.volume_L,
            "closure": self.closure,
        }


def account(recipe: Recipe) -> Account:
    """The account of a recipe."""
    room = Stockroom(recipe.header.reagents)
    events = recipe.timeline()
    doses = [d for e in events if isinstance(e, (Charge, Run)) for d in e.doses]
    dots = _dots(recipe, events)
    species = _sum(d.species for d in doses)
    elements = _elements(species, room)
    by_formula = _sum(
        {element: n * d.amount_mol for element, n in room.find(d.reagent).elements.items()} for d in doses
    )
    after = _elements(_after_reactions(events), room)
    media = _sum(e.liquor for e in events if isinstance(e, Wash))
    return Account(
        recipe=recipe.name,
        dots_mol=dots,
        entries=_entries(doses, dots),
        species=species,
        elements=elements,
        core_elements=_core_elements(recipe),
        media=media,
        volume_L=_largest_volume(events),
        closure=max(_apart(elements, by_formula), _apart(_sum([elements, _elements(media, room)]), after)),
    )


def _entries(doses: list[Dose], dots: float) -> tuple[Entry, ...]:
    order: dict[tuple[str, bool], list[Dose]] = {}
    for dose in doses:
        order.setdefault((dose.reagent, dose.carried_by is not None), []).append(dose)
    out = []
    for (reagent, carried), group in order.items():
        amount = sum(d.amount_mol for d in group)
        out.append(
            Entry(
                reagent,
                amount,
                sum(d.volume_L for d in group),
                None if carried or dots <= 0 else amount / dots,
                tuple(sorted({d.line for d in group})),
                tuple(dict.fromkeys(d.carried_by for d in group if d.carried_by is not None)),
            )
        )
    return tuple(out)


def _after_reactions(events: Iterable[Event]) -> dict[str, float]:
    """Moles of everything that exists in the end: dissolved, solid, gone and washed away."""
    out: dict[str, float] = {}
    for event in events:
        parts: list[Moles] = []
        if isinstance(event, Charge):
            parts.append(event.liquor)
        elif isinstance(event, Run):
            parts.append({k: v * event.segment.duration_s for k, v in event.segment.inflow.items()})
        elif isinstance(event, Wash):
            parts.append(event.liquor)
        elif isinstance(event, React):
            parts.append(event.change)
        elif isinstance(event, FormCore):
            parts += [event.change, {event.material: event.solid_mol}]
        for part in parts:
            for name, n in part.items():
                out[name] = out.get(name, 0.0) + n
    return out


def _dots(recipe: Recipe, events: Iterable[Event]) -> float:
    if recipe.core is not None:
        return recipe.core.amount_mol
    return next((e.dots_mol for e in events if isinstance(e, FormCore)), 0.0)


def _core_elements(recipe: Recipe) -> dict[str, float]:
    if recipe.core is None:
        return {}
    a_nm = materials.material(recipe.core.material)["a_nm"]
    units = composition.anions_per_core(recipe.core.diameter_nm, a_nm) * recipe.core.amount_mol
    return {e: n * units for e, n in formulas.elements(recipe.core.material).items()}


def _largest_volume(events: Iterable[Event]) -> float:
    volume = largest = 0.0
    for event in events:
        if isinstance(event, Charge):
            volume += event.volume_L
        elif isinstance(event, Run):
            volume += event.segment.volume_inflow * event.segment.duration_s
        elif isinstance(event, Wash):
            break
        largest = max(largest, volume)
    return largest


def _elements(species: Moles, room: Stockroom) -> dict[str, float]:
    return _sum({e: n * mol for e, n in room.elements(name).items()} for name, mol in species.items())


def _sum(parts: Iterable[Moles]) -> dict[str, float]:
    out: dict[str, float] = {}
    for part in parts:
        for name, n in part.items():
            out[name] = out.get(name, 0.0) + n
    return out


def _apart(a: Moles, b: Moles) -> float:
    """Largest relative difference of any element."""
    scale = max((abs(n) for n in a.values()), default=0.0)
    if scale == 0:
        return 0.0
    return max(abs(a.get(e, 0.0) - b.get(e, 0.0)) / max(abs(a.get(e, 0.0)), 1e-6 * scale) for e in {*a, *b})
