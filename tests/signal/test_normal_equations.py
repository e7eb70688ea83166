"""Least squares by the normal equations: the same as by singular values, however the columns lie."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.signal.normal_equations import inverse, solved


@pytest.mark.parametrize("angle", [1.0, 1e-2, 1e-6, 0.0])
@pytest.mark.parametrize("scale", [1.0, 1e8])
def test_as_by_singular_values(angle: float, scale: float) -> None:
    rng = np.random.default_rng(3)
    first, second, right = rng.normal(size=(3, 40))
    design = np.stack([first, scale * (first + angle * second)], axis=1)
    unscaled = design / np.linalg.norm(design, axis=0)
    expected = unscaled @ np.linalg.lstsq(unscaled, right)[0]
    assert design @ solved(design, right) == pytest.approx(expected, abs=1e-7)
    assert design @ (inverse(design) @ right) == pytest.approx(expected, abs=1e-7)
