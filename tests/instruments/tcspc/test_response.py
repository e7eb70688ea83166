"""The convolution against closed forms, brute force and its own limits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfc, ndtr

from epidot.instruments.tcspc.measured_response import MeasuredResponse
from epidot.instruments.tcspc.prompt import Boxes, Prompt, prompt
from epidot.instruments.tcspc.reflection import ReflectedResponse
from epidot.instruments.tcspc.response import GaussianResponse, Response, TailResponse

EDGES = np.linspace(0.0, 100.0, 201)


def exgauss(t: float, tau: float, t0: float, sigma: float) -> float:
    """Density of a Gaussian convolved with a unit exponential, as textbooks print it."""
    u = t - t0
    return (
        0.5
        / tau
        * math.exp(sigma**2 / (2 * tau**2) - u / tau)
        * float(erfc((sigma / tau - u / sigma) / math.sqrt(2)))
    )


@pytest.mark.parametrize("tau", [0.3, 2.0, 20.0])
def test_a_channel_is_the_integral_of_the_closed_form(tau: float) -> None:
    t0, sigma = 20.0, 0.4
    shown = GaussianResponse(EDGES, math.inf).exponential(tau, np.array([t0, sigma]))
    for i in (37, 39, 40, 41, 60, 150):
        area = quad(exgauss, EDGES[i], EDGES[i + 1], args=(tau, t0, sigma), epsabs=1e-14, epsrel=1e-12)[0]
        assert shown.counts[i] == pytest.approx(area, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("tau", [1.0, 40.0, 300.0])
def test_the_period_is_a_sum_over_two_hundred_pulses(tau: float) -> None:
    period, own = 100.0, np.array([20.0, 0.4])
    wrapped = GaussianResponse(EDGES, period).exponential(tau, own).counts
    total = np.zeros(EDGES.size - 1)
    for m in range(200):
        total += GaussianResponse(EDGES + m * period, math.inf).exponential(tau, own).counts
    # the 200 pulses leave out exp(-200 P / tau) of the light
    assert np.allclose(wrapped, total, rtol=1e-9, atol=1e-14)
    assert wrapped.sum() == pytest.approx(1.0, abs=1e-12)


def test_a_narrow_response_is_the_bare_exponential() -> None:
    shown = GaussianResponse(EDGES, math.inf).exponential(7.0, np.array([20.0, 1e-7])).counts
    after = np.where(EDGES < 20.0, 0.0, -np.exp(-np.maximum(EDGES - 20.0, 0.0) / 7.0))
    bare = np.where(EDGES[:-1] >= 20.0, np.diff(after), 0.0)
    assert np.allclose(shown, bare, atol=1e-7)


def test_a_short_lifetime_knows_nothing_of_the_last_pulse() -> None:
    """Far below a wide response's width a term is scattered light; its slope is that of a later pulse."""
    own = np.array([20.1, 8.0])
    response = GaussianResponse(EDGES, 100.0)
    at_once, shown = response.scatter(own), response.exponential(0.01, own)
    assert np.allclose(shown.counts, at_once.counts, atol=1e-4)
    assert np.allclose(shown.by_tau, at_once.by_own[0], atol=1e-4)


@pytest.mark.parametrize("period", [100.0, math.inf])
@pytest.mark.parametrize("tau", [0.05, 5.0, 400.0])
def test_gradients_of_the_gaussian_response(tau: float, period: float) -> None:
    response, own = GaussianResponse(EDGES, period), np.array([20.1, 0.4])
    shown = response.exponential(tau, own)
    h = 1e-5
    by_tau = (
        response.exponential(tau * (1 + h), own).counts - response.exponential(tau * (1 - h), own).counts
    ) / (2 * h * tau)
    assert np.allclose(shown.by_tau, by_tau, atol=1e-8 / tau)
    for i in range(2):
        step = np.zeros(2)
        step[i] = 1e-5
        by = (
            response.exponential(tau, own + step).counts - response.exponential(tau, own - step).counts
        ) / 2e-5
        assert np.allclose(shown.by_own[i], by, atol=1e-6 * max(1.0, float(np.abs(by).max())))


