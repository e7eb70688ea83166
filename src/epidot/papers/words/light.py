"""Light of the dots that a paper's file describes."""

from __future__ import annotations

from epidot.papers.experiments import Experiments
from epidot.papers.words.registry import word


@word("light", model=True, experiments=True)
def light(experiments: Experiments, dot: str, quantity: str) -> float:
    """A quantity of light of a described dot."""
    return experiments.light(dot, quantity)
