"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import typer

from epidot.documents import papers_in_use


def _use(context: typer.Context, folder: Path | None) -> Path | None:
    from epidot.cli import output
    from epidot.matter import materials

    context.with_resource(materials.in_use(folder))  # as long as the command
    if said := materials.told():
        output.note(f"epidot: {said}")
    return folder


def _use_papers(context: typer.Context, folder: Path | None) -> Path | None:
    context.with_resource(papers_in_use(folder))
    return folder


PAPERS = typer.Option(
    None,
    "--papers",
    metavar="DIR",
    callback=_use_papers,
    help="A folder of papers of your own, a folder each; or set EPIDOT_PAPERS.",
)
MATERIALS = typer.Option(
    None,
    "--materials",
    metavar="DIR",
    callback=_use,
    help="A folder of materials of your own, one file each; or set EPIDOT_MATERIALS.",
)
