"""One segment of a recipe on the lattice: whole molecules in, states out, nothing lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import WorkError
from epidot.synthesis.kmc.programme import Flow, Programme, smooth
from epidot.synthesis.kmc.simulation import Simulation
from epidot.synthesis.kmc.tables import LEFT, STALE
from epidot.synthesis.lattice import misfit
from epidot.synthesis.lattice.dots import Master, larger
from epidot.synthesis.lattice.flock import Flock
from epidot.synthesis.lattice.telling import in_mean_field
from epidot.synthesis.lattice.translation import active
from epidot.synthesis.state import FlaskState, Segment, Trajectory

if TYPE_CHECKING:
    from epidot.synthesis.lattice.engine import LatticeEngine

ROOM_NM = 1.5  # of empty lattice beyond the outermost unit when a sphere is made
MARGIN_NM = 0.75  # what must be left of it, or a larger one is made
PORTIONS = 200  # of an addition by flow
LOOKS = 20  # per segment, at the room that is left; the same however many states are told


class Run:
    """A segment under way.

    Amounts are whole molecules beside the dots that are simulated.  What a rounding leaves over (``rest``)
    waits outside and is counted with the liquor whenever a state is told, so that moles are kept to rounding.
    """

    def __init__(self, engine: LatticeEngine, state: FlaskState, segment: Segment) -> None:
        self.engine, self.state, self.segment = engine, state, segment
        self.flock: Flock = state.grown
        self.per_mol = self.flock.n / state.dots_mol
        known = engine.mechanism.species
        self.rest: dict[str, float] = {}
        self.liquor: dict[str, int] = {}
        for name, mol in state.liquor.items():
            if name in known:
                self.liquor[name] = round(mol * self.per_mol)
                self.rest[name] = mol * self.per_mol - self.liquor[name]
        self.inflow = {s: r * self.per_mol for s, r in segment.inflow.items() if r > 0 and s in known}
        self.random = self.flock.random
        self.clock = 0.0
        self.before: dict[str, int] = {}  # events of this segment on smaller lattices
        self.prepare()

    def prepare(self) -> None:
        """A simulation of what is there from now on, on a lattice with room to grow."""
        flock = self.flock = self.with_room(self.flock)
        segment = self.segment
        there = [name for name, n in flock.counts.items() if n]
        dissolved = [s for s, n in self.liquor.items() if n] + list(self.inflow)
        what = self.what = active(self.engine.mechanism, self.engine.section, there, dissolved)
        compiled = self.engine.compiled(flock, what, segment.atmosphere == "vacuum")
        to_model = np.zeros(len(flock.kinds), dtype=np.uint8)
        of_model = [flock.kinds.index(k) for k in what.kinds]
        to_model[of_model] = np.arange(len(of_model))
        self.from_model = np.array(of_model, dtype=np.uint8)
        self.began = self.clock
        left = segment.duration_s - self.clock
        share = self.clock / segment.duration_s
        now_K = segment.start_K + (segment.end_K - segment.start_K) * share
        self.simulation = Simulation(
            compiled,
            to_model[flock.kind.reshape(-1)],
            seed=0,
            programme=Programme((0.0, left), (now_K, segment.end_K)),
            liquor={s: self.liquor.get(s, 0) for s in what.liquor},
            volume=(self.state.volume_L + segment.volume_inflow * self.clock) * self.per_mol,
            flows=self.flows(left),
        )
        self.simulation.state.random[:] = self.random
        self.compiled = compiled
        self.feel_misfit()

    def feel_misfit(self) -> None:
        """The barriers of steps that feel the misfit, for shells of the present mean thickness.

        Between two looks they stay as they are; the chain is exact in between.
        """
        engine, flock, energies = self.engine, self.flock, self.compiled.tables.entry_E
        materials = {el: m for s in engine.mechanism.sites.values() for el, m in s.material.items()}
        felt = {s.id: el for s in self.what.steps if s.rate and s.rate.misfit
                for el in materials if el in engine.section.kinds[s.centre[0]].elements}  # fmt: skip
        if not felt:
            return
        per_dot = dict.fromkeys(materials, 0.0)
        for kind, n in self.simulation.on.items():
            for el in materials:
                per_dot[el] += engine.section.kinds[kind].elements.get(el, 0) * n / flock.n
        diameter = float(np.mean(flock.diameters_nm))
        shells = misfit.shells_of(per_dot, materials)
        energies = energies.copy()
        names = [r.name for r in self.compiled.model.reactions]
        for id_, el in felt.items():
            mine = self.compiled.tables.entry_reaction == names.index(id_)
            energies[mine] -= misfit.energy_eV(flock.core, diameter, shells, materials[el])
        tables = self.compiled.tables._replace(entry_E=energies)
        self.simulation.compiled = replace(self.compiled, tables=tables)
        self.simulation.state.real[LEFT] = -1.0  # a waiting time under way has no memory
        self.simulation.state.whole[STALE] = 1

    def flows(self, left: float) -> tuple[Flow, ...]:
        """What is still to flow in, as whole molecules."""
        self.whole: dict[str, int] = {}
        for s, rate in self.inflow.items():
            exact = rate * left + self.rest.get(s, 0.0)
            self.whole[s] = max(int(np.floor(exact)), 0)
            self.rest[s] = exact - self.whole[s]
        if not self.inflow and not self.segment.volume_inflow:
            return ()
        self.parts = smooth(self.whole, 0.0, left, PORTIONS, self.segment.volume_inflow * left * self.per_mol)
        return self.parts

    def waiting(self, t: float) -> dict[str, float]:
        """Per species what is due by now and not among the whole molecules of the liquor."""
        out = dict(self.rest)
        if self.inflow:
            poured: dict[str, int] = dict.fromkeys(self.inflow, 0)
            for flow, n in zip(self.parts, self.simulation.state.poured, strict=True):
                for s, each in flow.molecules.items():
                    poured[s] += each * int(n)
            for s, rate in self.inflow.items():
                out[s] += self.whole[s] - poured[s] - rate * (self.segment.duration_s - t)
        return out

    # -- through the segment ------------------------------------------------------------------------

    def through(self, points: int) -> Trajectory:
        """All points; the last state carries the dots."""
        duration = self.segment.duration_s
        states: list[FlaskState] = []
        events: list[dict[str, int]] = []
        looks = np.linspace(0.0, duration, LOOKS + 1)[1:]
        told = np.linspace(0.0, duration, points + 1)[1:]
        for t in np.union1d(looks, told):
            outcome = self.simulation.run(until=float(t) - self.began)
            self.clock = float(t)
            far = self.farthest()
            rim = self.flock.radii_nm[1]
            if far > rim - self.flock.a_nm / np.sqrt(2.0):
                raise WorkError(
                    f"a dot has grown to the rim of its lattice, {rim:.1f} nm from the middle, within "
                    f"{duration / LOOKS:.0f} s; that much growth at once is beyond this engine"
                )
            if t in told:
                events.append(self.events())
                idle = not self.what.steps and not self.what.dissolved  # no reaction: no news
                stuck = "" if idle else outcome.deadlock or ""
                states.append(self.state_now(stuck, last=t == duration))
            if t in looks and t < duration:
                if far + MARGIN_NM > rim:
                    self.go_on_larger()
                else:
                    self.feel_misfit()
        names = list(dict.fromkeys(name for row in events for name in row))
        per_dot = {n: np.array([row.get(n, 0) / self.flock.n for row in events]) for n in names}
        return Trajectory(tuple(states), per_dot)

    def go_on_larger(self) -> None:
        """The same chain on a larger lattice."""
        self.rest = self.waiting(self.clock)
        self.before = self.events()
        self.liquor = self.molecules()
        self.random = self.simulation.state.random.copy()
        self.flock = replace(self.flock, kind=self.kinds())
        self.prepare()

    def with_room(self, flock: Flock) -> Flock:
        """On a larger lattice if dots have come near the rim."""
        of = flock.master
        empty = [flock.kinds.index(k) for k in self.engine.section.vacant.values()]
        far = _farthest(of, flock.kind, empty)
        if far + MARGIN_NM <= flock.radii_nm[1]:
            return flock
        return flock.moved_to(larger(of, far + ROOM_NM, flock.near_nm), self.engine.section.vacant)

    def farthest(self) -> float:
        """Distance of the outermost unit from the middle of its lattice, nm."""
        empty = [i for i, k in enumerate(self.what.kinds) if k in self.engine.section.vacant.values()]
        species = self.simulation.state.species.reshape(self.flock.n, -1)
        return _farthest(self.flock.master, species, empty)

    # -- what is there ------------------------------------------------------------------------------

    def kinds(self) -> NDArray[np.uint8]:
        """The kind of every site, shape (dots, n)."""
        return np.asarray(self.from_model[self.simulation.species].reshape(self.flock.n, -1))

    def events(self) -> dict[str, int]:
        """Events of this segment so far, all dots and the liquor."""
        return _sum(self.before, self.simulation.counts)

    def molecules(self) -> dict[str, int]:
        """Whole molecules in the liquor."""
        return {**self.liquor, **self.simulation.liquor}

    def state_now(self, stuck: str, *, last: bool) -> FlaskState:
        """The flask at the present time; its dots only if asked for."""
        state, segment, t, flock = self.state, self.segment, self.clock, self.flock
        waiting, molecules = self.waiting(t), self.molecules()
        liquor = dict(state.liquor)
        for name in dict.fromkeys([*molecules, *waiting]):
            liquor[name] = (molecules.get(name, 0) + waiting.get(name, 0.0)) / self.per_mol
        for name, rate in segment.inflow.items():
            if name not in self.engine.mechanism.species:
                liquor[name] = liquor.get(name, 0.0) + rate * t
        lost = dict(state.lost)
        for name, n in self.events().items():
            if name.startswith("vapour["):
                species = name[7:-1]
                lost[species] = lost.get(species, 0.0) + n / self.per_mol
        grown = None
        if last:
            grown = replace(
                flock,
                kind=self.kinds(),
                random=self.simulation.state.random.copy(),
                events=_sum(flock.events, self.events()),
                stuck=stuck,
            )
        return state.with_(
            temperature_K=segment.start_K + (segment.end_K - segment.start_K) * t / segment.duration_s,
            volume_L=state.volume_L + segment.volume_inflow * t,
            surface=in_mean_field(self.engine.section, self.simulation.on, flock.n),
            liquor=liquor,
            lost=lost,
            time_s=state.time_s + t,
            grown=grown,
        )


def _farthest(of: Master, species: NDArray[Any], empty: list[int]) -> float:
    """Distance from the middle of the outermost anion site that is taken on any dot, nm."""
    assert of.lattice.position is not None
    filled = np.ones(256, dtype=bool)
    filled[empty] = False
    taken = ~of.cation & filled[species].any(axis=0)
    return float(np.linalg.norm(of.lattice.position[taken], axis=1).max())


def _sum(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in dict.fromkeys([*a, *b])}
