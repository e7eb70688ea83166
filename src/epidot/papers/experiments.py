"""The runs and dots that checks ask for: each recipe runs once in mean field, each sample is lit once.

A run is a pure function of the recipe and the changes asked for; nothing depends on the order of asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import Fault, InputError, nearest
from epidot.synthesis import events as ev
from epidot.synthesis.mechanism import Mechanism
from epidot.synthesis.readout import counts, layered_dot
from epidot.synthesis.state import Engine, FlaskState, Segment, Trajectory

if TYPE_CHECKING:
    from epidot.light.optics import Optics
    from epidot.synthesis.flask import Progress

POINTS = 60  # states kept per step, so that times in between can be read off straight lines
DOTS = 41  # members of a population that is lit: equally likely diameters, no random draw
Array = NDArray[np.float64]
LIGHT = (
    "first_exciton_nm",
    "first_exciton_eV",
    "valley_depth",
    "pl_peak_nm",
    "pl_fwhm_nm",
    "plqy",
    "tau_amplitude_ns",
    "tau_intensity_ns",
    "k_r_per_ns",
    "strain_core",
)
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
    """One recipe carried out: the flask at every sample, its history, and the events before each sample."""

    name: str
    samples: Mapping[str, FlaskState]
    events: Mapping[str, Mapping[str, float]]
    history: Sequence[FlaskState]
    zero_s: float
    sigma_rel: float
    mechanism: Mechanism
    shells: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)
    _light: dict[str, Optics] = field(default_factory=dict)

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

    def quantity(self, state: FlaskState, name: str, key: str) -> float:
        """A count of growth or a quantity of light (``key`` names the state for the cache)."""
        if name in LIGHT:
            if key not in self._light:
                self._light[key] = lit(self.dot(state, key), self.sigma_rel)
            return read_light(self._light[key], name)
        if name in ("diameter_nm", "core_diameter_nm"):
            return float(getattr(self.dot(state, key), name))
        found = counts(state, self.mechanism) if state.surface else {}
        if name not in found:
            raise InputError(
                Fault("a run has no such quantity", seen=name, nearest=nearest(name, [*found, *LIGHT]))
            )
        return float(found[name])

    def dot(self, state: FlaskState, key: str) -> LayeredDot:
        """The mean dot: grown where the mechanism knows its surface, described where the recipe says so."""
        shells = self.shells.get(key, ())
        if state.surface and not shells:
            return layered_dot(state, self.mechanism)
        return LayeredDot(state.core, state.core_diameter_nm, shells)

    def at(self, minutes: float, name: str) -> float:
        """A count of growth so many minutes after the last precursor went in, between kept states."""
        time = self.zero_s + 60 * minutes
        times = np.array([s.time_s for s in self.history])
        after = int(np.searchsorted(times, time))
        if after == 0 or after >= times.size:
            raise InputError(Fault(f"{self.name} does not last {minutes:g} min", seen=name))
        low, high = self.history[after - 1], self.history[after]
        share = (time - low.time_s) / (high.time_s - low.time_s)
        a, b = (self.quantity(s, name, f"t={s.time_s}") for s in (low, high))
        return a + (b - a) * share


@dataclass
class Experiments:
    """What the checks of one evaluation have already computed; ``dots`` are the described ones."""

    dots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runs: dict[tuple[str, tuple[str, ...]], Trial] = field(default_factory=dict)
    _lit: dict[str, Optics] = field(default_factory=dict)

    def trial(self, recipe: str, twice: tuple[str, ...] = ()) -> Trial:
        """The recipe carried out in mean field with the shipped mechanism, ``twice`` put in double."""
        wanted = (recipe, twice)
        if wanted not in self.runs:
            self.runs[wanted] = carry_out(*wanted)
        return self.runs[wanted]

    def light(self, dot: str) -> Optics:
        """The optics of a described dot; see :meth:`described`."""
        if dot not in self._lit:
            self._lit[dot] = lit(*self.described(dot))
        return self._lit[dot]

    def described(self, dot: str) -> tuple[LayeredDot, float]:
        """A described dot and the relative spread of its core diameters.

        Raises
        ------
        InputError
            If no dot of that name is described.
        """
        if dot not in self.dots:
            raise InputError(Fault("no such dot is described", seen=dot, nearest=nearest(dot, self.dots)))
        return described(self.dots[dot])


def carry_out(recipe: str, twice: tuple[str, ...] = ()) -> Trial:
    """Run one recipe; see :class:`Trial`."""
    # Here and in lit(): claims that need no run or light must not wait for what these rooms import.
    from epidot.synthesis import mechanism as mechanisms
    from epidot.synthesis import recipe as recipes
    from epidot.synthesis.flask import Flask
    from epidot.synthesis.meanfield import MeanField

    read = recipes.load(recipe)
    mechanism = mechanisms.load()
    engine = Counted(MeanField(mechanism))
    timeline = tuple(_doubled(event, twice) for event in read.timeline())
    flask = Flask(timeline, engine, mechanism, recipe)
    begun = flask.begin(read.start())
    events: dict[str, dict[str, float]] = {}

    def note(progress: Progress, event: ev.Event) -> None:
        if isinstance(event, ev.TakeSample):
            events[event.name] = dict(engine.events)

    done = flask.run(begun, each=note, points=POINTS)
    samples = {START: begun.state, **{t.name: t.state for t in done.taken}, "end": done.state}
    precursors = [e.start_s for e in timeline if isinstance(e, ev.Charge) and _reacts(e, mechanism.reagents)]
    return Trial(
        recipe,
        samples,
        {START: {}, **events, "end": dict(engine.events)},
        done.history,
        precursors[-1] if precursors else 0.0,
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


def _reacts(event: ev.Charge, reagents: Sequence[str]) -> bool:
    return any(name in reagents for name in event.liquor)


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


def lit(dot: LayeredDot, sigma_rel: float) -> Optics:
    """The optics of a population with that spread: diameters at equal steps of probability."""
    from epidot.light.optics import optics

    return optics(population(dot, sigma_rel))


def population(dot: LayeredDot, sigma_rel: float) -> Population:
    """Log-normal diameters at equal steps of probability: the same every time, without a random draw."""
    from scipy.special import ndtri

    if sigma_rel <= 0:
        return Population(dot, np.array([dot.core_diameter_nm]))
    s = np.sqrt(np.log1p(sigma_rel**2))
    steps = ndtri((np.arange(DOTS) + 0.5) / DOTS)
    steps = steps / np.std(steps)  # the ends cut off would make the spread too small
    return Population(dot, dot.core_diameter_nm * np.exp(s * steps - s * s / 2))


def read_light(found: Optics, name: str) -> float:
    """One quantity of the optics of a population."""
    if name == "first_exciton_eV":
        return HC / found.first_exciton_nm
    if name == "valley_depth":
        return valley_depth(found.nm, found.absorption)
    value = getattr(found, name, None)
    if value is None:
        raise InputError(Fault("light has no such quantity", seen=name, nearest=nearest(name, LIGHT)))
    return float(value)


def valley_depth(nm: Array, absorption: Array) -> float:
    """1 - (first minimum)/(first maximum) from the red side, as yuan2023 defines it; 0 without a valley."""
    order = np.argsort(nm)[::-1]
    y = absorption[order]
    rising = np.diff(y) > 0
    tops = np.flatnonzero(rising[:-1] & ~rising[1:]) + 1
    tops = tops[y[tops] > 0.01 * y.max()]
    if tops.size == 0:
        return 0.0
    dips = np.flatnonzero(~rising[:-1] & rising[1:]) + 1
    dips = dips[dips > tops[0]]
    return 0.0 if dips.size == 0 else float(1 - y[dips[0]] / y[tops[0]])
