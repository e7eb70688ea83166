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


FEW = np.random.default_rng(1).standard_normal((6, 60))


def named(off: np.ndarray) -> dict[str, np.ndarray]:
    return {f"q{k}": one for k, one in enumerate(off)}


def test_few_values_keep_the_law_in_wider_limits() -> None:
    for seed in range(200):
        off = np.random.default_rng([3, seed]).standard_normal((6, 60))
        assert broken(named(off), few=True) == []
    rare = np.where(np.arange(60) % 50 == 7, np.inf, FEW)
    assert broken(named(rare), few=True) == []


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (FEW * 1.6, "all together"),
        (FEW / 1.6, "all together"),
        (np.where(np.arange(6)[:, None] == 2, FEW * 2.5, FEW), "q2: one standard error covers"),
        (np.where(np.arange(6)[:, None] == 2, FEW / 3, FEW), "q2: one standard error covers"),
        (np.where(np.arange(6)[:, None] == 2, FEW + 1.2, FEW), "q2: off by"),
        (np.where(np.arange(60) % 6 == 0, np.inf, FEW), "beyond three standard errors"),
        (FEW[:, :30], "30 values are too few, 40 are needed"),
    ],
)
def test_what_breaks_it_among_few_is_said(off: np.ndarray, said: str) -> None:
    assert any(said in words for words in broken(named(off), few=True))


def test_few_values_are_not_taken_for_many() -> None:
    assert broken({"q": FEW[0]}) == ["q: 60 values are too few, 200 are needed"]
