"""Cost and accuracy of the transport of ions: CPU time, median of several runs, one thread.

    OMP_NUM_THREADS=1 python benchmarks/diffusion.py [--json] [--repeats 9] [--solves 1000]

Targets: reference problem (case 14 of docs/theory/diffusion.md) within 1e-4 on one mesh and 1e-5
extrapolated, in 50 ms; order 1.95; balance 1e-10; nothing below zero; 1000 solves of a calibration in
60 s.  FiPy solves the same problem where it is installed.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from epidot.transport.arrhenius import Arrhenius
from epidot.transport.mesh import Mesh, graded
from epidot.transport.problem import Bath, InterfaceTrap, Layer, Problem, Stage, Surface
from epidot.transport.radial import estimate, solve
from epidot.transport.system import empty

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from oracle.diffusion.reference import VALUES, quantities, reference


def cpu(work: Callable[[], object], repeats: int) -> float:
    """Median CPU time in s, after one run to warm up (and compile)."""
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def halide(D: float, dH: float, sites: float, loss: float) -> tuple[Problem, float]:
    """A dot in its bath, fed for 30 min, held for 30 min and cooled: what a calibration solves many times."""
    T = 573.15
    shell = Arrhenius.through(D, T, dH)
    layers = (
        Layer(1.65, Arrhenius(shell.prefactor, dH + 0.23), cap_nm3=5.0),
        Layer(2.35, shell, cap_nm3=5.0),
        Layer(3.55, shell, cap_nm3=5.0),
        Layer(4.25, shell, cap_nm3=5.0),
    )
    surface = Surface(
        4.0,
        Arrhenius.through(40.0, T, 0.77),
        Arrhenius.through(0.53, T, 0.99),
        Arrhenius.through(0.18 * sites / 4.0, T, 0.85),
        Arrhenius.through(0.18, T, 1.0),
    )
    programme = (
        Stage(1800.0, T, inflow_per_s=4.4, volume_inflow_nm3_s=1.8e4),
        Stage(1800.0, T),
        Stage(900.0, T, 298.15),
    )
    oxide = (InterfaceTrap(1.65, 2.0, Arrhenius.through(0.0185, T, 0.3)),)
    return Problem(layers, programme, Bath(3.3e8, Arrhenius.through(loss, T, 0.98)), surface, oxide), T


def calibration(solves: int) -> tuple[float, float, float]:
    """CPU s for ``solves`` problems with other numbers each, worst balance, and worst amount below zero."""
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(solves, 4))
    balance, repaired = 0.0, 0.0
    solve(halide(6e-4, 1.67, 10.0, 1e-2)[0], 60)
    start = time.process_time()
    for a, b, c, d in draws:
        problem, _ = halide(
            6e-4 * math.exp(a), 1.67 + 0.2 * b, 10 * math.exp(0.3 * c), 1e-2 * math.exp(0.3 * d)
        )
        mesh = graded(problem, 60)
        found = solve(problem, mesh, start=empty(problem, mesh), rtol=1e-5)
        balance, repaired = max(balance, found.balance), max(repaired, found.repaired)
    return time.process_time() - start, balance, repaired


def surface_step(h: float, c: float, G: float, guess: float, dt: float) -> tuple[float, float]:
    """Flux into the sphere and adsorbed ions after an implicit step, for a concentration of the last cell."""
    after, J = guess, 0.0
    for _ in range(30):
        below = (h * c + 0.02 * after) / (h + 0.05 * (1 - after / 5))
        J = h * (below - c)
        after = (G + dt * (0.5 - J)) / (1 + dt * 0.11)
    return J, after


def fipy_reference(mesh: Mesh, steps: int) -> tuple[float, float]:
    """CPU s and largest relative error of FiPy, traps and surface eliminated from each step by hand.

    The sphere is a plane mesh with r² as coefficient (FiPy's own non-uniform sphere has wrong volumes).
    """
    import fipy

    e, r = mesh.edges_nm, mesh.centres_nm
    problem = reference()
    T = problem.programme[0].start_K
    D = np.array([layer.diffusion.at(T) for layer in problem.layers])[mesh.layer]
    n = np.array([3.0 if layer.traps else 0.0 for layer in problem.layers])[mesh.layer]
    grid = fipy.Grid1D(dx=list(np.diff(e)))
    c = fipy.CellVariable(mesh=grid, value=0.0, hasOld=True)
    inner, outer = e[1:-1] - r[:-1], r[1:] - e[1:-1]
    face = np.zeros(e.size)
    face[1:-1] = (inner + outer) / (inner / D[:-1] + outer / D[1:]) * e[1:-1] ** 2
    flow = fipy.FaceVariable(mesh=grid, value=face)
    weight = fipy.CellVariable(mesh=grid, value=r**2)
    w, G, A = np.zeros(r.size), 0.0, problem.area_nm2
    gap = e[-1] - r[-1]
    start = time.process_time()
    times = 300 * (np.expm1(np.linspace(0, 9, steps + 1)) / math.expm1(9))
    for dt in np.diff(times):
        c.updateOld()
        G_next = G
        for _ in range(3):
            now = np.asarray(c.value)
            bottom = 1 + dt * (now + 1e-2)
            caught = n * ((w + dt * now) / bottom - w) / dt
            slope = n * (1 - (w + dt * now) / bottom) / bottom
            J, G_next = surface_step(D[-1] / gap, float(now[-1]), G, G_next, dt)
            more, _ = surface_step(D[-1] / gap, float(now[-1]) + 1e-6, G, G_next, dt)
            by_c = (more - J) / 1e-6
            fixed, linear = -(caught - slope * now), -slope
            fixed[-1] += (J - by_c * now[-1]) * A / (4 * math.pi * r[-1] ** 2 * np.diff(e)[-1])
            linear[-1] += by_c * A / (4 * math.pi * r[-1] ** 2 * np.diff(e)[-1])
            equation = fipy.TransientTerm(coeff=weight) == fipy.DiffusionTerm(coeff=flow) + fipy.CellVariable(
                mesh=grid, value=fixed * r**2
            ) + fipy.ImplicitSourceTerm(coeff=fipy.CellVariable(mesh=grid, value=linear * r**2))
            equation.sweep(var=c, dt=dt)
        now = np.asarray(c.value)
        w = (w + dt * now) / (1 + dt * (now + 1e-2))
        G = G_next
    spent = time.process_time() - start
    V, now, j = 4 * math.pi * r**2 * np.diff(e), np.asarray(c.value), mesh.layer
    parts = [j == 0, (j == 1) | (j == 2), j >= 3]
    values = [float((V * now)[p].sum()) for p in parts]
    values += [float((V * n * w)[j == q].sum()) for q in (1, 3)] + [A * G]
    return spent, float(np.max(np.abs(np.array(values) / VALUES - 1)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--solves", type=int, default=1000)
    options = parser.parse_args()
    problem = reference()

    def gap(values: np.ndarray) -> float:
        return float(np.max(np.abs(values / VALUES - 1)))

    single = solve(problem, 300, rtol=1e-5)
    both = estimate(problem, quantities, 100, rtol=1e-5)
    mesh = graded(problem, 100)
    errors = []
    for _ in range(3):
        errors.append(gap(quantities(solve(problem, mesh, rtol=1e-8))))
        mesh = mesh.halved()
    spent, balance, repaired = calibration(options.solves)
    result: dict[str, float] = {
        "reference problem, 300 cells, ms": 1e3
        * cpu(lambda: solve(problem, 300, rtol=1e-5), options.repeats),
        "reference problem, 300 cells, largest relative error of six": gap(quantities(single)),
        "reference problem, 100 and 200 cells extrapolated, ms": 1e3
        * cpu(lambda: estimate(problem, quantities, 100, rtol=1e-5), options.repeats),
        "reference problem, extrapolated, largest relative error of six": gap(both.value),
        "reference problem, extrapolated, error it reports": float(np.max(both.error / both.value)),
        "observed order, 200 to 400 cells": math.log2(errors[1] / errors[2]),
        "balance of ions, relative": max(single.balance, both.fine.balance, both.coarse.balance),
        "lowest concentration": float(min(single.c.min(), single.trapped.min(), both.fine.c.min())),
        "ions moved to keep amounts above zero": max(single.repaired, both.fine.repaired),
        f"{options.solves} solves of a calibration, s": spent,
        "one solve of a calibration, ms": 1e3 * spent / options.solves,
        "calibration, worst balance of ions": balance,
        "calibration, most ions moved to keep amounts above zero": repaired,
    }
    try:
        fipy_s, fipy_error = fipy_reference(graded(problem, 100), 200)
        result["FiPy here, 100 cells, 200 steps, s"] = fipy_s
        result["FiPy here, largest relative error of six"] = fipy_error
    except ImportError:
        pass
    if options.json:
        print(json.dumps({"repeats": options.repeats, "results": result}))
        return
    for name, value in result.items():
        print(f"{name:65s} {value:10.4g}")


if __name__ == "__main__":
    main()
