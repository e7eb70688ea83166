"""Dots known one by one: exact 1S of each, absorption against solving everything, decay with own traps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from epidot.constants import HC
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.light import spectra
from epidot.light.decay import gathered, population_decay
from epidot.light.members import differ
from epidot.light.optics import optics
from epidot.light.states import solve_dot
from epidot.light.traps import Components

MEAN = LayeredDot(
    "InP", 3.3, (Layer("ZnSe", 0.6), Layer("ZnS", 0.3)), sites=150, coverage=0.9, linked=0.9, oxide=4
)


def grown(n: int, rough: float = 0.15, seed: int = 5) -> Population:
    """Dots whose cores, shells and surfaces all differ."""
    rng = np.random.default_rng(seed)
    d = Population.drawn(MEAN, n, 0.06, rng).core_diameters_nm
    members = tuple(
        replace(
            MEAN,
            core_diameter_nm=float(x),
            shells=tuple(
                Layer(
                    s.material, s.thickness_nm * (1 + rough * float(rng.standard_normal())), crystalline=0.8
                )
                for s in MEAN.shells
            ),
            coverage=float(rng.uniform(0.8, 1)),
            linked=float(rng.uniform(0.8, 1)),
            oxide=float(rng.integers(0, 9)),
        )
        for x in d
    )
    return Population(
        replace(MEAN, shells=tuple(replace(s, crystalline=0.8) for s in MEAN.shells)), d, members
    )


def test_like_members_are_the_population() -> None:
    """Members that differ in size only give the spectra of the population that was never told its members."""
    plain = Population.drawn(MEAN, 60, 0.06, np.random.default_rng(1))
    told = replace(plain, members=plain.dots)
    assert not differ(told)
    nm = np.arange(400.0, 700.0, 2)
    assert np.array_equal(spectra.absorption(told, nm), spectra.absorption(plain, nm))
    assert population_decay(told).plqy == pytest.approx(population_decay(plain).plqy, rel=1e-3)
    assert population_decay(told).tau_intensity_ns == pytest.approx(
        population_decay(plain).tau_intensity_ns, rel=5e-3
    )


def test_members_treated_one_by_one_are_the_population_too() -> None:
    """The road for members that differ, taken by members that do not (a shell a billionth thicker)."""
    plain = Population.drawn(MEAN, 60, 0.06, np.random.default_rng(1))
    members = tuple(
        replace(m, shells=(Layer("ZnSe", 0.6 + 1e-9 * i), Layer("ZnS", 0.3)))
        for i, m in enumerate(plain.dots)
    )
    told = replace(plain, members=members)
    assert differ(told)
    nm = np.arange(400.0, 700.0, 2)
    # relative too: with the bulk from 1S + 0.35 eV on, what is seen at 400 nm is five times the 1S
    assert spectra.absorption(told, nm) == pytest.approx(spectra.absorption(plain, nm), rel=1e-3, abs=2e-3)
    assert spectra.emission(told, nm) == pytest.approx(spectra.emission(plain, nm), abs=2e-3)


def test_absorption_against_every_line_of_every_member() -> None:
    """The error that the module states, on dots with 15 % scatter in the thickness of both shells."""
    dots = grown(10)
    # one core diameter: then no smoothing over sizes stands between the two
    members = tuple(replace(m, core_diameter_nm=3.3) for m in dots.dots)
    dots = Population(dots.dot, np.full(10, 3.3), members)
    alone = [Population(m, np.array([m.core_diameter_nm])) for m in dots.dots]
    eV = np.linspace(1.7, 3.2, 301)
    each = [spectra.absorber(one, eV) for one in alone]
    exact = np.mean([np.interp(eV, one.eV, one.sigma_nm2) for one in each], axis=0)
    got = spectra.absorber(dots, eV)
    at = got.at_centre_nm2
    error = np.abs(np.interp(eV, got.eV, got.sigma_nm2) - exact) / at
    assert error.max() < 0.005
    # the mean dot alone would be far off
    mean = spectra.absorber(Population(dots.dot, np.full(10, 3.3)), eV)
    assert np.max(np.abs(np.interp(eV, mean.eV, mean.sigma_nm2) - exact)) / at > 0.05


def test_a_member_may_lack_a_shell() -> None:
    dots = grown(6)
    assert dots.members is not None
    bare = replace(dots.members[0], shells=dots.members[0].shells[:1])
    some = replace(dots, members=(bare, *dots.members[1:]))
    assert np.all(np.isfinite(spectra.absorption(some, np.arange(400.0, 700.0, 5))))
    trace = replace(dots.dot, shells=(dots.dot.shells[0], Layer("ZnS", 0.002)))
    assert np.all(np.isfinite(spectra.absorption(replace(dots, dot=trace), np.arange(400.0, 700.0, 5))))


def test_emission_is_the_sum_of_the_members() -> None:
    dots = grown(40)
    nm = np.arange(450.0, 750.0)
    shape = spectra.line_shape(dots.dot)
    exact = np.zeros(nm.size)
    for m in dots.dots:
        E = solve_dot(m).E_1S_eV - shape.stokes_eV
        line = np.exp(-0.5 * ((HC / nm - E) / shape.sigma_eV) ** 2)
        exact += m.core_diameter_nm**3 * line * HC / nm**2
    got = spectra.emission(dots, nm)
    assert np.average(nm, weights=got) == pytest.approx(np.average(nm, weights=exact), abs=0.5)
    width = [np.sqrt(np.cov(nm, aweights=y)) for y in (got, exact)]
    assert width[0] == pytest.approx(width[1], rel=0.03)


def test_the_scatter_of_shells_widens_the_emission() -> None:
    even, rough = (spectra.emission_peak(grown(60, r), "eV").fwhm for r in (0.0, 0.3))
    assert rough > even * 1.03


def test_decay_has_the_traps_of_every_member() -> None:
    dots = grown(30)
    whole = population_decay(dots)
    weight = np.array([m.core_diameter_nm**3 for m in dots.dots])
    alone = [population_decay(Population(m, np.array([m.core_diameter_nm]), (m,))) for m in dots.dots]
    assert whole.plqy == pytest.approx(np.average([a.plqy for a in alone], weights=weight), rel=1e-12)
    mean_surface = population_decay(replace(dots, members=None))
    assert whole.plqy != pytest.approx(mean_surface.plqy, rel=1e-3)


def test_gathering_rates_keeps_the_averages() -> None:
    rng = np.random.default_rng(2)
    many = Components(rng.random(5000), np.exp(rng.uniform(-5, 3, 5000)))
    few = gathered(many)
    assert few.rate.size < 900
    assert few.plqy == pytest.approx(many.plqy, rel=1e-12)
    assert few.tau_amplitude_ns == pytest.approx(many.tau_amplitude_ns, rel=1e-12)
    assert few.tau_intensity_ns == pytest.approx(many.tau_intensity_ns, rel=1e-5)
    t = np.linspace(0, 500, 50)
    assert few.intensity(t) == pytest.approx(many.intensity(t), rel=1e-3, abs=1e-9)


def test_optics_of_members_in_another_medium() -> None:
    dots = grown(10)
    here, there = optics(dots), optics(dots, "toluene")
    assert here.plqy == there.plqy
    other = optics(dots, "octane")
    assert other.k_r_per_ns != here.k_r_per_ns
    assert other.tau_amplitude_ns != pytest.approx(here.tau_amplitude_ns, rel=1e-4)
