"""How many claims got which verdict, and what their answers rest on."""

from __future__ import annotations

from collections.abc import Iterable

from epidot.papers.basis import BASES
from epidot.papers.claims import ClaimResult
from epidot.papers.verdict import VERDICTS


def summary(results: Iterable[ClaimResult]) -> dict[str, int]:
    """How many claims got which verdict (all seven, also those with none)."""
    counts = dict.fromkeys(VERDICTS, 0)
    for r in results:
        counts[r.verdict] += 1
    return counts


def verdicts_by_basis(results: Iterable[ClaimResult]) -> dict[str, dict[str, int]]:
    """The verdicts of answered claims, counted apart for each basis."""
    counts: dict[str, dict[str, int]] = {basis: dict.fromkeys(VERDICTS, 0) for basis in BASES}
    for r in results:
        if r.answered:
            counts[r.basis][r.verdict] += 1
    return counts
