"""The claims that one recipe touches, for the report of its run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from epidot.papers import paper as papers
from epidot.papers.claims import ClaimResult, evaluate
from epidot.papers.paper import Claim
from epidot.synthesis import recipe as recipes


def touched_by(recipe: str) -> list[ClaimResult]:
    """The claims whose checks carry out ``recipe`` and no other, evaluated; empty for a recipe of one's own.

    A claim that also needs other recipes is not shown: answering it would mean running those too
    (``epidot claims --id`` does).
    """
    known = set(recipes.shipped())
    if recipe not in known:
        return []
    ids = [
        claim.id
        for key in papers.shipped()
        for claim in papers.paper(key).claims
        if _needs(claim, known) == {recipe}
    ]
    return evaluate(ids=ids) if ids else []


def _needs(claim: Claim, known: set[str]) -> set[str]:
    """The shipped recipes a claim's check names."""
    return {text for text in _texts(claim) if text in known}


def _texts(claim: Claim) -> Iterator[str]:
    check = claim.check
    formulas = [*check.let.values(), *(f for f in (check.value, check.sigma) if f is not None)]
    for formula in formulas:
        for node in ast.walk(formula.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
