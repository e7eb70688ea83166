"""What the answer to a claim rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from epidot.papers.paper import Claim
from epidot.papers.words import MODEL_WORDS, PUT_IN_WORDS
from epidot.parameter import Basis

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
