"""The rules by which a verdict is given, one row per rule."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.papers.verdict import Target, rounding, verdict


@pytest.mark.parametrize(
    ("printed", "half_unit"),
    [("149", 0.5), ("4.0", 0.05), ("-0.00646", 5e-6), ("1.2e-3", 5e-5), ("two layers", 0.0)],
)
def test_rounding_is_half_a_unit_of_the_last_printed_digit(printed: str, half_unit: float) -> None:
    assert rounding(printed) == pytest.approx(half_unit)


PRINTED = Target(149, "149")
WRONG = Target(149, "149", follows=False)
BAND = Target(band=(62, 82))
AT_LEAST = Target(band=(0.9, None))
AT_MOST = Target(band=(None, 10.0))
SIGN = Target(band=(0, None))


@pytest.mark.parametrize(
    ("value", "target", "sigma", "expected"),
    [
        (149.0, PRINTED, None, "reproduced"),
        (149.4, PRINTED, None, "within rounding"),
        (149.8, PRINTED, 0.4, "within rounding"),
        (143.2, PRINTED, None, "nearly"),
        (130.0, PRINTED, None, "conflict"),
        (-149.0, PRINTED, None, "conflict"),
        (143.2, WRONG, None, "not as stated"),
        (62.0, BAND, None, "reproduced"),
        (55.0, BAND, None, "nearly"),
        (51.0, BAND, None, "conflict"),
        (51.0, BAND, 6.0, "nearly"),
        (-1.0, Target(band=(0.5, 3.5)), None, "conflict"),
        (0.95, AT_LEAST, None, "reproduced"),
        (0.80, AT_LEAST, None, "nearly"),
        (0.60, AT_LEAST, None, "conflict"),
        (12.0, AT_MOST, None, "nearly"),
        (15.0, AT_MOST, None, "conflict"),
        (1e-6, SIGN, None, "reproduced"),
        (-1e-6, SIGN, None, "conflict"),
        (True, Target(), None, "reproduced"),
        (np.bool_(True), Target(), None, "reproduced"),
        (False, Target(), None, "conflict"),
        (False, WRONG, None, "not as stated"),
        ([149.0, 149.3], PRINTED, None, "within rounding"),
        ([149.0, 55.0], [PRINTED, BAND], None, "nearly"),
        (np.array([70.0, 51.0]), BAND, None, "conflict"),
    ],
)
def test_verdict(value: object, target: Target | list[Target], sigma: float | None, expected: str) -> None:
    assert verdict(value, target, sigma) == expected


@pytest.mark.parametrize(
    ("value", "target"),
    [(float("nan"), PRINTED), (1.0, Target()), ([1.0], [PRINTED, BAND]), ([], []), (1.0, [PRINTED])],
)
def test_a_value_that_cannot_be_judged_is_an_error(value: object, target: Target | list[Target]) -> None:
    with pytest.raises(ValueError):
        verdict(value, target)
