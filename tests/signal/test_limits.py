"""What a fit is told of its parameters: texts of the command line, names with and without units."""

from __future__ import annotations

import math

import pytest

from epidot.errors import InputError
from epidot.signal.limits import Term, parsed, placed

TERMS = [
    Term("counts1", "counts", 1.0, 0.0, math.inf),
    Term("tau1_ns", "ns", 1.0, 1e-3, 1e5, "log"),
    Term("tau2_ns", "ns", 1.0, 1e-3, 1e5, "log"),
    Term("beta", "1", 1.0, 0.2, 1.0),
    Term("spread", "1", 0.1, 0.0, math.sqrt(0.95), "square"),
    Term("shift_ns", "ns", 0.0, -math.inf, math.inf),
]


def test_texts_with_units_and_commas() -> None:
    limits = parsed(["tau1=4200ps, beta=0.7"], ["tau2=10ns:0.08us"], ["tau1,beta"])
    found = placed(limits, [TERMS] * 2)
    assert found.held["tau1_ns", 0] == pytest.approx(4.2)
    assert found.held["beta", 1] == 0.7
    assert found.bounds["tau2_ns", 1] == (pytest.approx(10), pytest.approx(80))
    assert found.shared == {"tau1_ns", "beta"}


def test_one_curve_alone() -> None:
    found = placed(parsed(["tau1[2]=5"], [], []), [TERMS] * 3)
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
        ((["shift=1e999"], [], []), "is to be a number"),
        (
            (["beta=1.5"], [], []),
            "beta lies outside its domain, 0.2 to 1, saw 'beta=1.5'; give a value inside it",
        ),
        ((["tau1=0"], [], []), "tau1_ns lies outside its domain, 0.001 to 1e+05 ns, saw 'tau1=0'"),
        ((["counts1=-1"], [], []), "outside its domain, 0 counts or more"),
        (([], ["beta=1.2:2"], []), "saw 'beta=1.2:2'; give a range inside it"),
        (([], ["beta=0.5:2"], []), "saw 'beta=0.5:2'; write beta=0.5:1"),
        ((["spread=0.975"], [], []), "domain, 0 to 0.9746,"),
    ],
)
def test_refusals_say_what_and_where(texts: tuple[list[str], list[str], list[str]], says: str) -> None:
    with pytest.raises(InputError) as error:
        placed(parsed(*texts), [TERMS] * 3)
    assert says in str(error.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        placed(parsed(["beta=-1", "tau1=0"], ["tau2=0:9", "spread=2:3"], []), [TERMS])
    assert [f.seen for f in error.value.faults] == ["beta=-1", "tau1=0", "tau2=0:9", "spread=2:3"]


def test_the_edges_of_a_domain_belong_to_it() -> None:
    found = placed(
        parsed(["beta=1", "tau1=0.001", "spread=0.9746", "counts1=0"], ["shift=-1e9:1e9"], []), [TERMS]
    )
    assert found.held["beta", 0] == 1.0
    assert found.held["spread", 0] == 0.9746


def test_curves_of_other_windows_have_other_domains() -> None:
    short = [Term("tau1_ns", "ns", 1.0, 1e-3, 10.0, "log")]
    with pytest.raises(InputError, match=r"0\.001 to 10 ns"):
        placed(parsed(["tau1=50"], [], []), [TERMS, short])
    assert placed(parsed(["tau1[1]=50"], [], []), [TERMS, short]).held == {("tau1_ns", 0): 50.0}
