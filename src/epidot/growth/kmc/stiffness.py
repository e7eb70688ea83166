"""Fast reversible steps: how near they are to equilibrium, and slowing them down on request.

A pair of forward and reverse steps that goes back and forth a thousand times for every step that matters
costs a thousand times too much.  Both directions may then be slowed by one factor, which leaves every
equilibrium as it is; only how fast it is reached changes.  It is an approximation, off by default: call
:func:`run_scaled` instead of ``Simulation.run``, look at its report, and repeat it with half the slowing
(:func:`halved`) to see what is left of the error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from epidot.errors import Fault, InputError, nearest
from epidot.growth.kmc.balance import net, undoes
from epidot.growth.kmc.compiler import Compiled
from epidot.growth.kmc.model import Model
from epidot.growth.kmc.simulation import Simulation

EQUILIBRATED = 0.1  # largest index of a pair that counts as equilibrated
MARGIN = 100.0  # a slowed pair still goes this many times as often as the fastest other step
SEEN = 100  # events of a pair, at least, before anything is said of it


@dataclass(frozen=True)
class Pair:
    """Forward and reverse events of a step in some time; ``slowed`` by that factor meanwhile."""

    forward: str
    reverse: str
    forth: int
    back: int
    slowed: float = 1.0

    @property
    def index(self) -> float:
        """|f - r| / (f + r): 0 in equilibrium, 1 for a step that never goes back; nan without events."""
        total = self.forth + self.back
        return abs(self.forth - self.back) / total if total else math.nan


def pairs_of(model: Model) -> tuple[tuple[str, str], ...]:
    """Steps and their reverses, declared or exactly undone, liquor included."""
    found = {(r.reverse_of, r.name): None for r in model.reactions if r.reverse_of}
    for i, r in enumerate(model.reactions):
        for other in model.reactions[i + 1 :]:
            exact = undoes(r, other) and net(r) == {key: -n for key, n in net(other).items()}
            new = (r.name, other.name) not in found and (other.name, r.name) not in found
            if exact and new and r.sublattice == other.sublattice:
                found[r.name, other.name] = None
    return tuple(found)


def partial_equilibria(model: Model, counts: Mapping[str, int]) -> tuple[Pair, ...]:
    """Every pair with its events in a run: ``Simulation.counts``, or a difference of them."""
    return tuple(Pair(f, r, counts.get(f, 0), counts.get(r, 0)) for f, r in pairs_of(model))


def slowed(compiled: Compiled, by: Mapping[str, float]) -> Compiled:
    """The same model with the rate constants of the reactions named divided by a factor.

    Raises
    ------
    InputError
        For an unknown reaction or a factor that is not positive.
    """
    names = [r.name for r in compiled.model.reactions]
    for name, factor in by.items():
        if name not in names:
            raise InputError(Fault("unknown reaction to slow", seen=name, nearest=nearest(name, names)))
        if not (math.isfinite(factor) and factor > 0):
            raise InputError(Fault(f"impossible factor for {name}", seen=f"{factor:g}"))
    factors = np.array([by.get(name, 1.0) for name in names])
    reactions = tuple(replace(r, A=r.A / by.get(r.name, 1.0)) for r in compiled.model.reactions)
    tables = compiled.tables
    tables = tables._replace(entry_A=tables.entry_A / factors[tables.entry_reaction])
    return replace(compiled, model=replace(compiled.model, reactions=reactions), tables=tables)


@dataclass(frozen=True)
class Report:
    """What :func:`run_scaled` did: the pairs of every window with the factor they were slowed by in it."""

    windows: tuple[tuple[float, tuple[Pair, ...]], ...]
    events: int
    largest: float

    def __str__(self) -> str:
        if self.largest == 1.0:
            return "no step was slowed"
        most: dict[str, float] = {}
        for _, pairs in self.windows:
            for p in pairs:
                most[p.forward] = max(most.get(p.forward, 1.0), p.slowed)
        told = ", ".join(f"{name} by up to {factor:.3g}" for name, factor in most.items() if factor > 1.0)
        return f"approximate: forward and reverse slowed alike: {told}"


def run_scaled(
    simulation: Simulation,
    until: float,
    *,
    window: float,
    pairs: Iterable[tuple[str, str]] | None = None,
    margin: float = MARGIN,
    equilibrated: float = EQUILIBRATED,
    halvings: int = 0,
) -> Report:
    """Run to a time with equilibrated pairs slowed; their factors are found anew after every ``window`` (s).

    After each window a pair whose index is below ``equilibrated`` is slowed so that it goes ``margin`` times
    as often as the fastest step outside the equilibrated pairs; a pair that has left its equilibrium gets
    its full rate back.  ``halvings`` divides every slowing by two so often, for comparison.  At the end the
    simulation has its own rate constants again.
    """
    own = simulation.compiled
    names = tuple(pairs_of(own.model) if pairs is None else pairs)
    factor = dict.fromkeys(names, 1.0)
    told, events, largest = [], 0, 1.0
    try:
        while simulation.time < until:
            by = {name: f for pair, f in factor.items() for name in pair}
            simulation.use(slowed(own, by) if max(factor.values(), default=1.0) > 1.0 else own)
            before, start = simulation.counts, simulation.time
            outcome = simulation.run(until=min(start + window, until), explain=False)
            events += outcome.events
            seen = {name: n - before[name] for name, n in simulation.counts.items()}
            now = tuple(Pair(f, r, seen[f], seen[r], factor[f, r]) for f, r in names)
            told.append((simulation.time, now))
            largest = max(largest, *factor.values()) if factor else largest
            factor = _factors(seen, now, margin, equilibrated, 2.0**-halvings)
            if outcome.deadlock is not None:
                break
    finally:
        simulation.use(own)
    return Report(tuple(told), events, largest)


def _factors(
    seen: Mapping[str, int], pairs: Sequence[Pair], margin: float, equilibrated: float, share: float
) -> dict[tuple[str, str], float]:
    """How much to slow each pair in the next window."""
    calm = [p for p in pairs if p.forth + p.back >= SEEN and p.index < equilibrated]
    inside = {name for p in calm for name in (p.forward, p.reverse)}
    others = [n for name, n in seen.items() if name not in inside]
    others += [abs(p.forth - p.back) for p in calm]  # what passes through a pair matters too
    floor = margin * max([*others, 1])
    out = {}
    for p in pairs:
        full = (p.forth + p.back) / 2 * p.slowed  # events each way at the full rate
        out[p.forward, p.reverse] = max(full / floor * share, 1.0) if p in calm else 1.0
    return out


@dataclass(frozen=True)
class Halved:
    """A mean over seeds with the slowing as it is, with half of it, and carried on to none."""

    value: float
    error: float
    half: float
    half_error: float

    @property
    def extrapolated(self) -> tuple[float, float]:
        """What a linear law gives without slowing, and its standard error."""
        return 2 * self.half - self.value, math.hypot(2 * self.half_error, self.error)

    @property
    def significant(self) -> bool:
        """Whether the slowing changes the result by more than three standard errors."""
        return abs(self.half - self.value) > 3 * math.hypot(self.error, self.half_error)


def halved(observe: Callable[[int, int], float], seeds: Sequence[int]) -> Halved:
    """Compare ``observe(seed, halvings)`` with ``halvings`` 0 and 1 over several seeds, two at least."""
    rows = np.array([[observe(seed, h) for h in (0, 1)] for seed in seeds])
    mean, error = rows.mean(axis=0), rows.std(axis=0, ddof=1) / math.sqrt(len(rows))
    return Halved(float(mean[0]), float(error[0]), float(mean[1]), float(error[1]))
