"""What measure and fit say: options, warnings, choices, units."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import tcspc
from epidot.instruments.tcspc.record import record, refuse_clipped
from epidot.instruments.tcspc.simulated import counted
from epidot.signal import Signal


def decay(fractions: list[float], taus: list[float], seed: int = 1, **changes: float) -> Signal:
    given = {option.name: option.default for option in tcspc.HEADER.setup} | changes
    return counted(fractions, taus, given, np.random.default_rng(seed))


BI = ([0.3, 0.7], [20.0, 70.0])


def within(found: object, truth: float, times: float = 4.0) -> bool:
    return abs(found.value - truth) < times * found.sigma  # type: ignore[attr-defined]


def test_every_quantity_is_declared_and_json_is_plain() -> None:
    found = tcspc.measure(decay(*BI), exponentials=2, profile=True)
    assert set(found) <= {q.name for q in tcspc.HEADER.quantities}
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["technique"] == "tcspc"
    assert set(content["quantities"]["tau1_ns"]) == {"value", "sigma", "unit", "method", "note"}
    assert set(content["intervals_68"]) >= {"tau1_ns", "tau2_ns", "tau_amplitude_ns"}
    low, high = content["intervals_68"]["tau2_ns"]
    assert low < found["tau2_ns"].value < high


def test_definitions_of_shares_and_averages() -> None:
    found = tcspc.measure(decay(*BI), exponentials=2)
    tau, f, a = (
        [found[f"{n}{i}{u}"].value for i in (1, 2)]
        for n, u in (("tau", "_ns"), ("fraction", ""), ("amplitude", ""))
    )
    assert sum(f) == pytest.approx(1.0, abs=1e-12)
    assert sum(a) == pytest.approx(1.0, abs=1e-12)
    assert tau[0] < tau[1]
    # the bias taken off each of them separately leaves them consistent to a thousandth of an error
    assert found["tau_amplitude_ns"].value == pytest.approx(a[0] * tau[0] + a[1] * tau[1], rel=1e-4)
    assert found["tau_intensity_ns"].value == pytest.approx(f[0] * tau[0] + f[1] * tau[1], rel=1e-4)
    assert "sum(a tau) / sum(a)" in found["tau_amplitude_ns"].method
    assert "sum(a tau^2) / sum(a tau)" in found["tau_intensity_ns"].method
    assert "yuan2023" in found.extra["averages"]


@pytest.mark.parametrize(
    ("given", "period"), [(1000.0, 1000.0), ("1 MHz", 1000.0), ("1 us", 1000.0), ("2000", 2000.0)]
)
def test_the_period_may_be_written_in_several_ways(given: object, period: float) -> None:
    signal = replace(decay([1.0], [40.0]), meta={})
    assert tcspc.measure(signal, period=given, exponentials=1).extra["record"]["period_ns"] == period


def test_the_period_is_never_assumed() -> None:
    signal = replace(decay([1.0], [40.0]), meta={})
    with pytest.raises(InputError, match=r"never assumed.*option period"):
        tcspc.measure(signal)
    found = tcspc.measure(signal, period="none", exponentials=1)
    assert within(found["tau1_ns"], 40.0)
    with pytest.raises(InputError, match="not a repetition period"):
        tcspc.measure(signal, period="often")


def test_the_wrap_matters_and_is_modelled() -> None:
    signal = decay([1.0], [80.0], channels=800, channel_ns=0.25, period_ns=200.0)
    assert within(tcspc.measure(signal, exponentials=1)["tau1_ns"], 80.0)
    single = tcspc.measure(signal, exponentials=1, period="none")["tau1_ns"]
    assert single.sigma is None or not within(single, 80.0, 10.0)
    assert abs((single.value or 0) - 80) > 1


@pytest.mark.parametrize(
    ("truth", "expected"), [(([1.0], [40.0]), 1), (BI, 2), (([0.1, 0.3, 0.6], [2.0, 15.0, 90.0]), 3)]
)
def test_the_data_choose_the_number_of_terms(truth: tuple[list[float], list[float]], expected: int) -> None:
    found = tcspc.measure(decay(*truth))
    assert found.extra["exponentials"] == expected
    for i, tau in enumerate(truth[1], start=1):
        assert within(found[f"tau{i}_ns"], tau)
    assert [t["exponentials"] for t in found.extra["trials"]][:expected] == list(range(1, expected + 1))


def test_too_few_terms_are_told() -> None:
    found = tcspc.measure(decay(*BI), exponentials=1)
    assert any("one exponential is not enough" in w and "exponentials 2" in w for w in found.warnings)
    assert found["reduced_deviance"].value > 3


def test_too_many_terms_are_told() -> None:
    found = tcspc.measure(decay([1.0], [40.0]), exponentials=2)
    assert any("not identifiable" in w for w in found.warnings)


def test_a_good_fit_has_no_complaint() -> None:
    found = tcspc.measure(decay(*BI, channel_ns=0.2, irf_counts=1e5, irf_fwhm_ns=0.8), exponentials=2)
    assert found.warnings == (), found.warnings


def test_bin_of_channels_changes_little() -> None:
    signal = decay(*BI)
    fine, coarse = (tcspc.measure(signal, exponentials=2, bin=b)["tau2_ns"] for b in (1, 4))
    assert abs(fine.value - coarse.value) < 0.2 * fine.sigma


def test_a_measured_response_and_a_given_width() -> None:
    signal = decay(
        [0.3, 0.7], [2.0, 8.0], channels=4000, channel_ns=0.05, irf_counts=1e5, irf_background=0.05
    )
    found = tcspc.measure(signal, exponentials=2)
    assert "measured response" in found["tau1_ns"].method
    assert within(found["irf_shift_ns"], 0.0)
    given = tcspc.measure(signal, exponentials=2, irf_fwhm_ns=0.2)
    assert "0.2 ns FWHM" in given["tau1_ns"].method
    for result in (found, given):
        assert within(result["tau1_ns"], 2.0)
        assert within(result["tau2_ns"], 8.0)
    with pytest.raises(InputError, match="two instrument responses"):
        tcspc.measure(signal, irf=signal.companions["irf"], irf_fwhm_ns=0.2)


def test_a_response_in_finer_channels_is_put_together() -> None:
    """Four of its channels make one of the decay: the same as a response recorded in these."""
    signal = decay([1.0], [8.0], channels=1000, channel_ns=0.2, irf_counts=1e5)
    shape = {"channels": 4003, "channel_ns": 0.05, "irf_counts": 1e5, "irf_background": 0.02}
    fine = decay([1.0], [8.0], period_ns=200.15, **shape).companions["irf"]
    summed = fine.y[:4000].reshape(-1, 4).sum(axis=1)
    meta = {**fine.meta, "channel_ns": 0.2}
    wide = replace(fine, x=fine.x[:4000:4], y=summed, meta=meta)
    found, same = (tcspc.measure(signal, exponentials=1, irf=one) for one in (fine, wide))
    assert found["tau1_ns"].value == same["tau1_ns"].value
    assert found["tau1_ns"].sigma == same["tau1_ns"].sigma
    assert within(found["tau1_ns"], 8.0)
    assert any("4 channels of the instrument response (0.05 ns)" in w for w in found.warnings)
    assert not any("channels of the instrument response" in w for w in same.warnings)


@pytest.mark.parametrize(("width", "why"), [(0.2, "no whole fraction of"), (0.5, "coarser than")])
def test_a_response_in_other_channels_is_refused(width: float, why: str) -> None:
    signal = decay([1.0], [8.0])
    other = decay([1.0], [8.0], channels=2000, channel_ns=width, irf_counts=1e5)
    with pytest.raises(InputError, match=f"channels of the instrument response are {why}"):
        tcspc.measure(signal, irf=other.companions["irf"])


def test_a_flat_response_is_refused() -> None:
    signal = decay([1.0], [8.0])
    flat = replace(signal, y=np.full(4096, 3.0))
    with pytest.raises(InputError, match="no peak"):
        tcspc.measure(signal, irf=flat)


def test_scattered_light() -> None:
    plain = decay([1.0], [8.0], channels=4000, channel_ns=0.05, irf_counts=1e6)
    flash = plain.companions["irf"].y / 1e6 * 5e4
    signal = replace(plain, y=plain.y + np.round(flash))
    found = tcspc.measure(signal, exponentials=1, scatter=True)
    assert found["scattered_fraction"].value == pytest.approx(5e4 / 1.05e6, rel=0.02)
    assert within(found["tau1_ns"], 8.0)


def test_a_tail_needs_no_response() -> None:
    """The windows of yuan2023's insets (Y061): 90 to 180 ns."""
    found = tcspc.measure(decay([1.0], [60.0]), start_ns=90, stop_ns=180, exponentials=1, background=2.0)
    assert within(found["tau1_ns"], 60.0)
    assert "tail from 90" in found["tau1_ns"].method
    assert any("tail fit" in w for w in found.warnings)


