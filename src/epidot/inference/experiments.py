"""What a study holds side by side: recipes as they were carried out, and what was measured in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from epidot.inference.problem import Datum
from epidot.recipe.places import Place
from epidot.recipe.recipe import Recipe


@dataclass(frozen=True)
class Unknown:
    """A value of a recipe that is free: where, and the unit in which its prior speaks."""

    experiment: str
    place: Place
    unit: str

    def written(self, value: float) -> Any:
        """As it stands in a recipe."""
        return f"{value:.12g} {self.unit}" if self.unit else value


@dataclass(frozen=True)
class Experiment:
    """A recipe as it was carried out, with its samples."""

    name: str
    recipe: Recipe
    text: str  # of the recipe before anything was changed


@dataclass(frozen=True)
class Look:
    """One quantity of one sample of an experiment."""

    experiment: str
    sample: str
    quantity: str


@dataclass(frozen=True)
class Measured:
    """A datum and what in the runs stands for it: a look, over or less another one, perhaps times a scale."""

    datum: Datum
    look: Look
    other: Look | None = None
    how: str = ""  # "over" or "less"
    source: str = ""
    scale: str = ""  # the prior of a factor that no run knows

    def predicted(
        self, looks: Mapping[Look, float], values: Mapping[str, float] = MappingProxyType({})
    ) -> float:
        """From the values of all looks, and of the free parameters by their names."""
        scale = values[self.scale] if self.scale else 1.0
        first = looks[self.look]
        if self.other is None:
            return scale * first
        second = looks[self.other]
        if self.how == "less":
            return scale * (first - second)
        return scale * first / second if second else math.nan
