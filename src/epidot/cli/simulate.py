"""``epidot simulate TECHNIQUE DIR|DOT.yaml``"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import typer

from epidot import files
from epidot.cli import generated, options, output
from epidot.cli.progress import Progress
from epidot.errors import InputError
from epidot.given import NOTHING, Given


def commands(argv: list[str]) -> typer.Typer:
    """One subcommand per instrument; its set-up options come from the instrument's header."""
    text = "What an instrument would show.  Example: epidot simulate pl dot.yaml -o pl.csv"
    return generated.group(argv, "simulate", text, _add, {"auto": auto})


def _add(app: typer.Typer, name: str) -> None:
    from epidot import instruments

    device = instruments.instrument(name)
    header = device.HEADER

    def simulate(
        source: Path = typer.Argument(
            ..., help="The folder of a run, its batch.nc, or a described dot (YAML)."
        ),
        out: Path | None = typer.Option(
            None, "--output", "-o", help="Where to save; default: <technique>.csv here."
        ),
        sample: str | None = typer.Option(
            None, "--sample", help="Which sample of the run; default: the last."
        ),
        seed: int = typer.Option(0, "--seed", help="Seed of the noise."),
        materials: Path | None = options.MATERIALS,
        as_json: bool = options.JSON,
        **asked: Any,
    ) -> None:
        import numpy as np

        from epidot.signal.storage import save

        target = out or Path(f"{name}.csv")
        files.check_apart([target], [source, *asked.values()])
        files.check(target)
        _, dots, given = population(source, sample, name)
        setup = {k: v for k, v in asked.items() if v is not None}
        with given.in_force():
            signal = device.simulate(dots, setup, rng=np.random.default_rng(seed))
        save(signal, target)
        content = {
            "technique": name,
            "file": str(target),
            "points": len(signal),
            "x": {"name": signal.x_name, "unit": signal.x_unit},
            "y": {"name": signal.y_name, "unit": signal.y_unit},
            "noise_kind": signal.kind,
            "setup": setup,
            "seed": seed,
            "warnings": list(signal.warnings),
        }
        if as_json:
            output.emit_json(content)
        else:
            for warning in signal.warnings:
                output.note(f"{target}: {warning}")
            print(f"{len(signal)} points written to {target}; `epidot measure {name} {target}` reads it")

    doc = f"{header.title}: what it would show.\n\nExample: epidot simulate {name} dot.yaml -o {name}.csv"
    app.command(name, help=doc)(generated.with_options(simulate, header.setup, doc))


def population(source: Path, sample: str | None, technique: str = "") -> tuple[str, Any, Given]:
    """Name, dots and given numbers of a sample: of a run's folder, a batch or a described dot.

    Raises
    ------
    InputError
        If there is no such file or sample, no dots are in it, or a decay is asked for that the run withheld.
    """
    path = source / "batch.nc" if os.path.isdir(source) else source
    if path.suffix == ".nc":
        from epidot.runs.batch import Batch

        batch = Batch.load(path)
        if not batch.samples:
            raise InputError("this run took no sample", str(path))
        chosen = batch.sample(sample) if sample is not None else batch.samples[-1]
        if chosen.population is None:
            raise InputError("there are no dots in this sample", str(path), seen=chosen.name)
        if technique == "tcspc" and chosen.withheld:
            raise InputError(chosen.withheld, str(path), seen=chosen.name)
        return chosen.name, chosen.population, batch.given
    if sample is not None:
        raise InputError("--sample goes with the folder of a run", str(source), seen=sample)
    from epidot.dot.described import read

    return path.stem, read(path), NOTHING


def auto(
    source: Path = typer.Argument(..., help="The folder of a run, its batch.nc, or a described dot (YAML)."),
    out: Path | None = typer.Option(None, "--output", "-o", help="The folder to write into [SOURCE/seen]."),
    sample: str | None = typer.Option(None, "--sample", help="Which sample of the run; default: the last."),
    seed: int = typer.Option(0, "--seed", help="Seed of the noise."),
    materials: Path | None = options.MATERIALS,
    as_json: bool = options.JSON,
) -> None:
    """What all instruments would show of one sample, each in its usual set-up: a folder for measure auto.

    Example: epidot simulate auto my-run/ && epidot measure auto my-run/ -o my-run/measured
    """
    from epidot.instruments.folder.seen import show

    target = out or (source if os.path.isdir(source) else source.parent) / "seen"
    files.check_folder(target, ())
    name, dots, given = population(source, sample)
    with given.in_force(), Progress() as progress:
        shown = show(dots, target, name, seed, progress)
    made = {one.technique: one.file for one in shown if one.file}
    content = {
        "folder": str(target),
        "sample": name,
        "seed": seed,
        "files": made,
        "failed": {one.technique: one.reason for one in shown if not one.file},
    }
    if as_json:
        output.emit_json(content)
        return
    for one in shown:
        if not one.file:
            output.note(f"{one.technique}: nothing to show: {one.reason}")
    print(f"{len(made)} files of {name!r} in {target}; `epidot measure auto {target}` measures them")
