"""A sweep from its file to its folder: netCDF, table and page at the end; every point kept until then."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from epidot import files, interrupts
from epidot.report import maps, points
from epidot.report.findings import Findings, Table, page
from epidot.runs.needs import mean_field_s, needs
from epidot.runs.order import LATTICE
from epidot.runs.sweep import carried, table
from epidot.runs.sweep.plan import OPTIMISE, Sweep
from epidot.runs.sweep.points import FOLDER, Kept, known_before
from epidot.runs.sweep.table import Carried
from epidot.runs.workers import LOCAL, is_there, workers

NAMES = ("sweep.nc", "sweep.csv", "report.html")
Tell = Callable[[float, str], None]
_WORTH_S = 3.0  # of work in all, for which other processes are begun
_WORTH_DASK_S = 600.0  # beside which the start of a cluster (some 3 s) is nothing
_SHOWN_ROWS = 500


def seconds(sweep: Sweep) -> float:
    """About how long one point keeps a core busy."""
    if sweep.base.engine == LATTICE:
        return needs(sweep.base, 1).cpu_s
    return mean_field_s(itertools.product(sweep.samples, sweep.quantities))


def explain(sweep: Sweep, folder: Path, jobs: int | None, scheduler: str | None) -> dict[str, Any]:
    """What the sweep would do, without doing it: runs, how many are known, time, who would work."""
    kept, calls = Kept(folder / FOLDER), carried.calls(sweep)
    known = (
        0
        if sweep.design == OPTIMISE
        else sum(known_before(carried.points(sweep), sweep.samples, sweep.quantities, kept))
    )
    cpu_s = seconds(sweep) * (calls - known)
    who = _scheduler(jobs, scheduler, cpu_s)
    return {
        "recipe": sweep.base.recipe.name,
        "engine": sweep.base.engine,
        "design": sweep.design,
        "parameters": {
            name: {
                "in_the_recipe": sweep.present(name),
                "values": [str(v) for v in values.written]
                if values.range is None or values.written
                else [values.range.written(values.range.low), values.range.written(values.range.high)],
            }
            for name, values in sweep.values.items()
        },
        "samples": list(sweep.samples),
        "quantities": list(sweep.quantities),
        "targets": [one.told for one in sweep.targets],
        "calls": calls,
        "known": known,
        "cpu_s": cpu_s,
        "by": "Dask" if who else "processes on this machine",
        "files": [str(folder / name) for name in NAMES],
    }


def carry_out(
    sweep: Sweep,
    folder: Path,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Tell = lambda share, text: None,
) -> Carried:
    """Carry a sweep out and put its results into ``folder``.

    Every point that is done is kept in ``folder``; with ``resume`` only those that are missing are carried
    out, which also serves a sweep that has become finer.

    Raises
    ------
    InputError
        If the folder belongs to another run, cannot be written, holds something else (unless ``overwrite``)
        or nothing to ``resume``.
    WorkError
        If the sweep was interrupted, or no point gave anything.
    """

    def write(part: Path, done: Carried) -> None:
        files.write(part / "sweep.nc", table.to_bytes(done))
        files.write(part / "sweep.csv", table.csv(done))
        files.write(part / "report.html", page(findings(done)))

    return points.carried_into(
        folder,
        NAMES,
        lambda store: _carried(sweep, store, jobs, scheduler, progress),
        write,
        anew=not resume,
        interrupted=lambda number: (
            f"interrupted, {number} points are kept; the same command with --resume goes on from {folder}"
        ),
        look=lambda: look(folder, resume=resume, overwrite=overwrite),
    )


def look(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that holds a sweep unless told what to do with it, or anything else.

    Raises
    ------
    InputError
        Naming what is there.
    """
    points.refuse(
        folder,
        NAMES,
        "sweep",
        resume=resume,
        overwrite=overwrite,
        holds=f"a sweep of {points.number(folder)} points",
        remedy="--resume carries out what is missing, --overwrite begins anew",
    )


