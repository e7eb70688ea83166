"""Parameters of a mechanism -> ions per dot in every round, for samples treated at several temperatures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.constants import K_B
from epidot.instruments.etch.march import march
from epidot.instruments.etch.mechanisms import HELD, REFERENCE_K, priors
from epidot.instruments.etch.simulated import _INTERFACE_NM

Array = NDArray[np.float64]
ROOM_K = 298.15
NM3_PER_LITRE_MOL = 0.602214076  # ions per nm³ at 1 mol/L
ZONE = 0.2  # thickness of the zone of traps, in parts of the shell


@dataclass(frozen=True)
class Treatment:
    """How a sample was treated: addition over ``addition_s``, then ``hold_s``, then linear cooling.

    ``bath_ions`` added per dot, at ``bath_M`` once all are in.
    """

    kelvin: float
    addition_s: float = 1800.0
    hold_s: float = 1800.0
    cooling_s: float = 600.0
    bath_ions: float = 7900.0
    bath_M: float = 0.04

    @property
    def bath_nm3(self) -> float:
        """Each dot's share of the solution."""
        return self.bath_ions / (self.bath_M * NM3_PER_LITRE_MOL)


@dataclass(frozen=True)
class Sphere:
    """Radii / nm: of the closed core, of the outer edge of the inner shell, and of the dot."""

    core_nm: float
    inner_nm: float
    outer_nm: float


@dataclass(frozen=True)
class Mesh:
    """Cells of the shell, fine at the surface.

    ``shape`` (n - 1,) conductance between neighbouring cells over D, ``half`` (n, 2) from each cell to its
    inner and outer face; ``inner`` cells belong to the inner shell.
    """

    edges: Array
    volumes: Array
    inner: int
    shape: Array
    half: Array


@lru_cache(maxsize=256)
def mesh_of(sphere: Sphere, cells: int = 32, zone: tuple[float, float] | None = None) -> Mesh:
    """Cells from the core to the surface, their thickness falling about a hundredfold towards it.

    The edge of the inner shell and those of a ``zone`` of traps lie on edges of cells.
    """
    s = np.linspace(0, 1, cells + 1)
    depth = (sphere.outer_nm - sphere.core_nm) * np.sinh(4.5 * s) / math.sinh(4.5)
    edges = sphere.outer_nm - depth[::-1]
    edges[0], edges[-1] = sphere.core_nm, sphere.outer_nm
    marks = [sphere.inner_nm] if zone is None else list(zone)
    for mark in marks:
        if edges[0] + 1e-6 < mark < edges[-1] - 1e-6:
            edges[1 + int(np.argmin(np.abs(edges[1:-1] - mark)))] = mark
    inside = int(np.argmin(np.abs(edges - sphere.inner_nm)))
    volumes = 4 / 3 * np.pi * np.diff(edges**3)
    middle = np.cbrt((edges[1:] ** 3 + edges[:-1] ** 3) / 2)
    towards = (1 / edges[:-1] - 1 / middle) / (4 * np.pi), (1 / middle - 1 / edges[1:]) / (4 * np.pi)
    half = 1 / np.column_stack(towards)
    shape = 1 / (1 / half[:-1, 1] + 1 / half[1:, 0])
    return Mesh(edges, volumes, inside, shape, half)


