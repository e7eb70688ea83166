"""What the ``lattice`` section of a mechanism declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Sublattice = Literal["cation", "anion"]
Role = Literal["pair", "share", "held"]
SUBLATTICES: tuple[Sublattice, ...] = ("cation", "anion")
ROLES: tuple[Role, ...] = ("pair", "share", "held")
Range = tuple[int, int]


@dataclass(frozen=True)
class SiteKind:
    """What may sit on one site; ``composition`` counts the groups as written, ``elements`` real elements."""

    name: str
    site: Sublattice
    elements: Mapping[str, int] = field(default_factory=dict)
    charge: int = 0
    ligands: Mapping[str, int] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    line: int | None = None
    note: str = ""


@dataclass(frozen=True)
class NeighbourCount:
    """How many neighbours under ``relation`` carry one of ``species``."""

    name: str
    relation: str
    species: tuple[str, ...]


@dataclass(frozen=True)
class OwnRate:
    """k = A exp(-(Ea + sum of per · count)/RT) of a step that only the lattice has; names of parameters.

    With ``misfit`` the elastic energy of a unit in the shell of the present thickness lowers the barrier.
    """

    A: str
    Ea: str
    per: Mapping[str, str] = field(default_factory=dict)
    misfit: bool = False


@dataclass(frozen=True)
class Step:
    """One elementary step: what changes on a centre and on at most one partner.

    ``of`` is the id of the reaction it carries, ``also`` of others it stands for on the same sites; both
    ``None`` and empty for a step that only the lattice has (then ``rate`` and ``liquor`` are its own).
    ``symmetry`` is 1/2 where each pair of partners is found from both ends.
    """

    id: str
    declared: str
    of: str | None
    also: tuple[str, ...]
    reverse: bool
    centre: tuple[str, str]
    partner: tuple[str, str] | None = None
    at: str | None = None
    role: Role | None = None
    where: Mapping[str, Range] = field(default_factory=dict)
    partner_where: Mapping[str, Range] = field(default_factory=dict)
    liquor: Mapping[str, int] = field(default_factory=dict)
    rate: OwnRate | None = None
    symmetry: float = 1.0
    status: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Composite:
    """Counts of a cation and an anion species, told as one species of the mean field."""

    species: str
    of: tuple[str, str]


@dataclass(frozen=True)
class Section:
    """The lattice of a mechanism, checked and expanded.

    ``near_nm`` is the reach of the relation ``near`` between cations and anions; ``core`` and ``vacant`` name
    the species of the core's ions and of empty anion positions of the first shell and beyond;
    ``environments`` the relation that stands for an environment on either sublattice.  ``pool`` are species
    on the outer surface that are counted per dot and have no site; ``spectators`` close the charge of core
    cations that take no part, with one ligand, two, and so on.
    """

    near_nm: float
    core: Mapping[Sublattice, str]
    vacant: Mapping[str, str]
    kinds: Mapping[str, SiteKind]
    counts: Mapping[str, NeighbourCount]
    environments: Mapping[str, Mapping[str, str]]
    composites: tuple[Composite, ...]
    steps: tuple[Step, ...]
    pool: Mapping[str, SiteKind] = field(default_factory=dict)
    spectators: tuple[str, ...] = ()

    def parameters(self) -> set[str]:
        """Names of the parameters that only the lattice uses."""
        rates = [s.rate for s in self.steps if s.rate is not None]
        return {name for r in rates for name in (r.A, r.Ea, *r.per.values())}
