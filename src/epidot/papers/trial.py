"""One recipe carried out: the flask at every sample, and what a check may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import Fault, InputError, WorkError, nearest
from epidot.growth.readout import counts, layered_dot
from epidot.growth.state import Engine, FlaskState, Trajectory
from epidot.mechanism.mechanism import Mechanism
from epidot.papers import engines
from epidot.papers.lit import QUANTITIES, Lit
from epidot.recipe.events import Segment

if TYPE_CHECKING:
    from epidot.transport.room import HalideRoom

START = "start"
SIZES = ("diameter_nm", "core_diameter_nm", "diameter_spread")
# Of the dressed dot: oxide that halide can reach, what became of it, and where the ions are.
HALIDE = (
    "oxide_units_per_dot",
    "repaired_per_dot",
    "surface_traps_per_dot",
    "halide_per_dot",
    "halide_on_surface",
    "halide_in_core",
)


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


def mean_dot(mechanism: Mechanism, state: FlaskState, shells: tuple[Layer, ...]) -> LayeredDot:
    """The mean dot: grown where the mechanism knows its surface, described where the recipe says so."""
    if state.surface and not shells:
        return layered_dot(state, mechanism)
    return LayeredDot(state.core, state.core_diameter_nm, shells)


@dataclass
class Trial:
    """A recipe carried out by one engine, or the mean of several flasks of it.

    ``samples`` are the flask at every sample (``start``: pristine dots, ``end``: after the last step);
    ``events`` how often each reaction had happened by then, per dot; ``shells`` those the recipe
    describes; ``parts`` the single flasks of a mean.
    """

    name: str
    samples: Mapping[str, FlaskState]
    events: Mapping[str, Mapping[str, float]]
    sigma_rel: float
    mechanism: Mechanism
    room: HalideRoom
    shells: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)
    parts: tuple[Trial, ...] = ()
    _dots: dict[str, list[tuple[LayeredDot, dict[str, float]]]] = field(default_factory=dict)
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
        if name in HALIDE:
            return self._of_halide(sample, name)
        found = counts(state, self.mechanism) if state.surface else {}
        if rows := [row for _, row in self.dots(sample)]:
            found |= {key: sum(row[key] for row in rows) / len(rows) for key in rows[0]}
        if name in found:
            return float(found[name])
        if name in SITE_QUANTITIES:
            raise UnknownHere("what sits where is known on the lattice only")
        known = [*found, *QUANTITIES, *SIZES, *HALIDE, *SITE_QUANTITIES]
        raise InputError(Fault("a run has no such quantity", seen=name, nearest=nearest(name, known)))

    def dot(self, sample: str) -> LayeredDot:
        """The mean dot, with the halide in it and with what is not said of a described one filled in."""
        state = self.state(sample)
        if members := [dot for dot, _ in self.dots(sample)]:
            from epidot.dot.mean import mean_dot as mean_of

            mean = mean_of(members)
            return self.room.population(Population(mean, np.array([mean.core_diameter_nm])), state).dot
        return self.room.dot(state, self.shells.get(sample, ()))

    def _of_halide(self, sample: str, name: str) -> float:
        dot = self.dot(sample)
        match name:
            case "oxide_units_per_dot":  # now at the core's surface or buried there
                return dot.oxide + dot.oxide_memory
            case "repaired_per_dot":
                return dot.repaired
            case "surface_traps_per_dot":
                return dot.surface_traps
            case "halide_on_surface":
                return sum(h.ligand for h in dot.halides)
            case "halide_in_core":
                return sum(h.between(0, dot.core_diameter_nm / 2) for h in dot.halides)
        return sum(float(h.amount.sum()) + h.ligand + h.interface for h in dot.halides)

    def spread(self, sample: str) -> float:
        """Standard deviation of the outer diameters over their mean.

        Where the dots are known one by one it is theirs; else all shells are alike and only cores differ.
        """
        if outer := [dot.diameter_nm for dot, _ in self.dots(sample)]:
            return float(np.std(outer) / np.mean(outer))
        dot = self.dot(sample)
        return self.sigma_rel * dot.core_diameter_nm / dot.diameter_nm

    def dots(self, sample: str) -> list[tuple[LayeredDot, dict[str, float]]]:
        """Every dot and what is read off its sites, where the engine knows single dots; else none."""
        if sample not in self._dots:
            if self.parts:
                self._dots[sample] = [dot for part in self.parts for dot in part.dots(sample)]
            else:
                from epidot.dot import growth_readout

                grown = () if self.shells.get(sample) else engines.grown(self.state(sample), self.mechanism)
                self._dots[sample] = [growth_readout.read(dot) for dot in grown]
        return self._dots[sample]

    def lit(self, sample: str) -> Lit:
        """The light of the population at a sample."""
        if sample not in self._lit:
            self._lit[sample] = Lit(self.dot(sample), self.sigma_rel)
        return self._lit[sample]


# What is read off the sites of a grown dot (see growth_readout.counts); a mean field has no sites.
SITE_QUANTITIES = (
    "roughness_nm",
    "bare",
    "thin",
    "holes_per_dot",
    "first_shell",
    "attached_fraction",
    "oxide_radius_nm",
    "oxide_clustering",
    "mean_diameter_nm",
)

__all__ = ["SITE_QUANTITIES", "SIZES", "START", "Counted", "Trial", "UnknownHere"]
