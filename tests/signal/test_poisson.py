"""Deviance: its residuals, and what counting noise alone gives it."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.signal.poisson import deviance, expected_deviance, residuals


def test_deviance_is_twice_the_lost_log_likelihood() -> None:
    from scipy.stats import poisson

    y, mu = np.array([0.0, 1.0, 4.0, 250.0]), np.array([0.3, 2.0, 4.0, 222.0])
    lost = 2 * (poisson.logpmf(y, np.maximum(y, 1e-300)) - poisson.logpmf(y, mu))
    assert np.allclose(deviance(y, mu), lost, atol=1e-10)


def test_residuals_square_to_the_deviance_and_have_the_right_slope() -> None:
    y, mu = np.array([0.0, 3.0, 100.0, 100.0]), np.array([0.5, 2.0, 90.0, 100.0])
    r, slope = residuals(y, mu)
    assert np.allclose(r**2, deviance(y, mu))
    h = 1e-5 * mu
    by = (residuals(y, mu + h)[0] - residuals(y, mu - h)[0]) / (2 * h)
    assert np.allclose(slope, by, rtol=1e-4)


@pytest.mark.parametrize("mu", [0.01, 0.1, 1.0, 3.0, 30.0, 3000.0])
def test_expected_deviance(mu: float, rng: np.random.Generator) -> None:
    y = rng.poisson(mu, 400_000).astype(float)
    d = deviance(y, np.full(400_000, mu))
    mean, variance, together = expected_deviance(np.array([mu]))
    assert float(mean[0]) == pytest.approx(d.mean(), abs=5 * d.std() / np.sqrt(d.size) + 1e-4)
    assert float(variance[0]) == pytest.approx(d.var(), rel=0.05)
    error = d.std() * y.std() / np.sqrt(d.size)
    assert float(together[0]) == pytest.approx(
        np.cov(d, y)[0, 1], abs=6 * error + 0.02 * abs(float(together[0]))
    )


def test_a_channel_says_the_same_whatever_stands_beside_it() -> None:
    """With channels that hold nothing, or where model and counts agree, and without."""
    rng = np.random.default_rng(5)
    mu = 10 ** rng.uniform(-2, 6, 3000)
    counted = np.maximum(rng.poisson(mu).astype(float), 1.0)
    beside_mu, beside = np.array([3.0, 2.0, 0.5]), np.array([0.0, 2.0, 0.5])
    every, every_mu = np.concatenate([counted, beside]), np.concatenate([mu, beside_mu])
    assert np.array_equal(deviance(every, every_mu)[:3000], deviance(counted, mu))
    for together, alone in zip(residuals(every, every_mu), residuals(counted, mu), strict=True):
        assert np.array_equal(together[:3000], alone)
    assert residuals(every, every_mu)[1][-2:].tolist() == (1 / np.sqrt(beside_mu[1:])).tolist()
