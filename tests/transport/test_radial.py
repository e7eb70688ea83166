"""The solver of the layered sphere: reference problem, conservation, positivity, its Jacobian, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from epidot.constants import K_B
from epidot.errors import InputError
from epidot.transport import arrhenius, kernel
from epidot.transport.arrhenius import NONE, Arrhenius
from epidot.transport.mesh import graded, uniform
from epidot.transport.problem import Bath, Held, InterfaceTrap, Layer, Problem, Stage, Surface, Trap
from epidot.transport.radial import _positive, estimate, remapped, solve
from epidot.transport.system import assemble, empty
from oracle.diffusion.layered import everything
from oracle.diffusion.reference import VALUES, quantities, reference


def flask(**changes: object) -> Problem:
    """A dot in a bath that is fed, heated, held, lost from, eaten by a partner, and cooled."""
    shell = Arrhenius.through(6e-4, 573.15, 1.67)
    layers = (
        Layer(1.65, Arrhenius(shell.prefactor, 1.9), cap_nm3=5.0),
        Layer(3.2, shell, Arrhenius(1.5), 5.0, (Trap(0.2, Arrhenius.through(0.05, 573.15, 0.8), NONE),)),
        Layer(4.25, shell, cap_nm3=5.0),
    )
    surface = Surface(
        4.0,
        Arrhenius.through(40.0, 573.15, 0.77),
        Arrhenius.through(0.5, 573.15, 0.99),
        Arrhenius.through(0.45, 573.15, 1.0),
        Arrhenius.through(0.18, 573.15, 1.0),
    )
    problem = Problem(
        layers,
        (
            Stage(1800.0, 573.15, inflow_per_s=4.0, volume_inflow_nm3_s=1e4),
            Stage(1800.0, 573.15),
            Stage(900.0, 573.15, 298.15),
        ),
        Bath(3e8, Arrhenius.through(1e-3, 573.15, 0.98), Arrhenius.through(1e2, 573.15, 0.5)),
        surface,
        (InterfaceTrap(1.65, 6.0, Arrhenius.through(0.02, 573.15, 0.3), name="oxide"),),
    )
    return problem.with_(**changes)


def at_work(problem: Problem, mesh, state):
    """System, arrays, rates at the first temperature, and the unknowns of a state."""
    system = assemble(problem, mesh)
    arrays, rates = system.at_stage(0, 0.0, state.volume_nm3), system.blank_rates()
    kernel.at_temperature(arrays, 1 / (K_B * problem.programme[0].start_K), rates)
    return system, arrays, rates, system.start(state)


def test_reference_problem_six_numbers():
    found = estimate(reference(), quantities, 100)
    assert found.value == pytest.approx(VALUES, rel=1e-5)
    assert np.all(np.abs(quantities(found.fine) - VALUES) <= 1.2 * found.error + 1e-6 * VALUES)
    assert quantities(solve(reference(), 300)) == pytest.approx(VALUES, rel=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_jacobian_is_the_derivative_of_the_rates(seed):
    """Against central differences, with caps, traps of all kinds, ligands, bath and partner at once."""
    rng = np.random.default_rng(seed)
    problem, _ = everything()
    if seed == 1:
        problem = problem.with_(
            surface=None, outside=Bath(2e3, Arrhenius(0.1), Arrhenius(3.0), Arrhenius(0.7))
        )
    elif seed == 2:
        problem = problem.with_(outside=Bath(2e3, Arrhenius(0.1), Arrhenius(3.0)))
    elif seed == 3:
        s = problem.surface
        problem = problem.with_(
            surface=Surface(s.sites_nm2, s.adsorb, s.desorb, s.enter, s.leave, 0.3),
            inner_nm=0.4,
            inside=Held(0.3, transfer=Arrhenius(2.0)),
            outside=Held(0.4),
        )
    mesh = uniform(problem, 9)
    start = empty(problem, mesh)
    system, a, r, y = at_work(problem, mesh, start)
    y = rng.uniform(0.1, 0.9, system.size)
    for name, at in system.positions().items():
        if name in ("adsorbed", "bath", "partner"):
            y[at] *= 100
    J = np.zeros((system.size, 2 * system.band + 1))
    kernel.jacobian(0.0, a, r, y, system.band, J)
    full = np.zeros((system.size, system.size))
    for j in range(system.size):
        step = 1e-5 * max(1.0, y[j])
        up, down, more, less = y.copy(), y.copy(), np.zeros(system.size), np.zeros(system.size)
        up[j] += step
        down[j] -= step
        kernel.rates(0.0, a, r, up, more)
        kernel.rates(0.0, a, r, down, less)
        full[:, j] = (more - less) / (2 * step)
    for j in range(system.size):
        for i in range(system.size):
            inside = abs(i - j) <= system.band
            mine = J[j, i - j + system.band] if inside else 0.0
            assert mine == pytest.approx(full[i, j], rel=2e-6, abs=2e-6 * np.abs(full).max() / 100)


def test_compiled_and_plain_rates_agree():
    problem, state = everything()
    mesh = uniform(problem, 40)
    system, a, r, y = at_work(problem, mesh, state)
    y *= np.random.default_rng(3).uniform(0.5, 1.0, y.size)
    fast, plain = np.zeros(y.size), np.zeros(y.size)
    kernel.rates(0.0, a, r, y, fast)
    kernel.rates.py_func(0.0, a, r, y, plain)
    assert fast == pytest.approx(plain, rel=1e-12, abs=1e-12)
    band, other = np.zeros((y.size, 2 * system.band + 1)), np.zeros((y.size, 2 * system.band + 1))
    kernel.jacobian(0.0, a, r, y, system.band, band)
    kernel.jacobian.py_func(0.0, a, r, y, system.band, other)
    assert band == pytest.approx(other, rel=1e-12, abs=1e-12)


def test_equilibrium_stands_still_to_rounding():
    problem, state = everything()
    system, a, r, y = at_work(problem, uniform(problem, 40), state)
    dy = np.zeros(system.size)
    kernel.rates(0.0, a, r, y, dy)
    assert np.abs(dy * system.weights()).max() < 1e-10  # ions per s, where some 1e4 go to and fro


@pytest.mark.parametrize("rtol", [1e-4, 1e-7])
def test_every_ion_is_found_again_whatever_the_tolerance(rtol):
    """Feeding, loss, partner, ramp, repair, washing in between: 1e-10 of all ions."""
    problem = flask()
    mesh = graded(problem, 60)
    first = solve(problem, mesh, start=empty(problem, mesh, partner=800.0), rtol=rtol)
    assert first.balance < 1e-10
    assert first.repaired < 1e-2
    washed = first.state().with_(adsorbed=0.1 * first.adsorbed[-1], bath=0.0)
    again = solve(problem, start=washed, rtol=rtol)
    assert again.mesh.edges_nm is washed.edges_nm  # goes on where it stopped
    assert again.balance < 1e-10
    inside = first.c[-1] @ mesh.volumes_nm3 + first.trapped[-1].sum(axis=0) @ mesh.volumes_nm3
    total = inside + first.interface[-1].sum() + first.adsorbed[-1] + first.bath[-1] + first.lost[-1]
    assert total == pytest.approx(7200.0, rel=1e-9)
    for x in (first.c, first.trapped, first.interface, first.adsorbed, first.bath, first.lost, first.partner):
        assert np.all(x >= 0)


def test_the_core_is_blocked_by_its_own_barrier_only():
    """The same core with the shell's barrier takes up ions; with 0.23 eV more, hardly any."""
    shell = Arrhenius.through(6.1e-4, 573.15, 1.67)

    def core_share(extra: float) -> float:
        layers = (Layer(1.65, Arrhenius(shell.prefactor, 1.67 + extra)), Layer(4.25, shell))
        found = solve(Problem(layers, (Stage(3600.0, 573.15),), Held(1.0)), 100)
        return float(found.amount[-1][found.mesh.layer == 0].sum() / found.amount[-1].sum())

    shares = [core_share(extra) for extra in (0.0, 0.15, 0.23)]
    assert shares[0] > 2 * shares[1] > 2 * shares[2] > 0


