"""A manufactured solution of the surface kinetics, integrated by another integrator than the solver's own."""

from __future__ import annotations

import numpy as np

from epidot.constants import K_B
from epidot.transport import kernel
from epidot.transport.arrhenius import NONE, Arrhenius
from epidot.transport.mesh import uniform
from epidot.transport.problem import Array, Held, Layer, Problem, Stage, Surface
from epidot.transport.system import assemble
from oracle.diffusion.case import Case, Curve, orders

T_K = 300.0
D, DEPTH, SITES, CAP = 5.0, 2.0, 5.0, 20.0
LEAVE, ENTER = 1.0, 2 * CAP / SITES  # the rates for which c and c_s below belong together


def bulk(x: Array, t: float) -> Array:
    """Concentration at depth x."""
    out: Array = 1 + 2 * x**2 + x + 2 * t
    return out


def adsorbed(t: Array) -> Array:
    """Ions per area of surface: c_s = 10 t/(39 − 2t)."""
    return SITES * (1 + 2 * t + 2 * DEPTH - D) / (2 * CAP - 1 - 2 * t)


def run(cells: int, times: Array) -> tuple[Array, Array, Array]:
    """Adsorbed ions at ``times``, and depths and concentrations at the last."""
    from scipy.integrate import ode

    layer = Layer(1.0, Arrhenius(D), cap_nm3=CAP)
    surface = Surface(SITES, NONE, NONE, Arrhenius(ENTER), Arrhenius(LEAVE), DEPTH)
    problem = Problem((layer,), (Stage(9.0, T_K),), Held(0.0), surface, inside=Held(1.0), shape="slab")
    mesh = uniform(problem, cells)
    system = assemble(problem, mesh)
    arrays, rates = system.at_stage(0, 0.0, 1.0), system.blank_rates()
    kernel.at_temperature(arrays, 1 / (K_B * T_K), rates)
    at, positions = system.arrays.at, system.positions()
    below = int(system.arrays.where[kernel.AT_BELOW])
    depth = 1 - mesh.centres_nm  # the surface is the outer face
    e = 1 - mesh.edges_nm
    y = np.zeros(system.size)

    def mean(t: float) -> Array:
        """Exact mean of each cell."""
        whole = e + 2 * e**3 / 3 + e**2 / 2 + 2 * t * e
        out: Array = np.diff(whole) / np.diff(e)
        return out

    y[at] = mean(0.0)
    y[below] = 1.0
    y[positions["adsorbed"]] = adsorbed(np.array(0.0))

    def held(t: float) -> kernel.Arrays:
        far = bulk(np.array(1.0), t)
        tail = arrays.tail.copy()
        tail[kernel.INSIDE] = far / (1 - far / CAP)  # the activity of this concentration
        return arrays._replace(tail=tail)

    def change(t: float, x: Array) -> Array:
        dy = np.zeros(system.size)
        kernel.rates(t, held(t), rates, x, dy)
        dy[at] += 2 - 4 * D  # dc/dt − D d²c/dx²
        dy[positions["adsorbed"]] += 390 / (39 - 2 * t) ** 2 - 1  # what the gas side must bring
        return dy

    def jacobian(t: float, x: Array) -> Array:
        J = np.zeros((system.size, 2 * system.band + 1))
        kernel.jacobian(t, held(t), rates, x, system.band, J)
        return J.T

    solver = ode(change, jacobian).set_integrator(
        "vode", method="bdf", lband=system.band, uband=system.band, rtol=1e-10, atol=1e-11, nsteps=100000
    )
    solver.set_initial_value(y, 0.0)
    found = []
    for t in times:
        solver.integrate(t)
        found.append(solver.y[positions["adsorbed"]])
    return np.array(found), depth, solver.y[at] - mean(float(times[-1])) + bulk(depth, float(times[-1]))


def case_16() -> Case:
    """Adsorbed ions, the store below the surface and the bulk, all known by construction."""
    times = np.array([1.0, 4.0, 9.0])
    errors, found, depth, c = [], times, times, times
    for cells in (10, 20, 40):
        found, depth, c = run(cells, times)
        errors.append(
            float(
                max(
                    np.max(np.abs(found / adsorbed(times) - 1)),
                    np.max(np.abs(c / bulk(depth, float(times[-1])) - 1)),
                )
            )
        )
    t = np.linspace(0, 9.5, 200)
    return Case(
        16,
        "Manufactured surface kinetics",
        r"c=1+2x^2+x+2t,\quad c_s=\frac{n_\mathrm{surf}(1+2t+2\lambda-D)}{2n_\mathrm{IS}-1-2t}",
        "adsorbed ions at three times and the profile at the last, by scipy's VODE on the solver's rates and "
        "Jacobian; order in the cell's width",
        errors[-1],
        1e-3,
        orders(errors),
        1.95,
        "t",
        "ions adsorbed per area",
        (Curve("c_s", t, adsorbed(t), times, found),),
    )
