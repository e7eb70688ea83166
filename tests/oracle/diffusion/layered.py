"""Layers: steady flow, modes of composite bodies, equilibrium."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from epidot.constants import K_B
from epidot.transport import kernel
from epidot.transport.arrhenius import Arrhenius
from epidot.transport.mesh import Mesh, uniform
from epidot.transport.problem import (
    Array,
    Bath,
    Held,
    InterfaceTrap,
    Layer,
    Problem,
    Stage,
    State,
    Surface,
    Trap,
)
from epidot.transport.radial import solve
from epidot.transport.system import assemble, empty
from oracle.diffusion import exact
from oracle.diffusion.case import Case, Curve, orders

T_K = 300.0


def matrix(problem: Problem, mesh: Mesh) -> Array:
    """Rates of change of the cells' concentrations per concentration (n, n): the solver's own Jacobian."""
    system = assemble(problem, mesh)
    arrays, rates = system.at_stage(0, 0.0, 1.0), system.blank_rates()
    kernel.at_temperature(arrays, 1 / (K_B * T_K), rates)
    J = np.zeros((system.size, 2 * system.band + 1))
    kernel.jacobian(0.0, arrays, rates, np.zeros(system.size), system.band, J)
    full = np.zeros((system.size, system.size))
    for j in range(system.size):
        for d in range(-system.band, system.band + 1):
            if 0 <= j + d < system.size:
                full[j + d, j] = J[j, d + system.band]
    out: Array = full[np.ix_(system.arrays.at, system.arrays.at)]
    return out


def decay_rates(problem: Problem, mesh: Mesh, count: int) -> tuple[Array, Array]:
    """The slowest decay rates of what is in the layers, and their shapes (n, count)."""
    values, vectors = np.linalg.eig(matrix(problem, mesh))
    order = np.argsort(-values.real)[:count]
    return -values.real[order], vectors.real[:, order]


def case_4() -> Case:
    """Steady flow through a layered hollow sphere, with partition."""
    r, D, K = (0.5, 1.65, 3.65, 4.65), (1e-2, 10.0, 1.0), (0.2, 2.0, 1.0)
    layers = tuple(Layer(r[i + 1], Arrhenius(D[i]), Arrhenius(K[i])) for i in range(3))
    problem = Problem(layers, (Stage(1e5, T_K),), Held(1.0), inner_nm=r[0], inside=Held(0.0))
    right = exact.layered_flow(r, D, K)
    worst, outer_gap, mesh = 0.0, 0.0, uniform(problem, 10)
    for cells in (6, 10, 37):
        mesh = uniform(problem, cells)
        A = matrix(problem, mesh)
        system = assemble(problem, mesh)
        arrays, rates = system.at_stage(0, 0.0, 1.0), system.blank_rates()
        kernel.at_temperature(arrays, 1 / (K_B * T_K), rates)
        y, dy = np.zeros(system.size), np.zeros(system.size)
        kernel.rates(0.0, arrays, rates, y, dy)
        y[system.arrays.at] = np.linalg.solve(A, -dy[system.arrays.at])  # dy: what the boundaries give
        kernel.rates(0.0, arrays, rates, y, dy)
        at = system.positions()
        worst = max(worst, abs(-dy[at["entered_inside"]] / right - 1))
        # outside, the flow is 1e-7 of what goes to and fro, and so is its rounding
        outer_gap = max(outer_gap, abs(dy[at["entered"]] / right - 1))
    c = y[system.arrays.at]
    mu = c / np.array(K)[mesh.layer]
    x = np.linspace(r[0], r[-1], 400)
    resistance = np.array([1 / (D[i] * K[i]) for i in range(3)])
    inner = np.array(r[:-1])[None]
    outer = np.minimum(np.maximum(x[:, None], inner), np.array(r[1:])[None])
    activity = right / (4 * math.pi) * ((1 / inner - 1 / outer) @ resistance)
    layer = np.searchsorted(r[1:-1], x)
    return Case(
        4,
        "Steady flow through a layered hollow sphere",
        r"J=\frac{4\pi(\mu_\mathrm{out}-\mu_\mathrm{in})}{\sum_i(1/r_i-1/r_{i+1})/(D_iK_i)}",
        "flow at the inner face on three meshes, to rounding (at the outer face within 1e-8)",
        worst if outer_gap < 1e-8 else np.inf,
        1e-11,
        None,
        None,
        "radius (nm)",
        "concentration and activity",
        (
            Curve("activity", x, activity, mesh.centres_nm, mu),
            Curve("concentration", x, activity * np.array(K)[layer], mesh.centres_nm, c),
        ),
        ((right, 0.018028056501970),),
    )


def case_5() -> Case:
    """How fast the modes of a core in a shell decay, with partition at the interface."""
    a, b, D1, D2, K = 0.5, 1.0, 0.1, 1.0, 3.0
    problem = Problem(
        (Layer(a, Arrhenius(D1), Arrhenius(K)), Layer(b, Arrhenius(D2))), (Stage(1.0, T_K),), Held(0.0)
    )
    right = exact.composite_modes(a, b, D1, D2, K, 4)
    errors, mesh, shapes = [], uniform(problem, 100), np.zeros((0, 0))
    for cells in (100, 200):
        mesh = uniform(problem, cells)
        found, shapes = decay_rates(problem, mesh, 4)
        errors.append(float(np.max(np.abs(found / right - 1))))
    x, r = np.linspace(1e-4, b, 300), mesh.centres_nm
    curves = []
    for m in range(3):
        line = exact.composite_mode(x, right[m], a, b, D1, D2, K)
        there = exact.composite_mode(r, right[m], a, b, D1, D2, K)
        scale = float(there @ shapes[:, m] / (shapes[:, m] @ shapes[:, m]))
        curves.append(Curve(f"λ = {right[m]:.4f}", x, line, r[::4], scale * shapes[::4, m]))
    return Case(
        5,
        "Modes of a core in a shell",
        r"D_1K\left(k_1\cot k_1a-\frac{1}{a}\right)+D_2\left(k_2\cot k_2(b-a)+\frac{1}{a}\right)=0,"
        r"\quad k_i=\sqrt{\lambda/D_i}",
        "four slowest decay rates (eigenvalues of the solver's Jacobian); order in the cell's width",
        errors[-1],
        1e-3,
        orders(errors),
        1.95,
        "radius",
        "mode",
        tuple(curves),
        tuple(zip(right, (2.79381376, 10.41679437, 21.25955466, 36.44360856), strict=True)),
    )


def everything() -> tuple[Problem, State]:
    """A closed system with all there is (caps, partitions, all traps, ligands, bath), at equilibrium."""
    T, mu = 573.15, 0.7
    layers = (
        Layer(1.65, Arrhenius(1e-2), Arrhenius(0.2), 5.0),
        Layer(2.35, Arrhenius(0.5), Arrhenius(2.0), 4.0, (Trap(3.0, Arrhenius(1.0), Arrhenius(0.4)),)),
        Layer(
            4.25,
            Arrhenius(3.0),
            Arrhenius(1.0),
            6.0,
            (Trap(0.5, Arrhenius(2.0), Arrhenius(0.1)), Trap(0.2, Arrhenius(0.3), Arrhenius(0.3))),
        ),
    )
    S, ka, kd, enter, K = 4.0, 2.0, 1.0, 0.05, 1.0
    b = 0.5  # outside
    theta = ka * b / (ka * b + kd)
    leave = enter * S * theta / ((1 - theta) * K * mu)  # so that the lattice below has this activity
    surface = Surface(S, Arrhenius(ka), Arrhenius(kd), Arrhenius(enter), Arrhenius(leave))
    interface = (
        InterfaceTrap(1.65, 12.0, Arrhenius(0.3), Arrhenius(0.2)),
        InterfaceTrap(1.65, 5.0, Arrhenius(0.05), Arrhenius(0.5)),
        InterfaceTrap(2.35, 30.0, Arrhenius(0.7), Arrhenius(0.1)),
    )
    problem = Problem(layers, (Stage(3e5, T),), Bath(2000.0), surface, interface)
    mesh = uniform(problem, 40)

    def dissolved(i: int) -> float:
        x = layers[i].partition.prefactor * mu
        return x / (1 + x / layers[i].cap_nm3)

    c = np.array([dissolved(i) for i in range(3)])
    trapped = np.zeros((2, mesh.layer.size))
    for j, layer in enumerate(layers):
        for k, trap in enumerate(layer.traps):
            q = trap.capture.prefactor * c[j]
            trapped[k, mesh.layer == j] = trap.density_nm3 * q / (q + trap.release.prefactor)
    outer = (c[1], c[1], c[2])
    caught = []
    for one, there in zip(interface, outer, strict=True):
        q = one.capture.prefactor * there
        caught.append(one.number * q / (q + one.release.prefactor))
    state = State(
        mesh.edges_nm,
        c[mesh.layer],
        trapped,
        np.array(caught),
        adsorbed=problem.area_nm2 * S * theta,
        bath=b * 2000.0,
        volume_nm3=2000.0,
    )
    return problem, state


def case_11() -> Case:
    """All that is in equilibrium stays, and what starts elsewhere comes to it."""
    problem, state = everything()
    mesh = uniform(problem, 40)
    volume = mesh.volumes_nm3
    inside = float((state.c + state.trapped.sum(axis=0)) @ volume + state.interface.sum())
    total = inside + state.adsorbed + state.bath
    start = empty(problem, mesh, bath=total)
    found = solve(problem, mesh, start=start, rtol=1e-10, ions=1e-10)
    last = found.state()
    gaps = [
        np.max(np.abs(last.c / state.c - 1)),
        np.max(np.abs(last.interface / state.interface - 1)),
        abs(last.adsorbed / state.adsorbed - 1),
        abs(last.bath / state.bath - 1),
        np.max(np.abs(last.trapped - state.trapped)),
    ]
    r = mesh.centres_nm
    w, w_found = state.trapped.sum(axis=0), last.trapped.sum(axis=0)
    return Case(
        11,
        "Equilibrium of everything with everything",
        r"c_i=\frac{K_i\mu}{1+K_i\mu/\mathrm{cap}_i},\quad \theta=\frac{kc}{kc+p},\quad "
        r"N=\sum V_i(c_i+n_i\theta_i)+\sum N_j\theta_j+AG+B",
        "a closed system from an empty dot to equilibrium: concentrations, traps, ligands, bath; on any mesh",
        float(max(gaps)),
        1e-8,
        None,
        None,
        "radius (nm)",
        "ions per nm³",
        (Curve("mobile", r, state.c, r, last.c), Curve("trapped", r, w, r, w_found)),
    )


def case_15() -> Case:
    """A slab of two materials 5000 times apart (TMAP's ver-1e): steady profile, and the way there."""
    a, l, D1, D2, C0 = 33.0, 66.0, 1.274e5, 2.622e1, 1.0
    problem = Problem(
        (Layer(a, Arrhenius(D1)), Layer(a + l, Arrhenius(D2))),
        (Stage(1e4, T_K),),
        Held(0.0),
        inside=Held(C0),
        shape="slab",
    )

    def steady(x: Array) -> Array:
        whole = l * D1 + a * D2
        out: Array = np.where(x < a, C0 * ((a - x) * D2 + l * D1), C0 * (l + a - x) * D1) / whole
        return out

    def condition(lam: float) -> float:
        k1, k2 = math.sqrt(lam / D1), math.sqrt(lam / D2)
        return D1 * k1 * math.cos(k1 * a) * math.sin(k2 * l) + D2 * k2 * math.cos(k2 * l) * math.sin(k1 * a)

    unit = math.pi**2 * D2 / l**2
    right = np.array([brentq(condition, unit * (n - 0.5) ** 2, unit * (n + 0.5) ** 2) for n in (1, 2, 3)])
    mesh = uniform(problem, 30)
    found = solve(problem, mesh, times_s=[50.0, 200.0, 1e4], rtol=1e-8, ions=1e-6)
    error = float(np.max(np.abs(found.c[-1] / steady(mesh.centres_nm) - 1)))
    errors = []
    for cells in (60, 120):
        rates, _ = decay_rates(problem, uniform(problem, cells), 3)
        errors.append(float(np.max(np.abs(rates / right - 1))))
    x = np.linspace(0, a + l, 300)
    return Case(
        15,
        "Slab of two materials",
        r"C=C_0\frac{(a-x)D_2+lD_1}{lD_1+aD_2}\;(x<a),\qquad C=C_0\frac{(l+a-x)D_1}{lD_1+aD_2}",
        "steady profile to the tolerance; order of the three slowest decay rates in the cell's width",
        error,
        1e-8,
        orders(errors),
        1.95,
        "x (µm)",
        "C/C₀",
        (Curve("steady", x, steady(x), mesh.centres_nm, found.c[-1]),),
    )
