"""``study.yaml``: experiments, what was measured in them, and which numbers are free."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epidot import documents
from epidot.documents import Document, Entry, top, whole
from epidot.errors import Faults, InputError, nearest
from epidot.given import Given
from epidot.inference import designs
from epidot.inference.designs import Design
from epidot.inference.experiments import Experiment, Look, Measured, Unknown, with_charge
from epidot.inference.posterior import DRAWS
from epidot.inference.priors import prior
from epidot.inference.problem import Datum, Kind, Prior
from epidot.inference.readings import Reading, is_energy, read
from epidot.mechanism import load as mechanisms
from epidot.parameter import Parameter
from epidot.recipe import places
from epidot.recipe.places import Place
from epidot.runs import numbers
from epidot.runs.order import DOTS, ENGINES, LATTICE, MEAN_FIELD, MECHANISM, Order
from epidot.runs.seen import find
from epidot.runs.sweep.plan import recipe_at
from epidot.transport.constants import DEFAULT as HYPOTHESIS

_FIELDS = (
    *("study", "title", "engine", "dots", "seed", "mechanism", "hypothesis", "draws"),
    *("free", "experiments", "measured", "scales", "held", "candidates"),
)
_SCALE = "scale."  # before the names of scales among the free parameters
_EXPERIMENT = ("recipe", "with", "unknown", "note")
_MEASURED = (
    *("of", "over", "less", "quantity", "quantity of the other", "value", "sigma", "is"),
    *("file", "technique", "options", "scale", "note"),
)
_KINDS: Mapping[str, Kind] = {"equal": "=", "at least": ">=", "at most": "<="}


@dataclass(frozen=True)
class Study:
    """A study, read and checked."""

    where: str
    text: str
    title: str
    engine: str
    dots: int
    seed: int
    mechanism: str
    hypothesis: str
    held: Mapping[str, float]
    priors: tuple[Prior, ...]
    unknowns: Mapping[str, Unknown]  # by the name of the prior
    experiments: Mapping[str, Experiment]
    measured: tuple[Measured, ...]
    draws: int = DRAWS  # of each round
    candidates: tuple[Design, ...] = ()

    @property
    def data(self) -> list[Datum]:
        """What was measured."""
        return [one.datum for one in self.measured]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was said of the measured files, each once."""
        return tuple(dict.fromkeys(f"{one.source}: {said}" for one in self.measured for said in one.told))

    def is_number(self, name: str) -> bool:
        """Whether a free parameter is a number of epidot, not a value of a recipe or a scale."""
        return name not in self.unknowns and not name.startswith(_SCALE)

    def looks(self, experiment: str) -> list[Look]:
        """What is asked of an experiment."""
        every = [look for one in self.measured for look in (one.look, one.other) if look is not None]
        return list(dict.fromkeys(look for look in every if look.experiment == experiment))

    def order(self, experiment: str, values: Mapping[str, float]) -> Order:
        """The run of an experiment with these values of the free parameters.

        Raises
        ------
        InputError
            If they make no recipe, or are outside what numbers can be.
        """
        recipe = self.experiments[experiment].recipe
        mine = {n: u for n, u in self.unknowns.items() if u.experiment == experiment}
        if mine:
            changed = {u.place: u.written(values[n]) for n, u in mine.items()}
            recipe = places.with_values(recipe, changed, f"{experiment}-as-fitted")
        numbers_given = {n: v for n, v in values.items() if self.is_number(n)}
        return Order(
            recipe,
            self.engine,
            self.dots,
            self.seed,
            mechanism=self.mechanism,
            hypothesis=self.hypothesis,
            given=self.given(numbers_given),
        )

    def given(self, values: Mapping[str, float]) -> Given:
        """The numbers of a run: those that are held, and ``values``."""
        return Given.of({**self.held, **values})


def load(path: str | Path) -> Study:
    """Read a study.

    Raises
    ------
    InputError
        With every fault, each at its line.
    """
    return parse(documents.text_of(path), where=str(path))


def under(study: Study, mechanism: str | None = None, hypothesis: str | None = None) -> Study:
    """The same study with another mechanism, or another hypothesis of halides; its text says so too.

    Raises
    ------
    InputError
        If there is no such one, or something that is free is no number of it.
    """
    other = {"mechanism": mechanism, "hypothesis": hypothesis}
    said = {key: value for key, value in other.items() if value is not None}
    if not said:
        return study
    data = documents.parse(study.text, where=study.where).data
    return parse(documents.dump({**data, **said}), where=study.where)


def parse(text: str, *, where: str = "<text>") -> Study:
    """The same from text; files are looked for beside ``where``."""
    return whole(text, where, "study", lambda document, faults: _Reader(document, text, faults).study())


