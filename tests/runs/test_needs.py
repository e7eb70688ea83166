"""What a run will need is said before it begins, and what the machine cannot hold is refused."""

from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.runs import needs as room
from epidot.runs.jobs import usual
from epidot.runs.needs import needs
from epidot.runs.order import order_from

RECIPE = "choi2023/inp-zns-staged-4"


def order(dots: int, engine: str = "kmc"):
    return order_from(RECIPE, dots=dots, engine=engine)


def test_needs_grow_with_the_dots_and_the_lattice_needs_more_than_the_mean_field() -> None:
    few, many = needs(order(10), 1), needs(order(1000), 1)
    assert many.memory_MB > 1.5 * few.memory_MB
    assert many.cpu_s > 5 * few.cpu_s
    assert needs(order(1000, "meanfield"), 1).memory_MB < many.memory_MB
    assert needs(order(10), 3).memory_MB > few.memory_MB
    assert needs(order(10), 3).processes == 3


def test_other_processes_are_begun_only_where_every_dot_grows_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    treated = order_from("yuan2023/znbr2-300", dots=100)  # its shells are described, not grown
    assert usual(treated) == needs(treated).processes == 1
    assert usual(order_from("yuan2023/znbr2-300", dots=100, states="atoms")) == 3
    assert usual(treated, interval=True) == 3
    assert usual(order_from("yuan2023/znbr2-300", dots=1000)) == 3
    assert (usual(order(100)), usual(order(10)), usual(order(100, "meanfield"))) == (3, 1, 1)


def test_larger_cores_need_more() -> None:
    small = order_from("choi2023/inp-se", dots=100)
    wider = small.recipe.with_(core={"diameter": "6 nm"})
    assert needs(order_from(wider, dots=100), 1).memory_MB > needs(small, 1).memory_MB + 50


def test_what_does_not_fit_is_refused_with_what_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(room, "memory_MB", lambda: 700.0)
    needs(order(10), 1).refuse(tmp_path)
    with pytest.raises(InputError, match="memory") as caught:
        needs(order(1000), 1).refuse(tmp_path)
    assert "700 MB are there" in str(caught.value)
    assert "--force" in str(caught.value)
    monkeypatch.setattr(room, "memory_MB", lambda: None)  # a machine that does not say
    needs(order(1000), 1).refuse(tmp_path)


@pytest.mark.parametrize("wrong", [{"dots": 2.5}, {"dots": "5"}, {"dots": True}, {"seed": 1.5}])
def test_numbers_that_are_none_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="whole number") as caught:
        order_from(RECIPE, **wrong)
    assert repr(next(iter(wrong.values()))) in str(caught.value)
