"""What curves of different shapes say together."""

from __future__ import annotations

import numpy as np

from epidot.signal.degrees import mixed


def test_what_curves_say_of_several_values_together() -> None:
    """Alike, the mean is theirs; apart, the distance is in the covariance with its sign."""
    one, other = np.diag([1.0, 4.0]), np.diag([3.0, 2.0])
    mean, covariance = mixed([[1.0, 2.0], [1.0, 2.0]], [one, other], [0.5, 0.5])
    np.testing.assert_allclose(mean, [1.0, 2.0])
    np.testing.assert_allclose(covariance, np.diag([2.0, 3.0]))
    mean, covariance = mixed([[0.0, 1.0], [4.0, -1.0]], [one, other], [0.75, 0.25])
    np.testing.assert_allclose(mean, [1.0, 0.5])
    np.testing.assert_allclose(covariance, [[1.5 + 3.0, -1.5], [-1.5, 3.5 + 0.75]])


def test_a_curve_without_errors_leaves_none_unless_it_has_no_weight() -> None:
    unknown = np.full((1, 1), np.inf)
    assert np.isinf(mixed([[1.0], [2.0]], [np.eye(1), unknown], [0.9, 0.1])[1]).all()
    np.testing.assert_allclose(mixed([[1.0], [2.0]], [np.eye(1), unknown], [1.0, 0.0])[1], [[1.0]])
