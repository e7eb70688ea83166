"""The page of claims: the papers' sentences, and what epidot says to each once it was asked."""

from __future__ import annotations

from typing import Any

from epidot.papers import paper as papers
from epidot.papers.verdict import VERDICTS
from epidot.recipe import recipe as recipes
from epidot.web import scripts
from epidot.web.sandbox import Sandbox


def words(box: Sandbox) -> dict[str, Any]:
    """Every claim of every paper as it is printed, with the shipped recipes that its check runs."""
    shipped = set(recipes.shipped())
    out = []
    for key in papers.shipped():
        one = papers.paper(key)
        for claim in one.claims:
            out.append(
                {
                    "id": claim.id,
                    "paper": key,
                    "claim": claim.claim,
                    "where": claim.where,
                    "subsystem": claim.subsystem,
                    "paper_value": claim.paper_value,
                    "unit": claim.unit,
                    "recipes": sorted(
                        name
                        for text in claim.check.texts
                        for name in (text, f"{key}/{text}")
                        if name in shipped
                    ),
                    "command": scripts.command("claims", "--id", claim.id),
                    "python": scripts.of_claims([claim.id]),
                }
            )
    return {"claims": out, "verdicts": list(VERDICTS)}
