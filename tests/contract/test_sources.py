"""What is shipped is whole: no file carries the two sides of an unfinished merge."""

from __future__ import annotations

from pathlib import Path

import epidot

PACKAGE = Path(epidot.__file__).parent
TEXT = {".py", ".js", ".css", ".html", ".yaml", ".csv", ".txt", ".md"}
SIDES = tuple(sign * 7 + " " for sign in "<>")


def test_no_file_carries_an_unfinished_merge() -> None:
    files = [p for p in PACKAGE.rglob("*") if p.suffix in TEXT]
    assert {p.suffix for p in files} >= {".py", ".js", ".yaml"}
    torn = [
        f"{p.relative_to(PACKAGE)}:{n}"
        for p in files
        for n, line in enumerate(p.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if line.startswith(SIDES)
    ]
    assert torn == []
