"""``epidot fit TECHNIQUE FILE --model M``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot import files
from epidot.cli import generated, options, output
from epidot.cli.drawn import Written
from epidot.errors import WorkError
from epidot.quantities import Determined, Fit, interval, number


def commands(argv: list[str]) -> typer.Typer:
    """One subcommand per instrument; models and options come from the instrument's header."""
    text = "A model fitted to a file.  Example: epidot fit tcspc decay.phd --irf irf.phd --model stretched"
    return generated.group(argv, "fit", text, _add)


def _add(app: typer.Typer, name: str) -> None:
    from epidot.instruments import instrument, many

    device = instrument(name)
    header = device.HEADER
    read_names = {option.name for option in header.read_options}
    fit_names = {option.name for option in header.options_of_fit}

    def fit(
        targets: list[str] = typer.Argument(
            ...,
            help=f"{options.SEVERAL}: all of them in one fit."
            if header.fits_together
            else "A measured file.",
            metavar="FILE...",
        ),
        model: str | None = typer.Option(
            None, "--model", "-m", help=f"One of {', '.join(header.fit_models)}; unasked, the usual one."
        ),
        columns: str | None = options.COLUMNS,
        result: Path | None = typer.Option(
            None, "--output", "-o", help="Write what --json prints into this file."
        ),
        plot: Path | None = options.PLOT,
        curve: Path | None = options.CURVE,
        materials: Path | None = options.MATERIALS,
        as_json: bool = options.JSON,
        **asked: Any,
    ) -> None:
        options.refuse_idle(materials, header, "fit", asked)
        inputs = many.expanded(targets, endings=header.endings)
        files.check_apart((result, plot, curve), (*inputs, *asked.values()))
        Written(plot, curve, several=len(inputs) > 1).check()
        if result is not None:
            files.check(result)
        given = {k: v for k, v in asked.items() if v is not None}
        read = many.curves(name, targets, columns, {k: v for k, v in given.items() if k in read_names})
        signals = [one.signal for one in read]
        written = Written(plot, curve, several=len(read) > 1)
        written.check()
        found = device.fit(signals, model, **{k: v for k, v in given.items() if k in fit_names})
        names = [one.name for one in read]
        _show(found, names, as_json)
        if found.status == "failed":
            raise WorkError(f"{_few(names)}: the fit failed: {found.message}")
        if result is not None:
            files.write(result, files.json_text(found.to_json(names)) + "\n")
        written.write(list(zip(names, signals, found.each or (found.quantities,), strict=True)))

    seen: dict[str, Any] = {}
    for option in (*header.read_options, *header.options_of_fit):
        seen.setdefault(option.name, option)
    example = f"epidot fit {name} FILE --model {header.fit_models[0]} --plot fit.png"
    if header.fits_together:
        example += f"; epidot fit {name} 'run*.csv' --shared ... -o fit.json"
    doc = f"{header.title}: a model fitted to a file.\n\nExample: {example}"
    app.command(name, help=doc)(generated.with_options(fit, seen.values(), doc))


def _show(found: Fit, names: list[str], as_json: bool) -> None:
    if as_json:
        output.emit_json(found.to_json(names))
    else:
        print(f"{_few(names)}  ({found.quantities.technique}, {found.model}: {_ended(found)})")
        rows = [
            (name, number(p.value, p.sigma), p.unit, *_told(p), p.note)
            for name, p in found.parameters.items()
        ]
        print(output.table(rows, ("parameter", "value", "unit", "68 % interval", "shape", "")))
        print()
        parameters = {name.partition("[")[0] for name in found.parameters}
        for name, one in zip(names, found.each or (found.quantities,), strict=True):
            if found.each:
                print(name)
            own = {n: q for n, q in one.found.items() if n not in parameters}
            print(output.quantities_table(own))
            print()
        for name, value in found.statistics.items():
            print(f"{name} {value:.6g}")
        for warning in found.quantities.warnings:
            output.note(f"{_few(names)}: {warning}")


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} more"


def _ended(found: Fit) -> str:
    return found.status if found.status == "converged" else f"{found.status}: {found.message}"


def _told(parameter: Determined) -> tuple[str, str]:
    """Interval and shape; what was held as it was given has neither."""
    if parameter.note.startswith("held"):
        return "-", "-"
    return interval(parameter.interval), parameter.shape
