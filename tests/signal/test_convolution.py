"""Convolution against scipy.signal's own, whose bits it has."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from epidot.signal.convolution import convolved


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3), (4096, 4096), (1000, 37), (37, 1000)])
def test_one_curve(n, m):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n), rng.normal(size=m)
    assert np.array_equal(convolved(a, b), fftconvolve(a, b))
    assert convolved(a, b) == pytest.approx(np.convolve(a, b), abs=1e-11)


def test_one_with_many():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(1, 300)), rng.normal(size=(4, 251))
    assert np.array_equal(convolved(a, b), fftconvolve(a, b, axes=1))
