"""Solve a transport problem: where the ions of one dot go during its programme.

Method of lines on spherical finite volumes: exact shell volumes, exact spherical resistances, the activity
at each interface eliminated from the balance of what flows in and out, so that nothing is made or lost there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from epidot.constants import K_B
from epidot.errors import Fault, InputError, WorkError
from epidot.transport import kernel
from epidot.transport import mesh as meshes
from epidot.transport.mesh import Mesh
from epidot.transport.problem import Array, Bath, Problem, State
from epidot.transport.system import System, assemble, empty

MOST_STEPS = (
    100_000  # in one stage; a problem that needs more is asked for digits that rounding does not leave
)

FRESH_STARTS = (
    5  # where a front of trapped ions breaks into a cell, the steps so far can mislead the next one
)


@dataclass(frozen=True)
class Solution:
    """Ions of one dot at ``times_s`` (t,) since the start of the programme, on the n cells of ``mesh``.

    ``c`` (t, n) mobile and ``trapped`` (t, kinds, n) trapped ions per nm³; ``interface`` (t, traps),
    ``adsorbed``, ``bath``, ``partner``, ``lost`` and ``entered`` (through the surface, net; t,) per dot,
    ``entered_inside`` through an inner face.  ``balance`` is the largest relative gap between ions found
    and ions put in;
    ``repaired`` the ions that had to be moved within the dot so that no amount is below zero
    and no trap holds more than it can.
    """

    problem: Problem
    mesh: Mesh
    times_s: Array
    c: Array
    trapped: Array
    interface: Array
    adsorbed: Array
    bath: Array
    partner: Array
    lost: Array
    entered: Array
    entered_inside: Array
    volume_nm3: Array
    balance: float
    repaired: float

    @property
    def edges_nm(self) -> Array:
        """Edges of the cells (n + 1,)."""
        return self.mesh.edges_nm

    @property
    def amount(self) -> Array:
        """Mobile and trapped ions in each cell (t, n)."""
        out: Array = (self.c + self.trapped.sum(axis=1)) * self.mesh.volumes_nm3
        return out

    def within(self, inner_nm: float, outer_nm: float) -> Array:
        """Mobile and trapped ions between two radii (t,), spread evenly within each cell."""
        power = 3 if self.mesh.shape == "sphere" else 1
        part = np.diff(np.clip(self.edges_nm, inner_nm, outer_nm) ** power) / np.diff(self.edges_nm**power)
        out: Array = self.amount @ part
        return out

    def state(self, index: int = -1) -> State:
        """The state at one of the times (the last), to go on from."""
        return State(
            self.edges_nm,
            self.c[index].copy(),
            self.trapped[index].copy(),
            self.interface[index].copy(),
            float(self.adsorbed[index]),
            float(self.bath[index]),
            float(self.partner[index]),
            float(self.lost[index]),
            float(self.volume_nm3[index]),
        )


@dataclass(frozen=True)
class Estimate:
    """Quantities extrapolated from a mesh and the same mesh halved, and how far that moved them."""

    value: Array
    error: Array
    fine: Solution
    coarse: Solution


def solve(
    problem: Problem,
    cells: int | Mesh = 100,
    *,
    start: State | None = None,
    times_s: Sequence[float] | Array | None = None,
    rtol: float = 1e-6,
    ions: float = 1e-6,
) -> Solution:
    """Run the programme.

    Parameters
    ----------
    problem
        What there is.
    cells
        Number of cells of the graded mesh, or a mesh.  A ``start`` on a mesh that has this problem's
        layer boundaries is kept on its own mesh unless a mesh is given.
    start
        Where the ions are at first (none in the dot and none in the bath, if not given).
    times_s
        Times to report, within the programme; its kinks if not given.
    rtol, ions
        Relative tolerance, and the amount per dot that is as good as nothing.

    Raises
    ------
    InputError
        Times outside the programme, or a start that does not fit.
    WorkError
        The integration cannot go on.
    """
    mesh = cells if isinstance(cells, Mesh) else _mesh_for(problem, start, cells)
    system = assemble(problem, mesh)
    first = empty(problem, mesh) if start is None else remapped(start, mesh)
    _fits(system, first)
    kinks = np.concatenate([[0.0], np.cumsum([stage.duration_s for stage in problem.programme])])
    wanted = np.asarray(kinks if times_s is None else times_s, dtype=float)
    if wanted.size and (np.any(np.diff(wanted) < 0) or wanted[0] < 0 or wanted[-1] > kinks[-1] * (1 + 1e-12)):
        raise InputError(
            f"times must increase within the programme, 0 to {kinks[-1]:g} s",
            seen=f"{wanted[0]:g} to {wanted[-1]:g} s",
        )
    y = system.start(first)
    out = np.zeros((wanted.size, system.size))
    volumes = np.full(wanted.size, first.volume_nm3)
    tolerance = system.smallest(ions)
    rates = system.blank_rates()
    volume, done = first.volume_nm3, 0
    for i, stage in enumerate(problem.programme):
        begin, end = float(kinks[i]), float(kinks[i + 1])
        last = i == len(problem.programme) - 1
        stop = wanted.size if last else int(np.searchsorted(wanted, end, side="left"))
        arrays = system.at_stage(i, begin, volume)
        times = np.minimum(wanted[done:stop], end)
        y = _through_stage(system, arrays, rates, i, begin, end, y, times, out[done:stop], rtol, tolerance)
        volumes[done:stop] = volume + stage.volume_inflow_nm3_s * (times - begin)
        volume += stage.volume_inflow_nm3_s * stage.duration_s
        done = stop
    return _solution(system, first, wanted, out, volumes, kinks)


def _through_stage(
    system: System,
    arrays: kernel.Arrays,
    rates: kernel.Rates,
    index: int,
    begin: float,
    end: float,
    y: Array,
    wanted: Array,
    out: Array,
    rtol: float,
    smallest: Array,
) -> Array:
    """Carry ``y`` through one stage of the programme by VODE; ``out`` receives it at the ``wanted`` times.

    VODE keeps what the Jacobian's columns keep, so ions are conserved to rounding at any tolerance.  It may
    look beyond the end, where temperature and volume stay as they are then.
    """
    from scipy.integrate import ode

    stage, band = system.problem.programme[index], system.band
    now, change, slopes = begin - 1.0, np.empty(system.size), np.empty((system.size, 2 * band + 1))

    def at(t: float) -> float:
        nonlocal now
        t = min(t, end)
        if t != now:
            if now < begin or stage.last_K != stage.start_K:
                kT = K_B * (stage.start_K + (stage.last_K - stage.start_K) * (t - begin) / stage.duration_s)
                kernel.at_temperature(arrays, 1 / kT, rates)
            now = t
        return t

    def dydt(t: float, x: Array) -> Array:
        kernel.rates(at(t), arrays, rates, x, change)
        return change

    def jacobian(t: float, x: Array) -> Array:
        kernel.jacobian(at(t), arrays, rates, x, band, slopes)
        return slopes.T

    solver = ode(dydt, jacobian).set_integrator(
        "vode", method="bdf", lband=band, uband=band, rtol=rtol, atol=smallest, nsteps=MOST_STEPS
    )
    solver.set_initial_value(y, begin)

    def onwards(t: float, step: bool = False) -> None:
        for _ in range(FRESH_STARTS):
            with warnings.catch_warnings():  # it says on stderr what is tried again or raised here
                warnings.simplefilter("ignore", UserWarning)
                solver.integrate(t, step=step)
            if solver.successful() and np.all(np.isfinite(solver.y)):
                return
            solver.set_initial_value(solver.y, solver.t)
        raise WorkError(
            f"the transport of ions cannot be integrated past stage {index + 1}: "
            "a rate there is too large, or not a number"
        )

    onwards(end, step=True)  # the first step goes by the stage's length, not by what is asked for
    for i, t in enumerate(wanted):
        if t > begin:
            onwards(t)
        out[i] = solver.y if t > begin else y
    onwards(end)
    return np.array(solver.y)


def estimate(
    problem: Problem,
    quantities: Callable[[Solution], Array],
    cells: int | Mesh = 100,
    *,
    start: State | None = None,
    times_s: Sequence[float] | Array | None = None,
    rtol: float = 1e-6,
    ions: float = 1e-6,
) -> Estimate:
    """Any ``quantities`` of a solution, extrapolated from two meshes (Richardson, second order).

    ``error`` is the distance from the finer mesh to the extrapolated value: a bound in practice.
    """
    mesh = cells if isinstance(cells, Mesh) else _mesh_for(problem, start, cells)
    coarse = solve(problem, mesh, start=start, times_s=times_s, rtol=rtol, ions=ions)
    fine = solve(problem, mesh.halved(), start=start, times_s=times_s, rtol=rtol, ions=ions)
    q1, q2 = np.asarray(quantities(coarse), dtype=float), np.asarray(quantities(fine), dtype=float)
    return Estimate((4 * q2 - q1) / 3, np.abs(q2 - q1) / 3, fine, coarse)


def remapped(state: State, mesh: Mesh) -> State:
    """The same ions on other cells, spread evenly within each old cell; ions outside the mesh are dropped."""
    if np.array_equal(state.edges_nm, mesh.edges_nm):
        return state
    power = 3 if mesh.shape == "sphere" else 1
    old, new = state.edges_nm**power, mesh.edges_nm**power

    def moved(density: Array) -> Array:
        total = np.concatenate([[0.0], np.cumsum(density * np.diff(old))])
        out: Array = np.diff(np.interp(new, old, total)) / np.diff(new)
        return out

    trapped = np.array([moved(w) for w in state.trapped]).reshape(len(state.trapped), mesh.layer.size)
    return state.with_(edges_nm=mesh.edges_nm, c=moved(state.c), trapped=trapped)


def _mesh_for(problem: Problem, start: State | None, cells: int) -> Mesh:
    if start is not None:
        e, r = start.edges_nm, np.array(problem.boundaries_nm)
        gap = np.abs(e[np.searchsorted(e, r - 1e-9).clip(0, e.size - 1)] - r)
        if np.all(gap < 1e-9) and abs(e[0] - r[0]) < 1e-9 and abs(e[-1] - r[-1]) < 1e-9:
            layer = np.searchsorted(r[1:-1], 0.5 * (e[1:] + e[:-1]))
            return Mesh(e, layer, problem.shape)
    return meshes.graded(problem, cells)


def _fits(system: System, state: State) -> None:
    a = system.arrays
    if state.trapped.shape != a.trap_n.shape or state.interface.shape != a.owner.shape:
        raise InputError(
            "the state to start from belongs to a dot with other traps",
            seen=f"{state.trapped.shape[0]} kinds in layers and {state.interface.size} at interfaces",
            nearest=(f"{a.trap_n.shape[0]} kinds in layers and {a.owner.size} at interfaces",),
        )
    amounts = {
        "mobile ions": state.c,
        "trapped ions": state.trapped,
        "ions at interfaces": state.interface,
        "adsorbed ions": np.array([state.adsorbed]),
        "ions in the bath": np.array([state.bath]),
        "the bath's partner": np.array([state.partner]),
    }
    faults = [
        Fault(f"{what} must be numbers not below zero", seen=f"{np.min(x):g}")
        for what, x in amounts.items()
        if x.size and not (np.all(np.isfinite(x)) and np.all(x >= 0))
    ]
    if faults:
        raise InputError(faults)


def _positive(y: Array, weight: Array) -> float:
    """Lift amounts below zero to zero at the cost of the others of their kind; ions moved (changes ``y``)."""
    short = -float(np.sum(weight * np.minimum(y, 0)))
    if np.any(y < 0):  # the least negative number there is may weigh nothing
        np.maximum(y, 0, out=y)
        held = float(np.sum(weight * y))
        y *= max(0.0, 1 - short / held) if held > 0 else 0.0
    return short


def _solution(
    system: System, first: State, times: Array, out: Array, volumes: Array, kinks: Array
) -> Solution:
    problem, mesh, a = system.problem, system.mesh, system.arrays
    weights = system.weights()
    at = system.positions()
    total = out @ weights
    begin = system.start(first)
    # everything that came from outside what is counted
    came = out[:, at["entered_inside"]] if "entered_inside" in at else np.zeros(times.size)
    if isinstance(problem.outside, Bath):
        inflow = np.array([stage.inflow_per_s for stage in problem.programme])
        came = came + np.interp(times, kinks, np.concatenate([[0.0], np.cumsum(inflow * np.diff(kinks))]))
        dot = total
        first_total = float(begin @ weights)
    else:
        came = came + out[:, at["entered"]]
        counted = weights.copy()
        if "adsorbed" in at:
            counted[at["adsorbed"]] = 0.0
        dot, first_total = out @ counted, float(begin @ counted)
    gap = np.abs(dot - first_total - came)
    balance = float(np.max(gap / np.maximum(np.abs(dot), 1e-300), initial=0.0, where=dot > 0))
    repaired = 0.0
    kinds = a.trap_n.shape[0]
    c = out[:, a.at]
    trapped = np.stack([out[:, a.at - 1 - k] for k in range(kinds)], axis=1) if kinds else c[:, None][:, :0]
    interface = out[:, a.owner_at]
    outside = np.stack(
        [out[:, at[q]] if q in at else np.zeros(times.size) for q in ("adsorbed", "bath", "lost")]
    )
    over = np.maximum(trapped - a.trap_n, 0.0)  # more than there are traps: such ions are mobile
    trapped, c = trapped - over, c + over.sum(axis=1)
    spilt = np.maximum(interface - a.owner_n, 0.0)
    interface = interface - spilt
    for k, cell in enumerate(a.face[a.owner]):
        c[:, cell] += spilt[:, k] / mesh.volumes_nm3[cell]
    for i in range(times.size):
        moved = _positive(c[i], mesh.volumes_nm3) + float(np.sum(over[i] @ mesh.volumes_nm3) + spilt[i].sum())
        for k in range(kinds):
            moved += _positive(trapped[i, k], mesh.volumes_nm3)
        moved += _positive(interface[i], np.ones(interface.shape[1]))
        pool = outside[:, i].copy()
        moved += _positive(pool, np.ones(3))
        outside[:, i] = pool
        repaired = max(repaired, moved)

    def column(name: str) -> Array:
        return out[:, at[name]].copy() if name in at else np.zeros(times.size)

    return Solution(
        problem,
        mesh,
        times,
        c,
        trapped,
        interface,
        outside[0],
        outside[1],
        np.maximum(column("partner"), 0.0),
        outside[2],
        column("entered"),
        column("entered_inside"),
        volumes,
        balance,
        repaired,
    )
