"""One dot's levels: strain, electron, hole, Coulomb and transition strengths put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC, K_B
from epidot.dot.layers import LayeredDot
from epidot.dot.strain import strain
from epidot.errors import Faults, InputError
from epidot.light.states import coulomb
from epidot.light.states.bands import Bands, bands, insist
from epidot.light.states.lines import Carriers, Lines, Transition, carriers, doubts, lines
from epidot.light.states.mesh import Mesh, mesh
from epidot.matter.materials import material
from epidot.parameter import Parameter, rests_on

Array = NDArray[np.float64]
StrainMethod = Literal["shells", "paper", "none"]

ROOM_K = 295.0
# Numbers that no level rests on: growth, ions, traps, rates and widths of lines.
UNMOVED_BY = (
    *(
        "mechanism.",
        "halide.",
        "light.trap",
        "light.deep",
        "light.background",
        "light.sigma",
        "light.lorentz",
    ),
    *("light.stokes", "light.exchange", "light.oscillator"),
)
LIGAND_EDGE_NM = 0.3
TRACE_NM = 1e-3


@dataclass(frozen=True)
class Options:
    """How the states are solved.

    ``strain`` is handed to :func:`epidot.dot.strain.strain`.  ``excited`` also
    solves every line up to ``reach_eV`` above 1S.  ``ligand_nm`` is the thickness of the ligand layer
    (0 = infinite wall).  ``override`` replaces parameters by name (``InP.Eg_eV``, ``light.vacuum_eV``).
    ``longest_nm`` and ``refine`` (added to the degree of every element) are there for convergence tests.
    """

    strain: StrainMethod = "shells"
    excited: bool = False
    ligand_nm: float = 1.0
    longest_nm: float = 1.0
    refine: int = 0
    polarisation: bool = True
    reach_eV: float = 1.3
    override: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        faults = Faults("options of the states")
        choices = get_args(StrainMethod)
        if self.strain not in choices:
            faults.add("strain is not a choice", seen=self.strain, nearest=choices)
        if not 0 <= self.ligand_nm <= 3:
            faults.add("ligand_nm must lie in 0 to 3", seen=self.ligand_nm)
        faults.raise_if_any()


@dataclass(frozen=True)
class Start:
    """What another size of the same dot can start from."""

    grid: Mesh
    found: Carriers


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
    lines: Lines
    parameters: dict[str, Parameter] = field(repr=False, default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def first_exciton_nm(self) -> float:
        """Wavelength of the 1S transition."""
        return HC / self.E_1S_eV

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """The lines one by one."""
        return tuple(
            Transition(float(E), float(s), label)
            for E, s, label in zip(self.lines.E, self.lines.strength, self.lines.labels, strict=True)
        )

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
    return solve_after(dot, options or Options())[0]


def solve_after(dot: LayeredDot, how: Options, before: Start | None = None) -> tuple[Levels, Start]:
    """As :func:`solve_dot`, with what another size of the same dot can start from: hand it in as ``before``.

    The levels are then those that ``before`` holds, whatever lies within reach of this size.
    """
    dot = without_traces(dot)
    insist(dot, how.strain != "none")
    elastic = (
        [0.0] * (1 + len(dot.shells))
        if how.strain == "none"
        else strain(dot, method=how.strain, spread=False).regions
    )
    layers, used = bands(dot, elastic, how.ligand_nm, outside_eps(dot.medium), how.override)
    grid = mesh(
        layers.radii.tolist(),
        how.longest_nm,
        how.refine,
        LIGAND_EDGE_NM if how.ligand_nm > 0 else 0.0,
        before.grid if before else None,
    )
    found = carriers(grid, layers, how.reach_eV if how.excited else 0.0, before.found if before else None)
    electron, hole = found.ground
    Ee, Eh = electron.E, hole.E
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
    at = len(dot.shells)
    levels = Levels(
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
        lines(grid, found, E_1S - Ee + Eh, before.found.labels if before else None),
        used,
        (*_indirect(dot.core), *(doubts(found, K_B * ROOM_K) if how.excited else ())),
    )
    return levels, Start(grid, found)


def _indirect(core: str) -> tuple[str, ...]:
    """A warning if the smallest gap of the core's material is not at the zone centre."""
    known = material(core)
    if "Eg_X_eV" not in known or known["Eg_X_eV"] >= known["Eg_eV"]:
        return ()
    warning = (
        f"the smallest gap of {core} is indirect ({known['Eg_X_eV']:.2f} eV): its light is worked out as if "
        "the gap at the zone centre were the smallest, and is not to be trusted"
    )
    return (warning,)


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
            f"a {dot.core} core of {dot.core_diameter_nm:g} nm binds no electron-hole pair "
            "below its ligand barrier",
            seen=f"electron {Ee:.2f} eV, hole {Eh:.2f} eV",
            remedy="envelope functions do not reach so small a dot; take a larger core",
        )


def _surface(grid: Mesh, density: Array, region: int) -> float:
    """Probability density in nm⁻³ just inside the outer radius of ``region``."""
    inside = np.flatnonzero(grid.region == region)
    last = inside[np.argmax(grid.r[inside])]
    return float(density[last] / (4 * np.pi * grid.r[last] ** 2))
