"""A treatment with halide in one call: a dot, what is added, how hot, how long; the dots at every moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.dot.layers import LayeredDot
from epidot.errors import Faults
from epidot.growth.state import FlaskState
from epidot.recipe.events import Segment
from epidot.transport import ion_balance
from epidot.transport.constants import Constants, carriers, constants
from epidot.transport.in_flask import HalideTransport
from epidot.transport.problem import Array


@dataclass(frozen=True)
class Treatment:
    """What is done: defaults are the zinc bromide treatment of yuan2023 on 100 nmol of dots in 20 mL.

    ``amount_mol`` of ``agent`` go in over ``addition_s`` with ``added_L`` of solvent and ``amine_mol`` of
    oleylamine, at ``temperature_K``; the dots stay ``hold_s`` longer, cool to room temperature within
    ``cool_s`` and are precipitated ``washes`` times.  ``agent`` may be "OAm": the control.
    """

    agent: str = "ZnBr2"
    amount_mol: float = 0.4e-3
    temperature_K: float = 573.15
    addition_s: float = 1800.0
    hold_s: float = 1800.0
    dots_mol: float = 1e-7
    volume_L: float = 0.02
    added_L: float = 0.002
    amine_mol: float = 0.0
    cool_s: float = 600.0
    washes: int = 2

    def __post_init__(self) -> None:
        faults = Faults()
        known = (*carriers(), "OAm")
        if self.agent not in known:
            faults.add("no such halide agent", seen=self.agent, nearest=known)
        for name in ("amount_mol", "addition_s", "hold_s", "added_L", "amine_mol", "cool_s", "washes"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                faults.add(f"{name} must be a number not below zero", seen=getattr(self, name))
        for name in ("temperature_K", "dots_mol", "volume_L"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                faults.add(f"{name} must be a number above zero", seen=getattr(self, name))
        if self.addition_s == 0 and self.hold_s == 0:
            faults.add("the dots are never treated", remedy="give a time of addition or of holding")
        faults.raise_if_any()


@dataclass(frozen=True)
class Treated:
    """``dots`` at ``times_s`` (t,) from the start of the addition to the end of the hold; ``purified`` last.

    ``bath`` (t,) are ions of halide per dot still dissolved.
    """

    times_s: Array
    dots: tuple[LayeredDot, ...]
    bath: Array
    purified: LayeredDot

    @property
    def repaired_fraction(self) -> Array:
        """Share of the oxide units at the core that are metal halide, (t,)."""
        pairs = [(dot.repaired, dot.repaired + dot.oxide + dot.oxide_memory) for dot in self.dots]
        return np.array([done / whole if whole > 0 else 0.0 for done, whole in pairs])

    def time_to_repair_s(self, fraction: float) -> float | None:
        """When that share was repaired, in s; ``None`` if it never was."""
        done = self.repaired_fraction
        if not done.size or done[-1] < fraction:
            return None
        return float(np.interp(fraction, done, self.times_s))


def treat(
    dot: LayeredDot,
    how: Treatment | None = None,
    known: Constants | None = None,
    points: int = 40,
) -> Treated:
    """Treat ``dot`` (its own surface, or the described defaults where it says nothing of it).

    Raises
    ------
    InputError
        For a material of which nothing is known.
    WorkError
        Above the temperature at which ligands decompose.
    """
    todo = how or Treatment()
    halides = HalideTransport(lambda state, shells: dot, known=known or constants())
    stuff = {} if todo.amount_mol == 0 else {todo.agent: todo.amount_mol}
    if todo.amine_mol:
        stuff["OAm"] = stuff.get("OAm", 0.0) + todo.amine_mol
    state = FlaskState(todo.temperature_K, todo.volume_L, todo.dots_mol, dot.core, dot.core_diameter_nm)
    if todo.addition_s == 0:
        state = state.with_(liquor=stuff, volume_L=todo.volume_L + todo.added_L)
    seen = [state]
    T = todo.temperature_K
    for seconds, inflow, volume in (
        (todo.addition_s, stuff, todo.added_L),
        (todo.hold_s, {}, 0.0),
    ):
        if seconds > 0:
            rates = {name: mol / seconds for name, mol in inflow.items()}
            seen += _through(halides, seen[-1], Segment(seconds, T, T, "N2", rates, volume / seconds), points)
    last = seen[-1]
    if todo.cool_s > 0:
        last = _through(halides, last, Segment(todo.cool_s, T, ZERO_CELSIUS + 25.0), 2)[-1]
    last = halides.wash(last, todo.washes) if todo.washes else last
    halide = carriers()[todo.agent].halide if todo.agent in carriers() else None
    bath = [0.0 if halide is None else ion_balance.dissolved(s.liquor, halide) / s.dots_mol for s in seen]
    return Treated(
        np.array([s.time_s for s in seen]),
        tuple(halides.dot(s, ()) for s in seen),
        np.array(bath),
        halides.dot(last, ()),
    )


def _through(halides: HalideTransport, before: FlaskState, segment: Segment, points: int) -> list[FlaskState]:
    """The flask at ``points`` moments of ``segment``; nothing but halide and amine changes in it."""
    states = []
    for t in np.linspace(0.0, segment.duration_s, points + 1)[1:]:
        liquor = dict(before.liquor)
        for name, rate in segment.inflow.items():
            liquor[name] = liquor.get(name, 0.0) + rate * t
        states.append(
            before.with_(
                time_s=before.time_s + float(t),
                temperature_K=segment.start_K
                + (segment.end_K - segment.start_K) * float(t) / segment.duration_s,
                volume_L=before.volume_L + segment.volume_inflow * float(t),
                liquor=liquor,
            )
        )
    return list(halides.advance(before, tuple(states), segment, ())[0])
