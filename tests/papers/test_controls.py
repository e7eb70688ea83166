"""A trend is asked of a control too, where its cause is absent; what both show is not decided."""

from __future__ import annotations

import pytest

from epidot.errors import InputError
from epidot.papers import paper
from epidot.papers.claims import ClaimResult, judge
from epidot.papers.experiments import Experiments
from epidot.papers.paper import Claim
from epidot.papers.verdict import Target, shows


def claim(check: str) -> paper.Paper:
    return paper.from_text(
        "paper: {title: T, year: 2020, licence: none}\n"
        "inputs:\n  a: {value: 2, unit: nm, source: chosen, status: assumed}\n"
        "claims:\n  C001:\n    claim: words\n    where: eq 1\n    subsystem: composition\n    kind: k\n"
        f"    paper_value: up\n    check: {check}\n"
    )


def result(check: str) -> ClaimResult:
    source = claim(check)
    return judge(source.claims[0], source, Experiments(), {})


UP = "{let: {x: 3 * a, y: a}, value: x - y, band: [0, null], because: up, control: %s}"


def test_a_trend_whose_control_fails_stands() -> None:
    found = result(UP % "{without: a cause, let: {x: a / 2}}")
    assert found.verdict == "reproduced"
    assert "The control, without a cause, gives -1 and fails, as it must." in found.detail


def test_a_trend_that_its_control_shows_too_is_not_decided() -> None:
    found = result(UP % "{without: a cause, let: {x: a + 1}}")
    assert found.verdict == "not decided"
    assert "gives 1 and passes too: not decided by this" in found.detail


def test_nothing_has_no_sign() -> None:
    """A control that changes nothing shows no trend, though zero lies in the band."""
    assert result(UP % "{without: a cause, let: {x: y}}").verdict == "reproduced"
    assert not shows(1.0, Target(band=(None, 1.0)))
    assert shows(0.9, Target(band=(None, 1.0)))
    assert not shows([2.0, 0.0], [Target(band=(1.0, 3.0)), Target(band=(0.0, None))])


def test_a_conflict_stays_one_whatever_its_control_says() -> None:
    down = UP.replace("[0, null]", "[null, -9]") % "{without: a cause, let: {x: -99 * a}}"
    assert result(down).verdict == "conflict"


def test_a_trend_without_a_control_says_why() -> None:
    found = result(UP % "{none: nobody has made such a dot}")
    assert (found.verdict, "No control: nobody has made such a dot." in found.detail) == ("reproduced", True)


@pytest.mark.parametrize(
    ("control", "message"),
    [
        ("{without: a cause}", "a control is {without: what is absent, let"),
        ("{let: {x: a}}", "a control is {without: what is absent, let"),
        ("{without: w, let: {z: a}}", "a control replaces named formulas of its check, saw 'z'"),
        ("{without: w, none: n}", "not both"),
        ("{without: w, let: {x: b}}", "unknown name in a formula, saw 'b'"),
    ],
)
def test_faults_of_a_control_are_named(control: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        claim(UP % control)


def trends() -> list[Claim]:
    return [c for key in paper.shipped() for c in paper.paper(key).claims if c.check.is_trend]


def test_every_trend_of_the_papers_has_a_control_or_says_why_not() -> None:
    assert len(trends()) > 40
    assert [c.id for c in trends() if c.check.control is None] == []


def test_most_controls_are_real_ones() -> None:
    without = [c.id for c in trends() if c.check.control is not None and c.check.control.none]
    assert len(without) <= len(trends()) / 5, without


def test_only_the_words_that_are_judged_make_a_trend() -> None:
    told = claim("{let: {x: \"run('r', 's', 'q')\"}, holds: a > 1, detail: '{x:.1f}'}").claims[0].check
    asked = claim("{let: {x: \"run('r', 's', 'q')\", y: 2 * x}, holds: y > 1}").claims[0].check
    assert (told.is_trend, asked.is_trend) == (False, True)
    assert asked.judged == {"run"}
