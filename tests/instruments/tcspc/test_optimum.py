"""No fit states an error away from its optimum: decays drawn wide, and those that once did."""

from __future__ import annotations

import pytest

from oracle.decays import broken, fitted

# 15, 25, 32, 54, 159, 226, 476: a lifetime below the wide response; 203: a long lifetime for the background
ONCE = (15, 25, 32, 54, 159, 203, 226, 476)


@pytest.mark.parametrize("seed", [*ONCE, *range(600, 632)])
def test_the_fit_is_no_worse_than_the_truth_or_states_no_error(seed: int) -> None:
    row = fitted(seed)
    assert not broken(row), row
    assert row["settled"] or seed not in ONCE, row
