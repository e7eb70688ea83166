"""``epidot suggest STUDY.yaml|DIR``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot.cli import options, output
from epidot.cli.explained import explained_or_done
from epidot.errors import Faults, InputError, nearest

_MOST = 100


def suggest(
    source: Path = typer.Argument(
        ..., metavar="STUDY.yaml|DIR", help="A study with candidates, or the folder of its calibration."
    ),
    out: Path | None = typer.Option(None, "--output", "-o", help="Folder for a table and a page."),
    posterior: Path | None = typer.Option(
        None, "--posterior", metavar="DIR", help="The calibration of the study; unasked, its priors."
    ),
    batch: int = typer.Option(1, "--batch", help="How many experiments, each told what the others tell."),
    same: str | None = typer.Option(
        None, "--same", help="Keep the batch in one flask, or at one temperature: flask or temperature."
    ),
    about: list[str] = typer.Option([], "--about", help="A parameter of interest; may be given again. [all]"),
    jobs: int | None = options.JOBS,
    scheduler: str | None = options.SCHEDULER,
    explain: bool = typer.Option(False, "--explain", help="Say how many runs it takes; run nothing."),
    materials: Path | None = options.MATERIALS,
    papers: Path | None = options.PAPERS,
    as_json: bool = options.JSON,
) -> None:
    """Which experiment would tell the most next, what it costs and why.

    Example: epidot suggest calibrated --batch 3 --same flask
    """
    from epidot.inference.suggest import SAME

    options.check_jobs(jobs)
    faults = Faults()
    kept = next((one for one in SAME if one == same), None)
    if same is not None and kept is None:
        faults.add("--same has no such choice", seen=same, nearest=nearest(same, SAME) or SAME)
    if not 1 <= batch <= _MOST:
        faults.add(f"--batch must be a whole number from 1 to {_MOST}", seen=batch)
    if kept is not None and batch == 1:
        faults.add("--same goes with a batch", seen=f"--same {same}", remedy="give --batch too")
    if posterior is not None and source.is_dir():
        faults.add("a folder brings its own draws", seen=f"--posterior {posterior}", remedy="leave it out")
    faults.raise_if_any()
    from epidot.report import suggest as report

    asked = report.load(source, posterior)
    names = [p.name for p in asked.study.priors]
    unknown = [name for name in about if name not in names]
    if unknown:
        raise InputError("the study has no such free parameter", seen=", ".join(unknown), nearest=names)
    done = explained_or_done(
        explain,
        as_json,
        told=lambda: report.explain(asked),
        show=_explain,
        work=lambda progress: report.carry_out(
            asked,
            batch=batch,
            same=kept,
            about=about,
            folder=out,
            jobs=jobs,
            scheduler=scheduler,
            progress=progress,
        ),
    )
    if done is None:
        return
    _, found = done
    if as_json:
        output.emit_json(report.to_json(asked, found))
        return
    print(f"Known so far: {asked.known}\n")
    print(output.table(report.rows(found), report.HEADS))


def _explain(told: dict[str, Any]) -> None:
    print(f"{told['designs']} designs, {told['runs']} runs; known: {told['known']}.  Nothing was run.")
