"""One segment of a recipe on the lattice: whole molecules in, states out, nothing lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import WorkError
from epidot.growth.kmc.programme import Flow, Programme, smooth
from epidot.growth.kmc.simulation import Simulation
from epidot.growth.kmc.tables import LEFT, STALE
from epidot.growth.lattice import misfit
from epidot.growth.lattice.dots import Master, larger
from epidot.growth.lattice.models import compiled as compiled_model
from epidot.growth.lattice.population import GrownPopulation, in_mean_field
from epidot.growth.lattice.translation import active
from epidot.growth.state import FlaskState, Trajectory
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe.events import Segment

ROOM_NM = 1.5  # of empty lattice beyond the outermost unit when a sphere is made
MARGIN_NM = 0.75  # what must be left of it, or a larger one is made
PORTIONS = 200  # of an addition by flow
_SHELL = 512  # sites looked at together from the rim inwards
LOOKS = 20  # per segment, at the room that is left; the same however many states are told


class Run:
    """A segment under way.

    Amounts are whole molecules beside the dots that are simulated.  What a rounding leaves over (``rest``)
    waits outside and is counted with the liquor whenever a state is told, so that moles are kept to rounding.
    """

    def __init__(self, mechanism: Mechanism, state: FlaskState, segment: Segment) -> None:
        assert mechanism.lattice is not None
        self.mechanism, self.section = mechanism, mechanism.lattice
        self.state, self.segment = state, segment
        self.population: GrownPopulation = state.grown
        self.per_mol = self.population.n / state.dots_mol
        known = mechanism.species
        self.rest: dict[str, float] = {}
        self.liquor: dict[str, int] = {}
        for name, mol in state.liquor.items():
            if name in known:
                self.liquor[name] = round(mol * self.per_mol)
                self.rest[name] = mol * self.per_mol - self.liquor[name]
        self.inflow = {s: r * self.per_mol for s, r in segment.inflow.items() if r > 0 and s in known}
        self.random = self.population.random
        self.clock = 0.0
        self.before: dict[str, int] = {}  # events of this segment on smaller lattices
        self.prepare()

    def prepare(self) -> None:
        """A simulation of what is there from now on, on a lattice with room to grow."""
        population = self.population = self.with_room(self.population)
        segment = self.segment
        there = [name for name, n in population.counts.items() if n]
        dissolved = [s for s, n in self.liquor.items() if n] + list(self.inflow)
        what = self.what = active(self.mechanism, self.section, there, dissolved)
        compiled = compiled_model(self.mechanism, population, what, segment.atmosphere == "vacuum")
        to_model = np.zeros(len(population.kinds), dtype=np.uint8)
        of_model = [population.kinds.index(k) for k in what.kinds]
        to_model[of_model] = np.arange(len(of_model))
        self.from_model = np.array(of_model, dtype=np.uint8)
        self.began = self.clock
        left = segment.duration_s - self.clock
        share = self.clock / segment.duration_s
        now_K = segment.start_K + (segment.end_K - segment.start_K) * share
        self.simulation = Simulation(
            compiled,
            to_model[population.kind.reshape(-1)],
            seed=0,
            programme=Programme((0.0, left), (now_K, segment.end_K)),
            liquor={s: self.liquor.get(s, 0) for s in what.liquor},
            volume=(self.state.volume_L + segment.volume_inflow * self.clock) * self.per_mol,
            flows=self.flows(left),
        )
        self.simulation.state.random[:] = self.random
        self.compiled = compiled
        self.felt = self.feeling()
        self.feel_misfit()

    def feeling(self) -> dict[str, NDArray[np.bool_]]:
        """Per element of a shell, which entries of the model are steps that feel its misfit."""
        materials = self._materials
        felt = {s.id: el for s in self.what.steps if s.rate and s.rate.misfit
                for el in materials if el in self.section.kinds[s.centre[0]].elements}  # fmt: skip
        names = [r.name for r in self.compiled.model.reactions]
        reaction = self.compiled.tables.entry_reaction
        return {
            el: np.isin(reaction, [names.index(id_) for id_, of in felt.items() if of == el])
            for el in dict.fromkeys(felt.values())
        }

    @property
    def _materials(self) -> dict[str, str]:
        """The shell material of every chalcogen."""
        return {el: m for s in self.mechanism.sites.values() for el, m in s.material.items()}

    def feel_misfit(self) -> None:
        """The barriers of steps that feel the misfit, for shells of the present mean thickness.

        Between two looks they stay as they are; the chain is exact in between.
        """
        population, energies = self.population, self.compiled.tables.entry_E
        if not self.felt:
            return
        materials = self._materials
        per_dot = dict.fromkeys(materials, 0.0)
        for kind, n in self.simulation.on.items():
            for el in materials:
                per_dot[el] += self.section.kinds[kind].elements.get(el, 0) * n / population.n
        diameter = float(np.mean(population.diameters_nm))
        shells = misfit.shells_of(per_dot, materials)
        energies = energies.copy()
        for el, mine in self.felt.items():
            energies[mine] -= misfit.energy_eV(population.core, diameter, shells, materials[el])
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
            rim = self.population.radii_nm[1]
            if far > rim - self.population.a_nm / np.sqrt(2.0):
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
        per_dot = {n: np.array([row.get(n, 0) / self.population.n for row in events]) for n in names}
        return Trajectory(tuple(states), per_dot)

    def go_on_larger(self) -> None:
        """The same chain on a larger lattice."""
        self.rest = self.waiting(self.clock)
        self.before = self.events()
        self.liquor = self.molecules()
        self.random = self.simulation.state.random.copy()
        self.population = replace(self.population, kind=self.kinds())
        self.prepare()

    def with_room(self, population: GrownPopulation) -> GrownPopulation:
        """On a larger lattice if dots have come near the rim."""
        of = population.master
        empty = [population.kinds.index(k) for k in self.section.vacant.values()]
        far = _farthest(of, population.kind, empty)
        if far + MARGIN_NM <= population.radii_nm[1]:
            return population
        return population.moved_to(larger(of, far + ROOM_NM, population.near_nm), self.section.vacant)

    def farthest(self) -> float:
        """Distance of the outermost unit from the middle of its lattice, nm."""
        empty = [i for i, k in enumerate(self.what.kinds) if k in self.section.vacant.values()]
        species = self.simulation.state.species.reshape(self.population.n, -1)
        return _farthest(self.population.master, species, empty)

    # -- what is there ------------------------------------------------------------------------------

    def kinds(self) -> NDArray[np.uint8]:
        """The kind of every site, shape (dots, n)."""
        return np.asarray(self.from_model[self.simulation.species].reshape(self.population.n, -1))

    def events(self) -> dict[str, int]:
        """Events of this segment so far, all dots and the liquor."""
        return _sum(self.before, self.simulation.counts)

    def molecules(self) -> dict[str, int]:
        """Whole molecules in the liquor."""
        return {**self.liquor, **self.simulation.liquor}

    def state_now(self, stuck: str, *, last: bool) -> FlaskState:
        """The flask at the present time; its dots only if asked for."""
        state, segment, t, population = self.state, self.segment, self.clock, self.population
        waiting, molecules = self.waiting(t), self.molecules()
        liquor = dict(state.liquor)
        for name in dict.fromkeys([*molecules, *waiting]):
            liquor[name] = (molecules.get(name, 0) + waiting.get(name, 0.0)) / self.per_mol
        for name, rate in segment.inflow.items():
            if name not in self.mechanism.species:
                liquor[name] = liquor.get(name, 0.0) + rate * t
        lost = dict(state.lost)
        for name, n in self.events().items():
            if name.startswith("vapour["):
                species = name[7:-1]
                lost[species] = lost.get(species, 0.0) + n / self.per_mol
        grown = None
        if last:
            grown = replace(
                population,
                kind=self.kinds(),
                random=self.simulation.state.random.copy(),
                events=_sum(population.events, self.events()),
                stuck=stuck,
            )
        return state.with_(
            temperature_K=segment.start_K + (segment.end_K - segment.start_K) * t / segment.duration_s,
            volume_L=state.volume_L + segment.volume_inflow * t,
            surface=in_mean_field(self.section, self.simulation.on, population.n),
            liquor=liquor,
            lost=lost,
            time_s=state.time_s + t,
            grown=grown,
        )


def _farthest(of: Master, species: NDArray[Any], empty: list[int]) -> float:
    """Distance from the middle of the outermost anion site that is taken on any dot, nm."""
    filled = np.ones(256, dtype=bool)
    filled[empty] = False
    sites, distances = of.inwards
    for first in range(0, len(sites), _SHELL):
        taken = filled[species[:, sites[first : first + _SHELL]]].any(axis=0)
        if taken.any():
            return float(distances[first + int(np.argmax(taken))])
    raise ValueError("no dot holds an anion")


def _sum(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in dict.fromkeys([*a, *b])}
