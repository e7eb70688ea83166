"""Noise by kind, resampling, and the Jacobian between wavelength and energy."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.constants import HC
from epidot.errors import InputError
from epidot.signal import Signal
from epidot.signal.noise import noisy
from epidot.signal.resample import resampled, summed, to_energy, to_wavelength
from epidot.signal.windows import inside, ranges


def make(x: np.ndarray, y: np.ndarray, kind: str = "analog", **more: object) -> Signal:
    return Signal("pl", x, y, "wavelength", "nm", "intensity", "photons/nm", kind, "simulated", **more)  # type: ignore[arg-type]


NM = np.linspace(400.0, 800.0, 2001)


def test_the_area_of_a_density_is_kept_and_absorbance_is_not_scaled() -> None:
    curve = make(NM, np.exp(-0.5 * ((NM - 600) / 20) ** 2))
    energy = to_energy(curve, density=True)
    assert np.trapezoid(energy.y, energy.x) == pytest.approx(np.trapezoid(curve.y, curve.x), rel=1e-6)
    assert energy.x_unit == "eV"
    assert energy.y_unit == "photons/eV"
    plain = to_energy(curve, density=False)
    assert np.array_equal(plain.y, curve.y[::-1])
    assert plain.x[0] == HC / 800


@pytest.mark.parametrize("density", [True, False])
def test_there_and_back(density: bool) -> None:
    curve = make(NM, np.cos(NM / 50) + 2, sigma=np.full(NM.size, 0.01))
    back = to_wavelength(to_energy(curve, density=density), density=density)
    assert np.allclose(back.x, curve.x, rtol=1e-14)
    assert np.allclose(back.y, curve.y, rtol=1e-13)
    assert back.sigma is not None
    assert np.allclose(back.sigma, 0.01, rtol=1e-13)


def test_scaled_counts_become_analog_with_their_errors() -> None:
    energy = to_energy(make(NM, np.full(NM.size, 100.0), "counts"), density=True)
    assert energy.kind == "analog"
    assert energy.sigma is not None
    assert np.allclose(energy.sigma / energy.y, 0.1)
    with pytest.raises(ValueError, match="not nm"):
        to_energy(energy, density=True)


def test_summing_channels_keeps_counts_and_averages_the_rest() -> None:
    x = np.arange(10.0)
    counts = summed(make(x, np.arange(10.0), "counts"), 3)
    assert counts.y.tolist() == [3, 12, 21]
    assert counts.x.tolist() == [1, 4, 7]
    analog = summed(make(x, np.arange(10.0), sigma=np.ones(10)), 4)
    assert analog.y.tolist() == [1.5, 5.5]
    assert analog.sigma is not None
    assert np.allclose(analog.sigma, 0.5)
    rate = summed(make(x, np.ones(10), "rate", live_time=2.0), 5)
    assert rate.live_time == 10.0
    with pytest.raises(ValueError, match="cannot join"):
        summed(counts, 4)


def test_interpolation_carries_errors() -> None:
    line = make(np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 2.0]), sigma=np.ones(3))
    out = resampled(line, [0.0, 0.5, 1.75])
    assert out.y.tolist() == [0.0, 1.0, 2.0]
    assert out.sigma is not None
    assert np.allclose(out.sigma, [1, np.sqrt(0.5), np.hypot(0.25, 0.75)])
    with pytest.raises(ValueError, match="beyond"):
        resampled(line, [-1.0])
    with pytest.raises(ValueError, match="summed"):
        resampled(make(NM, NM, "counts"), [500.0])


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
        with pytest.raises(InputError, match="not a range of wavelengths"):
            ranges(bad, "exclude")
