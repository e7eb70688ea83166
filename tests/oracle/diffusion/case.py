"""What one verification says."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from epidot.transport.problem import Array


@dataclass(frozen=True)
class Curve:
    """One line of a case's picture: the exact one, and points of the solver."""

    label: str
    x: Array
    exact: Array
    at: Array
    found: Array


@dataclass(frozen=True)
class Case:
    """An exact case.

    ``error`` is the largest error found (relative unless ``asserts`` says otherwise) and ``bound`` what it
    must not exceed; ``order`` the observed order in what ``asserts`` names and ``least_order`` what it must
    reach (``None``: exact on any mesh).  ``printed`` pairs the formula's numbers with others.
    """

    number: int
    title: str
    formula: str
    asserts: str
    error: float
    bound: float
    order: float | None
    least_order: float | None
    x: str
    y: str
    curves: tuple[Curve, ...]
    printed: tuple[tuple[float, float], ...] = field(default=())
    logarithmic: bool = False

    @property
    def holds(self) -> bool:
        """Whether error and order are what is asserted."""
        right = self.order is None or self.least_order is None or self.order >= self.least_order
        return self.error <= self.bound and right


def orders(errors: Sequence[float], ratio: float = 2.0) -> float:
    """Observed order from the last two errors, of meshes (or rates) ``ratio`` apart."""
    return math.log(errors[-2] / errors[-1]) / math.log(ratio)


def ladder(run: Callable[[int], Array], exact: Array, cells: Sequence[int]) -> tuple[Array, list[float]]:
    """The finest result of ``run`` and the largest relative error at each number of cells."""
    errors, found = [], np.zeros(0)
    for n in cells:
        found = run(n)
        errors.append(float(np.max(np.abs(found / exact - 1))))
    return found, errors
