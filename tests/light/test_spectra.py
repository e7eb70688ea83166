"""Ensemble absorption and emission."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.special import voigt_profile

from epidot.constants import ALPHA, C_NM_PER_S, HBAR, HBAR2_2M, HC
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.light import spectra
from epidot.light.bulk import BLEND_EV, JOIN_EV, SUM_EV, cross_section, fade
from epidot.light.rates import local_field, radiative_rate, stokes_eV
from epidot.light.states import Options, solve_dot, table
from epidot.matter.reagents import refractive_index

BARE = LayeredDot("InP", 3.3)
THIN = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65),))
THICK = LayeredDot("InP", 3.3, (Layer("ZnSe", 1.6),))
FULL = LayeredDot("InP", 3.3, (Layer("ZnSe", 1.6), Layer("ZnS", 0.3)))
FWHM = 2 * math.sqrt(2 * math.log(2))


def single(dot: LayeredDot) -> Population:
    return Population(dot, np.array([dot.core_diameter_nm]))


def wide(dot: LayeredDot, sigma: float = 0.08) -> Population:
    """A population with exactly this spread: normal quantiles."""
    from scipy.stats import norm

    z = norm.ppf((np.arange(400) + 0.5) / 400)
    return Population(dot, dot.core_diameter_nm * (1 + sigma * z / z.std()))


@cache
def solved(shells: tuple[Layer, ...]):
    return table(LayeredDot("InP", 3.3, shells), np.linspace(1.75, 4.85, 12), Options(excited=True))


def known(dot: LayeredDot):
    """Levels over every size these tests use, solved once."""
    return solved(dot.shells)


def absorbed(dot: LayeredDot, sigma: float, nm):
    return spectra.absorption(wide(dot, sigma), nm, levels=known(dot))


def emitted(dot: LayeredDot, sigma: float) -> spectra.Peak:
    return spectra.emission_peak(wide(dot, sigma), levels=known(dot))


def valley(nm, A):
    """1 − first minimum / first maximum, coming from the red."""
    up = np.flatnonzero((A[1:-1] > A[:-2]) & (A[1:-1] >= A[2:]) & (A[1:-1] > 0.1)) + 1
    down = np.flatnonzero((A[1:-1] < A[:-2]) & (A[1:-1] <= A[2:])) + 1
    down = down[down < up[-1]]
    return 1 - A[down[-1]] / A[up[-1]]


def test_one_dot_is_the_sum_of_its_lines():
    """Below the energy where the bulk sets in, against Voigt profiles summed one by one."""
    shape = spectra.LineShape(0.027, 0.05, 0.1)
    levels = solve_dot(BARE, Options(excited=True))
    eV = np.linspace(1.9, levels.E_1S_eV + JOIN_EV - 3.5 * BLEND_EV, 161)
    top = levels.E_1S_eV + JOIN_EV

    def by_hand(at):
        return sum(
            fade(t.E, top) * t.strength / t.E * voigt_profile(at - t.E, 0.027, 0.05 * (t.E - levels.E_1S_eV))
            for t in levels.transitions
        )

    found = spectra.absorption_eV(single(BARE), eV, shape)
    np.testing.assert_allclose(found, by_hand(eV) / by_hand(levels.E_1S_eV), atol=1e-3)


def test_one_dot_emits_a_gaussian():
    shape = spectra.LineShape(0.027, 0.05, 0.08)
    peak = spectra.emission_peak(single(THICK), "eV", shape)
    assert peak.position == pytest.approx(solve_dot(THICK).E_1S_eV - 0.08, abs=1e-4)
    assert peak.fwhm == pytest.approx(FWHM * 0.027, rel=1e-3)


def test_widths_add_in_squares():
    """Sizes and lines: σ² = σ_h² + (dE/dD σ_D)², to first order in the size."""
    sigma = 0.03
    step = [solve_dot(LayeredDot("InP", d)).E_1S_eV for d in (3.29, 3.31)]
    slope = (step[1] - step[0]) / 0.02
    peak = spectra.emission_peak(wide(BARE, sigma), "eV")
    expected = FWHM * math.hypot(spectra.line_shape(BARE).sigma_eV, slope * sigma * 3.3)
    assert peak.fwhm == pytest.approx(expected, rel=0.03)


def cross_sections(population, eV):
    known = spectra.absorber(population, eV)
    return np.interp(eV, known.eV, known.sigma_nm2)


def test_per_nm_and_per_eV_differ_by_the_jacobian():
    nm = np.linspace(560, 700, 281)
    a = spectra.emission(single(THICK), nm)
    energy, per_eV = spectra._emission_grid(single(THICK), None, None)
    b = np.interp(HC / nm, energy, per_eV) / nm**2
    np.testing.assert_allclose(a / a.max(), b / b.max(), atol=1e-3)
    per_nm = spectra.emission_peak(single(BARE), "nm")
    per_eV = spectra.emission_peak(single(BARE), "eV")
    assert per_nm.position < HC / per_eV.position  # 1/nm² favours the blue side


def test_smoothing_keeps_mean_and_variance(rng):
    for n in (2, 5, 50, 3000):
        d = 3.3 + 0.2 * rng.standard_normal(n)
        spots, weights = spectra.smoothed(d)
        assert weights.sum() == pytest.approx(1)
        assert weights @ spots == pytest.approx(d.mean(), rel=1e-6)
        assert weights @ (spots - d.mean()) ** 2 == pytest.approx(d.var(), rel=5e-3)


def test_the_spectrum_does_not_depend_on_the_number_of_dots():
    nm = np.arange(450.0, 680.0)
    few = Population(BARE, wide(BARE).core_diameters_nm[::4])
    a, b = (spectra.absorption(p, nm, levels=known(BARE)) for p in (few, wide(BARE)))
    np.testing.assert_allclose(a, b, atol=0.02)


def test_absorption_is_one_at_the_1S_band():
    nm = np.arange(400.0, 700.0, 0.5)
    A = spectra.absorption(wide(THICK), nm, levels=known(THICK))
    assert np.interp(solve_dot(THICK).first_exciton_nm, nm, A) == pytest.approx(1.0, abs=0.05)
    assert np.all(A >= -1e-9)
    assert A[-1] < 0.02


def test_wider_distributions_have_shallower_valleys_and_broader_emission():
    nm = np.arange(430.0, 680.0, 0.5)
    depth = [valley(nm, absorbed(THICK, s, nm)) for s in (0.05, 0.08, 0.12)]
    width = [emitted(THICK, s).fwhm for s in (0.05, 0.08, 0.12)]
    assert depth[0] > depth[1] > depth[2]
    assert width[0] < width[1] < width[2]


def test_thick_shells_at_the_given_spread_Y004_Y007():
    """σ_R = 8 %: valley and FWHM of the thick shell come out near 0.58 and 36.5 nm, not on them."""
    nm = np.arange(430.0, 680.0, 0.5)
    assert 0.5 < valley(nm, absorbed(THICK, 0.08, nm)) < 0.75
    assert 32 < emitted(THICK, 0.08).fwhm < 43


def test_one_spread_for_all_gives_the_wrong_order_of_valleys_Y006():
    """With one σ_R the bare core has the deepest valley: 0.43 < 0.53 < 0.58 needs narrowing (or disorder)."""
    nm = np.arange(430.0, 680.0, 0.5)
    core, thin, thick, full = (valley(nm, absorbed(d, 0.08, nm)) for d in (BARE, THIN, THICK, FULL))
    assert core > thin > thick > full
    narrowing = [valley(nm, absorbed(d, s, nm)) for d, s in ((BARE, 0.14), (THIN, 0.115), (THICK, 0.085))]
    assert narrowing[0] < narrowing[1] < narrowing[2]


def test_area_of_a_line_is_the_sum_rule():
    """Oscillator strength 1, no screening: ∫σ dE = 2π²αħ²/(n m0), 109.8 Mb eV in vacuum."""
    E, Ep = 2.1, 16.0
    area = spectra.line_area_nm2_eV(3 * E / Ep, E, Ep, 1.0, 1.0)
    assert area == pytest.approx(2 * math.pi**2 * ALPHA * 2 * HBAR2_2M, rel=1e-12)
    assert area * 1e4 == pytest.approx(109.76, rel=1e-4)  # nm² to Mb
    assert spectra.line_area_nm2_eV(1.0, E, Ep, 1.5, 0.5) == pytest.approx(
        spectra.line_area_nm2_eV(1.0, E, Ep, 1.0, 1.0) * 0.25 / 1.5
    )


def test_area_of_1S_and_radiative_rate_are_one_matrix_element():
    """Einstein: ∫σ dE = π² c² ħ³ A/(n² E²) × (upper states), A the mean rate of the eight 1S states."""
    levels = solve_dot(BARE)
    choice = {"exchange_splitting_eV": 0.0}
    found = radiative_rate(BARE, levels, choice=choice)
    photon = levels.E_1S_eV - stokes_eV(BARE)  # the energy the rate is taken at
    n = refractive_index("toluene")
    E, S = np.array([[photon]]), np.array([[4 * levels.K]])
    F = np.array([found.local_field])
    area = spectra.line_areas(BARE, E, S, np.array([photon]), levels.Ep_core_eV, F)[0, 0]
    area /= fade(photon, photon + JOIN_EV)
    A = found.k_r * 1e9
    expected = math.pi**2 * C_NM_PER_S**2 * HBAR**3 * A * 8 / (n**2 * photon**2)
    assert area == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("dot", [BARE, THICK], ids=["bare", "thick"])
def test_the_bulk_leaves_the_first_exciton_alone(dot):
    """Up to 0.1 eV above 1S the absorption of one size is that of its lines, to 1 %."""
    levels = solve_dot(dot, Options(excited=True))
    eV = np.linspace(levels.E_1S_eV - 0.05, levels.E_1S_eV + 0.1, 60)
    form = spectra.line_shape(dot)
    E, S = levels.lines.E[None], levels.lines.strength[None]
    F = np.array([local_field(dot, levels)])
    area = spectra.line_areas(dot, E, S, np.array([levels.E_1S_eV]), levels.Ep_core_eV, F)
    grid = np.linspace(1.0, 5.0, 4000)
    lines = np.interp(eV, grid, spectra._broadened(grid, E, area, form, levels.E_1S_eV))
    found = cross_sections(single(dot), eV)
    np.testing.assert_allclose(found, lines, rtol=0.01, atol=0.004 * lines.max())


def test_absorption_rises_towards_the_blue():
    for dot in (BARE, THIN, THICK):
        nm = np.arange(310.0, 430.0, 5.0)
        A = absorbed(dot, 0.08, nm)
        assert np.all(np.diff(A) < 0)
        assert A[0] > 4


@pytest.mark.parametrize("dot", [BARE, FULL, LayeredDot("CdSe", 4.0)], ids=["bare", "shells", "CdSe"])
def test_confinement_moves_strength_and_makes_none(dot):
    """∫ σ dE over lines and bulk is that of the bulk; above 4.5 eV a dot is its bulk."""
    top = SUM_EV + 6 * BLEND_EV
    eV = np.linspace(0.5, top, 6000)
    shape = spectra.LineShape(0.005, 0.0, 0.1)  # narrow, so that no tail is lost at the ends
    known = spectra.absorber(single(dot), eV, shape)
    found = np.trapezoid(np.interp(eV, known.eV, known.sigma_nm2), eV)
    assert found == pytest.approx(np.trapezoid(cross_section(dot, eV), eV), rel=2e-3)
    far = np.array([top])
    np.testing.assert_allclose(np.interp(far, known.eV, known.sigma_nm2), cross_section(dot, far), rtol=1e-3)


def test_no_hole_between_1S_and_the_bulk():
    """InP with 580 nm: A(400)/A(1S) at least 2, and rising from 500 nm on (it was 1.4; 0.1 at 2.4 nm)."""
    dot = LayeredDot("InP", 3.12)
    nm = np.arange(320.0, 500.0, 2.0)
    A = spectra.absorption(wide(dot, 0.08), nm)
    assert np.interp(400.0, nm, A) > 2
    assert np.all(np.diff(A) < 0)


@pytest.mark.parametrize("core", ["InP", "CdSe"])
@pytest.mark.parametrize("eV", [2.76, 3.1])
def test_far_above_1S_the_cross_section_goes_with_the_volume(core, eV):
    """Yu et al. (2005): R³ (2.8 to 3.2)."""
    small, large = (cross_sections(wide(LayeredDot(core, d)), [eV])[0] for d in (4.0, 5.0))
    assert 2.8 < math.log(large / small) / math.log(5 / 4) < 3.2


@pytest.mark.parametrize("diameter", [3.0, 4.0, 5.0])
def test_extinction_of_CdSe_is_right_within_a_factor_of_2_5(diameter):
    """Against jasieniak2009 (peaks of 60 meV half width), which its oscillator factor is fitted on."""
    dot = LayeredDot("CdSe", diameter)
    measured = 155507 + 6.67054e13 * math.exp(-solve_dot(dot).E_1S_eV / 0.10551)
    assert 0.4 < spectra.absorber(wide(dot, 0.05)).extinction_1S / measured < 2.5
