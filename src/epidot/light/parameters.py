"""Constants of light that belong to no material: ``data/light.yaml``, each with source and status."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from epidot import documents
from epidot.errors import Fault, InputError, nearest
from epidot.parameter import Parameter


@lru_cache(maxsize=1)
def parameters() -> dict[str, Parameter]:
    """All of them by name."""
    resource = files("epidot") / "data" / "light.yaml"
    document = documents.read(str(resource), where="data/light.yaml")
    out: dict[str, Parameter] = {}
    for name, entry in document.data["parameters"].items():
        fields: dict[str, Any] = dict(entry)
        for key in ("value", "sigma", "low", "high"):
            if fields.get(key) is not None:
                fields[key] = float(fields[key])
        out[name] = Parameter(name=name, **fields)
    return out


def number(name: str) -> float:
    """The value of one of them.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = parameters()
    if name not in known:
        raise InputError(Fault("no such constant of light", seen=name, nearest=nearest(name, known)))
    return known[name].value
