"""Two hypotheses: attributed right or called undecided, hardly ever wrong."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.inference.calibration import calibrate
from epidot.inference.comparison import Rival, compare
from epidot.inference.problem import Datum, Prior, Problem

Array = NDArray[np.float64]
X = 1e3 / (8.314 * np.linspace(300.0, 500.0, 12))
ONE = [Prior("lnA", "1", 2.0, 10.0), Prior("Ea", "kJ/mol", 20.0, 45.0)]
TWO = [*ONE, Prior("lnA2", "1", 18.0, 30.0), Prior("Ea2", "kJ/mol", 75.0, 110.0)]


def _one(v: Array) -> Array:
    return v[:, :1] - v[:, 1:2] * X


def _two(v: Array) -> Array:
    return np.logaddexp(_one(v), v[:, 2:3] - v[:, 3:4] * X)


def _rival(priors: list[Prior], data: list[Datum], two: bool, seed: int) -> Rival:
    found = calibrate(Problem(priors, data, _two if two else _one), seed)
    rows = tuple((d.value, d.sigma, "equal") for d in data)
    draws, misfit = found.posterior, float(np.sum(found.residuals**2))
    return Rival("two" if two else "one", draws.log_evidence, draws.trusted, rows, misfit)


def test_the_confusion_table_of_one_way_and_two() -> None:
    rng = np.random.default_rng(4)
    table: Counter[tuple[bool, str]] = Counter()
    for seed in range(24):
        truth = seed % 2 == 1
        priors = TWO if truth else ONE
        at = np.array([[p.low + (p.high - p.low) * rng.random() for p in priors]])
        mean = (_two if truth else _one)(at)[0]
        data = [Datum(f"d{i}", float(m + 0.1 * rng.standard_normal()), 0.1) for i, m in enumerate(mean)]
        right, wrong = _rival(priors, data, truth, seed), _rival(ONE if truth else TWO, data, not truth, seed)
        table[truth, compare(right, [wrong])[0].word] += 1
    assert sum(n for (_, word), n in table.items() if word == "the other is favoured") <= 1
    assert table[True, "favoured"] >= 6  # a second way is mostly seen
    assert table[False, "favoured"] + table[False, "undecided"] >= 9


def test_other_data_are_refused_and_distrust_is_no_decision() -> None:
    data = ((1.0, 0.1, "equal"),)
    mine, other = Rival("mine", -3.0, True, data), Rival("other", -30.0, False, data, misfit=1.0)
    assert compare(mine, [other])[0].word.startswith("undecided")
    sure = compare(mine, [Rival("sure", -30.0, True, data)])[0]
    assert sure.word == "favoured"
    assert sure.probability == pytest.approx(1.0)
    with pytest.raises(InputError, match="other data"):
        compare(mine, [Rival("else", -3.0, True, ((2.0, 0.1, "equal"),))])
