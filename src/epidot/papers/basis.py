"""What the answer to a claim rests on, and how many answers rest on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, get_args

from epidot.papers.paper import Claim
from epidot.papers.verdict import VERDICTS
from epidot.papers.words import MODEL_WORDS, PUT_IN_WORDS
from epidot.parameter import Basis

if TYPE_CHECKING:
    from epidot.papers.claims import ClaimResult

BASES: tuple[Basis, ...] = get_args(Basis)
OWN_RECIPE: Basis = "own recipe"


def basis_of(claim: Claim, fitted: Mapping[str, str]) -> tuple[Basis, str]:
    """What a result rests on, and why: our own recipe read back, fitted on, put in, or none of these.

    ``fitted`` maps claim ids to the parameters fitted on them.  Only the words that the judged value rests on
    count; those of the sentences beside it do not.
    """
    check = claim.check
    model = check.basis == "predicted" or bool(check.judged & MODEL_WORDS)
    if check.basis == OWN_RECIPE or (not model and check.judged & PUT_IN_WORDS):
        return OWN_RECIPE, "this reads back what was put in, or holds for any numbers: no test of epidot"
    for name in (claim.id, *check.restates):
        if model and name in fitted:  # arithmetic and printed equations rest on no fitted number
            return "calibrated", f"calibrated: {_few(fitted[name])} fitted on or chosen with {name}"
    if check.calibrated:
        return "calibrated", f"put in: {check.calibrated}"
    if check.basis == "definition":
        return "definition", ""
    return ("predicted", "") if model else ("definition", "")


def _few(names: str, most: int = 4) -> str:
    """The first of a list of names, and how many more."""
    each = names.split(", ")
    return names if len(each) <= most else f"{', '.join(each[:most])} and {len(each) - most} more"


def summary(results: Iterable[ClaimResult]) -> dict[str, int]:
    """How many claims got which verdict (all seven, also those with none)."""
    counts = dict.fromkeys(VERDICTS, 0)
    for r in results:
        counts[r.verdict] += 1
    return counts


def by_basis(results: Iterable[ClaimResult]) -> dict[str, int]:
    """How many *answered* claims rest on what."""
    return {basis: sum(counts.values()) for basis, counts in verdicts_by_basis(results).items()}


def verdicts_by_basis(results: Iterable[ClaimResult]) -> dict[str, dict[str, int]]:
    """The verdicts of answered claims, counted apart for each basis."""
    counts: dict[str, dict[str, int]] = {basis: dict.fromkeys(VERDICTS, 0) for basis in BASES}
    for r in results:
        if r.verdict != "not yet":
            counts[r.basis][r.verdict] += 1
    return counts
