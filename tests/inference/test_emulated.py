"""Draws on an emulator: of a bent ridge, held against the posterior on a grid."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from epidot.inference import emulated
from epidot.inference.calibration import calibrate
from epidot.inference.emulator import Emulator
from epidot.inference.fit import ends
from epidot.inference.posterior import LEAST_ROUNDS, sample
from epidot.inference.problem import Datum, Prior, Problem

Array = NDArray[np.float64]


def test_an_emulator_goes_through_its_points_and_knows_its_error_between_them() -> None:
    rng = np.random.default_rng(1)
    u, new = rng.random((60, 2)), 0.1 + 0.8 * rng.random((200, 2))  # between its points, not beyond

    def model(u: Array) -> Array:
        return np.stack([np.sin(4 * u[:, 0]) * u[:, 1], np.exp(-3 * u[:, 1]), 0 * u[:, 0] + 2], axis=1)

    one = Emulator.through(u, model(u))
    at, error = one(u)
    assert at == pytest.approx(model(u), abs=0.01)  # a hundredth of the errors of the data, its unit
    assert np.all(error < 1e-2)
    found, error = one(new)
    off = np.abs(found - model(new))
    assert off.max() < 0.02
    assert np.mean(off[:, :2] < 2 * error[:, :2] + 1e-6) > 0.9


def _banana(sigma: float = 0.05) -> Problem:
    """Two data of four parameters: along a parabola, at its ends narrow; two parameters move nothing."""

    def model(v: Array) -> Array:
        return np.stack([v[:, 1] - 4 * v[:, 0] ** 2, 0.3 * v[:, 0]], axis=1)

    priors = [
        Prior("x", "1", -1.0, 1.0),
        Prior("y", "1", -1.0, 5.0),
        *(Prior(n, "1", 0.0, 1.0) for n in "ab"),
    ]
    return Problem(priors, [Datum("bend", 0.0, sigma), Datum("where", 0.02, 0.1)], model)


def _on_a_grid(problem: Problem) -> tuple[Array, float]:
    """Quantiles of x, and ln evidence, by brute force."""
    x, y = np.linspace(-1, 1, 801), np.linspace(-1, 5, 4801)
    bend, where = (y[None] - 4 * x[:, None] ** 2) / 0.05, (0.3 * x[:, None] - 0.02) / 0.1
    density = np.exp(-0.5 * (bend**2 + where**2)).sum(axis=1) * (x[1] - x[0]) * (y[1] - y[0]) / 12
    total = density.sum()
    quantiles = np.interp([0.16, 0.5, 0.84], np.cumsum(density) / total, x)
    return quantiles, math.log(total) - math.log(2 * math.pi * 0.05 * 0.1)


def test_a_bent_ridge_is_drawn_as_it_is() -> None:
    problem = _banana()
    first = sample(problem, ends(problem, 0), 0, 60, (), LEAST_ROUNDS)
    found = emulated.draws(problem, first, 0)
    assert found is not None
    assert found.trusted
    assert found.checked is not None
    assert found.checked.worth > 0.9
    exact, evidence = _on_a_grid(problem)
    x = problem.values(found.u)[:, 0]
    width = exact[2] - exact[0]
    assert found.quantile(x, (0.16, 0.5, 0.84)) == pytest.approx(exact, abs=0.07 * width)
    assert found.log_evidence == pytest.approx(evidence, abs=0.25)


def test_a_model_that_jumps_has_no_emulator() -> None:
    rng = np.random.default_rng(3)

    def model(v: Array) -> Array:  # noise from one point to the next, six errors wide
        return v[:, :1] + 0.6 * np.sin(1e9 * v[:, 1:2])

    priors = [Prior("x", "1", 0.0, 10.0), Prior("y", "1", 0.0, 1.0)]
    problem = Problem(priors, [Datum("d", 5.0 + 0.01 * rng.random(), 0.1)], model)
    first = sample(problem, ends(problem, 0), 0, 60, (), LEAST_ROUNDS)
    assert emulated.draws(problem, first, 0) is None


def test_a_calibration_that_falls_back_from_an_emulator_says_so() -> None:
    """Two data whose model jumps: importance sampling fails, so does the emulator; the report says both."""

    def model(v: Array) -> Array:
        jump = 0.6 * np.sin(1e9 * v[:, 1])
        return np.stack([v[:, 0] + jump, v[:, 0] - jump], axis=1)

    priors = [Prior("x", "1", 0.0, 10.0), Prior("y", "1", 0.0, 1.0)]
    found = calibrate(Problem(priors, [Datum("a", 5.0, 0.02), Datum("b", 5.0, 0.02)], model), 0, draws=20)
    assert found.posterior.checked is None
    assert found.fell_back
    assert any("no emulator of the model held" in r for r in found.remarks)
    straight = Problem(priors[:1], [Datum("a", 5.0, 0.1)], lambda v: v[:, :1])
    assert not calibrate(straight, 0, draws=100).fell_back


def test_a_calibration_says_that_it_drew_on_an_emulator() -> None:
    found = calibrate(_banana(0.01), 0, draws=20)
    assert found.posterior.trusted
    assert found.posterior.checked is not None
    for off, warned in ((0.02, False), (0.4, True)):  # standard errors of the data
        posterior = replace(found.posterior, checked=replace(found.posterior.checked, off=off))
        said = replace(found, posterior=posterior).remarks
        assert any("the draws are of an emulator" in one for one in said) is warned
        assert not any("importance sampling failed" in one for one in said)
    assert "emulator" in found.errors[1]
    assert found.parameters["a"].shape == "flat"
