"""The one search for a least sum of squares: NIST's certified sets, bounds released, ends told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from epidot.signal import Signal
from epidot.signal.fitting import Free, fit_curve
from epidot.signal.optimum import Optimum, least, quickest
from epidot.signal.slopes import slopes
from oracle.nist import MODELS, certified, digits


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", MODELS)
def test_nist_certified_regressions(name: str, start: int) -> None:
    """All 27 sets from both starts; lmfit's best method solves 25 (``benchmarks/nist.py``)."""
    problem = certified(name)
    free = np.full(problem.values.size, np.inf)
    found = least(problem.residuals, [problem.starts[start]], -free, free)
    assert digits(found.values, problem.values) >= 6
    # The residuals of Lanczos1 are the rounding of its 14 digits.
    assert digits(found.errors, problem.deviations) >= (2 if name == "Lanczos1" else 5)
    assert found.flat == []


def test_what_points_inwards_is_released() -> None:
    """Begun at a bound that the sum of squares falls away from."""
    x = np.linspace(0.0, 5.0, 60)
    y = 3 * np.exp(-x) + 0.5
    low, high = np.zeros(3), np.array([10.0, 10.0, 10.0])
    for start in ([3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [10.0, 10.0, 10.0], [0.0, 10.0, 0.0]):
        found = least(lambda v: v[0] * np.exp(-v[1] * x) + v[2] - y, [np.array(start)], low, high)
        assert found.values == pytest.approx([3.0, 1.0, 0.5], abs=1e-6)
        assert found.settled
        assert np.all(found.free)


@pytest.mark.parametrize("end", [2.0, 0.6])  # no room, and less than none
@pytest.mark.parametrize("jacobian", [False, True])
def test_a_parameter_without_room_stays_and_the_others_are_found(end: float, jacobian: bool) -> None:
    x = np.linspace(0.0, 5.0, 60)
    y = 3 * np.exp(-2 * x) + 0.5

    def residuals(v: np.ndarray) -> np.ndarray:
        return decay(x, v)[0] - y

    low, high = np.array([0.0, 2.0, 0.0]), np.array([10.0, end, 10.0])
    by = (lambda v: decay(x, v)[1]) if jacobian else None
    found = least(residuals, [np.array([1.0, 2.0, 0.1])], low, high, by)
    assert found.values == pytest.approx([3.0, 2.0, 0.5], abs=1e-6)
    assert list(found.free) == [True, False, True]


def test_the_deeper_valley_is_found() -> None:
    x = np.linspace(0.0, 10.0, 200)
    y = np.sin(2.3 * x)
    starts = [np.array([1.0, w]) for w in (0.7, 1.5, 2.2, 3.1)]
    found = least(lambda v: v[0] * np.sin(v[1] * x) - y, starts, np.array([0.0, 0.1]), np.array([5.0, 6.0]))
    assert found.values == pytest.approx([1.0, 2.3], abs=1e-6)


def decay(x: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """v0 exp(-v1 x) + v2 and its derivatives."""
    fall = np.exp(-v[1] * x)
    return v[0] * fall + v[2], np.stack([fall, -v[0] * x * fall, np.ones(x.size)], axis=1)


@pytest.mark.parametrize("offset", [0.5, -0.3])  # inside the bounds, and where its bound is the best
def test_the_quickest_search_ends_where_the_other_one_does(offset: float) -> None:
    x, rng = np.linspace(0.0, 5.0, 60), np.random.default_rng(4)
    y = 3 * np.exp(-x) + offset + 0.02 * rng.standard_normal(x.size)
    low, high, starts = np.zeros(3), np.full(3, 10.0), [np.array([1.0, 3.0, 1.0]), np.array([9.0, 0.1, 0.0])]

    def both(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        curve, slope = decay(x, v)
        return (curve - y) / 0.02, slope / 0.02

    found = quickest(both, starts, low, high, 1.0)
    other = least(lambda v: both(v)[0], starts, low, high, lambda v: both(v)[1])
    assert found.settled
    assert found.values == pytest.approx(other.values, rel=1e-6, abs=1e-9)
    assert np.array_equal(found.free, other.free)
    assert found.cost == pytest.approx(other.cost, rel=1e-9)


def line(y: np.ndarray, sigma: float = 0.1) -> Signal:
    x = np.linspace(0.0, 1.0, y.size)
    return Signal("pl", x, y, "x", "", "y", "", "analog", "measured", sigma=np.full(y.size, sigma))


def test_a_natural_bound_enters_the_errors() -> None:
    """A slope that cannot be negative, its best value at zero: the offset's error is that of both.

    Without the bound's share it would be sigma/sqrt(n).  The slope's reach is where its profile rises by one.
    """
    x, rng = np.linspace(0.0, 1.0, 200), np.random.default_rng(3)
    y = 1 - 0.1 * x + 0.1 * rng.standard_normal(200)
    free = [Free("offset", "", 0.5, -10.0, 10.0), Free("slope", "", 0.5, 0.0, 10.0, natural=True)]
    found = fit_curve(line(y), lambda v: v[0] + v[1] * x, free)
    assert found.status == "converged"
    assert "slope" in found.message
    assert found.value("slope") == 0.0
    reach = found.sigma("slope")
    assert reach is not None

    def squares(slope: float) -> float:
        off = y - slope * x
        return float(np.sum((off - np.mean(off)) ** 2)) / 0.01

    assert squares(reach) - squares(0.0) == pytest.approx(1.0, abs=1e-6)
    # The offset follows the slope by -mean(x).
    expected = np.hypot(0.1 / np.sqrt(200), np.mean(x) * reach)
    assert found.sigma("offset") == pytest.approx(expected, rel=1e-6)


def test_a_bound_of_the_search_states_no_errors() -> None:
    x = np.linspace(0.0, 1.0, 50)
    free = [Free("offset", "", 0.5, -10.0, 10.0), Free("slope", "", 0.5, 0.0, 1.0)]
    found = fit_curve(line(1 + 2 * x), lambda v: v[0] + v[1] * x, free)
    assert found.status == "at a bound"
    assert "slope" in found.message
    assert [found.sigma(n) for n in found.names] == [None, None]


def test_errors_grow_where_the_model_does_not_describe_the_data() -> None:
    x, rng = np.linspace(0.0, 1.0, 200), np.random.default_rng(5)
    free = [Free("offset", "", 0.5, -10.0, 10.0)]
    right, wrong = (
        fit_curve(line(1 + bend * x**2 + 0.1 * rng.standard_normal(200)), lambda v: v[0] + 0 * x, free)
        for bend in (0.0, 2.0)
    )
    assert right.sigma("offset") == pytest.approx(0.1 / np.sqrt(200), rel=1e-6)
    assert (wrong.sigma("offset") or 0.0) > 10 * (right.sigma("offset") or 1.0)


def test_slopes_keep_inside_the_bounds() -> None:
    seen: list[float] = []

    def root(v: np.ndarray) -> np.ndarray:
        seen.append(float(v[0]))
        return np.sqrt(v)

    assert slopes(root, np.array([1.0]))[0, 0] == pytest.approx(0.5, rel=1e-9)
    slopes(root, np.array([0.0]), low=0.0)
    assert min(seen) >= 0.0


def test_scoring_that_is_at_its_end_is_the_end_of_the_search() -> None:
    """Two ways to one optimum: they differ by far less than the error that the readings leave."""
    x = np.linspace(0.0, 5.0, 60)
    noise = np.random.default_rng(4).normal(0.0, 0.01, x.size)
    signal = Signal("test", x, 2.0 * np.exp(-0.7 * x) + noise, "s", "", "y", "", "analog", "measured")
    free = [Free("a", "", 1.0, 0.0, 10.0), Free("k", "1/s", 0.3, 0.01, 10.0)]

    def model(v: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(v[0] * np.exp(-v[1] * x))

    def by(v: NDArray[np.float64]) -> NDArray[np.float64]:
        fall = np.exp(-v[1] * x)
        return np.stack([fall, -v[0] * x * fall], axis=1)

    slow, quick = (fit_curve(signal, model, free, jacobian=by, scoring=s) for s in (False, True))
    sigma = np.sqrt(np.diag(slow.covariance))
    assert np.all(np.abs(quick.values - slow.values) < 1e-3 * sigma)
    assert np.allclose(quick.covariance, slow.covariance, rtol=1e-4)
    assert quick.status == "converged"


def test_an_end_with_something_to_gain_or_at_a_bound_is_not_over() -> None:
    still = np.zeros(2, dtype=bool)
    jacobian = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    end = Optimum(np.ones(2), np.array([0.0, 0.0, 1e-9]), jacobian, still, still, 1e-9)
    assert end.over
    assert not replace(end, gain=1e-5).over
    assert not replace(end, low=np.array([True, False])).over
    assert not replace(end, jacobian=np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])).over
