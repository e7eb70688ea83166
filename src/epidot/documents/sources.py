"""The files of ``epidot/data``, the folders of papers, and the one list of what numbers are cited from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from epidot.documents.text import Document, read
from epidot.errors import InputError
from epidot.processes import folder_in_use

PAPERS = "EPIDOT_PAPERS"  # names a folder of papers of one's own


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


def paper_folders() -> Mapping[str, Path]:
    """The folder of every paper by its key: epidot's, and those in the folder that ``EPIDOT_PAPERS`` names.

    Raises
    ------
    InputError
        If there is no paper in that folder, or one bears the key of a paper of epidot's.
    """
    return _paper_folders(os.environ.get(PAPERS))


@lru_cache(maxsize=4)
def _paper_folders(own: str | None) -> Mapping[str, Path]:
    found = {file.parent.name: file.parent for file in data_file("papers").glob("*/paper.yaml")}
    mine = [] if own is None else [file.parent for file in Path(own).glob("*/paper.yaml")]
    if own is not None and not mine:
        remedy = "give a folder that holds a folder for each paper, with its paper.yaml"
        raise InputError("there is no paper in this folder", own, remedy=remedy)
    taken = [folder.name for folder in mine if folder.name in found]
    if taken:
        remedy = "give the folder another name"
        raise InputError("epidot has a paper of that name", own, seen=", ".join(taken), remedy=remedy)
    return dict(sorted({**found, **{folder.name: folder for folder in mine}}.items()))


@contextmanager
def papers_in_use(folder: str | Path | None) -> Iterator[None]:
    """Inside, the papers of ``folder`` count too; errors as :func:`paper_folders`."""
    with folder_in_use(PAPERS, folder):
        paper_folders()
        yield


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
