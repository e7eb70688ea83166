"""``epidot measure TECHNIQUE FILE...``"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from epidot import files
from epidot.cli import generated, options, output
from epidot.cli.drawn import Written
from epidot.cli.folder import auto
from epidot.cli.progress import Progress
from epidot.errors import InputError, WorkError
from epidot.quantities import Quantities, number

if TYPE_CHECKING:
    from epidot.instruments.many import Row

_IN_FULL = 3  # curves; of more, a line each is shown
_SHOWN = 5  # quantities in such a line


def commands(argv: list[str]) -> typer.Typer:
    """One subcommand per instrument; its options come from the instrument's header."""
    text = "The papers' numbers from real files.  Example: epidot measure tcspc decay.phd --irf irf.phd"
    return generated.group(argv, "measure", text, _add, {"auto": auto})


def _add(app: typer.Typer, name: str) -> None:
    from epidot import instruments

    header = instruments.instrument(name).HEADER

    def measure(
        targets: list[str] = typer.Argument(..., help=f"{options.SEVERAL}.", metavar="FILE..."),
        columns: str | None = options.COLUMNS,
        table: Path | None = typer.Option(
            None, "--output", "-o", help="Write a row for each curve into this .csv, .json or .nc."
        ),
        plot: Path | None = options.PLOT,
        curve: Path | None = options.CURVE,
        jobs: int | None = typer.Option(None, "--jobs", min=1, max=256, help="Processes [all cores]."),
        materials: Path | None = options.MATERIALS,
        as_json: bool = options.JSON,
        **asked: Any,
    ) -> None:
        from epidot.instruments import table as tables
        from epidot.instruments.many import expanded, measure_files

        options.refuse_idle(materials, header, "measure", asked)
        # A table of an earlier call is written anew; whatever else lies among the data is data.
        own = [table] if table is not None and tables.is_table(table) else []
        found = expanded(targets, own, header.endings)
        files.check_apart((table, plot, curve), (*found, *asked.values()))
        written = Written(plot, curve, several=len(found) > 1 or columns is not None)
        written.check()
        if table is not None:
            tables.check(table)
        with Progress() as progress:
            rows = measure_files(
                name,
                targets,
                columns=columns,
                jobs=jobs,
                progress=progress,
                signals=written.wanted,
                leave_out=own,
                **asked,
            )
        if not any(row.found for row in rows) and (table is None or len(rows) == 1):
            _refuse(rows)
        written.write([(row.name, row.signal, row.found) for row in rows if row.signal and row.found])
        if table is not None:
            tables.save(rows, name, table)
        _show(rows, name, as_json, table)
        failed = sum(row.found is None for row in rows)
        if failed:
            raise WorkError(
                f"{failed} of {len(rows)} curves could not be read or measured; the others are above"
            )

    seen: dict[str, Any] = {}
    for option in (*header.read_options, *header.measure_options):
        seen.setdefault(option.name, option)
    doc = (
        f"{header.title}.\n\nExamples: epidot measure {name} FILE --json; "
        f"epidot measure {name} FOLDER -o table.csv --plot pages.pdf"
    )
    app.command(name, help=doc)(generated.with_options(measure, seen.values(), doc))


def _refuse(rows: Sequence[Row]) -> NoReturn:
    """Nothing was measured: every reason at once."""
    faults = dict.fromkeys(fault for row in rows for fault in row.reasons)
    if all(row.bad_input for row in rows):
        raise InputError(faults)
    told = dict.fromkeys(w for row in rows if row.found is not None for w in row.found.warnings)
    words = [str(fault) for fault in faults] or list(told) or ["nothing here could be measured"]
    raise WorkError("\n".join(words))


def _show(rows: Sequence[Row], name: str, as_json: bool, table: Path | None) -> None:
    from epidot.instruments import table as tables

    done = [row.found for row in rows if row.found]
    if as_json and len(rows) == 1 and done:
        output.emit_json(done[0].to_json() | ({"column": rows[0].column} if rows[0].column else {}))
    elif as_json:
        output.emit_json(tables.to_json(rows, name))
    elif len(done) > _IN_FULL:
        print(_one_line_each(rows))
    else:
        for found in done:
            _in_full(found)
    short = _short_names(rows)
    told: dict[str, list[str]] = {}
    for row in rows:
        for warning in row.found.warnings if row.found and not as_json else ():
            told.setdefault(warning, []).append(short[row.name])
    for warning, names in told.items():
        output.note(f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {warning}")
    for row in rows:
        if not row.found or row.empty:
            output.note(f"{short[row.name]}: not measured: {tables.reason(row)}")
    empty = sum(row.empty for row in rows)
    if empty and len(rows) > 1:
        output.note(f"{empty} of {len(rows)} curves hold no value: the reasons are above")
    if table is not None:
        output.note(f"{len(rows)} rows in {table}")


def _in_full(found: Quantities) -> None:
    print(f"{found.source}  ({found.technique})")
    for length in sorted({len(one.values) for one in found.series.values()}, reverse=True):
        alike = {name: one for name, one in found.series.items() if len(one.values) == length}
        print(output.series_table(alike))
        print()
    print(output.quantities_table(found.found))
    print()
    if trials := found.extra.get("trials"):
        print(output.trials_table(trials))
        print()
    for name, state in found.extra.get("checks", {}).items():
        print(f"{name}: {state}")


def _one_line_each(rows: Sequence[Row]) -> str:
    """The quantities that most curves have, the first of these, and how many more there are."""
    from epidot.instruments.table import by_name

    found = [by_name(row) for row in rows]
    valued = Counter(name for one in found for name, q in one.items() if q.value is not None)
    every = [name for name in dict.fromkeys(n for one in found for n in one) if valued[name]]
    common = sorted(every, key=lambda name: -valued[name])[:_SHOWN]  # of equals the first
    heads = [name for name in every if name in common]
    short = _short_names(rows)
    lines = [
        (short[row.name], *(number(one[h].value, one[h].sigma) if h in one else "-" for h in heads))
        for row, one in zip(rows, found, strict=True)
    ]
    more = len(every) - len(heads)
    said = f"\n({more} more quantities: -o table.csv holds all, --json too)" if more else ""
    return output.table(lines, ("curve", *heads)) + said


def _short_names(rows: Sequence[Row]) -> dict[str, str]:
    """The curves' names without the folder that all files lie in."""
    files = list(dict.fromkeys(row.file for row in rows))
    folder = os.path.commonpath([os.path.dirname(f) for f in files]) if len(files) > 1 else ""
    start = len(os.path.join(folder, "")) if folder else 0
    return {row.name: row.name[start:] for row in rows}
