"""The transport of ions against exact solutions: error, order of convergence, and published numbers."""

from __future__ import annotations

import pytest

from oracle.diffusion import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda f: f.__name__)
def test_exact_case(case):
    """Every case meets its bound and its order, and its formula gives the digits worked out elsewhere."""
    found = case()
    for formula, elsewhere in found.printed:
        assert formula == pytest.approx(elsewhere, rel=1e-5)
    assert found.error <= found.bound
    if found.least_order is not None:
        assert found.order >= found.least_order
    assert found.holds


def test_all_sixteen_cases_are_there():
    assert [case.__name__ for case in CASES] == [f"case_{i}" for i in range(1, 17)]
