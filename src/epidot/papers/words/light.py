"""Light of the dots that a paper's file describes."""

from __future__ import annotations

import numpy as np

from epidot.papers.experiments import Experiments, read_light
from epidot.papers.words.registry import word


@word("light", model=True, bench=True)
def light(bench: Experiments, dot: str, quantity: str) -> float:
    """A quantity of light of a described dot."""
    return read_light(bench.light(dot), quantity)


@word("light.outside_core", model=True, bench=True)
def outside_core(bench: Experiments, dot: str) -> float:
    """Probability of the 1S electron outside the core of a described dot."""
    from epidot.light.states import solve_dot

    return 1 - float(np.asarray(solve_dot(bench.described(dot)[0]).P_e)[0])
