"""How far a number may be off that has no error of its own: a rule for each kind (``data/widths.yaml``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from epidot.documents.entry import Entry, top
from epidot.documents.sources import data_document

_HOW = ("sigma", "relative", "ln")


@dataclass(frozen=True)
class Rule:
    """One standard error of the numbers at the places ``of`` of the files ``within``, and its reason.

    ``how`` is ``sigma`` (of the value, in its unit), ``relative`` (of its size) or ``ln`` (of its logarithm);
    ``judged`` says that it is an estimate of ours.
    """

    within: str
    of: tuple[str, ...]
    how: str
    size: float
    because: str
    judged: bool

    def fits(self, file: str, place: str) -> bool:
        """Whether it is for ``place`` (``parameters.a_nm``) of ``file`` (``materials/InP.yaml``)."""
        return fnmatchcase(file, self.within) and any(fnmatchcase(place, pattern) for pattern in self.of)

    def width(self, value: float) -> tuple[float, bool]:
        """The standard error of ``value``, and whether it is that of its logarithm."""
        if self.how == "ln":
            return self.size, True
        return (abs(value) * self.size if self.how == "relative" else self.size), False


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All of them, in their order."""
    page = top(data_document("widths.yaml")).fields(("rules",), ("rules",))
    found = tuple(_rule(row) for row in page["rules"].rows("rule"))
    page.faults.raise_if_any()
    return found


def _rule(row: Entry) -> Rule:
    given = row.fields(("in", "of", *_HOW, "because", "judged"), ("in", "of", "because"))
    how = [name for name in _HOW if given[name]]
    if len(how) != 1:
        row.fault("a rule has one of sigma, relative, ln", seen=", ".join(how) or "none")
        return Rule("", (), "sigma", math.nan, "", False)
    return Rule(
        given["in"].text(),
        tuple(given["of"].names()),
        how[0],
        given[how[0]].number(0.0),
        given["because"].text(),
        given["judged"].flag(),
    )


def by_rule(file: str, place: str, value: float) -> tuple[float, bool] | None:
    """The width of ``value`` at a place of a shipped file, and whether of its logarithm; perhaps ``None``."""
    return next((rule.width(value) for rule in rules() if rule.fits(file, place)), None)
