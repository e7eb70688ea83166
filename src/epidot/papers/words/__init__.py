"""The words that formulas of a check may call; nothing else can be reached from a paper's file."""

from __future__ import annotations

from epidot.papers.words import (
    arithmetic,
    chemistry,
    diffusion,
    equations,
    flasks,
    instruments,
    light,
    recipes,
    resonance,
)
from epidot.papers.words.registry import (
    MODEL_WORDS,
    PUT_IN_WORDS,
    READ_WORDS,
    RUN_WORDS,
    WORDS,
    NoValue,
    Word,
    vocabulary,
)

_LOADED = (arithmetic, equations, recipes, chemistry, diffusion, flasks, light, instruments, resonance)

__all__ = [
    "MODEL_WORDS",
    "PUT_IN_WORDS",
    "READ_WORDS",
    "RUN_WORDS",
    "WORDS",
    "NoValue",
    "Word",
    "table",
    "vocabulary",
]


def table() -> str:
    """The words as a table in Markdown, for docs/claims.md."""
    rows = ["| word | gives | |", "|---|---|---|"]
    rows += [
        f"| `{name}` | {w.summary} | {'model' if w.model else 'put in' if w.put_in else ''} |"
        for name, w in sorted(WORDS.items())
    ]
    return "\n".join(rows)
