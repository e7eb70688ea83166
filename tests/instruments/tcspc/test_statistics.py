"""The estimator against the Cramér–Rao bound, over many seeds; and a wrong one that must fail."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.instruments import tcspc
from epidot.instruments.tcspc.analyse import quality
from epidot.instruments.tcspc.analysis import Setting
from epidot.instruments.tcspc.automatic import analyse
from epidot.instruments.tcspc.estimate import derived, derived_names, derived_slopes, estimate, unified
from epidot.instruments.tcspc.intervals import profile
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.record import record
from epidot.instruments.tcspc.response import GaussianResponse
from epidot.instruments.tcspc.simulated import counted
from epidot.instruments.tcspc.solve import starts, state, walk
from epidot.signal import Signal

FRACTIONS, TAUS = [0.3, 0.7], [20.0, 70.0]  # amplitudes 0.6 and 0.4
SEEDS = 200
NAMES = derived_names(2)
TRUTH = derived(np.array([*FRACTIONS, *TAUS]), 2)
ASKED = ("tau1_ns", "tau2_ns", "fraction1", "amplitude1", "tau_amplitude_ns", "tau_intensity_ns")


def setup(**changes: float) -> dict[str, float]:
    return {option.name: option.default for option in tcspc.HEADER.setup} | changes


def decay(counts: float, seed: int, **changes: float) -> Signal:
    """4096 channels at 1 MHz, response 200 ps, background in proportion to the counts."""
    given = setup(counts=counts, background=2e-6 * counts, **changes)
    return counted(FRACTIONS, TAUS, given, np.random.default_rng([2023, seed]))


def bound(counts: float) -> np.ndarray:
    """Cramér–Rao bound of the derived values, all parameters free, from the model at the truth."""
    chosen = record(decay(counts, 0), 1000.0)
    model = Model(GaussianResponse(chosen.edges, 1000.0), 2, channel_ns=chosen.channel_ns)
    theta = np.array(
        [0.3 * counts, 0.7 * counts, 20.0, 70.0, 2e-6 * counts, 20.0, 0.2 / np.sqrt(8 * np.log(2))]
    )
    mu, _ = model.expected(theta)
    return estimate(state(mu, model, theta, None, 0), correct_bias=False).sigma


def check(values: np.ndarray, sigmas: np.ndarray, crb: np.ndarray) -> None:
    """Mean within 0.2 of one fit's standard error, coverage 60-76 %, scatter within 15 % of the bound."""
    for name in ASKED:
        i = NAMES.index(name)
        v, s, truth = values[:, i], sigmas[:, i], TRUTH[i]
        assert abs(v.mean() - truth) < 0.2 * s.mean(), (name, (v.mean() - truth) / s.mean())
        covered = float(np.mean(np.abs(v - truth) < s))
        assert 0.60 <= covered <= 0.76, (name, covered)
        assert 0.85 < v.std(ddof=1) / crb[i] < 1.15, (name, v.std(ddof=1) / crb[i])


@pytest.mark.parametrize("counts", [1e6, 1e4])
def test_biexponential_reaches_the_cramer_rao_bound(counts: float) -> None:
    values, sigmas = [], []
    seeds = 2 * SEEDS if counts == 1e4 else SEEDS  # 200 alone leave the share uncertain by three per cent
    for seed in range(seeds):
        found = tcspc.measure(decay(counts, seed), exponentials=2)
        if all(found[n].value is not None and found[n].sigma is not None for n in NAMES):
            values.append([found[n].value for n in NAMES])
            sigmas.append([found[n].sigma for n in NAMES])
    assert len(values) > 0.95 * seeds  # of a few the counts leave something open
    check(np.array(values), np.array(sigmas), bound(counts))


