"""What a fit is told of its parameters: texts of the command line, names with and without units."""

from __future__ import annotations

import pytest

from epidot.errors import InputError
from epidot.signal.limits import parsed, placed

UNITS = {"counts1": "counts", "tau1_ns": "ns", "tau2_ns": "ns", "beta": "1"}


def test_texts_with_units_and_commas() -> None:
    limits = parsed(["tau1=4200ps, beta=0.7"], ["tau2=10ns:0.08us"], ["tau1,beta"])
    found = placed(limits, UNITS, 2)
    assert found.held["tau1_ns", 0] == pytest.approx(4.2)
    assert found.held["beta", 1] == 0.7
    assert found.bounds["tau2_ns", 1] == (pytest.approx(10), pytest.approx(80))
    assert found.shared == {"tau1_ns", "beta"}


def test_one_curve_alone() -> None:
    found = placed(parsed(["tau1[2]=5"], [], []), UNITS, 3)
    assert dict(found.held) == {("tau1_ns", 1): 5.0}


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ((["tau1"], [], []), "cannot read what is to be fixed"),
        (([], ["tau1=5"], []), "cannot read a bound"),
        ((["tau1=1", "tau1=2"], [], []), "fixed twice"),
        ((["tau1=1"], ["tau1=1:2"], []), "fixed and bounded"),
        ((["tau9=1"], [], []), "no such parameter, saw 'tau9'; nearest valid: tau"),
        ((["tau1=red"], [], []), "is to be a number"),
        ((["beta=3ns"], [], []), "has no such unit"),
        (([], ["tau1=5:2"], []), "hold nothing"),
        ((["tau1[7]=5"], [], []), "no such curve"),
        (([], [], ["tau1[2]"]), "belongs to all curves"),
        ((["tau1[2]=5"], [], ["tau1"]), "is shared"),
    ],
)
def test_refusals_say_what_and_where(texts: tuple[list[str], list[str], list[str]], says: str) -> None:
    with pytest.raises(InputError) as error:
        placed(parsed(*texts), UNITS, 3)
    assert says in str(error.value)
