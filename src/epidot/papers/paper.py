"""A paper as data: its bibliographic header and its claims, each with a declarative check.

``<key>/paper.yaml`` is the registration, in ``data/papers`` or in a user's folder of papers: a new paper is a
new folder.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from epidot.documents import Document, Entry, data_file, paper_folders, parse, read, top
from epidot.dot import described
from epidot.dot.layers import Population
from epidot.errors import InputError, nearest
from epidot.papers.expression import Formula
from epidot.papers.expression import parse as formula
from epidot.papers.verdict import Target
from epidot.papers.words import MODEL_WORDS, WORDS
from epidot.parameter import Parameter

ID = re.compile(r"^[A-Z]\d{3}$")
_HEADER = ("title", "authors", "journal", "year", "place", "doi", "licence", "note")
_WORDS = ("claim", "where", "subsystem", "kind", "unit", "conditions", "note")
_CLAIM = (*_WORDS, "paper_value", "check")
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
    "control",
    "not_yet",
]
_BASES = ("definition", "own recipe", "predicted")
GLOBALS: Mapping[str, float] = {"pi": math.pi}


@dataclass(frozen=True)
class Reading:
    """Other inputs (``inputs`` says which, in words) that would give the printed number."""

    inputs: str
    value: Formula


@dataclass(frozen=True)
class Control:
    """The same check where the cause is absent, which must fail; or ``none``, why no such thing can be asked.

    ``let`` takes the place of the named formulas of the check; ``without`` says in words what is absent.
    """

    without: str = ""
    let: Mapping[str, Formula] = field(default_factory=dict)
    none: str = ""


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
    control: Control | None = None

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
    def judged(self) -> frozenset[str]:
        """Every word that the judged value rests on; those of sentences beside it are left out."""
        reached, waiting = frozenset[str](), [self.value] if self.value is not None else []
        seen: set[str] = set()
        while waiting:
            formula = waiting.pop()
            reached |= formula.words
            fresh = {name for name in formula.names if name in self.let} - seen
            seen |= fresh
            waiting += [self.let[name] for name in fresh]
        return reached

    @property
    def is_trend(self) -> bool:
        """Whether a sign, an order or a limit of the model is claimed and not put in: it needs a control."""
        targets = (self.targets,) if isinstance(self.targets, Target) else self.targets
        open_sided = any(t.expect is None and (t.band is None or None in t.band) for t in targets)
        return open_sided and bool(self.judged & MODEL_WORDS) and not self.calibrated and self.basis is None

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
    place: str = ""  # file and line


@dataclass(frozen=True)
class Paper:
    """One paper: header, the extra numbers and dots its checks use, and its claims in order."""

    key: str
    header: Mapping[str, Any]
    inputs: Mapping[str, Parameter]
    dots: Mapping[str, Population]
    claims: tuple[Claim, ...]


def shipped() -> tuple[str, ...]:
    """The papers epidot knows and those of a user's own, by name; those that join papers last."""
    return tuple(sorted(paper_folders(), key=lambda key: (key == "both", key)))


def holding(ids: Sequence[str] | None) -> tuple[str, ...]:
    """The papers in whose files any of these ids stands (found without reading them whole); all for ``None``.

    All too where an id stands in none, so that the nearest ones can be named.
    """
    if ids is None:
        return shipped()
    texts = {key: (at / "paper.yaml").read_text(encoding="utf-8") for key, at in paper_folders().items()}
    found = {w: [key for key, text in texts.items() if f"\n  {w}:" in text] for w in ids}
    if not all(found.values()):
        return shipped()
    return tuple(key for key in shipped() if any(key in keys for keys in found.values()))


def paper(key: str) -> Paper:
    """The paper ``key``.

    Raises
    ------
    InputError
        If there is none of that name, or its file has faults (all of them, with lines).
    """
    if key not in shipped():
        raise InputError("no such paper", seen=key, nearest=nearest(key, shipped()))
    return _read(paper_folders()[key], key)


@lru_cache(maxsize=16)
def _read(folder: Path, key: str) -> Paper:
    own = folder.parent != data_file("papers")
    where = str(folder / "paper.yaml") if own else f"papers/{key}/paper.yaml"
    return from_document(read(folder / "paper.yaml", where=where), key)


def from_text(text: str, key: str = "text") -> Paper:
    """A paper from YAML text; see :func:`paper`."""
    return from_document(parse(text, where=f"papers/{key}/paper.yaml"), key)