def law_of(mechanism: str, theta: Array, reference_K: float) -> tuple[Array, dict[str, float]]:
    """Prefactors and energies, shape (9, 2), as :func:`march._march` takes them; and what is no rate."""
    p = dict(zip((q.name for q in priors(mechanism, reference_K)), theta, strict=True))

    def through(ln_value: float, energy: float, kelvin: float = REFERENCE_K) -> tuple[float, float]:
        return math.exp(min(ln_value + energy / (K_B * kelvin), 600.0)), energy

    leave, leave_eV = HELD["leave"][:2]
    sites = HELD["sites_nm2"][0]
    adsorb_eV = HELD["adsorption_eV"][0]
    catch, catch_eV = HELD["trap_capture"][:2]
    binding = HELD["trap_binding_eV"][0]
    repair, repair_eV = HELD["repair"][:2]
    traps = "lnNt" in p
    law = np.array(
        [
            through(p["lnD"], p["dH"], reference_K),
            through(p["lnka"], p["Ea"]),
            through(p["lnka"] - p["lnK"], p["Ea"] - adsorb_eV),
            # In at the rate that balances leaving at the concentration S under a full layer.
            through(math.log(leave / sites) + p["lnS"], leave_eV + p["dHS"]),
            through(math.log(leave), leave_eV),
            through(p["lnkl"], p["El"]) if "lnkl" in p else (0.0, 0.0),
            through(math.log(catch), catch_eV) if traps else (0.0, 0.0),
            through(math.log(catch) - p["lnKt"], catch_eV - binding) if traps else (0.0, 0.0),
            through(math.log(repair), repair_eV),
        ]
    )
    return law, p


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


@dataclass(frozen=True)
class Content:
    """Ions per dot at the end: in the cells between ``edges``, adsorbed (before the wash), repaired, bath."""

    edges: Array
    cells: Array
    adsorbed: float
    interface: float
    bath: float


def content(
    mechanism: str,
    theta: Array,
    sphere: Sphere,
    treatment: Treatment,
    reference_K: float,
    cells: int = 32,
    finer: int = 1,
) -> Content:
    """What a dot holds after the treatment; ``finer`` cuts every step of time into so many."""
    law, p = law_of(mechanism, theta, reference_K)
    zone = zone_of(sphere, p["zt"]) if "zt" in p else None
    mesh = mesh_of(sphere, cells, zone)
    traps = np.zeros(mesh.volumes.size)
    if zone is not None:
        e = np.clip(mesh.edges, *zone)
        traps = np.diff(e**3) / np.diff(mesh.edges**3)
        traps *= math.exp(p["lnNt"]) / max(float(np.sum(traps * mesh.volumes)), 1e-12)
    times, kelvin, inflow = _steps(treatment)
    if finer > 1:
        at = np.arange(times.size * finer - finer + 1) / finer
        kelvin = np.interp(at, np.arange(times.size), kelvin)
        times = np.interp(at, np.arange(times.size), times)
        inflow = np.repeat(inflow, finer)
    area = 4 * math.pi * sphere.outer_nm**2
    found = march()(
        times, kelvin, inflow, mesh.volumes, mesh.shape, mesh.half, mesh.inner - 1 if "lns" in p else -1,
        math.exp(p.get("lns", 0.0)), traps, law, area, treatment.bath_nm3, HELD["cap_nm3"][0],
        HELD["sites_nm2"][0], math.exp(p["lnNox"]),
    )  # fmt: skip
    n = mesh.volumes.size
    return Content(mesh.edges, found[:n], float(found[n]), float(found[n + 1]), float(found[n + 2]))


def zone_of(sphere: Sphere, z: float) -> tuple[float, float]:
    """Radii of the zone of traps whose middle lies at the depth ``z``, in parts of the shell."""
    wide = sphere.outer_nm - sphere.core_nm
    middle = sphere.outer_nm - min(max(z, ZONE / 2), 1 - ZONE / 2) * wide
    return middle - ZONE / 2 * wide, middle + ZONE / 2 * wide


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)


def per_round(found: Content, wash: float, sphere: Sphere, depths: Array, spread: float) -> Array:
    """Ions per dot in rounds that reach ``depths`` (nm), each dot's own depth spread by ``spread``."""
    cumulated = np.concatenate([[0.0], np.cumsum(found.cells[::-1])])
    cubes = found.edges[::-1] ** 3
    out = np.zeros(depths.size)
    for z, weight in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True):
        radii = np.maximum(sphere.outer_nm - depths * max(1 + spread * z, 0.1), 0.0)
        held = np.interp(-(radii**3), -cubes, cumulated)
        held = (
            held
            + wash * found.adsorbed
            + np.where(radii < sphere.core_nm + _INTERFACE_NM, found.interface, 0.0)
        )
        out += weight * held
    return np.asarray(np.diff(np.concatenate([[0.0], out])))
