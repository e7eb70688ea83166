"""What hangs on others: the most outward direction that has room, compiled and plain alike."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.dot import hung as hanging
from epidot.dot import room
from epidot.dot.hung import ROOM_NM, Hung, hang


def _on(base: list[list[float]], reach_nm: float = 0.21) -> Hung:
    n = len(base)
    return Hung(np.array(base), np.ones(n, np.int64), np.full(n, "O"), np.zeros(n), np.full(n, reach_nm))


@pytest.fixture(params=["compiled", "plain"])
def twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "plain":
        monkeypatch.setattr(room, "until_none", room.until_none.py_func)


def test_one_alone_points_outward(twin: None) -> None:
    _, place, *_ = hang(_on([[1.0, 0.0, 0.0]]), np.array([[1.0, 0.0, 0.0]]), "ligand")
    assert place == pytest.approx(np.array([[1.21, 0.0, 0.0]]))


def test_those_on_one_atom_keep_their_distance(twin: None) -> None:
    """Of twelve on one atom each has its own place; the thirteenth may have to stand further out."""
    _, place, *_ = hang(_on([[1.0, 0.0, 0.0]] * 13), np.array([[1.0, 0.0, 0.0]]), "ligand")
    apart = np.linalg.norm(place[:, None] - place, axis=2)[np.triu_indices(13, 1)]
    assert apart.min() >= ROOM_NM


def test_what_is_shut_in_stands_where_most_room_is(twin: None) -> None:
    """Atoms 0.1 nm apart all around leave no room at all: a place is given all the same, and none twice."""
    grid = np.stack(np.meshgrid(*[np.arange(-12, 13) * 0.1] * 3), axis=-1).reshape(-1, 3)
    _, place, *_ = hang(_on([[0.0, 0.0, 0.0]] * 2), grid, "oxide")
    assert np.isfinite(place).all()
    assert np.linalg.norm(place[0] - place[1]) > 0


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    there = rng.normal(size=(400, 3))
    crowded = _on((there[:150] * 1.02).tolist())
    compiled = hang(crowded, there, "ligand")[1]
    monkeypatch.setattr(room, "until_none", room.until_none.py_func)
    assert np.array_equal(compiled, hanging.hang(crowded, there, "ligand")[1])
