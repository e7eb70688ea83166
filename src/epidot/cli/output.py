"""Printing: one JSON object or a plain table on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from epidot import files
from epidot.quantities import Quantity, Series, number


def emit_json(content: dict[str, Any]) -> None:
    """One JSON object on stdout, and nothing else there."""
    print(files.json_text(content))


def note(text: str) -> None:
    """A remark for the person at the terminal."""
    print(text, file=sys.stderr)


def table(rows: Iterable[Sequence[str]], heads: Sequence[str]) -> str:
    """A plain text table with left-aligned columns."""
    lines = [list(heads), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    rule = ["-" * w for w in widths]
    out = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    out.insert(1, "  ".join(rule))
    return "\n".join(out)


def trials_table(trials: Sequence[dict[str, Any]]) -> str:
    """Models that were tried, one row each, with what decided between them."""
    heads = list(dict.fromkeys(name for trial in trials for name in trial))

    def cell(value: Any) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "-" if value is None else value if isinstance(value, str) else f"{value:.5g}"

    return table([[cell(trial.get(name)) for name in heads] for trial in trials], heads)


def quantities_table(found: dict[str, Quantity]) -> str:
    """Quantities as rows of name, value ± error, unit and remark; how each was obtained stands below."""
    ways = list(dict.fromkeys(q.method for q in found.values() if q.value is not None))
    rows = [
        (
            name,
            number(q.value, q.sigma),
            "" if q.unit == "1" else q.unit,
            (f"[{ways.index(q.method) + 1}] " if q.value is not None else "") + q.note,
        )
        for name, q in found.items()
    ]
    return "\n".join(
        [
            table(rows, ("quantity", "value", "unit", "")),
            *(f"[{i}] {way}" for i, way in enumerate(ways, start=1)),
        ]
    )


def series_table(series: dict[str, Series]) -> str:
    """Quantities with one value per step: a row per step, a column per quantity; remarks below."""
    steps = max(len(one.values) for one in series.values())
    heads = [f"{name}/{one.unit}" if one.unit != "1" else name for name, one in series.items()]
    rows = []
    for i in range(steps):
        cells = [
            number(one.values[i], one.sigmas[i]) if i < len(one.values) else "" for one in series.values()
        ]
        rows.append([str(i + 1), *cells])
    notes = [f"{name}: {one.note}" for name, one in series.items() if one.note]
    return "\n".join([table(rows, ("step", *heads)), *notes])