def usual(y: np.ndarray, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The usual residuals (y − μ)/√max(y, 1), which are biased, and their derivative by μ."""
    weight = 1.0 / np.sqrt(np.maximum(y, 1.0))
    return (mu - y) * weight, weight


def test_the_usual_weights_fail_the_same_test() -> None:
    values, sigmas = [], []
    for seed in range(60):
        chosen = record(decay(1e6, seed), 1000.0)
        model = Model(GaussianResponse(chosen.edges, 1000.0), 2, channel_ns=chosen.channel_ns)
        start = starts(chosen.y, model, np.array([20.0, 0.1]))
        ends = [walk(chosen.y, model, one, None, misfits=usual)[0] for one in start]
        best = min(
            (state(chosen.y, model, model.sorted(end), None, 0) for end in ends), key=lambda s: s.deviance
        )
        found = estimate(best, correct_bias=False)
        values.append(found.values)
        sigmas.append(found.sigma)
    with pytest.raises(AssertionError, match="tau1_ns"):
        check(np.array(values), np.array(sigmas), bound(1e6))
    tau2 = np.array(values)[:, NAMES.index("tau2_ns")]
    assert tau2.mean() < 70 - 2 * np.array(sigmas)[:, NAMES.index("tau2_ns")].mean()


def test_the_noise_of_a_measured_response_is_in_the_errors() -> None:
    """A response of few counts beside a bright, fast decay: counting noise of the decay alone falls short."""
    given = setup(counts=1e7, background=1.0, channels=700, channel_ns=0.05, irf_counts=2e4, irf_fwhm_ns=0.4)
    pulls, narrow = [], []
    for seed in range(SEEDS):
        signal = counted([1.0], [0.8], given, np.random.default_rng([7, seed]))
        found = tcspc.measure(signal, exponentials=1)["tau1_ns"]
        value, sigma = found.value, found.sigma
        assert value is not None
        assert sigma is not None
        pulls.append((value - 0.8) / sigma)
        chosen = record(signal, 1000.0)
        counting = 0.8 / np.sqrt(float(chosen.y.sum()))
        narrow.append((value - 0.8) / counting)
    assert 0.60 <= float(np.mean(np.abs(pulls) < 1)) <= 0.76
    assert abs(np.mean(pulls)) < 0.25
    assert float(np.mean(np.abs(narrow) < 1)) < 0.5


def test_profile_intervals_cover() -> None:
    """At 2000 counts of a biexponential the likelihood is lop-sided; the interval still covers."""
    given = setup(counts=2000, background=0.04, channels=500, channel_ns=2.0)
    inside, lopsided = 0, []
    for seed in range(SEEDS):
        signal = counted([0.4, 0.6], [10.0, 80.0], given, np.random.default_rng([11, seed]))
        chosen = record(signal, 1000.0)
        found = analyse(chosen, Setting(terms=2, irf_fwhm_ns=0.2))
        sigma = found.estimate["tau2_ns"][1]
        ends = profile(found.solution, "tau2_ns", sigma)
        inside += ends.low < 80.0 < ends.high
        at = float(found.estimate.likeliest[1])
        lopsided.append((ends.high - at) / (at - ends.low))
    assert 0.60 <= inside / SEEDS <= 0.76
    assert np.median(lopsided) > 1.05


def test_goodness_of_fit_is_uniform_for_few_counts() -> None:
    """A reduced deviance far below 1 is what a thousand counts in a thousand channels give."""
    given = setup(counts=1000, background=0.05, channels=1000, channel_ns=1.0)
    probabilities, reduced = [], []
    for seed in range(100):
        chosen = record(counted([1.0], [40.0], given, np.random.default_rng([13, seed])), 1000.0)
        found = analyse(chosen, Setting(terms=1, irf_fwhm_ns=0.2))
        good = quality(found.solution)
        probabilities.append(good.probability)
        reduced.append(good.reduced)
    assert np.mean(reduced) < 0.5
    assert 0.35 < np.mean(probabilities) < 0.65
    assert np.std(probabilities) == pytest.approx(1 / np.sqrt(12), abs=0.06)


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({"exponentials": 1}, 5),  # counts, lifetime, background, t0, width of the response
        ({"exponentials": 2}, 7),
        ({"exponentials": 2, "irf_fwhm_ns": 0.2}, 6),
        ({"exponentials": 2, "irf_fwhm_ns": 0.2, "background": 2.0}, 5),
        ({"exponentials": 2, "irf_fwhm_ns": 0.2, "scatter": True, "bin": 2}, 7),
    ],
)
def test_degrees_of_freedom_count_what_was_fitted(options: dict[str, object], parameters: int) -> None:
    signal = counted(FRACTIONS, TAUS, setup(counts=1e6, background=2.0, irf_fwhm_ns=1.0))
    found = tcspc.fit(signal, "exponentials", **options)
    held = int("ended at the lowest value" in found.message)  # scattered light, where there is none
    bins = 4096 // int(str(options.get("bin", 1)))
    assert held == ("scatter" in options)
    assert found.statistics["degrees_of_freedom"] == bins - (parameters - held)
    assert found.statistics["reduced_deviance"] == pytest.approx(
        found.statistics["deviance"] / (bins - (parameters - held))
    )


def test_what_stands_at_its_bound_is_no_degree_of_freedom() -> None:
    """Without background its parameter ends at zero and is not counted as fitted."""
    given = setup(counts=1e5, background=0.0, channels=512, channel_ns=0.1, period_ns=1000.0, t0_ns=5.0)
    signal = counted([1.0], [4.0], {**given, "irf_fwhm_ns": 0.5}, np.random.default_rng(5))
    found = tcspc.fit(signal, exponentials=1, irf_fwhm_ns=0.5, period="none")
    assert found.status == "at a bound"
    assert found.message == "background ended at the lowest value there is (0 counts per channel)"
    assert found.statistics["degrees_of_freedom"] == 512 - 3


@pytest.mark.parametrize(
    ("background", "options", "name", "whose"),
    [
        # whose bound it is: of the one who asked, of nature, or of the search
        (
            0.0,
            {"exponentials": 1, "bound": "tau1=10:80ns"},
            "tau1_ns",
            "lowest value asked for (10 ns)",
        ),
        (
            0.0,
            {"model": "stretched", "bound": "beta=0.2:0.5"},
            "beta",
            "highest value asked for (0.5)",
        ),
        (0.0, {"model": "stretched", "bound": "tau=7:80ns"}, "beta", "highest value there is (1)"),
        (
            5.0,
            {"exponentials": 2, "background": 0.0},
            "tau2_ns",
            "highest value searched, beyond which the optimum",
        ),
    ],
)
def test_a_bound_is_told_with_its_value_and_whose_it_is(
    background: float, options: dict[str, object], name: str, whose: str
) -> None:
    given = setup(counts=3e4, background=background, channels=256, channel_ns=0.4, period_ns=102.4, t0_ns=5.0)
    signal = counted([1.0], [6.0], {**given, "irf_fwhm_ns": 1.0})
    asked: dict[str, object] = {"irf_fwhm_ns": 1.0, "period": "102.4", **options}
    found = tcspc.fit(signal, asked.pop("model", None), **asked)
    assert found.status == "at a bound"
    assert f"{name} ended at the {whose}" in found.message


def test_the_mean_reduced_deviance_is_what_noise_gives() -> None:
    """20 channels and 5 parameters: one degree of freedom more or less moves the mean by 7 %."""
    given = setup(counts=2e6, background=1e4, channels=20, channel_ns=10.0, period_ns=200.0)
    given |= {"t0_ns": 25.0, "irf_fwhm_ns": 12.0}
    found = []
    for seed in range(400):
        signal = counted([1.0], [40.0], given, np.random.default_rng([17, seed]))
        found.append(tcspc.measure(signal, exponentials=1)["reduced_deviance"].value)
    assert np.mean(found) == pytest.approx(1.0, abs=3 * np.sqrt(2 / 15 / 400))


def test_the_error_at_a_bound_is_the_unified_interval() -> None:
    """Feldman and Cousins' construction for a Gaussian whose mean cannot be negative."""
    x = np.linspace(-6, 9, 3001)
    ends = np.zeros(x.size)
    for mean in np.linspace(0, 3, 601):
        ratio = -((x - mean) ** 2) / 2 + np.where(x < 0, x**2, 0.0) / 2
        order = np.argsort(-ratio)
        share = np.cumsum(np.exp(-((x[order] - mean) ** 2) / 2)) * (x[1] - x[0]) / np.sqrt(2 * np.pi)
        taken = order[: np.searchsorted(share, 0.6827) + 1]
        ends[taken] = mean
    for at in (-3.0, -1.2, -0.6, -0.1, 0.0):
        assert unified(at) == pytest.approx(ends[np.argmin(np.abs(x - at))], abs=0.02)
    assert unified(4.0) == 1.0


@pytest.mark.parametrize("terms", [1, 2, 4])
def test_the_slopes_of_what_is_derived_are_its_differences(terms: int, rng: np.random.Generator) -> None:
    theta = rng.uniform(0.5, 2.0, 2 * terms)
    found = derived_slopes(theta, terms)
    for i in range(theta.size):
        step = np.zeros_like(theta)
        step[i] = 1e-6
        true = (derived(theta + step, terms) - derived(theta - step, terms)) / 2e-6
        assert np.allclose(found[:, i], true, atol=1e-8)
