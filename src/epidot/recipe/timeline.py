"""Walks a flask through a recipe's steps: the timeline of events, and every physical check on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from epidot.errors import Fault, Faults
from epidot.recipe import dosing, formatting, outcomes, schema, thermal
from epidot.recipe.events import Charge, Dose, Dots, Event, TakeSample
from epidot.recipe.parsing import Done
from epidot.recipe.planned_flask import PlannedFlask
from epidot.recipe.variants import Remark

END = "end"
_CATIONS, _ANIONS = frozenset({"Zn", "Cd"}), frozenset({"S", "Se", "Te"})
HEAVY_G_PER_ML = 1.0  # of neat phosphine chalcogenides and carboxylates, about
SOLVENT = '"solvent: {reagent: ODE, volume: 5 mL}"'


@dataclass
class Walk:
    """What a walk through the steps leaves: events, warnings, and what the language filled in."""

    events: tuple[Event, ...]
    warnings: tuple[Fault, ...]
    defaults: tuple[Remark, ...]
    start_K: float
    dots: Dots | None  # what the heading "core" puts in


def walk(header: schema.Header, steps: tuple[Done, ...], faults: Faults, *, no_dots: bool = False) -> Walk:
    """Carry out ``steps`` on paper; faults go to ``faults``; ``no_dots`` if a flask without them is meant."""
    flask = PlannedFlask(header, faults)
    start_K = flask.temperature
    dots = _dots(flask)
    _start(flask, steps)
    for step in steps:
        if not flask.events and step.kind in _NEEDS_A_FLASK:
            remedy = 'start with the headings "core" and "solvent", or with an "add" step'
            faults.add("the flask is empty", line=step.line, seen=step.kind, remedy=remedy)
        _STEPS[step.kind](flask, step)
        if step.kind in _NEEDS_A_FLASK:
            flask.check_room(step)
        if not no_dots and step.kind == "add" and _grows_on_nothing(flask):
            faults.add(
                "there are no dots on which this could grow",
                line=step.line,
                seen=" and ".join(_precursors(flask)),
                remedy='give a heading such as "core: {material: InP, diameter: 3.3 nm, amount: 220 nmol}", '
                'or "core: none" if none are meant to be there',
            )
            no_dots = True
    if steps:
        flask.check_room(steps[-1])
    _end(flask, steps)
    return Walk(tuple(flask.events), tuple(flask.warnings), tuple(flask.defaults), start_K, dots)


def glance(header: schema.Header, steps: tuple[Done, ...], faults: Faults, *, filled: bool) -> None:
    """Judge what stands for itself in a recipe of which some part could not be read.

    What could not be read leaves the flask in an unknown state: it is not followed.  ``filled`` if such a
    step may have brought the solvent.
    """
    flask = PlannedFlask(header, faults)
    _dots(flask)
    if not (filled and header.solvent is None):
        _start(flask, steps)
    filled = filled or "solvent" in header.places
    for step in steps:
        given = [
            dose
            for item in (step.items if step.kind == "add" else ())
            for dose in dosing.doses(item, flask.stocks, flask.stockroom)
        ]
        if given and not filled:
            _check_flask(flask, given, step)
        filled = filled or bool(given)


def _dots(flask: PlannedFlask) -> Dots | None:
    """The dots of the heading ``core``."""
    for own in flask.header.reagents.values():
        with flask.placed(own):
            for species in own.dissolves_as or {}:
                flask.stockroom.elements(species)
    core = flask.header.core
    if core is None:
        return None
    flask.dots_mol, flask.diameter = core.amount, flask.described_core(core)
    if core.sigma is None:
        flask.no_spread(core.line(), "core")
    return Dots(core.material, flask.diameter, core.amount, core.sigma or 0.0, core.ligand, core.surface)


def _start(flask: PlannedFlask, steps: tuple[Done, ...]) -> None:
    header, solvent = flask.header, flask.header.solvent
    if solvent is None:
        # A heading that could not be read is there all the same.
        heads = "core" in header.places and "solvent" not in header.places
        if heads and not any(s.kind in ("add", "take up") for s in steps):
            header.fault("the dots are in no solvent", "core", remedy=f"add a heading such as {SOLVENT}")
        return
    volume = solvent.volume
    text = f"put {formatting.volume(volume)} of {solvent.reagent} in the flask"
    if solvent.kept:
        later = _volume_added_later(flask, steps)
        if later >= volume:
            solvent.fault(
                "the additions alone are more than the volume to be kept",
                seen=f"{formatting.volume(later)} of additions, {formatting.volume(volume)} kept",
                remedy="raise the volume, or leave out kept",
            )
            return
        volume -= later
        text = (
            f"put {formatting.volume(volume)} of {solvent.reagent} in the flask, so that with all additions "
            f"it holds {formatting.volume(solvent.volume)}"
        )
    flask.fill(solvent.reagent, volume, solvent, text, medium=True)


def _grows_on_nothing(flask: PlannedFlask) -> bool:
    return flask.header.core is None and flask.dots_mol == 0 and len(_precursors(flask)) == 2


def _precursors(flask: PlannedFlask) -> list[str]:
    """What of the flask brings the cation of a shell, and what its anion: the first of each."""
    found = []
    for wanted in (_CATIONS, _ANIONS):
        named = (n for n in flask.liquor if wanted & flask.stockroom.elements(n).keys())
        found += list(named)[:1]
    return found


def _volume_added_later(flask: PlannedFlask, steps: tuple[Done, ...]) -> float:
    total = 0.0
    for step in steps:
        if step.kind in ("wash", "take up"):
            break
        for item in step.items if step.kind == "add" else ():
            unheard = replace(item, entry=replace(item.entry, faults=Faults()), places={})
            total += sum(d.volume_L for d in dosing.doses(unheard, flask.stocks, flask.stockroom))
    return total


def _add(flask: PlannedFlask, step: Done) -> None:
    groups: list[tuple[float, tuple[Dose, ...]]] = []
    for item in step.items:
        given = dosing.doses(item, flask.stocks, flask.stockroom)
        time = item.for_ if item.flow is not None else item.over
        if given:
            groups.append((time or 0.0, given))
    if not groups:
        return
    _check_flask(flask, [d for _, given in groups for d in given], step)
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
        doses = tuple(d for _, given in slow for d in given)
        text = f"add {_listed(doses)} over {formatting.duration(slow[0][0])}"
        flask.pass_time(slow[0][0], flask.temperature, flask.temperature, step.line, text, doses)
        flask.gain(doses)
    flask.check_boiling(step.line)
    _check_solids(flask, [d for _, given in groups for d in given], step)


def _check_solids(flask: PlannedFlask, doses: list[Dose], step: Done) -> None:
    """What has no density adds no volume: that is told where it would be as much as there is liquid."""
    for dose in doses:
        one = flask.stockroom.find(dose.reagent)
        grams, litre = dose.amount_mol * one.molar_mass, flask.volume
        if one.density_g_mL is None and 0 < HEAVY_G_PER_ML * litre * 1e3 < grams:
            flask.warn(
                f"{formatting.amount(dose.amount_mol)} of {one.name} weigh {grams:.3g} g, in a flask of "
                f"{formatting.volume(litre)}: more than the neat reagent would be; its own volume is not "
                "known and is taken as none",
                step.line,
                "is the unit of the amount right?",
            )


def _check_flask(flask: PlannedFlask, doses: list[Dose], step: Done) -> None:
    """Something dry needs a liquid to go into; the first liquid becomes the medium."""
    if flask.medium is not None:
        return
    liquids = [d for d in doses if flask.stockroom.find(d.reagent).is_liquid]
    if liquids:
        flask.set_medium(max(liquids, key=lambda d: d.volume_L).reagent, step.line)
    elif not any(isinstance(e, Charge) for e in flask.events) and "core" in flask.header.places:
        flask.faults.add(
            "something is added before there is a solvent",
            line=step.line,
            seen=doses[0].reagent,
            remedy=f"add a heading such as {SOLVENT}",
        )


def _make_up(flask: PlannedFlask, step: Done) -> None:
    want: schema.MakeUp = step.only
    to = formatting.volume(want.to)
    if want.to < flask.volume:
        want.fault(f"the flask already holds {formatting.volume(flask.volume)}", seen=to)
        return
    flask.fill(want.with_, want.to - flask.volume, want, f"make up to {to} with {want.with_}")


def _sample(flask: PlannedFlask, step: Done) -> None:
    want: schema.Sample = step.only
    name = want.name
    if name in flask.sampled:
        remedy = f"the first is at line {flask.sampled[name]}; give another name"
        want.fault("two samples of the same name", seen=name, remedy=remedy)
        return
    if not flask.events and flask.header.core is None and flask.header.solvent is None:
        remedy = "put it after the step it looks at"
        want.fault("a sample before anything is in the flask", seen=name, remedy=remedy)
    flask.take_sample(name, step.line)


def _wash(flask: PlannedFlask, step: Done) -> None:
    want: schema.Wash = step.only
    if not flask.has_dots(want, step.kind):
        return
    new = want.redisperse_in or flask.medium
    if want.with_ is not None:
        with flask.placed(want, "with_"):
            flask.stockroom.find(want.with_)
    if want.redisperse_in is None and new is not None:
        flask.note(step.line, "wash: redisperse in", new, "no solvent is named")
    if want.kept is None:
        flask.note(step.line, "wash: kept", "0 %", "all that is dissolved is taken as washed away")
    volume = flask.volume if want.volume is None else want.volume
    if want.volume is None:
        flask.note(step.line, "wash: volume", formatting.volume(volume), "redispersed to the volume it had")
    text = "wash " + {1: "once", 2: "twice"}.get(want.times, f"{want.times} times")
    if want.with_:
        text += f", precipitating with {want.with_}"
    if new:
        text += f", redispersing in {new}"
    flask.renew(new, volume, step, text, want.times, want.with_, want.kept or 0.0)


def _take_up(flask: PlannedFlask, step: Done) -> None:
    want: schema.TakeUp = step.only
    text = f"take up in {formatting.volume(want.volume)} of {want.in_}"
    flask.renew(want.in_, want.volume, step, text, 1, None, 0.0)


def _end(flask: PlannedFlask, steps: tuple[Done, ...]) -> None:
    """Every recipe ends with a sample, so that a run always shows what it led to."""
    if not steps or isinstance(flask.events[-1] if flask.events else None, TakeSample):
        return
    line = steps[-1].line
    if END in flask.sampled:
        what = "what follows the last sample is not looked at"
        flask.warn(what, line, f"a sample is named {END!r} already")
        return
    flask.note(line, "sample", END, "no sample is taken after the last step")
    flask.take_sample(END, line)


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