def _measured(rng: np.random.Generator, bin: int, period: float) -> tuple[MeasuredResponse, Prompt]:
    fine = 0.05 * np.arange(2001)
    prompt_counts = rng.poisson(1e5 * np.diff(ndtr((fine - 10.0) / 0.085)) + 0.3).astype(float)
    found = prompt(prompt_counts, 0.0, 0.05, counted=True)
    return MeasuredResponse(fine[::bin], period, found, bin), found


@pytest.mark.parametrize("period", [100.3, math.inf])
@pytest.mark.parametrize("bin", [1, 4])
@pytest.mark.parametrize("shift", [0.0, 0.0213, -0.61, 3.0])
def test_a_measured_response_equals_the_sum_over_its_boxes(
    rng: np.random.Generator, bin: int, period: float, shift: float
) -> None:
    response, found = _measured(rng, bin, period)
    fine = 0.05 * np.arange(2001)
    for tau in (0.01, 0.3, 5.0, 80.0):
        total = np.zeros(2000)

        def area(v: np.ndarray, tau: float = tau) -> np.ndarray:
            """The exponential integrated twice."""
            return np.where(v > 0, v - tau * -np.expm1(-np.maximum(v, 0.0) / tau), 0.0)

        pulses = range(int(60 * tau / 100) + 3) if math.isfinite(period) else range(1)
        at = found.peak.start_ns + shift + 0.05 * np.arange(found.peak.net.size)
        for m in pulses:
            u = fine[None, :] + (m * period if m else 0.0) - at[:, None]
            total += found.peak.net @ np.diff((area(u) - area(u - 0.05)) / 0.05, axis=1)
        total = (total / found.counts).reshape(-1, bin).sum(axis=1)
        shown = response.exponential(tau, np.array([shift]))
        assert np.allclose(shown.counts, total, atol=1e-11)
        h = 1e-5
        up, down = (response.exponential(tau * f, np.array([shift])).counts for f in (1 + h, 1 - h))
        assert np.allclose(shown.by_tau, (up - down) / (2 * h * tau), atol=1e-8 / tau)


def test_the_shift_is_exact_for_whole_channels(rng: np.random.Generator) -> None:
    response, found = _measured(rng, 1, math.inf)
    moved = replace(
        response, prompt=replace(found, peak=replace(found.peak, start_ns=found.peak.start_ns + 0.15))
    )
    a = response.exponential(3.0, np.array([0.15])).counts
    b = moved.exponential(3.0, np.array([0.0])).counts
    assert np.allclose(a, b, atol=1e-13)


def test_one_filled_channel_at_fine_resolution_is_a_delta_response() -> None:
    box = Boxes(np.array([1.0]), np.zeros(1), np.zeros(1), 20.0, 1e-4)
    found = Prompt(box, None, 0.0, 1e-4, counted=False)
    edges = np.linspace(0.0, 100.0, 1_000_001)
    response = MeasuredResponse(edges[::5000], math.inf, found, 5000)
    shown = response.exponential(7.0, np.zeros(1)).counts
    delta = GaussianResponse(edges[::5000], math.inf).exponential(7.0, np.array([20.00005, 1e-6])).counts
    assert np.allclose(shown, delta, atol=1e-9)


def test_measured_and_gaussian_agree_where_the_response_is_well_sampled() -> None:
    fine = 0.02 * np.arange(5001)
    exact = np.diff(ndtr((fine - 10.0) / 0.085)) * 1e6
    found = prompt(exact, 0.0, 0.02, counted=False)
    measured = MeasuredResponse(fine, 100.2, found).exponential(4.0, np.zeros(1)).counts
    gauss = GaussianResponse(fine, 100.2).exponential(4.0, np.array([10.0, 0.085])).counts
    # Without Sheppard's correction the widening would leave 40 times as much.
    assert float(np.abs(measured - gauss).max()) < 2e-4 * float(gauss.max())


def test_the_transpose_is_the_transpose(rng: np.random.Generator) -> None:
    response, found = _measured(rng, 4, 100.3)
    amplitudes, taus, own = np.array([3.0, 5.0]), np.array([0.4, 9.0]), np.array([0.037])
    v = rng.normal(size=(2, response.edges.size - 1))

    def projected(net: np.ndarray) -> np.ndarray:
        changed = replace(found, peak=replace(found.peak, net=net))
        other = MeasuredResponse(response.edges, response.period_ns, changed, response.bin)
        total = (
            sum(a * other.exponential(float(t), own).counts for a, t in zip(amplitudes, taus, strict=True))
            + 2.0 * other.scatter(own).counts
        )
        return np.asarray(v @ total * net.sum() / found.counts)  # at a fixed total

    pulled = response.pull(v, amplitudes, taus, 2.0, own)
    for k in (3, 11, 17):
        more = found.peak.net.copy()
        more[k] += 1.0
        assert pulled[:, k] == pytest.approx(projected(more) - projected(found.peak.net), rel=1e-6, abs=1e-9)


