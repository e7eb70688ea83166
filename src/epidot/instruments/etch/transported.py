"""The same treatment as a problem of the transport room: what the quick solver is checked against."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.etch.forward import ROOM_K, Content, Sphere, Treatment, law_of, zone_of
from epidot.instruments.etch.mechanisms import HELD, REFERENCE_K
from epidot.transport.arrhenius import Arrhenius
from epidot.transport.problem import Bath, InterfaceTrap, Layer, Problem, Stage, Surface, Trap

Array = NDArray[np.float64]
CLOSED = 1e-12  # of the shell's diffusion coefficient: the core of the inversion takes nothing up


def problem_of(
    mechanism: str, theta: Array, sphere: Sphere, treatment: Treatment, reference_K: float
) -> Problem:
    """What :func:`epidot.instruments.etch.forward.content` solves, in the words of the transport room."""
    law, p = law_of(mechanism, theta, reference_K)
    shell, adsorb, desorb, enter, leave, loss, catch, free, repair = (
        Arrhenius(float(a), float(e)) for a, e in law
    )
    cap = HELD["cap_nm3"][0]
    low, high = zone_of(sphere, p.get("zt", 0.5))
    cuts = {sphere.inner_nm, sphere.outer_nm}
    trap: tuple[Trap, ...] = ()
    if "lnNt" in p:
        cuts |= {x for x in (low, high) if sphere.core_nm + 1e-9 < x < sphere.outer_nm - 1e-9}
        volume = 4 / 3 * math.pi * (high**3 - low**3)
        trap = (Trap(math.exp(p["lnNt"]) / volume, catch, free),)
    layers = [Layer(sphere.core_nm, shell.scaled(CLOSED), cap_nm3=cap, name="core")]
    below = sphere.core_nm
    for outer in sorted(cuts):
        inside = outer <= sphere.inner_nm + 1e-9
        partition = Arrhenius(math.exp(p.get("lns", 0.0)) if inside else 1.0)
        caught = trap if low - 1e-9 <= (below + outer) / 2 <= high + 1e-9 else ()
        layers.append(Layer(outer, shell, partition, cap, caught, "shell"))
        below = outer
    T = treatment.kelvin
    programme = (
        Stage(treatment.addition_s, T, inflow_per_s=treatment.bath_ions / treatment.addition_s),
        Stage(treatment.hold_s, T),
        Stage(treatment.cooling_s, T, min(ROOM_K, T)),
    )
    return Problem(
        tuple(layers),
        programme,
        Bath(treatment.bath_nm3, loss),
        Surface(HELD["sites_nm2"][0], adsorb, desorb, enter, leave),
        (InterfaceTrap(sphere.core_nm, math.exp(p["lnNox"]), repair, name="oxide"),),
    )


def content(
    mechanism: str,
    theta: Array,
    sphere: Sphere,
    treatment: Treatment,
    reference_K: float = REFERENCE_K,
    cells: int = 150,
) -> Content:
    """As :func:`epidot.instruments.etch.forward.content`, by the transport room's own solver."""
    from epidot.transport.radial import solve

    found = solve(problem_of(mechanism, theta, sphere, treatment, reference_K), cells)
    return Content(
        found.edges_nm,
        found.amount[-1],
        float(found.adsorbed[-1]),
        float(found.interface[-1].sum()),
        float(found.bath[-1]),
    )
