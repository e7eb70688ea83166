"""Data files of epidot and the numbers in them, by :mod:`epidot.documents`."""

from __future__ import annotations

from collections.abc import Sequence

from epidot.documents import Document, Entry, cite, data_file, references, top
from epidot.documents import data_document as document
from epidot.documents.entry import UNCONFIRMED
from epidot.errors import Faults
from epidot.parameter import Parameter

__all__ = ["UNCONFIRMED", "cite", "data_file", "document", "parameter", "parameters", "references"]


def parameter(doc: Document, path: Sequence[str | int], name: str, faults: Faults) -> Parameter | None:
    """The parameter written at ``path`` of ``doc``; what is wrong with it joins ``faults``."""
    return _entry(doc, path, faults).called(name).parameter(name=name)


def parameters(doc: Document, path: Sequence[str | int], faults: Faults) -> dict[str, Parameter]:
    """Every parameter of the mapping at ``path``, by name."""
    return _entry(doc, path, faults).parameters()


def _entry(doc: Document, path: Sequence[str | int], faults: Faults) -> Entry:
    return top(doc, faults).at(*path)
