"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from epidot.documents import papers_in_use
from epidot.errors import InputError

if TYPE_CHECKING:
    from epidot.instruments.contract import Header

_MOST_JOBS = 10_000


def _use(context: typer.Context, folder: Path | None) -> Path | None:
    from epidot.cli import output
    from epidot.matter import materials

    context.with_resource(materials.in_use(folder))  # as long as the command
    if said := materials.told():
        output.note(f"epidot: {said}")
    return folder


def _use_papers(context: typer.Context, folder: Path | None) -> Path | None:
    context.with_resource(papers_in_use(folder))
    return folder


def refuse_idle(folder: Path | None, header: Header, verb: str, asked: Mapping[str, Any]) -> None:
    """Refuse a folder of materials where this call reads none.

    Raises
    ------
    InputError
        Naming the option without which it reads none, if there is one.
    """
    if folder is None or header.materials == "" or (header.materials and asked.get(header.materials)):
        return
    where = f"epidot {verb} {header.name}"
    if header.materials is None:
        what, remedy = f"{where} reads no numbers of a material", "leave --materials out"
    else:
        what = f"{where} reads no numbers of a material without --{header.materials}"
        remedy = f"give --{header.materials}, or leave --materials out"
    raise InputError(what, seen=f"--materials {folder}", remedy=remedy)


def check_jobs(jobs: int | None) -> None:
    """Refuse a number of processes that nobody has.

    Raises
    ------
    InputError
        Naming the number.
    """
    if jobs is not None and not 1 <= jobs <= _MOST_JOBS:
        raise InputError(f"--jobs must be a whole number from 1 to {_MOST_JOBS}", seen=str(jobs))


JOBS = typer.Option(
    None, "--jobs", help="Processes that share the work; the result does not depend on them. [one per core]"
)
SCHEDULER = typer.Option(
    None,
    "--scheduler",
    metavar="ADDRESS",
    help="Share the work by Dask: the address of its scheduler, or local for a cluster on this machine.",
)
JSON = typer.Option(False, "--json", help="One JSON object on stdout.")
PLOT = typer.Option(
    None, "--plot", help="Draw data, result and residuals: PNG, SVG or PDF (a page for each curve)."
)
CURVE = typer.Option(None, "--curve", help="Write data, model and residuals, point by point, into this CSV.")
SEVERAL = "Files, folders, patterns such as 'run*.csv', or - for stdin"
COLUMNS = typer.Option(
    None, "--columns", help="Each of these columns of a file as a curve of its own: all, or numbers as 1-3,7."
)
PAPERS = typer.Option(
    None,
    "--papers",
    metavar="DIR",
    callback=_use_papers,
    help="A folder of papers of your own, a folder each; or set EPIDOT_PAPERS.",
)
MATERIALS = typer.Option(
    None,
    "--materials",
    metavar="DIR",
    callback=_use,
    help="A folder of materials of your own, one file each; or set EPIDOT_MATERIALS.",
)
