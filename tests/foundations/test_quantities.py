"""Numbers and intervals as they are shown."""

from __future__ import annotations

import pytest

from epidot.quantities import interval


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ((1.184e-10, 1.201e-10), "1.184e-10 ... 1.201e-10"),
        ((-4.1, 4.12), "-4.1 ... 4.1"),
        ((5.1301, 5.1387), "5.1301 ... 5.1387"),
        ((0.0, 3e-12), "0 ... 3e-12"),
        ((2.0, float("inf")), "2 ... open"),
        ((1.23e8, 1.25e8), "1.23e+08 ... 1.25e+08"),
    ],
)
def test_an_interval_shows_the_digits_that_its_ends_differ_in(ends: tuple[float, float], shown: str) -> None:
    assert interval(ends) == shown