def test_two_terms_of_a_short_tail_are_not_identifiable() -> None:
    found = tcspc.measure(decay(*BI), start_ns=90, stop_ns=180, exponentials=2)
    assert any("not identifiable" in w for w in found.warnings)


def test_pileup_is_told_and_corrected() -> None:
    """A counter that takes the first photon of each period only."""
    rng = np.random.default_rng(5)
    pulses, mean, tau = 4_000_000, 0.15, 40.0
    photons = rng.poisson(mean, pulses)
    times = np.full(pulses, np.inf)
    for n in range(1, int(photons.max()) + 1):
        some = photons == n
        times[some] = rng.exponential(tau / n, int(some.sum()))  # the first of n
    y = np.histogram(times + 5.0, bins=np.arange(0.0, 500.5, 0.5))[0].astype(float)
    meta = {"period_ns": 1000.0, "acquisition_s": pulses * 1e-6}
    signal = replace(decay([1.0], [1.0], channels=1000, channel_ns=0.5), y=y, meta=meta)
    plain = tcspc.measure(signal, exponentials=1, irf_fwhm_ns=0.01)
    assert any("pile-up distorts" in w for w in plain.warnings)
    off = 40.0 - plain["tau1_ns"].value
    assert off > 1.0
    # The program finds the reason by itself, and the error is no longer that of counting (0.07 ns).
    assert any("pile-up describes the counts better" in w for w in plain.warnings)
    assert off < 3 * plain["tau1_ns"].sigma
    corrected = tcspc.measure(signal, exponentials=1, irf_fwhm_ns=0.01, pileup=True)
    assert within(corrected["tau1_ns"], 40.0)
    with pytest.raises(InputError, match="acquisition"):
        tcspc.measure(replace(signal, meta={"period_ns": 1000.0}), pileup=True)


