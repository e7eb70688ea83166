"""The two interpreters of the mechanism that carry recipes out, and how much each is given to do.

On the lattice a recipe is carried out in ``FLASKS`` independent flasks of few dots, each with random
numbers of its own; their scatter says how well the mean is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from epidot.errors import NotBuiltYet
from epidot.synthesis import events as ev
from epidot.synthesis import mechanism as mechanisms
from epidot.synthesis.mechanism import Mechanism
from epidot.synthesis.state import Engine

if TYPE_CHECKING:
    from epidot.synthesis.recipe import Recipe

EngineName = Literal["meanfield", "kmc"]
MEAN_FIELD: EngineName = "meanfield"
LATTICE: EngineName = "kmc"
ENGINES: tuple[EngineName, ...] = (MEAN_FIELD, LATTICE)
IN_WORDS: Mapping[str, str] = {MEAN_FIELD: "in mean field", LATTICE: "on the lattice"}

FLASKS = 30
DOTS = 4  # per flask, where that is cheap
EVENTS = 4000.0  # per flask: a recipe with more per dot gets fewer dots, at least one


def default() -> str:
    """The engine of `epidot run` where none is named; its answers are the first ones."""
    from dataclasses import fields

    from epidot.runs.order import Order

    return next(str(f.default) for f in fields(Order) if f.name == "engine")


def dots_per_flask(events_per_dot: float) -> int:
    """How many dots a flask holds, by what one of them costs."""
    return max(1, min(DOTS, round(EVENTS / max(events_per_dot, 1.0))))


@lru_cache(maxsize=64)
def recipe(name: str) -> Recipe:
    """A shipped recipe, read once."""
    from epidot.synthesis import recipe as recipes

    return recipes.load(name)


@lru_cache(maxsize=64)
def grows(name: str) -> bool:
    """Whether engines can differ: dots whose surface reacts, and time for it before a described shell."""
    read = recipe(name)
    known = mechanisms.load().surfaces
    start = read.start()
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
    from epidot.synthesis.meanfield import MeanField

    return MeanField(mechanism)


def lattice(mechanism: Mechanism, sigma_rel: float, dots: int, seed: Sequence[int]) -> Engine:
    """The lattice with ``dots`` dots of relative spread ``sigma_rel``; ``seed`` fixes every random number.

    Raises
    ------
    NotBuiltYet
        If the lattice engine is not there.
    """
    raise NotBuiltYet("the lattice engine is not built yet")
