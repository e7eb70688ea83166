"""``epidot read FILE``"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from epidot.cli import options, output
from epidot.errors import Faults, InputError


def read(
    file: Path = typer.Argument(..., help="A measured file."),
    technique: str | None = typer.Option(
        None, "--technique", "-t", help="Do not guess; read it as this technique."
    ),
    column: str | None = typer.Option(None, "--column", help="Which data column (name or number from 1)."),
    as_json: bool = options.JSON,
) -> None:
    """Say what is understood of a file: technique, axes, units, columns, noise kind, guesses.

    Example: epidot read "aliquots.csv" --technique uvvis
    """
    from epidot import instruments
    from epidot.instruments.recognise import recognise

    guessed = technique is None
    name = technique or recognise(file)
    device = instruments.instrument(name)
    options: dict[str, Any] = {}
    if column is not None:
        if "column" not in {o.name for o in device.HEADER.read_options}:
            raise InputError(f"{name} files have no columns to choose from", str(file), seen=column)
        options["column"] = column
    faults = Faults(str(file))
    with faults.catching():
        signal = device.read(file, **options)
    faults.raise_if_any()
    content = {
        "file": str(file),
        "technique": signal.technique,
        "technique_guessed": guessed,
        "x": {"name": signal.x_name, "unit": signal.x_unit, "first": signal.x[0], "last": signal.x[-1]},
        "y": {"name": signal.y_name, "unit": signal.y_unit, "min": signal.y.min(), "max": signal.y.max()},
        "points": len(signal),
        "noise_kind": signal.kind,
        "columns": signal.meta.get("columns", []),
        "meta": signal.meta,
        "warnings": list(signal.warnings),
    }
    if as_json:
        output.emit_json(content)
        return
    rows = [
        ("technique", name + (" (guessed)" if guessed else "")),
        (
            "x axis",
            f"{signal.x_name} / {signal.x_unit}, {signal.x[0]:g} to {signal.x[-1]:g}, {len(signal)} points",
        ),
        ("y axis", f"{signal.y_name} / {signal.y_unit or '1'}, {signal.y.min():g} to {signal.y.max():g}"),
        ("noise", signal.kind),
        *[(key, _short(value)) for key, value in signal.meta.items()],
    ]
    print(output.table(rows, ("what", "understood as")))
    for warning in signal.warnings:
        output.note(warning)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(entry)}" for key, entry in value.items())
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 120 else text[:117] + "..."
