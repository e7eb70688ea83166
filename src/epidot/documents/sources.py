"""The files of ``epidot/data``, and the one list of what their numbers are cited from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from epidot.documents.text import Document, read


def data_file(*parts: str) -> Path:
    """The path of a file of ``epidot/data``."""
    return Path(str(resources.files("epidot").joinpath("data", *parts)))


@cache
def data_document(*parts: str) -> Document:
    """One data file of ``epidot/data``, read once; its name in messages is relative to that folder.

    Raises
    ------
    InputError
        If the file is missing or not readable YAML.
    """
    return read(data_file(*parts), where="/".join(("data", *parts)))


@lru_cache(maxsize=1)
def references() -> Mapping[str, str]:
    """Full reference by short key (``data/sources.yaml``)."""
    return {str(key): str(text) for key, text in data_document("sources.yaml").data.items()}


def source_key(source: str) -> str:
    """The short key of ``"key"`` or ``"key: place"``."""
    return source.partition(":")[0].strip()


def cite(source: str, own: Mapping[str, str] | None = None) -> str:
    """Write out ``"key"`` or ``"key: place"``; text that begins with no known key is returned as it is.

    ``own`` are sources a file declares itself, beside those of ``data/sources.yaml``.
    """
    full = {**references(), **(own or {})}.get(source_key(source))
    if full is None:
        return source
    place = source.partition(":")[2].strip()
    return f"{full}, {place}" if place else full