@pytest.mark.parametrize("cells", [50, 200])
def test_strong_traps_make_a_monotone_positive_front(cells):
    """A step at the boundary, traps that take everything: no overshoot, nothing below zero, at any cells."""
    layer = Layer(1.0, Arrhenius(1.0), traps=(Trap(100.0, Arrhenius(1e5)),))
    problem = Problem((layer,), (Stage(100 / 6, 300.0),), Held(1.0))
    found = solve(problem, uniform(problem, cells), times_s=np.linspace(0, 100 / 6, 30))
    for x in (found.c, found.trapped[:, 0]):
        assert np.all(x >= 0)
        assert np.all(np.diff(x, axis=1) >= -1e-6 * x.max())
        assert np.all(np.diff(x, axis=0) >= -1e-6 * x.max())
    assert found.c.max() <= 1 + 1e-9
    assert found.trapped.max() <= 100 * (1 + 1e-9)
    assert found.repaired < 1e-4


def test_langmuir_layer_reaches_its_isotherm():
    """K b = 1000: coverage 0.999, which a lagged Langmuir factor misses while it conserves mass."""
    surface = Surface(4.0, Arrhenius(1000.0), Arrhenius(1.0), NONE, NONE)
    problem = Problem((Layer(2.0, Arrhenius(1.0)),), (Stage(10.0, 300.0),), Held(1.0), surface)
    found = solve(problem, 20)
    assert found.adsorbed[-1] / (4.0 * problem.area_nm2) == pytest.approx(1000 / 1001, rel=1e-6)


def test_cap_holds_against_a_flood():
    """A supply a million times the sites fills the lattice to its sites and no further."""
    problem = Problem((Layer(1.0, Arrhenius(1.0), cap_nm3=2.0),), (Stage(5.0, 300.0),), Held(1e6))
    found = solve(problem, 30)
    assert found.c.max() <= 2.0 + 1e-9
    assert found.c[-1] == pytest.approx(2.0, rel=1e-5)


