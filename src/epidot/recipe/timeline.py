"""Walks a flask through a recipe's steps: the timeline of events, and every physical check on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from epidot.errors import Fault, Faults
from epidot.recipe import dosing, formatting, outcomes, schema, thermal
from epidot.recipe.events import (
    Charge,
    DescribeShell,
    Dose,
    Event,
    FormCore,
    OxidiseCore,
    React,
    Run,
    TakeSample,
    Wash,
)
from epidot.recipe.parsing import Done
from epidot.recipe.planned_flask import PlannedFlask, summed
from epidot.recipe.variants import Remark

__all__ = [
    "Charge",
    "DescribeShell",
    "Dose",
    "Event",
    "FormCore",
    "OxidiseCore",
    "React",
    "Run",
    "TakeSample",
    "Wash",
    "walk",
]

END = "end"


@dataclass
class Walk:
    """What a walk through the steps leaves: events, warnings, and what the language filled in."""

    events: tuple[Event, ...]
    warnings: tuple[Fault, ...]
    defaults: tuple[Remark, ...]
    start_K: float
    dots: tuple[str, float, float, float, str, str] | None  # what the heading "core" puts in


def walk(header: schema.Header, steps: tuple[Done, ...], lines: Mapping[str, int], faults: Faults) -> Walk:
    """Carry out ``steps`` on paper.  ``lines`` gives the line of each heading; faults go to ``faults``."""
    flask = PlannedFlask(header, lines, faults)
    start_K = flask.temperature
    dots = _check_headings(flask)
    _start(flask, steps)
    for step in steps:
        if not flask.events and step.kind in _NEEDS_A_FLASK:
            faults.add(
                "the flask is empty",
                line=step.line,
                seen=step.kind,
                remedy='start with the headings "core" and "solvent", or with an "add" step',
            )
        _STEPS[step.kind](flask, step)
    _end(flask, steps)
    return Walk(tuple(flask.events), tuple(flask.warnings), tuple(flask.defaults), start_K, dots)


def _check_headings(flask: PlannedFlask) -> tuple[str, float, float, float, str, str] | None:
    for name, own in flask.header.reagents.items():
        line = flask.lines.get(f"reagents {name}", 1)
        with flask.placed(line):
            for species in own.dissolves_as or {}:
                flask.stockroom.elements(species)
    core = flask.header.core
    if core is None:
        return None
    line = flask.lines.get("core", 1)
    flask.check_size(core.diameter, core.first_exciton, "core", line)
    flask.check_material(core.material, flask.lines.get("core material", line))
    flask.check_ligand(core.ligand, flask.lines.get("core ligand", line))
    flask.dots_mol = float(core.amount)
    flask.diameter = flask.size(core.material, core.diameter, core.first_exciton, line)
    if core.sigma is None:
        flask.note(line, "core: sigma", "0 %", "no spread of sizes is given; all dots are taken as equal")
    sigma = 0.0 if core.sigma is None else float(core.sigma)
    return core.material, flask.diameter, flask.dots_mol, sigma, core.ligand, core.surface


def _start(flask: PlannedFlask, steps: tuple[Done, ...]) -> None:
    solvent = flask.header.solvent
    if solvent is None:
        if flask.header.core is not None and not any(s.kind in ("add", "take up") for s in steps):
            flask.faults.add(
                "the dots are in no solvent",
                line=flask.lines.get("core", 1),
                remedy='add a heading such as "solvent: {reagent: ODE, volume: 5 mL}"',
            )
        return
    line = flask.lines.get("solvent", 1)
    volume = float(solvent.volume)
    text = f"put {formatting.volume(volume)} of {solvent.reagent} in the flask"
    if solvent.kept:
        later = _volume_added_later(flask, steps)
        if later >= volume:
            flask.faults.add(
                "the additions alone are more than the volume to be kept",
                line=line,
                seen=f"{formatting.volume(later)} of additions, {formatting.volume(volume)} kept",
                remedy="raise the volume, or leave out kept",
            )
            return
        volume -= later
        text = (
            f"put {formatting.volume(volume)} of {solvent.reagent} in the flask, so that with all additions "
            f"it holds {formatting.volume(float(solvent.volume))}"
        )
    given = dosing.by_volume(solvent.reagent, volume, flask.stockroom, line, flask.faults)
    if given:
        flask.charge(given, line, text)
        flask.set_medium(given[0].reagent, line)


def _volume_added_later(flask: PlannedFlask, steps: tuple[Done, ...]) -> float:
    total = 0.0
    for step in steps:
        if step.kind in ("wash", "take up"):
            break
        if step.kind == "add":
            silent = Faults()
            for item in step.items:
                assert isinstance(item, schema.Addition)
                total += sum(d.volume_L for d in dosing.doses(item, flask.stocks, flask.stockroom, 1, silent))
    return total


def _add(flask: PlannedFlask, step: Done) -> None:
    additions = [item for item in step.items if isinstance(item, schema.Addition)]
    groups: list[tuple[float, tuple[Dose, ...]]] = []
    for item, line in zip(additions, step.item_lines, strict=True):
        given = dosing.doses(item, flask.stocks, flask.stockroom, line, flask.faults)
        time = item.for_ if item.flow is not None else item.over
        if given:
            groups.append((0.0 if time is None else float(time), given))
    if not groups:
        return
    _check_flask(flask, groups, step)
    if flask.atmosphere == "vacuum":
        flask.warn("something is added under vacuum", step.line, 'put "backfill: N2" before it')
    at_once = tuple(d for time, given in groups if time == 0 for d in given)
    slow = [(time, given) for time, given in groups if time > 0]
    if at_once:
        flask.charge(at_once, step.line, f"add {_listed(at_once)}")
    if len({time for time, _ in slow}) > 1:
        flask.faults.add(
            "things added together go in over the same time",
            line=step.line,
            seen=", ".join(formatting.duration(t) for t, _ in slow),
            remedy="write one add step for each",
        )
        return
    if slow:
        duration = slow[0][0]
        doses = tuple(d for _, given in slow for d in given)
        inflow = {k: v / duration for k, v in summed(doses).items()}
        text = f"add {_listed(doses)} over {formatting.duration(duration)}"
        volume = sum(d.volume_L for d in doses)
        flask.pass_time(
            duration, flask.temperature, flask.temperature, step.line, text, inflow, volume / duration, doses
        )
        flask.gain(doses)
    flask.check_boiling(step.line)


def _check_flask(flask: PlannedFlask, groups: list[tuple[float, tuple[Dose, ...]]], step: Done) -> None:
    """Something dry needs a liquid to go into; the first liquid becomes the medium."""
    if flask.medium is not None:
        return
    doses = [d for _, given in groups for d in given]
    liquids = [d for d in doses if flask.stockroom.find(d.reagent).is_liquid]
    if liquids:
        flask.set_medium(max(liquids, key=lambda d: d.volume_L).reagent, step.line)
    elif not any(e for e in flask.events if isinstance(e, Charge)) and flask.header.core is not None:
        flask.faults.add(
            "something is added before there is a solvent",
            line=step.line,
            seen=doses[0].reagent,
            remedy='add a heading such as "solvent: {reagent: ODE, volume: 5 mL}"',
        )


def _make_up(flask: PlannedFlask, step: Done) -> None:
    want: schema.MakeUp = step.only
    missing = float(want.to) - flask.volume
    if missing < 0:
        flask.faults.add(
            f"the flask already holds {formatting.volume(flask.volume)}", line=step.line, seen=want.to.text
        )
        return
    given = dosing.by_volume(want.with_, missing, flask.stockroom, step.line, flask.faults)
    if given:
        flask.charge(given, step.line, f"make up to {formatting.volume(float(want.to))} with {want.with_}")


def _sample(flask: PlannedFlask, step: Done) -> None:
    name = step.only.name
    if name in flask.sampled:
        flask.faults.add(
            "two samples of the same name",
            line=step.line,
            seen=name,
            remedy=f"the first is at line {flask.sampled[name]}; give another name",
        )
        return
    if not flask.events and flask.header.core is None and flask.header.solvent is None:
        flask.faults.add(
            "a sample before anything is in the flask",
            line=step.line,
            seen=name,
            remedy="put it after the step it looks at",
        )
    flask.sampled[name] = step.line
    flask.put(TakeSample(line=step.line, text=f"take the sample {name!r}", start_s=flask.clock, name=name))


def _wash(flask: PlannedFlask, step: Done) -> None:
    want: schema.Wash = step.only
    if not flask.has_dots(step):
        return
    new = want.redisperse_in or flask.medium
    flask.find(want.with_, step.at("with"))
    if want.redisperse_in is None and new is not None:
        flask.note(step.line, "wash: redisperse in", new, "no solvent is named")
    if want.kept is None:
        flask.note(step.line, "wash: kept", "0 %", "all that is dissolved is taken as washed away")
    if want.volume is None:
        flask.note(
            step.line, "wash: volume", formatting.volume(flask.volume), "redispersed to the volume it had"
        )
    often = {1: "once", 2: "twice"}.get(want.times, f"{want.times} times")
    text = f"wash {often}"
    if want.with_:
        text += f", precipitating with {want.with_}"
    if new:
        text += f", redispersing in {new}"
    volume = flask.volume if want.volume is None else float(want.volume)
    kept = 0.0 if want.kept is None else float(want.kept)
    flask.renew(new, volume, step, text, want.times, want.with_, kept)


def _take_up(flask: PlannedFlask, step: Done) -> None:
    want: schema.TakeUp = step.only
    text = f"take up in {formatting.volume(float(want.volume))} of {want.in_}"
    flask.renew(want.in_, float(want.volume), step, text, 1, None, 0.0)


def _end(flask: PlannedFlask, steps: tuple[Done, ...]) -> None:
    """Every recipe ends with a sample, so that a run always shows what it led to."""
    if not steps or isinstance(flask.events[-1] if flask.events else None, TakeSample):
        return
    line = steps[-1].line
    if END in flask.sampled:
        flask.warn(
            "what follows the last sample is not looked at", line, f"a sample is named {END!r} already"
        )
        return
    flask.note(line, "sample", END, "no sample is taken after the last step")
    flask.put(TakeSample(line=line, text=f"take the sample {END!r}", start_s=flask.clock, name=END))


def _listed(doses: tuple[Dose, ...]) -> str:
    """Additions in words, the solvents of stock solutions left unsaid."""
    return ", ".join(
        f"{formatting.amount(d.amount_mol)} of {d.reagent}" for d in doses if d.carried_by is None
    )


_NEEDS_A_FLASK = frozenset(schema.STEPS) - {"add", "make up", "sample", "backfill"}

_STEPS: dict[str, Callable[[PlannedFlask, Done], None]] = {
    "heat": thermal.heat,
    "cool": thermal.heat,
    "quench": thermal.quench,
    "hold": thermal.hold,
    "degas": thermal.degas,
    "vacuum": thermal.degas,
    "backfill": thermal.backfill,
    "add": _add,
    "make up": _make_up,
    "react": outcomes.react,
    "form core": outcomes.form_core,
    "grow core": outcomes.form_core,
    "shell": outcomes.shell,
    "oxidise core": outcomes.oxidise_core,
    "sample": _sample,
    "wash": _wash,
    "take up": _take_up,
}
