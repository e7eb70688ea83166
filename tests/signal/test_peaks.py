"""Maxima and smoothing, against scipy.signal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import find_peaks, savgol_coeffs, savgol_filter

from epidot.signal import local
from epidot.signal.peaks import maxima
from epidot.signal.smoothing import savitzky_golay, weights

RNG = np.random.default_rng(7)
CURVES = {
    "noise": RNG.normal(size=400),
    "levels": RNG.integers(0, 4, 400).astype(float),
    "rough walk": np.cumsum(RNG.normal(size=400)),
    "one band": np.exp(-(np.linspace(-3, 3, 101) ** 2)),
    "slope": np.arange(20.0),
    "flat": np.ones(9),
    "flat ends": np.array([2.0, 2, 1, 3, 3, 3, 0, 2, 2]),
    "two points": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize(("prominence", "height"), [(0.0, None), (0.5, None), (1.0, 0.5), (3.0, None)])
def test_maxima_are_those_of_scipy(name: str, prominence: float, height: float | None) -> None:
    y = CURVES[name]
    least = -np.inf if height is None else height
    expected, _ = find_peaks(y, prominence=prominence, height=height)
    assert maxima(y, prominence, least).tolist() == expected.tolist()


@pytest.mark.parametrize("derivative", [0, 1, 2])
@pytest.mark.parametrize("width", [2.0, 7.0, 30.0, 500.0])
def test_smoothing_is_savitzky_and_golays(width: float, derivative: int) -> None:
    x, y = np.arange(60) * 0.5, np.cumsum(np.random.default_rng(3).normal(size=60))
    even, found, _ = local.smoothed(x, y, width, derivative)
    window = min(max(5, int(width / 0.5) // 2 * 2 + 1), 59)
    expected = savgol_filter(y, window, 3, deriv=derivative, delta=0.5)
    assert even == pytest.approx(x)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * np.max(np.abs(expected)))


def test_a_long_curve_is_smoothed_as_a_short_one() -> None:
    """Wide windows go by Fourier transforms."""
    y = np.sin(np.linspace(0, 20, 60_000)) + np.random.default_rng(5).normal(0, 0.01, 60_000)
    for derivative in (0, 2):
        found = savitzky_golay(y, 1001, 3, derivative)
        expected = np.convolve(y, weights(1001, 3, derivative), "valid")
        assert found[500:-500] == pytest.approx(expected, abs=1e-11 * np.max(np.abs(expected)))
        assert found == pytest.approx(savgol_filter(y, 1001, 3, deriv=derivative), rel=1e-6, abs=1e-12)


def test_weights_of_a_wide_window_are_exact() -> None:
    """In closed form for cubics (Savitzky and Golay's table II); powers of 5000 must not spoil them."""
    m = 5000
    i = np.arange(-m, m + 1)
    common = (2 * m - 1) * (2 * m + 1) * (2 * m + 3)
    smooth = (3 * (3 * m * m + 3 * m - 1) - 15.0 * i**2) / common
    bend = 30 * (3.0 * i**2 - m * (m + 1)) / (m * (m + 1) * common)
    assert weights(2 * m + 1, 3) == pytest.approx(smooth, abs=1e-10 * smooth.max())
    assert weights(2 * m + 1, 3, 2) == pytest.approx(bend, abs=1e-10 * bend.max())


@pytest.mark.parametrize(
    ("window", "order", "derivative"),
    [(5, 3, 0), (9, 2, 1), (35, 4, 0), (25, 3, 2)],
)
def test_weights_are_savitzky_and_golays(window: int, order: int, derivative: int) -> None:
    expected = savgol_coeffs(window, order, deriv=derivative)
    scale = float(np.max(np.abs(expected)))
    assert weights(window, order, derivative) == pytest.approx(expected, abs=1e-11 * scale)
