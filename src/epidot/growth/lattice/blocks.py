"""One segment of a recipe for all dots of a flask: as one chain, or as blocks that share the liquor at looks.

In blocks every block of dots is a chain of its own with its share of the liquor, and blocks go on side by
side; at every look (:data:`LOOKS` per segment) the liquor is put together and shared out anew.  Dots touch
through the liquor only, so that one thing is not exact: between two looks a block takes from its share what
others would have taken too.  How far the shares had come apart is measured and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import WorkError
from epidot.growth.lattice.population import GrownPopulation, in_mean_field
from epidot.growth.lattice.segment import Run, added, larger_master
from epidot.growth.state import FlaskState, Trajectory
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe.events import Segment

LOOKS = 20  # per segment, at the room that is left; the same however many states are told
PLENTY = (
    1000  # molecules of a block, from which on its share of a species is compared: fewer scatter by chance
)


class Outgrown(WorkError):
    """A dot has come to the rim of its lattice between two looks."""


class Blocks:
    """A segment under way; as many blocks as the population has streams of random numbers.

    ``threads`` of them go on at a time (the kernels let each other run); the bits do not depend on that.
    """

    def __init__(self, mechanism: Mechanism, state: FlaskState, segment: Segment, threads: int = 1) -> None:
        self.state, self.segment, self.threads = state, segment, threads
        self.whole: GrownPopulation = state.grown
        self.apart = self.whole.apart
        self.turn = 0
        self.runs = tuple(Run(mechanism, *part) for part in _parts(state, segment, self.whole))
        self.prepare()

    def prepare(self) -> None:
        """Simulations of what is there from now on, on one lattice with room to grow."""
        runs = self.runs
        there = {name for run in runs for name, n in run.population.counts.items() if n}
        dissolved = {name for run in runs for name in run.dissolved}
        of = larger_master([run.population for run in runs], runs[0].section)
        for run in runs:
            run.prepare(of, there, dissolved)
        self.feel_misfit()

    def feel_misfit(self) -> None:
        """Every block's barriers for shells of the mean thickness of all dots, and its free places."""
        changed = [run.changed() for run in self.runs]
        if any(changed):
            for run in self.runs:
                run.feel_places()
            on = np.sum([run.simulation.state.on for run in self.runs], axis=0)  # of one model, in its order
            for run in self.runs:
                run.feel_misfit(on, self.whole)
        for run in self.runs:
            run.look_again()

    def through(self, points: int) -> Trajectory:
        """All points; the last state carries the dots."""
        duration = self.segment.duration_s
        states: list[FlaskState] = []
        events: list[dict[str, int]] = []
        looks = np.linspace(0.0, duration, LOOKS + 1)[1:]
        told = np.linspace(0.0, duration, points + 1)[1:]
        look_at, tell_at = set(looks.tolist()), set(told.tolist())
        with ExitStack() as stack:
            side_by_side = min(self.threads, len(self.runs))
            pool = stack.enter_context(ThreadPoolExecutor(side_by_side)) if side_by_side > 1 else None
            for t in np.union1d(looks, told).tolist():
                if pool is None:
                    stuck = [run.to(t) for run in self.runs]
                else:
                    stuck = list(pool.map(Run.to, self.runs, [t] * len(self.runs)))
                near = [far for run in self.runs if (far := run.near_rim()) is not None]
                rim = self.runs[0].population.radii_nm[1]
                if near and max(near) > rim - self.runs[0].step_nm:
                    raise Outgrown(
                        f"a dot has grown to the rim of its lattice, {rim:.1f} nm from the middle, within "
                        f"{duration / LOOKS:.0f} s; that much growth at once is beyond this engine: add what "
                        "the shell is made of more slowly (over: 10 min), or take --engine meanfield"
                    )
                if t in look_at:
                    self.share()
                if t in tell_at:
                    events.append(self.events())
                    states.append(self.state_now(stuck[0] if all(stuck) else "", last=t == duration))
                if t in look_at and t < duration:
                    if near and self.runs[0].crowded(max(near)):
                        for run in self.runs:
                            run.leave()
                        self.prepare()
                    else:
                        self.feel_misfit()
        names = list(dict.fromkeys(name for row in events for name in row))
        per_dot = {n: np.array([row.get(n, 0) / self.whole.n for row in events]) for n in names}
        return Trajectory(tuple(states), per_dot)

    def share(self) -> None:
        """Put the liquor of all blocks together and share it out by their dots."""
        if len(self.runs) == 1:
            return
        mine = [run.simulation.liquor for run in self.runs]
        sizes = np.array([run.population.n for run in self.runs])
        changes: list[dict[str, int]] = [{} for _ in self.runs]
        for name in mine[0]:
            had = np.array([liquor[name] for liquor in mine], dtype=np.int64)
            due = _shared(int(had.sum()), sizes, self.turn)
            if due.min() >= PLENTY:
                self.apart = max(self.apart, float(np.max(np.abs(had - due) / due)))
            for change, n in zip(changes, (due - had).tolist(), strict=True):
                if n:
                    change[name] = n
        for run, change in zip(self.runs, changes, strict=True):
            run.simulation.add(change)
        self.turn += 1

    def outside(self) -> dict[str, int]:
        """What lies on the outer surfaces without a site, all dots together."""
        found: dict[str, int] = {}
        for run in self.runs:
            found = added(found, run.outside())
        return found

    def events(self) -> dict[str, int]:
        """Events of this segment so far, all dots and the liquor."""
        out: dict[str, int] = {}
        for run in self.runs:
            out = added(out, run.events())
        return out

    def state_now(self, stuck: str, *, last: bool) -> FlaskState:
        """The flask at the present time; its dots only if asked for."""
        parts = [run.state_now(stuck, last=last) for run in self.runs]
        if len(parts) == 1:
            return parts[0]
        liquor: dict[str, float] = {}
        lost: dict[str, float] = {}
        on: dict[str, int] = {}
        for run, part in zip(self.runs, parts, strict=True):
            liquor, lost = added(liquor, part.liquor), added(lost, part.lost)
            on = added(on, run.simulation.on)
        run = self.runs[0]
        return parts[0].with_(
            dots_mol=self.state.dots_mol,
            volume_L=self.state.volume_L + self.segment.volume_inflow * run.clock,
            surface=in_mean_field(run.section, on, self.whole.n)
            | {name: n / self.whole.n for name, n in self.outside().items()},
            liquor=liquor,
            lost=lost,
            grown=self._together([part.grown for part in parts]) if last else None,
        )

    def _together(self, parts: Sequence[GrownPopulation]) -> GrownPopulation:
        kind = np.empty((self.whole.n, parts[0].kind.shape[1]), dtype=np.uint8)
        events: dict[str, int] = {}
        for b, part in enumerate(parts):
            kind[b :: len(parts)] = part.kind
            events = added(events, part.events)
        return replace(
            self.whole,
            kind=kind,
            radii_nm=parts[0].radii_nm,
            random=np.stack([part.random for part in parts]),
            events=events,
            outside=self.outside(),
            stuck=parts[0].stuck,
            apart=self.apart,
        )


