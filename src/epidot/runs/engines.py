"""The two interpreters of a mechanism that carry an order out, and where they can differ at all."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import LayeredDot, Population
from epidot.growth.state import Engine, FlaskState
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe import events as ev
from epidot.recipe import recipe as recipes
from epidot.recipe.recipe import Recipe
from epidot.runs.order import LATTICE, Order

EVEN = 41  # members of a population of even sizes


def engine_of(order: Order, mechanism: Mechanism, threads: int = 1) -> Engine:
    """The engine ``order`` names, with its dots and seed; at most ``threads`` of its blocks at a time."""
    if order.engine != LATTICE:
        from epidot.growth.meanfield import MeanField

        return MeanField(mechanism)
    from epidot.growth.lattice.engine import LatticeEngine

    sizes, sigma = None, order.recipe.sigma_rel
    if order.sizes == "even":
        sizes = even_diameters(FlaskState.at_start(order.recipe).core_diameter_nm, sigma, order.dots)
    return LatticeEngine(
        mechanism,
        order.dots,
        order.seed,
        sigma,
        diameters_nm=sizes,
        blocks=order.blocks,
        threads=threads,
    )


def even_diameters(mean_nm: float, sigma_rel: float, n: int) -> NDArray[np.float64]:
    """``n`` diameters (n,) at equal steps of probability of the log-normal law, with its mean and width.

    One is the mean; two lie a standard deviation below and above it.
    """
    from scipy.special import ndtri

    if n == 1 or sigma_rel <= 0:
        return np.full(n, mean_nm)
    s = np.sqrt(np.log1p(sigma_rel**2))
    steps = ndtri((np.arange(n) + 0.5) / n)
    steps = steps / np.std(steps)  # the ends cut off would make the spread too small
    return np.asarray(mean_nm * np.exp(s * steps - s * s / 2))


def even_population(dot: LayeredDot, sigma_rel: float) -> Population:
    """``dot`` with core diameters at equal steps of probability: the same every time, no random draw."""
    sizes = even_diameters(dot.core_diameter_nm, sigma_rel, EVEN if sigma_rel > 0 else 1)
    return Population(dot, sizes)


def unequal_population(population: Population, sd_nm: float) -> Population:
    """The same cores with shells of unequal thickness, so that the outer diameter differs by ``sd_nm`` more.

    Thicknesses are at equal steps of probability, and go with the cores as chance would have it.
    """
    dots, n = population.dots, len(population.dots)
    shell = population.dot.diameter_nm - population.dot.core_diameter_nm
    if sd_nm <= 0 or shell <= 0 or n == 1:
        return population
    factors = np.random.default_rng(n).permutation(even_diameters(1.0, sd_nm / shell, n))
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
