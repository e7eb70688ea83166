"""``sweep.yaml``: which recipe, which of its values change and how, what is asked of every run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from epidot import documents
from epidot.documents import Document, Entry, top, whole
from epidot.errors import Faults, InputError, nearest
from epidot.mechanism import load as mechanisms
from epidot.recipe import places
from epidot.recipe import recipe as recipes
from epidot.recipe.places import Place
from epidot.recipe.recipe import Recipe
from epidot.runs.order import DOTS, ENGINES, LATTICE, MEAN_FIELD, Order, mechanism_for
from epidot.runs.quantities import COLUMNS
from epidot.runs.seen import find
from epidot.runs.sweep import ranges
from epidot.runs.sweep.ranges import Values
from epidot.transport.constants import DEFAULT as HYPOTHESIS

GRID, LIST, SOBOL, OPTIMISE = "grid", "list", "sobol", "optimise"
DESIGNS = (GRID, LIST, SOBOL, OPTIMISE)
EVERY = "all"
_OF_ORDER = ("seed", "hypothesis")  # what of the order, not of the recipe, can vary
_FIELDS = (
    *("sweep", "title", "recipe", "engine", "dots", "seed", "mechanism", "hypothesis"),
    *("vary", "design", "points", "samples", "quantities", "target"),
)
_MOST_DOTS = 1_000_000


@dataclass(frozen=True)
class Point:
    """One run of a sweep: the value of every parameter as written, and what is to be carried out."""

    written: tuple[Any, ...]
    order: Order


@dataclass(frozen=True)
class Target:
    """What is sought of one quantity: the ``most``, the ``least``, or a value ``to`` be met ``within``."""

    quantity: str
    kind: str  # "max", "min" or "to"
    to: float = 0.0
    within: float = 1.0

    def penalty(self, value: float) -> float:
        """How far ``value`` is from what is sought, squared where a value is to be met; the least is best."""
        if self.kind == "to":
            return ((value - self.to) / self.within) ** 2
        return (-value if self.kind == "max" else value) / self.within

    @property
    def told(self) -> str:
        """In words."""
        return f"{self.quantity} {'at ' + format(self.to, 'g') if self.kind == 'to' else self.kind}"


@dataclass(frozen=True)
class Sweep:
    """A sweep, read and checked.

    ``values`` are those of each parameter by its name; ``base`` is the order in which nothing is changed yet.
    """

    where: str
    text: str
    title: str
    base: Order
    values: Mapping[str, Values]
    design: str
    points: int | None
    samples: tuple[str, ...]
    quantities: tuple[str, ...]
    targets: tuple[Target, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.values)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """How many values each parameter takes, of a grid."""
        return tuple(len(v.written) for v in self.values.values()) if self.design == GRID else None

    def present(self, name: str) -> Any:
        """What the recipe itself says at a parameter."""
        place = self.places.get(name)
        return getattr(self.base, name) if place is None else place.value(self.base.recipe)

    def point(self, written: Sequence[Any]) -> Point:
        """The run with these values.

        Raises
        ------
        InputError
            With every fault of the recipe they give.
        """
        given = dict(zip(self.names, written, strict=True))
        changed = {self.places[n]: v for n, v in given.items() if n in self.places}
        base = self.base
        own = f"{base.recipe.name.rpartition('/')[2]}-swept"
        recipe = places.with_values(base.recipe, changed, own) if changed else base.recipe
        order = Order(
            recipe,
            base.engine,
            base.dots,
            given.get("seed", base.seed),
            mechanism=base.mechanism,
            hypothesis=given.get("hypothesis", base.hypothesis),
        )
        return Point(tuple(written), order)

    def settled(self) -> list[tuple[Any, ...]]:
        """The values of every point of a design that is known before it begins."""
        columns = [v.written for v in self.values.values()]
        if self.design == GRID:
            return list(itertools.product(*columns))
        if self.design == LIST:
            return list(zip(*columns, strict=True))
        return []

    def written(self, shares: Iterable[float]) -> tuple[Any, ...]:
        """The values at these shares (0 to 1) of every range."""
        out = []
        for share, values in zip(shares, self.values.values(), strict=True):
            one = values.range
            assert one is not None
            out.append(one.written(one.at(share)))
        return tuple(out)


def load(path: str | Path) -> Sweep:
    """Read a sweep file.

    Raises
    ------
    InputError
        With every fault, each at its line.
    """
    text = documents.text_of(path)
    return parse(text, where=str(path))


def parse(text: str, *, where: str = "<text>") -> Sweep:
    """The same from text; a recipe's file is looked for beside ``where``."""
    return whole(text, where, "sweep", lambda document, faults: _Reader(document, text, faults).sweep())