def test_values_that_are_not_counts() -> None:
    signal = decay(*BI)
    scaled = replace(signal, y=signal.y / 6107.0, kind="analog")
    found = tcspc.measure(scaled, exponentials=2)
    assert any("divided by a constant" in w for w in found.warnings)
    assert found["tau2_ns"].value == pytest.approx(
        tcspc.measure(signal, exponentials=2)["tau2_ns"].value, rel=1e-6
    )
    smooth = replace(signal, y=(signal.y + 0.137 + 0.01 * np.sin(np.arange(4096.0))) / 6107.0, kind="analog")
    assert any("not counts" in w for w in tcspc.measure(smooth, exponentials=2).warnings)
    with pytest.raises(InputError, match="negative values"):
        tcspc.measure(replace(signal, y=signal.y - 10.0, kind="analog"))
    with pytest.raises(InputError, match="no counts at all"):
        tcspc.measure(replace(signal, y=np.zeros(4096)))


def test_dead_channels_and_counts_beyond_the_period() -> None:
    signal = decay([1.0], [40.0], background=5.0)
    dead = signal.y.copy()
    dead[3900:] = 0.0
    found = tcspc.measure(replace(signal, y=dead), exponentials=1)
    assert any("left out" in w for w in found.warnings)
    assert within(found["tau1_ns"], 40.0)
    assert within(found["background"], 5.0)
    longer = tcspc.measure(signal, exponentials=1, period=900)
    assert any("longer than the period" in w for w in longer.warnings)


