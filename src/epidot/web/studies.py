"""The page of studies: many values of a recipe, numbers back from data; started, watched, looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from epidot.errors import InputError, nearest
from epidot.inference import study
from epidot.report import calibrate, suggest, sweep
from epidot.runs.sweep import plan
from epidot.web import commands, scripts
from epidot.web.sandbox import MOST_TEXT, Sandbox


@dataclass(frozen=True)
class Kind:
    """A command on a file of its own: a line of such a file, what it leaves and would take, its Python."""

    mark: str
    result: str
    page: str
    explain: Callable[[str, Sandbox, str, Mapping[str, Any]], dict[str, Any]]
    prints: str
    example: str


def _sweep(text: str, box: Sandbox, where: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return sweep.explain(plan.parse(text, where=where), box.root, None, None)


def _calibration(text: str, box: Sandbox, where: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return calibrate.explain(study.parse(text, where=where), box.root)


def _suggestion(text: str, box: Sandbox, where: str, options: Mapping[str, Any]) -> dict[str, Any]:
    folder = options.get("posterior") or None
    asked = suggest.of_study(study.parse(text, where=where), folder and box.path(str(folder)))
    return suggest.explain(asked) | {"free": [prior.name for prior in asked.study.priors]}


KINDS: Mapping[str, Kind] = {
    "sweep": Kind(
        "sweep:",
        "sweep.nc",
        "report.html",
        _sweep,
        "print(found)",
        "sweep: 1\ntitle: How warm and how long stage II must be\nrecipe: choi2023/inp-zns-staged-4\nvary:\n"
        "  steps.stage_II.temperature: 200..260 °C x 4\n  steps.stage_II.time: 15..120 min x 3 log\n"
        "samples: stage III\n",
    ),
    "calibrate": Kind(
        "study:",
        "posterior.nc",
        "report.html",
        _calibration,
        "print(found)",
        "study: 1\ntitle: Zinc on bare InP\nfree:\n  mechanism.Ea_ex: {low: 60, high: 90}\nexperiments:\n"
        "  zinc: {recipe: choi2023/inp-zn}\nmeasured:\n"
        "  - {of: zinc.10 min, quantity: In_exchanged_per_dot, value: 29.5, sigma: 1.5}\n",
    ),
    "suggest": Kind(
        "candidates:",
        "suggestions.json",
        "suggestions.html",
        _suggestion,
        "for one in found:\n    print(one.design.told, one.alone, one.gained, one.cost)",
        "study: 1\ntitle: Exchange of indium or oxidation first\nfree:\n"
        "  mechanism.Ea_ex: {low: 62, high: 80}\n  mechanism.Ea_ox: {low: 124, high: 142}\n"
        "experiments:\n  zinc: {recipe: choi2023/inp-zn}\nmeasured:\n"
        "  - {of: zinc.30 min, quantity: oxide_relative, value: 1.2, sigma: 0.05, is: at least}\n"
        "candidates:\n  zinc at 280 °C:\n    recipe: choi2023/inp-hf-zn-280\n    observe:\n"
        "      - {sample: end, quantity: oxide_relative, sigma: 0.1, cost: 0.3}\n"
        "  bare dots with zinc at 200 °C:\n    recipe: choi2023/inp-zn\n    observe:\n"
        "      - {sample: 10 min, quantity: oxide_relative, sigma: 0.1, cost: 0.3}\n"
        "      - {sample: 30 min, quantity: oxide_relative, sigma: 0.1, cost: 0.3}\n",
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


def explained(
    box: Sandbox, *, kind: str, text: str, options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a study would take, before anything runs; or every fault with its line."""
    if len(text) > MOST_TEXT:
        raise InputError("too long for a study", seen=f"{len(text)} characters")
    box.insist_inside(text)
    # Files that it names lie beside it.
    return _kind(kind).explain(text, box, str(box.root / f"{kind}.yaml"), options or {})


def report_of(box: Sandbox, *, name: str, kind: str = "") -> str:
    """The report that a study wrote: where several lie in one folder, that of ``kind``."""
    folder = box.path(name)
    kinds = [_kind(kind)] if kind else KINDS.values()
    found = next((one for one in kinds if (folder / one.result).is_file()), None)
    if found is None:
        raise InputError("no finished study lies there", seen=name[:80])
    return box.report(folder, found.page)


def command(
    box: Sandbox, *, kind: str, name: str, options: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The study as a command and as Python."""
    file, given = box.name(box.path(name)), dict(options or {})
    words = commands.option_words(box, kind, given)
    known = {
        n: given[n] for n in ("posterior", "batch", "same", "about") if given.get(n) not in (None, "", [])
    }
    python = (
        f"import epidot\n\nfound = {scripts.call(f'epidot.{kind}', file, **known)}\n{_kind(kind).prints}\n"
    )
    return {"command": scripts.command(kind, file, *words), "python": python}


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise InputError("no such kind of study", seen=name[:40], nearest=nearest(name, KINDS))
    return KINDS[name]
