"""The layered dot: radii, compositions and counts per layer, and a population of such dots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from epidot.dot.halides import HalideContent


@dataclass(frozen=True)
class Layer:
    """One shell: ``material`` is a material's name or an alloy such as ``ZnSe0.5S0.5``.

    ``coherency`` s in [0, 1] is the part of the misfit to the layer below that is taken up by strain;
    ``None`` means that its misfit to the core decides.  ``crystalline`` is the epitaxial (not amorphous)
    fraction.
    """

    material: str
    thickness_nm: float
    coherency: float | None = None
    crystalline: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.thickness_nm) and self.thickness_nm > 0):
            raise ValueError(f"{self.material}: thickness must be positive, got {self.thickness_nm} nm")
        if self.coherency is not None and not 0 <= self.coherency <= 1:
            raise ValueError(f"{self.material}: coherency must lie in [0, 1], got {self.coherency}")
        if not 0 <= self.crystalline <= 1:
            raise ValueError(f"{self.material}: crystalline must lie in [0, 1], got {self.crystalline}")


Weight = Literal["dots", "sites", "shell anions", "known", "cells", "same"]
Kept = Literal["number", "numbers by name", "own"]


@dataclass(frozen=True)
class Rule:
    """How a field of the surface follows the dot, so that nobody has to list the fields again.

    ``area``: scales with the core's area.  ``mean``: what its mean over dots is weighted with (``known``: a
    plain mean over the dots that know it; ``cells``: cell by cell; ``same``: all have that of the first).
    ``kept``: how a batch keeps it (``own``: by a rule of its own).  ``described``: its key under ``surface:``
    in a described dot.
    """

    area: bool
    mean: Weight
    kept: Kept = "number"
    described: str | None = None


def _surface(rule: Rule, default: Any = MISSING) -> Any:
    metadata = {"rule": rule}
    if default is MISSING:
        return field(default_factory=dict, hash=False, metadata=metadata)
    return field(default=default, hash=False, metadata=metadata)


SHAPE = ("core", "core_diameter_nm", "shells")  # the other fields are the surface, each with its rule


@dataclass(frozen=True)
class LayeredDot:
    """core | shells | ligands, with the counts that light and the instruments read.

    All counts are averages per dot.  ``core_diameter_nm`` is the diameter of the core material that
    is left (In-to-Zn exchange thins it).  ``ligands`` and ``adatoms`` map a name (``OA``, ``Int1``,
    ``OH``, ``F``; ``Zn``, ``Se``, ``S``) to a count.  ``oxide`` is the number of O units now at the
    core's surface, ``oxide_memory`` of those ever formed and since buried or replaced; ``sites`` the
    number of core-surface cation sites; ``coverage`` the covered fraction of them; ``linked`` the
    fraction of anion adatoms in multidentate (bridged) units; ``roughness_nm`` the standard deviation
    of the shell's thickness over directions, ``None`` where the model cannot know it (mean field).
    ``halides`` say where halide ions are; ``repaired`` is the number of oxide units that became metal
    halide (they are no longer counted in ``oxide`` or ``oxide_memory``).  ``surface_traps`` are positions of
    the outer surface that can hold a carrier (anions that no ligand heals).  ``outer_sites`` are the places
    for metal carboxylate on the outer surface and ``outer_ligands`` those that are taken: growth counts
    both, and the open ones are its traps there.

    What closes the core-surface cations that no shell covers: ``zinc_capped`` and ``halide_capped`` of them
    zinc carboxylate (or hydroxide) and halide, ``bare_cations`` nothing at all; the rest carboxylate or
    hydroxide.  ``open_anions`` are chalcogenides on the core that brought no zinc of their own: they hold on
    to one metal (the cation below counts as covered, and as closed by what closes it otherwise).
    """

    core: str
    core_diameter_nm: float
    shells: tuple[Layer, ...] = ()
    ligands: Mapping[str, float] = _surface(Rule(True, "dots", "numbers by name"))
    adatoms: Mapping[str, float] = _surface(Rule(True, "dots", "numbers by name"))
    sites: float = _surface(Rule(True, "dots", described="sites"), 0.0)
    oxide: float = _surface(Rule(True, "dots", described="oxide"), 0.0)
    oxide_memory: float = _surface(Rule(True, "dots", described="oxide_memory"), 0.0)
    coverage: float = _surface(Rule(False, "sites", described="coverage"), 0.0)
    linked: float = _surface(Rule(False, "shell anions", described="linked"), 0.0)
    roughness_nm: float | None = _surface(Rule(False, "known"), None)
    halides: tuple[HalideContent, ...] = _surface(Rule(False, "cells", "own"), ())
    repaired: float = _surface(Rule(True, "dots"), 0.0)
    surface_traps: float = _surface(Rule(True, "dots", described="traps"), 0.0)
    outer_sites: float = _surface(Rule(True, "dots", described="outer_sites"), 0.0)
    outer_ligands: float = _surface(Rule(True, "dots", described="outer_ligands"), 0.0)
    open_anions: float = _surface(Rule(True, "dots", described="open"), 0.0)
    zinc_capped: float = _surface(Rule(True, "dots", described="zinc"), 0.0)
    halide_capped: float = _surface(Rule(True, "dots", described="halide"), 0.0)
    bare_cations: float = _surface(Rule(True, "dots", described="bare"), 0.0)
    medium: str = _surface(Rule(False, "same", "own"), "toluene")

    def __post_init__(self) -> None:
        if not (math.isfinite(self.core_diameter_nm) and self.core_diameter_nm > 0):
            raise ValueError(f"core diameter must be positive, got {self.core_diameter_nm} nm")

    @property
    def plain(self) -> LayeredDot:
        """Core, shells and medium with nothing on the surface: all that the levels of a dot depend on."""
        return LayeredDot(self.core, self.core_diameter_nm, self.shells, medium=self.medium)

    @property
    def radii_nm(self) -> NDArray[np.float64]:
        """Outer radius of the core and of each shell, shape (1 + number of shells,)."""
        steps = [self.core_diameter_nm / 2, *(layer.thickness_nm for layer in self.shells)]
        return np.cumsum(np.asarray(steps, dtype=np.float64))

    @property
    def diameter_nm(self) -> float:
        """Outer diameter of the inorganic dot."""
        return float(2 * self.radii_nm[-1])

    def scaled(self, core_diameter_nm: float) -> LayeredDot:
        """The same shells on a core of another size; counts scale with the core's area.

        Exact for the core's surface; for the ions of thick shells (``adatoms``) it overstates the change.
        """
        ratio = (core_diameter_nm / self.core_diameter_nm) ** 2
        changed: dict[str, Any] = {}
        for name, rule in surface_rules().items():
            if rule.area:
                now = getattr(self, name)
                many = rule.kept == "numbers by name"
                changed[name] = {k: v * ratio for k, v in now.items()} if many else now * ratio
        return replace(self, core_diameter_nm=core_diameter_nm, **changed)


@cache
def surface_rules() -> Mapping[str, Rule]:
    """The rule of every field of the surface, in their order."""
    return {f.name: f.metadata["rule"] for f in fields(LayeredDot) if f.name not in SHAPE}


@dataclass(frozen=True)
class Population:
    """Dots of one flask: a representative dot and the core diameters of its members, shape (n,).

    ``members`` are the dots one by one where they are known (grown on the lattice, each with shells of its
    own); without them every member is the representative, scaled.
    """

    dot: LayeredDot
    core_diameters_nm: NDArray[np.float64]
    members: tuple[LayeredDot, ...] | None = None

    @property
    def dots(self) -> tuple[LayeredDot, ...]:
        """Every member; where they are not known one by one, the representative scaled to its diameter."""
        if self.members is not None:
            return self.members
        return tuple(self.dot.scaled(float(d)) for d in self.core_diameters_nm)

    def in_medium(self, medium: str) -> Population:
        """The same dots in another solvent."""
        members = self.members and tuple(replace(m, medium=medium) for m in self.members)
        return replace(self, dot=replace(self.dot, medium=medium), members=members)

    @property
    def diameters_nm(self) -> NDArray[np.float64]:
        """Outer diameter of the inorganic part of every member, shape (n,)."""
        if self.members is not None:
            return np.array([m.diameter_nm for m in self.members])
        return self.core_diameters_nm + (self.dot.diameter_nm - self.dot.core_diameter_nm)

    @property
    def sigma_rel(self) -> float:
        """Relative standard deviation of the core diameters."""
        d = self.core_diameters_nm
        return float(np.std(d) / np.mean(d)) if d.size > 1 else 0.0

    @staticmethod
    def even(dot: LayeredDot, n: int, sigma_rel: float) -> Population:
        """``n`` core diameters at equal steps of probability of the same law as :meth:`drawn`: no draw.

        Raises
        ------
        ValueError
            As :meth:`drawn`.
        """
        return Population(dot, mid_quantiles(dot.core_diameter_nm, sigma_rel, n))

    @staticmethod
    def drawn(dot: LayeredDot, n: int, sigma_rel: float, rng: np.random.Generator) -> Population:
        """``n`` core diameters from a log-normal law of mean ``dot.core_diameter_nm`` and relative width.

        The draw is stratified: one diameter from each of ``n`` equally likely classes, in random order.
        Each is still distributed by the law, but their mean and width scatter far less than those of
        independent draws, so that a few hundred dots stand for a flask.  A single dot is the mean one.

        Raises
        ------
        ValueError
            If ``n`` < 1, or ``sigma_rel`` is negative or not finite.
        """
        _insist(n, sigma_rel)
        from scipy.special import ndtri

        if n == 1:
            return Population(dot, np.array([dot.core_diameter_nm]))
        s = math.sqrt(math.log1p(sigma_rel**2))
        classes = (rng.permutation(n) + rng.random(n)) / n
        d = dot.core_diameter_nm * np.exp(s * ndtri(np.maximum(classes, 1e-300)) - s * s / 2)
        return Population(dot, d)


def mid_quantiles(mean: float, sigma_rel: float, n: int) -> NDArray[np.float64]:
    """``n`` values (n,), rising: mid-quantiles (i + ½)/n of a log-normal law, with its mean and width.

    The ends that they cut off would leave the width too small (by a third for two values), so that their
    logarithms are drawn apart until theirs is exact.  For a width of 12 % the mean is then right to 2e-5 and
    the width to 1 % of itself, for two values as for a hundred.  A single one is the mean.

    Raises
    ------
    ValueError
        If ``n`` < 1, or ``sigma_rel`` is negative or not finite.
    """
    _insist(n, sigma_rel)
    if n == 1 or sigma_rel < 1e-9:
        return np.full(n, mean)
    from scipy.special import ndtri

    s = np.sqrt(np.log1p(sigma_rel**2))
    steps = ndtri((np.arange(n) + 0.5) / n)
    steps = steps / np.std(steps)
    return np.asarray(mean * np.exp(s * steps - s * s / 2))


def _insist(n: int, sigma_rel: float) -> None:
    if n < 1:
        raise ValueError(f"a population needs at least one dot, got {n}")
    if not (math.isfinite(sigma_rel) and sigma_rel >= 0):
        raise ValueError(f"a relative width is 0 or more, got {sigma_rel}")
