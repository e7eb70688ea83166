"""From a check to a result: values, readings, basis, detail."""

from __future__ import annotations

import json

import pytest

from epidot.errors import WorkError
from epidot.papers import paper
from epidot.papers.claims import ClaimResult, judge
from epidot.papers.counts import summary
from epidot.papers.experiments import Experiments
from epidot.papers.table import text
from epidot.papers.verdict import VERDICTS


def result(check: str, value: str = "149", fitted: dict[str, str] | None = None) -> ClaimResult:
    source = paper.from_text(
        "paper: {title: T, year: 2020, licence: none}\n"
        "inputs:\n  a: {value: 2, unit: nm, source: chosen, status: assumed}\n"
        "claims:\n  C001:\n    claim: words\n    where: eq 1\n    subsystem: composition\n    kind: k\n"
        f"    paper_value: {value}\n    unit: nm\n    note: a note\n    check: {check}\n"
    )
    return judge(source.claims[0], source, Experiments(), fitted or {})


def test_a_number_that_rounds_to_the_printed_one() -> None:
    found = result("{value: 74.6 * a}")
    assert (found.verdict, found.basis, found.value) == ("within rounding", "definition", 149.2)
    assert found.detail.endswith("A note.")


def test_a_printed_number_that_does_not_follow_keeps_its_readings() -> None:
    found = result('{value: 71.6 * a, follows: false, readings: [{with: "a = 2.08", value: 71.6 * 2.08}]}')
    assert found.verdict == "not as stated"
    assert found.value == pytest.approx(143.2)
    assert "a = 2.08 gives 148.9" in found.detail


def test_a_reading_must_give_the_printed_number() -> None:
    with pytest.raises(WorkError, match="gives 120"):
        result("{value: 143, follows: false, readings: [{with: nonsense, value: 60 * a}]}")


def test_a_number_declared_not_to_follow_must_not() -> None:
    with pytest.raises(WorkError, match="declared not to follow"):
        result("{value: 149, follows: false}")


def test_named_formulas_are_evaluated_only_when_read() -> None:
    found = result(
        '{let: {x: 3 * a, never: 1 / 0}, value: "[x, x + a]", expect: [6, 8], detail: "x is {x:.1f}"}'
    )
    assert found.verdict == "reproduced"
    assert found.value == [6.0, 8.0]
    assert "X is 6.0." in found.detail


def test_holds_gives_a_truth_value_with_its_numbers() -> None:
    found = result('{let: {x: 3 * a}, holds: x > 5, detail: "x is {x:.1f}"}', "above five")
    assert (found.value, found.verdict) == (True, "reproduced")
    assert result("{holds: a > 5}", "above five").verdict == "conflict"


def test_the_error_of_the_inputs_counts_as_rounding() -> None:
    assert result("{value: 149.6}").verdict == "nearly"
    found = result("{value: 149.6, sigma: 0.1 * a}")
    assert (found.verdict, found.sigma) == ("within rounding", pytest.approx(0.2))


def test_what_was_fitted_is_never_predicted() -> None:
    predicted = "{value: 149, basis: predicted}"
    assert result(predicted).basis == "predicted"
    assert result(predicted, fitted={"C001": "Ea_x"}).basis == "calibrated"
    restated = "{value: 149, basis: predicted, restates: [C012]}"
    assert result(restated, fitted={"C012": "Ea_x"}).basis == "calibrated"
    put_in = result("{value: 149, basis: predicted, calibrated: it stands in the file}")
    assert put_in.basis == "calibrated"
    assert "Put in: it stands in the file." in put_in.detail


def test_words_of_the_model_make_a_prediction() -> None:
    found = result("{value: \"mechanism.count(consumes=['nothing such'])\", expect: 0}", "none")
    assert (found.basis, found.verdict) == ("predicted", "reproduced")


def test_not_yet_says_what_is_missing() -> None:
    found = result("{not_yet: {needs: halide transport}}")
    assert (found.verdict, found.value, found.basis) == ("not yet", None, "definition")
    assert "halide transport" in found.detail


def test_a_check_that_fails_is_never_called_not_yet() -> None:
    with pytest.raises(ZeroDivisionError):
        result("{value: 1 / (a - 2)}")


def test_json_keeps_the_contract() -> None:
    found = result("{value: 149.2}").to_json()
    assert list(found) == [
        "id",
        "claim",
        "paper_value",
        "unit",
        "value",
        "sigma",
        "verdict",
        "basis",
        "detail",
        "engines",
    ]
    json.dumps(found)


def test_summary_counts_every_verdict() -> None:
    results = [result("{value: 149.2}"), result("{not_yet: {needs: x}}")]
    counts = summary(results)
    assert set(counts) == set(VERDICTS)
    assert (counts["within rounding"], counts["not yet"], sum(counts.values())) == (1, 1, 2)
    assert "2 claims: 1 within rounding, 1 not yet" in text(results)
