"""Many independent pieces of work shared out: to this process, to others on this machine, or by Dask.

Whoever does a piece, its result is the same.  A process that is lost (killed, out of memory) loses nothing
but what it was at: that is done again, and after :data:`TRIES` such ends it is given up and said.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from epidot.errors import InputError
from epidot.matter import materials
from epidot.processes import beside, collect_seldom, processes

T = TypeVar("T")
R = TypeVar("R")
TRIES = 3
LOCAL = "local"  # a scheduler and its workers on this machine
_ANSWERS_S = 15.0  # a scheduler that is there has answered by then
# Dask's own cluster looks after itself some hundred times a second; pieces here take a tenth of one and more.
_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.worker.preload": [__name__],
}
_BEFORE = ("distributed", "epidot.runs.run")  # what every worker loads, once for all of them


@dataclass(frozen=True)
class Lost:
    """What came of a piece of work whose processes ended, each time, before it was done."""

    reason: str


@dataclass(frozen=True)
class Done(Generic[R]):
    """The result of the piece ``number``."""

    number: int
    result: R | Lost


class Alone:
    """This process does everything."""

    processes = 1
    told = "this process"

    def each(self, task: Callable[[T], R], pieces: Sequence[T]) -> Iterator[Done[R]]:
        """Results in the order in which they are ready."""
        for number, piece in enumerate(pieces):
            yield Done(number, task(piece))


@dataclass
class Pool:
    """Processes on this machine; see :mod:`epidot.processes`."""

    processes: int
    _open: ExitStack = field(default_factory=ExitStack)
    _executor: Executor | None = None

    @property
    def told(self) -> str:
        """Who does the work, in words."""
        return f"{self.processes} processes on this machine"

    def close(self, error: BaseException | None = None) -> None:
        """End the processes; at once where there is an ``error``."""
        self._executor = None
        stack, self._open = self._open, ExitStack()
        with suppress(BaseException):
            stack.__exit__(None if error is None else type(error), error, None)

    def begin(self) -> Executor:
        """The processes, made now where there are none."""
        if self._executor is None:
            self._executor = self._open.enter_context(processes(self.processes))
            assert self._executor is not None
        return self._executor

    def each(self, task: Callable[[T], R], pieces: Sequence[T]) -> Iterator[Done[R]]:
        """As :meth:`Alone.each`.

        No more is handed over than is being worked on: a process that ends leaves few pieces in doubt, and
        those are done one at a time, so that the one that ends its process is found.
        """
        waiting = list(range(len(pieces)))[::-1]
        at: dict[Future[R], int] = {}
        ended: dict[int, int] = {}

        def suspect(numbers: set[int]) -> bool:
            return not ended.keys().isdisjoint(numbers)

        while waiting or at:
            try:
                while (
                    waiting and len(at) < self.processes and not (at and suspect({*at.values(), waiting[-1]}))
                ):
                    at[self.begin().submit(task, pieces[waiting[-1]])] = waiting[-1]
                    waiting.pop()
                ready, _ = wait(at, return_when=FIRST_COMPLETED)
                for future in ready:
                    result = future.result()
                    yield Done(at.pop(future), result)
            except BrokenExecutor:
                self.close()
                for number in sorted(at.values(), reverse=True):
                    ended[number] = ended.get(number, 0) + 1
                    if ended[number] >= TRIES:
                        yield Done(number, Lost(f"its process ended {TRIES} times (out of memory?)"))
                    else:
                        waiting.append(number)
                at.clear()


@dataclass
class Cluster:
    """The workers of a Dask scheduler."""

    client: Any
    told: str

    @property
    def processes(self) -> int:
        """Threads of all workers there are now."""
        return max(1, sum(int(n) for n in self.client.nthreads().values()))

    def each(self, task: Callable[[T], R], pieces: Sequence[T]) -> Iterator[Done[R]]:
        """As :meth:`Alone.each`."""
        from distributed import KilledWorker, as_completed

        futures = self.client.map(task, list(pieces), pure=False)
        number = {future.key: i for i, future in enumerate(futures)}
        try:
            for future in as_completed(futures):
                i = number[future.key]
                try:
                    result = future.result()
                except KilledWorker:
                    yield Done(i, Lost("its workers ended each time (out of memory?)"))
                except Exception as error:  # such as a worker on which epidot is not installed
                    why = str(error).split(". ")[0].splitlines() or [""]
                    yield Done(i, Lost(f"Dask could not do it: {type(error).__name__}: {why[0]}"))
                else:
                    yield Done(i, result)
                future.release()
        finally:
            self.client.cancel(futures, force=True)


Workers = Alone | Pool | Cluster


def is_there() -> bool:
    """Whether Dask is installed (``pip install epidot[cluster]``)."""
    from importlib.util import find_spec

    return find_spec("distributed") is not None


@contextmanager
def workers(jobs: int | None, scheduler: str | None, pieces: int, worth: bool = True) -> Iterator[Workers]:
    """Who does ``pieces`` of work: ``jobs`` processes, or a Dask ``scheduler`` by its address.

    ``scheduler`` may be ``local``: Dask's own cluster of ``jobs`` processes on this machine.  Unasked, every
    core takes part in what is ``worth`` it.

    Raises
    ------
    InputError
        If Dask is asked for and not installed, or no scheduler answers there.
    """
    if scheduler is not None:
        yield from _cluster(scheduler, jobs)
        return
    several = beside(jobs, pieces, worth)
    if not several:
        yield Alone()
        return
    pool = Pool(several)
    pool.begin()  # before there are other threads, so that they know already what this process has loaded
    try:
        yield pool
    except BaseException as error:
        pool.close(error)
        raise
    pool.close()


def _cluster(scheduler: str, jobs: int | None) -> Iterator[Cluster]:
    if not is_there():
        remedy = "pip install epidot[cluster], or leave --scheduler out for processes on this machine"
        raise InputError("Dask is not installed", seen=f"--scheduler {scheduler}", remedy=remedy)
    import logging

    import dask
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        if scheduler == LOCAL:
            stack.enter_context(dask.config.set(_QUIET | _copied()))
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard_address": ":0"},  # two may stand on one machine
                    env={materials.VARIABLE: ""}
                    | {k: v for k, v in os.environ.items() if k.startswith("EPIDOT_")},
                    silence_logs=logging.CRITICAL,
                )
            )
            yield Cluster(stack.enter_context(Client(cluster)), "Dask workers on this machine")
            return
        try:
            client = stack.enter_context(Client(scheduler, timeout=_ANSWERS_S))
        except (OSError, ValueError, TimeoutError) as error:
            remedy = f"start one with `dask scheduler`, or write --scheduler {LOCAL}"
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError("no Dask scheduler answers", scheduler, seen=why[:80], remedy=remedy) from None
        yield Cluster(client, f"the Dask workers of {scheduler}")


def dask_setup(worker: object) -> None:
    """What Dask does in every worker of its own cluster before the first piece."""
    collect_seldom()


def _copied() -> dict[str, str]:
    """How Dask's workers begin: where the system can, as copies of one process that has loaded everything."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return {}
    from multiprocessing import forkserver

    multiprocessing.get_context("forkserver").set_forkserver_preload(list(_BEFORE))
    forkserver.ensure_running()  # before Dask says what else it would load there
    return {"distributed.worker.multiprocessing-method": "forkserver"}
