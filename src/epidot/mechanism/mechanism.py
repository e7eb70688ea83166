"""A reaction mechanism as data: species, rate laws, reactions and the numbers they share.

One file declares the chemistry once; two interpreters read it, the mean field here and, on the site
lattice, kinetic Monte Carlo.  The format is described in ``docs/mechanisms.md``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from epidot.constants import R_GAS
from epidot.errors import Fault, InputError, NotBuiltYet, nearest
from epidot.mechanism.lattice import Section
from epidot.parameter import Parameter

Phase = Literal["liquor", "surface", "deposited"]
PHASES: tuple[Phase, ...] = ("liquor", "surface", "deposited")
MARKS = ("covered", "linked", "crystalline", "oxide", "memory", "outside")

# Units a mechanism may use: (dimension, factor to what the rate laws compute in: J/mol, J/mol/K, s, M).
UNITS: dict[str, tuple[str, float]] = {
    "1": ("number", 1.0),
    "J/mol": ("energy", 1.0),
    "kJ/mol": ("energy", 1e3),
    "kcal/mol": ("energy", 4184.0),
    "eV": ("energy", 96485.33212331),
    "J/mol/K": ("entropy", 1.0),
    "cal/mol/K": ("entropy", 4.184),
    "/s": ("rate of order 0", 1.0),
    "/M/s": ("rate of order 1", 1.0),
    "/M2/s": ("rate of order 2", 1.0),
    "/M": ("constant of order 1", 1.0),
    "/M2": ("constant of order 2", 1.0),
    "/nm2": ("density of places", 1.0),
}


@dataclass(frozen=True)
class Species:
    """One species.  ``composition`` counts the groups as written, ``elements`` the real elements.

    ``sites`` is what it occupies per class; ``ligands`` and ``marks`` are what the readout counts;
    ``linked`` is the number of its chalcogenides in multidentate units; ``vapour`` names the rate
    constant with which it leaves under vacuum.
    """

    name: str
    phase: Phase
    composition: Mapping[str, int]
    elements: Mapping[str, int]
    charge: int = 0
    sites: Mapping[str, int] = field(default_factory=dict)
    ligands: Mapping[str, int] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    linked: Mapping[str, int] = field(default_factory=dict)
    vapour: str | None = None
    line: int | None = None
    note: str = ""


@dataclass(frozen=True)
class RateLaw:
    """k = A · Π K · exp(−(Ea + Σ w·θ)/RT), times one factor per reactant and the terms below.

    ``room`` names the site class whose free share (1 − θ + overflow) multiplies the rate, ``vacant``
    the same without overflow, ``occupied`` its occupied share.  ``room`` of an outer class is the number of
    places that are free, and stands beside one of the other two.  ``barrier`` maps an environment to the
    name of its coefficient w; ``packing`` names the exponent of the room among the ligands;
    ``orders`` replaces the stoichiometric order of a reactant; ``collides`` says that the dot itself
    is a reactant; ``per`` divides by the number of sites of a class (capture by any of them);
    ``equilibrium`` gives the reverse rate.
    """

    A: str
    Ea: str
    K: tuple[str, ...] = ()
    equilibrium: str | None = None
    room: str | None = None
    vacant: str | None = None
    occupied: str | None = None
    barrier: Mapping[str, str] = field(default_factory=dict)
    packing: str | None = None
    orders: Mapping[str, int] = field(default_factory=dict)
    collides: bool = False
    per: str | None = None


@dataclass(frozen=True)
class Reaction:
    """A balanced reaction; ``declared`` is the id of the line it was expanded from."""

    id: str
    declared: str
    reactants: Mapping[str, int]
    products: Mapping[str, int]
    reversible: bool
    law: RateLaw
    source: str
    status: str
    line: int | None = None
    note: str = ""

    def __str__(self) -> str:
        arrow = " <=> " if self.reversible else " => "
        return arrow.join(" + ".join(_term(n, s) for s, n in side.items()) for side in self.sides)

    @property
    def sides(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Reactants and products."""
        return self.reactants, self.products

    @property
    def net(self) -> dict[str, int]:
        """Net change of every species by one event (zero entries left out)."""
        names = dict.fromkeys([*self.reactants, *self.products])
        change = {s: self.products.get(s, 0) - self.reactants.get(s, 0) for s in names}
        return {s: n for s, n in change.items() if n}


def _term(n: int, species: str) -> str:
    return species if n == 1 else f"{n} {species}"


@dataclass(frozen=True)
class Equilibrium:
    """K = exp(−(dH − T dS)/RT) with the names of its two parameters and its unit."""

    name: str
    dH: str
    dS: str
    unit: str


@dataclass(frozen=True)
class SiteClass:
    """``fixed``: as many as the surface is started with.  ``shell``: eq 3 of choi2023 for one layer.

    ``material`` maps a chalcogen to the material whose lattice sets the capacity of a ``shell`` class;
    ``overflow`` names the barrier (or weight) of positions beyond it.  ``outer``: places for ``ligands``
    on the outer surface, ``per_nm2`` (a parameter) of the sphere that core and shell fill.
    """

    name: str
    kind: Literal["fixed", "shell", "outer"]
    layer: str = ""
    material: Mapping[str, str] = field(default_factory=dict)
    overflow: str | None = None
    per_nm2: str | None = None
    ligands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Environment:
    """A fraction θ of the sites of class ``per`` that carry one of ``species``."""

    name: str
    species: tuple[str, ...]
    per: str


