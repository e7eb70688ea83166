"""The page of studies: many values of a recipe, numbers back from data; started, watched, looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from epidot.errors import InputError, nearest
from epidot.inference import study
from epidot.report import calibrate, sweep
from epidot.runs.sweep import plan
from epidot.web import scripts
from epidot.web.sandbox import MOST_TEXT, Sandbox


@dataclass(frozen=True)
class Kind:
    """A command on a file of its own: how such a file begins, what it leaves, what it would take."""

    mark: str
    result: str
    explain: Callable[[str, Sandbox, str], dict[str, Any]]
    example: str


def _sweep(text: str, box: Sandbox, where: str) -> dict[str, Any]:
    return sweep.explain(plan.parse(text, where=where), box.root, None, None)


def _calibration(text: str, box: Sandbox, where: str) -> dict[str, Any]:
    return calibrate.explain(study.parse(text, where=where), box.root)


KINDS: Mapping[str, Kind] = {
    "sweep": Kind(
        "sweep:",
        "sweep.nc",
        _sweep,
        "sweep: 1\ntitle: How warm and how long stage II must be\nrecipe: choi2023/inp-zns-staged-4\nvary:\n"
        "  steps.stage_II.temperature: 200..260 °C x 4\n  steps.stage_II.time: 15..120 min x 3 log\n"
        "samples: stage III\n",
    ),
    "calibrate": Kind(
        "study:",
        "posterior.nc",
        _calibration,
        "study: 1\ntitle: Zinc on bare InP\nfree:\n  mechanism.Ea_ex: {low: 60, high: 90}\nexperiments:\n"
        "  zinc: {recipe: choi2023/inp-zn}\nmeasured:\n"
        "  - {of: zinc.10 min, quantity: In_exchanged_per_dot, value: 29.5, sigma: 1.5}\n",
    ),
}


def listed(box: Sandbox) -> dict[str, Any]:
    """Studies of the folder by their kind, and folders that hold the result of one, the newest first."""
    own = [
        {"name": box.name(path), "kind": name}
        for name, kind in KINDS.items()
        for path in box.documents(kind.mark)
    ]
    found = [(file, name) for name, kind in KINDS.items() for file in box.root.rglob(kind.result)]
    found.sort(key=lambda one: one[0].stat().st_mtime, reverse=True)
    results = [
        {"name": box.name(file.parent), "kind": name}
        for file, name in found
        if file.parent != box.root and not any(p.startswith(".") for p in file.relative_to(box.root).parts)
    ]
    return {"studies": own, "results": results, "examples": {n: kind.example for n, kind in KINDS.items()}}


def explained(box: Sandbox, *, kind: str, text: str) -> dict[str, Any]:
    """What a study would take, before anything runs; or every fault with its line."""
    if len(text) > MOST_TEXT:
        raise InputError("too long for a study", seen=f"{len(text)} characters")
    box.insist_inside(text)
    # Files that it names lie beside it.
    return _kind(kind).explain(text, box, str(box.root / f"{kind}.yaml"))


def report_of(box: Sandbox, *, name: str) -> str:
    """The report that a study wrote."""
    folder = box.path(name)
    if not any((folder / kind.result).is_file() for kind in KINDS.values()):
        raise InputError("no finished study lies there", seen=name[:80])
    return box.report(folder)


def command(box: Sandbox, *, kind: str, name: str, output: str) -> dict[str, Any]:
    """The study as a command and as Python."""
    _kind(kind)
    file, folder = box.name(box.path(name)), box.name(box.path(output))
    python = f"import epidot\n\nfound = {scripts.call(f'epidot.{kind}', file)}\nprint(found)\n"
    return {"command": scripts.command(kind, file, "-o", folder), "python": python}


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise InputError("no such kind of study", seen=name[:40], nearest=nearest(name, KINDS))
    return KINDS[name]
