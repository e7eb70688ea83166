"""What a study holds side by side: recipes as they were carried out, and what was measured in them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    """A datum and what in the runs stands for it: a look, over or less another one, perhaps times a scale.

    ``charge`` is the error that the datum has in common with the other energies of the file ``source``, and
    ``told`` is what was said when the file was measured.
    """

    datum: Datum
    look: Look
    other: Look | None = None
    how: str = ""  # "over" or "less"
    source: str = ""
    scale: str = ""  # the prior of a factor that no run knows
    charge: float = 0.0
    told: tuple[str, ...] = ()

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


def with_charge(measured: Sequence[Measured]) -> tuple[Measured, ...]:
    """The same, the error of the charge reference in that of every energy.

    The n energies of one file are moved by it together, and a study has independent errors: each gets the
    n-fold variance.  No combination of them is then said to be known better than it is (c^2 n on the diagonal
    is at least c^2 everywhere, as matrices), and their mean has the error of the reference.
    """
    out = []
    for one in measured:
        if one.charge > 0:
            number = sum(other.charge > 0 and other.source == one.source for other in measured)
            wide = one.charge * math.sqrt(number)
            shared = f", which {number} energies of this file share" if number > 1 else ""
            said = f"{one.datum.name}: ± {wide:.2g} eV of its error is that of the charge reference{shared}"
            sigma = math.hypot(one.datum.sigma, wide)
            one = replace(one, datum=replace(one.datum, sigma=sigma), told=(*one.told, said))
        out.append(one)
    return tuple(out)
