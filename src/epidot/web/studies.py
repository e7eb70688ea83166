"""The page of studies: a recipe with many values in it, started, watched and looked at."""

from __future__ import annotations

from typing import Any

from epidot import files
from epidot.errors import InputError
from epidot.report import sweep as report
from epidot.runs.sweep import plan
from epidot.web import scripts
from epidot.web.recipes import MOST_TEXT
from epidot.web.sandbox import Sandbox

MOST_REPORT = 100_000_000
_RESULT = "sweep.nc"
_MARK = b"\nsweep:"
EXAMPLE = """sweep: 1
title: How warm and how long stage II must be
recipe: choi2023/inp-zns-staged-4
vary:
  steps.stage_II.temperature: 200..260 °C x 4
  steps.stage_II.time: 15..120 min x 3 log
samples: stage III
"""


def listed(box: Sandbox) -> dict[str, Any]:
    """Sweeps of the folder, and folders that hold the result of one, the newest first."""
    own = [
        p
        for p in box.files()
        if p.suffix in (".yaml", ".yml") and _MARK in b"\n" + p.read_bytes()[:MOST_TEXT]
    ]
    done = sorted(box.root.rglob(_RESULT), key=lambda path: path.stat().st_mtime, reverse=True)
    results = [
        p.parent for p in done if not any(part.startswith(".") for part in p.relative_to(box.root).parts)
    ]
    return {
        "sweeps": [box.name(path) for path in own],
        "results": [box.name(folder) for folder in results if folder != box.root],
        "example": EXAMPLE,
    }


def explained(box: Sandbox, *, text: str) -> dict[str, Any]:
    """What a sweep would take, before anything runs; or every fault with its line."""
    if len(text) > MOST_TEXT:
        raise InputError("too long for a sweep", seen=f"{len(text)} characters")
    return report.explain(plan.parse(text, where="sweep"), box.root, None, None)


def report_of(box: Sandbox, *, name: str) -> str:
    """The report that the sweep wrote."""
    folder = box.path(name)
    if not (folder / _RESULT).is_file():
        raise InputError("no finished sweep lies there", seen=name[:80])
    return files.read(folder / "report.html", MOST_REPORT, "report").decode("utf-8")


def command(box: Sandbox, *, name: str, output: str) -> dict[str, Any]:
    """The sweep as a command and as Python."""
    file, folder = box.name(box.path(name)), box.name(box.path(output))
    python = f"import epidot\n\nfound = {scripts.call('epidot.sweep', file)}\nprint(found)\n"
    return {"command": scripts.command("sweep", file, "-o", folder), "python": python}
