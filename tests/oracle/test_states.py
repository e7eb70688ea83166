"""The states against exact limits and independent oracles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import spherical_jn

from epidot.constants import COULOMB, HBAR2_2M
from epidot.dot.layers import Layer, LayeredDot
from epidot.light.states import Options, coulomb, eigen, hole, solve_dot
from epidot.light.states.bands import Bands, bands, kane_energy
from epidot.light.states.electron import electrons_below, solve_electron
from epidot.light.states.levels import TRACE_NM, solve_after
from epidot.light.states.mesh import mesh
from oracle.states import bessel, electron_eV, pair_eV

R = 1.65
THICK = LayeredDot("InP", 3.3, (Layer("ZnSe", 3.4), Layer("ZnS", 0.3)))


def holes(grid, bands, twoF=3, Ln=1, count=1):
    """The highest valence states of block (F, Ln)."""
    return hole.lowest_holes(hole.valence(grid, bands), twoF, Ln, count, 0).holes


def sphere(Ep=0.0, dso=0.1, heavy=1.0, light=8.0, gap=1.35):
    """One material inside an infinite wall."""
    one = np.ones(1)
    return Bands(
        R * one,
        gap * one,
        0 * one,
        dso * one,
        Ep * one,
        heavy * one,
        light * one,
        np.array([10.0, 2.0]),
        gap,
        one,
    )


@pytest.mark.parametrize("l", [0, 1, 2, 3])
def test_parabolic_electron_in_an_infinite_well(l):
    """Ep = 0 leaves a free electron: E = Eg + ħ²x²/2mR² with x the first zero of j_l."""
    first = {0: math.pi, 1: 4.493409457909064, 2: 5.763459196894550, 3: 6.987932000500519}[l]
    found = solve_electron(mesh([R]), sphere(), l).E
    assert found - 1.35 == pytest.approx(HBAR2_2M * (first / R) ** 2, rel=2e-8)


def test_kane_electron_in_an_infinite_well():
    """With the Kane mass the wave is still j_0: E solves E − Eg = (m0/m(E)) ħ²π²/2m0R²."""
    b = sphere(Ep=16.0)

    def excess(E):
        return E - 1.35 - float(b.inverse_mass(E)[0]) * HBAR2_2M * (math.pi / R) ** 2

    assert solve_electron(mesh([R]), b).E == pytest.approx(brentq(excess, 1.4, 9.0, xtol=1e-14), rel=1e-8)


@pytest.mark.parametrize(("heavy", "light"), [(1.28, 12.68), (0.88, 4.36), (0.77, 9.76)])
def test_four_band_sphere_root(heavy, light):
    """1S3/2 of the four-band Luttinger sphere: j0(kl R) j2(kh R) + j2(kl R) j0(kh R) = 0, to 1e-7."""
    # four-band inverse masses: γ1 − 2γ = M and γ1 + 2γ, with γ1 = (2M + L)/3, γ = (L − M)/6
    slow, fast = heavy, (2 * heavy + light) / 3 + (light - heavy) / 3

    def condition(E):
        kh, kl = np.sqrt(E / (HBAR2_2M * slow)) * R, np.sqrt(E / (HBAR2_2M * fast)) * R
        return spherical_jn(0, kl) * spherical_jn(2, kh) + spherical_jn(2, kl) * spherical_jn(0, kh)

    E = np.linspace(1e-3, 3.0, 4000)
    first = int(np.flatnonzero(np.diff(np.sign(condition(E))))[0])
    root = brentq(condition, E[first], E[first + 1], xtol=1e-15)
    # a large split-off energy removes the split-off band; what it leaves goes as 1/Δ and is extrapolated away
    grid = mesh([R], longest_nm=0.6, refine=1)
    near, far = (-holes(grid, sphere(dso=x, heavy=heavy, light=light))[0].E for x in (2e4, 4e4))
    assert 2 * far - near == pytest.approx(root, rel=1e-7)


def test_one_band_limit_of_the_hole():
    """Equal masses and no spin-orbit coupling: every block is a plain particle in a sphere."""
    b = sphere(dso=0.0, heavy=2.0, light=2.0)
    for (twoF, Ln), zero in (((3, 1), math.pi), ((1, 1), math.pi), ((3, 2), 4.493409457909064)):
        found = holes(mesh([R]), b, twoF, Ln)[0]
        assert -found.E == pytest.approx(2.0 * HBAR2_2M * (zero / R) ** 2, rel=2e-8)


def test_six_j_against_orthogonality():
    """Σ_J (2J+1)(2Λ+1) {L 1 Λ; ½ F J}² = 1 for every allowed Λ."""
    for L in range(6):
        for twoF in (1, 3, 5, 7, 9):
            for Lambda in (L - 1, L, L + 1):
                allowed = Lambda >= 0 and abs(2 * Lambda - twoF) == 1 and not (L == 0 and Lambda != 1)
                if not allowed:
                    continue
                total = sum(
                    (2 * J + 1) * (2 * Lambda + 1) * hole.six_j(L, 1, Lambda, 0.5, twoF / 2, J) ** 2
                    for J in (0.5, 1.5)
                )
                assert total == pytest.approx(1.0, abs=1e-13)


def test_electron_against_exact_bessel_functions():
    """Finite elements against the transfer matrix: 0.2 meV on the default mesh, 1e-3 on a finer one."""
    for shells in ((), (Layer("ZnSe", 0.65),), (Layer("ZnSe", 3.4), Layer("ZnS", 0.3))):
        dot = LayeredDot("InP", 3.3, shells)
        coarse = solve_dot(dot).Ee_eV
        exact = electron_eV(dot)
        fine = solve_dot(dot, Options(longest_nm=0.5, refine=2)).Ee_eV
        assert coarse == pytest.approx(exact, abs=2e-4)
        assert fine == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("l", [1, 2])
def test_excited_electron_against_exact_bessel_functions(l):
    b, _ = bands(THICK, [0.0, 0.0, 0.0], 1.0, 2.24)
    found = solve_electron(mesh(b.radii.tolist()), b, l)
    assert found.E == pytest.approx(bessel.electron_energy(b, l, near=found.E), abs=2e-4)


def test_eight_band_agrees_for_a_thick_shell():
    """Once the ligand surface is far, the hybrid loses nothing against the full eight-band problem.

    At ZnSe's offset of -0.97 eV three quarters of the electron are in a thick shell: far is 5 nm, not 3.4.
    """
    apart = []
    for dot in (
        LayeredDot("InP", 3.3, (Layer("ZnSe", 1.5),)),
        LayeredDot("InP", 3.3, (Layer("ZnSe", 2.5),)),
        LayeredDot("InP", 3.3, (Layer("ZnSe", 5.0), Layer("ZnS", 0.3))),
    ):
        hybrid, (Ee, Eh) = solve_dot(dot), pair_eV(dot)
        apart.append(abs(Ee - Eh - (hybrid.Ee_eV - hybrid.Eh_eV)))
    assert apart[0] > apart[1] > apart[2]
    assert apart[2] < 5e-3
    assert Ee - 1.353 == pytest.approx(hybrid.Ee_eV - 1.353, rel=1e-2)


def test_strengths_of_an_s_electron_sum_to_six_s_characters():
    """Completeness: over all holes the strength from 1Se is 6 (two spins, three Bloch functions) × ∫f²."""
    b, _ = bands(LayeredDot("InP", 3.3, (Layer("ZnSe", 0.7),)), [0.0, 0.0], 1.0, 2.24)
    grid = mesh(b.radii.tolist())
    electron = solve_electron(grid, b)
    weight = grid.w * grid.r**2
    total = 0.0
    for twoF, Ln in ((3, 1), (1, 1)):
        size = len(hole.valence(grid, b).block(twoF, Ln).H)
        for h in holes(grid, b, twoF, Ln, size):
            total += (twoF + 1) * sum(
                (weight @ (electron.f * v)) ** 2 for c, v in zip(h.channels, h.v, strict=True) if c.L == 0
            )
    assert total == pytest.approx(6 * electron.s_character, rel=1e-10)


def test_a_shell_of_the_same_material_is_a_larger_core():
    grown = solve_dot(LayeredDot("InP", 3.3, (Layer("InP", 0.45),)))
    whole = solve_dot(LayeredDot("InP", 4.2))
    assert grown.E_1S_eV == pytest.approx(whole.E_1S_eV, abs=1e-4)
    assert grown.K == pytest.approx(whole.K, rel=1e-4)


@pytest.mark.parametrize("shell", ["ZnSe", "ZnS"])
def test_a_shell_that_is_nearly_not_there(shell):
    """The mesh cells of such a shell make eigenvalues so large that all are rounded with 1e-9 eV."""
    nm = 1.02 * TRACE_NM
    for core in np.linspace(2.6, 3.4, 40):
        bare = solve_dot(LayeredDot("InP", core)).Ee_eV
        thin = solve_dot(LayeredDot("InP", core, (Layer(shell, nm),))).Ee_eV
        assert thin == pytest.approx(bare, abs=1e-3)


def test_attraction_of_two_uniform_balls():
    """Two uniform unit charges in one sphere and one dielectric: J = (6/5) e²/εR."""
    grid = mesh([R])
    density = 3 * grid.r**2 / R**3
    assert coulomb.attraction(grid, density, density, np.array([4.0, 4.0])) == pytest.approx(
        1.2 * COULOMB / (4.0 * R), rel=1e-12
    )


def test_self_energy_of_a_charge_at_the_centre():
    """Only l = 0: (e²/2R)(1/ε_out − 1/ε_in), in one sphere and with a shell between."""
    near = np.array([1e-6])
    one = coulomb.self_energy(near, np.array([R]), np.array([9.0, 2.0]))[0]
    assert one == pytest.approx(COULOMB / (2 * R) * (1 / 2 - 1 / 9), rel=1e-9)
    two = coulomb.self_energy(near, np.array([R, 2 * R]), np.array([9.0, 5.0, 2.0]))[0]
    assert two == pytest.approx(COULOMB / 2 * ((1 / 5 - 1 / 9) / R + (1 / 2 - 1 / 5) / (2 * R)), rel=1e-9)


def test_self_energy_ignores_an_interface_between_equal_materials():
    r = np.linspace(0.1, 2.5, 23)
    plain = coulomb.self_energy(r, np.array([2.0]), np.array([9.0, 2.0]))
    split = coulomb.self_energy(r, np.array([1.0, 2.0]), np.array([9.0, 9.0, 2.0]))
    np.testing.assert_allclose(split, plain, rtol=1e-12)


def test_self_energy_of_one_sphere_is_the_image_sum():
    """(e²/2) Σ (ε1−ε2)(l+1) / [ε1(lε1+(l+1)ε2)] r^2l/R^(2l+1), damped as declared."""
    r, e1, e2 = 0.8, 9.0, 2.0
    l = np.arange(400)
    terms = (e1 - e2) * (l + 1) / (e1 * (l * e1 + (l + 1) * e2)) * (r / R) ** (2 * l) / R
    expected = COULOMB / 2 * np.sum(terms * np.exp(-l * coulomb.SMEARING_NM / R))
    assert coulomb.self_energy(np.array([r]), np.array([R]), np.array([e1, e2]))[0] == pytest.approx(
        expected, rel=1e-9
    )


def test_image_and_attraction_cancel_to_lowest_order():
    """A point pair at the centre does not feel the medium: the l = 0 parts of J and of the images cancel."""
    grid = mesh([0.2, R])
    tight = np.where(grid.r < 0.2, 3 * grid.r**2 / 0.2**3, 0.0)
    inside, dense, thin = [], np.array([9.0, 9.0, 9.0]), np.array([9.0, 9.0, 2.0])
    for eps in (dense, thin):
        image = grid.w @ (coulomb.self_energy(grid.r, np.array([0.2, R]), eps) * 2 * tight)
        inside.append(coulomb.attraction(grid, tight, tight, eps) - image)
    assert inside[1] == pytest.approx(inside[0], abs=0.01)


def test_kane_energy_gives_back_the_mass():
    Ep = kane_energy(0.0795, 1.353, 0.108)
    assert 1 / (1 + Ep / 3 * (2 / 1.353 + 1 / 1.461)) == pytest.approx(0.0795, rel=1e-12)
    assert Ep == pytest.approx(16.1, abs=0.1)


def test_mesh_converges():
    """The default mesh against one of twice the elements and higher degree: 0.3 meV for E_1S."""
    for dot in (LayeredDot("InP", 3.3), THICK):
        fine = solve_dot(dot, Options(longest_nm=0.4, refine=3))
        assert solve_dot(dot).E_1S_eV == pytest.approx(fine.E_1S_eV, abs=3e-4)


@pytest.mark.parametrize("shells", [(), (Layer("ZnSe", 2.0), Layer("ZnS", 0.3))])
def test_levels_followed_from_another_size_are_those_found_from_nothing(shells):
    """A table follows every level from size to size: same list, energies to 0.01 meV, strengths to 1e-3."""
    how = Options(excited=True)
    start = None
    for d in (4.2, 3.7, 3.2, 2.8):
        followed, start = solve_after(LayeredDot("InP", d, shells), how, start)
    band = hole.valence(start.grid, bands_of(LayeredDot("InP", 2.8, shells)))
    for block in start.found.blocks:
        exact = eigen.lowest(band.block(block.twoF, block.Ln), len(block.holes))[0]
        np.testing.assert_allclose([-h.E for h in block.holes], exact, atol=1e-5)
    alone = {t.label: t for t in solve_dot(LayeredDot("InP", 2.8, shells), how).transitions}
    shared = [t for t in followed.transitions if t.label in alone]
    assert len(shared) >= len(alone)
    for t in shared:
        assert alone[t.label].E == pytest.approx(t.E, abs=2e-3)  # the meshes differ
    assert alone["1Se-1S3/2"].E == pytest.approx(followed.E_1S_eV, abs=2e-4)


def bands_of(dot):
    from epidot.dot.strain import strain
    from epidot.light.states.levels import outside_eps

    return bands(dot, strain(dot, spread=False).regions, 1.0, outside_eps(dot.medium))[0]


def test_levels_that_cannot_be_followed_are_found_anew():
    """From noise the iteration gets there, or the dense solution steps in."""
    b = bands_of(LayeredDot("InP", 3.3))
    block = hole.valence(mesh(b.radii.tolist()), b).block(3, 1)
    exact = eigen.lowest(block, 3)[0]
    noise = np.random.default_rng(3).standard_normal((len(block.H), 5))
    np.testing.assert_allclose(eigen.follow(block, noise, 3)[0][:3], exact, atol=1e-4)


@pytest.mark.parametrize("l", [0, 1, 3])
def test_electrons_all_at_once_are_those_one_by_one(l):
    b = bands_of(THICK)
    grid = mesh(b.radii.tolist())
    found = electrons_below(grid, b, l, 3.2)
    assert len(found) > 1
    for n, e in enumerate(found, 1):
        assert e.E == pytest.approx(solve_electron(grid, b, l, n).E, abs=1e-7)
