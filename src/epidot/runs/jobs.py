"""Other processes that take part of the work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from epidot.runs.order import LATTICE, Order

if TYPE_CHECKING:
    from concurrent.futures import Executor


MOST = 4  # with more there are not enough samples to go round
WORTH = 50  # dots; fewer are read before another process has begun


def usual(order: Order) -> int:
    """How many processes, this one included, serve a run unasked."""
    several = order.engine == LATTICE and order.dots >= WORTH
    return min(os.cpu_count() or 1, MOST) if several else 1


@contextmanager
def processes(n: int) -> Iterator[Executor | None]:
    """``n`` processes beside this one, to be closed at the end; ``None`` for none."""
    if n < 1:
        yield None
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Started afresh: a copy of this process would copy whatever its threads hold.
    pool = ProcessPoolExecutor(n, multiprocessing.get_context("spawn"), _leave_interrupts_to_the_first)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_the_first() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
