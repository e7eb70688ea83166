"""What can be wrong with a transport problem."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from epidot.errors import Faults

if TYPE_CHECKING:
    from epidot.transport.arrhenius import Arrhenius
    from epidot.transport.problem import Problem

SAME_NM = 1e-9


def faults_of(problem: Problem, found: Faults) -> None:
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
