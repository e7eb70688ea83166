"""Smoothed noise: which filter it was is found, white noise stays white, and errors hold what they say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import savgol_filter

from epidot.instruments import uvvis
from epidot.signal import Signal
from epidot.signal.correlation import Noise, noise_of
from epidot.signal.local import extremum

X = np.arange(400.0, 760.0, 1.0)
BAND = np.exp(-0.5 * ((X - 560) / 15) ** 2)


@pytest.mark.parametrize(
    ("smooth", "words"),
    [
        (lambda e: uniform_filter1d(e, 5), "a moving average over 5 points"),
        (lambda e: uniform_filter1d(e, 9), "a moving average over 9 points"),
        (lambda e: savgol_filter(e, 11, 2), "a Savitzky-Golay filter (quadratic, 11 points)"),
        (lambda e: savgol_filter(e, 15, 4), "a Savitzky-Golay filter (quartic, 15 points)"),
    ],
)
def test_the_filter_is_named(smooth: Callable[[np.ndarray], np.ndarray], words: str) -> None:
    for seed in range(10):
        e = 0.01 * np.random.default_rng(seed).standard_normal(X.size)
        found = noise_of(X, BAND + smooth(e))
        assert found.filter == words
        # the noise itself, not what is left of it between neighbours
        passed = float(np.sqrt(np.sum(smooth((X == 560).astype(float)) ** 2)))
        assert found.level(BAND + smooth(e)) == pytest.approx(0.01 * passed, rel=0.35)


def test_a_gaussian_is_found_by_its_width() -> None:
    e = gaussian_filter1d(0.01 * np.random.default_rng(3).standard_normal(X.size), 2.0)
    found = noise_of(X, BAND + e)
    assert found.filter.startswith("a Gaussian")
    exact = np.exp(-(np.arange(4) ** 2) / 16.0)
    assert found.rho[:4] == pytest.approx(exact, abs=0.05)


def test_white_noise_is_not_taken_for_smoothed() -> None:
    for seed in range(100):
        e = 10.0 ** -(1 + seed % 4) * np.random.default_rng(seed).standard_normal(X.size)
        assert noise_of(X, BAND + e).white
    assert noise_of(X[:60], BAND[:60]).white
    assert noise_of(X, np.zeros(X.size)).white


def test_the_error_of_a_maximum_is_that_of_repeated_scans() -> None:
    """Scatter over 300 scans against the stated error, for a parabola: exact but for the scatter itself."""
    near = np.abs(X - 560) < 12
    for smooth in (lambda e: e, lambda e: uniform_filter1d(e, 7)):
        tops, errors = [], []
        for seed in range(300):
            e = smooth(0.01 * np.random.default_rng(seed).standard_normal(X.size))
            noise = noise_of(X, BAND + e)
            found = extremum(X[near], (1 - 0.002 * (X - 560) ** 2 + e)[near], noise, maximum=True)
            assert found is not None
            tops.append(found.x)
            errors.append(found.sigma_x)
        assert np.median(errors) == pytest.approx(float(np.std(tops)), rel=0.25)


def test_thresholds_know_of_it() -> None:
    """A weighted sum of neighbours scatters as their correlation says."""
    noise = noise_of(X, uniform_filter1d(np.random.default_rng(1).standard_normal(X.size), 5))
    weights = np.ones(5) / 5
    # sum of (5 - |k|)/5 over the pairs of five points: 3.4/5 of the variance of one
    assert noise.through(weights) == pytest.approx(np.sqrt(3.4 / 5), rel=0.01)
    assert Noise().through(weights) == pytest.approx(np.sqrt(1 / 5))


def test_a_smoothed_spectrum_says_so_and_has_no_false_bands() -> None:
    for seed in range(20):
        e = uniform_filter1d(1e-3 * np.random.default_rng(seed).standard_normal(X.size), 9)
        signal = Signal("uvvis", X, 0.2 + e, "wavelength", "nm", "absorbance", "", "analog", "measured")
        found = uvvis.measure(signal)
        assert found["first_exciton_nm"].value is None
        assert any("smoothed by a moving average over 9 points" in w for w in found.warnings)


@pytest.mark.parametrize("width", [1.8, 2.6, 3.0])
def test_a_filter_that_kills_waves_has_a_root_at_any_length(width: float) -> None:
    """Rounding made the correlation of 300 points indefinite: the command ended with a traceback."""
    kernel = np.exp(-0.5 * (np.arange(-15, 16) / width) ** 2)
    rho = np.correlate(kernel, kernel, "full")[kernel.size - 1 :]
    noise = Noise(rho=tuple((rho / rho[0]).tolist()))
    for n in (50, 300, 900):
        through = noise.spread(np.eye(n)[:1])
        assert float(np.sum(through**2)) == pytest.approx(1.0, abs=1e-5)
