"""Traps: finite kinetics, the effective diffusivity and the sharp front as limits, thermal desorption."""

from __future__ import annotations

import math

import numpy as np

from epidot.transport.arrhenius import NONE, Arrhenius
from epidot.transport.mesh import uniform
from epidot.transport.problem import Array, Held, Layer, Problem, Stage, Trap
from epidot.transport.radial import Solution, solve
from epidot.transport.system import empty
from oracle.diffusion import exact
from oracle.diffusion.case import Case, Curve, ladder, orders
from oracle.diffusion.simple import MESHES, SPHERE, T_K, uptake

MANY = 1e12  # traps per nm³ that never fill


def never_full(rate: float, release: float) -> Trap:
    """A trap that catches at ``rate`` (1/s) however much is caught."""
    return Trap(MANY, Arrhenius(rate / MANY), Arrhenius(release))


def case_6() -> Case:
    """Uptake of a sphere with unsaturated traps of finite speed."""
    k, p, t = 20.0, 2.0, np.array([0.1, 0.5, 1.0])
    layer = Layer(1.0, Arrhenius(1.0), traps=(never_full(k, p),))
    problem = Problem((layer,), (Stage(1.0, T_K),), Held(1.0))
    right = exact.trapped_sphere(t, k, p)
    found, errors = ladder(lambda n: uptake(problem, n, t, SPHERE * (1 + k / p)), right, MESHES)
    x = np.linspace(0.005, 1.5, 150)
    return Case(
        6,
        "Sphere with traps that do not fill",
        r"\bar M(s)=\frac{3}{s}\,\frac{x\coth x-1}{x^2}\,\frac{g}{1+k/p},\quad g=1+\frac{k}{s+p},"
        r"\quad x=a\sqrt{sg/D}",
        "mobile and trapped ions at three times (k = 20, p = 2); order in the cell's width",
        errors[-1],
        2e-4,
        orders(errors),
        1.95,
        "Dt/a²",
        "uptake",
        (
            Curve("finite kinetics", x, exact.trapped_sphere(x, k, p), t, found),
            Curve("effective D (not reached)", x, exact.sphere(x / (1 + k / p)), t[:0], t[:0]),
        ),
        tuple(zip(right, (0.1209658577, 0.3953867922, 0.6040842346), strict=True)),
    )


def permeated(solution: Solution) -> Array:
    """Ions that have left a slab on the far side."""
    out: Array = -solution.entered
    return out


def permeation_exact(t: Array, D: float, trapped_per_mobile: float) -> Array:
    """Integral of the breakthrough curve for unit length and unit concentration."""
    De = D / (1 + trapped_per_mobile)
    m = np.arange(1, 400)[:, None]
    rate = m**2 * np.pi**2 * De
    out: Array = D * (t + 2 * np.sum((-1.0) ** m * (1 - np.exp(-rate * t)) / rate, axis=0))
    return out


def case_7() -> Case:
    """Three kinds of fast traps slow a slab's breakthrough as one effective diffusivity."""
    rho, depth, c0 = (0.1, 0.15, 0.2), (100.0, 500.0, 800.0), 1e-4
    # TMAP's numbers at 1000 K: release over capture of each trap
    ratio = [99.9951e-4 * math.exp(-e / 1000) for e in depth]
    zeta = [(q + c0) / n for q, n in zip(ratio, rho, strict=True)]
    tau_b = (1 + sum(1 / z for z in zeta)) / (2 * np.pi**2)
    # dilute ions in the same traps, so that D_eff is one number
    per_mobile = [n / q for n, q in zip(rho, ratio, strict=True)]
    total = sum(per_mobile)
    t = np.array([0.1, 0.2, 0.4]) * total
    right = permeation_exact(t, 1.0, total)
    speeds, errors = (40.0, 80.0, 160.0), []
    found = right
    for speed in speeds:
        traps = tuple(never_full(speed * q, speed) for q in per_mobile)
        problem = Problem(
            (Layer(1.0, Arrhenius(1.0), traps=traps),),
            (Stage(float(t[-1]), T_K),),
            Held(0.0),
            inside=Held(1.0),
            shape="slab",
        )
        mesh = uniform(problem, 100)
        runs = [permeated(solve(problem, m, times_s=t, rtol=1e-9, ions=1e-9)) for m in (mesh, mesh.halved())]
        found = (4 * runs[1] - runs[0]) / 3
        errors.append(float(np.max(np.abs(found / right - 1))))
    x = np.linspace(0.001, 0.5, 200) * total
    return Case(
        7,
        "Effective diffusivity of a slab with three kinds of traps",
        r"D_\mathrm{eff}=\frac{D}{1+\sum n_ik_i/p_i},\quad "
        r"J=\frac{C_0D}{l}\left[1+2\sum_m(-1)^me^{-m^2\pi^2D_\mathrm{eff}t/l^2}\right]",
        "ions through the slab at three times; the limit of fast traps is approached with order 1 in 1/speed",
        errors[-1],
        2e-2,
        orders(errors),
        0.95,
        "t (l²/D)",
        "ions through",
        (Curve("effective D", x, permeation_exact(x, 1.0, total), t, found),),
        (
            (zeta[0], 91.47930e-3),
            (zeta[1], 61.65009 * c0 / 0.15),
            (zeta[2], 45.93069 * c0 / 0.2),
            (tau_b, 4.0430),
        ),
    )


