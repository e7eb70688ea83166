"""Cases of ``benchmarks/coverage_tables.py``: one module per instrument, each with a list ``CASES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from epidot.quantities import Quantities


@dataclass(frozen=True)
class Case:
    """One kind of data: the true values, and a function that draws its noise and measures it.

    A quantity without value or error in a measurement counts as withheld.
    """

    name: str
    truths: Mapping[str, float]
    measured: Callable[[np.random.Generator], Quantities]
