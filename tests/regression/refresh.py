"""Writes the pins anew and prints every value that moves: ``python tests/regression/refresh.py``.

Takes some minutes.  What moves belongs into the commit's message with its reason.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from pins import DOTS, HERE, SEED, flow, moved, pinned, read, samples

from epidot.papers.claims import evaluate
from epidot.recipe import recipe as recipes

HEADS = {
    "claims": "# Every claim in mean field, and on the lattice (kmc) where dots grow.\n",
    "recipes": f"# Key quantities of every shipped recipe, {DOTS} dots, seed {SEED}, by both engines.\n",
}
NEVER_BY_HAND = "# Written by `python tests/regression/refresh.py`, never by hand.\n"


def all_claims() -> dict[str, Any]:
    """Every claim by both engines."""
    found = {result.id: pinned(result) for result in evaluate(engine="meanfield")}
    for result in evaluate(engine="kmc"):
        if result.answers or result.refused:
            found[result.id]["kmc"] = pinned(result)
    return found


def all_recipes() -> dict[str, Any]:
    """Every shipped recipe by both engines."""
    return {
        engine: {name: samples(name, engine) for name in recipes.shipped()} for engine in ("meanfield", "kmc")
    }


def write(name: str, found: dict[str, Any]) -> None:
    """One line per claim, or per sample of a recipe."""
    lines = [HEADS[name], NEVER_BY_HAND]
    if name == "claims":
        lines += [f"{key}: {flow(value)}\n" for key, value in found.items()]
    else:
        for engine, each in found.items():
            lines.append(f"{engine}:\n")
            for recipe, taken in each.items():
                lines.append(f"  {recipe}:\n")
                lines += [f"    {flow(sample)}: {flow(value)}\n" for sample, value in taken.items()]
    (HERE / f"{name}.yaml").write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Compute, compare, say, write."""
    for name, compute in (("claims", all_claims), ("recipes", all_recipes)):
        before = read(name) if (HERE / f"{name}.yaml").exists() else {}
        now = compute()
        lines = moved(before, now)
        print("\n".join(lines) if before else f"{name}: pinned for the first time")
        print(f"{name}: {len(lines)} values moved")
        write(name, now)


if __name__ == "__main__":
    main()
