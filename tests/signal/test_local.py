"""Local readings: exact on polynomials, honest on noise."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.signal import Signal, local
from epidot.signal.correlation import Noise
from epidot.signal.fitting import Free, fit_curve
from epidot.signal.legendre import Polynomial


def test_the_polynomial_agrees_with_numpy() -> None:
    c = np.array([0.3, -1.2, 0.7, 0.05, -0.4])
    p = Polynomial(c, 5.0, 2.0)
    at = np.linspace(3.2, 6.9, 7)
    series = np.polynomial.Legendre(c, domain=[3.0, 7.0])
    for order in (0, 1, 2):
        expected = series.deriv(order)(at) if order else series(at)
        assert np.allclose(p.over(at, order), expected, rtol=1e-12)
        assert p.at(4.1, order) == pytest.approx(
            float((series.deriv(order) if order else series)(4.1)), rel=1e-12
        )
    step = 1e-6
    for i in range(c.size):
        moved = c.copy()
        moved[i] += step
        other = Polynomial(moved, 5.0, 2.0)
        assert p.gradient(4.4)[i] == pytest.approx((other.at(4.4) - p.at(4.4)) / step, abs=1e-6)
        assert p.gradient(4.4, 1)[i] == pytest.approx((other.at(4.4, 1) - p.at(4.4, 1)) / step, abs=1e-6)


def test_extremum_and_crossing_of_a_parabola() -> None:
    x = np.linspace(0.0, 10.0, 21)
    top = local.extremum(x, 3 - (x - 4.2) ** 2, Noise(), maximum=True)
    assert top is not None
    assert top.x == pytest.approx(4.2, abs=1e-9)
    assert top.y == pytest.approx(3.0, abs=1e-9)
    assert local.extremum(x, 3 - (x - 4.2) ** 2, Noise(), maximum=False) is None
    low = local.extremum(x, (x - 6.5) ** 2, Noise(), maximum=False)
    assert low is not None
    assert low.x == pytest.approx(6.5, abs=1e-9)
    cross = local.crossing(x, np.exp(-x / 5), Noise(), 0.5)
    assert cross is not None
    assert cross.x == pytest.approx(5 * np.log(2), abs=1e-4)
    assert local.crossing(x, np.exp(-x / 5), Noise(), 2.0) is None


def test_noise_level_of_white_noise_on_a_curve(rng: np.random.Generator) -> None:
    x = np.linspace(0, 10, 4000)
    assert Noise().level(np.sin(x) + 0.01 * rng.standard_normal(x.size)) == pytest.approx(0.01, rel=0.05)
    assert Noise().level(np.ones(3)) == 0.0


def test_errors_grow_with_noise_that_an_instrument_has_smoothed(rng: np.random.Generator) -> None:
    white = rng.standard_normal(2000)
    smooth = np.convolve(white, np.ones(5) / 5, mode="same")
    assert local.correlation(white, 1990) == 1.0
    assert local.correlation(smooth, 1990) > 3.0


def test_a_straight_line_is_fitted_with_the_textbook_errors(rng: np.random.Generator) -> None:
    x = np.linspace(0, 1, 50)
    y = 2 + 3 * x + 0.1 * rng.standard_normal(50)
    free = [Free("a", "", 0.0, -10, 10), Free("b", "", 0.0, -10, 10)]
    signal = Signal("t", x, y, "x", "", "y", "", "analog", "measured", sigma=np.full(50, 0.1))
    found = fit_curve(signal, lambda v: v[0] + v[1] * x, free)
    design = np.stack([np.ones(50), x], axis=1)
    exact = np.linalg.inv(design.T @ design) * 0.01
    assert np.allclose(found.values, np.linalg.lstsq(design, y, rcond=None)[0], atol=1e-6)
    assert np.allclose(found.covariance, exact, rtol=1e-5)
    assert found.status == "converged"


def test_a_stuck_parameter_is_named() -> None:
    x = np.linspace(0, 1, 20)
    signal = Signal("t", x, 2 * x, "x", "", "y", "", "analog", "measured")
    free = [Free("slope", "", 0.5, 0.0, 1.0), Free("idle", "", 0.5, 0.0, 1.0)]
    found = fit_curve(signal, lambda v: v[0] * x, free)
    assert found.status == "at a bound"
    assert "slope" in found.message
    assert "not determined by these data: idle" in found.message
    assert found.sigma("idle") is None


def test_poisson_counts_are_fitted_without_bias(rng: np.random.Generator) -> None:
    x = np.arange(200.0)
    answers = []
    for _ in range(40):
        signal = Signal(
            "t", x, rng.poisson(np.full(200, 4.0)).astype(float), "x", "", "y", "", "counts", "measured"
        )
        answers.append(
            fit_curve(signal, lambda v: np.full(200, v[0]), [Free("mean", "", 3.0, 0.1, 50.0)]).values[0]
        )
    assert np.mean(answers) == pytest.approx(4.0, abs=3 * 2 / np.sqrt(200 * 40))
