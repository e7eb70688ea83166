"""Tolman's cone angle from the geometry of phosphorus."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.matter.cone import cone_angle


def from_bond(between_deg: float) -> float:
    """The angle of three like groups from their axis, by that between two of them."""
    return 180 - float(np.degrees(np.arcsin(2 / np.sqrt(3) * np.sin(np.radians(between_deg) / 2))))


def test_trimethylphosphine_has_the_angle_of_tolman() -> None:
    # C-P-C 98.6° in the gas (Bartell and Brockway 1960); Tolman's table: 118°
    assert cone_angle(from_bond(98.6)) == pytest.approx(118, abs=3)


def test_groups_bent_to_the_apex_take_more() -> None:
    angles = [cone_angle(x) for x in (130, 119, 109.5, 90)]
    assert angles == sorted(angles)
    assert angles[-1] > 130


def test_an_angle_that_no_group_has_is_refused() -> None:
    with pytest.raises(InputError, match="alkyl"):
        cone_angle(10)
