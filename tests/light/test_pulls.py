"""What a dot pulls, against leaving it out."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.constants import HC
from epidot.dot.layers import Layer, LayeredDot, Population, mid_quantiles
from epidot.dot.mean import mean_dot
from epidot.light import pulls
from epidot.light.optics import optics
from epidot.light.spectra import emission_peak, emission_table, line_shape


def made(n: int, rng: np.random.Generator) -> Population:
    """Dots of even sizes whose shells and oxide differ by chance."""
    sizes = mid_quantiles(3.3, 0.08, n)
    dots = tuple(
        LayeredDot("InP", float(d), (Layer("ZnSe", float(t)),), sites=100.0, oxide=float(o), coverage=0.99)
        for d, t, o in zip(sizes, rng.normal(0.7, 0.12, n), rng.uniform(0, 20, n), strict=True)
    )
    return Population(mean_dot(dots), sizes, dots)


def test_pulls_are_what_leaving_a_dot_out_changes(rng: np.random.Generator) -> None:
    n = 40
    whole = made(n, rng)
    light = optics(whole)
    assert whole.members is not None
    for i in (0, 13, 39):
        kept = tuple(m for k, m in enumerate(whole.members) if k != i)
        others = optics(Population(whole.dot, np.delete(whole.core_diameters_nm, i), kept))
        for name in ("plqy", "tau_amplitude_ns", "tau_intensity_ns"):
            change = (n - 1) * (getattr(light, name) - getattr(others, name))
            assert light.pulls[name][i] == pytest.approx(change, rel=0.1)


def test_pulls_on_the_emission_are_what_a_dot_moved_changes(rng: np.random.Generator) -> None:
    """Against finite differences of the lines themselves, each dot a little to the blue and to the red."""
    population = made(12, rng)
    levels = emission_table(population)
    found = pulls.nm_per_eV(population, levels)
    E, weight, owner = pulls._lines(population, levels)
    wide, step = line_shape(population.dot).sigma_eV, 0.002
    nm = np.arange(400.0, 900.0, 0.02)

    def read(E: np.ndarray) -> tuple[float, float]:
        y = np.exp(-(((HC / nm)[:, None] - E) ** 2) / (2 * wide**2)) @ weight * (HC / nm) ** 2
        k = int(np.argmax(y))
        a, b, c = np.polyfit(nm[k - 40 : k + 41] - nm[k], y[k - 40 : k + 41], 2)
        half = (c - b * b / (4 * a)) / 2
        above = np.flatnonzero(y >= half)
        i, j = above[0], above[-1]
        left = np.interp(half, y[i - 1 : i + 1], nm[i - 1 : i + 1])
        right = np.interp(half, y[j + 1 : j - 1 : -1], nm[j + 1 : j - 1 : -1])
        return float(nm[k] - b / (2 * a)), float(right - left)

    assert read(E) == pytest.approx((optics(population).pl_peak_nm, optics(population).pl_fwhm_nm), rel=2e-3)
    for dot in (0, 5, 11):
        ends = [read(E + np.where(owner == dot, sign * step, 0.0)) for sign in (-1, 1)]
        for name, low, high in zip(("pl_peak_nm", "pl_fwhm_nm"), *ends, strict=True):
            assert found[name][dot] == pytest.approx((high - low) / (2 * step), rel=0.03, abs=0.5)


def test_few_sizes_say_how_far_they_are_off() -> None:
    dot = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.7),))
    many = emission_peak(Population.even(dot, 2000, 0.08))
    for n in (2, 5, 10):
        few = Population.even(dot, n, 0.08)
        levels = emission_table(few)
        off = pulls.of_few_sizes(few, levels)
        found = emission_peak(few, levels=levels)
        assert off["pl_peak_nm"] == pytest.approx(abs(found.position - many.position), abs=0.1)
        assert off["pl_fwhm_nm"] == pytest.approx(abs(found.fwhm - many.fwhm), abs=0.1)
    for n, sigma in ((1, 0.08), (2000, 0.08), (10, 0.0)):
        few = Population.even(dot, n, sigma)
        assert pulls.of_few_sizes(few, emission_table(few)) == {}


def test_dots_alike_but_for_their_sizes_pull_nothing() -> None:
    shells = (Layer("ZnSe", 0.7),)
    dots = tuple(LayeredDot("InP", float(d), shells, sites=100.0) for d in mid_quantiles(3.3, 0.08, 10))
    light = optics(Population(mean_dot(dots), np.array([d.core_diameter_nm for d in dots]), dots))
    assert np.abs(light.pulls["pl_peak_nm"]).max() < 0.1
    assert np.abs(light.pulls["first_exciton_nm"]).max() < 0.1
    assert light.off_by_few_sizes["pl_peak_nm"] > 0.3


def test_bare_cores_of_chosen_sizes_pull_nothing_at_all() -> None:
    sizes = mid_quantiles(3.3, 0.08, 10)
    dots = tuple(LayeredDot("InP", float(d), sites=100.0, oxide=float(i)) for i, d in enumerate(sizes))
    light = optics(Population(mean_dot(dots), sizes, dots))
    for name in ("pl_peak_nm", "pl_fwhm_nm", "first_exciton_nm", "k_r_per_ns", "strain_core"):
        assert not light.pulls[name].any()
    assert light.pulls["plqy"].any()
    assert light.off_by_few_sizes["pl_peak_nm"] > 0.3
