"""A paper as data: its bibliographic header and its claims, each with a declarative check.

``data/papers/<key>/paper.yaml`` is the registration: a new paper is a new folder.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

from epidot.documents import Document, mapping, parse, read
from epidot.errors import Fault, Faults, InputError, nearest
from epidot.papers.expression import Formula
from epidot.papers.expression import parse as formula
from epidot.papers.verdict import Target
from epidot.papers.words import WORDS
from epidot.parameter import STATUSES, Parameter

ID = re.compile(r"^[A-Z]\d{3}$")
_HEADER = ("title", "authors", "journal", "year", "place", "doi", "licence", "note")
_CLAIM = ("claim", "where", "subsystem", "kind", "paper_value", "unit", "conditions", "note", "check")
_CHECK = [
    "let",
    "value",
    "holds",
    "expect",
    "printed",
    "tolerance",
    "band",
    "because",
    "sigma",
    "follows",
    "readings",
    "basis",
    "calibrated",
    "restates",
    "detail",
    "in_conflict",
    "not_yet",
]
_BASES = ("definition", "predicted")
GLOBALS: Mapping[str, float] = {"pi": math.pi}


@dataclass(frozen=True)
class Reading:
    """Other inputs (``inputs`` says which, in words) that would give the printed number."""

    inputs: str
    value: Formula


@dataclass(frozen=True)
class Check:
    """How a claim is put to the test.

    ``let`` are named formulas, evaluated in order when first needed; ``value`` is the formula that is
    judged against ``targets``.  ``needs`` names the part of epidot that has still to be built.
    ``basis`` is what the file declares (``None`` = from the words used); ``calibrated`` says by what a
    result was put in by construction; ``restates`` lists claims that say the same thing.
    ``in_conflict`` says why, and is shown only where an engine is in conflict with the paper.
    """

    let: Mapping[str, Formula] = field(default_factory=dict)
    value: Formula | None = None
    targets: Target | tuple[Target, ...] = field(default_factory=Target)
    because: str = ""
    sigma: Formula | None = None
    readings: tuple[Reading, ...] = ()
    basis: str | None = None
    calibrated: str = ""
    restates: tuple[str, ...] = ()
    detail: str = ""
    needs: str = ""
    in_conflict: str = ""

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Every formula of the check."""
        return (*self.let.values(), *(f for f in (self.value, self.sigma) if f is not None))

    @property
    def follows(self) -> bool:
        """Whether the printed number is taken to follow from the paper's own inputs."""
        return all(t.follows for t in ((self.targets,) if isinstance(self.targets, Target) else self.targets))

    @property
    def words(self) -> frozenset[str]:
        """Every word that any of the formulas calls."""
        return frozenset().union(*(f.words for f in self.formulas))

    @property
    def texts(self) -> frozenset[str]:
        """Every text in any of the formulas: recipes, samples, quantities."""
        nodes = (node for f in self.formulas for node in ast.walk(f.tree))
        return frozenset(n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))


@dataclass(frozen=True)
class Claim:
    """One statement of a paper that epidot can be held against."""

    id: str
    paper: str
    claim: str
    where: str
    subsystem: str
    kind: str
    paper_value: float | str | None
    unit: str
    conditions: str
    note: str
    check: Check


@dataclass(frozen=True)
class Paper:
    """One paper: header, the extra numbers and dots its checks use, and its claims in order."""

    key: str
    header: Mapping[str, Any]
    inputs: Mapping[str, Parameter]
    dots: Mapping[str, Mapping[str, Any]]
    claims: tuple[Claim, ...]


def shipped() -> tuple[str, ...]:
    """The papers epidot knows, in alphabetical order, those that join papers last."""
    root = resources.files("epidot") / "data" / "papers"
    found = [entry.name for entry in root.iterdir() if (entry / "paper.yaml").is_file()]
    return tuple(sorted(found, key=lambda key: (key == "both", key)))


def holding(ids: Sequence[str] | None) -> tuple[str, ...]:
    """The papers in whose files any of these ids stands (found without reading them whole); all for ``None``.

    All too where an id stands in none, so that the nearest ones can be named.
    """
    if ids is None:
        return shipped()
    root = resources.files("epidot") / "data" / "papers"
    texts = {key: (root / key / "paper.yaml").read_text(encoding="utf-8") for key in shipped()}
    found = {w: [key for key, text in texts.items() if f"\n  {w}:" in text] for w in ids}
    if not all(found.values()):
        return shipped()
    return tuple(key for key in shipped() if any(key in keys for keys in found.values()))


