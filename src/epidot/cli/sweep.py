"""``epidot sweep SWEEP.yaml``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot.cli import options, output
from epidot.cli.explained import explained_or_done


def sweep(
    source: str = typer.Argument(
        ..., metavar="SWEEP.yaml", help="The sweep: a recipe and what varies in it."
    ),
    out: Path | None = typer.Option(
        None, "--output", "-o", help="Folder of the results; default: sweep-<name of the file>."
    ),
    jobs: int | None = options.JOBS,
    scheduler: str | None = options.SCHEDULER,
    resume: bool = typer.Option(
        False, "--resume", help="Carry out only the points that the folder does not hold yet."
    ),
    overwrite: bool = typer.Option(
        False, "--overwrite", help="Begin anew in a folder that holds a sweep, or write beside other files."
    ),
    explain: bool = typer.Option(
        False, "--explain", help="Say how many runs it takes and about how long; run nothing."
    ),
    materials: Path | None = options.MATERIALS,
    papers: Path | None = options.PAPERS,
    as_json: bool = options.JSON,
) -> None:
    """Run a recipe with many values of some of its numbers: a map, or a search for the best.

    Example: epidot sweep stage-two.yaml -o map --jobs 2
    """
    options.check_jobs(jobs)
    from epidot.report import sweep as report
    from epidot.runs.sweep import plan, table

    read = plan.load(source)
    folder = out or Path("sweep-" + Path(source).stem)
    done = explained_or_done(
        explain,
        as_json,
        look=lambda: report.look(folder, resume=resume, overwrite=overwrite),
        told=lambda: report.explain(read, folder, jobs, scheduler),
        show=_explain,
        work=lambda progress: report.carry_out(
            read,
            folder,
            jobs=jobs,
            scheduler=scheduler,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        ),
    )
    if done is None:
        return
    if as_json:
        output.emit_json(table.to_json(done) | {"files": [str(folder / name) for name in report.NAMES]})
        return
    print(report.headline(done))
    for one in done.failed:
        at = ", ".join(f"{n} = {v}" for n, v in zip(read.names, one.point.written, strict=True))
        output.note(f"epidot: nothing from {at}: {one.outcome.reason}")
    for remark in done.remarks:
        output.note(f"epidot: {remark}")
    print(f"\n{done.new} of {len(done.tried)} points were carried out now.")
    print(f"Every point: {folder / 'sweep.nc'}, {folder / 'sweep.csv'}\nReport: {folder / 'report.html'}")


def _explain(told: dict[str, Any]) -> None:
    rows = [
        (name, str(one["in_the_recipe"]), ", ".join(map(str, one["values"])))
        for name, one in told["parameters"].items()
    ]
    print(f"{told['recipe']}, {told['engine']} engine, {told['design']}\n")
    print(output.table(rows, ("value", "in the recipe", "varied")))
    if told["targets"]:
        print(f"\nSought: {'; '.join(told['targets'])}")
    most = "at most " if told["targets"] else ""
    print(f"\n{most}{told['calls']} runs, {told['known']} of them known already; about")
    print(f"{told['cpu_s'] / 60:.1f} min of one core, by {told['by']}.  Nothing was run.")
    print("Would write " + ", ".join(told["files"]))
