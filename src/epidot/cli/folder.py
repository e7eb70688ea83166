"""``epidot measure auto FOLDER``"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from epidot.cli import options, output
from epidot.cli.progress import Progress
from epidot.errors import WorkError
from epidot.quantities import number

if TYPE_CHECKING:
    from epidot.report.folder import Measured

_SHOWN = 3  # quantities in a line


def auto(
    folder: Path = typer.Argument(..., help="A folder of files of any techniques, and the folders in it."),
    out: Path | None = typer.Option(
        None, "--output", "-o", help="Write table.csv, table.json and report.html with every picture here."
    ),
    sample: str | None = typer.Option(
        None, "--sample", help="A regular expression that finds the sample's name in a path: 'batch[0-9]+'."
    ),
    rules: Path | None = typer.Option(
        None, "--rules", help="A YAML file: which files are what, of which sample, with what options."
    ),
    jobs: int | None = typer.Option(None, "--jobs", min=1, max=256, help="Processes [all cores]."),
    materials: Path | None = options.MATERIALS,
    as_json: bool = options.JSON,
) -> None:
    """Every file of a folder by the technique it is of: one table, one page, and where the techniques agree.

    Example: epidot measure auto monday/ -o monday-measured
    """
    from epidot.instruments.folder import rules as said
    from epidot.report import folder as work

    given = said.load(rules) if rules is not None else said.Rules()
    if sample is not None:
        given = replace(given, sample=said.expression(sample, "--sample"))
    if out is not None:
        work.check(out)
    with Progress() as progress:
        whole = work.measure(folder, out, rules=given, jobs=jobs, progress=progress)
    if as_json:
        output.emit_json(whole.to_json())
    else:
        _show(whole)
    if out is not None:
        output.note(f"{work.headline(whole)}; see {out / work.PAGE}")
    failed = whole.count("not measured")
    if failed:
        raise WorkError(
            f"{failed} of {failed + whole.count('measured', 'without a value')} files not measured"
        )
    if not whole.count("measured", "without a value"):
        raise WorkError("no file here is of a technique that epidot reads")


def _show(whole: Measured) -> None:
    lines = [(one["sample"], one["technique"], one["file"], _values(one)) for one in whole.results]
    if lines:
        print(output.table(sorted(lines), ("sample", "technique", "file", "values")))
    if whole.agreement:
        print()
        print(
            output.table([_agreement(one) for one in whole.agreement], ("sample", "what", "value", "verdict"))
        )
    if failed := whole.of_state("not measured"):
        print()
        print(output.table([(one["file"], one["reason"]) for one in failed], ("not measured", "why")))
    alike: dict[str, list[str]] = {}
    for one in whole.of_state("unknown"):
        alike.setdefault(one["reason"], []).append(one["file"])
    if alike:
        print()
        rows = [(_some(names), reason) for reason, names in alike.items()]
        print(output.table(rows, ("of no known technique", "what it looks like")))
    if whole.resumed:
        output.note(f"{whole.resumed} taken from an earlier call")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0] + more


def _values(one: dict[str, Any]) -> str:
    if one["reason"]:
        return str(one["reason"])
    found = [(n, q) for n, q in one["quantities"].items() if not isinstance(q["value"], list)]
    shown = [f"{n} {number(q['value'], q['sigma'])}" for n, q in found if q["value"] is not None]
    return ", ".join(shown[:_SHOWN])


def _agreement(one: Any) -> Sequence[str]:
    unit = "" if one.unit == "1" else f" {one.unit}"
    return (
        one.sample,
        one.idea,
        number(one.value, one.sigma) + (unit if one.value is not None else ""),
        one.verdict,
    )
