"""Flasks that begin alike share their beginning, to the bits that each would have had alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from epidot.dot import growth_readout
from epidot.growth.flask import Flask
from epidot.papers.experiments import Experiments
from epidot.recipe import recipe as recipes
from epidot.runs import sampled
from epidot.runs.beginnings import Beginnings
from epidot.runs.flasks import in_flasks
from epidot.runs.order import LATTICE, MEAN_FIELD, Order
from epidot.runs.run import Run, run_flask
from epidot.runs.sampled import Sampled

FAMILY = ("choi2023/inp-znse-240", "choi2023/inp-znse-280", "choi2023/inp-znse-hf-280")
STRANGER = "choi2023/hf-desorption-1min"


def order(name: str, twice: tuple[str, ...] = ()) -> Order:
    return Order(recipes.load(name), engine=LATTICE, twice=twice)


def told(runs: tuple[Run, ...]) -> list[tuple[object, ...]]:
    """What a flask is and says, without the numbers that no comparison of arrays would take."""
    return [
        (
            [(t.name, t.state.surface, t.state.liquor, t.state.volume_L, t.events) for t in run.done.taken],
            run.done.state.lost,
            run.done.charged,
            run.done.steps,
            run.done.remarks,
            run.done.events,
            [row for s in run.taken for _, row in s.members],
        )
        for run in runs
    ]


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many events each recipe's flasks carried out."""
    times: Counter[str] = Counter()
    usual = Flask._after

    def counted(self, progress, event, points):
        times[self.where] += 1
        return usual(self, progress, event, points)

    monkeypatch.setattr(Flask, "_after", counted)
    return times


def test_a_shared_beginning_changes_no_bit(carried: Counter[str]) -> None:
    orders = {name: order(name) for name in FAMILY}
    alone = {name: told(in_flasks(orders[name], 2).runs) for name in FAMILY}
    whole = dict(carried)
    carried.clear()
    known = Beginnings()
    together = {
        name: told(in_flasks(orders[name], 2, None, known, list(orders.values())).runs) for name in FAMILY
    }
    assert together == alone
    first, second, with_hf = FAMILY
    assert carried[first] == whole[first]
    assert carried[second] < whole[second] / 2
    assert carried[with_hf] > whole[with_hf] / 2  # nothing but the first degassing is the same


def test_what_differs_from_the_start_shares_nothing() -> None:
    known = Beginnings()
    in_flasks(order(FAMILY[0]), 1, None, known, [order(FAMILY[1])])
    (begun,) = known.of(order(STRANGER), [0], [])
    assert begun.progress is None


def test_twice_the_supply_parts_where_it_is_put_in() -> None:
    plain, twice = order(FAMILY[0]), order(FAMILY[0], ("SePR3",))
    (begun,) = Beginnings().of(plain, [0], [twice])
    (parts,) = begun.keep
    assert "SePR3" in str(plain.timeline[parts])
    assert plain.timeline[:parts] == twice.timeline[:parts]


def test_a_mean_over_flasks_works_out_only_the_samples_that_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from epidot.runs import flasks

    worked: list[str] = []
    plain = flasks._mean
    monkeypatch.setattr(
        flasks, "_mean", lambda samples: (worked.append(samples[0].taken.name), plain(samples))[1]
    )
    found = in_flasks(order(FAMILY[0]), 2)
    mean = found.mean(frozenset({1}))
    assert set(mean.samples) == set(found.runs[0].samples)
    assert not worked
    asked = next(iter(mean.samples))
    assert mean.sample(asked) is mean.sample(asked)
    assert len(worked) == 1


def test_recipes_of_other_files_share_what_happens_alike_on_other_lines(carried: Counter[str]) -> None:
    degassed, staged = order("choi2023/inp-znse-240"), order("choi2023/inp-zns-staged-1")
    assert [e.line for e in degassed.timeline[:3]] != [e.line for e in staged.timeline[:3]]
    alone = told(in_flasks(staged, 2).runs)
    whole = carried[staged.recipe.name]
    known = Beginnings()
    in_flasks(degassed, 2, None, known, [staged])
    carried.clear()
    assert told(in_flasks(staged, 2, None, known, [degassed]).runs) == alone
    assert carried[staged.recipe.name] < whole


def test_dots_that_read_alike_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[object] = []
    usual = growth_readout.read
    monkeypatch.setattr(growth_readout, "read", lambda dot: (times.append(dot), usual(dot))[1])
    monkeypatch.setattr(sampled, "_READ", {})
    (run,) = in_flasks(order(STRANGER), 1).runs
    sample = run.taken[-1]
    again = Sampled(sample.taken, sample.setting)
    assert again.members == sample.members
    assert len(times) == 2
    grown = sample.state.grown
    one_more = replace(grown, outside={**grown.outside, "ZnOA_out": 7})
    assert one_more.told_by != grown.told_by
    state = sample.state.with_(grown=replace(grown, kind=grown.kind[::-1].copy()))
    turned = Sampled(replace(sample.taken, state=state), sample.setting)
    assert [row for _, row in turned.members] != [row for _, row in sample.members]


def test_mean_fields_share_a_beginning_too(carried: Counter[str]) -> None:
    bench = Experiments()
    for name in FAMILY:
        alone = run_flask(Order(recipes.load(name), engine=MEAN_FIELD, light="mean"), points=1)
        whole = carried[name]
        carried.clear()
        seen = bench.run(name)
        assert seen.done == alone.done
        assert seen.first == alone.first
        assert name == FAMILY[0] or carried[name] < whole
