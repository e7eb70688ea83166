"""Steps of temperature, time and atmosphere."""

from __future__ import annotations

from epidot.recipe import formatting, schema
from epidot.recipe.bench import ROOM_K, SAME_K, Bench
from epidot.recipe.parsing import Done

QUENCH_S = 60.0  # where a recipe does not say how fast


def heat(bench: Bench, step: Done) -> None:
    want: schema.Heat = step.only
    target = float(want.to)
    other = "cool" if step.kind == "heat" else "heat"
    wrong = (
        target < bench.temperature - SAME_K if step.kind == "heat" else target > bench.temperature + SAME_K
    )
    if wrong:
        bench.faults.add(
            f"the flask is at {formatting.temperature(bench.temperature)} here, so this is no {step.kind}ing",
            line=step.line,
            seen=want.to.text,
            remedy=f'write "{other}", or correct the temperature',
        )
        bench.temperature = target
        return
    bench.ramp_to(target, step, want.rate, want.over)


def quench(bench: Bench, step: Done) -> None:
    want: schema.Quench = step.only
    target = ROOM_K if want.to is None else float(want.to)
    if want.to is None:
        bench.note(step.line, "quench: to", formatting.temperature(ROOM_K), "room temperature")
    if target > bench.temperature + SAME_K:
        bench.faults.add(
            f"the flask is at {formatting.temperature(bench.temperature)} here, so this is no quenching",
            line=step.line,
            seen=formatting.temperature(target),
            remedy='write "heat"',
        )
        bench.temperature = target
        return
    if want.over is None:
        bench.note(step.line, "quench: over", formatting.duration(QUENCH_S), "no time is given")
    bench.ramp_to(target, step, over=QUENCH_S if want.over is None else float(want.over))


def hold(bench: Bench, step: Done) -> None:
    want: schema.Hold = step.only
    _check_at(bench, want.at, step)
    kind = " under vacuum" if bench.atmosphere == "vacuum" else ""
    text = f"hold at {formatting.temperature(bench.temperature)}{kind} for {formatting.duration(want.for_)}"
    bench.pass_time(float(want.for_), bench.temperature, bench.temperature, step.line, text)


def degas(bench: Bench, step: Done) -> None:
    want: schema.Degas = step.only
    bench.atmosphere = "vacuum"
    if want.at is not None and abs(float(want.at) - bench.temperature) > 0:
        bench.ramp_to(float(want.at), step)
    text = f"degas at {formatting.temperature(bench.temperature)} for {formatting.duration(want.for_)}"
    if want.pressure is not None:
        text += f" at {want.pressure.text}"
    bench.pass_time(float(want.for_), bench.temperature, bench.temperature, step.line, text)


def backfill(bench: Bench, step: Done) -> None:
    want: schema.Backfill = step.only
    bench.atmosphere = "air" if want.with_ == "air" else "N2"


def _check_at(bench: Bench, at: float | None, step: Done) -> None:
    if at is not None and abs(float(at) - bench.temperature) > SAME_K:
        bench.faults.add(
            f"the flask is at {formatting.temperature(bench.temperature)} here",
            line=step.at("at"),
            seen=formatting.temperature(float(at)),
            remedy=f'put a step "heat" or "cool" before this {step.kind}',
        )
