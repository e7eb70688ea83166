"""Dots spread over blocks that share the liquor at looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.given import Given
from epidot.growth.conservation import relative_errors
from epidot.growth.flask import Progress
from epidot.growth.lattice import engine
from epidot.growth.lattice.blocks import _shared
from epidot.growth.lattice.population import GrownPopulation
from epidot.growth.lattice.segment import Run as Segment
from epidot.growth.state import FlaskState
from epidot.mechanism.load import load
from epidot.recipe.events import Event
from epidot.runs import engines
from epidot.runs.checkpoint import Keeper, is_in
from epidot.runs.order import Order, order_from
from epidot.runs.record import in_blocks
from epidot.runs.run import Run, run_flask

RECIPE = "choi2023/inp-zns-staged-1"


def flask(blocks: int, threads: int = 1, dots: int = 7, seed: int = 3) -> Run:
    order = Order(engines.shipped_recipe(RECIPE), dots=dots, seed=seed, light="mean", blocks=blocks)
    return run_flask(order, points=1, threads=threads)


def grown(run: Run) -> GrownPopulation:
    found = run.done.state.grown
    assert isinstance(found, GrownPopulation)
    return found


@pytest.fixture(scope="module")
def in_three() -> Run:
    return flask(3)


def test_the_bits_do_not_depend_on_how_many_go_on_at_a_time(in_three: Run) -> None:
    for threads in (2, 4):
        other = flask(3, threads)
        assert np.array_equal(grown(other).kind, grown(in_three).kind)
        assert np.array_equal(grown(other).random, grown(in_three).random)
        assert other.done.state.liquor == in_three.done.state.liquor
        assert other.done.events == in_three.done.events


def test_an_interrupted_run_goes_on_to_the_same_bits(in_three: Run, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(so_far: Progress, event: Event) -> None:
        if so_far.done == in_three.done.done // 2:
            Keeper(tmp_path, order.key).keep(so_far)
            raise Stopped

    order = in_three.setting.order
    with pytest.raises(Stopped):
        run_flask(order, points=1, each=stop)
    assert is_in(tmp_path)
    other = run_flask(order, points=1, folder=tmp_path, resume=True)
    assert np.array_equal(grown(other).kind, grown(in_three).kind)
    assert np.array_equal(grown(other).random, grown(in_three).random)
    assert grown(other).apart == grown(in_three).apart


def test_no_atom_is_lost_between_blocks(in_three: Run) -> None:
    mechanism = load()
    elements = {name: s.elements for name, s in mechanism.species.items()}
    errors = relative_errors(
        in_three.first.state, in_three.done, mechanism, lambda name: elements.get(name, {})
    )
    assert max(map(abs, errors.values())) < 1e-9


def test_dots_keep_their_place(in_three: Run) -> None:
    """A dot's core never grows: the sizes at the end are in the order of those at the start."""
    start = in_three.first.state.grown
    assert np.array_equal(start.diameters_nm, grown(in_three).diameters_nm)
    kinds, core = grown(in_three).kinds, load().lattice
    assert core is not None
    anions = (grown(in_three).kind == kinds.index(core.core["anion"])).sum(axis=1)
    before = (start.kind == kinds.index(core.core["anion"])).sum(axis=1)
    assert np.array_equal(anions, before)


def test_blocks_are_told_with_how_far_they_came_apart(in_three: Run) -> None:
    (said,) = in_blocks(in_three.done)
    assert "3 blocks that shared the liquor 20 times per step" in said
    assert 0 < grown(in_three).apart < 0.2
    assert in_blocks(flask(1, dots=2).done) == []


def test_blocks_grow_what_one_chain_grows() -> None:
    """Counts that follow a law of large numbers agree within a few of their errors."""
    names = ("shell_layers", "oxide_per_dot")
    found = {
        n: [[flask(n, seed=s).sample("end").counts[name] for name in names] for s in range(6)] for n in (1, 3)
    }
    one, three = (np.array(found[n]) for n in (1, 3))
    error = np.sqrt((one.var(axis=0, ddof=1) + three.var(axis=0, ddof=1)) / 6)
    assert np.all(np.abs(three.mean(axis=0) - one.mean(axis=0)) < 4 * error)


def test_what_is_shared_out_is_whole_and_goes_round() -> None:
    sizes = np.array([3, 2, 2])
    for turn in range(3):
        due = _shared(10, sizes, turn)
        assert due.sum() == 10
        assert np.all(np.abs(due - 10 * sizes / 7) < 1)
    assert [int(np.argmax(_shared(1, sizes, turn))) for turn in range(4)] == [0, 1, 2, 0]


def test_blocks_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match=r"whole number from 1.*--blocks 8 of 7 dots"):
        order_from(RECIPE, dots=7, blocks=8)
    with pytest.raises(InputError, match=r"whole number from 1.*--blocks 0"):
        order_from(RECIPE, dots=7, blocks=0)
    with pytest.raises(InputError, match="no dots to spread over blocks"):
        order_from(RECIPE, engine="meanfield", blocks=2)


def test_one_block_is_the_order_it_was() -> None:
    assert "blocks" not in order_from(RECIPE, blocks=1).key
    assert order_from(RECIPE, blocks=2).key["blocks"] == "2"


def test_a_look_where_nothing_has_happened_may_be_left_out(
    in_three: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[bool] = []
    usual = Segment.changed

    def always(run: Segment) -> bool:
        looked.append(usual(run))
        run.rim_then = -1, None
        return True

    monkeypatch.setattr(Segment, "changed", always)
    other = flask(3)
    assert not all(looked)
    assert np.array_equal(grown(other).kind, grown(in_three).kind)
    assert np.array_equal(grown(other).random, grown(in_three).random)
    assert other.done.state.liquor == in_three.done.state.liquor


def test_few_dots_are_cut_once_for_all_flasks_that_begin_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_STARTS", {})
    cut: list[int] = []
    usual = engine.LatticeEngine._cut
    monkeypatch.setattr(
        engine.LatticeEngine, "_cut", lambda self, state: (cut.append(self.seed), usual(self, state))[1]
    )
    state = FlaskState.at_start(engines.shipped_recipe(RECIPE))
    first, again, other = (engine.LatticeEngine(dots=2, seed=s).start(state) for s in (1, 1, 2))
    assert cut == [1, 2]
    assert np.array_equal(first.grown.kind, again.grown.kind)
    assert not np.array_equal(first.grown.kind, other.grown.kind)
    with Given.of({"InP.a_nm": 0.6}).in_force():
        assert engine.LatticeEngine(dots=2, seed=1).start(state).grown.a_nm != first.grown.a_nm
