"""What an answer rests on: our own recipe read back is no test of epidot and leaves the headline."""

from __future__ import annotations

from epidot.papers import paper
from epidot.papers.claims import evaluate
from epidot.papers.counts import verdicts_by_basis
from epidot.papers.table import text


def test_what_was_put_in_is_our_own_recipe() -> None:
    found = {r.id: r.basis for r in evaluate(ids=["C114", "C044", "C112", "Y041", "C010", "C085"])}
    assert found == dict.fromkeys(["C114", "C044", "C112", "Y041"], "own recipe") | dict.fromkeys(
        ["C010", "C085"], "definition"
    )


def test_own_recipes_are_counted_apart() -> None:
    results = evaluate(ids=["C010", "C114", "C101"])
    counted = {basis: sum(counts.values()) for basis, counts in verdicts_by_basis(results).items()}
    assert counted == {"definition": 1, "own recipe": 2, "calibrated": 0, "predicted": 0}
    assert verdicts_by_basis(results)["own recipe"]["reproduced"] == 2
    said = text(results)
    assert "1 claims: 1 within rounding; answers rest on: 1 definition" in said
    assert "2 more only read back our own recipes, or hold for any numbers" in said


def test_no_claim_that_reads_only_recipes_is_called_anything_else() -> None:
    for key in paper.shipped():
        for claim in paper.paper(key).claims:
            words = claim.check.judged
            if words and all(w.startswith("recipe.") for w in words):
                (found,) = evaluate(ids=[claim.id])
                assert found.basis == "own recipe", claim.id
