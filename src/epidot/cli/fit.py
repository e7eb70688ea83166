"""``epidot fit TECHNIQUE FILE --model M``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot import files
from epidot.cli import generated, options, output
from epidot.cli.drawn import Written
from epidot.errors import WorkError
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
        result: Path | None = typer.Option(
            None, "--output", "-o", help="Write what --json prints into this file."
        ),
        plot: Path | None = typer.Option(
            None, "--plot", help="Draw data, model and residuals: PNG, SVG or PDF."
        ),
        curve: Path | None = typer.Option(
            None, "--curve", help="Write data, model and residuals, point by point, into this CSV."
        ),
        materials: Path | None = options.MATERIALS,
        as_json: bool = typer.Option(False, "--json", help="One JSON object on stdout."),
        **asked: Any,
    ) -> None:
        written = Written(plot, curve)
        written.check()
        if result is not None:
            files.check(result)
        given = {k: v for k, v in asked.items() if v is not None}
        signal = device.read(file, **{k: v for k, v in given.items() if k in read_names})
        found = device.fit(signal, model, **{k: v for k, v in given.items() if k in fit_names})
        _show(found, [str(file)], as_json)
        if found.status == "failed":
            raise WorkError(f"{file}: the fit failed: {found.message}")
        if result is not None:
            files.write(result, output.json_text(found.to_json([str(file)])) + "\n")
        written.write([(str(file), signal, found.quantities)])

    seen: dict[str, Any] = {}
    for option in (*header.read_options, *header.options_of_fit):
        seen.setdefault(option.name, option)
    example = f"epidot fit {name} FILE --model {header.fit_models[0]} --plot fit.png"
    doc = f"{header.title}: a model fitted to a file.\n\nExample: {example}"
    app.command(name, help=doc)(generated.with_options(fit, seen.values(), doc))


def _show(found: Fit, names: list[str], as_json: bool) -> None:
    if as_json:
        output.emit_json(found.to_json(names))
    else:
        print(f"{', '.join(names)}  ({found.quantities.technique}, {found.model}: {_ended(found)})")
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
            output.note(f"{', '.join(names)}: {warning}")


def _ended(found: Fit) -> str:
    return found.status if found.status == "converged" else f"{found.status}: {found.message}"
