"""Which claims any parameter of epidot was fitted on: those are never called predicted.

The data files say it themselves: a parameter with status ``fitted`` names its claims in its ``source`` or
``note``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from epidot.documents import parse

_ID = re.compile(r"\b[CXY]\d{3}\b")


@lru_cache(maxsize=1)
def fitted_claims() -> dict[str, str]:
    """Claim id -> names of the parameters fitted on it, over every parameter file of the package."""
    found: dict[str, list[str]] = {}
    for name, text in _files(resources.files("epidot") / "data", ""):
        if "fitted" not in text:
            continue
        for path, entry in _entries(parse(text, where=name).data, ()):
            if entry.get("status") == "fitted":
                for claim in _ID.findall(" ".join(str(v) for v in entry.values())):
                    found.setdefault(claim, []).append(path)
    return {claim: ", ".join(dict.fromkeys(names)) for claim, names in sorted(found.items())}


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
            yield (path[-1] if path else "", node)
        for key, child in node.items():
            yield from _entries(child, (*path, str(key)))
    elif isinstance(node, list):
        for child in node:
            name = str(child.get("name", child.get("id", ""))) if isinstance(child, dict) else ""
            yield from _entries(child, (*path, name) if name else path)
