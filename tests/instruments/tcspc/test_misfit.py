"""What a fit leaves out is found by the program itself, and no error stays as small as counting alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from epidot.instruments import tcspc
from epidot.instruments.tcspc.reflection import ReflectedResponse
from epidot.instruments.tcspc.response import GaussianResponse
from epidot.instruments.tcspc.simulated import counted
from epidot.quantities import Quantity
from epidot.signal import Signal

SETUP = {option.name: option.default for option in tcspc.HEADER.setup}
ASKED = {"channels": 2048, "channel_ns": 0.05, "period_ns": 102.4, "irf_fwhm_ns": 0.3}
ASKED |= {"counts": 1e6, "t0_ns": 10.0, "background": 2.0}


def decay(fractions: list[float], taus: list[float], seed: int | None = None, **changes: float) -> Signal:
    rng = None if seed is None else np.random.default_rng([19, seed])
    return counted(fractions, taus, SETUP | ASKED | changes, rng)


def covers(q: Quantity, truth: float) -> bool:
    return q.value is not None and (q.sigma is None or abs(q.value - truth) < 3 * q.sigma)


def test_a_reflection_is_named_with_its_delay() -> None:
    again = decay([1.0], [4.0], counts=4e4, background=0.0, t0_ns=13.2)
    both = decay([1.0], [4.0]).y + again.y
    signal = replace(again, y=np.random.default_rng(3).poisson(both).astype(float))
    found = tcspc.measure(signal, exponentials=1)
    said = next(w for w in found.warnings if w.startswith("a reflection"))
    delay = float(said.split()[2])
    assert delay == pytest.approx(3.2, abs=0.05)
    assert covers(found["tau1_ns"], 4.0)


def test_another_period_is_named() -> None:
    found = tcspc.measure(decay([0.3, 0.7], [3.0, 30.0], 4), exponentials=2, period=204.8)
    assert any(w.startswith("the period 102.4 ns describes the counts better") for w in found.warnings)
    assert covers(found["tau2_ns"], 30.0)


def test_three_lifetimes_fitted_with_two_are_told_from_1e4_counts_on() -> None:
    """The deviance of 2048 channels is blind to it; the hint of a further term is not."""
    wide = {"channel_ns": 0.25, "period_ns": 512.0, "irf_fwhm_ns": 1.0, "counts": 1e4}
    for seed in range(4):
        found = tcspc.measure(decay([0.2, 0.3, 0.5], [3.0, 15.0, 60.0], seed, **wide), exponentials=2)
        assert any("2 exponentials are not enough" in w for w in found.warnings)
        assert covers(found["tau2_ns"], 60.0)


def test_what_cannot_be_checked_is_a_fact() -> None:
    found = tcspc.measure(decay([1.0], [4.0], 1), exponentials=1, irf_fwhm_ns=0.3)
    assert found.extra["checks"] == {"pile-up": "not checked: no measuring time"}
    assert not found.warnings
    signal = decay([1.0], [4.0], 1)
    known = replace(signal, meta={**signal.meta, "acquisition_s": 1000.0})
    assert "excitations gave a count" in tcspc.measure(known, exponentials=1).extra["checks"]["pile-up"]


def test_the_table_of_trials_says_what_decided() -> None:
    trials = tcspc.measure(decay([0.3, 0.7], [3.0, 30.0], 2, counts=1e5)).extra["trials"]
    accepted = [t for t in trials if t["accepted"]]
    assert [t["exponentials"] for t in accepted] == [1, 2]
    assert accepted[1]["gain"] > accepted[1]["gain_needed"] > 5
    assert accepted[0]["deviance"] - accepted[1]["deviance"] == pytest.approx(accepted[1]["gain"])
    assert accepted[1]["expected_deviance"] == pytest.approx(accepted[1]["deviance"], rel=0.1)


def test_gradients_of_a_reflected_response() -> None:
    response = ReflectedResponse(GaussianResponse(np.linspace(0.0, 100.0, 201), 100.0))
    own = np.array([20.1, 0.4, 7.3, 0.05])
    shown = response.exponential(5.0, own)
    for i in range(own.size):
        step = np.zeros(own.size)
        step[i] = 1e-6
        up, down = (response.exponential(5.0, own + sign * step).counts for sign in (1, -1))
        assert np.allclose(shown.by_own[i], (up - down) / 2e-6, atol=1e-7)
    assert shown.counts.sum() == pytest.approx(1.05)
