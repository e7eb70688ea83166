"""``epidot fit TECHNIQUE FILE --model M``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot.cli import generated, options, output
from epidot.quantities import Fit


def commands(argv: list[str]) -> typer.Typer:
    """One subcommand per instrument; models and options come from the instrument's header."""
    text = "A model fitted to a file.  Example: epidot fit tcspc decay.phd --model biexponential"
    return generated.group(argv, "fit", text, _add)


def _add(app: typer.Typer, name: str) -> None:
    from epidot import instruments

    device = instruments.instrument(name)
    header = device.HEADER
    read_names = {option.name for option in header.read_options}
    fit_names = {option.name for option in header.options_of_fit}

    def fit(
        file: Path = typer.Argument(..., help="A measured (or simulated) file.", metavar="FILE"),
        model: str | None = typer.Option(
            None, "--model", "-m", help=f"One of {', '.join(header.fit_models)}; unasked, the usual one."
        ),
        materials: Path | None = options.MATERIALS,
        as_json: bool = typer.Option(False, "--json", help="One JSON object on stdout."),
        **asked: Any,
    ) -> None:
        given = {k: v for k, v in asked.items() if v is not None}
        signal = device.read(file, **{k: v for k, v in given.items() if k in read_names})
        found = device.fit(signal, model, **{k: v for k, v in given.items() if k in fit_names})
        _show(found, [str(file)], as_json)

    seen: dict[str, Any] = {}
    for option in (*header.read_options, *header.options_of_fit):
        seen.setdefault(option.name, option)
    example = f"epidot fit {name} FILE --model {header.fit_models[0]} --json"
    doc = f"{header.title}: a model fitted to a file.\n\nExample: {example}"
    app.command(name, help=doc)(generated.with_options(fit, seen.values(), doc))


def _show(found: Fit, files: list[str], as_json: bool) -> None:
    if as_json:
        output.emit_json(found.to_json(files))
    else:
        print(f"{', '.join(files)}  ({found.quantities.technique}, {found.model}: {found.status})")
        rows = [
            (name, output.number(p.value, p.sigma), p.unit, output.interval(p.interval), p.shape, p.note)
            for name, p in found.parameters.items()
        ]
        print(output.table(rows, ("parameter", "value", "unit", "68 % interval", "shape", "")))
        print()
        own = {name: q for name, q in found.quantities.found.items() if name not in found.parameters}
        print(output.quantities_table(own))
        for name, value in found.statistics.items():
            print(f"{name} {value:.6g}")
        for warning in found.quantities.warnings:
            output.note(f"{', '.join(files)}: {warning}")
        if found.status == "failed":
            output.note(f"{', '.join(files)}: the fit failed: {found.message}")