def recipe_at(entry: Entry) -> Recipe | None:
    """The recipe that an entry names, looked for beside its document first; faults are noted."""
    name = entry.text("")
    if not name:
        return None
    try:
        return recipes.load(documents.beside(entry.document.where, name))
    except InputError as error:
        for f in error.faults:
            if f.where is None:  # no such recipe
                entry.fault(f.what, seen=f.seen, nearest=f.nearest, remedy=f.remedy)
            else:
                entry.faults.found.append(f)
        return None


@dataclass
class _Reader:
    document: Document
    text: str
    faults: Faults

    def sweep(self) -> Sweep | None:
        page = top(self.document, self.faults).fields(_FIELDS, ("sweep", "recipe", "vary"))
        if page["sweep"] and page["sweep"].value != 1:
            page["sweep"].refuse("must be 1")
        engine = page["engine"].choice(ENGINES, MEAN_FIELD)
        design = page["design"].choice(DESIGNS, GRID)
        dots = page["dots"].whole(1, _MOST_DOTS, DOTS[engine])
        seed = page["seed"].whole(0, 10**9, 0)
        recipe = recipe_at(page["recipe"])
        values = {
            name: ranges.read(entry.called(name), design in (GRID, LIST))
            for name, entry in page["vary"].table().items()
        }
        if page["vary"] and not values:
            page["vary"].refuse("names nothing to vary")
        quantities = self._quantities(page["quantities"])
        targets = self._targets(page["target"], design)
        points = self._points(page["points"], design, values)
        self._ranged(page["vary"], design, values)
        if recipe is None:
            return None
        mechanism, hypothesis = mechanism_for(recipe), page["hypothesis"].text(HYPOTHESIS)
        with page["mechanism"].placed():
            mechanism = documents.beside(self.document.where, page["mechanism"].text(mechanism))
            known = mechanisms.load(mechanism)
            if engine == LATTICE:
                known.on_lattice()
        base = Order(recipe, engine, dots, seed, mechanism=mechanism)
        with page["hypothesis"].placed():
            base = replace(base, hypothesis=hypothesis)
        samples = self._samples(page["samples"], recipe)
        found = Sweep(
            self.document.where,
            self.text,
            page["title"].text(recipe.title),
            base,
            values,
            design,
            points,
            samples,
            tuple(dict.fromkeys((*quantities, *(t.quantity for t in targets)))),
            targets,
            self._places(page["vary"], recipe),
        )
        self._each_value(page["vary"], found)
        if not self.faults.found:
            self._each_point(page["vary"], found)
        return found

    def _quantities(self, entry: Entry) -> tuple[str, ...]:
        rows = [entry] if isinstance(entry.value, str) else entry.rows("quantity")
        for row in rows:
            with row.placed():
                find(row.text(""))
        return tuple(row.text("") for row in rows) or tuple(q.name for q in COLUMNS if q.needs != "atoms")

    def _targets(self, entry: Entry, design: str) -> tuple[Target, ...]:
        if design != OPTIMISE:
            if entry:
                entry.fault("only design: optimise has a target", remedy="leave it out, or say so")
            return ()
        if not entry:
            entry.missing("write e.g. target: {plqy: max} or {pl_peak_nm: {to: 620, within: 5}}")
            return ()
        out = []
        table = entry.table("target")
        for name, one in table.items():
            with one.placed():
                find(name)
            if isinstance(one.value, dict):
                row = one.fields(("to", "seek", "within"), ("within",))
                kind = row["seek"].choice(("max", "min"), "to") if row["seek"] else "to"
                if bool(row["to"]) == bool(row["seek"]):
                    one.fault(f"{one.name}: say either to or seek", remedy="write e.g. {to: 620, within: 5}")
                to = row["to"].number(default=0.0)
                out.append(Target(name, kind, to, row["within"].number(1e-300, default=1.0)))
            elif one.value in ("max", "min"):
                out.append(Target(name, str(one.value)))
                if len(table) > 1:
                    remedy = f"write {name}: {{seek: {one.value}, within: ...}}, what counts as much"
                    one.fault(f"{one.name}: beside another target it needs a scale", remedy=remedy)
            else:
                one.refuse("must be max, min or {to: ..., within: ...}")
        return tuple(out)

    def _points(self, entry: Entry, design: str, values: Mapping[str, Values]) -> int | None:
        if design in (GRID, LIST):
            if entry:
                entry.fault(f"points are counted by the values of a {design}", remedy="leave points out")
            return None
        least = 4 * max(len(values), 1)
        if not entry:
            entry.missing(f"write how many runs it may take, {least} or more")
            return None
        return entry.whole(least, ranges.MOST)

    def _ranged(self, entry: Entry, design: str, values: Mapping[str, Values]) -> None:
        """What a design needs of all its values together."""
        if design in (SOBOL, OPTIMISE):
            for name, one in values.items():
                if one.written and one.range is None:
                    entry[name].fault(f"{name}: {design} needs a range", remedy='write e.g. "220..260 °C"')
        elif design == LIST:
            lengths = {name: len(one.written) for name, one in values.items() if one.written}
            if len(set(lengths.values())) > 1:
                seen = ", ".join(f"{n}: {k}" for n, k in lengths.items())
                entry.fault("the values of a list go together: as many of each", seen=seen)
        else:
            total = 1
            for one in values.values():
                total *= max(len(one.written), 1)
            if total > ranges.MOST:
                entry.fault(f"a sweep has at most {ranges.MOST} points", seen=total)

    def _places(self, entry: Entry, recipe: Recipe) -> dict[str, Place]:
        out: dict[str, Place] = {}
        for name in entry.table():
            if name in _OF_ORDER:
                continue
            with entry[name].placed():
                place = places.find(recipe, name)
                same = [n for n, p in out.items() if p.key == place.key]
                if same:
                    raise InputError("two names of one place", seen=f"{same[0]} and {name}")
                out[name] = place
        return out

    def _samples(self, entry: Entry, recipe: Recipe) -> tuple[str, ...]:
        if not recipe.samples:
            entry.fault("the recipe takes no sample", remedy='add a step "sample: name" to it')
            return ()
        if not entry:
            return recipe.samples[-1:]
        if entry.value == EVERY:
            return recipe.samples
        rows = [entry] if isinstance(entry.value, str) else entry.rows("sample")
        for row in rows:
            if row.text("") not in recipe.samples:
                near = nearest(row.text(""), recipe.samples) or recipe.samples
                row.refuse("is no sample of the recipe", nearest=near)
        return tuple(row.text("") for row in rows)

    def _each_value(self, entry: Entry, sweep: Sweep) -> None:
        """Every value by itself, so that a fault stands at its line."""
        for name, values in sweep.values.items():
            written = list(zip(values.written, values.lines, strict=True))
            if values.range is not None:  # what lies between its ends is like them
                ends = (values.range.low, values.range.high)
                written = [(values.range.written(end), entry[name].line) for end in ends]
            for value, line in written if name in (*sweep.places, *_OF_ORDER) else ():
                try:
                    _check(sweep, name, value)
                except InputError as error:
                    for fault in error.faults:
                        self.faults.add(
                            f"{name} = {value}: {fault.what}",
                            line=line,
                            seen=fault.seen,
                            nearest=fault.nearest,
                            remedy=fault.remedy,
                        )

    def _each_point(self, entry: Entry, sweep: Sweep) -> None:
        """Values that are good one by one and not together."""
        bad: list[tuple[tuple[Any, ...], InputError]] = []
        for written in sweep.settled() if len(sweep.values) > 1 else []:
            try:
                sweep.point(written)
            except InputError as error:
                bad.append((written, error))
        if bad:
            first, why = bad[0]
            seen = ", ".join(f"{n} = {v}" for n, v in zip(sweep.names, first, strict=True))
            what = f"{len(bad)} of the points are no recipe; of the first: {why.faults[0].what}"
            self.faults.add(what, line=entry.line, seen=seen, remedy=why.faults[0].remedy)


def _check(sweep: Sweep, name: str, value: Any) -> None:
    """Check what comes of one value alone."""
    if name in _OF_ORDER:
        replace(sweep.base, **{name: value})
    else:
        places.with_values(sweep.base.recipe, {sweep.places[name]: value}, "swept")
