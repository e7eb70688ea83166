"""Arithmetic of recipes: what is put in, how long, how hot; nothing is run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from epidot.papers.words.registry import word
from epidot.recipe.events import Run, Wash
from epidot.runs.engines import shipped_recipe as read_recipe
from epidot.units import celsius

if TYPE_CHECKING:
    from epidot.recipe.accounting import Account

_SAME = 0.5  # degrees


@lru_cache(maxsize=64)
def account(name: str) -> Account:
    """What a shipped recipe puts in."""
    from epidot.recipe import accounting

    return accounting.account(read_recipe(name))


@word("recipe.mmol", put_in=True)
def mmol(recipe: str, reagent: str) -> float:
    """Amount of a reagent put in, in mmol (0 if none)."""
    return 1e3 * account(recipe).amount(reagent)


@word("recipe.dots_nmol", put_in=True)
def dots_nmol(recipe: str) -> float:
    """Amount of dots in the recipe, in nmol."""
    return 1e9 * account(recipe).dots_mol


@word("recipe.per_dot", put_in=True)
def per_dot(recipe: str, reagent: str) -> float:
    """Molecules of a reagent put in per dot."""
    return account(recipe).per_dot(reagent)


@word("recipe.hottest", put_in=True)
def hottest(recipe: str) -> float:
    """The highest temperature held or reached, in °C."""
    segments = [e.segment for e in read_recipe(recipe).timeline() if isinstance(e, Run)]
    return celsius(max(max(s.start_K, s.end_K) for s in segments))


@word("recipe.minutes", put_in=True)
def minutes(recipe: str, temperature_C: float) -> float:
    """How long the flask is held at a temperature (°C), in min."""
    total = 0.0
    for event in read_recipe(recipe).timeline():
        if isinstance(event, Run):
            ends = (event.segment.start_K, event.segment.end_K)
            if all(abs(celsius(t) - temperature_C) < _SAME for t in ends):
                total += event.duration_s
    return total / 60


@word("recipe.mL", put_in=True)
def mL(recipe: str) -> float:
    """The largest volume in the flask before work-up, in mL."""
    return 1e3 * account(recipe).volume_L


@word("recipe.addition_min", put_in=True)
def addition_min(recipe: str, reagent: str) -> float:
    """How long the slow addition of a reagent takes, in min."""
    times = [
        event.duration_s
        for event in read_recipe(recipe).timeline()
        if isinstance(event, Run) and any(dose.reagent == reagent for dose in event.doses)
    ]
    if not times:
        raise ValueError(f"{recipe} adds no {reagent} slowly")
    return sum(times) / 60


@word("recipe.washes", put_in=True)
def washes(recipe: str) -> float:
    """How often the dots are precipitated and redispersed."""
    return float(sum(e.times for e in read_recipe(recipe).timeline() if isinstance(e, Wash)))
