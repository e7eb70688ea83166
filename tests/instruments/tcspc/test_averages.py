"""The averages of a decay obey their own mathematics, for a stated number of terms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from epidot.instruments import tcspc
from epidot.instruments.tcspc.automatic import analyse
from epidot.instruments.tcspc.examine import settle
from epidot.instruments.tcspc.simulated import counted
from epidot.instruments.tcspc.unseen import _Search
from epidot.signal import Signal

SETUP = {option.name: option.default for option in tcspc.HEADER.setup}
ASKED = {option.name: option.default for option in tcspc.HEADER.measure_options}


@settings(max_examples=16, deadline=None, derandomize=True)
@given(
    taus=st.lists(st.floats(1.0, 150.0), min_size=1, max_size=4),
    shares=st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4),
    counts=st.floats(3.0, 6.0),
    background=st.sampled_from([0.0, 0.02, 0.3]),
    exponentials=st.sampled_from([0, 0, 1, 2, 3]),
    seed=st.integers(0, 10**6),
)
# A term without light, two exponentials for one shorter than the response: drawn on another machine only.
@example(taus=[65.0755, 66.0], shares=[1.0] * 4, counts=3.0, background=0.0, exponentials=3, seed=63)
@example(taus=[1.0], shares=[1.0] * 4, counts=3.0, background=0.0, exponentials=2, seed=61)
@example(taus=[1.0], shares=[1.0] * 4, counts=3.0, background=0.0, exponentials=2, seed=30)
def test_averages_lie_between_the_lifetimes_in_order(
    taus: list[float], shares: list[float], counts: float, background: float, exponentials: int, seed: int
) -> None:
    asked = {"channels": 512, "channel_ns": 1.0, "period_ns": 512.0, "irf_fwhm_ns": 3.0}
    asked |= {"counts": 10**counts, "background": background * 10**counts / 512}
    signal = counted(shares[: len(taus)], taus, SETUP | asked, np.random.default_rng(seed))
    found = tcspc.measure(signal, exponentials=exponentials)
    last = found.extra["exponentials"]
    names = ("tau1_ns", "tau_amplitude_ns", "tau_intensity_ns", f"tau{last}_ns")
    assert all("withheld" in found[name].note for name in names if found[name].value is None)
    chain = [value for name in names if (value := found[name].value) is not None]
    assert np.all(np.diff(chain) >= -1e-9 * max(chain, default=0.0)), chain
    told = any(
        "not identifiable" in words or "withheld: the counts leave" in words for words in found.warnings
    )
    assert len(chain) > 2 or exponentials == 0 or told


def test_a_lifetime_below_the_response_is_in_every_error() -> None:
    """A tenth of the light has no delay: where its lifetime ends at zero, the height is not known."""
    asked = {"channels": 512, "channel_ns": 0.4, "period_ns": 204.8, "irf_fwhm_ns": 3.0, "counts": 1e5}
    asked |= {"t0_ns": 15.0, "background": 1.0}
    pulls, held, last = [], 0, None
    for seed in range(24):
        signal = counted([0.1, 0.9], [1e-3, 20.0], SETUP | asked, np.random.default_rng([6, seed]))
        found = tcspc.measure(signal, exponentials=2, irf_fwhm_ns=3.0)
        tau, sigma = found["tau_intensity_ns"].value, found["tau_intensity_ns"].sigma
        assert tau is not None
        assert sigma is not None
        pulls.append((tau - 18.0001) / sigma)
        if any("tau1_ns ended at zero" in words for words in found.warnings):
            held, last = held + 1, signal
            short, height = found["tau1_ns"], found["tau_amplitude_ns"]
            assert short.sigma is not None
            assert 0.05 < short.sigma < 0.5  # a few hundredths of the width of the response
            assert height.sigma is not None
            assert height.value is not None
            assert height.sigma > height.value
    assert held > 5
    assert 0.55 <= float(np.mean(np.abs(pulls) < 1)) <= 0.85
    assert last is not None
    said = tcspc.measure(last, irf_fwhm_ns=3.0).warnings
    assert any(words.startswith("light scattered without delay") for words in said)


def slow_term_under_a_background(seed: int) -> Signal:
    """10 and 40 ns of the same height, a period of three of the longer, every sixth count background."""
    asked = {"channels": 1024, "channel_ns": 120 / 1024, "period_ns": 120.0, "irf_fwhm_ns": 0.5}
    asked |= {"counts": 1e3, "background": 0.2 * 1e3 / 1024, "t0_ns": 6.0}
    return counted([0.2, 0.8], [10.0, 40.0], SETUP | asked, np.random.default_rng([9, seed]))


def test_a_slow_term_that_is_not_seen_is_in_the_error_or_the_average_is_withheld() -> None:
    truths = {"tau_amplitude_ns": 25.0, "tau_intensity_ns": 34.0}
    none, worst = 0, 0.0
    for seed in range(10):
        found = tcspc.measure(slow_term_under_a_background(seed), irf_fwhm_ns=0.5)
        for name, truth in truths.items():
            q = found[name]
            if q.value is None or q.sigma is None:
                assert "a term that they do not show may move it" in q.note
                none += 1
            else:
                worst = max(worst, abs(q.value - truth) / q.sigma)
    assert none >= 8
    assert worst < 4


def three_in_two_lifetimes(seed: int) -> Signal:
    """3, 15 and 50 ns of the same height, a period of two of the longest, every sixth count background."""
    asked = {"channels": 1024, "channel_ns": 100 / 1024, "period_ns": 100.0, "irf_fwhm_ns": 0.3}
    asked |= {"counts": 1e5, "background": 0.2 * 1e5 / 1024, "t0_ns": 5.0}
    return counted(
        [3 / 68, 15 / 68, 50 / 68], [3.0, 15.0, 50.0], SETUP | asked, np.random.default_rng([11, seed])
    )


def test_a_period_of_two_lifetimes_withholds_what_it_cannot_tell_and_is_named() -> None:
    truths = {"tau_amplitude_ns": 68 / 3, "tau_intensity_ns": (9 + 225 + 2500) / 68}
    worst, none = 0.0, 0
    for seed in range(12):
        found = tcspc.measure(three_in_two_lifetimes(seed), irf_fwhm_ns=0.3)
        for name, truth in truths.items():
            q = found[name]
            if q.value is None or q.sigma is None:
                none += 1
                assert any(w.startswith("the period is only") and name in w for w in found.warnings)
            else:
                worst = max(worst, abs(q.value - truth) / q.sigma)
    assert none >= 8
    assert worst < 3.5


def two_in_three_lifetimes(seed: int) -> Signal:
    """8 and 30 ns, a period of two and a half of the longer, every eleventh count background."""
    asked = {
        "channels": 2048,
        "channel_ns": 75 / 2048,
        "period_ns": 75.0,
        "irf_fwhm_ns": 0.2,
        "irf_counts": 1e5,
    }
    asked |= {"counts": 1e4, "background": 0.1 * 1e4 / 2048, "t0_ns": 4.0}
    return counted([0.4, 0.6], [8.0, 30.0], SETUP | asked, np.random.default_rng([13, seed]))


def test_a_fit_that_ends_low_is_not_believed_more_than_one_that_ends_high() -> None:
    """The error grows with the lifetime: if only low ends were stated, all averages would be too short."""
    off = []
    for seed in range(8, 20):
        q = tcspc.measure(two_in_three_lifetimes(seed))["tau_intensity_ns"]
        if q.value is not None and q.sigma is not None:
            off.append((q.value - 21.2) / q.sigma)
    assert len(off) < 3
    assert all(abs(one) < 2.5 for one in off)


def test_the_terms_chosen_keep_their_normal_law_where_the_counts_hold_them() -> None:
    asked = {"channels": 512, "channel_ns": 1.0, "period_ns": 512.0, "irf_fwhm_ns": 3.0, "t0_ns": 20.0}
    asked |= {"counts": 1e5, "background": 2.0}
    signal = counted([0.3, 0.7], [5.0, 60.0], SETUP | asked, np.random.default_rng(14))
    record, setting, _ = settle(signal, ASKED | {"exponentials": 2, "irf_fwhm_ns": 3.0})
    done = analyse(record, setting)
    here, sigma = done.estimate.likeliest[-2:], done.estimate.sigma[-2:]
    laws = _Search(done.solution, 3.0, 1.0).along(here, sigma)
    assert laws.weight.sum() == pytest.approx(1.0)
    assert laws.errors(here) == pytest.approx(sigma, rel=0.05)
    assert laws.weight @ laws.averages == pytest.approx(here, abs=0.3 * float(sigma.max()))


def test_a_long_period_says_nothing_of_itself() -> None:
    asked = {"channels": 512, "channel_ns": 1.0, "period_ns": 512.0, "irf_fwhm_ns": 3.0, "t0_ns": 20.0}
    asked |= {"counts": 1e4, "background": 0.2 * 1e4 / 512}
    signal = counted([0.3, 0.7], [5.0, 60.0], SETUP | asked, np.random.default_rng(12))
    assert not any("period is only" in words for words in tcspc.measure(signal, irf_fwhm_ns=3.0).warnings)


def test_one_lifetime_that_is_alone_keeps_its_error() -> None:
    """Two per cent background, a window of twelve lifetimes: nothing can hide."""
    asked = {"channels": 1024, "channel_ns": 500 / 1024, "period_ns": 500.0, "irf_fwhm_ns": 2.0}
    asked |= {"counts": 1e5, "background": 2.0, "t0_ns": 25.0}
    for seed in range(3):
        signal = counted([1.0], [40.0], SETUP | asked, np.random.default_rng([10, seed]))
        free, stated = (tcspc.measure(signal, irf_fwhm_ns=2.0, exponentials=n) for n in (0, 1))
        if free.extra["exponentials"] == 1:
            for name in ("tau_amplitude_ns", "tau_intensity_ns"):
                assert free[name].value == stated[name].value
                assert free[name].sigma is not None
                assert stated[name].sigma is not None
                assert stated[name].sigma <= free[name].sigma < 1.3 * stated[name].sigma
