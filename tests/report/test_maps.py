"""Maps of a sweep: where cells end."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.report.maps import _edges


def test_cells_end_half_way_between_values_by_steps_or_by_factors() -> None:
    assert _edges(np.array([200.0, 230.0, 260.0]), log=False) == pytest.approx([185, 215, 245, 275])
    assert _edges(np.array([1.0, 100.0, 1e4]), log=True) == pytest.approx([0.1, 10, 1000, 1e5])
    assert _edges(np.array([5.0]), log=False) == pytest.approx([4.5, 5.5])
