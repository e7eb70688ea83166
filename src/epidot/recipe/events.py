"""What happens to a flask, in the order it happens: the events a recipe's timeline is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from epidot.dot.layers import Layer

Atmosphere = Literal["N2", "vacuum", "air"]


@dataclass(frozen=True)
class Dots:
    """The dots a recipe starts from."""

    material: str
    diameter_nm: float
    amount_mol: float
    sigma_rel: float
    ligand: str
    surface: str


@dataclass(frozen=True)
class Segment:
    """A stretch of time with a linear temperature ramp and constant inflow.

    ``inflow`` is in mol/s per dissolved species, ``volume_inflow`` in L/s.
    """

    duration_s: float
    start_K: float
    end_K: float
    atmosphere: Atmosphere = "N2"
    inflow: Mapping[str, float] = field(default_factory=dict)
    volume_inflow: float = 0.0


@dataclass(frozen=True)
class Dose:
    """One substance put in: moles of it, its volume, and moles of every species it becomes when dissolved.

    ``carried_by`` names the reagent whose solution brought it (solvent of a stock), else ``None``.
    """

    reagent: str
    amount_mol: float
    volume_L: float
    species: Mapping[str, float]
    line: int
    carried_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happens at ``start_s`` after the start, written at ``line`` of the recipe."""

    line: int
    text: str
    start_s: float

    @property
    def duration_s(self) -> float:
        """How long it takes; 0 for what happens at once."""
        return 0.0


@dataclass(frozen=True, kw_only=True)
class Charge(Event):
    """Something goes in at once: moles of every dissolved species, and the volume it adds."""

    liquor: Mapping[str, float]
    volume_L: float
    doses: tuple[Dose, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run(Event):
    """A stretch of time: ramp, hold, vacuum, slow addition."""

    segment: Segment
    doses: tuple[Dose, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the segment."""
        return self.segment.duration_s


@dataclass(frozen=True, kw_only=True)
class TakeSample(Event):
    """A sample is taken; aliquots are too small to change the flask."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Wash(Event):
    """Precipitated and redispersed ``times`` times.

    A fraction ``kept ** times`` of everything dissolved stays with the dots, the rest is lost.  The fresh
    medium is ``liquor`` in ``volume_L``; ``precipitated_with`` only names the antisolvent, which leaves.
    """

    times: int
    precipitated_with: str | None
    redispersed_in: str | None
    kept: float
    liquor: Mapping[str, float]
    volume_L: float


@dataclass(frozen=True, kw_only=True)
class React(Event):
    """A declared conversion: moles of dissolved species made (positive) or used (negative); what leaves."""

    equation: str
    change: Mapping[str, float]
    leaves: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FormCore(Event):
    """Cores appear (or, ``grown``, the cores present grow) as described, with the change of the liquor.

    ``dots_mol`` is their number afterwards; ``solid_mol`` moles of formula units of the core material gained.
    """

    material: str
    diameter_nm: float
    dots_mol: float
    solid_mol: float
    change: Mapping[str, float]
    sigma_rel: float
    ligand: str
    grown: bool = False


@dataclass(frozen=True, kw_only=True)
class DescribeShell(Event):
    """A shell that is said to be there; nothing is computed about its growth."""

    layer: Layer


@dataclass(frozen=True, kw_only=True)
class OxidiseCore(Event):
    """Core surface oxidised as described: a share of its cation sites, or oxide units per dot."""

    oxidant: str | None
    share: float | None
    units_per_dot: float | None
