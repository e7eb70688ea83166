"""Other processes that take part of the work."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor


def processes(n: int) -> AbstractContextManager[Executor | None]:
    """``n`` processes beside this one, to be closed at the end; ``None`` for none."""
    if n < 1:
        return nullcontext(None)
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Started afresh: a copy of this process would copy whatever its threads hold.
    return ProcessPoolExecutor(n, multiprocessing.get_context("spawn"), _leave_interrupts_to_the_first)


def _leave_interrupts_to_the_first() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
