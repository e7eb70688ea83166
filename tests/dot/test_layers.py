"""The layered dot and its population."""

from __future__ import annotations

import math

import numpy as np
import pytest

from epidot.dot.layers import Layer, LayeredDot, Population, mid_quantiles

DOT = LayeredDot(
    "InP",
    3.0,
    (Layer("ZnSe", 0.7), Layer("ZnS", 0.3)),
    ligands={"OA": 90.0},
    adatoms={"Zn": 700.0},
    sites=150.0,
    oxide=4.0,
    oxide_memory=2.0,
    coverage=0.9,
)


def test_radii() -> None:
    assert DOT.radii_nm == pytest.approx([1.5, 2.2, 2.5])
    assert DOT.diameter_nm == pytest.approx(5.0)
    assert LayeredDot("InP", 3.0).diameter_nm == 3.0


def test_scaled_keeps_shells_and_fractions_and_scales_counts_with_area() -> None:
    big = DOT.scaled(6.0)
    assert big.shells == DOT.shells
    assert big.coverage == DOT.coverage
    assert (big.ligands["OA"], big.adatoms["Zn"], big.sites, big.oxide, big.oxide_memory) == (
        360,
        2800,
        600,
        16,
        8,
    )
    assert big.scaled(3.0) == DOT


def test_a_drawn_population_has_the_mean_and_the_width(rng: np.random.Generator) -> None:
    population = Population.drawn(DOT, 200_000, 0.12, rng)
    d = population.core_diameters_nm
    assert np.mean(d) == pytest.approx(3.0, abs=5 * 0.36 / math.sqrt(d.size))
    assert population.sigma_rel == pytest.approx(0.12, rel=0.02)
    assert np.all(d > 0)


def test_dots_of_a_population(rng: np.random.Generator) -> None:
    population = Population.drawn(DOT, 3, 0.1, rng)
    assert [dot.core_diameter_nm for dot in population.dots] == list(population.core_diameters_nm)
    assert Population.drawn(DOT, 1, 0.0, rng).core_diameters_nm.tolist() == [3.0]
    assert Population.drawn(DOT, 1, 0.3, rng).sigma_rel == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: Layer("ZnS", 0.0),
        lambda: Layer("ZnS", math.nan),
        lambda: Layer("ZnS", 0.3, coherency=1.1),
        lambda: Layer("ZnS", 0.3, crystalline=-0.1),
        lambda: LayeredDot("InP", 0.0),
        lambda: LayeredDot("InP", math.inf),
        lambda: Population.drawn(DOT, 0, 0.1, np.random.default_rng(1)),
        lambda: Population.drawn(DOT, 5, -0.1, np.random.default_rng(1)),
        lambda: Population.drawn(DOT, 5, math.nan, np.random.default_rng(1)),
        lambda: Population.even(DOT, 0, 0.1),
        lambda: mid_quantiles(3.0, -0.1, 5),
    ],
)
def test_nonsense_is_refused(call) -> None:
    with pytest.raises(ValueError):
        call()


def test_a_drawn_population_of_a_few_hundred_stands_for_the_flask() -> None:
    # Independent draws would miss the mean by 0.12 * 3 / sqrt(200) = 0.025 nm on average.
    means = [
        Population.drawn(DOT, 200, 0.12, np.random.default_rng(s)).core_diameters_nm.mean() for s in range(30)
    ]
    assert np.max(np.abs(np.array(means) - 3.0)) < 0.005


def test_every_drawn_dot_follows_the_law() -> None:
    from scipy.stats import kstest

    firsts = [
        Population.drawn(DOT, 7, 0.12, np.random.default_rng(s)).core_diameters_nm[0] for s in range(400)
    ]
    s = math.sqrt(math.log1p(0.12**2))
    z = (np.log(np.array(firsts) / 3.0) + s * s / 2) / s
    assert kstest(z, "norm").pvalue > 1e-3


@pytest.mark.parametrize("n", [2, 10, 100])
def test_few_even_dots_have_the_mean_and_the_width_of_the_law(n: int) -> None:
    population = Population.even(DOT, n, 0.12)
    d = population.core_diameters_nm
    assert d.shape == (n,)
    assert np.mean(d) == pytest.approx(3.0, rel=2e-5)
    assert population.sigma_rel == pytest.approx(0.12, rel=0.01)


def test_many_even_dots_lie_at_the_quantiles_of_the_law() -> None:
    from scipy.stats import lognorm

    n, s = 1000, math.sqrt(math.log1p(0.12**2))
    law = lognorm(s, scale=3.0 * math.exp(-s * s / 2))
    d = Population.even(DOT, n, 0.12).core_diameters_nm
    assert d == pytest.approx(law.ppf((np.arange(n) + 0.5) / n), rel=2e-3)
    assert Population.even(DOT, 1, 0.3).core_diameters_nm.tolist() == [3.0]
