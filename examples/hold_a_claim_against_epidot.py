"""Is it true what the paper says?

Five claims of Choi et al. (2023), each held against what epidot gives: two that do not follow from the
paper's own inputs (and the readings that would give them), one that follows, one about the recipe, and
where the first exciton of 2.4 nm InP lies, which the model predicts. A verdict says on what it rests; a
claim that a parameter was fitted on is never called predicted.
"""

from __future__ import annotations

from epidot import claims


def shown(value: object) -> str:
    """A number, or a list of them, to four digits."""
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


for result in claims("choi2023", ["C004", "C016", "C010", "C100", "C002"]):
    print(f"{result.id}  {result.claim}")
    print(f"      paper {result.paper_value}, epidot {shown(result.value)} {result.unit}")
    print(f"      {result.verdict} ({result.basis})")
    if result.detail:
        print(f"      {result.detail}")
