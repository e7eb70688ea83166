"""Other processes that take part of the work, and what they are told by the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor


def beside(jobs: int | None, tasks: int, worth: bool) -> int:
    """How many processes are to share ``tasks``: 0 where this one does them alone.

    ``jobs`` is what was asked for; unasked, all cores share what is ``worth`` the start of another process.
    """
    several = min(jobs or (os.cpu_count() or 1), tasks)
    return several if several > 1 and (jobs is not None or worth) else 0


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


@contextmanager
def folder_in_use(variable: str, folder: str | Path | None) -> Iterator[None]:
    """Inside, the environment names ``folder``, here and in every process started from here."""
    before = os.environ.get(variable)
    if folder is not None:
        os.environ[variable] = os.path.abspath(folder)
    try:
        yield
    finally:
        os.environ.pop(variable, None)
        if before is not None:
            os.environ[variable] = before
