"""Every shipped recipe gives what it gave before (see ``pins.py``)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pins import moved, read, samples

from epidot.recipe import recipe as recipes

PINS = read("recipes")


@pytest.mark.parametrize("recipe", recipes.shipped())
@pytest.mark.parametrize("engine", ["meanfield", "kmc"])
def test_recipe_gives_what_it_gave(engine: str, recipe: str) -> None:
    assert recipe in PINS[engine], "a new recipe: pin it with `python tests/regression/refresh.py`"
    assert moved(PINS[engine][recipe], samples(recipe, engine), recipe) == []


def test_no_pin_without_its_recipe() -> None:
    assert {engine: list(pins) for engine, pins in PINS.items()} == {
        engine: list(recipes.shipped()) for engine in ("meanfield", "kmc")
    }
