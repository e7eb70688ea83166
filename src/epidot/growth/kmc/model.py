"""What may happen on a lattice: species, neighbour counts and reactions.

Nothing here is chemistry yet: a model is a list of elementary steps with rate constants.  Energies are in
eV, temperatures in K, rate constants in 1/s for steps of the sites alone and in M^-n/s where n dissolved
species take part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

Range = tuple[int, int]


@dataclass(frozen=True)
class Species:
    """What can sit on a site (a vacancy is a species too); ``sublattices`` are those it may, all if empty."""

    name: str
    sublattices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Count:
    """A named neighbour count: how many neighbours under ``relation`` carry one of the species ``of``."""

    name: str
    relation: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class Partner:
    """The second site of a pair reaction: any neighbour under ``relation`` that carries ``before``.

    Its conditions (``where``: count -> lowest and highest allowed value) and its energy terms
    are judged **with the centre already changed**, so that a hopping species is not its own neighbour.

    Partners are found by drawing a direction; a draw that finds none is a null event, which only lets time
    pass.  ``counted`` carries the number of possible partners in the environment instead: no such nulls, but
    more classes.  The process is the same; choose by speed.
    """

    relation: str
    before: str
    after: str
    where: Mapping[str, Range] = field(default_factory=dict)
    energy: Mapping[str, float] = field(default_factory=dict)
    counted: bool = False


@dataclass(frozen=True)
class Reaction:
    """One elementary step, k = A exp(-(Ea + sum of energy · count) / kT) per site, or per partner.

    The centre goes from ``before`` to ``after`` if every count in ``where`` lies in its range (ends
    included: what is bulky must be counted 0 times as far as it is in the way). ``liquor`` holds
    the change of each dissolved species by one event; what it consumes also multiplies the rate by
    its concentration, as does each species in ``orders`` (which replaces the order where both
    speak). Without ``before`` and ``after`` the step happens in the liquor alone and its rate is
    per volume (M/s times the volume).
    """

    name: str
    before: str | None
    after: str | None
    A: float
    Ea: float = 0.0
    energy: Mapping[str, float] = field(default_factory=dict)
    where: Mapping[str, Range] = field(default_factory=dict)
    partner: Partner | None = None
    liquor: Mapping[str, int] = field(default_factory=dict)
    orders: Mapping[str, int] = field(default_factory=dict)
    sublattice: str | None = None

    @property
    def order_in(self) -> dict[str, int]:
        """The order of the rate in every dissolved species."""
        consumed = {s: -n for s, n in self.liquor.items() if n < 0}
        return {s: n for s, n in {**consumed, **self.orders}.items() if n}

    @property
    def needs(self) -> dict[str, int]:
        """Molecules that must be there for the step to be possible."""
        return {s: -n for s, n in self.liquor.items() if n < 0}


@dataclass(frozen=True)
class Model:
    """Species, counts and reactions; ``liquor`` are the dissolved species, ``where`` the file for faults."""

    species: tuple[Species, ...]
    reactions: tuple[Reaction, ...]
    counts: tuple[Count, ...] = ()
    liquor: tuple[str, ...] = ()
    where: str = "model"

    def index(self, species: str) -> int:
        """The number under which a species stands in the arrays."""
        return self.names.index(species)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the species, in order."""
        return tuple(s.name for s in self.species)

    def allowed(self, species: str, sublattice: str) -> bool:
        """Whether a species may sit on a sublattice."""
        places = self.species[self.index(species)].sublattices
        return not places or sublattice in places
