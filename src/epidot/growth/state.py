"""A recipe in progress: what is in the flask, and the stretch of time an engine carries it through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from epidot.growth.halide import HalideState
from epidot.growth.laid import Laid
from epidot.recipe.events import Segment
from epidot.recipe.recipe import Recipe


@dataclass(frozen=True)
class FlaskState:
    """The flask at one moment.

    ``dots_mol`` moles of dots of core ``core`` and diameter ``core_diameter_nm``; ``surface`` counts per
    dot of every surface and deposited species of the mechanism; ``liquor`` moles of every dissolved
    species (solvents included); ``lost`` moles of what has left (vapour under vacuum, washings).
    ``laid`` is the mean field's record of the shell from inside outwards (:mod:`epidot.growth.laid`).
    ``halide`` says where ions and amine are; ``grown``, every dot on its sites, belongs to the lattice engine
    and is carried along unopened.
    """

    temperature_K: float
    volume_L: float
    dots_mol: float
    core: str
    core_diameter_nm: float
    surface: Mapping[str, float] = field(default_factory=dict)
    liquor: Mapping[str, float] = field(default_factory=dict)
    lost: Mapping[str, float] = field(default_factory=dict)
    time_s: float = 0.0
    grown: Any = None
    halide: HalideState = field(default_factory=HalideState)
    laid: Laid = ()

    @classmethod
    def at_start(cls, recipe: Recipe) -> FlaskState:
        """The flask before the first event of a recipe: the dots alone, at room temperature."""
        dots = recipe.core
        if dots is None:
            return cls(recipe.start_K, 0.0, 0.0, "", 0.0)
        return cls(recipe.start_K, 0.0, dots.amount_mol, dots.material, dots.diameter_nm)

    def with_(self, **changes: object) -> FlaskState:
        """A copy with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Trajectory:
    """States at increasing times, the last one at the end of the segment; events per reaction."""

    states: tuple[FlaskState, ...]
    events: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


class Engine(Protocol):
    """One interpreter of a mechanism: the mean field here, kinetic Monte Carlo on the lattice later."""

    def start(self, state: FlaskState) -> FlaskState:
        """Give pristine dots their surface (ligands, hydroxide, oxide) as the mechanism declares it."""
        ...

    def advance(self, state: FlaskState, segment: Segment, points: int = 20) -> Trajectory:
        """Carry the flask through ``segment``, keeping about ``points`` states for the history."""
        ...
