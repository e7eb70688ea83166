"""How many processes serve a run."""

from __future__ import annotations

import os

from epidot.mechanism import load as mechanisms
from epidot.runs.engines import dots_grow
from epidot.runs.order import LATTICE, Order, dots_asked

MOST = 4  # with more there are not enough samples to go round
WORTH = 50  # dots; fewer are read before another process has begun
_ALIKE = 500  # the same where none grows: they are alike but for their size, and soon read


def usual(order: Order, interval: bool = False) -> int:
    """How many processes, this one included, serve a run unasked; intervals are worth any number."""
    several = interval or (order.engine == LATTICE and order.dots >= _worth(order))
    return min(os.cpu_count() or 1, MOST) if several else 1


def _worth(order: Order) -> int:
    """The dots from which other processes are worth their start."""
    grown = dots_grow(order.recipe, mechanisms.load(order.mechanism))
    return WORTH if grown or dots_asked(order.states) else _ALIKE
