"""Tables that a benchmark puts into a page of the docs."""

from __future__ import annotations

from pathlib import Path

from epidot import files


def put(page: Path, name: str, table: str) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- end name -->``."""
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
    head, found, rest = text.partition(begin)
    if not found or end not in rest:
        raise SystemExit(f"{page} has no place for a table called {name}")
    files.write(page, f"{head}{begin}{table}\n{end}{rest.partition(end)[2]}")