def test_repair_takes_one_ion_for_each_unit_and_no_more():
    trap = InterfaceTrap(1.0, 7.0, Arrhenius(10.0))
    layers = (Layer(1.0, Arrhenius(1e-9)), Layer(2.0, Arrhenius(1.0)))
    plain = Problem(layers, (Stage(5e3, 300.0),), Bath(1e3))
    short = empty(plain, graded(plain, 40), bath=3.0).with_(interface=np.zeros(1))
    found = solve(plain.with_(interface_traps=(trap,)), graded(plain, 40), start=short)
    assert found.interface[-1, 0] == pytest.approx(3.0, rel=1e-2)  # no more than there are ions
    rich = solve(plain.with_(interface_traps=(trap,), outside=Held(1.0)), 40)
    assert rich.interface[-1, 0] == pytest.approx(7.0, rel=1e-6)


def test_a_kink_in_the_programme_is_a_cut_in_time_only():
    """One hold, or the same hold in three pieces: the same answer within the tolerance."""
    layers = (Layer(2.0, Arrhenius(0.01)), Layer(3.0, Arrhenius(0.3)))
    whole = Problem(layers, (Stage(30.0, 500.0),), Held(1.0))
    cut = whole.with_(programme=(Stage(7.0, 500.0), Stage(1.0, 500.0), Stage(22.0, 500.0)))
    mesh = uniform(whole, 60)
    assert solve(cut, mesh).c[-1] == pytest.approx(solve(whole, mesh).c[-1], rel=1e-5, abs=1e-7)


def test_reported_times_do_not_change_the_run():
    problem = reference()
    few, many = solve(problem, 60), solve(problem, 60, times_s=np.linspace(0, 300, 41))
    assert np.array_equal(few.c[-1], many.c[-1])
    assert many.entered == pytest.approx(many.amount.sum(axis=1), rel=1e-12)


def test_moved_to_other_cells_no_ion_is_lost():
    problem = reference()
    found = solve(problem, 60)
    other = graded(problem, 97)
    moved = remapped(found.state(), other)
    ions = float((moved.c + moved.trapped.sum(axis=0)) @ other.volumes_nm3)
    assert ions == pytest.approx(float(found.amount[-1].sum()), rel=1e-12)
    assert found.within(0, 4.65)[-1] == pytest.approx(ions, rel=1e-12)


def test_bad_problems_are_refused_with_every_fault():
    with pytest.raises(InputError) as refused:
        Problem(
            (Layer(2.0, Arrhenius(1.0)), Layer(1.0, Arrhenius(-1.0), cap_nm3=0.0)),
            (Stage(-5.0, 0.0, inflow_per_s=-1.0),),
            Bath(-1.0),
            interface_traps=(InterfaceTrap(1.5, -2.0, NONE),),
        )
    text = str(refused.value)
    for part in ("further out", "prefactor", "no sites", "where two layers meet", "volume", "duration"):
        assert part in text
    assert len(refused.value.faults) >= 8


def test_bad_starts_and_times_are_refused():
    problem = reference()
    mesh = graded(problem, 40)
    with pytest.raises(InputError, match="within the programme"):
        solve(problem, mesh, times_s=[0.0, 400.0])
    with pytest.raises(InputError, match="below zero"):
        solve(problem, mesh, start=empty(problem, mesh, adsorbed=-1.0))
    with pytest.raises(InputError, match="other traps"):
        solve(problem, mesh, start=empty(problem, mesh).with_(trapped=np.zeros((0, mesh.layer.size))))


def test_equations_1_to_3_are_one():
    """D from eqs 1 and 2 is D from eq 3 to 1e-12; D⁰ = ν a² at 5.5 Å and 1e13/s."""
    rng = np.random.default_rng(1)
    for _ in range(100):
        g, f, nu, a = (
            rng.uniform(0.1, 2),
            rng.uniform(0.3, 1),
            10 ** rng.uniform(11, 14),
            rng.uniform(0.3, 0.7),
        )
        dS, dH, T = rng.uniform(-5, 5) * K_B, rng.uniform(0.5, 2.5), rng.uniform(300, 1000)
        D = arrhenius.diffusivity(arrhenius.prefactor(g, f, nu, a, dS), dH, T)
        assert arrhenius.jump_diffusivity(g, f, nu, a, dH - T * dS, T) == pytest.approx(D, rel=1e-12)
    D0 = arrhenius.prefactor(1, 1, 1e13, 0.55, 0)
    assert D0 == pytest.approx(3.025e12)
    dH = K_B * 573.15 * math.log(D0 / 4e-4)  # for 4e-18 cm²/s at 300 °C
    assert dH == pytest.approx(1.8, abs=0.02)


def test_the_least_negative_amount_is_lifted_too() -> None:
    """In a cell of less than half a nm³ its weight is no number any more (a bromide study met it)."""
    y = np.array([-5e-324, 2.0])
    assert _positive(y, np.array([0.1, 1.0])) == 0
    assert y.tolist() == [0.0, 2.0]