def _parts(state: FlaskState, segment: Segment, whole: GrownPopulation) -> list[tuple[FlaskState, Segment]]:
    """The flask of every block: each n-th dot, with its share of everything."""
    if whole.random.ndim == 1:
        return [(state, segment)]
    out = []
    blocks = len(whole.random)
    sizes = np.array([len(whole.diameters_nm[b::blocks]) for b in range(blocks)])
    shares = {name: _shared(n, sizes, 0) for name, n in whole.outside.items()}
    for b, random in enumerate(whole.random):
        dots = slice(b, None, blocks)
        population = replace(
            whole,
            kind=np.ascontiguousarray(whole.kind[dots]),
            diameters_nm=whole.diameters_nm[dots],
            centres_nm=whole.centres_nm[dots],
            supply=whole.supply[dots],
            random=random,
            events=whole.events if b == 0 else {},
            outside={name: int(shares[name][b]) for name in whole.outside},
        )
        share = population.n / whole.n
        flask = state.with_(
            dots_mol=state.dots_mol * share,
            volume_L=state.volume_L * share,
            liquor={name: mol * share for name, mol in state.liquor.items()},
            lost={name: mol * share for name, mol in state.lost.items()},
            grown=population,
        )
        inflow = {name: rate * share for name, rate in segment.inflow.items()}
        out.append((flask, replace(segment, inflow=inflow, volume_inflow=segment.volume_inflow * share)))
    return out


def _shared(total: int, sizes: NDArray[np.int64], turn: int) -> NDArray[np.int64]:
    """``total`` whole molecules by the ``sizes`` (B,); what is left over goes round from ``turn`` on."""
    due = total * sizes // sizes.sum()
    left = int(total - due.sum())
    due[(turn + np.arange(left)) % len(sizes)] += 1
    return np.asarray(due)
