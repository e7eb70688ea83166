"""The two interpreters of a mechanism that carry an order out, and where they can differ at all."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from epidot.dot.layers import Population, mid_quantiles
from epidot.growth.state import Engine, FlaskState
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe import events as ev
from epidot.recipe import recipe as recipes
from epidot.recipe.recipe import Recipe
from epidot.runs.order import LATTICE, Order

EVEN = 41  # sizes that stand for a flask where nobody says how many: claims, and what intervals rest on


def engine_of(order: Order, mechanism: Mechanism, threads: int = 1) -> Engine:
    """The engine ``order`` names, with its dots and seed; at most ``threads`` of its blocks at a time."""
    if order.engine != LATTICE:
        from epidot.growth.meanfield import MeanField

        return MeanField(mechanism)
    from epidot.growth.lattice.engine import LatticeEngine

    sigma = order.recipe.sigma_rel
    return LatticeEngine(mechanism, order.dots, order.seed, sigma, blocks=order.blocks, threads=threads)


def unequal_population(population: Population, sd_nm: float) -> Population:
    """The same cores with shells of unequal thickness, so that the outer diameter differs by ``sd_nm`` more.

    Thicknesses are at equal steps of probability, and go with the cores as chance would have it.
    """
    dots, n = population.dots, len(population.dots)
    shell = population.dot.diameter_nm - population.dot.core_diameter_nm
    if sd_nm <= 0 or shell <= 0 or n == 1:
        return population
    factors = np.random.default_rng(n).permutation(mid_quantiles(1.0, sd_nm / shell, n))
    members = tuple(
        replace(one, shells=tuple(replace(s, thickness_nm=s.thickness_nm * float(x)) for s in one.shells))
        for one, x in zip(dots, factors, strict=True)
    )
    return replace(population, members=members)


@lru_cache(maxsize=64)
def shipped_recipe(name: str) -> Recipe:
    """A shipped recipe, read once."""
    return recipes.load(name)


@lru_cache(maxsize=64)
def grows(name: str) -> bool:
    """Whether engines can differ on a shipped recipe; see :func:`dots_grow`."""
    return dots_grow(shipped_recipe(name), mechanisms.load())


def dots_grow(recipe: Recipe, mechanism: Mechanism) -> bool:
    """Whether there are dots whose surface reacts, and time for it before a described shell."""
    start = FlaskState.at_start(recipe)
    bare = start.dots_mol > 0 and start.core in mechanism.surfaces
    for event in recipe.timeline():
        if isinstance(event, ev.FormCore):
            bare = False  # cores that form in the flask have no surface the mechanism knows
        elif isinstance(event, ev.DescribeShell):
            return False
        elif isinstance(event, ev.Run) and bare:
            return True
    return False
