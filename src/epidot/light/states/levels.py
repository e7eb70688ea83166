"""One dot's levels: strain, electron, hole, Coulomb and transition strengths put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC, K_B
from epidot.dot.layers import LayeredDot
from epidot.errors import Fault, Faults, InputError
from epidot.light.states import coulomb
from epidot.light.states.bands import Bands, bands
from epidot.light.states.electron import Electron, solve_electron
from epidot.light.states.hole import Hole, channels, count_holes, solve_holes
from epidot.light.states.mesh import Mesh, mesh
from epidot.parameter import Parameter, rests_on

Array = NDArray[np.float64]
Method = Literal["hybrid", "kp8", "transfer"]
StrainMethod = Literal["shells", "paper", "none"]

ROOM_K = 295.0
HIGHEST_L = 6
LIGAND_EDGE_NM = 0.3
TRACE_NM = 1e-3


@dataclass(frozen=True)
class Census:
    """How many levels: electrons per l, and holes per block (2F, Ln)."""

    electrons: tuple[tuple[int, int], ...]
    holes: tuple[tuple[tuple[int, int], int], ...]


@dataclass(frozen=True)
class Options:
    """How the states are solved.

    ``method``: ``hybrid`` (default), or one of the oracles ``kp8`` (electron and hole energies of the
    full eight-band problem; only for dots with a thick shell) and ``transfer`` (electron by exact
    Bessel functions).  ``strain`` is handed to :func:`epidot.dot.strain.strain`.  ``excited`` also
    solves every line up to ``reach_eV`` above 1S; ``census`` fixes how many levels that takes, so that
    dots of other sizes can be given the same list.  ``ligand_nm`` is the thickness of the ligand layer
    (0 = infinite wall).  ``override`` replaces band parameters by ``material.key``.  ``longest_nm`` and
    ``refine`` (added to the degree of every element) are there for convergence tests.
    """

    method: Method = "hybrid"
    strain: StrainMethod = "shells"
    excited: bool = False
    ligand_nm: float = 1.0
    longest_nm: float = 1.0
    refine: int = 0
    polarisation: bool = True
    reach_eV: float = 1.3
    census: Census | None = None
    override: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        faults = Faults("options of the states")
        for name, choices in (
            ("method", ("hybrid", "kp8", "transfer")),
            ("strain", ("shells", "paper", "none")),
        ):
            if getattr(self, name) not in choices:
                faults.add(f"{name} is not a choice", seen=getattr(self, name), nearest=choices)
        if not 0 <= self.ligand_nm <= 3:
            faults.add("ligand_nm must lie in 0 to 3", seen=self.ligand_nm)
        faults.raise_if_any()


@dataclass(frozen=True)
class Transition:
    """One line: energy in eV, strength (summed over both carriers' degeneracies, 4 at most for 1S), name."""

    E: float
    strength: float
    label: str


@dataclass(frozen=True)
class Levels:
    """What :func:`solve_dot` returns; energies in eV from the unstrained core's valence-band top.

    ``E_1S_eV = Ee − Eh − J + selfpol``.  Per region (core, shells without traces, ligand): ``Ec_eV``,
    ``Ev_eV``, ``strain`` (hydrostatic elastic), ``P_e`` and ``P_h`` (probabilities, sum 1),
    ``overlap_by_region`` (∫ f v r² of the 1S pair; the square of its sum is ``K``).
    ``density_out_e``/``h`` are the carriers' probability densities at the inorganic surface in nm⁻³.
    """

    E_1S_eV: float
    Ee_eV: float
    Eh_eV: float
    J_eV: float
    selfpol_eV: float
    K: float
    Ep_core_eV: float
    radii_nm: Array
    Ec_eV: Array
    Ev_eV: Array
    strain: Array
    P_e: Array
    P_h: Array
    overlap_by_region: Array
    density_out_e: float
    density_out_h: float
    transitions: tuple[Transition, ...]
    parameters: dict[str, Parameter] = field(repr=False, default_factory=dict)
    warnings: tuple[str, ...] = ()
    census: Census | None = None

    @property
    def first_exciton_nm(self) -> float:
        """Wavelength of the 1S transition."""
        return HC / self.E_1S_eV

    @property
    def rests_on(self) -> dict[str, list[str]]:
        """Names of the material parameters that were used, by their status."""
        return rests_on(self.parameters)


def solve_dot(dot: LayeredDot, options: Options | None = None) -> Levels:
    """Levels of one layered dot.

    Raises
    ------
    InputError
        For an unknown material or medium, or a core that binds no pair below its barrier.
    """
    from epidot.dot.strain import strain

    how = options or Options()
    dot = without_traces(dot)
    elastic = (
        [0.0] * (1 + len(dot.shells))
        if how.strain == "none"
        else strain(dot, method=how.strain, spread=False).regions
    )
    outside = outside_eps(dot.medium)
    layers, used = bands(dot, elastic, how.ligand_nm, outside, how.override)
    grid = mesh(
        layers.radii.tolist(), how.longest_nm, how.refine, LIGAND_EDGE_NM if how.ligand_nm > 0 else 0.0
    )
    electron = solve_electron(grid, layers)
    hole = solve_holes(grid, layers)[0]
    Ee, Eh = electron.E, hole.E
    if how.method == "kp8":
        from epidot.light.states.kane8 import pair

        Ee, Eh = pair(grid, layers)
    elif how.method == "transfer":
        from epidot.light.states.transfer import electron_energy

        Ee = electron_energy(layers, near=Ee)
    _bound(dot, layers, Ee, Eh, how)
    J = coulomb.attraction(grid, electron.density, hole.density, coulomb_eps(layers))
    selfpol = 0.0
    if how.polarisation:
        image = coulomb.self_energy(grid.r, layers.radii[: layers.eps.size - 1], layers.eps)
        selfpol = float(grid.w @ (image * (electron.density + hole.density)))
    E_1S = Ee - Eh - J + selfpol
    joint = grid.r**2 * electron.f * hole.v[0]
    by_region = grid.shares(joint)
    K = float(by_region.sum() ** 2)
    lines = [Transition(E_1S, 4 * K, "1Se-1S3/2")]
    warnings: list[str] = []
    census: Census | None = None
    if how.excited:
        census = how.census or take_census(grid, layers, electron, hole, how.reach_eV)
        lines, warnings = _excited(grid, layers, census, E_1S - Ee + Eh)
    at = len(dot.shells)
    return Levels(
        E_1S,
        Ee,
        Eh,
        J,
        selfpol,
        K,
        float(layers.Ep[0]),
        layers.radii,
        layers.Ec,
        layers.Ev,
        np.asarray(elastic, dtype=np.float64),
        grid.shares(electron.density),
        grid.shares(hole.density),
        by_region,
        _surface(grid, electron.density, at),
        _surface(grid, hole.density, at),
        tuple(lines),
        used,
        tuple(warnings),
        census,
    )


def without_traces(dot: LayeredDot) -> LayeredDot:
    """``dot`` without shells thinner than :data:`TRACE_NM`: they move 1S by < 0.5 meV and spoil the mesh."""
    if all(layer.thickness_nm >= TRACE_NM for layer in dot.shells):
        return dot
    return replace(dot, shells=tuple(layer for layer in dot.shells if layer.thickness_nm >= TRACE_NM))


@lru_cache(maxsize=32)
def outside_eps(medium: str) -> float:
    """Dielectric constant at optical frequency of ligands and solvent, taken as one: n² of the medium."""
    from epidot.matter.reagents import refractive_index

    return float(refractive_index(medium)) ** 2


def coulomb_eps(layers: Bands) -> Array:
    """Per region of the mesh, then outside: the ligand layer counts as the medium."""
    if layers.has_ligand:
        return np.append(layers.eps, layers.eps[-1])
    return layers.eps


def _bound(dot: LayeredDot, layers: Bands, Ee: float, Eh: float, how: Options) -> None:
    if how.ligand_nm > 0 and (Ee > layers.Ec[-1] or Eh < layers.Ev[-1]):
        raise InputError(
            Fault(
                f"a {dot.core} core of {dot.core_diameter_nm:g} nm binds no electron-hole pair "
                "below its ligand barrier",
                seen=f"electron {Ee:.2f} eV, hole {Eh:.2f} eV",
                remedy="envelope functions do not reach so small a dot; take a larger core",
            )
        )


def _surface(grid: Mesh, density: Array, region: int) -> float:
    """Probability density in nm⁻³ just inside the outer radius of ``region``."""
    inside = np.flatnonzero(grid.region == region)
    last = inside[np.argmax(grid.r[inside])]
    return float(density[last] / (4 * np.pi * grid.r[last] ** 2))


def take_census(grid: Mesh, layers: Bands, electron: Electron, hole: Hole, reach_eV: float) -> Census:
    """The levels within ``reach_eV`` of the lowest electron and of the highest hole."""
    electrons = []
    for l in range(HIGHEST_L + 1):
        n = 0
        while solve_electron(grid, layers, l, n + 1, 1e-2).E <= electron.E + reach_eV:
            n += 1
        if n == 0:
            break
        electrons.append((l, n))
    top = electrons[-1][0]
    holes = []
    for twoF in range(1, 2 * top + 4, 2):
        for Ln in ((twoF - 1) // 2, (twoF + 1) // 2):
            if min(c.L for c in channels(twoF, Ln)) > top:
                continue
            found = count_holes(grid, layers, twoF, Ln, hole.E - reach_eV)
            if found:
                holes.append(((twoF, Ln), found))
    return Census(tuple(electrons), tuple(holes))


def _excited(grid: Mesh, layers: Bands, census: Census, binding: float) -> tuple[list[Transition], list[str]]:
    """All lines of the levels asked for; the Coulomb terms of 1S are used for every pair."""
    # Newton's last step is the square of the one before: 1e-4 asked for is 1e-7 got.
    electrons = [
        solve_electron(grid, layers, l, n, 1e-4) for l, count in census.electrons for n in range(1, count + 1)
    ]
    holes = [h for (twoF, Ln), count in census.holes for h in solve_holes(grid, layers, twoF, Ln, count)]
    weight = grid.w * grid.r**2
    lines = []
    for l, count in census.electrons:
        mine = [e for e in electrons if e.l == l]
        theirs = [
            (h, h.v[[c.L == l for c in h.channels]]) for h in holes if any(c.L == l for c in h.channels)
        ]
        # (2F + 1) Σ over channels with L = l of |∫ f v r²|²; all else is forbidden
        overlap = np.stack([e.f for e in mine]) @ (weight * np.concatenate([v for _, v in theirs])).T
        ends = np.cumsum([0, *(len(v) for _, v in theirs)])
        strength = np.add.reduceat(overlap**2, ends[:-1], axis=1)
        for i in range(count):
            for j, (h, _) in enumerate(theirs):
                name = f"{mine[i].label}-{h.label}"
                lines.append(
                    Transition(mine[i].E - h.E + binding, (h.twoF + 1) * float(strength[i, j]), name)
                )
    warnings = []
    top_s = max(h.E for h in holes if h.twoF == 3 and h.Ln == 1)
    other = max((h for h in holes if not (h.twoF == 3 and h.Ln == 1)), key=lambda h: h.E)
    if other.E > top_s - K_B * ROOM_K:
        warnings.append(
            f"the hole level {other.label} lies within kT of 1S3/2 (or above it): the order of the lowest "
            "hole states is not certain in this model, and with it the radiative rate"
        )
    return lines, warnings
