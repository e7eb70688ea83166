"""What a threshold reads: discs as they are, balls too small and too unequal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from epidot.dot.layers import LayeredDot, Population
from epidot.instruments import instrument
from epidot.instruments.tem import seeds
from epidot.instruments.tem.threshold import diameters_nm


def test_discs_are_read_as_they_are_and_two_in_one_not_at_all() -> None:
    tool = instrument("tem")
    one = Population(LayeredDot("InP", 4.0), np.array([4.0]))
    blank = tool.simulate(one, {"pixels": 256, "particles": 1}, rng=None)
    y, x = np.mgrid[:256, :256].astype(float)
    picture = np.zeros((256, 256))
    for cy, cx, radius in ((60, 60, 20), (60, 180, 25), (190, 60, 20), (190, 98, 20), (250, 200, 20)):
        picture[(y - cy) ** 2 + (x - cx) ** 2 <= radius**2] = 100.0
    assert np.sort(diameters_nm(replace(blank, y=picture))) == pytest.approx([4.0, 5.0], rel=0.02)


def test_balls_come_out_small_and_their_spread_large() -> None:
    """The table of docs/instruments/tem.md."""
    rng = np.random.default_rng(3)
    dots = Population.drawn(LayeredDot("InP", 4.7), 500, 0.079, rng)
    sizes = np.concatenate(
        [diameters_nm(instrument("tem").simulate(dots, rng=np.random.default_rng(i))) for i in range(2)]
    )
    assert len(sizes) > 150
    assert sizes.mean() == pytest.approx(4.20, abs=0.08)
    assert sizes.std() / sizes.mean() == pytest.approx(0.099, abs=0.012)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.6, 0.7, 0.9, 1.0])
def test_holes_are_those_of_scipy(share: float) -> None:
    from scipy.ndimage import binary_fill_holes

    mask = np.random.default_rng(3).random((60, 47)) < share
    assert np.array_equal(seeds.without_holes(mask), binary_fill_holes(mask))
