"""Steps of temperature, time and atmosphere."""

from __future__ import annotations

from epidot.recipe import formatting, schema
from epidot.recipe.parsing import Done
from epidot.recipe.planned_flask import ROOM_K, SAME_K, PlannedFlask

QUENCH_S = 60.0  # where a recipe does not say how fast


def heat(flask: PlannedFlask, step: Done) -> None:
    want: schema.Heat = step.only
    target = float(want.to)
    other = "cool" if step.kind == "heat" else "heat"
    wrong = (
        target < flask.temperature - SAME_K if step.kind == "heat" else target > flask.temperature + SAME_K
    )
    if wrong:
        flask.faults.add(
            f"the flask is at {formatting.temperature(flask.temperature)} here, so this is no {step.kind}ing",
            line=step.line,
            seen=want.to.text,
            remedy=f'write "{other}", or correct the temperature',
        )
        flask.temperature = target
        return
    flask.ramp_to(target, step, want.rate, want.over)


def quench(flask: PlannedFlask, step: Done) -> None:
    want: schema.Quench = step.only
    target = ROOM_K if want.to is None else float(want.to)
    if want.to is None:
        flask.note(step.line, "quench: to", formatting.temperature(ROOM_K), "room temperature")
    if target > flask.temperature + SAME_K:
        flask.faults.add(
            f"the flask is at {formatting.temperature(flask.temperature)} here, so this is no quenching",
            line=step.line,
            seen=formatting.temperature(target),
            remedy='write "heat"',
        )
        flask.temperature = target
        return
    if want.over is None:
        flask.note(step.line, "quench: over", formatting.duration(QUENCH_S), "no time is given")
    flask.ramp_to(target, step, over=QUENCH_S if want.over is None else float(want.over))


def hold(flask: PlannedFlask, step: Done) -> None:
    want: schema.Hold = step.only
    _check_at(flask, want.at, step)
    kind = " under vacuum" if flask.atmosphere == "vacuum" else ""
    text = f"hold at {formatting.temperature(flask.temperature)}{kind} for {formatting.duration(want.for_)}"
    flask.pass_time(float(want.for_), flask.temperature, flask.temperature, step.line, text)


def degas(flask: PlannedFlask, step: Done) -> None:
    want: schema.Degas = step.only
    flask.atmosphere = "vacuum"
    if want.at is not None and abs(float(want.at) - flask.temperature) > 0:
        flask.ramp_to(float(want.at), step)
    text = f"degas at {formatting.temperature(flask.temperature)} for {formatting.duration(want.for_)}"
    if want.pressure is not None:
        text += f" at {want.pressure.text}"
    flask.pass_time(float(want.for_), flask.temperature, flask.temperature, step.line, text)


def backfill(flask: PlannedFlask, step: Done) -> None:
    want: schema.Backfill = step.only
    flask.atmosphere = "air" if want.with_ == "air" else "N2"


def _check_at(flask: PlannedFlask, at: float | None, step: Done) -> None:
    if at is not None and abs(float(at) - flask.temperature) > SAME_K:
        flask.faults.add(
            f"the flask is at {formatting.temperature(flask.temperature)} here",
            line=step.at("at"),
            seen=formatting.temperature(float(at)),
            remedy=f'put a step "heat" or "cool" before this {step.kind}',
        )
