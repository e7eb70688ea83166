"""What the instruments read off simulated signals."""

from __future__ import annotations

from typing import Any

import numpy as np

from epidot.papers.experiments import Experiments, population
from epidot.papers.words.registry import word

_SEED = 20230043  # simulated noise is the same every time


@word("measure.valley_depth", model=True, bench=True)
def valley_depth(bench: Experiments, dot: str) -> float:
    """Valley depth that uvvis reads off the simulated absorption of a described dot."""
    return _read(bench, dot, "uvvis", "valley_depth")


def _read(bench: Experiments, dot: str, technique: str, quantity: str) -> float:
    from epidot.instruments import instrument

    tool = instrument(technique)
    signal = tool.simulate(population(*bench.described(dot)), rng=np.random.default_rng(_SEED))
    found: Any = tool.measure(signal)[quantity]
    if found.value is None:
        raise ValueError(f"{technique} finds no {quantity}: {found.note}")
    return float(found.value)
