"""Which claims any parameter of epidot was fitted on or chosen with: those are never called predicted.

The data files say it themselves: a parameter (or reaction) with status ``fitted`` or ``assumed`` names its
claims in its ``source`` or ``note``, or in the entry of the file's ``sources`` that its ``source`` points to.
A number that was merely chosen with a claim in view counts as much as a fitted one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from epidot.documents import parse
from epidot.papers.paper import ID

_NAMED = re.compile(rf"\b{ID.pattern.strip('^$')}\b")  # an id of any paper, a reader's own included


@lru_cache(maxsize=1)
def fitted_claims() -> dict[str, str]:
    """Claim id -> names of the parameters fitted on it or chosen with it, over all parameter files."""
    found: dict[str, list[str]] = {}
    for name, text in _files(resources.files("epidot") / "data", ""):
        for parameter, claims in in_file(text, name).items():
            for claim in claims:
                found.setdefault(claim, []).append(parameter)
    return {claim: ", ".join(dict.fromkeys(names)) for claim, names in sorted(found.items())}


def in_file(text: str, name: str, statuses: Collection[str] = ("fitted", "assumed")) -> dict[str, list[str]]:
    """Parameter of these statuses -> the claims it names, for one parameter file."""
    data = parse(text, where=name).data
    sources = data.get("sources") if isinstance(data, dict) else None
    out: dict[str, list[str]] = {}
    for parameter, entry in _entries(data, ()):
        if entry.get("status") in statuses:
            said = [str(v) for v in entry.values()]
            if isinstance(sources, dict):
                said.append(str(sources.get(str(entry.get("source")), "")))
            named = _NAMED.findall(" ".join(said))  # a width below may bear the same name
            out[parameter] = list(dict.fromkeys([*out.get(parameter, ()), *named]))
    return out


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if name != "papers":  # claims and recipes hold no fitted parameters
                yield from _files(entry, name + "/")
        elif entry.name.endswith(".yaml"):
            yield name, entry.read_text(encoding="utf-8")


def _entries(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if "status" in node:
            yield ".".join(path[1:] or path), node
        for key, child in node.items():
            yield from _entries(child, (*path, str(key)))
    elif isinstance(node, list):
        for child in node:
            name = str(child.get("name", child.get("id", ""))) if isinstance(child, dict) else ""
            yield from _entries(child, (*path, name) if name else path)
