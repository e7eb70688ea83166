"""A stretched decay hides behind exponentials: it is said, and the averages' errors hold it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import foldnorm

from epidot.instruments import tcspc
from epidot.instruments.tcspc.averages import reach
from epidot.instruments.tcspc.laws import LAWS
from epidot.instruments.tcspc.simulated import counted
from epidot.signal import Signal

NAMES = ("tau_amplitude_ns", "tau_intensity_ns")
SETUP = {option.name: option.default for option in tcspc.HEADER.setup}
ASKED = {"channels": 512, "channel_ns": 200 / 512, "period_ns": 200.0, "t0_ns": 10.0, "irf_fwhm_ns": 1.2}


def stretched(seed: int, counts: float) -> Signal:
    log_tau, share = LAWS["stretched"].nodes(np.array([20.0, 0.7]))
    asked = SETUP | ASKED | {"counts": counts, "background": 0.02 * counts / 512}
    return counted(list(share), list(np.exp(log_tau)), asked, np.random.default_rng([42, seed]))


def two(seed: int, counts: float) -> Signal:
    asked = SETUP | ASKED | {"counts": counts, "background": 0.02 * counts / 512}
    return counted([0.3, 0.7], [5.0, 60.0], asked, np.random.default_rng([43, seed]))


def test_the_error_holds_68_percent_of_the_mixture() -> None:
    one = np.ones(1)
    assert reach(np.zeros(1), one, one, 0.6827) == pytest.approx(1.0, abs=1e-3)
    for far in (0.3, 2.0, 9.0):
        assert reach(np.array([-far]), one, one, 0.6827) == pytest.approx(foldnorm.ppf(0.6827, far), rel=1e-6)
    mixed = reach(np.array([0.0, 3.0]), np.array([1.0, 2.0]), np.array([3.0, 1.0]), 0.6827)
    rng = np.random.default_rng(5)
    drawn = np.where(rng.random(400_000) < 0.75, rng.normal(0, 1, 400_000), rng.normal(3, 2, 400_000))
    assert np.mean(np.abs(drawn) < mixed) == pytest.approx(0.6827, abs=3e-3)


@pytest.mark.parametrize("counts", [1e4, 1e5])
def test_a_stretched_decay_says_so_and_its_averages_hold_the_truth(counts: float) -> None:
    truths = dict(zip(NAMES, LAWS["stretched"].averages(np.array([20.0, 0.7])), strict=True))
    said, held = 0, []
    for seed in range(12):
        found = tcspc.measure(stretched(seed, counts), irf_fwhm_ns=1.2)
        said += any("not told from a stretched one" in w for w in found.warnings)
        for name, truth in truths.items():
            q = found[name]
            if q.value is not None and q.sigma is not None:
                held.append(abs(q.value - truth) < q.sigma)
    assert said >= 10
    assert 0.45 < np.mean(held) < 0.95


def test_two_exponentials_stated_for_a_stretched_decay_say_so() -> None:
    for seed in range(4):
        found = tcspc.measure(stretched(seed, 1e4), exponentials=2, irf_fwhm_ns=1.2)
        words = " ".join(found.warnings)
        assert "2 exponentials are not told from a stretched one" in words or "not enough" in words


def test_two_exponentials_that_are_there_have_no_rival() -> None:
    for counts in (1e4, 1e6):
        found = tcspc.measure(two(1, counts), exponentials=2, irf_fwhm_ns=1.2)
        assert not any("stretched" in w for w in found.warnings)


def test_one_exponential_has_a_rival_only_where_the_counts_leave_beta_open() -> None:
    """A stretched decay in three lifetimes on a third of background passes for one exponential; one that is
    watched for twelve lifetimes does not, and no rival of it is said."""
    asked = {"channels": 512, "period_ns": 60.0, "channel_ns": 60 / 512, "irf_fwhm_ns": 0.4, "t0_ns": 3.0}
    asked |= {"counts": 1e4, "background": 0.3 * 1e4 / 512}
    log_tau, share = LAWS["stretched"].nodes(np.array([20.0, 0.7]))
    said = alone = 0
    for seed in range(10):
        rng = np.random.default_rng([44, seed])
        found = tcspc.measure(
            counted(list(share), list(np.exp(log_tau)), SETUP | asked, rng), irf_fwhm_ns=0.4
        )
        if found.extra["exponentials"] == 1:
            alone += 1
            said += any("one exponential is not told from a stretched one" in w for w in found.warnings)
    assert alone >= 3
    assert said >= alone - 1
    asked |= {"period_ns": 500.0, "channel_ns": 500 / 512, "irf_fwhm_ns": 2.0, "background": 0.02 * 1e4 / 512}
    for seed in range(4):
        signal = counted([1.0], [40.0], SETUP | asked, np.random.default_rng([45, seed]))
        assert not any("stretched" in w for w in tcspc.measure(signal, irf_fwhm_ns=2.0).warnings)
