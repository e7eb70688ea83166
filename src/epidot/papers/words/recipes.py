"""Arithmetic of recipes: what is put in, how long, how hot; nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from epidot.papers.words.registry import word
from epidot.units import celsius

_SAME = 0.5  # degrees


@lru_cache(maxsize=64)
def _recipe(name: str) -> Any:
    from epidot.synthesis import recipe

    return recipe.load(name)


def _doses(name: str, reagent: str) -> Iterator[tuple[Any, Any]]:
    for event in _recipe(name).timeline():
        for dose in getattr(event, "doses", ()):
            if dose.reagent == reagent:
                yield event, dose


@word("recipe.mmol")
def mmol(recipe: str, reagent: str) -> float:
    """Amount of a reagent put in, in mmol (0 if none)."""
    return 1e3 * sum(dose.amount_mol for _, dose in _doses(recipe, reagent))


@word("recipe.dots_nmol")
def dots_nmol(recipe: str) -> float:
    """Amount of dots the recipe starts from, in nmol."""
    core = _recipe(recipe).core
    if core is None:
        raise ValueError(f"{recipe} does not start from dots")
    return 1e9 * float(core.amount_mol)


@word("recipe.per_dot")
def per_dot(recipe: str, reagent: str) -> float:
    """Molecules of a reagent put in per dot."""
    return 1e6 * mmol(recipe, reagent) / dots_nmol(recipe)


@word("recipe.hottest")
def hottest(recipe: str) -> float:
    """The highest temperature held or reached, in °C."""
    segments = [e.segment for e in _recipe(recipe).timeline() if hasattr(e, "segment")]
    return celsius(max(max(s.start_K, s.end_K) for s in segments))


@word("recipe.minutes")
def minutes(recipe: str, temperature_C: float) -> float:
    """How long the flask is held at a temperature (°C), in min."""
    total = 0.0
    for event in _recipe(recipe).timeline():
        segment = getattr(event, "segment", None)
        if segment is not None and all(
            abs(celsius(t) - temperature_C) < _SAME for t in (segment.start_K, segment.end_K)
        ):
            total += segment.duration_s
    return total / 60


@word("recipe.mL")
def mL(recipe: str) -> float:
    """Volume of the flask when everything but washings has gone in, in mL."""
    total = 0.0
    for event in _recipe(recipe).timeline():
        total += getattr(event, "volume_L", 0.0) if hasattr(event, "doses") else 0.0
        if type(event).__name__ == "Wash":
            break
    return 1e3 * total


@word("recipe.addition_min")
def addition_min(recipe: str, reagent: str) -> float:
    """How long the slow addition of a reagent takes, in min."""
    times = [event.duration_s for event, _ in _doses(recipe, reagent) if event.duration_s > 0]
    if not times:
        raise ValueError(f"{recipe} adds no {reagent} slowly")
    return sum(times) / 60


@word("recipe.washes")
def washes(recipe: str) -> float:
    """How often the dots are precipitated and redispersed."""
    return float(sum(e.times for e in _recipe(recipe).timeline() if type(e).__name__ == "Wash"))
