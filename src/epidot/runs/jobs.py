"""How many processes serve a run."""

from __future__ import annotations

import os

from epidot.runs.order import LATTICE, Order

MOST = 4  # with more there are not enough samples to go round
WORTH = 50  # dots; fewer are read before another process has begun


def usual(order: Order, interval: bool = False) -> int:
    """How many processes, this one included, serve a run unasked; intervals are worth any number."""
    several = interval or (order.engine == LATTICE and order.dots >= WORTH)
    return min(os.cpu_count() or 1, MOST) if several else 1
