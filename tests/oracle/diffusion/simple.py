"""One sphere of one material: held surface, surface resistance, finite bath, temperature ramp."""

from __future__ import annotations

import math

import numpy as np

from epidot.constants import K_B
from epidot.transport.arrhenius import Arrhenius
from epidot.transport.mesh import uniform
from epidot.transport.problem import Array, Bath, Held, Layer, Problem, Stage
from epidot.transport.radial import solve
from epidot.transport.system import empty
from oracle.diffusion import exact
from oracle.diffusion.case import Case, Curve, ladder, orders

MESHES = (50, 100, 200)
SPHERE = 4 / 3 * math.pi
PLAIN = (Layer(1.0, Arrhenius(1.0)),)
T_K = 300.0


def uptake(problem: Problem, cells: int, times: Array, final: float, **start: float) -> Array:
    """Ions in the dot over their final number at ``times``, on equal cells and with no error in time."""
    mesh = uniform(problem, cells)
    found = solve(problem, mesh, start=empty(problem, mesh, **start), times_s=times, rtol=1e-9, ions=1e-11)
    out: Array = found.amount.sum(axis=1) / final
    return out


def case_1() -> Case:
    """Uptake of a sphere with a held surface."""
    tau = np.array([0.01, 0.05, 0.1, 0.3])
    problem = Problem(PLAIN, (Stage(0.3, T_K),), Held(1.0))
    found, errors = ladder(lambda n: uptake(problem, n, tau, SPHERE), exact.sphere(tau), MESHES)
    x = np.linspace(1e-4, 0.4, 200)
    printed = (0.30851375, 0.60693976, 0.77047874, 0.96852454)
    return Case(
        1,
        "Sphere, surface held",
        r"\frac{M}{M_\infty}=1-\frac{6}{\pi^2}\sum_n \frac{1}{n^2}e^{-n^2\pi^2\tau}",
        "uptake at four times, order in the cell's width",
        errors[-1],
        2e-4,
        orders(errors),
        1.95,
        "Dt/a²",
        "uptake",
        (Curve("c = 1 at the surface", x, exact.sphere(x), tau, found),),
        tuple(zip(exact.sphere(tau), printed, strict=True)),
    )


def case_2() -> Case:
    """Uptake through a surface resistance."""
    tau = np.array([0.01, 0.1, 0.3])
    curves, worst, least, pairs = [], 0.0, math.inf, []
    x = np.linspace(1e-4, 0.4, 200)
    printed = {
        0.5: (0.01441648, 0.13008835, 0.33736349),
        1.0: (0.02774324, 0.22863507, 0.52987591),
        5.0: (0.10563217, 0.55316299, 0.88242257),
    }
    for L, numbers in printed.items():
        problem = Problem(PLAIN, (Stage(0.3, T_K),), Held(1.0, transfer=Arrhenius(L)))
        right = exact.resisted(tau, L)
        found, errors = ladder(lambda n, p=problem: uptake(p, n, tau, SPHERE), right, MESHES)  # type: ignore[misc]
        worst, least = max(worst, errors[-1]), min(least, orders(errors))
        curves.append(Curve(f"L = {L:g}", x, exact.resisted(x, L), tau, found))
        pairs += list(zip(right, numbers, strict=True))
    return Case(
        2,
        "Sphere with a surface resistance",
        r"\frac{M}{M_\infty}=1-\sum_n\frac{6L^2e^{-b_n^2\tau}}{b_n^2(b_n^2+L(L-1))},\quad b_n\cot b_n+L-1=0",
        "uptake at three times for L = ha/D = 0.5, 1, 5; order in the cell's width",
        worst,
        2e-4,
        least,
        1.95,
        "Dt/a²",
        "uptake",
        tuple(curves),
        tuple(pairs),
    )


def case_3() -> Case:
    """Uptake from a well-stirred bath that runs out, with a partition of 2."""
    tau, alpha, K = np.array([0.01, 0.05, 0.1]), 1.0, 2.0
    volume = alpha * K * SPHERE
    layer = Layer(1.0, Arrhenius(1.0), Arrhenius(K))
    problem = Problem((layer,), (Stage(0.1, T_K),), Bath(volume))
    final = volume / (1 + alpha)
    right = exact.finite_bath(tau, alpha)
    found, errors = ladder(lambda n: uptake(problem, n, tau, final, bath=volume), right, MESHES)
    x = np.linspace(1e-4, 0.15, 200)
    return Case(
        3,
        "Sphere in a finite bath",
        r"\frac{M}{M_\infty}=1-\sum_n\frac{6\alpha(\alpha+1)e^{-q_n^2\tau}}{9+9\alpha+q_n^2\alpha^2},"
        r"\quad \tan q_n=\frac{3q_n}{3+\alpha q_n^2}",
        "uptake at three times; the bath holds as much as the sphere (K = 2); order in the cell's width",
        errors[-1],
        2e-4,
        orders(errors),
        1.95,
        "Dt/a²",
        "uptake",
        (Curve("α = 1", x, exact.finite_bath(x, alpha), tau, found),),
        tuple(zip(right, (0.49084605, 0.7905187, 0.90391653), strict=True)),
    )


def case_10() -> Case:
    """Uptake while the temperature rises: case 1 with the integral of D."""
    T0, T1, beta, D0, E, a = 353.15, 573.15, 10 / 60, 1e12, 1.5921, 4.65
    T = np.array([540.0, 560.0, T1])
    problem = Problem((Layer(a, Arrhenius(D0, E)),), (Stage((T1 - T0) / beta, T0, T1),), Held(1.0))
    times = (T - T0) / beta
    right = exact.sphere(exact.ramp_integral(T0, T, D0, E, beta) / a**2)
    found, errors = ladder(lambda n: uptake(problem, n, times, SPHERE * a**3), right, MESHES)
    x = np.linspace(480.0, T1, 200)
    curve = exact.sphere(exact.ramp_integral(T0, x, D0, E, beta) / a**2)
    whole = float(exact.ramp_integral(T0, T1, D0, E, beta))
    return Case(
        10,
        "Uptake on a temperature ramp",
        r"\int D\,dt=\frac{D_0}{\beta}\left[T\,E_2(E/kT)\right]_{T_0}^{T_1}",
        "uptake of a 4.65 nm sphere on the way from 80 to 300 °C at 10 K/min; order in the cell's width",
        errors[-1],
        1e-3,
        orders(errors),
        1.95,
        "temperature (K)",
        "uptake",
        (Curve("80 to 300 °C", x, curve, T, found),),
        (
            (whole, 1.0072128),
            (whole / (D0 * math.exp(-E / (K_B * T1))), 100.6124),
            (float(right[-1]), 0.59086216),
        ),
    )
