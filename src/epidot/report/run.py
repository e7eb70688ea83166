"""A run from its order to its folder: all of its files at the end, or what it takes to go on, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from epidot import interrupts
from epidot.dot.export import Positions
from epidot.errors import EpidotError, Fault, InputError, WorkError
from epidot.files import CannotWrite
from epidot.folders import Owned, owned, refuse_foreign
from epidot.papers.of_run import claims_of
from epidot.processes import processes
from epidot.report import html
from epidot.runs import checkpoint
from epidot.runs.intervals import with_intervals
from epidot.runs.jobs import usual
from epidot.runs.order import Order
from epidot.runs.output import NAMES, check, finished, write_data
from epidot.runs.run import recorded

Tell = Callable[[float, str], None]


def carry_out(
    order: Order,
    folder: Path,
    *,
    jobs: int | None = None,
    positions: Positions = "lattice",
    resume: bool = False,
    overwrite: bool = False,
    interval: bool = True,
    progress: Tell = lambda share, text: None,
) -> tuple[dict[str, Any], bool]:
    """Carry ``order`` out and put its results into ``folder``; its summary, and whether it was done already.

    With ``interval`` every quantity states what the errors of the model's numbers make of it.
    An interrupted run leaves its checkpoint, with which ``resume`` goes on to the same bits.

    Raises
    ------
    InputError
        If the folder belongs to another run, cannot be written, holds files that are no results of a run
        (unless ``overwrite``), or holds nothing of this order to ``resume``.
    WorkError
        If the run was interrupted, its folder has vanished, or the work could not be done.
    """
    with owned(folder) as own:
        if own.settle():  # the run before was killed while its results took their places
            checkpoint.clear(folder)
        there = finished(folder)
        if resume and not checkpoint.is_in(folder):
            if there is None:
                raise InputError(
                    "there is no interrupted run here", str(folder), remedy="run without --resume"
                )
            checkpoint.insist(there, order.key, str(folder), "finished")
            return json.loads((folder / "summary.json").read_text(encoding="utf-8")), True
        check(folder)
        look(folder, resume=resume, overwrite=overwrite)
        try:
            return _into(own, order, jobs, positions, resume, interval, progress), False
        except CannotWrite as error:
            if not checkpoint.is_in(folder):
                raise
            kept = Fault(
                "what was done is kept", str(folder), remedy="the same command with --resume goes on"
            )
            raise InputError([*error.faults, kept]) from None
        except EpidotError:
            if not resume:
                checkpoint.clear(folder)
            raise
        except KeyboardInterrupt:
            if not checkpoint.is_in(folder):
                raise
            raise WorkError(f"interrupted; the same command with --resume goes on from {folder}") from None


def look(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that is there and holds files that are no results of a run, unless told otherwise.

    Raises
    ------
    InputError
        Naming what is there.
    """
    if folder.is_dir() and not overwrite and not resume:
        there = finished(folder)
        refuse_foreign(folder, {checkpoint.NAME, *(() if there is None else NAMES)})


def _into(
    own: Owned,
    order: Order,
    jobs: int | None,
    positions: Positions,
    resume: bool,
    interval: bool,
    progress: Tell,
) -> dict[str, Any]:
    def tell(share: float, text: str) -> None:
        interrupts.pass_on()
        progress(share, text)

    count = jobs or usual(order)
    with processes((jobs or usual(order, interval)) - 1) as others:
        tell(0.0, "starting")
        done, batch = recorded(order, others, folder=own.folder, resume=resume, progress=tell, threads=count)
        if interval:
            tell(1.0, "intervals")
            batch = with_intervals(batch, order, others)
        tell(1.0, "writing the results")
        with order.given.in_force():
            claims = claims_of(done)
        with own.staged() as part:
            drawn = html.begin(batch, part / "report.html", *claims, others=others)
            write_data(batch, part, positions)
            drawn()
            interrupts.pass_on()
            with interrupts.held():
                own.commit()
                checkpoint.clear(own.folder)
    return batch.summary()