def findings(done: Carried) -> Findings:
    """The page of a sweep."""
    sweep = done.sweep
    base = sweep.base
    heads, *rows = (line for line in _rows(done))
    tables = [
        Table(
            "What was varied",
            ("value", "from", "in the recipe"),
            [
                (
                    name,
                    _span(sweep, name),
                    str(sweep.present(name) if sweep.present(name) is not None else "–"),
                )
                for name in sweep.names
            ],
        )
    ]
    if done.best is not None:
        best = done.best
        at = list(zip(sweep.names, map(str, best.point.written), strict=True))
        row = best.outcome.found[sweep.samples[-1]]
        gives = [(t.quantity, _number(row[t.quantity].value)) for t in sweep.targets]
        tables.append(Table("The best point", ("", "value"), [*at, *gives], f"Targets: {_targets(sweep)}."))
    if done.failed:
        tables.append(
            Table(
                "Points that gave nothing",
                (*sweep.names, "why"),
                [(*map(str, one.point.written), one.outcome.reason) for one in done.failed],
            )
        )
    told = (
        "" if len(rows) <= _SHOWN_ROWS else f"The first {_SHOWN_ROWS} of {len(rows)}; all are in sweep.csv."
    )
    tables.append(Table("every point", heads, rows[:_SHOWN_ROWS], told, folded=True))
    return Findings(
        title=sweep.title,
        under=f"sweep of {base.recipe.name}, {base.engine} engine, {base.dots} dots, seed {base.seed}",
        headline=headline(done),
        tables=tables,
        figures=maps.drawn(done),
        remarks=done.remarks,
        provenance=table.provenance(sweep),
        texts={"the sweep": sweep.text, "the recipe": base.recipe.text},
    )


def headline(done: Carried) -> str:
    """The outcome in a sentence or two."""
    sweep = done.sweep
    number = len(done.tried) - len(done.failed)
    text = f"{number} of {len(done.tried)} points of {', '.join(sweep.names)}"
    best = done.best
    if best is None:
        return text + "."
    at = ", ".join(f"{n} = {v}" for n, v in zip(sweep.names, best.point.written, strict=True))
    row = best.outcome.found[sweep.samples[-1]]
    gives = ", ".join(f"{t.quantity} {_number(row[t.quantity].value)}" for t in sweep.targets)
    return f"{text}. Best ({_targets(sweep)}): {at}, which gives {gives}."


def _carried(sweep: Sweep, store: Path, jobs: int | None, scheduler: str | None, progress: Tell) -> Carried:
    def tell(share: float, text: str) -> None:
        interrupts.pass_on()
        progress(share, text)

    calls, each_s = carried.calls(sweep), seconds(sweep)
    who = _scheduler(jobs, scheduler, calls * each_s)
    with workers(jobs, who, calls, calls * each_s > _WORTH_S) as helpers:
        return carried.carry_out(sweep, helpers, Kept(store), tell)


def _scheduler(jobs: int | None, scheduler: str | None, cpu_s: float) -> str | None:
    """Dask where it was asked for, or, unasked, for work that is long and where it is installed."""
    if scheduler is None and jobs is None and cpu_s > _WORTH_DASK_S and is_there():
        return LOCAL
    return scheduler


def _rows(done: Carried) -> list[list[str]]:
    import csv

    return [
        [_short(cell) if i else cell for cell in row]
        for i, row in enumerate(csv.reader(table.csv(done).splitlines()))
    ]


def _short(cell: str) -> str:
    try:
        return _number(float(cell))
    except ValueError:
        return cell


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _span(sweep: Sweep, name: str) -> str:
    values = sweep.values[name]
    if values.range is not None:
        one = values.range
        count = f", {len(values.written)} values" if values.written else ""
        return f"{one.written(one.low)} to {one.written(one.high)}{count}{', by factors' if one.log else ''}"
    return ", ".join(map(str, values.written))


def _targets(sweep: Sweep) -> str:
    return "; ".join(one.told for one in sweep.targets)
