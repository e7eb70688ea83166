"""The table of claims for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from epidot.papers.answer import IN_WORDS, with_error
from epidot.papers.basis import OWN_RECIPE
from epidot.papers.claims import ClaimResult
from epidot.papers.counts import summary, verdicts_by_basis
from epidot.papers.verdict import VERDICTS
from epidot.runs.order import ENGINES


def text(results: Sequence[ClaimResult]) -> str:
    """One line per claim, its detail below, counts at the end."""
    lines: list[str] = []
    for r in results:
        answered = r.answered
        unit = f" {r.unit}" if r.unit and not isinstance(r.value, list) else ""
        lines.append(f"{r.id}  {_verdicts(r)}{f'  ({r.basis})' if answered else ''}  {r.claim}")
        printed = "-" if r.paper_value is None else str(r.paper_value)
        lines.append(
            f"      paper {printed}" + (f"  epidot {with_error(r.value, r.sigma)}{unit}" if answered else "")
        )
        if r.detail:
            lines.append(f"      {r.detail}")
    return "\n".join([*lines, *_counts(results), *_engines(results)])


def counts(results: Sequence[ClaimResult]) -> dict[str, Any]:
    """Verdicts of all claims, and under ``by basis`` those of the answered ones apart, for programs."""
    return {**summary(results), "by basis": verdicts_by_basis(results)}


def _counts(results: Sequence[ClaimResult]) -> list[str]:
    """The headline: verdicts of all that could have failed, and then apart for what they rest on."""
    rests = verdicts_by_basis(results)
    own = sum(rests[OWN_RECIPE].values())
    tests = [r for r in results if r.basis != OWN_RECIPE or not r.answered]
    line = f"\n{len(tests)} claims: {_counted(summary(tests))}" if tests else "\n0 claims"
    answered = _counted({name: sum(counts.values()) for name, counts in rests.items() if name != OWN_RECIPE})
    lines = [line + (f"; answers rest on: {answered}" if answered else "")]
    if predicted := sum(rests["predicted"].values()):
        lines.append(f"of {predicted} predicted: {_counted(rests['predicted'])}")
    if own:
        one = "1 more only reads" if own == 1 else f"{own} more only read"
        lines.append(f"{one} back our own recipes, or hold{'s' if own == 1 else ''} for any numbers")
    return lines


def _verdicts(r: ClaimResult) -> str:
    """The verdict, with those of the engines where they differ."""
    if len({a.verdict for a in r.answers.values()}) < 2:
        return r.verdict
    return f"{r.verdict}  [" + ", ".join(f"{name}: {a.verdict}" for name, a in r.answers.items()) + "]"


def _engines(results: Sequence[ClaimResult]) -> list[str]:
    """Counts engine by engine, where more than one answered, and the claims they disagree on."""
    lines = []
    for name in ENGINES:
        counts = Counter(r.answers[name].verdict for r in results if name in r.answers)
        if counts:
            said = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if counts[v])
            lines.append(f"{IN_WORDS[name]}, {counts.total()} with recipes that grow dots: {said}")
    differ = [r.id for r in results if len({a.verdict for a in r.answers.values()}) > 1]
    return [*lines, f"the engines differ on: {' '.join(differ)}"] if differ else lines


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items() if n)


__all__ = ["text"]
