"""The runs and dots that checks ask for: each recipe runs once in mean field, each sample is lit once.

A run is a pure function of the recipe and the changes asked for; nothing depends on the order of asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from epidot.dot.layers import Layer, LayeredDot
from epidot.errors import Fault, InputError, nearest
from epidot.papers.lit import QUANTITIES, Lit
from epidot.synthesis import events as ev
from epidot.synthesis.mechanism import Mechanism
from epidot.synthesis.readout import counts, layered_dot
from epidot.synthesis.state import Engine, FlaskState, Segment, Trajectory

if TYPE_CHECKING:
    from epidot.synthesis.flask import Progress
    from epidot.synthesis.recipe import Recipe

START = "start"


class Counted:
    """An engine that also adds up how often every reaction has happened, per dot."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.events: dict[str, float] = {}

    def start(self, state: FlaskState) -> FlaskState:
        """As the engine does."""
        return self._engine.start(state)

    def advance(self, state: FlaskState, segment: Segment, points: int = 20) -> Trajectory:
        """As the engine does, with the events noted."""
        trajectory = self._engine.advance(state, segment, points)
        for name, extents in trajectory.events.items():
            if len(extents):
                self.events[name] = self.events.get(name, 0.0) + float(extents[-1])
        return trajectory


@dataclass
class Trial:
    """One recipe carried out: the flask at every sample, and how often each reaction had happened by then."""

    name: str
    samples: Mapping[str, FlaskState]
    events: Mapping[str, Mapping[str, float]]
    sigma_rel: float
    mechanism: Mechanism
    shells: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)
    _lit: dict[str, Lit] = field(default_factory=dict)

    def state(self, sample: str) -> FlaskState:
        """The flask at a sample (``start``: pristine dots, ``end``: after the last step).

        Raises
        ------
        InputError
            If the recipe took no such sample.
        """
        if sample not in self.samples:
            raise InputError(
                Fault(f"{self.name} has no such sample", seen=sample, nearest=nearest(sample, self.samples))
            )
        return self.samples[sample]

    def quantity(self, sample: str, name: str) -> float:
        """A count of growth, a size, or a quantity of light at a sample."""
        state = self.state(sample)
        if name in QUANTITIES:
            return self.lit(sample)[name]
        if name in ("diameter_nm", "core_diameter_nm"):
            return float(getattr(self.dot(sample), name))
        found = counts(state, self.mechanism) if state.surface else {}
        if name not in found:
            known = [*found, *QUANTITIES, "diameter_nm", "core_diameter_nm"]
            raise InputError(Fault("a run has no such quantity", seen=name, nearest=nearest(name, known)))
        return float(found[name])

    def dot(self, sample: str) -> LayeredDot:
        """The mean dot: grown where the mechanism knows its surface, described where the recipe says so."""
        state, shells = self.state(sample), self.shells.get(sample, ())
        if state.surface and not shells:
            return layered_dot(state, self.mechanism)
        return LayeredDot(state.core, state.core_diameter_nm, shells)

    def lit(self, sample: str) -> Lit:
        """The light of the population at a sample."""
        if sample not in self._lit:
            self._lit[sample] = Lit(self.dot(sample), self.sigma_rel)
        return self._lit[sample]


@dataclass
class Experiments:
    """What the checks of one evaluation have already computed; ``dots`` are the described ones."""

    dots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runs: dict[tuple[str, tuple[str, ...]], Trial] = field(default_factory=dict)
    _lit: dict[str, Lit] = field(default_factory=dict)

    def trial(self, recipe: str, twice: tuple[str, ...] = ()) -> Trial:
        """The recipe carried out in mean field with the shipped mechanism, ``twice`` put in double."""
        wanted = (recipe, twice)
        if wanted not in self.runs:
            self.runs[wanted] = carry_out(*wanted)
        return self.runs[wanted]

    def light(self, dot: str) -> Lit:
        """The light of a described dot.

        Raises
        ------
        InputError
            If no dot of that name is described.
        """
        if dot not in self.dots:
            raise InputError(Fault("no such dot is described", seen=dot, nearest=nearest(dot, self.dots)))
        if dot not in self._lit:
            self._lit[dot] = Lit(*described(self.dots[dot]))
        return self._lit[dot]


@lru_cache(maxsize=64)
def recipe(name: str) -> Recipe:
    """A shipped recipe, read once."""
    from epidot.synthesis import recipe as recipes

    return recipes.load(name)


def carry_out(name: str, twice: tuple[str, ...] = ()) -> Trial:
    """Run one recipe; see :class:`Trial`."""
    # Here: claims that need no run must not wait for what these rooms import.
    from epidot.synthesis import mechanism as mechanisms
    from epidot.synthesis.flask import Flask
    from epidot.synthesis.meanfield import MeanField

    read = recipe(name)
    mechanism = mechanisms.load()
    engine = Counted(MeanField(mechanism))
    timeline = tuple(_doubled(event, twice) for event in read.timeline())
    flask = Flask(timeline, engine, mechanism, name)
    begun = flask.begin(read.start())
    events: dict[str, dict[str, float]] = {}

    def note(progress: Progress, event: ev.Event) -> None:
        if isinstance(event, ev.TakeSample):
            events[event.name] = dict(engine.events)

    done = flask.run(begun, each=note, points=1)
    samples = {START: begun.state, **{t.name: t.state for t in done.taken}, "end": done.state}
    return Trial(
        name,
        samples,
        {START: {}, **events, "end": dict(engine.events)},
        read.sigma_rel,
        mechanism,
        {t.name: t.shells for t in done.taken} | {"end": done.shells},
    )


def _doubled(event: ev.Event, names: Sequence[str]) -> ev.Event:
    if isinstance(event, ev.Charge) and names:
        return replace(
            event, liquor={name: mol * (2 if name in names else 1) for name, mol in event.liquor.items()}
        )
    return event


def described(given: Mapping[str, Any]) -> tuple[LayeredDot, float]:
    """A dot as a paper's file describes it, and the relative spread of its core diameters."""
    shells = tuple(
        Layer(str(s["material"]), float(s["thickness_nm"]), s.get("coherency"))
        for s in given.get("shells", ())
    )
    dot = LayeredDot(
        core=str(given["core"]),
        core_diameter_nm=float(given["core_diameter_nm"]),
        shells=shells,
        medium=str(given.get("medium", "toluene")),
    )
    return dot, float(given.get("sigma_rel", 0.0))