@lru_cache(maxsize=16)
def paper(key: str) -> Paper:
    """The paper ``key``.

    Raises
    ------
    InputError
        If there is none of that name, or its file has faults (all of them, with lines).
    """
    if key not in shipped():
        raise InputError(Fault("no such paper", seen=key, nearest=nearest(key, shipped())))
    entry = resources.files("epidot") / "data" / "papers" / key / "paper.yaml"
    with resources.as_file(entry) as path:
        return from_document(read(path, where=f"papers/{key}/paper.yaml"), key)


def from_text(text: str, key: str = "text") -> Paper:
    """A paper from YAML text; see :func:`paper`."""
    return from_document(parse(text, where=f"papers/{key}/paper.yaml"), key)


def from_document(document: Document, key: str) -> Paper:
    """A paper from its parsed file; see :func:`paper`."""
    faults = document.faults()
    top = mapping(document, (), ("paper", "inputs", "dots", "claims"), faults)
    header = mapping(document, ("paper",), _HEADER, faults) if "paper" in top else {}
    for name in ("title", "year", "licence"):
        if name not in header:
            faults.add("the header lacks a field", line=1, seen=name)
    inputs = _inputs(document, faults) if top.get("inputs") else {}
    dots = top.get("dots") or {}
    claims: list[Claim] = []
    if isinstance(top.get("claims"), dict):
        for claim_id in top["claims"]:
            claims.append(_claim(document, key, claim_id, set(inputs), set(dots), faults))
    else:
        faults.add("the file lists no claims", line=1)
    faults.raise_if_any()
    return Paper(key, header, inputs, dots, tuple(claims))


def _inputs(document: Document, faults: Faults) -> dict[str, Parameter]:
    out: dict[str, Parameter] = {}
    known = ("value", "unit", "source", "status", "note", "sigma")
    for name in document.data["inputs"]:
        given = mapping(document, ("inputs", name), known, faults)
        line = document.line(("inputs", name))
        missing = [k for k in ("value", "unit", "source", "status") if k not in given]
        if missing:
            faults.add(f"the number {name} lacks {', '.join(missing)}", line=line)
            continue
        try:
            out[name] = Parameter(
                name,
                float(given["value"]),
                str(given["unit"]),
                str(given["source"]),
                given["status"],
                sigma=given.get("sigma"),
                note=str(given.get("note", "")),
            )
        except (TypeError, ValueError) as error:
            faults.add(f"not a number with a source: {error}", line=line, nearest=STATUSES)
    return out


def _claim(
    document: Document, key: str, claim_id: str, inputs: set[str], dots: set[str], faults: Faults
) -> Claim:
    path = ("claims", claim_id)
    line = document.line(path)
    if not ID.match(claim_id):
        faults.add("a claim id is a capital letter and three digits", line=line, seen=claim_id)
    given = mapping(document, path, _CLAIM, faults)
    for name in ("claim", "where", "subsystem", "kind", "check"):
        if name not in given:
            faults.add(f"claim {claim_id} lacks a field", line=line, seen=name)
    value = given.get("paper_value")
    check = Check()
    if "check" in given:
        check = _check(document, (*path, "check"), value, inputs, faults)
    return Claim(
        claim_id,
        key,
        str(given.get("claim", "")),
        str(given.get("where", "")),
        str(given.get("subsystem", "")),
        str(given.get("kind", "")),
        value,
        str(given.get("unit", "")),
        str(given.get("conditions", "")),
        str(given.get("note", "")),
        check,
    )


