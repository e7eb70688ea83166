"""What checks ask for: runs of recipes and the light of described dots, each carried out once.

A run is a pure function of the recipe, the engine and the changes asked for; nothing depends on the order of
asking, nor on how many workers share the flasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from epidot.dot.layers import Population
from epidot.errors import InputError, WorkError, nearest
from epidot.recipe import recipe as recipes
from epidot.runs import engines
from epidot.runs.beginnings import Beginnings
from epidot.runs.order import LATTICE, MEAN_FIELD, Order
from epidot.runs.quantities import LIGHT, needing
from epidot.transport.constants import DEFAULT as HYPOTHESIS

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from epidot.light.optics import Optics
    from epidot.quantities import Quantities
    from epidot.runs.flasks import Flasks
    from epidot.runs.run import Run

Dots = TypeVar("Dots")
Wanted = tuple[str, tuple[str, ...], str]  # recipe, what is put in double, hypothesis about halides
FLASKS = 30  # of the lattice, for every recipe
GROUPS = 10  # of the dots of one run
DEAR_GROUPS = 5  # light is solved, or an instrument read, anew for every group left out


class UnknownHere(WorkError):
    """What is asked for cannot be known to the engine, or to the run, that a check is held against."""


@dataclass
class Experiments:
    """What the checks of one evaluation have already computed.

    ``dots`` are the described ones; ``engine`` carries the recipes out; ``left_out`` are flasks (by their
    place) that do not count, for the scatter of a mean.  ``beginnings`` are what flasks
    have in common.  ``asked`` collects the recipes a check named;
    ``workers`` share the flasks.  With ``only`` no recipe is carried out: that one run answers, or nobody;
    its dots are then what is left out.
    """

    dots: Mapping[str, Population] = field(default_factory=dict)
    engine: str = MEAN_FIELD
    runs: dict[Wanted, Run] = field(default_factory=dict)
    flasks: dict[Wanted, Flasks] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    asked: set[Wanted] = field(default_factory=set)
    workers: Executor | None = None
    only: Run | None = None
    beginnings: Beginnings = field(default_factory=Beginnings)
    _light: dict[str, Optics] = field(default_factory=dict)
    _measured: dict[tuple[int, str], tuple[object, Quantities]] = field(default_factory=dict)

    def by(self, engine: str, left_out: frozenset[int] = frozenset()) -> Experiments:
        """The same experiments seen through ``engine``, without the flasks (or dots) ``left_out``."""
        return replace(self, engine=engine, left_out=left_out, asked=set())

    def run(self, name: str, twice: tuple[str, ...] = (), hypothesis: str = "") -> Run:
        """The recipe carried out with the shipped mechanism, ``twice`` put in double.

        ``hypothesis`` about halides as in :mod:`epidot.transport.constants`; empty for the usual one.

        Raises
        ------
        UnknownHere
            If one run is to answer, and it is another.
        """
        wanted = (name, twice, hypothesis or HYPOTHESIS)
        self.asked.add(wanted)
        if self.only is not None:
            return self._only(wanted)
        order = Order(engines.shipped_recipe(name), hypothesis=wanted[2], light="mean", twice=twice)
        if self.engine == MEAN_FIELD or not engines.grows(name):
            if wanted not in self.runs:
                self.runs[wanted] = self._in_mean_field(replace(order, engine=MEAN_FIELD))
            return self.runs[wanted]
        if wanted not in self.flasks:
            self.flasks[wanted] = self._in_flasks(replace(order, engine=self.engine))
        return self.flasks[wanted].mean(self.left_out)

    def _in_mean_field(self, order: Order) -> Run:
        from epidot.runs.flasks import carried

        (begun,) = self.beginnings.of(order, [order.seed], _others(order))
        run, kept = carried(begun)
        self.beginnings.remember(begun, kept)
        return run

    def _in_flasks(self, order: Order) -> Flasks:
        from epidot.runs.flasks import in_flasks

        others = [other for other in _others(order) if engines.grows(other.recipe.name)]
        return in_flasks(order, FLASKS, self.workers, self.beginnings, others)

    def _only(self, wanted: Wanted) -> Run:
        assert self.only is not None
        order = self.only.setting.order
        if wanted != (order.recipe.name, order.twice, order.hypothesis):
            raise UnknownHere("not answered by this run")
        return self.only.without(self.left_out) if self.left_out else self.only

    def rests_on(self) -> tuple[int, int]:
        """Flasks and dots in each that the answers rest on; none where no dots grew one by one."""
        from epidot.runs.flasks import DOTS

        grown = self.engine == LATTICE and any(engines.grows(recipe) for recipe, *_ in self.asked)
        if not grown:
            return 0, 0
        return (FLASKS, DOTS) if self.only is None else (1, self.only.setting.order.dots)

    def groups(self, dear: bool) -> list[frozenset[int]]:
        """What is left out by turns, so that the scatter of the answers tells the error of their mean.

        ``dear`` says that light is asked for or an instrument read: in fewer groups then, and for a single
        run not at all.  Errors from five groups are themselves known to a third, from thirty to an eighth.
        """
        if self.engine != LATTICE:
            return []
        if self.only is None:
            members, n = FLASKS, DEAR_GROUPS if dear else FLASKS
        else:
            members = self.only.setting.order.dots
            n = 0 if dear or members < 2 else min(members, GROUPS)
        return [frozenset(range(i, members, n)) for i in range(n)]

    def measured(self, dots: Dots, how: str, measure: Callable[[Dots], Quantities]) -> Quantities:
        """What an instrument measures of ``dots`` in the way ``how``, each done once.

        Flasks without growth are the same whatever is left out, and so is what is measured of them.
        """
        key = id(dots), how  # the dots are kept beside it, so that no others get their place
        if key not in self._measured:
            self._measured[key] = dots, measure(dots)
        return self._measured[key][1]

    def described(self, dot: str) -> Population:
        """A dot that the paper's file describes.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if dot not in self.dots:
            raise InputError("no such dot is described", seen=dot, nearest=nearest(dot, self.dots))
        return self.dots[dot]

    def light(self, dot: str, quantity: str) -> float:
        """A quantity of light of a described dot.

        Raises
        ------
        InputError
            If no dot of that name is described, or light has no such quantity.
        """
        from epidot.light.optics import Optics

        given = self.described(dot)
        known = needing(*LIGHT)
        if quantity not in known:
            raise InputError("light has no such quantity", seen=quantity, nearest=nearest(quantity, known))
        if dot not in self._light:
            self._light[dot] = Optics(Population.even(given.dot, engines.EVEN, given.sigma_rel))
        return float(getattr(self._light[dot], quantity))


def _others(order: Order) -> list[Order]:
    """The other recipes of the same paper, which may begin alike and will be asked for as well."""
    paper = order.recipe.name.rpartition("/")[0] + "/"
    names = (name for name in recipes.shipped() if name.startswith(paper) and name != order.recipe.name)
    return [replace(order, recipe=engines.shipped_recipe(name)) for name in names]
