"""The reference problem: made-up numbers for a dot with traps, ligands and layers a million times apart."""

from __future__ import annotations

import numpy as np

from epidot.transport.arrhenius import Arrhenius
from epidot.transport.mesh import graded
from epidot.transport.problem import Array, Held, Layer, Problem, Stage, Surface, Trap
from epidot.transport.radial import Solution, estimate
from oracle.diffusion.case import Case, Curve, orders

NAMES = ("core", "ZnSe", "ZnS", "trap 1", "trap 2", "surface")
# Extrapolated from 1600, 3200 and 6400 cells by an independent prototype (order 2.00).
VALUES = np.array([6.58599281, 1306.23529953, 1836.25694398, 36.66388347, 163.20402392, 1167.82918301])


def reference() -> Problem:
    """300 s at 300 °C: a slow core, ZnSe, fast ZnS, traps on the outer side of both inner interfaces."""
    core, znse, zns = (Arrhenius(1e12, E) for E in (1.9332, 1.5921, 1.2510))
    traps = (Trap(3.0, Arrhenius(1.0), Arrhenius(1e-2)),)
    layers = (
        Layer(1.65, core, name="core"),
        Layer(1.95, znse, traps=traps, name="ZnSe with traps"),
        Layer(3.65, znse, name="ZnSe"),
        Layer(3.95, zns, traps=traps, name="ZnS with traps"),
        Layer(4.65, zns, name="ZnS"),
    )
    surface = Surface(5.0, Arrhenius(0.1), Arrhenius(0.01), Arrhenius(0.02), Arrhenius(0.05))
    return Problem(layers, (Stage(300.0, 573.15),), Held(1.0), surface)


def quantities(solution: Solution) -> Array:
    """The six numbers (:data:`NAMES`), ions per dot at the end."""
    within = np.eye(5)[solution.mesh.layer] * solution.mesh.volumes_nm3[:, None]
    mobile, trapped = solution.c[-1] @ within, solution.trapped[-1].sum(axis=0) @ within
    return np.array(
        [
            mobile[0],
            mobile[1] + mobile[2],
            mobile[3] + mobile[4],
            trapped[1],
            trapped[3],
            solution.adsorbed[-1],
        ]
    )


def case_14() -> Case:
    """Six amounts of the reference problem, and the balance of all ions."""
    problem = reference()
    mesh = graded(problem, 100)
    first = estimate(problem, quantities, mesh, rtol=1e-8)
    second = estimate(problem, quantities, mesh.halved(), rtol=1e-8)
    gaps = [
        float(np.max(np.abs(quantities(run) / VALUES - 1))) for run in (first.coarse, first.fine, second.fine)
    ]
    balance = max(run.balance for run in (first.coarse, first.fine, second.fine))
    error = float(np.max(np.abs(first.value / VALUES - 1)))
    fine, coarse = second.fine, first.coarse
    return Case(
        14,
        "Reference problem, and the balance of ions",
        r"\sum V(c+n\theta)=\int J\,dt",
        "six amounts, extrapolated from 100 and 200 cells; order over 100, 200 and 400 cells; all ions found "
        f"again to 1e-10 (found {balance:.0e})",
        error if balance < 1e-10 else np.inf,
        1e-5,
        orders(gaps),
        1.95,
        "radius (nm)",
        "ions per nm³",
        (
            Curve("mobile", fine.mesh.centres_nm, fine.c[-1], coarse.mesh.centres_nm[::2], coarse.c[-1, ::2]),
            Curve(
                "trapped",
                fine.mesh.centres_nm,
                fine.trapped[-1, 0],
                coarse.mesh.centres_nm[::2],
                coarse.trapped[-1, 0, ::2],
            ),
        ),
    )
