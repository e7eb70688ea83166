"""Formulas are a closed language: what is not in it is refused before anything is evaluated."""

from __future__ import annotations

import pytest

from epidot.errors import InputError
from epidot.papers.expression import parse

WORDS = {"mean": lambda xs: sum(xs) / len(xs), "dot.area": lambda d, k=1.0: k * d * d}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * x", 7.0),
        ("-(x - 1) ** 2 / 4", -1.0),
        ("mean([x, 5])", 4.0),
        ("dot.area(2, k=x)", 12.0),
        ("1 < x <= 3 and not x == 4", True),
        ("x > 4 or 'a' in ['a', 'b']", True),
        ("[x, 2 * x][1]", 6.0),
    ],
)
def test_formula(text: str, value: object) -> None:
    assert parse(text, WORDS, {"x"}).value(WORDS, {"x": 3.0}) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x +", "not a formula"),
        ("meen([1])", "nearest valid: mean"),
        ("y + 1", "unknown name in a formula, saw 'y'"),
        ("().__class__", "not allowed in a formula"),
        ("mean.__globals__", "not allowed in a formula"),
        ("(lambda: 1)()", "unknown word"),
        ("[i for i in [1]]", "not allowed in a formula"),
        ("__import__('os')", "unknown word"),
        ("mean(*x)", "not allowed in a formula"),
        ("mean(**x)", "not allowed in a formula"),
        ("f'{x}'", "not allowed in a formula"),
        ("x" * 2000, "at most 1000 characters"),
        ("x if x else 1", "not allowed"),
        ("b'1'", "not allowed"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        parse(text, WORDS, {"x"})


def test_huge_powers_are_refused() -> None:
    with pytest.raises(InputError, match="a power above 64"):
        parse("9 ** 9 ** 9", WORDS, set()).value(WORDS, {})


def test_all_faults_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse("a + b + f(c)", WORDS, set())
    assert len(caught.value.faults) == 4
