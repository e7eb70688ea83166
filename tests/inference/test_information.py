"""Expected information beside closed forms and beside full nested Monte Carlo, on two toy cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp, ndtri

from epidot.inference.information import expected

K = 256
EVEN = ndtri((np.arange(K) + 0.5) / K)


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0, 3.0])
def test_a_linear_normal_experiment_tells_half_ln_of_its_signal(sigma: float) -> None:
    exact = 0.5 * np.log1p(1 / sigma**2)
    assert expected(EVEN[:, None], np.array([sigma])) == pytest.approx(exact, rel=0.03, abs=0.01)


def test_two_readings_of_the_same_tell_less_than_twice_as_much() -> None:
    twice = np.stack([EVEN, EVEN], axis=1)
    exact = 0.5 * np.log1p(2 / 0.25)
    assert expected(twice, np.array([0.5, 0.5])) == pytest.approx(exact, rel=0.03)


def test_what_is_told_of_one_parameter_alone() -> None:
    """y = a + b + e: of a alone, b is noise too.  Means over made-up sets of draws."""
    sums, nothing, sharp = [], [], []
    for seed in range(6):
        a, b = np.random.default_rng(seed).standard_normal((2, K))
        sums.append(expected((a + b)[:, None], np.array([0.3]), a[:, None], seed))
        nothing.append(expected(b[:, None], np.array([0.3]), a[:, None], seed))
        sharp.append(expected(a[:, None], np.array([0.3]), a[:, None], seed))
    assert np.mean(sums) == pytest.approx(0.5 * np.log1p(1 / 1.09), rel=0.1)
    assert max(nothing) < 0.03
    assert 0.75 <= np.mean(sharp) / (0.5 * np.log1p(1 / 0.09)) <= 1.0  # never more than there is


@pytest.mark.parametrize("sigma", [0.05, 0.2])
def test_a_curved_experiment_beside_full_nested_monte_carlo(sigma: float) -> None:
    """y = 1 - exp(-k t) with k uniform in 0.1 to 2, at two times."""
    t = np.array([0.3, 3.0])

    def shown(k: np.ndarray) -> np.ndarray:
        return 1 - np.exp(-k[:, None] * t)

    rng = np.random.default_rng(8)
    outer, inner = 20_000, 1000
    k = 0.1 + 1.9 * rng.random(outer)
    y = shown(k) + sigma * rng.standard_normal((outer, 2))
    others = shown(0.1 + 1.9 * rng.random(inner))
    marginal = [
        logsumexp(-0.5 * np.sum(((part[:, None] - others) / sigma) ** 2, axis=-1), axis=1) - np.log(inner)
        for part in np.split(y, 40)
    ]
    own = -0.5 * np.sum(((y - shown(k)) / sigma) ** 2, axis=1)
    full = float(np.mean(own - np.concatenate(marginal)))
    even = shown(0.1 + 1.9 * (np.arange(K) + 0.5) / K)
    assert expected(even, np.array([sigma, sigma])) == pytest.approx(full, rel=0.06)
    # and with the 48 draws that suggestions are made from
    few = shown(0.1 + 1.9 * (np.arange(48) + 0.5) / 48)
    assert expected(few, np.array([sigma, sigma])) == pytest.approx(full, rel=0.1)
