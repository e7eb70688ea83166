"""What several techniques say of one sample: where they see the same thing, and whether they agree on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from epidot.instruments.folder.naming import has_word
from epidot.instruments.folder.record import Record

APART = 3.0  # standard errors between values that are said to disagree
_ODD = 2.0  # that are worth a look


@dataclass(frozen=True)
class Idea:
    """One thing that several techniques measure: (technique, quantity, factor to ``unit``) each.

    ``caution`` says what the values need not have in common, even where both are right.
    """

    name: str
    unit: str
    seen_by: tuple[tuple[str, str, float], ...]
    caution: str = ""


@dataclass(frozen=True)
class Difference:
    """Something that no technique shows alone: the first quantity less the second.

    A file whose name has one of the words ``not_of`` shows something else.
    """

    name: str
    unit: str
    first: tuple[str, str]
    second: tuple[str, str]
    not_of: tuple[str, ...] = ()


IDEAS: tuple[Idea, ...] = (
    Idea(
        "number-mean diameter of the crystals",
        "nm",
        (("tem", "diameter_nm", 1.0), ("xrd", "size_number_nm", 1.0)),
        "a microscope sees whole particles, diffraction the part of them that is one crystal",
    ),
    Idea(
        "spread of the diameters",
        "1",
        (("tem", "dispersion", 1.0), ("xrd", "dispersion", 1.0)),
    ),
    Idea(
        "strain of the core",
        "1",
        (("raman", "strain", 1.0), ("xrd", "strain", 1.0)),
        "Raman weighs the crystal that the light excites, diffraction all of it",
    ),
)
DIFFERENCES: tuple[Difference, ...] = (
    Difference("Stokes shift", "eV", ("uvvis", "first_exciton_eV"), ("pl", "peak_eV"), ("excitation", "ple")),
)


@dataclass(frozen=True)
class Value:
    """A number of one file."""

    file: str
    technique: str
    quantity: str
    value: float
    sigma: float | None


@dataclass(frozen=True)
class Compared:
    """One idea in one sample: the values, what they have in common, and a verdict in words.

    ``value`` ± ``sigma`` is the weighted mean where the values agree; ``apart`` the largest distance of two
    in standard errors.
    """

    sample: str
    idea: str
    unit: str
    values: tuple[Value, ...]
    value: float | None
    sigma: float | None
    apart: float | None
    verdict: str
    caution: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "sample": self.sample,
            "idea": self.idea,
            "unit": self.unit,
            "value": self.value,
            "sigma": self.sigma,
            "apart": self.apart,
            "verdict": self.verdict,
            "caution": self.caution,
            "values": [vars(one) for one in self.values],
        }


def compared(records: Iterable[Record]) -> list[Compared]:
    """Every idea that at least two techniques see in one sample, sample by sample."""
    having = [one for one in records if one["state"] == "measured" and one["sample"]]
    having.sort(key=lambda one: one["sample"].lower())
    out: list[Compared] = []
    for _, some in groupby(having, key=lambda one: one["sample"].lower()):
        group = list(some)
        out += [c for idea in IDEAS if (c := _compare(idea, group)) is not None]
        out += [c for one in DIFFERENCES if (c := _difference(one, group)) is not None]
    return out


def _values(group: Sequence[Record], technique: str, quantity: str, factor: float = 1.0) -> list[Value]:
    out = []
    for record in group:
        found = record["quantities"].get(quantity)
        if record["technique"] != technique or found is None or not isinstance(found["value"], int | float):
            continue
        sigma = None if found["sigma"] is None else abs(factor) * found["sigma"]
        out.append(Value(record["file"], technique, quantity, factor * found["value"], sigma))
    return out


def _compare(idea: Idea, group: Sequence[Record]) -> Compared | None:
    values = [v for technique, name, factor in idea.seen_by for v in _values(group, technique, name, factor)]
    if len({one.technique for one in values}) < 2:
        return None
    sample = str(group[0]["sample"])
    told = [one for one in values if one.sigma]
    if len({one.technique for one in told}) < 2:
        verdict = "cannot be told: without errors"
        return Compared(sample, idea.name, idea.unit, tuple(values), None, None, None, verdict, idea.caution)
    apart = max(
        abs(a.value - b.value) / math.hypot(a.sigma or 0.0, b.sigma or 0.0)
        for a in told
        for b in told
        if a.technique != b.technique
    )
    if apart > APART:
        verdict = f"disagree: {apart:.1f} standard errors apart"
        return Compared(sample, idea.name, idea.unit, tuple(values), None, None, apart, verdict, idea.caution)
    weights = [1 / one.sigma**2 for one in told if one.sigma]
    mean = sum(w * one.value for w, one in zip(weights, told, strict=True)) / sum(weights)
    # Two values that only just agree leave an error as large as their distance says.
    off = sum(w * (one.value - mean) ** 2 for w, one in zip(weights, told, strict=True)) / (len(told) - 1)
    sigma = math.sqrt(max(1.0, off) / sum(weights))
    verdict = "agree" if apart <= _ODD else f"agree barely: {apart:.1f} standard errors apart"
    return Compared(sample, idea.name, idea.unit, tuple(values), mean, sigma, apart, verdict, idea.caution)


def _difference(one: Difference, group: Sequence[Record]) -> Compared | None:
    some = [record for record in group if not has_word(record["file"], one.not_of)]
    first, second = _values(some, *one.first), _values(some, *one.second)
    if not first or not second:
        return None
    sample = str(group[0]["sample"])
    values = (*first, *second)
    if len(first) > 1 or len(second) > 1:
        verdict = "cannot be told: several files of one technique"
        return Compared(sample, one.name, one.unit, values, None, None, None, verdict)
    value = first[0].value - second[0].value
    errors = (first[0].sigma, second[0].sigma)
    sigma = None if None in errors else math.hypot(*(e or 0.0 for e in errors))
    return Compared(sample, one.name, one.unit, values, value, sigma, None, "difference")
