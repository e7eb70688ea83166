"""Constants of light that belong to no material: ``data/light.yaml``, each with source and status."""

from __future__ import annotations

from functools import lru_cache

from epidot.documents import data_document, top
from epidot.errors import InputError, nearest
from epidot.parameter import Parameter


@lru_cache(maxsize=1)
def parameters() -> dict[str, Parameter]:
    """All of them by name."""
    page = top(data_document("light.yaml"))
    found = page["parameters"].parameters()
    page.faults.raise_if_any()
    return found


def number(name: str) -> float:
    """The value of one of them.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = parameters()
    if name not in known:
        raise InputError("no such constant of light", seen=name, nearest=nearest(name, known))
    return known[name].value
