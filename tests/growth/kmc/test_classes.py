"""Kinds of environment numbered by a table, as numpy numbers them by sorting."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.growth.kmc.classes import _numbered


@pytest.mark.parametrize("most", [1, 7, 5000, 10**9])
@pytest.mark.parametrize("n", [0, 1, 1000])
def test_numbers_are_those_of_sorting(most: int, n: int) -> None:
    values = np.random.default_rng(5).integers(0, most, n)
    different, place = _numbered(values)
    expected, inverse = np.unique(values, return_inverse=True)
    assert np.array_equal(different, expected)
    assert np.array_equal(place, inverse.reshape(-1))
