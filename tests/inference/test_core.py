"""Inference on models whose answer is known: linear ones in closed form, flat and two-sided ones by word."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from epidot.inference.calibration import Calibration, calibrate, seen
from epidot.inference.posterior import tail_shape
from epidot.inference.problem import Datum, Prior, Problem

Array = NDArray[np.float64]
T = np.linspace(300.0, 500.0, 12)


def _arrhenius(values: Array) -> Array:
    """ln of the rate of two ways side by side, 12 temperatures; ln A and Ea / kJ/mol of each."""
    a1, e1, a2, e2 = values.T[:4]
    x = 1e3 / (8.314 * T)
    return np.logaddexp(a1[:, None] - e1[:, None] * x, a2[:, None] - e2[:, None] * x)


def _problem(truth: Array, sigma: float, rng: np.random.Generator, flat: int = 0) -> Problem:
    priors = [
        Prior("lnA1", "1", 2.0, 10.0),
        Prior("Ea1", "kJ/mol", 20.0, 45.0),
        Prior("lnA2", "1", 18.0, 30.0),
        Prior("Ea2", "kJ/mol", 75.0, 110.0),
        *(Prior(f"idle{i}", "1", 0.0, 1.0) for i in range(flat)),
    ]
    mean = _arrhenius(truth[None])[0]
    data = [
        Datum(f"{t:.0f} K", float(m + sigma * rng.standard_normal()), sigma)
        for t, m in zip(T, mean, strict=True)
    ]
    return Problem(priors, data, _arrhenius)


def _linear(rows: Array, sigma: float, kinds: str = "=") -> Problem:
    p = rows.shape[1]
    priors = [Prior(f"x{i}", "1", -10.0, 10.0, mean=0.5 * i, sigma=1.0 + i) for i in range(p)]
    data = [Datum(f"d{k}", 0.1 * k, sigma) for k in range(len(rows))]
    return Problem(priors, data, lambda values: values @ rows.T)


def test_a_linear_model_gives_the_closed_form() -> None:
    rows = np.array([[1.0, 1.0], [1.0, -1.0], [0.2, 2.0]])
    problem = _linear(rows, 0.1)
    prior, mean = np.diag([1.0, 0.25]), np.array([0.0, 0.5])
    information = rows.T @ rows / 0.01 + prior
    exact = np.linalg.solve(information, rows.T @ np.array([0.0, 0.1, 0.2]) / 0.01 + prior @ mean)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    found = calibrate(problem)
    assert list(found.values.values()) == pytest.approx(exact.tolist(), abs=1e-4)
    for one, value, error in zip(found.parameters.values(), exact, errors, strict=True):
        assert one.shape == "bounded"
        assert one.value == pytest.approx(value, abs=0.25 * error)
        assert one.sigma == pytest.approx(error, rel=0.15)
    # the evidence of a linear model: a normal density of the data
    spread = rows @ np.diag([1.0, 4.0]) @ rows.T + 0.01 * np.eye(3)
    off = np.array([0.0, 0.1, 0.2]) - rows @ mean
    log_z = -0.5 * (off @ np.linalg.solve(spread, off) + np.linalg.slogdet(2 * np.pi * spread)[1])
    assert found.posterior.log_evidence == pytest.approx(log_z, abs=0.1)
    assert found.posterior.trusted
    assert not found.remarks


def test_what_the_data_do_not_see_is_flat_and_what_they_do_is_named() -> None:
    problem = _problem(np.array([6.0, 32.0, 24.0, 92.0]), 0.015, np.random.default_rng(1), flat=3)
    found = calibrate(problem)
    assert [found.parameters[f"idle{i}"].shape for i in range(3)] == ["flat"] * 3
    assert all(found.parameters[f"idle{i}"].sigma is None for i in range(3))
    assert {found.parameters[n].shape for n in ("lnA1", "Ea1", "lnA2", "Ea2")} == {"bounded"}
    assert "idle0, idle1, idle2" in found.remarks[-1]
    assert sum(seen(c) for c in found.combinations) >= 3
    assert not any(name.startswith("idle") for c in found.combinations if seen(c) for name in c.told.split())
    assert found.calls <= 2500  # seven parameters


def test_an_interval_may_have_one_end() -> None:
    priors = [Prior("k", "1/s", 0.0, 10.0)]
    at_least = Problem(priors, [Datum("share", 0.9, 0.02, ">=")], lambda v: 1 - np.exp(-v))
    found = calibrate(at_least).parameters["k"]
    assert found.shape == "lower only"
    # where the probability of what was seen has fallen by exp(-1/2)
    from scipy.special import log_ndtr

    low = found.interval[0]
    ratio = -2 * log_ndtr((1 - np.exp(-low) - 0.9) / 0.02) + 2 * log_ndtr(5.0)
    assert ratio == pytest.approx(1.0, abs=0.15)
    at_most = Problem(priors, [Datum("share", 0.9, 0.02, "<=")], lambda v: 1 - np.exp(-v))
    assert calibrate(at_most).parameters["k"].shape == "upper only"


def test_two_answers_are_both_told() -> None:
    problem = Problem([Prior("x", "1", -3.0, 3.5)], [Datum("square", 4.0, 0.1)], lambda v: v**2)
    found = calibrate(problem)
    one = found.parameters["x"]
    assert one.shape == "several"
    assert len(found.ends) == 2
    assert "also near" in one.note
    assert found.remarks
    share = float(found.posterior.weights[found.posterior.u[:, 0] < 3 / 6.5].sum())
    assert share == pytest.approx(0.5, abs=0.1)


def test_points_that_give_nothing_are_walked_around() -> None:
    def model(values: Array) -> Array:
        return np.where(values > 2.0, np.nan, values)

    found = calibrate(Problem([Prior("x", "1", 0.0, 4.0)], [Datum("d", 1.0, 0.1)], model))
    assert found.parameters["x"].value == pytest.approx(1.0, abs=0.03)
    with pytest.raises(ValueError, match="nothing anywhere"):
        calibrate(Problem([Prior("x", "1", 3.0, 4.0)], [Datum("d", 1.0, 0.1)], model))


def test_the_same_seed_gives_the_same_bits() -> None:
    def once(seed: int) -> Calibration:
        truth = np.array([6.0, 32.0, 24.0, 92.0])
        return calibrate(_problem(truth, 0.015, np.random.default_rng(1)), seed)

    first, again, other = once(0), once(0), once(1)
    assert first.posterior.u.tobytes() == again.posterior.u.tobytes()
    assert first.posterior.weights.tobytes() == again.posterior.weights.tobytes()
    assert first.posterior.u.tobytes() != other.posterior.u.tobytes()


@pytest.mark.parametrize("k", [-0.2, 0.2, 0.5, 0.9])
def test_the_tail_of_weights_is_read_right(k: float) -> None:
    from scipy.stats import genpareto

    found = [tail_shape(genpareto.rvs(k, size=4000, random_state=s)) for s in range(20)]
    # a known estimator with a weak prior towards 1/2: biased by that alone
    n = int(3 * np.sqrt(4000))
    assert np.mean(found) == pytest.approx((n * k + 5) / (n + 10), abs=0.1)


@pytest.mark.slow
def test_intervals_cover_as_they_say() -> None:
    """Truth from the prior, 60 repeats, all parameters together: 68 % intervals hold 60 to 76 % of them."""
    rng = np.random.default_rng(20261130)
    low, high = np.array([2.0, 20.0, 18.0, 75.0]), np.array([10.0, 45.0, 30.0, 110.0])
    inside, asked, calls = 0, 0, []
    for seed in range(60):
        truth = low + rng.random(4) * (high - low)
        found = calibrate(_problem(truth, 0.05, rng), seed)
        calls.append(found.calls)
        for value, one in zip(truth, found.parameters.values(), strict=True):
            if one.shape == "bounded":
                asked += 1
                inside += one.interval[0] <= value <= one.interval[1]
    assert asked >= 100
    assert 0.60 <= inside / asked <= 0.76
    assert max(calls) <= 2500


def test_a_prior_of_the_logarithm_gives_the_closed_form() -> None:
    prior = Prior("D", "nm2/s", 1e-9, 10.0, mean=2e-4, sigma=2.0, log=True)
    problem = Problem([prior], [Datum("ln D", -7.0, 0.5)], np.log)
    found = calibrate(problem)
    precision = 1 / 2.0**2 + 1 / 0.5**2
    middle = (np.log(2e-4) / 2.0**2 - 7.0 / 0.5**2) / precision
    one = found.parameters["D"]
    assert np.log(found.values["D"]) == pytest.approx(middle, abs=1e-3)
    assert np.log(one.interval) == pytest.approx(middle + np.array([-1, 1]) / np.sqrt(precision), abs=0.12)
    assert found.errors[0][0, 0] == pytest.approx(1 / precision, rel=0.3)  # of the logarithm


def test_a_range_of_the_logarithm_is_even_in_decades() -> None:
    prior = Prior("D", "nm2/s", 1e-6, 1e-2, log=True)
    assert prior.value(np.array([0.0, 0.5, 1.0])) == pytest.approx([1e-6, 1e-4, 1e-2])
    assert prior.bounds == (0.0, 1.0)
    assert Prior("D", "", 1e-5, 1e-3, mean=1e-4, sigma=1.0, log=True).bounds == pytest.approx(
        (-np.log(10), np.log(10))
    )
