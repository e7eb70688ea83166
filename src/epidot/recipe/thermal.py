"""Steps of temperature, time and atmosphere."""

from __future__ import annotations

from epidot.recipe import formatting, schema
from epidot.recipe.parsing import Done
from epidot.recipe.planned_flask import ROOM_K, SAME_K, PlannedFlask

QUENCH_S = 60.0  # where a recipe does not say how fast


def heat(flask: PlannedFlask, step: Done) -> None:
    want: schema.Heat = step.only
    upwards = step.kind == "heat"
    if (want.to - flask.temperature) * (1 if upwards else -1) < -SAME_K:
        _refuse(
            flask,
            want,
            f"{step.kind}ing",
            want.to,
            f'write "{"cool" if upwards else "heat"}", or correct the temperature',
        )
        return
    flask.ramp_to(want.to, step, want.rate, want.over)


def quench(flask: PlannedFlask, step: Done) -> None:
    want: schema.Quench = step.only
    target = ROOM_K if want.to is None else want.to
    if want.to is None:
        flask.note(step.line, "quench: to", formatting.temperature(ROOM_K), "room temperature")
    if target > flask.temperature + SAME_K:
        _refuse(flask, want, "quenching", target, 'write "heat"')
        return
    if want.over is None:
        flask.note(step.line, "quench: over", formatting.duration(QUENCH_S), "no time is given")
    flask.ramp_to(target, step, over=QUENCH_S if want.over is None else want.over)


def hold(flask: PlannedFlask, step: Done) -> None:
    want: schema.Hold = step.only
    if want.at is not None and abs(want.at - flask.temperature) > SAME_K:
        want.fault(
            f"the flask is at {formatting.temperature(flask.temperature)} here",
            "at",
            seen=formatting.temperature(want.at),
            remedy=f'put a step "heat" or "cool" before this {step.kind}',
        )
    kind = " under vacuum" if flask.atmosphere == "vacuum" else ""
    text = f"hold at {formatting.temperature(flask.temperature)}{kind} for {formatting.duration(want.for_)}"
    flask.pass_time(want.for_, flask.temperature, flask.temperature, step.line, text)


def degas(flask: PlannedFlask, step: Done) -> None:
    want: schema.Degas = step.only
    flask.atmosphere = "vacuum"
    if want.at is not None and want.at != flask.temperature:
        flask.ramp_to(want.at, step)
    text = f"degas at {formatting.temperature(flask.temperature)} for {formatting.duration(want.for_)}"
    if want.pressure is not None:
        text += f" at {want.pressure}"
    flask.pass_time(want.for_, flask.temperature, flask.temperature, step.line, text)


def backfill(flask: PlannedFlask, step: Done) -> None:
    flask.atmosphere = "air" if step.only.with_ == "air" else "N2"


def _refuse(flask: PlannedFlask, want: schema.Step, what: str, target: float, remedy: str) -> None:
    """A change of temperature the other way; what follows is judged at the temperature that is named."""
    here = formatting.temperature(flask.temperature)
    seen = formatting.temperature(target)
    want.fault(f"the flask is at {here} here, so this is no {what}", seen=seen, remedy=remedy)
    flask.temperature = target
