"""Lines of one's own: a YAML file that says what a region is made of, read whole with all faults at once.

    background: tougaard
    lines:
      main: {place: [706, 713], width: [1, 6], powers: [0.54, 10], gauss: [0, 5]}
      satellite: {place: [714, 718], width: [1, 8], lorentz: 0.3}
      partner: {place: {of: main, plus: 13.1}, width: {of: main, times: 1.1}, area: {of: main, times: 0.5}}

Energies in eV, as the axis shows them.  One number holds a value, two are the range it is fitted in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from epidot.documents import Entry, read, top
from epidot.instruments.xps.lines import SHIRLEY, STRAIGHT, TOUGAARD

GROUNDS = (SHIRLEY, TOUGAARD, STRAIGHT)
NUMBERS = ("place", "width", "area", "lorentz", "tail", "gauss", "damping")
_WIDEST, _LONGEST, _MOST_AREA = 60.0, 30.0, 1e15  # eV, eV, in the unit of the readings times eV
_MOST_LINES = 20
_LORENTZ, _DAMPING = 0.3, 40.0  # where nothing else is said


@dataclass(frozen=True)
class Term:
    """One number of a line: held where ``low`` is ``high``, else fitted between them.

    With ``of`` it is ``times`` that of another line, ``plus`` / eV.
    """

    low: float = 0.0
    high: float = 0.0
    of: str = ""
    plus: float = 0.0
    times: float = 1.0

    @property
    def free(self) -> bool:
        return not self.of and self.low < self.high


@dataclass(frozen=True)
class Component:
    """One line: Gaussian and Lorentzian added (``lorentz``: its share), drawn out by ``tail`` / eV, or with
    ``powers`` a Lorentzian to one power above its place and to another below.

    The latter is ended by a Gaussian of standard deviation ``damping`` / eV about its place, and convolved
    with one of full width ``gauss`` / eV.  ``area`` is ``None`` where it is fitted without limits.
    """

    place: Term
    width: Term
    area: Term | None
    lorentz: Term
    tail: Term | None
    powers: tuple[float, float] | None
    gauss: Term
    damping: Term


@dataclass(frozen=True)
class Components:
    """The lines of one region by their names, and what lies beneath (``None``: as the option says)."""

    lines: Mapping[str, Component]
    ground: str | None
    where: str


def components(path: str | Path) -> Components:
    """The lines that a file describes.

    Raises
    ------
    InputError
        With every fault of the file, each at its line.
    """
    document = read(path)
    page = top(document).fields(("background", "lines"), ("lines",))
    ground = page["background"].choice(GROUNDS) if page["background"] else None
    rows = page["lines"].table("line")
    if page["lines"] and not rows:
        page["lines"].fault(
            "there are no lines", remedy="name one, as main: {place: [706, 713], width: [1, 6]}"
        )
    if len(rows) > _MOST_LINES:
        what = f"more than {_MOST_LINES} lines of one region"
        page["lines"].fault(what, seen=len(rows), remedy="fit a part of it at a time")
    lines = {name: _component(name, row) for name, row in rows.items()}
    for name, row in rows.items():
        _links(name, row, lines)
    page.faults.raise_if_any()
    return Components(lines, ground, document.where)


def _component(name: str, row: Entry) -> Component:
    row = row.fields((*NUMBERS, "powers"), ("place", "width"))
    if not name.replace("_", "").isalnum():
        row.fault("a line is named by letters, digits and _", seen=name)
    powers = None
    if row["powers"]:
        each = row["powers"].rows("power")
        if len(each) != 2:
            row["powers"].refuse("must be two numbers: above its place and below, as [0.54, 10]")
        else:
            powers = each[0].number(0.505, 100), each[1].number(0.505, 100)
        for other in ("lorentz", "tail"):
            if row[other]:
                row[other].fault(f"{other} and powers are two forms", remedy="leave one of them out")
    elif row["gauss"] or row["damping"]:
        row.fault("gauss and damping belong to powers", remedy="give powers, or leave them out")
    return Component(
        _term(row["place"], 0, 30000),
        _term(row["width"], 0.05, _WIDEST),
        _term(row["area"], 0, _MOST_AREA) if row["area"] else None,
        _term(row["lorentz"], 0, 1) if row["lorentz"] else Term(_LORENTZ, _LORENTZ),
        _term(row["tail"], 0.01, _LONGEST) if row["tail"] else None,
        powers,
        _term(row["gauss"], 0, 20) if row["gauss"] else Term(),
        _term(row["damping"], 0.5, 1e4) if row["damping"] else Term(_DAMPING, _DAMPING),
    )


def _term(entry: Entry, low: float, high: float) -> Term:
    if isinstance(entry.value, dict):
        link = entry.fields(("of", "plus", "times"), ("of",))
        return Term(
            of=link["of"].text(), plus=link["plus"].number(-1000, 1000, 0.0),
            times=link["times"].number(1e-6, 1e6, 1.0),
        )  # fmt: skip
    if isinstance(entry.value, list):
        ends = [one.number(low, high) for one in entry.rows(entry.name)]
        if len(ends) != 2 or not ends[0] < ends[1]:
            entry.refuse("must be a range from less to more, as [706, 713]")
            return Term(low, low)
        return Term(ends[0], ends[1])
    held = entry.number(low, high)
    return Term(held, held)


def _links(name: str, row: Entry, lines: Mapping[str, Component]) -> None:
    """Every link leads to another line's own value, and is of a kind that value can have."""
    for key in NUMBERS:
        term = getattr(lines[name], key)
        if term is None or not term.of:
            continue
        if term.of not in lines or term.of == name:
            known = [other for other in lines if other != name]
            row[key]["of"].fault("there is no such other line", seen=term.of, nearest=known)
            continue
        other = getattr(lines[term.of], key)
        if key == "tail" and other is None:
            row[key].fault(f"{term.of} has no tail", remedy="give it one, or leave this out")
        elif key in ("gauss", "damping") and lines[term.of].powers is None:
            row[key].fault(f"{term.of} has no powers", remedy=f"give it powers, or {key} a number")
        elif other is not None and other.of:
            row[key].fault(f"{key} of {term.of} hangs on {other.of} itself", remedy=f"link it to {other.of}")
        if key == "area" and term.plus:
            row[key].fault("an area is so many times another, never plus something", remedy="leave plus out")
