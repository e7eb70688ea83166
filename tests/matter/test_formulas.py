"""Formulas: counts and molar masses, against an independent parser and table (ASE)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from ase.data import atomic_masses, atomic_numbers
from ase.formula import Formula
from hypothesis import given, settings
from hypothesis import strategies as st

from epidot.errors import InputError
from epidot.matter import formulas

SYMBOLS = ("H", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Zn", "Se", "Br", "Cd", "In", "I")

element = st.tuples(st.sampled_from(SYMBOLS), st.integers(1, 60))
plain = st.lists(element, min_size=1, max_size=5).map(
    lambda parts: "".join(s + (str(n) if n > 1 else "") for s, n in parts)
)
bracketed = st.tuples(plain, plain, st.integers(1, 9)).map(lambda t: f"{t[0]}({t[1]}){t[2]}")


def test_atomic_weights_are_those_of_ase() -> None:
    for symbol, weight in formulas.atomic_weights().items():
        if symbol != "D":  # not an element of ASE
            assert weight == pytest.approx(atomic_masses[atomic_numbers[symbol]], rel=3e-4), symbol


@pytest.mark.parametrize(
    ("formula", "counts"),
    [
        ("InP", {"In": 1, "P": 1}),
        ("Zn(C18H33O2)2", {"Zn": 1, "C": 36, "H": 66, "O": 4}),
        ("P((CH3)3Si)3", {"P": 1, "C": 9, "H": 27, "Si": 3}),
        ("ZnSe0.35S0.65", {"Zn": 1, "Se": 0.35, "S": 0.65}),
        ("CDCl3", {"C": 1, "D": 1, "Cl": 3}),
    ],
)
def test_counts(formula: str, counts: dict[str, float]) -> None:
    assert formulas.elements(formula) == pytest.approx(counts)


def test_molar_masses_of_the_claims() -> None:
    # Oleic acid and zinc oleate as on their bottles.
    assert formulas.molar_mass("C18H34O2") == pytest.approx(282.47, abs=0.01)
    assert formulas.molar_mass("Zn(C18H33O2)2") == pytest.approx(628.3, abs=0.1)


@settings(deadline=None)  # the first call reads the data files
@given(st.one_of(plain, bracketed))
def test_agrees_with_an_independent_parser(formula: str) -> None:
    assert formulas.elements(formula) == Formula(formula).count()


@settings(deadline=None)  # the first call reads the data files
@given(plain, plain)
def test_joining_formulas_adds_their_masses(one: str, two: str) -> None:
    together = formulas.molar_mass(f"({one})({two})")
    assert together == pytest.approx(formulas.molar_mass(one) + formulas.molar_mass(two))


@settings(deadline=None)  # the first call reads the data files
@given(st.text(max_size=20))
def test_any_text_gives_counts_or_a_fault(text: str) -> None:
    with suppress(InputError):
        assert all(n > 0 for n in formulas.elements(text).values())


@pytest.mark.parametrize(
    "text", ["", "zn", "Zn(", "Zn)", "()", "Zn()2", "Zn0", "2Zn", "Zn 2", "Xx2", "A" * 9, "(" * 50]
)
def test_bad_formulas_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        formulas.elements(text)
