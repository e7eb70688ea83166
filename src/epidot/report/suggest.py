"""A suggestion from a study or a calibration to a table and a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from epidot import files, interrupts
from epidot.errors import InputError
from epidot.inference import study as studies
from epidot.inference.information import in_words
from epidot.inference.problem import Array
from epidot.inference.study import Study
from epidot.inference.suggest import DRAWS, Foretold, Same, Suggested, foretell, of_prior, resampled, suggest
from epidot.report import points, style
from epidot.report.calibrated import FORMAT, provenance
from epidot.report.figures import Figure
from epidot.report.findings import Findings, Table, page
from epidot.runs import netcdf
from epidot.runs.sweep.points import Kept
from epidot.runs.workers import workers

POSTERIOR = "posterior.nc"
NAMES = ("suggestions.json", "suggestions.html")
Tell = Callable[[float, str], None]
_MOST_BYTES = 500_000_000


@dataclass(frozen=True, eq=False)
class Asked:
    """A study with candidates, and draws (k, p) of what is known of its parameters."""

    study: Study
    draws: Array
    known: str  # in words: from where


def load(source: Path, posterior: Path | None = None) -> Asked:
    """A study, and what is known: the draws in the folder of a calibration, else the priors of the study.

    ``source`` is a study, perhaps beside the folder ``posterior`` of its calibration, or such a folder.

    Raises
    ------
    InputError
        If there are no candidates, or the draws belong to another study.
    """
    if source.is_dir():
        said = _opened(source)[1]
        where = source / str(said.get("beside", "")) / "study.yaml"
        return of_study(studies.parse(str(said["study"]), where=str(where)), source)
    return of_study(studies.load(source), posterior)


def of_study(study: Study, folder: Path | None = None) -> Asked:
    """A study that is read already, and what the calibration in ``folder`` knows, else its priors.

    Raises
    ------
    InputError
        As :func:`load`.
    """
    if not study.candidates:
        raise InputError(
            "the study names no candidates",
            study.where,
            remedy="add a heading candidates: what could be done next, and what would be measured",
        )
    if folder is None:
        return Asked(study, of_prior(study, DRAWS), "the priors of the study: nothing was calibrated yet")
    variables, said = _opened(folder)
    names = [p.name.replace("/", "__") for p in study.priors]
    lost = [name for name in names if name not in variables]
    if lost:
        raise InputError("the calibration has other free parameters", str(folder), seen=", ".join(lost))
    table = np.stack([variables[name].astype(np.float64) for name in names], axis=1)
    draws = resampled(table, variables["weight"].astype(np.float64), DRAWS, study.seed)
    return Asked(study, draws, f"the draws of the calibration “{said['title']}”")


def carry_out(
    asked: Asked,
    *,
    batch: int = 1,
    same: Same | None = None,
    about: Sequence[str] = (),
    folder: Path | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    progress: Tell = lambda share, text: None,
) -> tuple[Foretold, list[Suggested]]:
    """What to do next; with ``folder`` a table and a page go there, and every run is kept there.

    Raises
    ------
    InputError
        If no candidate gives anything, or the folder cannot be written.
    WorkError
        If it was interrupted.
    """
    if folder is None:
        return _found(asked, batch, same, about, Kept(None), jobs, scheduler, progress)

    def write(part: Path, done: tuple[Foretold, list[Suggested]]) -> None:
        foretold, found = done
        text = json.dumps(to_json(asked, found), indent=2, ensure_ascii=False, allow_nan=False)
        files.write(part / NAMES[0], text + "\n")
        files.write(part / NAMES[1], page(findings(asked, foretold, found)))

    return points.carried_into(
        folder,
        NAMES,
        lambda store: _found(asked, batch, same, about, Kept(store), jobs, scheduler, progress),
        write,
        anew=False,
        interrupted=lambda _: "interrupted; the same command goes on from what is done",
    )


def next_experiments(
    source: str | Path,
    *,
    posterior: str | Path | None = None,
    batch: int = 1,
    same: Same | None = None,
    about: Sequence[str] = (),
    jobs: int = 1,
) -> list[Suggested]:
    """Of the candidates of a study those that tell the most for their cost, the best first.

    ``source`` is a study's file, or the folder of its calibration; ``posterior`` such a folder beside a
    study.  ``same`` keeps a batch in one ``flask``, or at one ``temperature``; ``about`` names parameters.

    Raises
    ------
    InputError
        If the study names no candidates, or none gives anything.
    """
    asked = load(Path(source), None if posterior is None else Path(posterior))
    return carry_out(asked, batch=batch, same=same, about=about, jobs=jobs)[1]


def runs(asked: Asked) -> int:
    """How many flasks a suggestion takes."""
    return len(asked.draws) * len({id(d.flask) for d in asked.study.candidates})


def explain(asked: Asked) -> dict[str, Any]:
    """What a suggestion would take, without running anything."""
    return {"designs": len(asked.study.candidates), "runs": runs(asked), "known": asked.known}


def to_json(asked: Asked, found: Sequence[Suggested]) -> dict[str, Any]:
    """What ``epidot suggest --json`` prints."""
    return {
        "title": asked.study.title,
        "known": asked.known,
        "suggestions": [
            {
                "candidate": s.design.flask.candidate,
                "values": dict(s.design.flask.written),
                "sample": s.design.observation.sample,
                "quantity": s.design.observation.quantity,
                "sigma": s.design.observation.sigma,
                "information_nats": s.alone,
                "gained_nats": s.gained,
                "cost": s.cost,
                "why": s.why,
            }
            for s in found
        ],
        "designs": len(asked.study.candidates),
        "draws": len(asked.draws),
    }


def rows(found: Sequence[Suggested]) -> list[tuple[str, ...]]:
    """A row for each suggestion."""
    return [
        (str(i), s.design.told, in_words(s.alone), f"{s.gained:.2f}", f"{s.cost:g}", s.why)
        for i, s in enumerate(found, start=1)
    ]


HEADS = ("", "do and measure", "tells by itself", "adds / nats", "cost", "why")


def findings(asked: Asked, foretold: Foretold, found: Sequence[Suggested]) -> Findings:
    """The page of a suggestion."""
    study = asked.study
    every = suggest(foretold, batch=1)
    lost = len(study.candidates) - len(foretold.usable)
    remarks = [f"{lost} designs give nothing for many of the draws, and are no candidates"] if lost else []
    return Findings(
        title=f"What to do next: {study.title}",
        under=f"{len(study.candidates)} designs, {len(asked.draws)} draws, {study.engine} engine",
        headline=f"Known so far: {asked.known}. First: {(found or every)[0].design.told}.",
        tables=[Table("Suggestions", HEADS, rows(found))],
        figures=[drawn(foretold, found)],
        remarks=remarks,
        provenance=provenance(study),
        texts={"the study": study.text},
    )


def drawn(foretold: Foretold, found: Sequence[Suggested]) -> Figure:
    """Every design: what it would show for every draw, in its own errors about their mean."""
    usable = foretold.usable
    drawing, axis = style.figure(size=(6.6, 0.8 + 0.22 * len(usable)))
    chosen = {id(s.design) for s in found}
    columns: dict[str, Any] = {}
    for row, i in enumerate(reversed(usable)):
        design = foretold.designs[i]
        values = foretold.predictions[:, i]
        scaled = (values - np.nanmean(values)) / design.observation.sigma
        colour = style.COLOURS[1] if id(design) in chosen else style.COLOURS[0]
        axis.plot(np.clip(scaled, -30, 30), np.full(scaled.size, row), "|", ms=7, color=colour, alpha=0.6)
        columns[design.told] = values
    axis.set_yticks(range(len(usable)), [foretold.designs[i].told[:70] for i in reversed(usable)], fontsize=6)
    axis.set(xlabel="prediction less mean / error of measuring")
    told = (
        "What every design would show, a stroke for each draw, in units of its error: the wider, the more it "
        "tells. Suggested ones in the second colour."
    )
    return Figure(drawing, told, columns)


def _found(
    asked: Asked,
    batch: int,
    same: Same | None,
    about: Sequence[str],
    kept: Kept,
    jobs: int | None,
    scheduler: str | None,
    progress: Tell,
) -> tuple[Foretold, list[Suggested]]:
    def tell(share: float, text: str) -> None:
        interrupts.pass_on()
        progress(share, text)

    with workers(jobs, scheduler, runs(asked)) as helpers:
        foretold = foretell(asked.study, asked.study.candidates, asked.draws, helpers, kept, tell)
    return foretold, suggest(foretold, batch, same, about)


def _opened(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    where = folder / POSTERIOR
    try:
        variables, said = netcdf.from_bytes(files.read(where, _MOST_BYTES, "posterior"))
    except ValueError:
        raise InputError(
            "no calibration of epidot: no netCDF file",
            str(where),
            remedy="give the folder that `epidot calibrate` wrote",
        ) from None
    if said.get("format") != FORMAT:
        raise InputError(
            "no calibration of epidot", str(where), remedy="give the folder that `epidot calibrate` wrote"
        )
    return variables, said
