"""A dot and its bath as a transport problem: layers, adsorbed layer, oxide to repair, from the constants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from epidot.dot.halides import HalideContent
from epidot.dot.layers import LayeredDot
from epidot.transport.arrhenius import NONE, Arrhenius
from epidot.transport.constants import REFERENCE_K, Constants
from epidot.transport.mesh import Mesh, graded
from epidot.transport.problem import (
    Bath,
    InterfaceTrap,
    Layer,
    Problem,
    Stage,
    State,
    Surface,
    Trap,
)

NOMINAL_K = 473.15


def layers(dot: LayeredDot, halide: str, known: Constants) -> tuple[Layer, ...]:
    """Core and shells as layers of transport; where the hypothesis has interior traps, cut at their zone."""
    radii = dot.radii_nm
    names = [dot.core, *(shell.material for shell in dot.shells)]
    zone = _zone(dot, known)
    out: list[Layer] = []
    inner = 0.0
    for name, outer in zip(names, radii, strict=True):
        plain = Layer(
            float(outer),
            known.diffusion(halide, name),
            Arrhenius(known.partition(name)),
            known.of("lattice_cap"),
            name=name,
        )
        cuts = sorted({r for r in zone if inner + 1e-6 < r < outer - 1e-6} | {float(outer)})
        for r in cuts:
            inside = bool(zone) and zone[0] - 1e-6 <= inner and r <= zone[1] + 1e-6
            traps = (_interior(known),) if inside else ()
            out.append(replace(plain, outer_nm=r, traps=traps))
            inner = r
    return tuple(out)


def surface(known: Constants) -> Surface:
    """The adsorbed layer and its exchange with the bath and with the lattice below."""
    adsorb = known.law("adsorption", "adsorption_energy")
    binding = Arrhenius.through(known.of("adsorption_constant"), REFERENCE_K, known.of("adsorption_enthalpy"))
    leave = known.law("entry", "entry_energy")
    # c = uptake · θ where a dilute lattice and the layer are in balance, so k_in = k_out · uptake / sites.
    uptake = Arrhenius.through(
        known.of("uptake") / known.of("ligand_sites"), REFERENCE_K, known.of("uptake_enthalpy")
    )
    return Surface(
        known.of("ligand_sites"),
        adsorb,
        Arrhenius(adsorb.prefactor / binding.prefactor, adsorb.energy_eV - binding.energy_eV),
        Arrhenius(leave.prefactor * uptake.prefactor, leave.energy_eV + uptake.energy_eV),
        leave,
    )


def problem(
    dot: LayeredDot,
    halide: str,
    known: Constants,
    programme: tuple[Stage, ...],
    volume_nm3: float,
    oxide: float,
) -> Problem:
    """Everything that decides where the ions of ``halide`` go in ``dot``.

    ``volume_nm3`` is each dot's share of the solution at the start of ``programme``; ``oxide`` counts the
    units at the core's surface that halide can turn into metal halide, repaired ones included.

    Raises
    ------
    InputError
        For a halide or a material of which nothing is known.
    """
    loss = known.law("bath_loss", "bath_loss_energy") if known.of("bath_loss") > 0 else NONE
    repair: tuple[InterfaceTrap, ...] = ()
    if dot.shells and oxide > 0:
        repair = (
            InterfaceTrap(
                dot.core_diameter_nm / 2, oxide, known.law("repair", "repair_energy"), name="oxide"
            ),
        )
    return Problem(
        layers(dot, halide, known),
        programme,
        Bath(volume_nm3, loss),
        surface(known),
        repair,
    )


def content(halide: str, state: State) -> HalideContent:
    """Where the ions of ``state`` are, as the dot tells it."""
    volumes = 4 / 3 * np.pi * np.diff(state.edges_nm**3)
    held = state.c + (state.trapped.sum(axis=0) if state.trapped.size else 0.0)
    return HalideContent(
        halide,
        np.asarray(state.edges_nm, dtype=np.float64),
        np.asarray(held * volumes, dtype=np.float64),
        float(state.adsorbed),
        float(state.interface.sum()),
    )


def _zone(dot: LayeredDot, known: Constants) -> tuple[float, ...]:
    if not known.has("interior_traps") or not dot.shells or known.of("interior_traps") <= 0:
        return ()
    core, outer = float(dot.radii_nm[0]), float(dot.radii_nm[-1])
    return tuple(core + known.of(f"interior_{end}") * (outer - core) for end in ("from", "to"))


def _interior(known: Constants) -> Trap:
    return Trap(known.of("interior_traps"), Arrhenius.through(known.of("interior_capture"), REFERENCE_K))


def mesh_of(told: Problem, cells: int = 100) -> Mesh:
    """Cells that serve a whole treatment, cool or hot: graded as an hour at :data:`NOMINAL_K` wants them.

    A flask goes through many stretches of time on one mesh.  Fronts at 160 to 200 °C are a fraction of a
    nanometre below the surface, profiles at 300 °C are smooth: fine at the surface serves both.
    """
    return graded(told.with_(programme=(Stage(3600.0, NOMINAL_K),)), cells)