def from_document(document: Document, key: str) -> Paper:
    """A paper from its parsed file; see :func:`paper`."""
    page = top(document).fields(("paper", "inputs", "dots", "claims"))
    header = page["paper"].fields(_HEADER)
    for name in ("title", "year", "licence"):
        if not header[name]:
            header.fault("the header lacks a field", seen=name)
    inputs = page["inputs"].parameters()
    dots = {name: described.from_entry(entry) for name, entry in page["dots"].table().items()}
    if not page["claims"]:
        page.fault("the file lists no claims")
    claims = [_claim(entry, key, set(inputs)) for entry in page["claims"].table("claim").values()]
    page.faults.raise_if_any()
    return Paper(key, header.value, inputs, dots, tuple(claims))


def _claim(entry: Entry, key: str, inputs: set[str]) -> Claim:
    claim_id = str(entry.path[-1])
    if not ID.match(claim_id):
        entry.fault("a claim id is a capital letter and three digits", seen=claim_id)
    given = entry.fields(_CLAIM)
    for name in ("claim", "where", "subsystem", "kind", "check"):
        if not given[name]:
            entry.fault(f"claim {claim_id} lacks a field", seen=name)
    value = given["paper_value"].value
    words = {name: given[name].text("") for name in _WORDS}
    check = _check(given["check"], value, inputs) if given["check"] else Check()
    place = f"{entry.document.where}:{entry.line}"
    return Claim(id=claim_id, paper=key, paper_value=value, check=check, place=place, **words)


def _check(entry: Entry, paper_value: Any, inputs: set[str]) -> Check:
    given = entry.fields(_CHECK)
    ways = [w for w in ("value", "holds", "not_yet") if given[w]]
    if len(ways) != 1:
        given.fault("a check has exactly one of value, holds, not_yet", seen=", ".join(ways) or "none")
        return Check()
    basis = given["basis"].choice(_BASES) if given["basis"] else None
    restates = tuple(given["restates"].names())
    if ways == ["not_yet"]:
        needs = given["not_yet"].fields(("needs",))["needs"].text("")
        if not needs:
            given.fault("not_yet says what it needs: {needs: ...}")
        return Check(needs=needs, basis=basis, restates=restates)

    names = {*GLOBALS, *inputs}
    let: dict[str, Formula] = {}
    for name, text in given["let"].table().items():
        found = _formula(text, names)
        names.add(name)
        if found is not None:
            let[name] = found
    readings: list[Reading] = []
    for row in given["readings"].rows("reading"):
        reading = row.fields(("with", "value"))
        found = _formula(reading["value"], names) if reading["with"] else None
        if found is None:
            row.fault("a reading is {with: what in words, value: formula}")
        else:
            readings.append(Reading(reading["with"].text(), found))
    control = _control(given["control"], names, let) if given["control"] else None
    targets: Target | tuple[Target, ...] = Target()
    try:
        targets = _targets(given.value, paper_value, ways[0])
    except (TypeError, ValueError) as error:
        given.fault(f"cannot read what the value is held against: {error}")
    return Check(
        let,
        _formula(given[ways[0]], names),
        targets,
        given["because"].text(""),
        _formula(given["sigma"], names) if given["sigma"] else None,
        tuple(readings),
        basis,
        given["calibrated"].text(""),
        restates,
        given["detail"].text(""),
        in_conflict=given["in_conflict"].text(""),
        control=control,
    )


def _control(entry: Entry, names: set[str], let: Mapping[str, Formula]) -> Control | None:
    given = entry.fields(("without", "let", "none"))
    if given["none"]:
        if given["without"] or given["let"]:
            entry.fault("a control says none: why, or what it is without, not both")
        return Control(none=given["none"].text(""))
    other: dict[str, Formula] = {}
    for name, text in given["let"].table().items():
        if name not in let:
            text.fault(
                "a control replaces named formulas of its check", seen=name, nearest=nearest(name, let)
            )
        found = _formula(text, names)
        if found is not None:
            other[name] = found
    if not (given["without"] and other):
        entry.fault("a control is {without: what is absent, let: formulas without it}, or {none: why}")
        return None
    return Control(given["without"].text(""), other)


def _formula(entry: Entry, names: set[str]) -> Formula | None:
    """A formula of ``names``, or ``None`` with its faults noted."""
    text = entry.value
    if isinstance(text, list):  # one formula per member; YAML has split them at their commas
        text = "[" + ", ".join(str(part) for part in text) + "]"
    try:
        return formula(text, WORDS, names)
    except InputError as error:
        for fault in error.faults:
            entry.fault(fault.what, seen=fault.seen, nearest=fault.nearest)
        return None


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