def filling(ratio: float, cells: int, parts: Array) -> Solution:
    """A sphere whose strong traps outnumber the ions at its surface ``ratio`` times, filled from outside."""
    layer = Layer(1.0, Arrhenius(1.0), traps=(Trap(ratio, Arrhenius(1e5), NONE),))
    end = ratio / 6
    problem = Problem((layer,), (Stage(end, T_K),), Held(1.0))
    return solve(problem, uniform(problem, cells), times_s=parts * end, rtol=1e-6, ions=1e-8)


def case_8() -> Case:
    """Strong traps: a sharp front that shrinks towards the centre."""
    radii = np.array([0.8, 0.65, 0.5])
    parts = exact.shrinking_core(radii)
    right, errors, found = 1 - radii**3, [], radii
    for ratio in (25.0, 50.0, 100.0):
        runs = [filling(ratio, n, parts).trapped[:, 0] @ uniform_volume(n) for n in (50, 100)]
        found = (2 * runs[1] - runs[0]) / ratio / SPHERE
        errors.append(float(np.max(np.abs(found / right - 1))))
    r = np.linspace(0.001, 1, 200)
    return Case(
        8,
        "Strong traps: the shrinking core",
        r"\frac{t}{T}=1-3\left(\frac{r}{a}\right)^2+2\left(\frac{r}{a}\right)^3,\quad T=\frac{n_ta^2}{6Dc_0}",
        "filled part at three times; the limit is approached with order 1 in c₀/n",
        errors[-1],
        1e-2,
        orders(errors),
        0.9,
        "t/T",
        "traps filled",
        (Curve("sharp front", exact.shrinking_core(r), 1 - r**3, parts, found),),
        ((100 / 6, 16.6667), (float(exact.shrinking_core(0.5)) * 100 / 6, 8.3333)),
    )


def uniform_volume(cells: int) -> Array:
    """Volumes of equal cells of the unit sphere."""
    r = np.linspace(0, 1, cells + 1)
    return SPHERE * np.diff(r**3)


def case_9() -> Case:
    """Desorption on a ramp from traps that do not catch again."""
    E, nu, beta, T0, T1 = 1.5, 1e13, 1.0, 300.0, 600.0
    layer = Layer(1.0, Arrhenius(1e9), traps=(Trap(1.0, NONE, Arrhenius(nu, E)),))
    problem = Problem((layer,), (Stage((T1 - T0) / beta, T0, T1),), Held(0.0))
    mesh = uniform(problem, 4)
    start = empty(problem, mesh).with_(trapped=np.ones((1, mesh.layer.size)))
    peak = 531.95752386
    T = np.array([480.0, 500.0, 520.0, peak, 550.0])
    right = exact.desorbed(T, T0, E, nu, beta)
    errors, found = [], right
    for rtol in (1e-5, 1e-7, 1e-9):
        run = solve(problem, mesh, start=start, times_s=(T - T0) / beta, rtol=rtol, ions=1e-12)
        found = run.trapped[:, 0, 0]
        errors.append(float(np.max(np.abs(found - right))))
    x = np.linspace(440.0, 590.0, 300)
    return Case(
        9,
        "Thermal desorption from traps",
        r"\frac{N}{N_0}=\exp\left[-\frac{\nu}{\beta}\left(T\,E_2(E/kT)-T_0\,E_2(E/kT_0)\right)\right]",
        "trapped part at five temperatures (absolute), E = 1.5 eV, 1 K/s; to the tolerance, on any mesh",
        errors[-1],
        1e-7,
        None,
        None,
        "temperature (K)",
        "left in traps",
        (Curve("1 K/s", x, exact.desorbed(x, T0, E, nu, beta), T, found),),
        ((float(exact.desorbed(peak, 1e-3, E, nu, beta)), 0.38911254),),
    )
