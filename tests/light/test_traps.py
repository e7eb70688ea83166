"""Poisson traps: exact limits, and what they make of the samples of the papers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp, trapezoid

from epidot.dot.composition import layer_thickness_nm
from epidot.dot.layers import Layer, LayeredDot
from epidot.light.traps import (
    Components,
    TrapMeans,
    TrapRates,
    components,
    poisson,
    trap_means,
    trap_rates,
    uncovered,
    without_law,
)

K = 0.0224


def test_no_traps_is_one_exponential():
    c = components(K, TrapMeans(0.0, 0.0), TrapRates(5.0, 0.2, 0.03, 0.005))
    assert c.plqy == pytest.approx(1)
    assert c.tau_amplitude_ns == pytest.approx(1 / K)
    assert c.tau_intensity_ns == pytest.approx(1 / K)


def test_dots_that_do_not_emit_have_no_lifetime():
    dark = components(0.0, TrapMeans(0.0, 0.0), TrapRates(50.0, 0.1, 0.02, 0.01, 0.001))
    assert dark.plqy == 0.0
    assert np.isnan([dark.tau_amplitude_ns, dark.tau_intensity_ns]).all()


def test_background_loss():
    c = components(K, TrapMeans(0.0, 0.0), TrapRates(5.0, 0.2, 0.03, 0.005, k_0=0.00062))
    assert c.plqy == pytest.approx(K / (K + 0.00062))


@pytest.mark.parametrize("mean", [0.3, 2.0, 6.0])
def test_irreversible_traps_follow_the_quenching_law(mean):
    """I(t) = exp(−k_r t − m (1 − e^(−k t))): Poisson numbers of irreversible traps."""
    t = np.linspace(0, 200, 301)
    c = components(K, TrapMeans(mean, 0.0), TrapRates(0.05, 0.2, 0.03, 0.005))
    expected = np.exp(-K * t - mean * (1 - np.exp(-0.05 * t)))
    np.testing.assert_allclose(c.intensity(t), expected, rtol=1e-7, atol=1e-10)


def test_fast_traps_leave_the_dots_that_have_none():
    c = components(K, TrapMeans(1.5, 0.0), TrapRates(1e6, 0.2, 0.03, 0.005))
    assert c.plqy == pytest.approx(np.exp(-1.5), rel=1e-6)


def test_detrapping_without_loss_costs_no_light():
    c = components(K, TrapMeans(0.0, 2.0), TrapRates(5.0, 0.2, 0.03, 0.0))
    assert c.plqy == pytest.approx(1, abs=1e-10)
    assert c.tau_intensity_ns > 1 / K  # but delays it


def test_against_the_rate_equations():
    """Sum over trap numbers of numerically integrated two-state equations."""
    rates, mean = TrapRates(1.0, 0.23, 0.037, 0.005, k_0=0.001), 0.8
    t = np.linspace(0, 150, 76)
    total = np.zeros_like(t)
    for n, p in zip(*poisson(mean), strict=True):

        def flow(_, y, n=n):
            x, trapped = y
            return [
                -(K + rates.k_0 + n * rates.k_t) * x + rates.k_d * trapped,
                n * rates.k_t * x - (rates.k_d + rates.k_n) * trapped,
            ]

        total += p * solve_ivp(flow, (0, 150), [1.0, 0.0], t_eval=t, rtol=1e-9, atol=1e-12).y[0]
    np.testing.assert_allclose(
        components(K, TrapMeans(0, mean), rates).intensity(t), total, rtol=1e-6, atol=1e-9
    )


def test_lifetimes_are_their_integrals():
    c = components(K, TrapMeans(0.4, 0.8), TrapRates(1.0, 0.23, 0.037, 0.005))
    t = np.linspace(0, 3000, 30001)
    I = c.intensity(t)
    area = trapezoid(I, t)
    assert c.tau_amplitude_ns == pytest.approx(area, rel=1e-4)
    assert c.tau_intensity_ns == pytest.approx(trapezoid(t * I, t) / area, rel=1e-4)
    assert c.plqy == pytest.approx(K * area, rel=1e-4)


def test_healing_reversible_traps_raises_the_yield_and_shortens_the_lifetime_Y023():
    """The sign that no one-state model can give: PLQY up, lifetime down."""
    rates = trap_rates()
    ill, healed = (components(0.0366, TrapMeans(0.0, m), rates) for m in (0.79, 0.35))
    assert healed.plqy > ill.plqy + 0.08
    assert healed.tau_intensity_ns < ill.tau_intensity_ns - 5


def test_poisson_sums():
    for mean in (0.0, 0.01, 1.0, 40.0):
        n, p = poisson(mean)
        assert p.sum() == pytest.approx(1)
        assert n @ p == pytest.approx(mean, abs=1e-9)


def surface(**known: Any) -> LayeredDot:
    return LayeredDot("InP", 3.3, **{"sites": 187.0, **known})


def plqy(dot: LayeredDot) -> float:
    return components(K, trap_means(dot), trap_rates()).plqy


CHOSEN = {
    "dangling_beside_carboxylate": 0.1,
    "dangling_beside_zinc": 0.01,
    "dangling_beside_halide": 0.001,
    "traps_per_oxide": 0.0,
    "traps_per_bare_cation": 0.5,
}


def test_every_cation_counts_once_by_what_closes_it():
    """100 sites: 20 covered, 10 oxide, 30 zinc, 15 halide, 5 bare; 20 are left with carboxylate."""
    dot = surface(
        sites=100.0, coverage=0.2, oxide=10, zinc_capped=30, halide_capped=15, bare_cations=5, linked=1
    )
    assert uncovered(dot) == {"carboxylate": 20 + 5 + 10, "zinc": 30, "halide": 15}
    means = trap_means(dot, CHOSEN)
    assert means.deep == pytest.approx(35 * 0.1 + 30 * 0.01 + 15 * 0.001)
    assert means.open == pytest.approx(5 * 0.5)


def test_a_chalcogenide_without_zinc_covers_nothing_and_traps():
    covered = trap_means(surface(sites=100.0, coverage=0.4, linked=1), CHOSEN)
    loose = trap_means(surface(sites=100.0, coverage=0.4, open_anions=40.0), CHOSEN)
    assert covered.deep == pytest.approx(6.0)
    assert loose.deep == pytest.approx(10.0)
    assert (covered.open, loose.open) == (0.0, 40.0)


def test_a_shell_closes_over_oxide():
    """Half a layer leaves half of the phosphorus beside oxide open, one layer none."""
    layer = layer_thickness_nm("ZnSe", "d111")

    def deep(layers: float) -> float:
        shells = (Layer("ZnSe", layers * layer),) if layers else ()
        dot = LayeredDot("InP", 3.3, shells, sites=100.0, coverage=0.8, linked=1, oxide=20)
        return trap_means(dot, CHOSEN).deep

    assert [deep(n) for n in (0, 0.5, 1, 3)] == pytest.approx([2.0, 1.0, 0.0, 0.0])


def test_only_pnictides_have_deep_dangling_bonds():
    assert trap_means(replace(surface(), core="CdSe"), CHOSEN).deep == 0
    assert trap_means(replace(surface(), core="InAs"), CHOSEN).deep > 0


def test_open_cations_of_a_chalcogenide_core_have_no_law():
    """anderson2013 has CdSe with all its carboxylate at 10 %; no traps at all would be 100 %."""
    bare = LayeredDot("CdSe", 3.5, sites=146.0)
    assert without_law(bare) == 146
    assert without_law(replace(bare, core="InP")) == 0
    covered = replace(bare, shells=(Layer("ZnS", 1.2),), coverage=1.0)
    assert without_law(covered) == 0
    assert without_law(replace(covered, coverage=0.5)) == pytest.approx(73)
    # A cation with one chalcogenide counts as covered; where the first layer has holes, some are open.
    assert without_law(covered, first_layer=0.9) == pytest.approx(14.6)
    assert without_law(replace(covered, core="InP"), first_layer=0.9) == 0
    assert without_law(LayeredDot("CdSe", 3.5)) == 0  # nothing is said of its surface


def test_fluoride_cores_are_bright_and_carboxylate_cores_are_dark():
    """L13, L14: 0.83 to 0.93 (they were 0.0001 while every site without chalcogenide was open); L22: 1 %."""
    sites = 155.0
    bright = plqy(LayeredDot("InP", 3.0, sites=sites, halide_capped=sites))
    dark = plqy(LayeredDot("InP", 3.0, sites=sites, oxide=42.0))
    zinc = plqy(LayeredDot("InP", 3.0, sites=sites, oxide=42.0, zinc_capped=113.0))
    assert 0.80 < bright < 0.95
    assert dark < 0.02
    assert 0.04 < zinc < 0.4


def test_surface_traps_act_as_far_as_the_electron_reaches():
    dot = surface(coverage=1, linked=1, surface_traps=10)
    half = trap_means(dot, {"trap_reach_per_nm3": 1e-3}, 1e-3).surface
    assert half == pytest.approx(5)
    assert trap_means(dot, density_nm3=0.0).surface == 0
    assert trap_means(dot).surface == pytest.approx(10)


def test_surface_and_interface_traps_are_of_one_kind():
    rates = trap_rates()
    apart = components(K, TrapMeans(0.0, 0.3, 0.5), rates)
    joined = components(K, TrapMeans(0.0, 0.8), rates)
    assert apart.plqy == pytest.approx(joined.plqy, rel=1e-12)


def test_surfaces_of_choi2023_come_in_order():
    """C075 Se < Zn; C094 pristine < HF; C104/C106 staged above them; C107 conventional below."""
    shell = (Layer("ZnSe", 0.7),)
    se, zn = surface(coverage=0.73, open_anions=136, oxide=51), surface(oxide=113, zinc_capped=74)
    pristine = surface(shells=shell, coverage=0.68, oxide=60, oxide_memory=4)
    hf = surface(shells=shell, coverage=0.83, oxide=31, oxide_memory=11)
    staged = surface(shells=shell, coverage=0.98, oxide_memory=2.5, zinc_capped=3)
    conventional = surface(shells=shell, coverage=0.77, oxide=44, oxide_memory=30)
    assert plqy(se) < plqy(zn) < plqy(pristine) < plqy(hf) < plqy(staged)
    assert plqy(conventional) < plqy(staged)
    assert plqy(se) < 0.01
    assert plqy(staged) > 0.90


def test_oxide_counts_now_and_before():
    choice = {"traps_per_oxide": 0.01}
    now = trap_means(surface(coverage=1, linked=1, oxide=30), choice)
    before = trap_means(surface(coverage=1, linked=1, oxide_memory=30), choice)
    assert now == before
    assert now.oxide == pytest.approx(0.3)


def test_unknown_surface_is_said():
    assert not trap_means(LayeredDot("InP", 3.3)).known


def test_components_before_the_pulse_are_dark():
    c = Components(np.array([1.0]), np.array([0.1]))
    assert c.intensity(np.array([-1.0, 0.0])).tolist() == [0.0, 1.0]
