"""The claims that one recipe touches, for the report of its run."""

from __future__ import annotations

from epidot.papers import paper as papers
from epidot.papers.claims import ClaimResult, evaluate
from epidot.papers.engines import MEAN_FIELD
from epidot.papers.paper import Claim
from epidot.recipe import recipe as recipes


def touched_by(recipe: str) -> list[ClaimResult]:
    """The claims whose checks carry out ``recipe`` and no other, evaluated; empty for a recipe of one's own.

    A claim that also needs other recipes is not shown: answering it would mean running those too
    (``epidot claims --id`` does).  The answers are those in mean field.
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
    return evaluate(ids=ids, engine=MEAN_FIELD) if ids else []


def _needs(claim: Claim, known: set[str]) -> frozenset[str]:
    """The shipped recipes a claim's check names."""
    return claim.check.texts & known