@dataclass
class _Reader:
    document: Document
    text: str
    faults: Faults

    def study(self) -> Study | None:
        page = top(self.document, self.faults).fields(_FIELDS, ("study", "free", "experiments", "measured"))
        if page["study"] and page["study"].value != 1:
            page["study"].refuse("must be 1")
        engine = page["engine"].choice(ENGINES, MEAN_FIELD)
        dots, seed = page["dots"].whole(1, 1_000_000, DOTS[engine]), page["seed"].whole(0, 10**9, 0)
        mechanism, hypothesis = MECHANISM, page["hypothesis"].text(HYPOTHESIS)
        with page["mechanism"].placed():
            mechanism = documents.beside(self.document.where, page["mechanism"].text(MECHANISM))
            known = mechanisms.load(mechanism)
            if engine == LATTICE:
                known.on_lattice()
        table: dict[str, Parameter] = {}
        with page["hypothesis"].placed():
            _refuse_of_mechanism(mechanism, hypothesis)
            table = numbers.known(mechanism, hypothesis)
        experiments, unknowns, priors = self._experiments(page["experiments"])
        if table:
            priors = [*self._free(page["free"], table), *priors]
        if not priors and page["free"].value in (None, {}):
            page["free"].fault(
                "nothing is free", remedy="write e.g. free: {mechanism.Ea_ex: {low: 50, high: 95}}"
            )
        scales = self._scales(page["scales"])
        priors += scales
        held = self._held(page["held"], table, [p.name for p in priors])
        measured = [self._measured(row, experiments, scales) for row in page["measured"].rows("measured")]
        if page["measured"] and not measured:
            page["measured"].refuse("holds nothing")
        kept = with_charge([one for one in measured if one is not None])
        for one in scales:
            if all(measured) and not any(one.name == m.scale for m in kept):
                page["scales"][one.name.removeprefix(_SCALE)].fault("nothing measured has this scale")
        for name in experiments:
            if not any(
                name in (m.look.experiment, m.other.experiment if m.other else "") for m in kept
            ) and all(measured):
                page["experiments"][name].fault(f"nothing measured belongs to experiment {name}")
        return Study(
            self.document.where,
            self.text,
            page["title"].text("A study"),
            engine,
            dots,
            seed,
            mechanism,
            hypothesis,
            held,
            tuple(priors),
            unknowns,
            experiments,
            kept,
            page["draws"].whole(20, 100_000, DRAWS),
            tuple(designs.read(page["candidates"], self.faults)),
        )

    # ------------------------------------------------------------ what is free

    def _free(self, entry: Entry, table: Mapping[str, Parameter]) -> list[Prior]:
        out = []
        for name, one in entry.table().items():
            if name not in table:
                near = nearest(name, table)
                one.fault("no run rests on such a number", seen=name, nearest=near)
                continue
            p = table[name]
            found = prior(one.called(name), name, p.unit, numbers.limits(name, p))
            if found is not None:
                out.append(found)
        return out

    def _scales(self, entry: Entry) -> list[Prior]:
        """Factors between what an instrument shows and what a run calls so, shared by several numbers."""
        found = (
            prior(one.called(_SCALE + name), _SCALE + name, "", (0.0, math.inf))
            for name, one in entry.table().items()
        )
        return [one for one in found if one is not None]

    def _held(self, entry: Entry, table: Mapping[str, Parameter], free: Sequence[str]) -> dict[str, float]:
        """Numbers that stand in for epidot's own and are not free."""
        out = {}
        for name, one in entry.table().items():
            if name not in table:
                one.fault("no run rests on such a number", seen=name, nearest=nearest(name, table))
            elif name in free:
                one.fault(f"{name} is free and held", remedy="say it once")
            else:
                low, high = numbers.limits(name, table[name])
                out[name] = one.number(low, high)
        return out

    # ------------------------------------------------------------ experiments

    def _experiments(self, entry: Entry) -> tuple[dict[str, Experiment], dict[str, Unknown], list[Prior]]:
        found: dict[str, Experiment] = {}
        unknowns: dict[str, Unknown] = {}
        priors: list[Prior] = []
        for name, one in entry.table("experiment").items():
            row = one.fields(_EXPERIMENT, ("recipe",))
            if "." in name:
                one.fault("the name of an experiment must not hold a point", seen=name)
            recipe = recipe_at(row["recipe"])
            if recipe is None:
                continue
            text = recipe.text
            changed: dict[Place, Any] = {}
            for where, value in row["with"].table().items():
                with value.placed():
                    changed[places.find(recipe, where)] = value.value
            with row["with"].placed():
                recipe = places.with_values(recipe, changed, name) if changed else recipe
            for where, value in row["unknown"].table().items():
                full = f"{name}: {where}"
                with value.placed():
                    place = places.find(recipe, where)
                    unit = value["unit"].text("")
                    before = prior(value.called(full), full, "", (-math.inf, math.inf))
                    if before is not None:
                        unknowns[full] = Unknown(name, place, unit)
                        priors.append(before)
                        for end in (before.low, before.high):
                            if math.isfinite(end):
                                places.with_values(recipe, {place: unknowns[full].written(end)}, name)
            found[name] = Experiment(name, recipe, text)
        return found, unknowns, priors

    # ------------------------------------------------------------ what was measured

    def _measured(
        self, entry: Entry, experiments: Mapping[str, Experiment], scales: Sequence[Prior]
    ) -> Measured | None:
        row = entry.fields(_MEASURED, ("of",))
        before = len(self.faults.found)
        quantity = row["quantity"].text("")
        reading: Reading | None = None
        value = sigma = 1.0
        if row["file"]:
            if row["value"]:
                row["value"].fault(f"{entry.name} has a file and a value", remedy="leave one out")
            technique = row["technique"].text("")
            file = documents.beside(self.document.where, row["file"].text())
            with row["file"].placed():
                told = {name: one.value for name, one in row["options"].table().items()}
                reading = read(technique, file, quantity, told, self.document.where)
            quantity = reading.quantity if reading is not None else quantity
        elif row["technique"]:
            row["technique"].fault(f"{entry.name}: a technique goes with a file", remedy="name the file")
        elif row["options"]:
            row["options"].fault(f"{entry.name}: options go with a file", remedy="name the file")
        if not row["file"]:  # whose own faults are told, and no others for want of what it would say
            with row["quantity"].placed():
                find(quantity)
        second = quantity
        if row["quantity of the other"]:
            with row["quantity of the other"].placed():
                second = row["quantity of the other"].text("")
                find(second)
        looks = [
            self._look(row[key], name, experiments)
            for key, name in (("of", quantity), ("over", second), ("less", second))
        ]
        if row["quantity of the other"] and not (row["over"] or row["less"]):
            row["quantity of the other"].fault(f"{entry.name} has no other: say over or less")
        if row["over"] and row["less"]:
            row["less"].fault(f"{entry.name}: over and less do not go together")
        if reading is not None:
            value, sigma = reading.value, reading.sigma
        elif not row["file"]:
            value = row["value"].number()
        if row["sigma"] or not row["file"]:
            sigma = row["sigma"].number(1e-300)
        scale = ""
        if row["scale"]:
            scale = _SCALE + row["scale"].text("")
            known = [one.name.removeprefix(_SCALE) for one in scales]
            if row["scale"].text("") not in known:
                near = nearest(row["scale"].text(""), known) or tuple(known)
                remedy = None if known else "write e.g. scales: {xps: {mean: 1, sigma: 0.2}}"
                row["scale"].fault("no such scale", seen=row["scale"].value, nearest=near, remedy=remedy)
            if is_energy(quantity):
                why = f"{quantity} is an energy: a factor between it and that of a run means nothing"
                row["scale"].fault(why, remedy="leave the scale out; sigma holds what the axis may be off")
        kind = _KINDS[row["is"].choice(list(_KINDS), "equal")]
        if len(self.faults.found) > before or looks[0] is None:
            return None
        how = "over" if row["over"] else "less" if row["less"] else ""
        other = looks[1] or looks[2]
        name = row["note"].text("") or _named(looks[0], other, how)
        datum = Datum(name, value, sigma, kind)
        if reading is None:
            return Measured(datum, looks[0], other, how, scale=scale)
        charge = 0.0 if row["sigma"] else reading.charge
        return Measured(datum, looks[0], other, how, reading.source, scale, charge, reading.warnings)

    def _look(self, entry: Entry, quantity: str, experiments: Mapping[str, Experiment]) -> Look | None:
        if not entry:
            return None
        name, _, sample = entry.text("").partition(".")
        if name not in experiments:
            entry.fault("no such experiment", seen=name, nearest=nearest(name, experiments))
            return None
        known = ("start", *experiments[name].recipe.samples, "end")
        if sample not in known:
            near = nearest(sample, known) or known
            entry.fault(
                f"experiment {name} has no such sample",
                seen=sample,
                nearest=near,
                remedy="write experiment.sample",
            )
            return None
        return Look(name, sample, quantity)


def _named(look: Look, other: Look | None, how: str) -> str:
    text = f"{look.quantity} of {look.experiment}, {look.sample}"
    if other is None:
        return text
    what = "" if other.quantity == look.quantity else f"{other.quantity} of "
    return f"{text}, {how} {what}{other.experiment}, {other.sample}"


def _refuse_of_mechanism(mechanism: str, hypothesis: str) -> None:
    """Refuse what is a hypothesis of the mechanism where one of halide transport is meant.

    Raises
    ------
    InputError
        With how it is written.
    """
    whole_name = f"{mechanism.partition('@')[0]}@{hypothesis}"
    try:
        mechanisms.load(whole_name)
    except InputError:
        return
    remedy = f"write mechanism: {whole_name}"
    raise InputError(
        "of halide transport there is no such one, of growth there is", seen=hypothesis, remedy=remedy
    )
