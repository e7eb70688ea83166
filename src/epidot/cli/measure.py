"""``epidot measure TECHNIQUE FILE...``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot.cli import generated, options, output
from epidot.errors import Fault, Faults, InputError
from epidot.quantities import Quantities


def commands(argv: list[str]) -> typer.Typer:
    """One subcommand per instrument; its options come from the instrument's header."""
    text = "The papers' numbers from real files.  Example: epidot measure tcspc decay.phd --irf irf.phd"
    return generated.group(argv, "measure", text, _add)


def _add(app: typer.Typer, name: str) -> None:
    from epidot import instruments

    device = instruments.instrument(name)
    header = device.HEADER
    read_names = {option.name for option in header.read_options}
    measure_names = {option.name for option in header.measure_options}

    def measure(
        files: list[Path] = typer.Argument(..., help="Measured (or simulated) files.", metavar="FILE..."),
        plot: Path | None = typer.Option(
            None, "--plot", help="Draw data and result into this PNG, SVG or PDF."
        ),
        materials: Path | None = options.MATERIALS,
        as_json: bool = typer.Option(False, "--json", help="One JSON object on stdout."),
        **asked: Any,
    ) -> None:
        if plot is not None and len(files) > 1:
            raise InputError(
                Fault("--plot draws one file", seen=f"{len(files)} files", remedy="give one file")
            )
        if plot is not None:
            from epidot.report import figures, style

            style.check(plot)
        results: list[Quantities] = []
        faults = Faults()
        for file in files:
            with faults.catching():
                found, signal = _one(device, file, asked, read_names, measure_names)
                results.append(found)
                if plot is not None:
                    figures.plot_measurement(signal, found, plot)
        faults.raise_if_any()
        _show(results, as_json)

    seen: dict[str, Any] = {}
    for option in (*header.read_options, *header.measure_options):
        seen.setdefault(option.name, option)
    doc = f"{header.title}.\n\nExample: epidot measure {name} FILE --json"
    app.command(name, help=doc)(generated.with_options(measure, seen.values(), doc))


def _one(
    device: Any, file: Path, asked: dict[str, Any], read_names: set[str], measure_names: set[str]
) -> tuple[Quantities, Any]:
    signal = device.read(file, **{k: v for k, v in asked.items() if k in read_names and v is not None})
    found = device.measure(signal, **{k: v for k, v in asked.items() if k in measure_names and v is not None})
    return found, signal


def _show(results: list[Quantities], as_json: bool) -> None:
    if as_json:
        if len(results) == 1:
            output.emit_json(results[0].to_json())
        else:
            output.emit_json({"results": [found.to_json() for found in results]})
        return
    for found in results:
        print(f"{found.source}  ({found.technique})")
        for length in sorted({len(one.values) for one in found.series.values()}, reverse=True):
            alike = {name: one for name, one in found.series.items() if len(one.values) == length}
            print(output.series_table(alike))
            print()
        print(output.quantities_table(found.found))
        print()
    for found in results:
        for warning in found.warnings:
            output.note(f"{found.source}: {warning}")
