"""Two models of the same data: which the evidence favours, or that it does not say."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epidot.errors import InputError
from epidot.inference.problem import Datum

DECIDED = (
    3.0  # of ln evidence: odds of 20 to 1 (Kass and Raftery, J. Am. Stat. Assoc. 90 (1995) 773: "strong")
)
SUMMARY = "summary.json"


@dataclass(frozen=True)
class Rival:
    """A calibration as another one sees it: its name, evidence, whether that can be trusted, and its data."""

    title: str
    log_evidence: float
    trusted: bool
    data: tuple[tuple[float, float, str], ...]  # value, standard error, and whether it is a limit
    misfit: float = 0.0  # sum of squares of the data at the best fit

    @property
    def at_least(self) -> float:
        """ln evidence, or what it falls below in one case of twenty: the estimate has no bias (Markov)."""
        return self.log_evidence - (0.0 if self.trusted else DECIDED)

    @property
    def at_most(self) -> float:
        """ln evidence, or where the draws are not to be trusted the likelihood of the best fit."""
        if self.trusted:
            return self.log_evidence
        scale = sum(math.log(s) + 0.5 * math.log(2 * math.pi) for _, s, kind in self.data if kind == "equal")
        return max(self.log_evidence, -0.5 * self.misfit - scale)

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Rival:
        """From what ``summary.json`` holds."""
        quality = summary["quality"]
        evidence = quality["log_evidence"]
        rows = tuple((float(c["measured"]), float(c["sigma"]), str(c["is"])) for c in summary["compared"])
        value = -math.inf if evidence is None else float(evidence)
        misfit = float(quality["sum_of_squares"])
        made_of = summary["provenance"]
        title = f"{summary['title']} ({made_of['mechanism']}, {made_of['hypothesis']})"
        return cls(title, value, bool(quality["trusted"]), rows, misfit)


@dataclass(frozen=True)
class Compared:
    """This model against another: the difference of ln evidence, the odds as a probability, and the word."""

    title: str
    difference: float
    probability: float
    word: str

    def to_json(self) -> dict[str, Any]:
        """As ``epidot calibrate --json`` tells it."""
        difference = self.difference if math.isfinite(self.difference) else None
        return {
            "against": self.title,
            "ln_evidence_more": difference,
            "probability": self.probability,
            "word": self.word,
        }


def load(folder: Path) -> Rival:
    """The calibration in a folder.

    Raises
    ------
    InputError
        If there is none.
    """
    try:
        return Rival.of(json.loads((folder / SUMMARY).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        remedy = "give the folder that `epidot calibrate` wrote"
        raise InputError("no calibration of epidot", str(folder), remedy=remedy) from None


def insist_same(others: Sequence[Rival], data: Sequence[Datum]) -> None:
    """Refuse, before anything runs, calibrations of other data than ``data``.

    Raises
    ------
    InputError
        As :func:`compare`.
    """
    words = {"=": "equal", ">=": "at least", "<=": "at most"}
    compare(Rival("this", 0.0, True, tuple((d.value, d.sigma, words[d.kind]) for d in data)), others)


def compare(mine: Rival, others: Sequence[Rival]) -> list[Compared]:
    """``mine`` against each of ``others``, with the same odds before.

    Raises
    ------
    InputError
        If another one was calibrated on other data: evidence of other data cannot be compared.
    """
    out = []
    for other in others:
        if sorted(mine.data) != sorted(other.data):
            remedy = "compare calibrations of the same measured numbers"
            raise InputError("the other calibration had other data", seen=other.title, remedy=remedy)
        difference = mine.log_evidence - other.log_evidence
        if not math.isfinite(difference):
            difference = math.nan
        probability = 0.5 if math.isnan(difference) else 1 / (1 + math.exp(-min(max(difference, -500), 500)))
        out.append(Compared(other.title, difference, probability, _word(difference, mine, other)))
    return out


def _word(difference: float, mine: Rival, other: Rival) -> str:
    if mine.at_least - other.at_most > DECIDED:
        return "favoured"
    if other.at_least - mine.at_most > DECIDED:
        return "the other is favoured"
    if math.isnan(difference) or abs(difference) > DECIDED:
        return "undecided: the draws of one of them are not to be trusted"
    return "undecided"
