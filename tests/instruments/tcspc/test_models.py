"""Models of ``fit tcspc``: exact limits, closed forms, brute force, several decays at once."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammaincc

from epidot.errors import InputError
from epidot.instruments import tcspc
from epidot.instruments.tcspc.laws import LAWS
from epidot.instruments.tcspc.mixture import Mixture
from epidot.instruments.tcspc.response import Array, GaussianResponse, Response, TailResponse
from epidot.instruments.tcspc.simulated import counted
from epidot.light.traps import TrapMeans, TrapRates, components
from epidot.signal import Signal
from epidot.signal.entropy import Readings, distribution

EDGES = np.linspace(0.0, 200.0, 1001)


def seen(law: str, *values: float, response: Response | None = None, own: tuple[float, ...] = ()) -> Array:
    """Counts per channel of a law, one photon in all."""
    model = Mixture(
        response or TailResponse(EDGES),
        1,
        background=0.0,
        law=LAWS[law],
        shape=tuple(LAWS[law].terms(20.0, 30.0)),
    )
    return model.expected(np.array([1.0, *values, *own]))[0]


def left(law: str, t: Array, tau: float, width: float) -> Array:
    """Share of the photons that are still to come at ``t``: closed forms."""
    if law == "stretched":
        return np.asarray(gammaincc(1 / width, (t / tau) ** width))
    if law == "gamma":
        a = 1 / width**2
        return (1 + t / (a * tau)) ** (1 - a)
    z = np.linspace(-10, 10, 1201)
    k = np.exp(width * z) / tau
    w = np.exp(-0.5 * z * z) / k
    return np.exp(-np.multiply.outer(t, k)) @ w / w.sum()


@pytest.mark.parametrize(
    ("law", "width"),
    [
        *(("stretched", b) for b in (0.35, 0.5, 0.8, 0.97)),
        *(("gamma", s) for s in (0.02, 0.3, 0.7, 0.9)),
        *(("lognormal", s) for s in (0.02, 0.5, 1.2)),
    ],
)
def test_a_law_is_its_closed_form(law: str, width: float) -> None:
    true = -np.diff(left(law, EDGES, 20.0, width))
    assert np.max(np.abs(seen(law, 20.0, width) - true)) < 2e-5 * true.max()


@pytest.mark.parametrize(
    ("law", "width"), [("stretched", 0.3), ("stretched", 0.97), ("gamma", 0.9), ("lognormal", 0.02)]
)
@pytest.mark.parametrize("tau", [0.3, 20.0, 400.0])
def test_the_grid_of_lifetimes_is_as_good_as_the_lifetimes(law: str, width: float, tau: float) -> None:
    response, own = GaussianResponse(EDGES, 200.0, 0.1), (10.0,)
    log_tau, share = LAWS[law].nodes(np.array([tau, width]))
    taus = np.exp(np.minimum(log_tau, math.log(200.0) + 14.0))  # longer ones are all as flat
    true = response.mixture(taus, share[None, :], np.array(own))[0][0]
    found = seen(law, tau, width, response=response, own=own)
    assert np.max(np.abs(found - true)) < 3e-6 * true.max()


@pytest.mark.parametrize(("law", "end"), [("stretched", 1.0), ("lognormal", 0.0), ("gamma", 0.0)])
def test_without_width_a_law_is_one_exponential(law: str, end: float) -> None:
    response = GaussianResponse(EDGES, 200.0, 0.3)
    true = response.exponential(20.0, np.array([10.0])).counts
    for width in (end, end + (1e-4 if end == 0 else -1e-4)):
        found = seen(law, 20.0, width, response=response, own=(10.0,))
        assert np.max(np.abs(found - true)) < 2e-4 * true.max(), width


@pytest.mark.parametrize(("law", "width"), [("stretched", 0.6), ("lognormal", 0.8), ("gamma", 0.6)])
def test_earlier_pulses_are_summed(law: str, width: float) -> None:
    """Against the decay of a single pulse over very many periods, folded onto one."""
    sigma, t0, many = 0.5, 10.0, 60
    once = GaussianResponse(np.linspace(0, 200.0 * many, 1000 * many + 1), math.inf, sigma)
    folded = seen(law, 20.0, width, response=once, own=(t0,)).reshape(many, 1000).sum(axis=0)
    found = seen(law, 20.0, width, response=GaussianResponse(EDGES, 200.0, sigma), own=(t0,))
    assert np.max(np.abs(found - folded)) < 2e-5 * folded.max()


@pytest.mark.parametrize(("law", "width"), [("stretched", 0.6), ("lognormal", 0.5), ("gamma", 0.4)])
def test_averages_are_moments(law: str, width: float) -> None:
    t = np.concatenate(([0.0], np.geomspace(1e-6, 3e4, 4001)))
    share = left(law, t, 20.0, width)
    tau_amplitude, tau_intensity = LAWS[law].averages(np.array([20.0, width]))
    assert np.trapezoid(share, t) == pytest.approx(tau_intensity, rel=1e-3)
    assert share[0] / -np.gradient(share[:3], t[:3])[0] == pytest.approx(tau_amplitude, rel=1e-2)


def decay(fractions: list[float], taus: list[float], seed: int | None, counts: float = 1e5) -> Signal:
    asked = {"counts": counts, "channels": 1024, "channel_ns": 200 / 1024, "period_ns": 200.0, "t0_ns": 10.0}
    asked |= {"background": 1.0, "irf_fwhm_ns": 0.8, "irf_counts": 1e5}
    given = {option.name: option.default for option in tcspc.HEADER.setup} | asked
    return counted(fractions, taus, given, None if seed is None else np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("law", "width", "shape"),
    [
        ("stretched", "beta", "lower only"),
        ("lognormal", "sigma_ln", "upper only"),
        ("gamma", "spread", "upper only"),
    ],
)
def test_a_width_that_is_not_there_has_one_end(law: str, width: str, shape: str) -> None:
    """The counts are their expectation, so that chance leaves no width."""
    found = tcspc.fit(decay([1.0], [30.0], None), law)
    one = tcspc.fit(decay([1.0], [30.0], None), "exponentials", exponentials=1)
    assert found.parameters[width].shape == shape
    assert found.parameters[width].sigma is None
    rise = one.statistics["deviance"] - found.statistics["deviance"]
    assert abs(rise) < 1e-2  # the law holds the exponential
    tau = found.quantities["tau_intensity_ns"]
    assert tau.value is not None
    assert tau.value == pytest.approx(30.0, abs=0.05)


def test_more_exponentials_than_there_are_say_so() -> None:
    found = tcspc.fit(decay([1.0], [40.0], 4), exponentials=2).parameters
    assert found["tau1_ns"].shape in ("upper only", "flat")
    assert found["tau2_ns"].shape in ("lower only", "flat")


def test_another_law_than_the_truth_states_no_error() -> None:
    found = tcspc.fit(decay([0.3, 0.7], [3.0, 60.0], 5), "lognormal")
    assert all(p.sigma is None for p in found.parameters.values())
    assert any("free exponentials describe the counts better" in w for w in found.quantities.warnings)


def test_shared_lifetimes_are_better_known_and_true() -> None:
    curves = [decay([f, 1 - f], [5.0, 45.0], 20 + k, 3e4) for k, f in enumerate((0.15, 0.4, 0.75))]
    alone = [tcspc.fit(one, exponentials=2).parameters for one in curves]
    found = tcspc.fit(curves, exponentials=2, shared="tau1,tau2")
    for name, truth in (("tau1_ns", 5.0), ("tau2_ns", 45.0)):
        shared = found.parameters[name]
        assert shared.sigma is not None
        assert abs(shared.value - truth) < 3.5 * shared.sigma
        assert shared.sigma < min(one[name].sigma or math.inf for one in alone)
    for one, fraction in zip(found.each, (0.15, 0.4, 0.75), strict=True):
        share = one["fraction1"]
        assert share.value is not None
        assert share.sigma is not None
        assert abs(share.value - fraction) < 3.5 * share.sigma
    assert found.covariance is not None
    i, j = found.names.index("tau2_ns"), found.names.index("counts2[1]")
    assert abs(found.covariance[i, j]) > 0.1 * math.sqrt(found.covariance[i, i] * found.covariance[j, j])


def test_the_same_decay_twice_is_half_the_variance() -> None:
    """Two independent halves of the photons, all but the background shared, are one measurement."""
    one = decay([0.4, 0.6], [8.0, 50.0], 30)
    rng = np.random.default_rng(31)
    half = rng.binomial(one.y.astype(int), 0.5).astype(float)
    halves = [replace(one, y=half), replace(one, y=one.y - half)]
    whole = tcspc.fit(one, exponentials=2, fix="background=1")
    found = tcspc.fit(halves, exponentials=2, shared=["tau1,tau2", "irf_shift"], fix="background=0.5")
    for name in ("tau1_ns", "tau2_ns"):
        assert found.parameters[name].value == pytest.approx(whole.parameters[name].value, rel=5e-3)
        assert found.parameters[name].sigma == pytest.approx(whole.parameters[name].sigma, rel=0.05)


def test_a_held_lifetime_makes_the_other_better_known() -> None:
    signal = decay([0.3, 0.7], [5.0, 60.0], 6)
    free = tcspc.fit(signal, exponentials=2).parameters["tau2_ns"]
    held = tcspc.fit(signal, exponentials=2, fix="tau1=5").parameters
    assert held["tau1_ns"].note == "held"
    assert held["tau2_ns"].sigma is not None
    assert free.sigma is not None
    assert held["tau2_ns"].sigma < 0.95 * free.sigma
    assert abs(held["tau2_ns"].value - 60) < 3.5 * held["tau2_ns"].sigma


def test_traps_without_release_are_quenchers() -> None:
    """A Poisson number m of traps that keep what they take: e^(-k t - m (1 - e^(-q t)))."""
    k, m, q = 0.02, 1.3, 0.15
    fine = np.linspace(0, 200, 200_001)
    light = np.exp(-k * fine - m * (1 - np.exp(-q * fine)))
    within = np.add.reduceat(0.5 * (light[1:] + light[:-1]), np.arange(0, 200_000, 200))
    found = seen("trapped", k, m, q, 1e-8, 1e-8, 0.0, 5.0)
    assert np.max(np.abs(found / found.sum() - within / within.sum())) < 2e-5 * np.max(within / within.sum())


def test_no_traps_are_one_exponential() -> None:
    true = TailResponse(EDGES).exponential(50.0, np.empty(0)).counts
    assert np.max(np.abs(seen("trapped", 0.02, 0.0, 0.2, 0.03, 0.005, 0.0, 5.0) - true)) < 2e-5 * true.max()


def test_a_trapped_dot_is_found_again_from_the_room_of_light() -> None:
    true = components(0.02, TrapMeans(0.0, 1.0), TrapRates(5.0, 0.2, 0.03, 0.004636))
    photons = true.amplitude / true.rate
    signal = decay(list(photons / photons.sum()), list(1 / true.rate), 8, 1e6)
    found = tcspc.fit(signal, "trapped", fix="loss=0.004636")
    for name, truth in (
        ("emission_per_ns", 0.02),
        ("traps", 1.0),
        ("capture_per_ns", 0.2),
        ("release_per_ns", 0.03),
    ):
        one = found.parameters[name]
        assert one.sigma is not None, name
        assert abs(one.value - truth) < 3.5 * one.sigma, name
    assert "held" in found.parameters["deep_traps"].note
    tau = found.quantities["tau_intensity_ns"]
    assert tau.value is not None
    assert tau.sigma is not None
    assert abs(tau.value - true.tau_intensity_ns) < 3.5 * tau.sigma
    freed = tcspc.fit(signal, "trapped", bound="deep_traps=0:3").parameters["deep_traps"]
    assert freed.shape == "upper only"


def test_a_tail_starts_behind_the_response_and_says_where() -> None:
    signal = decay([0.3, 0.7], [8.0, 50.0], 9)
    found = tcspc.fit(signal, "tail", exponentials=2)
    start = float(found.curves["data"].x[0])
    assert 11 < start < 14  # the pulse is at 10 ns, its response 0.8 ns wide
    assert any(f"tail fit from {start - 0.1:.2g}" in w for w in found.quantities.warnings)
    for name, truth in (("tau1_ns", 8.0), ("tau2_ns", 50.0)):
        one = found.parameters[name]
        assert one.sigma is not None
        assert abs(one.value - truth) < 3.5 * one.sigma
    assert "irf_shift_ns" not in found.parameters
    with pytest.raises(InputError, match="starts behind the peak"):
        tcspc.fit(signal, "tail", exponentials=2, start_ns=5)
    with pytest.raises(InputError, match="neither response nor scattered"):
        tcspc.fit(signal, "tail", exponentials=2, irf_fwhm_ns=0.8)


def test_maximum_entropy_shows_what_it_can_resolve_and_says_what() -> None:
    far = tcspc.fit(decay([0.5, 0.5], [5.0, 60.0], 12), "maxent")
    assert far.parameters["peak1_ns"].value == pytest.approx(5, rel=0.1)
    assert far.parameters["peak2_ns"].value == pytest.approx(60, rel=0.15)
    assert far.quantities["fraction1"].value == pytest.approx(0.5, abs=0.05)
    near = tcspc.fit(decay([0.5, 0.5], [25.0, 32.0], 13), "maxent")
    assert list(near.parameters) == ["peak1_ns"]
    assert 32 / 25 < near.statistics["resolution_factor"] < 12
    assert far.statistics["resolution_factor"] < 12
    assert any("resolution: two equal lifetimes" in w for w in near.quantities.warnings)
    assert all(p.sigma is None for p in (*far.parameters.values(), *near.parameters.values()))
    shown = near.quantities.extra["distribution"]
    assert len(shown["tau_ns"]) == len(shown["photons"])
    assert near.parameters["peak1_ns"].value == pytest.approx(28.5, rel=0.1)
    assert "tau_intensity_ns" not in near.quantities  # long lifetimes and background share what is flat
    with pytest.raises(InputError, match="does not take that, saw 'several curves, fix, bound or shared'"):
        tcspc.fit([decay([1.0], [20.0], 1)] * 2, "maxent", shared="tau1")


def test_the_weight_of_the_entropy_is_the_classic_one() -> None:
    """2 alpha (-S) equals the number of degrees of freedom that the counts fix (Gull 1989)."""
    taus = np.exp(0.1 * np.arange(60))
    columns = np.array([TailResponse(EDGES).exponential(float(t), np.empty(0)).counts for t in taus])
    y = np.random.default_rng(14).poisson(1e5 * columns[35] + 2.0).astype(float)
    found = distribution(Readings(y, float(y.sum())), taus, columns, np.ones(y.size))
    p, m = found.parts, y.sum() / taus.size
    entropy = np.sum(p - m - p * np.log(p / m))
    rows = columns * np.sqrt(p)[:, None]
    values = np.linalg.eigvalsh((rows / found.expected) @ rows.T)
    assert -2 * found.alpha * entropy == pytest.approx(np.sum(values / (found.alpha + values)), rel=0.05)
    assert found.background == pytest.approx(2.0, abs=0.5)
