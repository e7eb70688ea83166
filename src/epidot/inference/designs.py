"""Which experiments could be done next: recipes with values to choose, and what would be measured in them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epidot.documents import Entry
from epidot.errors import Faults, nearest
from epidot.recipe import places
from epidot.recipe.places import Place
from epidot.recipe.recipe import Recipe
from epidot.runs.seen import find
from epidot.runs.sweep import ranges
from epidot.runs.sweep.plan import recipe_at

_FIELDS = ("recipe", "vary", "observe", "cost", "note")
_OBSERVE = ("sample", "quantity", "sigma", "cost", "note")
_WARM = ("°C", "K", "C")


@dataclass(frozen=True)
class Observation:
    """One quantity of one sample, measured with a standard error, at a cost beside that of the flask."""

    sample: str
    quantity: str
    sigma: float
    cost: float


@dataclass(frozen=True)
class Flask:
    """One way to carry a candidate out: its recipe with chosen values, and what that costs."""

    candidate: str
    written: Mapping[str, Any]
    recipe: Recipe
    cost: float

    @property
    def told(self) -> str:
        """In words."""
        at = ", ".join(f"{name} = {value}" for name, value in self.written.items())
        return f"{self.candidate}, {at}" if at else self.candidate

    @property
    def temperatures(self) -> tuple[str, ...]:
        """The values among those chosen that are temperatures."""
        return tuple(str(v) for v in self.written.values() if str(v).split(" ")[-1] in _WARM)


@dataclass(frozen=True)
class Design:
    """A flask and one thing observed in it."""

    flask: Flask
    observation: Observation

    @property
    def told(self) -> str:
        """In words."""
        o = self.observation
        return f"{self.flask.told}: {o.quantity} at “{o.sample}” to ± {o.sigma:g}"


def read(entry: Entry, faults: Faults) -> list[Design]:
    """Every design of the heading ``candidates``; what is wrong is noted in ``faults``."""
    out: list[Design] = []
    for name, one in entry.table("candidate").items():
        row = one.fields(_FIELDS, ("recipe", "observe"))
        recipe = recipe_at(row["recipe"])
        cost = row["cost"].number(1e-9, default=1.0)
        if recipe is None:
            continue
        chosen = _values(row["vary"], recipe)
        observations = [
            o for r in row["observe"].rows("observe") if (o := _observation(r, recipe)) is not None
        ]
        if len(faults.found) == 0:
            flasks = _flasks(row["vary"], name, recipe, chosen, cost)
            out += [Design(flask, o) for flask in flasks for o in observations]
    return out


def _values(entry: Entry, recipe: Recipe) -> dict[Place, Sequence[Any]]:
    out: dict[Place, Sequence[Any]] = {}
    for name, one in entry.table().items():
        with one.placed():
            out[places.find(recipe, name)] = ranges.read(one.called(name), True).written
    return out


def _flasks(
    entry: Entry, name: str, recipe: Recipe, chosen: Mapping[Place, Sequence[Any]], cost: float
) -> list[Flask]:
    out = []
    for values in itertools.product(*chosen.values()):
        given = dict(zip(chosen, values, strict=True))
        with entry.placed():
            made = places.with_values(recipe, given, name) if given else recipe
            out.append(Flask(name, {p.name: v for p, v in given.items()}, made, cost))
    return out


def _observation(entry: Entry, recipe: Recipe) -> Observation | None:
    before = len(entry.faults.found)
    row = entry.fields(_OBSERVE, ("sample", "quantity", "sigma"))
    sample, quantity = row["sample"].text(""), row["quantity"].text("")
    known = ("start", *recipe.samples, "end")
    if row["sample"] and sample not in known:
        row["sample"].refuse("is no sample of the recipe", nearest=nearest(sample, known) or known)
    if row["quantity"]:
        with row["quantity"].placed():
            find(quantity)
    sigma = row["sigma"].number(1e-300)
    cost = row["cost"].number(0.0, default=0.1)
    return Observation(sample, quantity, sigma, cost) if len(entry.faults.found) == before else None
