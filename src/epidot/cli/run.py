"""``epidot run RECIPE``"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from epidot.cli import options, output
from epidot.cli.progress import Progress
from epidot.errors import Faults, nearest
from epidot.units import celsius

if TYPE_CHECKING:
    from epidot.growth.chemistry import Reagent
    from epidot.runs.needs import Needs
    from epidot.runs.order import Order

_MOST = 1_000_000_000  # of dots, seeds and processes that can be asked for


def run(
    recipe: str = typer.Argument(
        ..., help="A recipe file, a shipped recipe's name, or a batch.nc to repeat."
    ),
    out: Path | None = typer.Option(
        None, "--output", "-o", help="Folder of the results; default: run-<name>."
    ),
    dots: int | None = typer.Option(None, "--dots", help="Dots in the flask [kmc: 100, meanfield: 200]."),
    seed: int | None = typer.Option(None, "--seed", help="Seed of every random number [0]."),
    jobs: int | None = typer.Option(
        None,
        "--jobs",
        help="Processes that read the samples and draw, and blocks that grow at a time; the result does not "
        "depend on them. [one per core, at most 4; 1 below 50 dots, or 500 where none grows]",
    ),
    engine: str | None = typer.Option(
        None, "--engine", help="kmc, every dot on the lattice, or meanfield [kmc]."
    ),
    blocks: int | None = typer.Option(
        None,
        "--blocks",
        help="Chains that the dots are spread over, to grow side by side on --jobs cores; they share the "
        "liquor 20 times per step. [1, which is exact]",
    ),
    hypothesis: str | None = typer.Option(
        None,
        "--hypothesis",
        help="Of halide transport: H1 bath loss, H2 solubility, H3 interior traps [H1].",
    ),
    mechanism: str | None = typer.Option(
        None,
        "--mechanism",
        help="A mechanism's .yaml file of your own, or choi2023@2, the second set of numbers. [by the core]",
    ),
    parameters: Path | None = typer.Option(
        None,
        "--parameters",
        metavar="FILE.yaml",
        help="Numbers of this run instead of epidot's own, by name; docs/parameters.md tells the names.",
    ),
    ignore: list[str] = typer.Option(
        [],
        "--ignore",
        help="A reagent that may do nothing although one would expect it to react; may be repeated.",
    ),
    positions: str = typer.Option(
        "lattice", "--positions", help="Of the atoms in dots.extxyz: lattice, or relaxed with their strain."
    ),
    states: str | None = typer.Option(
        None,
        "--states",
        help="radial, or atoms: beside them the levels of the relaxed atoms of each sample's middle dot; "
        "atoms:8 of eight dots. [radial]",
    ),
    no_interval: bool = typer.Option(
        False, "--no-interval", help="Do not work out what the errors of the model's numbers make of the run."
    ),
    resume: bool = typer.Option(False, "--resume", help="Go on where an interrupted run stopped."),
    overwrite: bool = typer.Option(
        False, "--overwrite", help="Write even beside, or over, files that are no results of a run."
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Say what the run would need and which files it would write; run nothing."
    ),
    force: bool = typer.Option(False, "--force", help="Run even what this machine seems too small for."),
    materials: Path | None = options.MATERIALS,
    papers: Path | None = options.PAPERS,
    as_json: bool = typer.Option(False, "--json", help="The summary as one JSON object on stdout."),
) -> None:
    """Carry a recipe out: growth, oxide, light at every sample, and a report with pictures.

    Example: epidot run choi2023/inp-zns-staged-4 -o staged
    """
    from epidot.dot.export import POSITIONS

    faults = Faults()
    for name, value, least in (
        ("--dots", dots, 1),
        ("--seed", seed, 0),
        ("--jobs", jobs, 1),
        ("--blocks", blocks, 1),
    ):
        if value is not None and not least <= value <= _MOST:
            faults.add(f"{name} must be a whole number from {least} to {_MOST:,}", seen=value)
    where = next((known for known in POSITIONS if known == positions), POSITIONS[0])
    if positions != where:
        faults.add("--positions has no such choice", seen=positions, nearest=nearest(positions, POSITIONS))
    faults.raise_if_any()
    from epidot.report.run import carry_out, look
    from epidot.runs.batch import HEADLINES, dots_said, sampling_said
    from epidot.runs.needs import needs, reagents
    from epidot.runs.order import order_from

    order = order_from(
        recipe,
        dots=dots,
        seed=seed,
        engine=engine,
        hypothesis=hypothesis,
        mechanism=mechanism,
        states=states,
        blocks=blocks,
        parameters=parameters,
        ignore=ignore,
    )
    folder = out or Path("run-" + order.recipe.name.replace("/", "-"))
    if dry_run:
        look(folder, resume=resume, overwrite=overwrite)
        _needs(order, needs(order, jobs), reagents(order), folder, force, as_json)
        return
    if not force:
        needs(order, jobs).refuse(folder)
    with Progress() as progress:
        summary, before = carry_out(
            order,
            folder,
            jobs=jobs,
            positions=where,
            resume=resume,
            overwrite=overwrite,
            interval=not no_interval,
            progress=progress,
        )
    if before:
        output.note(f"{folder}: this run is done already")
    if as_json:
        output.emit_json(summary)
        return
    print(f"{summary['recipe']}: {dots_said(summary)}, {summary['engine']} engine, seed {summary['seed']}")
    said = sampling_said(summary)
    print(f"{said}\n" if said else "")
    for headline in (note for note in summary["notes"] if note.startswith(HEADLINES)):
        print(f"{headline}\n")
    print(_tables(summary))
    for remark in summary["notes"]:
        output.note(remark)
    print(f"\nEvery quantity with its unit: {folder / 'summary.json'}\nReport: {folder / 'report.html'}")


def _needs(
    order: Order, needed: Needs, met: Sequence[Reagent], folder: Path, force: bool, as_json: bool
) -> None:
    """What a run would need; refused as the run itself would be."""
    from epidot.runs.output import NAMES

    if as_json:
        chemicals = [{"reagent": r.name, "line": r.line, "status": r.status, "why": r.why} for r in met]
        files = [str(folder / name) for name in NAMES]
        output.emit_json({**asdict(needed), "files": files, "reagents": chemicals})
    else:
        print(output.table(needed.rows(), ("needs", "about")))
        if met:
            rows = [(r.name, "ignored" if r.ignored else r.status, r.why) for r in met]
            print("\n" + output.table(rows, ("reagent", order.mechanism, "why")))
        print("\nWould write " + ", ".join(str(folder / name) for name in NAMES))
    if not force:
        needed.refuse(folder)


# What the terminal shows of each sample; everything is in summary.json.
_SHOWN = (
    "shell_layers",
    "oxide_per_dot",
    "strain_core",
    "first_exciton_nm",
    "pl_peak_nm",
    "pl_fwhm_nm",
    "plqy",
    "tau_amplitude_ns",
)
_OF_ATOMS = ("atoms_first_exciton_nm",)  # where they were asked for


def _tables(summary: Mapping[str, Any]) -> str:
    """Every sample, and what the errors of the model's numbers make of the last one where that is stated."""
    from epidot.quantities import Quantity
    from epidot.runs.quantities import between, cell, find, off, widest, worst

    samples: Sequence[Mapping[str, Any]] = summary["samples"]
    shown = [*_SHOWN, *(name for name in _OF_ATOMS if any(name in s["quantities"] for s in samples))]
    columns = [find(name) for name in shown]
    heads = [column.heading.replace(" / ", " ") for column in columns]
    rows, known = [], {}
    for sample in samples:
        known = {name: Quantity.from_json(q) for name, q in sample["quantities"].items()}
        rows.append(
            (
                sample["name"],
                f"{sample['time_s'] / 60:.1f}",
                f"{celsius(sample['temperature_K']):.0f}",
                *(cell(column, known.get(column.name)) for column in columns),
                worst(known.values()),
            )
        )
    text = output.table(rows, ("sample", "min", "°C", *heads, "envelope"))
    stated = [
        (
            head,
            cell(column, found),
            off(column, found),
            between(column, found.interval68),
            between(column, found.with_sampling),
            widest(found, summary["rests_on"]),
        )
        for head, column in zip(heads, columns, strict=True)
        if (found := known.get(column.name)) and (found.interval68 or found.sigma)
    ]
    if not stated:
        return text
    last = (f"of {samples[-1]['name']}", "value", "± sampling", "68 % of the model", "with both", "widest by")
    return f"{text}\n\n{output.table(*_without_empty(stated, last))}"


def _without_empty(
    rows: Sequence[Sequence[str]], heads: Sequence[str]
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Rows and heads without the columns in which nothing stands."""
    kept = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    return [tuple(row[i] for i in kept) for row in rows], tuple(heads[i] for i in kept)