def _check(
    document: Document, path: tuple[str, ...], paper_value: Any, inputs: set[str], faults: Faults
) -> Check:
    given = mapping(document, path, _CHECK, faults)
    line = document.line(path)
    ways = [w for w in ("value", "holds", "not_yet") if w in given]
    if len(ways) != 1:
        faults.add(
            "a check has exactly one of value, holds, not_yet", line=line, seen=", ".join(ways) or "none"
        )
        return Check()
    if ways == ["not_yet"]:
        needs = mapping(document, (*path, "not_yet"), ("needs",), faults).get("needs")
        if not needs:
            faults.add("not_yet says what it needs: {needs: ...}", line=line)
        return Check(needs=str(needs), basis=given.get("basis"), restates=tuple(given.get("restates", ())))

    names = {*GLOBALS, *inputs}
    let: dict[str, Formula] = {}

    def read_formula(text: Any, *where: str | int) -> Formula | None:
        if isinstance(text, list):  # one formula per member; YAML has split them at their commas
            text = "[" + ", ".join(str(part) for part in text) + "]"
        try:
            return formula(text, WORDS, names)
        except InputError as error:
            for fault in error.faults:
                faults.add(
                    fault.what, line=document.line((*path, *where)), seen=fault.seen, nearest=fault.nearest
                )
            return None

    for name, text in (given.get("let") or {}).items():
        found = read_formula(text, "let", name)
        names.add(name)
        if found is not None:
            let[name] = found
    value = read_formula(given[ways[0]], ways[0])
    sigma = read_formula(given["sigma"], "sigma") if "sigma" in given else None
    readings: list[Reading] = []
    for i, entry in enumerate(given.get("readings") or ()):
        found = (
            read_formula(entry.get("value", ""), "readings", i, "value") if isinstance(entry, dict) else None
        )
        if found is None or "with" not in entry:
            faults.add(
                "a reading is {with: what in words, value: formula}",
                line=document.line((*path, "readings", i)),
            )
            continue
        readings.append(Reading(str(entry["with"]), found))
    if given.get("basis") not in (None, *_BASES):
        faults.add("unknown basis", line=document.line((*path, "basis")), seen=given["basis"], nearest=_BASES)
    try:
        targets = _targets(given, paper_value, ways[0])
    except (TypeError, ValueError) as error:
        faults.add(f"cannot read what the value is held against: {error}", line=line)
        targets = Target()
    return Check(
        let,
        value,
        targets,
        str(given.get("because", "")),
        sigma,
        tuple(readings),
        given.get("basis"),
        str(given.get("calibrated", "")),
        tuple(given.get("restates", ())),
        str(given.get("detail", "")),
        in_conflict=str(given.get("in_conflict", "")),
    )


def _targets(given: Mapping[str, Any], paper_value: Any, way: str) -> Target | tuple[Target, ...]:
    follows = given.get("follows", True)
    if not isinstance(follows, bool):
        raise ValueError("follows is true or false")
    if way == "holds":
        return Target(follows=follows)
    band, expect, tolerance = given.get("band"), given.get("expect"), given.get("tolerance")
    if band is not None:
        if expect is not None or tolerance is not None:
            raise ValueError("give a band, or expect with a tolerance, not both")
        if all(isinstance(b, list) for b in band):
            return tuple(Target(band=_band(b), follows=follows) for b in band)
        return Target(band=_band(band), follows=follows)
    if expect is None:
        if isinstance(paper_value, str):
            try:
                float(paper_value)
            except ValueError:
                raise ValueError("a wordy paper_value needs an expect or a band") from None
        expect = paper_value
    if expect is None:
        raise ValueError("it needs a paper_value, an expect or a band")
    several = isinstance(expect, list)
    expected = expect if several else [expect]
    tolerances = tolerance if isinstance(tolerance, list) else [tolerance] * len(expected)
    targets = tuple(_target(e, t, follows) for e, t in zip(expected, tolerances, strict=True))
    return targets if several else targets[0]


def _target(expect: Any, tolerance: Any, follows: bool) -> Target:
    number = float(expect)
    if tolerance is None:
        return Target(number, str(expect), follows=follows)
    if isinstance(tolerance, str) and tolerance.strip().endswith("%"):
        half = abs(number) * float(tolerance.strip()[:-1]) / 100
    else:
        half = float(tolerance)
    return Target(number, str(expect), (number - half, number + half), follows)


def _band(band: Sequence[Any]) -> tuple[float | None, float | None]:
    low, high = (None if b is None else float(b) for b in band)
    if low is None and high is None:
        raise ValueError("a band has at least one side")
    if low is not None and high is not None and low > high:
        raise ValueError("a band runs from low to high")
    return low, high
