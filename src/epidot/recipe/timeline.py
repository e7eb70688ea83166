"""Walks a flask through a recipe's steps: the timeline of events, and every physical check on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from epidot.errors import Fault, Faults
from epidot.recipe import dosing, formatting, outcomes, schema, thermal
from epidot.recipe.bench import Bench, summed
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
    bench = Bench(header, lines, faults)
    start_K = bench.temperature
    dots = _check_headings(bench)
    _start(bench, steps)
    for step in steps:
        if not bench.events and step.kind in _NEEDS_A_FLASK:
            faults.add(
                "the flask is empty",
                line=step.line,
                seen=step.kind,
                remedy='start with the headings "core" and "solvent", or with an "add" step',
            )
        _STEPS[step.kind](bench, step)
    _end(bench, steps)
    return Walk(tuple(bench.events), tuple(bench.warnings), tuple(bench.defaults), start_K, dots)


def _check_headings(bench: Bench) -> tuple[str, float, float, float, str, str] | None:
    for name, own in bench.header.reagents.items():
        line = bench.lines.get(f"reagents {name}", 1)
        with bench.placed(line):
            for species in own.dissolves_as or {}:
                bench.room.elements(species)
    core = bench.header.core
    if core is None:
        return None
    line = bench.lines.get("core", 1)
    bench.check_size(core.diameter, core.first_exciton, "core", line)
    bench.check_material(core.material, bench.lines.get("core material", line))
    bench.check_ligand(core.ligand, bench.lines.get("core ligand", line))
    bench.dots_mol = float(core.amount)
    bench.diameter = bench.size(core.material, core.diameter, core.first_exciton, line)
    if core.sigma is None:
        bench.note(line, "core: sigma", "0 %", "no spread of sizes is given; all dots are taken as equal")
    sigma = 0.0 if core.sigma is None else float(core.sigma)
    return core.material, bench.diameter, bench.dots_mol, sigma, core.ligand, core.surface


def _start(bench: Bench, steps: tuple[Done, ...]) -> None:
    solvent = bench.header.solvent
    if solvent is None:
        if bench.header.core is not None and not any(s.kind in ("add", "take up") for s in steps):
            bench.faults.add(
                "the dots are in no solvent",
                line=bench.lines.get("core", 1),
                remedy='add a heading such as "solvent: {reagent: ODE, volume: 5 mL}"',
            )
        return
    line = bench.lines.get("solvent", 1)
    volume = float(solvent.volume)
    text = f"put {formatting.volume(volume)} of {solvent.reagent} in the flask"
    if solvent.kept:
        later = _volume_added_later(bench, steps)
        if later >= volume:
            bench.faults.add(
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
    given = dosing.by_volume(solvent.reagent, volume, bench.room, line, bench.faults)
    if given:
        bench.charge(given, line, text)
        bench.set_medium(given[0].reagent, line)


def _volume_added_later(bench: Bench, steps: tuple[Done, ...]) -> float:
    total = 0.0
    for step in steps:
        if step.kind in ("wash", "take up"):
            break
        if step.kind == "add":
            silent = Faults()
            for item in step.items:
                assert isinstance(item, schema.Addition)
                total += sum(d.volume_L for d in dosing.doses(item, bench.stocks, bench.room, 1, silent))
    return total


def _add(bench: Bench, step: Done) -> None:
    additions = [item for item in step.items if isinstance(item, schema.Addition)]
    groups: list[tuple[float, tuple[Dose, ...]]] = []
    for item, line in zip(additions, step.item_lines, strict=True):
        given = dosing.doses(item, bench.stocks, bench.room, line, bench.faults)
        time = item.for_ if item.flow is not None else item.over
        if given:
            groups.append((0.0 if time is None else float(time), given))
    if not groups:
        return
    _check_flask(bench, groups, step)
    if bench.atmosphere == "vacuum":
        bench.warn("something is added under vacuum", step.line, 'put "backfill: N2" before it')
    at_once = tuple(d for time, given in groups if time == 0 for d in given)
    slow = [(time, given) for time, given in groups if time > 0]
    if at_once:
        bench.charge(at_once, step.line, f"add {_listed(at_once)}")
    if len({time for time, _ in slow}) > 1:
        bench.faults.add(
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
        bench.pass_time(
            duration, bench.temperature, bench.temperature, step.line, text, inflow, volume / duration, doses
        )
        bench.gain(doses)
    bench.check_boiling(step.line)


def _check_flask(bench: Bench, groups: list[tuple[float, tuple[Dose, ...]]], step: Done) -> None:
    """Something dry needs a liquid to go into; the first liquid becomes the medium."""
    if bench.medium is not None:
        return
    doses = [d for _, given in groups for d in given]
    liquids = [d for d in doses if bench.room.find(d.reagent).is_liquid]
    if liquids:
        bench.set_medium(max(liquids, key=lambda d: d.volume_L).reagent, step.line)
    elif not any(e for e in bench.events if isinstance(e, Charge)) and bench.header.core is not None:
        bench.faults.add(
            "something is added before there is a solvent",
            line=step.line,
            seen=doses[0].reagent,
            remedy='add a heading such as "solvent: {reagent: ODE, volume: 5 mL}"',
        )


def _make_up(bench: Bench, step: Done) -> None:
    want: schema.MakeUp = step.only
    missing = float(want.to) - bench.volume
    if missing < 0:
        bench.faults.add(
            f"the flask already holds {formatting.volume(bench.volume)}", line=step.line, seen=want.to.text
        )
        return
    given = dosing.by_volume(want.with_, missing, bench.room, step.line, bench.faults)
    if given:
        bench.charge(given, step.line, f"make up to {formatting.volume(float(want.to))} with {want.with_}")


def _sample(bench: Bench, step: Done) -> None:
    name = step.only.name
    if name in bench.sampled:
        bench.faults.add(
            "two samples of the same name",
            line=step.line,
            seen=name,
            remedy=f"the first is at line {bench.sampled[name]}; give another name",
        )
        return
    if not bench.events and bench.header.core is None and bench.header.solvent is None:
        bench.faults.add(
            "a sample before anything is in the flask",
            line=step.line,
            seen=name,
            remedy="put it after the step it looks at",
        )
    bench.sampled[name] = step.line
    bench.put(TakeSample(line=step.line, text=f"take the sample {name!r}", start_s=bench.clock, name=name))


def _wash(bench: Bench, step: Done) -> None:
    want: schema.Wash = step.only
    if not bench.has_dots(step):
        return
    new = want.redisperse_in or bench.medium
    bench.find(want.with_, step.at("with"))
    if want.redisperse_in is None and new is not None:
        bench.note(step.line, "wash: redisperse in", new, "no solvent is named")
    if want.kept is None:
        bench.note(step.line, "wash: kept", "0 %", "all that is dissolved is taken as washed away")
    if want.volume is None:
        bench.note(
            step.line, "wash: volume", formatting.volume(bench.volume), "redispersed to the volume it had"
        )
    often = {1: "once", 2: "twice"}.get(want.times, f"{want.times} times")
    text = f"wash {often}"
    if want.with_:
        text += f", precipitating with {want.with_}"
    if new:
        text += f", redispersing in {new}"
    volume = bench.volume if want.volume is None else float(want.volume)
    kept = 0.0 if want.kept is None else float(want.kept)
    bench.renew(new, volume, step, text, want.times, want.with_, kept)


def _take_up(bench: Bench, step: Done) -> None:
    want: schema.TakeUp = step.only
    text = f"take up in {formatting.volume(float(want.volume))} of {want.in_}"
    bench.renew(want.in_, float(want.volume), step, text, 1, None, 0.0)


def _end(bench: Bench, steps: tuple[Done, ...]) -> None:
    """Every recipe ends with a sample, so that a run always shows what it led to."""
    if not steps or isinstance(bench.events[-1] if bench.events else None, TakeSample):
        return
    line = steps[-1].line
    if END in bench.sampled:
        bench.warn(
            "what follows the last sample is not looked at", line, f"a sample is named {END!r} already"
        )
        return
    bench.note(line, "sample", END, "no sample is taken after the last step")
    bench.put(TakeSample(line=line, text=f"take the sample {END!r}", start_s=bench.clock, name=END))


def _listed(doses: tuple[Dose, ...]) -> str:
    """Additions in words, the solvents of stock solutions left unsaid."""
    return ", ".join(
        f"{formatting.amount(d.amount_mol)} of {d.reagent}" for d in doses if d.carried_by is None
    )


_NEEDS_A_FLASK = frozenset(schema.STEPS) - {"add", "make up", "sample", "backfill"}

_STEPS: dict[str, Callable[[Bench, Done], None]] = {
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
