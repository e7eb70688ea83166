"""A calibration from its study to its folder: draws, values that run at once, numbers, page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from epidot import files, interrupts
from epidot.errors import WorkError
from epidot.inference import calibration, comparison, emulated, fit
from epidot.inference import study as studies
from epidot.inference.comparison import Rival, insist_same
from epidot.inference.model import Runs
from epidot.inference.posterior import at_most
from epidot.inference.study import Study
from epidot.report import points
from epidot.report.calibrated import Done, calibrated, compared, findings, prior_told, to_bytes, to_json
from epidot.report.findings import page
from epidot.runs.needs import mean_field_s, needs
from epidot.runs.order import LATTICE
from epidot.runs.sweep.points import Kept
from epidot.runs.workers import workers

NAMES = ("posterior.nc", "calibrated.yaml", "summary.json", "report.html")
Tell = Callable[[float, str], None]


def calls(study: Study) -> tuple[int, int]:
    """Points that a calibration asks, about and at the most: of the search, profiles, draws and checks."""
    p = len(study.priors)
    search = fit.SCREENED + 1 + fit.STARTS * (p + 2)
    usual = search + fit.STARTS * 5 * (p + 2) + 2 * p * 9 + 2 * study.draws
    drawn = at_most(study.draws) * study.draws + emulated.ROUNDS * emulated.CHECKS
    most = search + fit.STARTS * fit.STEPS * (p + 2) + 2 * p * 9 * 3 + drawn
    return usual, most


def explain(study: Study, folder: Path) -> dict[str, Any]:
    """What the calibration would do, without doing it."""
    usual, most = calls(study)
    start = {p.name: float(p.value(0.0 if p.normal else 0.5)) for p in study.priors}
    each = 0.0
    for name in study.experiments:
        order = study.order(name, start)
        asked = [(look.sample, look.quantity) for look in study.looks(name)]
        each += needs(order, 1).cpu_s if study.engine == LATTICE else mean_field_s(asked)
    kept = points.number(folder)
    return {
        "title": study.title,
        "engine": study.engine,
        "free": {p.name: prior_told(p) for p in study.priors},
        "experiments": {n: e.recipe.name for n, e in study.experiments.items()},
        "compared": [compared(study, i) for i in range(len(study.measured))],
        "warnings": list(study.warnings),
        "calls": usual,
        "calls_at_most": most,
        "runs": usual * len(study.experiments),
        "known_runs": kept,
        "cpu_s": usual * each,
        "files": [str(folder / name) for name in NAMES],
    }


def carry_out(
    study: Study,
    folder: Path | None = None,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    against: Sequence[Rival] = (),
    progress: Tell = lambda share, text: None,
) -> Done:
    """Calibrate, and with ``folder`` put the results there; hold it ``against`` other calibrations.

    Every run is kept there as it is done, and with ``resume`` none of them is carried out again: the
    calibration goes the same way once more, to the same bits.

    Raises
    ------
    InputError
        If the folder belongs to another run, holds something else, or nothing to ``resume``; if another
        calibration had other data.
    WorkError
        If it was interrupted, or the model gave nothing anywhere.
    """
    insist_same(against, study.data)

    def work(store: Path | None) -> Done:
        return _calibrated(study, Kept(store), jobs, scheduler, progress).compared_with(against)

    if folder is None:
        return work(None)

    def write(part: Path, done: Done) -> None:
        files.write(part / "posterior.nc", to_bytes(done, _beside(study, folder)))
        files.write(part / "calibrated.yaml", calibrated(done))
        text = json.dumps(to_json(done), indent=2, ensure_ascii=False, allow_nan=False)
        files.write(part / "summary.json", text + "\n")
        files.write(part / "report.html", page(findings(done)))

    return points.carried_into(
        folder,
        NAMES,
        work,
        write,
        anew=not resume,
        interrupted=lambda _: f"interrupted; the same command with --resume goes on from {folder}",
        look=lambda: look(folder, resume=resume, overwrite=overwrite),
    )


def calibrate(
    source: str | Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    mechanism: str | None = None,
    hypothesis: str | None = None,
    against: Sequence[str | Path] = (),
) -> Done:
    """Calibrate a study: its file, or its YAML text; with ``folder`` the results go there.

    ``mechanism`` and ``hypothesis`` stand for those of the study; ``against`` are folders of calibrations of
    other models on the same numbers.

    Raises
    ------
    InputError
        With every fault of the study; as :func:`carry_out`.
    WorkError
        If the model gave nothing anywhere.
    """
    text = isinstance(source, str) and "\n" in source
    study = studies.parse(str(source)) if text else studies.load(source)
    study = studies.under(study, mechanism, hypothesis)
    where = None if folder is None else Path(folder)
    rivals = [comparison.load(Path(one)) for one in against]
    return carry_out(study, where, jobs=jobs, scheduler=scheduler, resume=resume, against=rivals)


def look(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder that holds a calibration unless told what to do with it, or anything else.

    Raises
    ------
    InputError
        Naming what is there.
    """
    remedy = "--resume goes on with it, --overwrite begins anew"
    points.refuse(
        folder,
        NAMES,
        "calibration",
        resume=resume,
        overwrite=overwrite,
        holds="a calibration",
        remedy=remedy,
    )


def _beside(study: Study, folder: Path) -> str:
    """The way from the folder of a calibration to that of its study, if that is a file."""
    where = Path(study.where)
    if not where.is_file():
        return ""
    try:
        return Path(os.path.relpath(where.resolve().parent, folder.resolve())).as_posix()
    except ValueError:  # another drive
        return ""


def _calibrated(study: Study, kept: Kept, jobs: int | None, scheduler: str | None, progress: Tell) -> Done:
    usual, _ = calls(study)
    total = usual * len(study.experiments)
    stage = "searching"

    def at(share: float, text: str) -> None:
        nonlocal stage
        stage = text

    def told(runs: int) -> None:
        interrupts.pass_on()
        progress(min(runs / total, 0.99), f"{stage}: {runs} runs of about {total}")

    with workers(jobs, scheduler, usual) as helpers:
        runs = Runs(study, helpers, kept, told)
        try:
            found = calibration.calibrate(runs.problem(), study.seed, at, study.draws)
        except ValueError:
            why = "; ".join(list(runs.reasons)[:3])
            raise WorkError(f"no point of the study gave anything: {why}") from None
    return Done(study, found, runs.runs, runs.reasons)
