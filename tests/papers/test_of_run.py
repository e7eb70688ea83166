"""Claims in a run's report: answered by the dots of that very run, or not at all."""

from __future__ import annotations

import pickle

import pytest

from epidot.errors import Fault, InputError
from epidot.papers.of_run import claims_of
from epidot.runs.order import order_from
from epidot.runs.run import Run, recorded


@pytest.fixture(scope="module")
def carried() -> tuple[Run, dict[str, float]]:
    done, batch = recorded(order_from("choi2023/inp-znse", dots=4, seed=3))
    last = batch.samples[-1]
    return done, {name: q.value for name, q in last.quantities.items() if q.value is not None}


def test_the_value_is_that_of_the_run_and_not_of_another(carried: tuple[Run, dict[str, float]]) -> None:
    done, _ = carried
    answered, others = claims_of(done)
    by_id = {result.id: result for result in answered}
    assert not by_id.keys() & set(others)
    grown = [result for result in answered if result.answers]
    assert grown
    for result in grown:
        (found,) = result.answers.values()
        assert (found.engine, found.flasks, found.dots) == ("kmc", 1, 4)


def test_a_reading_of_the_batch_is_what_a_check_sees(carried: tuple[Run, dict[str, float]]) -> None:
    done, summary = carried
    last = done.taken[-1].taken.name
    for name in ("adatoms_Se_per_dot", "plqy", "diameter_nm"):
        assert done.sample(last).quantity(name).value == summary[name]
    kept = done.without({0})
    assert len(kept.sample(last).members) == 3
    each = [row["adatoms_Se_per_dot"] for _, row in done.sample(last).members]
    assert kept.sample(last).quantity("adatoms_Se_per_dot").value == pytest.approx(sum(each[1:]) / 3)


def test_nothing_is_said_of_a_recipe_of_ones_own(tmp_path) -> None:
    text = "recipe: 1\ntitle: mine\ncore: {material: InP, diameter: 3.3 nm, amount: 100 nmol}\n"
    text += "solvent: {reagent: ODE, volume: 20 mL}\nsteps:\n  - sample: dots\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    done, _ = recorded(order_from(str(tmp_path / "mine.yaml"), dots=2))
    assert claims_of(done) == ([], [])


def test_faults_come_back_from_another_process_whole() -> None:
    error = pickle.loads(pickle.dumps(InputError([Fault("no such thing", "a.yaml", seen="x")])))
    assert "no such thing" in str(error)
    assert error.faults[0].seen == "x"
