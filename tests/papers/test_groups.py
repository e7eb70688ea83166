"""How many flasks are left out at a time: few groups where an answer is dear."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from epidot.papers.experiments import DEAR_GROUPS, FLASKS, Experiments
from epidot.papers.words import READ_WORDS, RUN_WORDS
from epidot.runs.order import LATTICE, MEAN_FIELD


@pytest.mark.parametrize(("dear", "count"), [(False, FLASKS), (True, DEAR_GROUPS)])
def test_every_flask_is_left_out_once(dear: bool, count: int) -> None:
    groups = Experiments(engine=LATTICE).groups(dear)
    assert len(groups) == count
    assert sorted(i for group in groups for i in group) == list(range(FLASKS))


def test_one_run_reads_no_instrument_over_again() -> None:
    run = SimpleNamespace(setting=SimpleNamespace(order=SimpleNamespace(dots=20)))
    one = replace(Experiments(engine=LATTICE), only=run)  # type: ignore[arg-type]
    assert (len(one.groups(dear=False)), one.groups(dear=True)) == (10, [])
    assert Experiments(engine=MEAN_FIELD).groups(dear=False) == []


def test_every_word_of_an_instrument_is_dear() -> None:
    assert {name for name in RUN_WORDS if name.startswith("measure")} <= READ_WORDS
    assert not {"run", "recipe.mmol"} & READ_WORDS
