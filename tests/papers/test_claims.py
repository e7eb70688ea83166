"""Claims that need no run (equations, arithmetic of recipes, constants), and how claims are asked for."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from epidot.dot import composition
from epidot.errors import InputError, WorkError
from epidot.mechanism import load as mechanisms
from epidot.papers import words
from epidot.papers.claims import ClaimResult, evaluate
from epidot.papers.fitted import fitted_claims, in_file
from epidot.papers.paper import paper, shipped
from epidot.papers.table import text
from epidot.runs import run


def one(claim: str) -> ClaimResult:
    (found,) = evaluate(ids=[claim])
    return found


@pytest.mark.parametrize(
    ("claim", "value", "error", "verdict"),
    [
        ("C004", 143.2, 0.05, "not as stated"),
        ("C010", 4.006, 0.0005, "within rounding"),
        ("C016", 141.3, 0.05, "not as stated"),
        ("C024", 0.00658, 5e-6, "not as stated"),
        ("C006", 214.56, 1e-9, "within rounding"),
        ("C011", 72.5, 0.05, "within rounding"),
        ("C019", 126, 1e-9, "reproduced"),
        ("C048", 7.84, 0.02, "not as stated"),
        ("C118", 746, 2, "not as stated"),
        ("Y040", 1.8, 0.01, "within rounding"),
    ],
)
def test_equations_give_what_they_give(claim: str, value: float, error: float, verdict: str) -> None:
    found = one(claim)
    assert found.value == pytest.approx(value, abs=error)
    assert (found.verdict, found.basis) == (verdict, "definition")


def test_eq_4_both_ways() -> None:
    shift, back = one("C021").value
    assert 100 * shift == pytest.approx(2.46, abs=0.005)
    assert back == pytest.approx(-0.00646, abs=5e-6)


@pytest.mark.parametrize(
    ("claim", "reading"),
    [
        ("C004", "d = 2.432 nm gives 149"),
        ("C016", "d = 2.42 nm, layer d111 = 0.3273 nm gives 171"),
        ("C016", "d = 2.40 nm, layer 0.33 nm, a = 0.5668 nm gives 170.6"),
        ("C016", "outer diameter rounded to 3.08 nm gives 170.8"),
        ("C024", "-0.03386 gives -0.006457"),
        ("C048", "5.86 and 5.41 Å gives 7.679"),
        ("C001", "2.4 nm as a diameter gives 18.1"),
        ("C027", "gives 7"),
    ],
)
def test_documented_alternatives_give_the_printed_numbers(claim: str, reading: str) -> None:
    assert reading in one(claim).detail


def test_the_test_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    right = composition.ligand_coverage
    monkeypatch.setattr(composition, "ligand_coverage", lambda *args: 1.05 * right(*args))
    assert one("C010").verdict == "nearly"
    monkeypatch.setattr(composition, "ligand_coverage", lambda *args: 2 * right(*args))
    assert one("C010").verdict == "conflict"


def test_a_broken_equation_breaks_its_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    right = composition.anions_per_core
    monkeypatch.setattr(composition, "anions_per_core", lambda *args: 1.05 * right(*args))
    with pytest.raises(WorkError, match=r"claim C004: .*reading"):
        one("C004")


def test_a_single_claim_runs_no_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a recipe was run")

    monkeypatch.setattr(run, "run_flask", refuse)
    assert [r.id for r in evaluate("choi2023", ["C116", "C004"])] == ["C004", "C116"]


def test_unknown_ids_and_papers_are_named_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        evaluate(ids=["C004", "C999", "Z1"])
    assert [f.seen for f in caught.value.faults] == ["C999", "Z1"]
    with pytest.raises(InputError, match="no such claim in yuan2023, saw 'C004'"):
        evaluate("yuan2023", ["C004"])
    with pytest.raises(InputError, match="nearest valid: yuan2023"):
        evaluate("yuan")


def test_a_fitted_parameter_names_its_claims_itself_or_through_its_source() -> None:
    text = (
        "sources: {fit: least squares on C012 and C017}\n"
        "parameters:\n  a: {value: 1, status: fitted, source: fit}\n"
        "  b: {value: 1, status: fitted, source: own, note: chosen on Y020}\n"
        "  c: {value: 1, status: assumed, source: fit, note: C099}\n"
    )
    assert in_file(text, "m.yaml", ("fitted",)) == {"a": ["C012", "C017"], "b": ["Y020"]}
    assert set(in_file(text, "m.yaml")["c"]) == {"C012", "C017", "C099"}


def test_ids_of_a_readers_own_paper_count_as_well() -> None:
    text = "parameters:\n  a: {value: 1, status: fitted, source: least squares on K017 and C012}\n"
    assert in_file(text, "m.yaml") == {"a": ["K017", "C012"]}


def test_a_width_of_the_same_name_hides_no_claim() -> None:
    text = (
        "parameters:\n  D: {value: 1, status: fitted, source: 'x: Y037'}\n"
        "widths:\n  D: {value: 2, status: assumed, source: chosen}\n"
    )
    assert in_file(text, "halide.yaml") == {"D": ["Y037"]}


def test_every_fitted_number_of_a_mechanism_names_claims() -> None:
    for name in mechanisms.shipped():
        file = resources.files("epidot") / "data" / "mechanisms" / f"{name}.yaml"
        for parameter, claims in in_file(file.read_text(encoding="utf-8"), name, ("fitted",)).items():
            assert claims, f"{name}: {parameter} is fitted but does not say on which claims"


def test_fitted_claims_come_from_the_parameter_files() -> None:
    for claim, names in fitted_claims().items():
        assert claim[0] in "CXY"
        assert names


def test_text_shows_paper_and_epidot_side_by_side() -> None:
    said = text([one("C004"), one("C085")])
    assert "C004  not as stated  (definition)" in said
    assert "paper 149  epidot 143.2" in said
    assert "C085  reproduced  (definition)" in said
    assert "2 claims: 1 reproduced, 1 not as stated; answers rest on: 2 definition" in said


def test_no_claim_is_left_unanswered() -> None:
    waiting = [c.id for key in shipped() for c in paper(key).claims if c.check.needs]
    assert waiting == []


def test_documentation_lists_every_word() -> None:
    page = Path(__file__).parents[2] / "docs" / "claims.md"
    assert words.table() in page.read_text(encoding="utf-8"), "renew the table of words in docs/claims.md"
