"""A page of what many runs together say: a sweep, a calibration, a suggestion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from epidot import __version__
from epidot.report.figures import Figure
from epidot.report.template import rendered


@dataclass(frozen=True)
class Table:
    """Rows under heads, all of them text; ``folded`` is shown only to whoever opens it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    told: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Findings:
    """Everything such a page shows; ``texts`` are the files it was made from, by name."""

    title: str
    under: str
    headline: str
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    remarks: Sequence[str] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def page(found: Findings) -> str:
    """The page as HTML text that needs nothing else; the same findings give the same text."""
    shown = [one.embedded() for one in found.figures]
    return rendered("findings.html", page=found, figures=shown, version=__version__)
