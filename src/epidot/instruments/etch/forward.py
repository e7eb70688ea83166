"""Parameters of a mechanism -> ions per dot in every round, for samples treated at several temperatures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.constants import N_A
from epidot.dot.halides import HalideContent
from epidot.dot.layers import Layer, LayeredDot
from epidot.instruments.etch.mechanisms import fixed
from epidot.instruments.etch.simulated import _INTERFACE_NM
from epidot.transport import halide
from epidot.transport.constants import Constants
from epidot.transport.mesh import Mesh
from epidot.transport.problem import Problem, Stage, State
from epidot.transport.quick import marched
from epidot.transport.system import System, assemble, empty

Array = NDArray[np.float64]
ROOM_K = 298.15
NM3_PER_L = 1e24
HALIDE = "Br"  # all halides move alike in data/halide.yaml; what the profiles say of D is said of theirs
CELLS = 32  # of the shell


@dataclass(frozen=True)
class Treatment:
    """How a sample was treated: addition over ``addition_s``, then ``hold_s``, then linear cooling.

    ``bath_ions`` added per dot, at ``bath_M`` once all are in; precipitated ``washes`` times.
    """

    kelvin: float
    addition_s: float = 1800.0
    hold_s: float = 1800.0
    cooling_s: float = 600.0
    bath_ions: float = 7900.0
    bath_M: float = 0.04
    washes: int = 2

    @property
    def bath_nm3(self) -> float:
        """Each dot's share of the solution."""
        return self.bath_ions / (self.bath_M * N_A / NM3_PER_L)

    @property
    def programme(self) -> tuple[Stage, ...]:
        """The stages of the treatment, as halide transport takes them."""
        T = self.kelvin
        return (
            Stage(self.addition_s, T, inflow_per_s=self.bath_ions / self.addition_s),
            Stage(self.hold_s, T),
            Stage(self.cooling_s, T, min(ROOM_K, T)),
        )


@dataclass(frozen=True)
class Sphere:
    """Radii / nm: of the core, of the outer edge of the inner shell, and of the dot."""

    core_nm: float
    inner_nm: float
    outer_nm: float

    @property
    def dot(self) -> LayeredDot:
        """A dot of these radii; only the core and a solubility of ZnSe tell its materials apart."""
        inner, outer = self.inner_nm - self.core_nm, self.outer_nm - self.inner_nm
        return LayeredDot("InP", 2 * self.core_nm, (Layer("ZnSe", inner), Layer("ZnS", outer)))


def problem_of(known: Constants, sphere: Sphere, treatment: Treatment) -> Problem:
    """The treatment of a dot as a problem of halide transport."""
    dot = sphere.dot
    oxide = known.of("buried_oxide") * 4 * np.pi * sphere.core_nm**2
    return halide.problem(dot, HALIDE, known, treatment.programme, treatment.bath_nm3, oxide)


@lru_cache(maxsize=256)
def _system(mechanism: str, sphere: Sphere, zone: tuple[float, ...]) -> System:
    """Where each unknown stands: cells fine at the surface; only a zone of traps moves them."""
    ends = {} if not zone else {"interior_from": zone[0], "interior_to": zone[1]}
    told = problem_of(fixed(mechanism).with_values(ends), sphere, Treatment(halide.NOMINAL_K))
    s = np.linspace(0, 1, CELLS + 1)[::-1]
    shell = sphere.outer_nm - (sphere.outer_nm - sphere.core_nm) * np.sinh(4.5 * s) / math.sinh(4.5)
    edges = np.concatenate([sphere.core_nm * np.array([0.0, 0.5, 0.8, 0.95]), shell])
    marks = np.array(told.boundaries_nm)
    edges = np.sort(np.append(edges[np.min(np.abs(edges[:, None] - marks), axis=1) > 1e-4], marks))
    middles = (edges[1:] + edges[:-1]) / 2
    return assemble(told, Mesh(edges, np.searchsorted(told.boundaries_nm[1:-1], middles)))


def _steps(treatment: Treatment) -> tuple[Array, Array, Array]:
    """Times, temperatures at them, and inflow of each step; short steps where something begins."""
    add, hold, cool = treatment.addition_s, treatment.hold_s, treatment.cooling_s
    early = np.linspace(0, 1, 21) ** 2
    late = np.linspace(0, 1, 19) ** 1.6
    times = np.concatenate([add * early, add + hold * late[1:], add + hold + cool * early[1:17] / early[16]])
    fall = np.clip((times - add - hold) / cool, 0, 1)
    kelvin = treatment.kelvin + (min(ROOM_K, treatment.kelvin) - treatment.kelvin) * fall
    inflow = np.where(times[1:] <= add * (1 + 1e-12), treatment.bath_ions / add, 0.0)
    return times, kelvin, inflow


def treated(mechanism: str, known: Constants, sphere: Sphere, treatments: Sequence[Treatment]) -> list[State]:
    """The dot after each of the treatments, not yet washed; ``known`` as from ``constants_of``."""
    traps = mechanism == "traps"
    zone = (known.of("interior_from"), known.of("interior_to")) if traps else ()
    system = _system(mechanism, sphere, zone).refilled(problem_of(known, sphere, treatments[0]))
    out = []
    for treatment in treatments:
        start = empty(system.problem, system.mesh).with_(volume_nm3=treatment.bath_nm3)
        out.append(marched(system, start, *_steps(treatment)))
    return out


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)


def per_round(found: HalideContent, sphere: Sphere, depths: Array, spread: float) -> Array:
    """Ions per dot in rounds that reach ``depths`` (nm), each dot's own depth spread by ``spread``."""
    cumulated = np.concatenate([[0.0], np.cumsum(found.amount[::-1])])
    cubes = found.edges_nm[::-1] ** 3
    out = np.zeros(depths.size)
    for z, weight in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True):
        radii = np.maximum(sphere.outer_nm - depths * max(1 + spread * z, 0.1), 0.0)
        held = np.interp(-(radii**3), -cubes, cumulated) + found.ligand
        held += np.where(radii < sphere.core_nm + _INTERFACE_NM, found.interface, 0.0)
        out += weight * held
    return np.asarray(np.diff(np.concatenate([[0.0], out])))


def washed(known: Constants, state: State, treatment: Treatment) -> HalideContent:
    """Where the ions are after the work-up."""
    left = state.adsorbed * known.of("ligand_kept") ** treatment.washes
    return halide.content(HALIDE, state.with_(adsorbed=left))