def test_the_noise_of_the_response_has_the_variance_that_is_claimed(rng: np.random.Generator) -> None:
    response, found = _measured(rng, 1, math.inf)
    amplitudes, taus, own = np.array([3e5, 7e5]), np.array([1.0, 20.0]), np.array([0.01])
    exact = replace(found, peak=replace(found.peak, unsure=np.zeros(found.peak.net.size)))
    claimed = MeasuredResponse(response.edges, math.inf, exact).variance(amplitudes, taus, 0.0, own)
    drawn = []
    for _ in range(400):
        net = rng.poisson(found.peak.raw) - found.background
        other = MeasuredResponse(response.edges, math.inf, replace(found, peak=replace(found.peak, net=net)))
        drawn.append(
            sum(a * other.exponential(float(t), own).counts for a, t in zip(amplitudes, taus, strict=True))
        )
    scatter = np.var(drawn, axis=0)
    rise = slice(197, 203)
    # the common factor of every draw is taken out by its own total, as the fit's amplitude does
    assert np.allclose(claimed[rise], scatter[rise], rtol=0.3)


def test_a_tail_has_no_response() -> None:
    response = TailResponse(np.linspace(90.0, 180.0, 400))
    shown = response.exponential(30.0, np.empty(0))
    assert shown.counts.sum() == pytest.approx(1 - math.exp(-3), rel=1e-12)
    with pytest.raises(ValueError, match="no response"):
        response.scatter(np.empty(0))


def test_a_slow_part_of_the_response_is_kept(rng: np.random.Generator) -> None:
    fine = 0.05 * np.arange(4001)
    expected = 3e5 * np.diff(ndtr((fine - 10.0) / 0.1)) + 0.02
    expected[1000:2000] += 1.0
    found = prompt(rng.poisson(expected).astype(float), 0.0, 0.05, counted=True)
    assert found.slow is not None
    assert found.slow.net.sum() == pytest.approx(1000, rel=0.1)
    assert found.background == pytest.approx(0.02, abs=0.02)
    flat = prompt(
        rng.poisson(3e5 * np.diff(ndtr((fine - 10.0) / 0.1)) + 0.2).astype(float), 0.0, 0.05, counted=True
    )
    assert flat.slow is None
    assert flat.background == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize("period", [math.inf, 100.2])
def test_a_mixture_is_the_sum_of_its_exponentials(rng: np.random.Generator, period: float) -> None:
    """Lifetimes from a ten-thousandth of a channel to a hundred windows, weights of either sign."""
    taus = np.exp(np.arange(-9.0, 9.0, 0.25))
    weights = rng.normal(size=(3, taus.size))
    places: list[tuple[Response, tuple[float, ...]]] = [
        *((GaussianResponse(EDGES, period), own) for own in ((20.0, 0.1), (-30.0, 5.0), (99.0, 0.3))),
        *((GaussianResponse(EDGES, period, 20.0), own) for own in ((20.0,), (99.0,))),
        (ReflectedResponse(GaussianResponse(EDGES, period)), (20.0, 0.4, 7.0, 0.1)),
        *((_measured(rng, bin, period)[0], (s,)) for bin in (1, 4) for s in (0.0, 0.13, -9.0, 85.0)),
        (TailResponse(EDGES), ()),
    ]
    for response, at in places:
        own = np.array(at)
        counts, by_own = response.mixture(taus, weights, own)
        each = [response.exponential(float(tau), own) for tau in taus]
        assert np.allclose(counts, weights @ np.array([one.counts for one in each]), rtol=1e-9, atol=1e-12)
        true = np.tensordot(weights[0], np.array([one.by_own for one in each]), 1)
        assert np.allclose(by_own, true, rtol=1e-9, atol=1e-10)
