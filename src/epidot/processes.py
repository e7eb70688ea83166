"""Other processes that take part of the work, and what they are told by the environment."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor, ProcessPoolExecutor

TOLD_IN = "EPIDOT_PROGRESS"  # names a file: whoever started a command reads there how far it is


def beside(jobs: int | None, tasks: int, worth: bool) -> int:
    """How many processes are to share ``tasks``: 0 where this one does them alone.

    ``jobs`` is what was asked for; unasked, all cores share what is ``worth`` the start of another process.
    """
    several = min(jobs or (os.cpu_count() or 1), tasks)
    return several if several > 1 and (jobs is not None or worth) else 0


def collect_seldom() -> None:
    """Let the collector of cycles come seldom, here and in copies of this process.

    What is loaded and drawn stays: to look it through at every 700 new objects takes a twentieth of a run.
    """
    gc.set_threshold(100_000, 20, 100)


@contextmanager
def processes(n: int) -> Iterator[Executor | None]:
    """``n`` processes beside this one, to be closed at the end; ``None`` for none.

    On any trouble, an interruption too, they are ended at once; and they end when this process does, however
    that ends.
    """
    if n < 1:
        yield None
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(n, multiprocessing.get_context(_how()), _serve)
    pool.submit(os.getpid)  # copies are made now, while there is one thread
    try:
        yield pool
    except BaseException:
        _end(pool)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _how() -> str:
    """``fork`` where this process has no other thread, else ``spawn``.

    A copy would hold the locks of other threads for ever; it has loaded already what this process has.
    """
    try:
        alone = sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1
    except OSError:
        alone = False
    return "fork" if alone else "spawn"


def _end(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        with suppress(OSError, ValueError):
            process.kill()
    # What was half sent to them has no reader but us: without the mend of CPython issue 94777 (3.11.2 is)
    # its writer would wait for ever, and we for the writer.
    with suppress(AttributeError, OSError):
        pool._call_queue._reader.close()  # type: ignore[attr-defined]


def _serve() -> None:
    """Leave interruptions to the first process, and do not outlive it."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    first = multiprocessing.parent_process()
    if first is not None:

        def follow() -> None:
            wait([first.sentinel])
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


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
