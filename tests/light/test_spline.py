"""The spline of tables of levels is scipy's, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from epidot.light.states.spline import not_a_knot


@pytest.mark.parametrize("points", [4, 5, 7, 12])
@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
def test_the_same_bits_as_scipy_inside_at_the_points_and_beyond(points: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(points)
    x = np.sort(rng.random(points))
    y = rng.normal(size=(points, *shape))
    at = np.concatenate([x, np.linspace(x[0] - 0.2, x[-1] + 0.2, 300)])
    assert np.array_equal(not_a_knot(x, y, at), CubicSpline(x, y)(at))
    one = np.asarray(x.mean())
    assert np.array_equal(not_a_knot(x, y, one), CubicSpline(x, y)(one))


def test_a_cubic_is_its_own_spline() -> None:
    x, at = np.linspace(0.2, 0.5, 6), np.linspace(0.1, 0.6, 50)
    assert np.allclose(not_a_knot(x, 2 * x**3 - x, at), 2 * at**3 - at, rtol=1e-12)
