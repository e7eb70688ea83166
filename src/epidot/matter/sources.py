"""Where numbers come from: short keys, and the data files of epidot/data with line-numbered faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from epidot import documents
from epidot.documents import Document
from epidot.errors import Faults, nearest
from epidot.parameter import STATUSES, Parameter

PARAMETER_KEYS = ("value", "unit", "source", "status", "sigma", "low", "high", "note", "unconfirmed")
UNCONFIRMED = "quoted without the source at hand; not confirmed"


def data_file(*parts: str) -> Path:
    """The path of a file of ``epidot/data``."""
    return Path(str(resources.files("epidot").joinpath("data", *parts)))


@cache
def document(*parts: str) -> Document:
    """One data file of ``epidot/data``, read once; its name in messages is relative to that folder.

    Raises
    ------
    InputError
        If the file is missing or not readable YAML.
    """
    return documents.read(data_file(*parts), where="/".join(("data", *parts)))


@lru_cache(maxsize=1)
def references() -> Mapping[str, str]:
    """Full reference by short key (``data/sources.yaml``)."""
    return {str(key): str(text) for key, text in document("sources.yaml").data.items()}


def cite(source: str) -> str:
    """Write out ``"key"`` or ``"key: place"``; text that begins with no known key is returned as it is."""
    key, colon, place = source.partition(":")
    full = references().get(key.strip())
    if full is None:
        return source
    return f"{full}, {place.strip()}" if colon else full


def parameter(doc: Document, path: Sequence[str | int], name: str, faults: Faults) -> Parameter | None:
    """The parameter written at ``path`` of ``doc``; what is wrong with it joins ``faults``.

    A parameter needs ``value``, ``unit``, ``source`` (a key of ``data/sources.yaml``, then a place) and
    ``status``; it may have ``sigma``, ``low``, ``high`` and ``note``.  ``unconfirmed: yes`` says that
    nobody could look the number up in its source; the note then ends with :data:`UNCONFIRMED`.
    """
    here = documents.mapping(doc, path, PARAMETER_KEYS, faults)
    line = doc.line(path)
    missing = [key for key in PARAMETER_KEYS[:4] if key not in here]
    if missing:
        faults.add(f"{name} lacks {', '.join(missing)}", line=line)
        return None
    numbers = {key: here[key] for key in ("value", "sigma", "low", "high") if here.get(key) is not None}
    for key, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | float):
            faults.add(f"{name}: {key} must be a number", line=doc.line((*path, key)), seen=number)
            return None
    if here["status"] not in STATUSES:
        faults.add(
            f"{name}: unknown status",
            line=doc.line((*path, "status")),
            seen=here["status"],
            nearest=nearest(str(here["status"]), STATUSES),
        )
        return None
    source = str(here["source"])
    if source.partition(":")[0].strip() not in references():
        faults.add(
            f"{name}: its source is not in data/sources.yaml",
            line=doc.line((*path, "source")),
            seen=source,
            nearest=nearest(source.partition(":")[0], references()),
        )
        return None
    notes = [str(here.get("note") or ""), UNCONFIRMED if here.get("unconfirmed") else ""]
    try:
        return Parameter(
            name,
            unit=str(here["unit"]),
            source=cite(source),
            status=here["status"],
            note="; ".join(filter(None, notes)),
            **{key: float(number) for key, number in numbers.items()},
        )
    except ValueError as error:  # outside its own bounds
        faults.add(str(error), line=line)
        return None


def parameters(doc: Document, path: Sequence[str | int], faults: Faults) -> dict[str, Parameter]:
    """Every parameter of the mapping at ``path``, by name."""
    here = _at(doc, path)
    if not isinstance(here, dict):
        faults.add("expected a mapping of parameters", line=doc.line(path), seen=here)
        return {}
    found = {name: parameter(doc, (*path, name), name, faults) for name in here}
    return {name: value for name, value in found.items() if value is not None}


def _at(doc: Document, path: Iterable[str | int]) -> Any:
    here: Any = doc.data
    for step in path:
        here = here[step]
    return here
