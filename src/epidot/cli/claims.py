"""``epidot claims [PAPER] [--id ID ...]``"""

from __future__ import annotations

import os
import re
from pathlib import Path

import typer

from epidot.cli import options, output
from epidot.errors import InputError

_MOST = 6  # workers unasked: with more the flasks of a recipe do not go round
_ID = re.compile(r"^[A-Za-z]\d+$")


def claims(
    words: list[str] = typer.Argument(
        None, metavar="[PAPER]", help="choi2023, yuan2023, or your own; or all."
    ),
    ids: list[str] = typer.Option(
        [], "--id", help="Only these claims: --id C004 --id C010, or --id C004 C010."
    ),
    engine: str = typer.Option(
        "both", "--engine", help="What carries recipes out: meanfield, kmc (the lattice) or both."
    ),
    jobs: int | None = typer.Option(
        None,
        "--jobs",
        help="Workers for the lattice; the result does not depend on them. [one per core; 1 with --id]",
    ),
    own: Path | None = options.PAPERS,
    as_json: bool = options.JSON,
) -> None:
    """Hold every claim of the papers against what epidot gives.

    Example: epidot claims choi2023 --id C004 C010
    """
    if jobs is not None and not 1 <= jobs <= 1000:
        raise InputError("--jobs must be a whole number from 1 to 1000", seen=str(jobs))
    from epidot.papers.claims import evaluate
    from epidot.papers.table import counts, text

    # `--id C004 C010` leaves C010 among the plain words; papers and claim ids cannot be confused.
    wanted = [part for entry in ids for part in entry.replace(",", " ").split()]
    wanted += [word for word in words or [] if _ID.match(word)]
    papers = [word for word in words or [] if not _ID.match(word)]
    if len(papers) > 1:
        raise InputError("one paper at a time", seen=" ".join(papers), remedy="leave it out for all")
    workers = jobs or (1 if wanted else min(os.cpu_count() or 1, _MOST))
    results = evaluate(papers[0] if papers else None, wanted or None, engine=engine, jobs=workers)
    if as_json:
        output.emit_json({"claims": [r.to_json() for r in results], "counts": counts(results)})
    else:
        print(text(results))
