"""The words that formulas of a check may call; nothing else can be reached from a paper's file."""

from __future__ import annotations

from epidot.papers.words import (
    arithmetic,
    chemistry,
    equations,
    flasks,
    instruments,
    light,
    recipes,
)
from epidot.papers.words.registry import MODEL_WORDS, WORDS, Word, vocabulary

_LOADED = (arithmetic, equations, recipes, chemistry, flasks, light, instruments)

__all__ = ["MODEL_WORDS", "WORDS", "Word", "vocabulary"]
