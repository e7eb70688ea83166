"""``epidot describe BATCH.nc``"""

from __future__ import annotations

from pathlib import Path

import typer

from epidot import files
from epidot.cli import options, output


def describe(
    batch: str = typer.Argument(help="The batch.nc of a run."),
    sample: str | None = typer.Option(None, "--sample", help="Which sample [the last]."),
    out: Path | None = typer.Option(None, "--output", "-o", help="DOT.yaml to write [the terminal]."),
    as_json: bool = options.JSON,
) -> None:
    """Write a grown dot down as a described one, which simulate, run and treat take like any other.

    What is read back is the same mean dot: its layers, its surface, its ligands and its halide.

    Example: epidot describe run-staged/batch.nc --sample purified -o staged.yaml
    """
    from epidot.runs.batch import Batch

    if out is not None:
        files.check_apart([out], [batch])
        files.check(out)
    text, data = Batch.load(batch).described(sample)
    if out is not None:
        files.write(out, text)
    if as_json:
        output.emit_json({"batch": batch, "dot": data})
    elif out is None:
        print(text)
    else:
        print(f"{out}: the dot of {data['title']}")
