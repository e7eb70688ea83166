"""Noise by kind, and ranges of the axis."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.signal import Signal
from epidot.signal.noise import noisy
from epidot.signal.windows import inside, off, ranges


def make(x: np.ndarray, y: np.ndarray, kind: str = "analog", **more: object) -> Signal:
    return Signal("pl", x, y, "wavelength", "nm", "intensity", "photons/nm", kind, "simulated", **more)  # type: ignore[arg-type]


NM = np.linspace(400.0, 800.0, 2001)


def test_noise_has_the_right_mean_and_spread(rng: np.random.Generator) -> None:
    n = 40_000
    x = np.arange(float(n))
    counts = noisy(make(x, np.full(n, 9.0), "counts"), rng)
    assert counts.y.mean() == pytest.approx(9.0, abs=4 * 3 / np.sqrt(n))
    assert counts.y.std() == pytest.approx(3.0, rel=0.02)
    rate = noisy(make(x, np.full(n, 9.0), "rate", live_time=4.0), rng)
    assert rate.y.std() == pytest.approx(1.5, rel=0.02)
    analog = noisy(make(x, np.zeros(n)), rng, 0.5)
    assert analog.y.std() == pytest.approx(0.5, rel=0.02)
    assert analog.sigma is not None
    assert analog.sigma[0] == 0.5


def test_noise_that_makes_no_sense_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="needs its sigma"):
        noisy(make(NM, NM), rng)
    with pytest.raises(ValueError, match="no meaning"):
        noisy(make(NM, NM, "counts"), rng, 1.0)
    with pytest.raises(ValueError, match="cannot be negative"):
        noisy(make(NM, -NM, "rate", live_time=1.0), rng)


def test_ranges() -> None:
    assert ranges("440-460, 523.5 – 530 nm", "exclude") == ((440, 460), (523.5, 530))
    assert inside(np.array([439.0, 440.0, 525.0, 531.0]), ((440, 460), (520, 530))).tolist() == [
        False,
        True,
        True,
        False,
    ]
    for bad in ("", "440", "460-440", "a-b", "440-460;1", "1" * 500 + "-2"):
        with pytest.raises(InputError, match="not a range in nm"):
            ranges(bad, "exclude")


def test_a_range_is_told_in_the_unit_of_its_axis_and_may_lie_below_zero() -> None:
    assert ranges("-40:-20, -5 - 3 ppm", "window", "ppm") == ((-40, -20), (-5, 3))
    assert ranges("-40--20", "window", "ppm") == ((-40, -20),)
    for bad in ("6-5", "440-460 nm"):
        with pytest.raises(InputError, match="window is not a range in ppm") as caught:
            ranges(bad, "window", "ppm")
        assert "low-high in ppm" in str(caught.value)
    assert "runs from 20 to 80 deg" in off(np.linspace(20, 80, 9), "90-95", "mask", "deg")[0]
