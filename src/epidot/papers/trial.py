"""One recipe carried out: the flask at every sample, and what a check may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from epidot.dot.layers import Layer, LayeredDot
from epidot.errors import Fault, InputError, WorkError, nearest
from epidot.papers.lit import QUANTITIES, Lit
from epidot.synthesis.mechanism import Mechanism
from epidot.synthesis.readout import counts, layered_dot
from epidot.synthesis.state import Engine, FlaskState, Segment, Trajectory

START = "start"
SIZES = ("diameter_nm", "core_diameter_nm", "diameter_spread")


class UnknownHere(WorkError):
    """What is asked for cannot be known to the engine that carried the recipe out."""


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
    """A recipe carried out by one engine, or the mean of several flasks of it.

    ``samples`` are the flask at every sample (``start``: pristine dots, ``end``: after the last step);
    ``events`` how often each reaction had happened by then, per dot; ``shells`` those the recipe
    describes; ``members`` the dots one by one and ``readings`` what is read off their sites (mean per
    dot), both only where the engine knows single dots.
    """

    name: str
    samples: Mapping[str, FlaskState]
    events: Mapping[str, Mapping[str, float]]
    sigma_rel: float
    mechanism: Mechanism
    shells: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)
    members: Mapping[str, tuple[LayeredDot, ...]] = field(default_factory=dict)
    readings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    _lit: dict[str, Lit] = field(default_factory=dict)

    def state(self, sample: str) -> FlaskState:
        """The flask at a sample.

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
        """A count of growth, a size, something read off the sites, or a quantity of light at a sample.

        Raises
        ------
        UnknownHere
            If only an engine that knows single sites could say.
        InputError
            If there is no such quantity.
        """
        state = self.state(sample)
        if name in QUANTITIES:
            return self.lit(sample)[name]
        if name == "diameter_spread":
            return self.spread(sample)
        if name in SIZES:
            return float(getattr(self.dot(sample), name))
        found = counts(state, self.mechanism) if state.surface else {}
        found |= self.readings.get(sample, {})
        if name in found:
            return float(found[name])
        if name in SITE_QUANTITIES:
            raise UnknownHere(f"{name} is known on the lattice only")
        known = [*found, *QUANTITIES, *SIZES, *SITE_QUANTITIES]
        raise InputError(Fault("a run has no such quantity", seen=name, nearest=nearest(name, known)))

    def dot(self, sample: str) -> LayeredDot:
        """The mean dot: grown where the mechanism knows its surface, described where the recipe says so."""
        state, shells = self.state(sample), self.shells.get(sample, ())
        if self.members.get(sample) and not shells:
            from epidot.dot.growth_readout import mean_dot

            return mean_dot(self.members[sample])
        if state.surface and not shells:
            return layered_dot(state, self.mechanism)
        return LayeredDot(state.core, state.core_diameter_nm, shells)

    def spread(self, sample: str) -> float:
        """Standard deviation of the outer diameters over their mean.

        Where the dots are known one by one it is theirs; else all shells are alike and only cores differ.
        """
        import numpy as np

        if members := self.members.get(sample):
            outer = np.array([dot.diameter_nm for dot in members])
            return float(np.std(outer) / np.mean(outer))
        dot = self.dot(sample)
        return self.sigma_rel * dot.core_diameter_nm / dot.diameter_nm

    def lit(self, sample: str) -> Lit:
        """The light of the population at a sample."""
        if sample not in self._lit:
            self._lit[sample] = Lit(self.dot(sample), self.sigma_rel)
        return self._lit[sample]


# What is read off the sites of a grown dot; a mean field has no sites.
SITE_QUANTITIES: tuple[str, ...] = ("roughness_nm", "vacancies_per_dot", "oxide_clustering")

__all__ = ["SITE_QUANTITIES", "SIZES", "START", "Counted", "Trial", "UnknownHere"]
