"""The two interpreters of the mechanism that carry recipes out.

On the lattice a recipe is carried out in ``FLASKS`` independent flasks of few dots, each with random
numbers of its own; their scatter says how well the mean is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from epidot.dot.grown import GrownDot
from epidot.growth.state import Engine, FlaskState
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.papers.lit import even_diameters
from epidot.recipe import events as ev

if TYPE_CHECKING:
    from epidot.recipe.recipe import Recipe

EngineName = Literal["meanfield", "kmc"]
MEAN_FIELD: EngineName = "meanfield"
LATTICE: EngineName = "kmc"
ENGINES: tuple[EngineName, ...] = (MEAN_FIELD, LATTICE)
IN_WORDS: Mapping[str, str] = {MEAN_FIELD: "in mean field", LATTICE: "on the lattice"}

FLASKS = 30
DOTS = 2  # per flask, one smaller and one larger than the mean by the spread of the recipe


def default() -> str:
    """The engine of `epidot run` where none is named; its answers are the first ones."""
    from dataclasses import fields

    from epidot.runs.order import Order

    return next(str(f.default) for f in fields(Order) if f.name == "engine")


@lru_cache(maxsize=64)
def recipe(name: str) -> Recipe:
    """A shipped recipe, read once."""
    from epidot.recipe import recipe as recipes

    return recipes.load(name)


@lru_cache(maxsize=64)
def grows(name: str) -> bool:
    """Whether engines can differ: dots whose surface reacts, and time for it before a described shell."""
    read = recipe(name)
    known = mechanisms.load().surfaces
    start = FlaskState.at_start(read)
    bare = start.dots_mol > 0 and start.core in known
    for event in read.timeline():
        if isinstance(event, ev.FormCore):
            bare = False  # cores that form in the flask have no surface the mechanism knows
        elif isinstance(event, ev.DescribeShell):
            return False
        elif isinstance(event, ev.Run) and bare:
            return True
    return False


def mean_field(mechanism: Mechanism) -> Engine:
    """The mean field."""
    from epidot.growth.meanfield import MeanField

    return MeanField(mechanism)


def lattice(mechanism: Mechanism, start: FlaskState, sigma_rel: float, flask: int) -> Engine:
    """The lattice for flask number ``flask``; its number fixes all chance.

    Every flask holds dots of the same ``DOTS`` diameters, which have the mean and the spread of the
    recipe, so that flasks differ by chance only.
    """
    from epidot.growth.lattice.engine import LatticeEngine

    sizes = even_diameters(start.core_diameter_nm, sigma_rel, DOTS)
    return LatticeEngine(mechanism, DOTS, flask, sigma_rel, diameters_nm=sizes)


def grown(state: FlaskState, mechanism: Mechanism) -> tuple[GrownDot, ...]:
    """Every dot of a state on its sites; none where the engine knows no sites."""
    if state.grown is None or mechanism.lattice is None:
        return ()
    found: tuple[GrownDot, ...] = state.grown.dots(mechanism.lattice)
    return found
