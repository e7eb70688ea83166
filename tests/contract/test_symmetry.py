"""The law of symmetry refuses what it should: errors too small or too large, a bias, missing values."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.instruments.symmetry import broken

GOOD = np.random.default_rng(1).standard_normal(400)


def test_normal_errors_keep_the_law() -> None:
    assert broken({"q": GOOD}) == []


def test_a_value_withheld_counts_as_not_covered_but_is_no_bias() -> None:
    rare = np.where(np.arange(400) % 100 == 0, np.inf, GOOD)
    assert broken({"q": rare}) == []
    assert len(broken({"q": np.full(400, np.inf)})) == 3


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (GOOD * 1.5, "one standard error covers"),
        (GOOD / 1.5, "one standard error covers"),
        (GOOD - np.mean(GOOD) + 0.4, "off by"),
        (np.where(np.arange(400) % 25 == 0, np.inf, GOOD), "beyond three standard errors"),
        (GOOD[:150], "150 values are too few"),
    ],
)
def test_what_breaks_it_is_said(off: np.ndarray, said: str) -> None:
    assert any(said in words for words in broken({"fine": GOOD, "q": off}))
    assert not any("fine" in words for words in broken({"fine": GOOD, "q": off}))