@dataclass(frozen=True)
class Surface:
    """The charge-closed inventory of a pristine core at its reference diameter."""

    core: str
    reference_diameter_nm: float
    per_dot: Mapping[str, float]
    source: str
    status: str
    note: str = ""


@dataclass(frozen=True)
class Packing:
    """Volumes of the ligands (nm³) that share a shell of ``shell_nm`` outside the first layer."""

    shell_nm: float
    volume_nm3: Mapping[str, float]
    limit: str


@dataclass(frozen=True)
class Hypothesis:
    """What the same data allow as well: other ``values`` by parameter, in the units of the table, or that
    the room left among the ligands counts (``packing``)."""

    title: str
    values: Mapping[str, float]
    packing: bool = False


@dataclass(frozen=True)
class Mechanism:
    """Species, reactions and parameters, checked and expanded.

    ``spread`` names the relative standard deviation, from dot to dot of a flask, of the rate at which monomer
    is taken up.  ``untold`` says why yield and decay of its dots cannot be told; empty where they can.
    """

    name: str
    title: str
    where: str
    groups: Mapping[str, Mapping[str, int]]
    reagents: tuple[str, ...]
    sites: Mapping[str, SiteClass]
    environments: Mapping[str, Environment]
    surfaces: Mapping[str, Surface]
    packing: Packing | None
    parameters: Mapping[str, Parameter]
    equilibria: Mapping[str, Equilibrium]
    species: Mapping[str, Species]
    reactions: tuple[Reaction, ...]
    lattice: Section | None = None
    spread: str | None = None
    untold: str = ""
    spectators: Mapping[str, str] = field(default_factory=dict)  # dissolved species -> why it takes no part
    hypotheses: Mapping[str, Hypothesis] = field(default_factory=dict)
    packs: bool = False  # whether ``packing`` counts

    def under(self, hypothesis: str) -> Mechanism:
        """The same under one of its hypotheses, named ``<name>@<hypothesis>``.

        Under one of packing it says nothing about the lattice, whose sites know no room among ligands.

        Raises
        ------
        InputError
            If it has no such hypothesis.
        """
        if hypothesis not in self.hypotheses:
            known = tuple(f"{self.name}@{key}" for key in self.hypotheses)
            what = f"the mechanism {self.name} has no such hypothesis"
            raise InputError(what, self.where, seen=hypothesis, nearest=known)
        one = self.hypotheses[hypothesis]
        changed = self.with_parameters(one.values)
        if one.packing:
            changed = replace(changed, packs=True, lattice=None)
        return replace(changed, name=f"{self.name}@{hypothesis}", title=one.title)

    def on_lattice(self) -> Section:
        """What it says about the lattice.

        Raises
        ------
        InputError
            If that is nothing.
        """
        if self.lattice is None:
            remedy = "add a `lattice` section (docs/mechanisms.md), or run with --engine meanfield"
            if self.packs:
                remedy = "packing is a law of the mean field: run with --engine meanfield"
            raise InputError(
                f"the mechanism {self.name} says nothing about the lattice", self.where, remedy=remedy
            )
        return self.lattice

    def si(self, parameter: str) -> float:
        """A parameter's value in J/mol, J/mol/K, 1/s and M."""
        p = self.parameters[parameter]
        return p.value * UNITS[p.unit][1]

    def K(self, equilibrium: str, temperature_K: float) -> float:
        """The equilibrium constant at one temperature (standard state 1 M)."""
        e = self.equilibria[equilibrium]
        return math.exp(-(self.si(e.dH) - temperature_K * self.si(e.dS)) / (R_GAS * temperature_K))

    def with_parameters(self, values: Mapping[str, float]) -> Mechanism:
        """A copy with other values (in the units of the table); bounds are not enforced.

        Raises
        ------
        InputError
            If a name is not in the table of parameters.
        """
        wrong = [
            Fault("unknown parameter", self.where, None, n, nearest(n, self.parameters))
            for n in values
            if n not in self.parameters
        ]
        if wrong:
            raise InputError(wrong)
        inf = math.inf
        table = {
            n: replace(p, value=float(values[n]), low=-inf, high=inf) if n in values else p
            for n, p in self.parameters.items()
        }
        return replace(self, parameters=table)

    def surface(self, core: str) -> Surface:
        """The declared inventory of a core.

        Raises
        ------
        NotBuiltYet
            If the mechanism does not say what pristine dots of that core carry.
        """
        if core not in self.surfaces:
            known = ", ".join(self.surfaces)
            raise NotBuiltYet(
                f"the mechanism {self.name} does not say what the surface of a {core} core carries "
                f"(it knows: {known})"
            )
        return self.surfaces[core]

    def unknown(self, liquor: Iterable[str]) -> tuple[str, ...]:
        """Dissolved species the mechanism does not know; an engine carries them along unchanged."""
        return tuple(sorted(s for s in liquor if s not in self.species))

    @property
    def supply_spread(self) -> float:
        """Relative standard deviation of the uptake of monomer from dot to dot; 0 if not declared."""
        return self.si(self.spread) if self.spread else 0.0

    @property
    def monomers(self) -> frozenset[str]:
        """Dissolved units of shell: the materials of the shells, where they are species."""
        return frozenset(m for s in self.sites.values() for m in s.material.values() if m in self.species)

    @cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with any number or reaction (for provenance)."""
        rows = [(n, p.value, p.unit) for n, p in sorted(self.parameters.items())]
        steps = [repr(replace(s, line=None)) for s in self.lattice.steps] if self.lattice else []
        text = json.dumps([rows, [f"{r.id} {r} {r.law}" for r in self.reactions], steps], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
