"""Decay of a population and the one call that gives everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import trapezoid

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.errors import Gap
from epidot.light.decay import decay, population_decay, size_classes
from epidot.light.optics import optics, valley_depth
from epidot.light.rates import radiative_rate
from epidot.light.spectra import emission_peak, spectral_table
from epidot.light.states import solve_dot

STAGED = LayeredDot("InP", 3.3, (Layer("ZnS", 0.312),), sites=187.0, coverage=0.98, zinc_capped=3.7)


def test_one_size_without_traps_decays_with_k_r():
    dot = LayeredDot("InP", 3.3, STAGED.shells)
    t = np.linspace(0, 200, 101)
    k_r = radiative_rate(dot, solve_dot(dot)).k_r
    np.testing.assert_allclose(decay(Population(dot, np.array([3.3])), t), np.exp(-k_r * t), rtol=1e-9)


def test_size_classes_keep_excitation_and_mean(rng):
    d = 3.3 + 0.3 * rng.standard_normal(500)
    sizes, share = size_classes(d)
    w = d**3 / np.sum(d**3)
    assert share.sum() == pytest.approx(1)
    assert share @ sizes == pytest.approx(w @ d)


def test_population_average_is_between_its_members(rng):
    pop = Population.drawn(STAGED, 100, 0.1, rng)
    ends = [
        population_decay(Population(STAGED, np.array([x]))).tau_amplitude_ns
        for x in pop.core_diameters_nm[[0, -1]]
    ]
    every = [population_decay(Population(STAGED, np.array([x]))).tau_amplitude_ns for x in (2.5, 4.3)]
    assert min(every + ends) <= population_decay(pop).tau_amplitude_ns <= max(every + ends)


def test_optics_of_the_staged_dot(rng):
    o = optics(Population.drawn(STAGED, 200, 0.08, rng))
    assert o.absorption.shape == o.emission.shape == o.nm.shape
    assert o.decay.shape == o.t_ns.shape
    assert o.pl_peak_nm > o.first_exciton_nm  # Stokes
    assert 30 < o.pl_fwhm_nm < 80
    assert 0.9 < o.plqy < 1
    assert o.decay[0] == pytest.approx(1.0, abs=1e-12)
    assert o.tau_amplitude_ns == pytest.approx(trapezoid(o.decay, o.t_ns), rel=5e-3)
    assert o.strain_core < 0
    assert "InP.oscillator_factor" in o.rests_on["fitted"]
    assert not any("surface" in note for note in o.notes)


@pytest.mark.parametrize("name", ["plqy", "tau_amplitude_ns", "tau_intensity_ns", "t_ns", "decay"])
def test_yield_and_decay_of_bare_CdSe_are_withheld(name):
    bare = LayeredDot("CdSe", 3.5, sites=146.0)
    light = optics(Population(bare, np.array([3.5])))
    with pytest.raises(Gap, match="how an open surface of CdSe traps"):
        getattr(light, name)
    assert light.notes[0] == light.untold
    assert 550 < light.pl_peak_nm < 620


def test_yield_of_covered_CdSe_is_said():
    dot = LayeredDot("CdSe", 3.5, (Layer("ZnS", 1.2),), sites=146.0, coverage=1.0, oxide=20.0)
    light = optics(Population(dot, np.array([3.5])))
    assert light.untold == ""
    assert 0 < light.plqy < 1


def test_optics_is_the_same_every_time(rng):
    pop = Population.drawn(STAGED, 50, 0.08, rng)
    a, b = optics(pop), optics(pop)
    np.testing.assert_array_equal(a.absorption, b.absorption)
    assert a.plqy == b.plqy


def test_optics_says_what_it_cannot_know():
    o = optics(Population(LayeredDot("InP", 3.3), np.array([3.3])))
    assert any("nothing is known" in note for note in o.notes)
    assert any("valley depth" in note for note in o.notes)
    assert o.strain_core == 0


def test_medium_can_be_given():
    pop = Population(STAGED, np.array([3.3]))
    inside = replace(pop, dot=replace(STAGED, medium="hexane"))
    assert optics(pop, "hexane").k_r_per_ns == pytest.approx(optics(inside).k_r_per_ns)


def test_parts_that_nobody_asks_for_are_not_computed(monkeypatch):
    monkeypatch.setattr("epidot.light.optics.spectral_table", lambda *_: pytest.fail("spectra computed"))
    o = optics(Population(STAGED, np.array([3.3])))
    assert o.first_exciton_eV * o.first_exciton_nm == pytest.approx(1239.842, abs=1e-3)
    assert 0 < o.electron_outside_core < 1
    assert 0.9 < o.plqy < 1
    assert o.pl_peak_nm > o.first_exciton_nm  # the emission has one line, and needs no level above it


def test_the_emission_is_the_same_without_the_levels_above(rng):
    o = optics(Population.drawn(STAGED, 30, 0.08, rng))
    whole = emission_peak(o.population, levels=spectral_table(o.population))
    assert o.pl_peak_nm == pytest.approx(whole.position, rel=1e-7)
    assert o.pl_fwhm_nm == pytest.approx(whole.fwhm, rel=1e-5)


def test_valley_depth_of_a_curve_with_a_known_one() -> None:
    nm = np.linspace(400, 700, 3001)
    curve = np.exp(-0.5 * ((nm - 580) / 20) ** 2) + 4 / (1 + np.exp((nm - 480) / 12))
    top, dip = curve[nm > 560].max(), curve[(nm > 500) & (nm < 575)].min()
    assert valley_depth(nm, curve) == pytest.approx(1 - dip / top, abs=1e-6)
    assert valley_depth(nm, np.exp(-nm / 50)) == 0.0
