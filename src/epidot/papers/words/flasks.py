"""Recipes carried out, and what their samples say."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, nearest
from epidot.papers.experiments import Experiments, UnknownHere
from epidot.papers.words.recipes import account
from epidot.papers.words.registry import word

Array = NDArray[np.float64]


@word("run", runs=True)
def run(
    experiments: Experiments,
    recipe: str,
    sample: str,
    quantity: str,
    twice: Iterable[str] = (),
    hypothesis: str = "",
) -> float:
    """A quantity at a sample of a recipe; twice= names what is put in double, hypothesis= as H1 to H3."""
    found = experiments.run(recipe, tuple(twice), hypothesis).sample(sample).quantity(quantity)
    if found.value is None:
        raise UnknownHere("what sits where is known on the lattice only" if found.note else "no such value")
    return found.value


@word("run.series", runs=True)
def series(
    experiments: Experiments, recipe: str, endings: Iterable[object], sample: str, quantity: str
) -> Array:
    """A quantity at one sample of several recipes; {} in the name takes each ending in turn."""
    return np.array([run(experiments, recipe.replace("{}", str(e)), sample, quantity) for e in endings])


@word("run.made", runs=True)
def made(experiments: Experiments, recipe: str, sample: str, reaction: str) -> float:
    """How often a reaction (with all its variants) has happened per dot until a sample."""
    done = experiments.run(recipe)
    events = done.sample(sample).taken.events
    names = {r.id: {r.id, r.declared, r.declared.partition(".")[0]} for r in done.setting.mechanism.reactions}
    known = set().union(*names.values())
    if reaction not in known:
        raise InputError(
            "the mechanism has no such reaction", seen=reaction, nearest=nearest(reaction, known)
        )
    return sum(n for name, n in events.items() if reaction in names.get(name, ()))


@word("run.dissolved_mmol", runs=True)
def dissolved_mmol(experiments: Experiments, recipe: str, sample: str, species: str) -> float:
    """Amount of a dissolved species in the flask at a sample, in mmol."""
    return 1e3 * experiments.run(recipe).sample(sample).state.liquor.get(species, 0.0)


@word("run.halide_left", runs=True)
def halide_left(experiments: Experiments, recipe: str, sample: str, hypothesis: str = "") -> float:
    """Share of the halide put in that is still dissolved at a sample."""
    from epidot.transport.constants import carriers

    put_in = account(recipe).species
    liquor = experiments.run(recipe, (), hypothesis).sample(sample).state.liquor
    left, whole = (
        sum(c.ions * of.get(name, 0.0) for name, c in carriers().items()) for of in (liquor, put_in)
    )
    return left / whole


@word("run.sites", runs=True)
def sites(experiments: Experiments, recipe: str) -> float:
    """Core-surface cation sites per pristine dot of a recipe."""
    return experiments.run(recipe).sample("start").dot.sites
