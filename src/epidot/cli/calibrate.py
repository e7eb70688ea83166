"""``epidot calibrate STUDY.yaml``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot.cli import options, output
from epidot.cli.explained import explained_or_done


def calibrate(
    source: str = typer.Argument(
        ..., metavar="STUDY.yaml", help="The study: experiments, what was measured, what is free."
    ),
    out: Path | None = typer.Option(
        None, "--output", "-o", help="Folder of the results; default: calibrate-<name of the file>."
    ),
    jobs: int | None = options.JOBS,
    scheduler: str | None = options.SCHEDULER,
    resume: bool = typer.Option(False, "--resume", help="Go on where an interrupted calibration stopped."),
    overwrite: bool = typer.Option(
        False, "--overwrite", help="Begin anew in a folder that holds a calibration, or beside other files."
    ),
    mechanism: str | None = typer.Option(
        None, "--mechanism", help="Another one than the study says: a file, or choi2023@2."
    ),
    hypothesis: str | None = typer.Option(
        None, "--hypothesis", help="Of halide transport, another one than the study says: H1, H2, H3."
    ),
    against: list[Path] = typer.Option(
        [],
        "--against",
        metavar="DIR",
        help="The calibration of another model on the same numbers: which of both the evidence favours.",
    ),
    explain: bool = typer.Option(
        False,
        "--explain",
        help="Say how many runs it takes, about how long, and what is compared; run nothing.",
    ),
    materials: Path | None = options.MATERIALS,
    papers: Path | None = options.PAPERS,
    as_json: bool = options.JSON,
) -> None:
    """Which values of free numbers the measured ones support, how far, and what they do not see.

    Example: epidot calibrate study.yaml -o calibrated --jobs 2
    """
    options.check_jobs(jobs)
    from epidot.inference import comparison
    from epidot.inference import study as studies
    from epidot.inference.calibration import seen
    from epidot.report import calibrate as report
    from epidot.report import calibrated

    read = studies.under(studies.load(source), mechanism, hypothesis)
    rivals = [comparison.load(folder) for folder in against]
    comparison.insist_same(rivals, read.data)
    folder = out or Path("calibrate-" + Path(source).stem)
    done = explained_or_done(
        explain,
        as_json,
        look=lambda: report.look(folder, resume=resume, overwrite=overwrite),
        told=lambda: report.explain(read, folder),
        show=_explain,
        work=lambda progress: report.carry_out(
            read,
            folder,
            jobs=jobs,
            scheduler=scheduler,
            resume=resume,
            overwrite=overwrite,
            against=rivals,
            progress=progress,
        ),
    )
    if done is None:
        return
    if as_json:
        output.emit_json(calibrated.to_json(done))
        return
    print(output.table(calibrated.rows(done), calibrated.HEADS))
    print("\nThe data see:")
    for one in done.found.combinations:
        if seen(one):
            print(f"  {one.told}  (to {one.narrowed:.2f} of what was known before)")
    for rival in done.against:
        print(f"\nAgainst “{rival.title}”: {rival.word} (ln evidence {rival.difference:+.1f})")
    for remark in done.remarks:
        output.note(f"epidot: {remark}")
    run = f"epidot run RECIPE --parameters {folder / 'calibrated.yaml'}"
    print(f"\n{done.found.calls} points; run with what was found: {run}")
    print(f"Draws: {folder / 'posterior.nc'}\nReport: {folder / 'report.html'}")


def _explain(told: dict[str, Any]) -> None:
    print(f"{told['title']}, {told['engine']} engine\n")
    print(output.table(list(told["free"].items()), ("free", "before")))
    rows = [(c["name"], f"{c['is']} {c['measured']:g} ± {c['sigma']:.3g}") for c in told["compared"]]
    print("\n" + output.table(rows, ("compared", "measured")))
    runs, minutes = len(told["experiments"]), told["cpu_s"] / 60
    print(f"\nabout {told['calls']} points (at most {told['calls_at_most']}) of {runs} runs each;")
    print(f"about {minutes:.0f} min of one core, {told['known_runs']} runs are kept.  Nothing was run.")
    print("Would write " + ", ".join(told["files"]))
    for warning in told["warnings"]:
        output.note(f"epidot: {warning}")