def test_windows_and_options_that_cannot_be() -> None:
    signal = decay([1.0], [40.0])
    with pytest.raises(InputError, match="fewer than 16 channels"):
        tcspc.measure(signal, start_ns=100, stop_ns=101)
    with pytest.raises(InputError, match="exponentials"):
        tcspc.measure(signal, exponentials=9)
    with pytest.raises(InputError, match="unknown option"):
        tcspc.measure(signal, exponential=2)
    with pytest.raises(InputError, match=r"no such model.*exponentials"):
        tcspc.fit(signal, "biexponential")


def test_fit_gives_parameters_covariance_and_how_it_ended() -> None:
    result = tcspc.fit(decay(*BI), "exponentials", exponentials=2)
    assert result.status == "converged"
    assert result.names == ("counts1", "counts2", "tau1_ns", "tau2_ns", "background", "t0_ns", "sigma_ns")
    assert result.covariance is not None
    assert result.covariance.shape == (7, 7)
    assert math.sqrt(result.covariance[3, 3]) == pytest.approx(result.quantities["tau2_ns"].sigma, rel=1e-6)
    assert set(result.curves) == {"data", "model", "residuals", "response"}
    assert np.std(result.curves["residuals"].y) == pytest.approx(1.0, abs=0.1)
    alone = tcspc.fit(decay([1.0], [40.0]))
    assert alone.model == "exponentials"
    assert alone.names[:2] == ("counts1", "tau1_ns")


def test_a_few_hundred_counts_still_give_an_honest_answer() -> None:
    found = tcspc.measure(decay([1.0], [40.0], counts=300, background=0.005), exponentials=1)
    assert within(found["tau1_ns"], 40.0)
    assert found["tau1_ns"].sigma == pytest.approx(40.0 / math.sqrt(300), rel=0.3)
    assert found["reduced_deviance"].value < 0.5
    assert not any("depart from the model" in w for w in found.warnings)


@pytest.mark.parametrize("level", [0.02, 1.0, 5.0, 400.0])
def test_a_dark_record_has_no_lifetime(level: float) -> None:
    """A fit would make a decay of the highest bump of the noise, with a shift it seems sure of."""
    rng = np.random.default_rng(7)
    blank = decay([1.0], [20.0])
    for _ in range(5):
        dark = replace(blank, y=rng.poisson(level, blank.y.size).astype(float))
        with pytest.raises(InputError, match="no decay above the background"):
            tcspc.measure(dark, exponentials=1)


def test_a_weak_decay_on_a_background_is_no_dark_record() -> None:
    """200 photons of 20 ns on 5 counts in each of 4,096 channels stand out."""
    rng = np.random.default_rng(7)
    blank = decay([1.0], [20.0])
    x = blank.x - blank.x[400]
    width = blank.x[1] - blank.x[0]
    shape = np.where(x >= 0, np.exp(-np.maximum(x, 0) / 20.0), 0.0) * width / 20.0
    for _ in range(5):
        weak = replace(blank, y=rng.poisson(300 * shape + 5.0).astype(float))
        assert tcspc.measure(weak, exponentials=1)["tau1_ns"].value is not None


@pytest.mark.parametrize("times", [1.0, 0.25])
def test_a_decay_is_not_its_own_response(times: float) -> None:
    alone = replace(decay(*BI, counts=1e5), companions={})
    with pytest.raises(InputError, match="is the decay itself"):
        tcspc.measure(alone, irf=replace(alone, y=alone.y * times), exponentials=2)


@pytest.mark.parametrize("seed", range(4))
def test_counts_that_stand_at_a_full_scale_are_refused(seed: int) -> None:
    whole = decay(*BI, seed=seed, counts=1e6)
    with pytest.raises(InputError, match="clipped at the full scale"):
        tcspc.measure(replace(whole, y=np.minimum(whole.y, np.round(0.9 * whole.y.max()))), exponentials=2)


def test_noise_alone_is_no_full_scale() -> None:
    for counts in (1e3, 1e4, 1e5, 1e6):
        for seed in range(6):
            signal = decay(*BI, seed=seed, counts=counts)
            refuse_clipped(record(signal, 1000.0), "")
