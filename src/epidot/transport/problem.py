"""What a transport problem says: layers, traps, surface, surroundings and the programme of temperature.

One kind of ion in one spherical dot.  Lengths in nm, times in s, concentrations in ions per nm³, amounts in
ions per dot.  The ion moves down its activity μ (nm⁻³), which is the same on both sides of an interface:

    c = K μ / (1 + K μ / cap)        K the partition of the layer, cap its sites per nm³

Without a cap this is μ = c/K.  A layer with larger K dissolves more; a layer with a higher energy in ``D``
is slower.  The core is a layer like the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Faults
from epidot.transport.arrhenius import NONE, ONE, Arrhenius

Array = NDArray[np.float64]
Shape = Literal["sphere", "slab"]
SAME_NM = 1e-9  # radii this close are one


@dataclass(frozen=True)
class Trap:
    """Traps spread through a layer: dw/dt = k c (n − w) − p w, for trapped ions w per nm³.

    ``density_nm3`` n; ``capture`` k in nm³/s; ``release`` p in 1/s.
    """

    density_nm3: float
    capture: Arrhenius
    release: Arrhenius = NONE


@dataclass(frozen=True)
class Layer:
    """A spherical layer out to ``outer_nm``; ``diffusion`` in nm²/s, ``partition`` K without unit.

    ``cap_nm3`` sites an ion may take per nm³.  A zone of traps thinner than a layer is a layer of its own.
    """

    outer_nm: float
    diffusion: Arrhenius
    partition: Arrhenius = ONE
    cap_nm3: float = math.inf
    traps: tuple[Trap, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class InterfaceTrap:
    """Traps on the interface at ``at_nm``: dw/dt = k c (N − w) − p w, for trapped ions w per dot.

    ``number`` N per dot; ``capture`` k in nm³/s with c the concentration on the outer side of the interface;
    ``release`` p in 1/s.  Repair of oxide at the core's surface is a trap that releases nothing: each unit
    takes one ion, for good, and N − w units are left.
    """

    at_nm: float
    number: float
    capture: Arrhenius
    release: Arrhenius = NONE
    name: str = ""


@dataclass(frozen=True)
class Surface:
    """Ions adsorbed on the dot, G per nm², between the surroundings and the lattice below.

        dG/dt = k_a b (S − G) − k_d G − J          b the concentration outside
        J     = k_in G (1 − c/cap) − k_out c (1 − G/S)

    J goes into the lattice and c is the concentration just below the surface (the kinetics of
    ``SurfaceKinetics`` in FESTIM 1.4).  ``sites_nm2`` S; ``adsorb`` k_a in nm³/s; ``desorb`` k_d in 1/s;
    ``enter`` k_in in 1/s; ``leave`` k_out in nm/s.  ``depth_nm`` gives the lattice just below the surface
    a store of its own, depth · dc/dt, as FESTIM's lambda does; zero leaves it out.
    """

    sites_nm2: float
    adsorb: Arrhenius
    desorb: Arrhenius
    enter: Arrhenius
    leave: Arrhenius
    depth_nm: float = 0.0


@dataclass(frozen=True)
class Held:
    """Surroundings that never run out: ``level`` in nm⁻³, growing by ``rise`` per s.

    Where there is no adsorbed layer the level is the activity μ at the surface, reached through
    ``transfer`` in nm/s (``None``: at once).
    """

    level: float
    rise: float = 0.0
    transfer: Arrhenius | None = None


@dataclass(frozen=True)
class Bath:
    """A well-stirred bath: each dot's share of the solution, b = ions / ``volume_nm3``.

        dB/dt = inflow − loss B − partner − uptake

    ``loss`` (1/s) takes ions away for good (vapour, by-products).  ``partner`` X is a reagent of the bath
    that eats one ion each, at ``partner_rate`` (nm³/s) · X B / volume.  Amounts (of B and X) are part of the
    :class:`State`.  ``transfer`` as in :class:`Held`.
    """

    volume_nm3: float
    loss: Arrhenius = NONE
    partner_rate: Arrhenius = NONE
    transfer: Arrhenius | None = None


@dataclass(frozen=True)
class Stage:
    """A stretch of the programme: temperature from ``start_K`` to ``end_K``, steady inflow.

    ``inflow_per_s`` ions per dot and s into the bath; ``volume_inflow_nm3_s`` what comes with them.
    """

    duration_s: float
    start_K: float
    end_K: float | None = None
    inflow_per_s: float = 0.0
    volume_inflow_nm3_s: float = 0.0

    @property
    def last_K(self) -> float:
        """Temperature at the end in K."""
        return self.start_K if self.end_K is None else self.end_K


@dataclass(frozen=True)
class State:
    """Where the ions of one dot are.

    ``edges_nm`` (n + 1,) of the cells; ``c`` (n,) mobile ions per nm³; ``trapped`` (traps, n) per nm³;
    ``interface`` (interface traps,), ``adsorbed``, ``bath``, ``partner`` and ``lost`` (to the bath's loss and
    partner, since the start) per dot; ``volume_nm3`` the bath's volume now.
    """

    edges_nm: Array
    c: Array
    trapped: Array
    interface: Array
    adsorbed: float = 0.0
    bath: float = 0.0
    partner: float = 0.0
    lost: float = 0.0
    volume_nm3: float = math.inf

    def with_(self, **changes: object) -> State:
        """A copy with some fields replaced: a wash takes from ``adsorbed``, a portion adds to ``bath``."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Problem:
    """Everything that decides where the ions go.  InputError with every fault at once.

    ``layers`` from the centre outwards; ``outside`` what the dot is in; ``surface`` the adsorbed layer
    (``None``: the lattice meets the surroundings directly); ``inner_nm`` and ``inside`` make it hollow
    with something held within.  ``shape`` "slab" is a plane wall of unit area (amounts per nm²), its
    layers counted from x = 0; it is there for exact cases.
    """

    layers: tuple[Layer, ...]
    programme: tuple[Stage, ...]
    outside: Held | Bath
    surface: Surface | None = None
    interface_traps: tuple[InterfaceTrap, ...] = ()
    inner_nm: float = 0.0
    inside: Held | None = None
    shape: Shape = "sphere"

    def __post_init__(self) -> None:
        found = Faults()
        _faults_of(self, found)
        found.raise_if_any()

    def with_(self, **changes: object) -> Problem:
        """A copy with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def outer_nm(self) -> float:
        """Radius of the dot in nm."""
        return self.layers[-1].outer_nm

    @property
    def area_nm2(self) -> float:
        """Surface of the dot in nm² (1 for a slab)."""
        return 4 * math.pi * self.outer_nm**2 if self.shape == "sphere" else 1.0

    @property
    def boundaries_nm(self) -> tuple[float, ...]:
        """Radii of all layer boundaries, the inner one first."""
        return (self.inner_nm, *(layer.outer_nm for layer in self.layers))

    @property
    def duration_s(self) -> float:
        """Length of the programme in s."""
        return sum(stage.duration_s for stage in self.programme)


def _faults_of(problem: Problem, found: Faults) -> None:
    """Add every fault of ``problem`` to ``found``."""

    def not_negative(what: str, value: float, *, infinite: bool = False) -> None:
        if math.isnan(value) or value < 0 or (math.isinf(value) and not infinite):
            found.add(f"{what} must be a number not below zero", seen=f"{value:g}")

    def law(what: str, of: Arrhenius | None) -> None:
        if of is not None:
            not_negative(f"the prefactor of {what}", of.prefactor)
            if not math.isfinite(of.energy_eV):
                found.add(f"the energy of {what} must be a finite number", seen=f"{of.energy_eV:g}")

    if not problem.layers:
        found.add("a dot needs at least one layer")
        return
    if not problem.programme:
        found.add("the programme is empty", remedy="give at least one stage")
    not_negative("the inner radius", problem.inner_nm)
    below = problem.inner_nm
    for i, layer in enumerate(problem.layers, 1):
        name = f"layer {i}" + (f" ({layer.name})" if layer.name else "")
        if not layer.outer_nm - below > SAME_NM:
            found.add(
                f"{name} must end further out than the one before",
                seen=f"{layer.outer_nm:g} nm after {below:g} nm",
                remedy="list the layers from the centre outwards, by outer radius",
            )
        below = layer.outer_nm
        law(f"the diffusion of {name}", layer.diffusion)
        law(f"the partition of {name}", layer.partition)
        for what, one in (("diffusion", layer.diffusion), ("partition", layer.partition)):
            if one.prefactor == 0:
                found.add(f"the {what} of {name} is zero", remedy="raise its energy to make a layer slow")
        not_negative(f"the sites of {name}", layer.cap_nm3, infinite=True)
        if layer.cap_nm3 == 0:
            found.add(f"{name} has no sites", remedy="lower its partition to keep ions out")
        for trap in layer.traps:
            not_negative(f"the trap density of {name}", trap.density_nm3)
            law(f"the capture in {name}", trap.capture)
            law(f"the release in {name}", trap.release)
    inner_boundaries = problem.boundaries_nm[1:-1]
    for k, one_trap in enumerate(problem.interface_traps, 1):
        name = f"interface trap {k}" + (f" ({one_trap.name})" if one_trap.name else "")
        if not any(abs(one_trap.at_nm - r) < SAME_NM for r in inner_boundaries):
            found.add(
                f"{name} must lie where two layers meet",
                seen=f"{one_trap.at_nm:g} nm",
                nearest=[f"{r:g} nm" for r in inner_boundaries],
            )
        not_negative(f"the number of {name}", one_trap.number)
        law(f"the capture of {name}", one_trap.capture)
        law(f"the release of {name}", one_trap.release)
    if problem.surface is not None:
        s = problem.surface
        not_negative("the surface sites", s.sites_nm2)
        if s.sites_nm2 == 0:
            found.add("the surface has no sites", remedy="leave the surface out")
        not_negative("the depth of the surface", s.depth_nm)
        for what, one in (("adsorb", s.adsorb), ("desorb", s.desorb), ("enter", s.enter), ("leave", s.leave)):
            law(f"the surface's {what}", one)
    out = problem.outside
    law("the transfer outside", out.transfer)
    if hasattr(out, "level"):
        not_negative("the level outside", out.level)
    else:
        if not (out.volume_nm3 > 0 and math.isfinite(out.volume_nm3)):
            found.add("the bath needs a volume", seen=f"{out.volume_nm3:g} nm3")
        law("the bath's loss", out.loss)
        law("the bath's partner", out.partner_rate)
    if problem.inside is not None:
        not_negative("the level inside", problem.inside.level)
        if problem.inner_nm == 0 and problem.shape == "sphere":
            found.add("nothing can be held inside a full sphere", remedy="give an inner radius")
    for k, stage in enumerate(problem.programme, 1):
        if not (stage.duration_s > 0 and math.isfinite(stage.duration_s)):
            found.add(f"stage {k} needs a duration above zero", seen=f"{stage.duration_s:g} s")
        for T in (stage.start_K, stage.last_K):
            if not (T > 0 and math.isfinite(T)):
                found.add(f"stage {k} needs temperatures above 0 K", seen=f"{T:g} K")
        not_negative(f"the inflow of stage {k}", stage.inflow_per_s)
        not_negative(f"the volume inflow of stage {k}", stage.volume_inflow_nm3_s)
