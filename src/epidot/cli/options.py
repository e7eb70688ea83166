"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import typer


def _use(context: typer.Context, folder: Path | None) -> Path | None:
    from epidot.cli import output
    from epidot.matter import materials

    context.with_resource(materials.in_use(folder))  # as long as the command
    if said := materials.told():
        output.note(f"epidot: {said}")
    return folder


MATERIALS = typer.Option(
    None,
    "--materials",
    metavar="DIR",
    callback=_use,
    help="A folder of materials of your own, one file each; or set EPIDOT_MATERIALS.",
)
