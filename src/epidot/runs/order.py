"""What is to be run: a recipe, an engine, how many dots and which seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

from epidot.errors import InputError, nearest
from epidot.given import NOTHING, Given
from epidot.matter import materials
from epidot.mechanism import load as mechanisms
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe import events as ev
from epidot.recipe import recipe as recipes
from epidot.recipe.recipe import Recipe
from epidot.runs import numbers
from epidot.runs.provenance import parameter_hash, text_hash, version
from epidot.transport.constants import DEFAULT as HYPOTHESIS
from epidot.transport.constants import constants

MEAN_FIELD, LATTICE = "meanfield", "kmc"
ENGINES = (MEAN_FIELD, LATTICE)
ENGINE = LATTICE
DOTS = {MEAN_FIELD: 200, LATTICE: 100}  # where the order does not say
MECHANISM = mechanisms.USUAL
RADIAL, ATOMS = "radial", "atoms"  # states
MOST_BY_ATOMS = 64  # dots of one sample


@dataclass(frozen=True)
class Order:
    """One run, completely said.

    The dots get core diameters at equal steps of probability of the law of the recipe.  ``light`` is that of
    the ``dots`` where they are known one by one and else of the law itself
    (:data:`~epidot.light.pulls.LAW` sizes), or, for what is asked often, of the ``mean`` dot in
    :data:`~epidot.runs.engines.EVEN` sizes; neither law depends on the number of dots.  ``twice`` names what
    the recipe puts in double, ``ignore`` the reagents that may do nothing
    (:func:`epidot.growth.chemistry.insist`).  ``blocks`` above 1 grow side by side and share the liquor at
    looks.  Where nothing is said, :func:`order_from` takes the mechanism that knows the core, and the engine
    that it runs with.
    """

    recipe: Recipe
    engine: str = ENGINE
    dots: int = DOTS[ENGINE]
    seed: int = 0
    mechanism: str = MECHANISM  # a shipped name or a file
    hypothesis: str = HYPOTHESIS  # of halide transport
    light: Literal["dots", "mean"] = "dots"
    states: str = RADIAL  # or how many dots also by their atoms (epidot.runs.atomistic)
    twice: tuple[str, ...] = ()
    blocks: int = 1  # chains that the dots of the lattice are spread over (epidot.growth.lattice.blocks)
    given: Given = NOTHING  # numbers that stand in for those of the files
    ignore: tuple[str, ...] = ()  # reagents that may be unknown to the mechanism

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise InputError("no such engine", seen=self.engine, nearest=nearest(self.engine, ENGINES))
        constants(self.hypothesis)  # refuses one that its file does not name
        if dots_asked(self.states) and self.engine != LATTICE:
            raise InputError(
                f"the {self.engine} engine has no atoms, and so no states of them",
                seen=f"--states {self.states}",
                remedy=f"take --engine {LATTICE}, or leave --states out",
            )
        whole: dict[str, object] = {
            "dots": self.dots,
            "seed": self.seed,
            "blocks": self.blocks,
        }  # as they come from Python
        for name, value in whole.items():
            if isinstance(value, bool) or not isinstance(value, Integral):
                raise InputError(f"{name} must be a whole number", seen=repr(value))
        if self.dots < 1:
            raise InputError("a run needs at least one dot", seen=str(self.dots))
        if dots_asked(self.states) > self.dots:
            raise InputError(
                "more dots are asked for by their atoms than there are",
                seen=f"--states {self.states} of {self.dots} dots",
                remedy=f"at most --states {ATOMS}:{min(self.dots, MOST_BY_ATOMS)}, or more --dots",
            )
        if self.blocks != 1 and self.engine != LATTICE:
            raise InputError(
                f"the {self.engine} engine has no dots to spread over blocks",
                seen=f"--blocks {self.blocks}",
                remedy=f"take --engine {LATTICE}, or leave --blocks out",
            )
        if not 1 <= self.blocks <= self.dots:
            raise InputError(
                "--blocks must be a whole number from 1 to that of the dots",
                seen=f"--blocks {self.blocks} of {self.dots} dots",
            )
        numbers.insist(self.given, self.mechanism, self.hypothesis)

    @property
    def timeline(self) -> tuple[ev.Event, ...]:
        """The events of the recipe, with twice as much of what is wanted in double."""
        return tuple(_doubled(event, self.twice) for event in self.recipe.timeline())

    @property
    def key(self) -> dict[str, str | int]:
        """What two runs must share to give the same numbers."""
        own = {} if mechanisms.is_shipped(self.mechanism) else {"mechanism_hash": self._read.hash}
        if self.light != "dots":
            own["light"] = self.light
        if self.states != RADIAL:
            own["states"] = self.states
        if self.blocks != 1:
            own["blocks"] = str(self.blocks)
        if self.twice:
            own["twice"] = ", ".join(self.twice)
        if self.given:
            own |= {"given": self.given.text, "given_sha256": self.given.hash}
        if self.ignore:
            own["ignore"] = ", ".join(self.ignore)
        if materials.own():
            own["materials_hash"] = materials.own_hash()
        return {
            "recipe": self.recipe.name,
            "recipe_sha256": text_hash(self.recipe.text),
            "variant": self.recipe.variant or "",
            "engine": self.engine,
            "dots": self.dots,
            "seed": self.seed,
            "mechanism": Path(self.mechanism).name,
            **own,
            "hypothesis": self.hypothesis,
            "version": version(),
            "parameters_sha256": parameter_hash(),
        }

    @property
    def _read(self) -> Mechanism:
        return mechanisms.load(self.mechanism)


def dots_asked(states: str) -> int:
    """How many dots of a sample ``states`` asks for: ``radial`` none, ``atoms`` one, ``atoms:8`` eight.

    Raises
    ------
    InputError
        If it is none of these.
    """
    name, colon, number = states.partition(":")
    if states == RADIAL:
        return 0
    if name == ATOMS and not colon:
        return 1
    if name == ATOMS and number.isascii() and number.isdecimal() and 1 <= int(number) <= MOST_BY_ATOMS:
        return int(number)
    raise InputError(
        "no such choice of states",
        seen=states,
        nearest=(RADIAL, ATOMS, f"{ATOMS}:8"),
        remedy=f"atoms:N takes N dots of each sample, at most {MOST_BY_ATOMS}",
    )


def order_from(
    source: str | Path | Mapping[str, Any] | Recipe,
    *,
    dots: int | None = None,
    seed: int | None = None,
    engine: str | None = None,
    hypothesis: str | None = None,
    mechanism: str | None = None,
    states: str | None = None,
    blocks: int | None = None,
    parameters: numbers.Source | None = None,
    ignore: Sequence[str] = (),
) -> Order:
    """An order from a recipe in any form (:func:`epidot.recipe.recipe.of`), or from an earlier run's batch.

    A batch is repeated.  ``parameters`` are numbers instead of those of epidot's files: a YAML file, or
    values by name (:mod:`epidot.runs.numbers`).

    Raises
    ------
    InputError
        If there is no such recipe or it has faults; if the batch was made with a mechanism of one's own and
        none, or another one, is given.
    """
    if isinstance(source, str | Path) and Path(source).suffix == ".nc":
        source = str(source)
        from epidot.runs.batch import Batch

        old = Batch.load(source)
        _same_materials(source, old.provenance)
        recipe = recipes.from_text(
            old.recipe_text, where=source, name=old.recipe, variant=old.provenance.get("variant") or None
        )
        same = _same_mechanism(source, old.provenance, mechanism)
        under = hypothesis or old.provenance.get("hypothesis", HYPOTHESIS)
        spread = old.provenance.get("blocks", "1") if (engine or old.engine) == LATTICE else "1"
        before = Given.from_text(old.provenance.get("given", ""))
        return Order(
            recipe,
            engine or old.engine,
            old.dots if dots is None else dots,
            old.seed if seed is None else seed,
            mechanism=same,
            hypothesis=under,
            states=old.provenance.get("states", RADIAL) if states is None else states,
            blocks=int(spread) if blocks is None else blocks,
            given=before if parameters is None else numbers.of(parameters, same, under),
            ignore=tuple(ignore) or _listed(old.provenance.get("ignore", "")),
        )
    recipe = recipes.of(source)
    mechanism = mechanism or mechanism_for(recipe)
    engine = engine or engine_for(mechanism)
    return Order(
        recipe,
        engine,
        DOTS.get(engine, 1) if dots is None else dots,
        seed or 0,
        mechanism=mechanism,
        hypothesis=hypothesis or HYPOTHESIS,
        states=RADIAL if states is None else states,
        blocks=1 if blocks is None else blocks,
        given=NOTHING if parameters is None else numbers.of(parameters, mechanism, hypothesis or HYPOTHESIS),
        ignore=tuple(ignore),
    )


def mechanism_for(recipe: Recipe) -> str:
    """The shipped mechanism that knows the dots of ``recipe``; the usual one where none does, or where the
    shell is described and nothing grows."""
    described = any(isinstance(event, ev.DescribeShell) for event in recipe.events)
    return mechanisms.for_core(recipe.core.material if recipe.core and not described else "")


def engine_for(mechanism: str) -> str:
    """The lattice, or the mean field for a mechanism that says nothing about it."""
    return LATTICE if mechanisms.load(mechanism).lattice else MEAN_FIELD


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(", ")) if text else ()


def _same_materials(source: str, provenance: Mapping[str, str]) -> None:
    """Insist that a batch is repeated with the materials of one's own that it was made with."""
    if provenance.get("materials_hash", "") != materials.own_hash():
        raise InputError(
            "the batch was made with other materials of one's own",
            source,
            seen=materials.told() or "none",
            remedy="give the same folder with --materials, unchanged, or run the recipe instead",
        )


def _same_mechanism(source: str, provenance: Mapping[str, str], given: str | None) -> str:
    """The mechanism that repeats a batch; a file of one's own must be given again, unchanged."""
    name, mark = provenance.get("mechanism", MECHANISM), provenance.get("mechanism_hash")
    if mark is None:
        return given or name
    if given is None:
        raise InputError(
            "the batch was made with a mechanism of its own",
            source,
            seen=name,
            remedy="give it again with --mechanism",
        )
    if not mechanisms.is_shipped(given) and mechanisms.load(given).hash != mark:
        raise InputError(
            f"{name} has changed since the batch was made",
            given,
            remedy="run the recipe instead of repeating the batch",
        )
    return given


def _doubled(event: ev.Event, names: Iterable[str]) -> ev.Event:
    if not isinstance(event, ev.Charge):
        return event
    return replace(
        event, liquor={name: mol * (2 if name in names else 1) for name, mol in event.liquor.items()}
    )
