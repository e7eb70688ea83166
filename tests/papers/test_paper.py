"""Papers as data: what the file must hold, and what is said of one that does not."""

from __future__ import annotations

import pytest

from epidot.errors import InputError
from epidot.papers import paper

HEADER = "paper: {title: T, year: 2020, licence: none}\n"


def claim(check: str, value: str = "149") -> str:
    return (
        f"{HEADER}inputs:\n  a: {{value: 2, unit: nm, source: chosen, status: assumed}}\n"
        "claims:\n  C001:\n    claim: words\n    where: eq 1\n    subsystem: composition\n    kind: k\n"
        f"    paper_value: {value}\n    check: {check}\n"
    )


IDS = (
    [f"C{i:03d}" for i in range(1, 136)]
    + [f"Y{i:03d}" for i in range(1, 64)]
    + [f"X{i:03d}" for i in range(1, 5)]
)


def test_every_claim_stands_in_the_papers_exactly_once() -> None:
    found = [c.id for key in paper.shipped() for c in paper.paper(key).claims]
    assert len(found) == 202
    assert sorted(found) == sorted(IDS)


@pytest.mark.parametrize(
    ("key", "letter", "number"), [("choi2023", "C", 135), ("yuan2023", "Y", 63), ("both", "X", 4)]
)
def test_each_paper_holds_its_own(key: str, letter: str, number: int) -> None:
    found = paper.paper(key).claims
    assert len(found) == number
    assert all(c.id.startswith(letter) and c.paper == key for c in found)


def test_header_names_the_paper() -> None:
    assert paper.paper("choi2023").header["doi"] == "10.1038/s41467-022-35731-2"
    assert paper.paper("yuan2023").header["doi"] == "10.1039/d3sc04136k"
    for key in paper.shipped():
        assert {"title", "year", "licence"} <= set(paper.paper(key).header)


def test_a_claim_without_its_own_number_says_what_it_is_held_against() -> None:
    for key in paper.shipped():
        for c in paper.paper(key).claims:
            assert c.claim
            assert c.where
            assert c.paper_value is not None, c.id
            targets = c.check.targets if isinstance(c.check.targets, tuple) else (c.check.targets,)
            if c.check.value is not None and any(t.band for t in targets):
                assert c.check.because, f"{c.id}: a band needs its reason"


def test_inputs_are_read_with_source_and_status() -> None:
    found = paper.from_text(claim("{value: 2 * a}")).inputs["a"]
    assert (found.value, found.unit, found.status) == (2.0, "nm", "assumed")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("{value: 2 * b}", "unknown name in a formula, saw 'b'"),
        ("{value: compositon.anions_per_core(1)}", "nearest valid: composition.anions_per_core"),
        ("{valu: 1}", "unknown key, saw 'valu'; nearest valid: value"),
        ("{value: 1, holds: 1 < 2}", "exactly one of value, holds, not_yet"),
        ("{}", "exactly one of value, holds, not_yet"),
        ("{not_yet: {}}", "says what it needs"),
        ("{value: 1, band: [1, 2], tolerance: 3}", "not both"),
        ("{value: 1, band: [2, 1], because: x}", "from low to high"),
        ("{value: 1, band: [null, null], because: x}", "at least one side"),
        (
            "{value: 1, basis: guessed}",
            "check basis: not one of the choices, saw 'guessed'; nearest valid: definition",
        ),
        ("{value: 1, follows: maybe}", "follows is true or false"),
        ("{value: 1, readings: [{value: 2}]}", "a reading is"),
        ("{value: 1, expect: [1, 2], tolerance: [1]}", "cannot read what the value is held against"),
        ("[1]", "expected a mapping"),
    ],
)
def test_faults_are_named_with_their_line(check: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        paper.from_text(claim(check))
    assert message in str(caught.value)
    assert all(f.line and f.line >= 5 for f in caught.value.faults)


def test_a_wordy_number_needs_something_to_be_held_against() -> None:
    with pytest.raises(InputError, match="a wordy paper_value needs an expect or a band"):
        paper.from_text(claim("{value: 1}", "about a hundred"))


def test_all_faults_of_a_file_come_at_once() -> None:
    text = (
        "paper: {title: T}\ninputs: {a: {value: x, unit: nm, source: s, status: guess}}\n"
        "claims:\n  c1: {claim: words}\n  C002: {claim: w, where: x, kind: k, check: {value: z}}\n"
    )
    with pytest.raises(InputError) as caught:
        paper.from_text(text)
    said = str(caught.value)
    for part in (
        "year",
        "licence",
        "a: value must be a number, saw 'x'",
        "a: undeclared source, saw 's'",
        "a: unknown status, saw 'guess'",
        "a claim id is",
        "saw 'z'",
        "lacks a field",
    ):
        assert part in said


def test_duplicate_ids_are_refused() -> None:
    one = "  C001: {claim: w, where: x, subsystem: s, kind: k, paper_value: 1, check: {value: 1}}\n"
    with pytest.raises(InputError, match="duplicate key"):
        paper.from_text(HEADER + "claims:\n" + one + one)


def test_unknown_paper_gives_the_nearest() -> None:
    with pytest.raises(InputError, match="nearest valid: choi2023"):
        paper.paper("choi2032")
