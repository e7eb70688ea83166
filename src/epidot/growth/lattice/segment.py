"""One segment of a recipe on the lattice for a block of dots: whole molecules in, states out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from epidot.growth.kmc.programme import Flow, Programme, smooth
from epidot.growth.kmc.simulation import Simulation
from epidot.growth.kmc.tables import EVENTS, LEFT, STALE
from epidot.growth.lattice import misfit
from epidot.growth.lattice.dots import Master, larger
from epidot.growth.lattice.models import materials, outside, ready
from epidot.growth.lattice.population import GrownPopulation, in_mean_field
from epidot.growth.lattice.translation import active
from epidot.growth.state import FlaskState
from epidot.mechanism.lattice import Section
from epidot.mechanism.mechanism import Mechanism
from epidot.recipe.events import Segment

ROOM_NM = 1.5  # of empty lattice beyond the outermost unit when a sphere is made
MARGIN_NM = 0.75  # what must be left of it, or a larger one is made
PORTIONS = 200  # of an addition by flow

Number = TypeVar("Number", int, float)


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
        self.places, self.materials = outside(mechanism), materials(mechanism)
        self.rest: dict[str, float] = {}
        self.liquor: dict[str, int] = {}
        for name, mol in state.liquor.items():
            if name in known:
                self.liquor[name] = round(mol * self.per_mol)
                self.rest[name] = mol * self.per_mol - self.liquor[name]
        self.liquor |= {name: self.population.outside.get(name, 0) for name in self.section.pool}
        self.inflow = {s: r * self.per_mol for s, r in segment.inflow.items() if r > 0 and s in known}
        self.random = self.population.random
        self.clock = 0.0
        self.before: dict[str, int] = {}  # events of this segment on smaller lattices

    @property
    def step_nm(self) -> float:
        """From one anion site to the next, nm."""
        return float(self.population.a_nm / np.sqrt(2.0))

    def crowded(self, far_nm: float) -> bool:
        """Whether a unit so far from the middle leaves too little room to grow."""
        return far_nm + MARGIN_NM > self.population.radii_nm[1]

    @property
    def dissolved(self) -> list[str]:
        """Dissolved species that are there or on their way."""
        return [s for s, n in self.liquor.items() if n] + list(self.inflow)

    def prepare(self, of: Master | None, there: Collection[str], dissolved: Collection[str]) -> None:
        """A simulation of what is there from now on, moved to the sites ``of`` where these are others.

        ``there`` and ``dissolved`` are kinds on the sites and species that any block of the flask has.
        """
        if of is not None:
            self.population = self.population.moved_to(of, self.section.vacant)
        population = self.population
        segment = self.segment
        what = self.what = active(self.mechanism, self.section, there, dissolved)
        model = ready(self.mechanism, population, what, segment.atmosphere == "vacuum")
        compiled = model.supplied(population.supply.max())
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
            liquor={s: self.liquor.get(s, 0) for s in what.liquor} | dict.fromkeys(self.places, 0),
            volume=(self.state.volume_L + segment.volume_inflow * self.clock) * self.per_mol,
            flows=self.flows(left),
        )
        self.simulation.state.random[:] = self.random
        self.simulation.state.unequal[:] = model.unequal
        self.simulation.state.share[:-1] = population.supply / population.supply.max()
        self.compiled = compiled
        self.felt = model.felt
        self.outer, self.units, self.empty = model.outer, model.units, list(model.empty)
        self.shells: tuple[tuple[str, float], ...] | None = None
        self.looked = -1  # at how many events places and misfit were last looked at
        self.liquor_then = self.simulation.state.liquor.copy()
        self.rim_then: tuple[int, float | None] = -1, None  # the same for the rim, and what was found
        self.core_nm3 = np.pi / 6 * population.diameters_nm**3
        self.filled = np.ones(len(what.kinds), dtype=bool)
        self.filled[self.empty] = False
        outwards = population.master
        self.outermost = outwards.inwards[0][: outwards.rim(max(MARGIN_NM, self.step_nm))]

    def changed(self) -> bool:
        """Whether anything has happened since this was last asked."""
        state = self.simulation.state
        events = int(state.whole[EVENTS])
        # An addition, and what blocks share out, changes the liquor without an event.
        if events == self.looked and np.array_equal(state.liquor, self.liquor_then):
            return False
        self.looked = events
        return True

    def look_again(self) -> None:
        """Begin a waiting time anew after a look: it has no memory, and bounds may have to be others."""
        if self.outer or self.felt:
            state = self.simulation.state
            state.real[LEFT] = -1.0
            state.whole[STALE] = 1
            self.liquor_then = state.liquor.copy()

    def feel_places(self) -> None:
        """The free places outside, for shells of the present volume; none before there is a layer.

        Between two looks what comes and goes outside is counted exactly, and the volume stays as it is.
        """
        if not self.outer:
            return
        simulation = self.simulation
        for name, (of, first) in self.outer.items():
            site = self.mechanism.sites[name]
            held = int(simulation.state.on @ first)
            layer = min(1.0, held / (self.population.shape.first * self.population.n))
            if layer == 0:
                free = 0.0
            else:
                on = simulation.on_dots
                whole = of.of_volume(self.core_nm3 + on @ of.volume).sum()
                here = simulation.liquor
                lies = sum(
                    here.get(s, self.liquor.get(s, 0)) * one.ligands.get(x, 0)
                    for s, one in self.section.pool.items()
                    for x in site.ligands
                )
                free = max(0.0, float(whole - (on @ of.filling).sum() - lies)) * layer
            simulation.state.liquor[self.compiled.model.liquor.index(name)] = round(free)

    def feel_misfit(self, on: NDArray[np.int64], whole: GrownPopulation) -> None:
        """The barriers of steps that feel the misfit, for shells of the present mean thickness.

        ``on`` are the sites of every kind of the model, of all dots of the flask, which was ``whole``.
        Between two looks the barriers stay as they are; the chain is exact in between.
        """
        if not self.felt:
            return
        per_dot = dict.fromkeys(self.materials, 0.0)
        for kind, el, each in self.units:
            per_dot[el] += each * int(on[kind]) / whole.n
        shells = misfit.shells_of(per_dot, self.materials)
        if shells != self.shells:
            self.shells = shells
            energies = self.compiled.tables.entry_E.copy()
            diameter = float(np.mean(whole.diameters_nm))
            for el, mine in self.felt.items():
                energies[mine] -= misfit.energy_eV(whole.core, diameter, shells, self.materials[el])
            tables = self.compiled.tables._replace(entry_E=energies)
            self.simulation.compiled = self.compiled.with_tables(tables)

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

    def to(self, t: float) -> str:
        """Advance to ``t``; why nothing more can happen, empty where something can."""
        outcome = self.simulation.run(until=t - self.began)
        self.clock = t
        idle = not self.what.steps and not self.what.dissolved  # no reaction: no news
        return "" if idle else outcome.deadlock or ""

    def leave(self) -> None:
        """Take what is there off the simulation, to go on with the same chain in another one."""
        self.rest = self.waiting(self.clock)
        self.before = self.events()
        self.liquor = self.molecules()
        self.random = self.simulation.state.random.copy()
        self.population = replace(self.population, kind=self.kinds())

    def near_rim(self) -> float | None:
        """Distance of the outermost unit from the middle of its lattice, nm; ``None`` if far from the rim."""
        # Nearly always nothing is there or new, and this is looked at often.
        events = int(self.simulation.state.whole[EVENTS])
        if events != self.rim_then[0]:
            far = None
            if self.simulation.any_filled(self.outermost, self.filled):
                species = self.simulation.state.species.reshape(self.population.n, -1)
                far = _farthest(self.population.master, species, self.empty)
            self.rim_then = events, far
        return self.rim_then[1]

    # -- what is there ------------------------------------------------------------------------------

    def kinds(self) -> NDArray[np.uint8]:
        """The kind of every site, shape (dots, n)."""
        return np.asarray(self.from_model[self.simulation.species].reshape(self.population.n, -1))

    def events(self) -> dict[str, int]:
        """Events of this segment so far, all dots and the liquor."""
        return added(self.before, self.simulation.counts)

    def outside(self) -> dict[str, int]:
        """What lies on the outer surfaces without a site, all dots of the block together."""
        here = self.molecules()
        return {name: here.get(name, 0) for name in self.section.pool}

    def molecules(self) -> dict[str, int]:
        """Whole molecules in the liquor and, without a site, outside."""
        found = {**self.liquor, **self.simulation.liquor}
        return {name: n for name, n in found.items() if name not in self.places}

    def state_now(self, stuck: str, *, last: bool) -> FlaskState:
        """The flask at the present time; its dots only if asked for."""
        state, segment, t, population = self.state, self.segment, self.clock, self.population
        waiting, molecules = self.waiting(t), self.molecules()
        outside = self.outside()
        molecules = {name: n for name, n in molecules.items() if name not in outside}
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
                events=added(population.events, self.events()),
                stuck=stuck,
                outside=outside,
            )
        return state.with_(
            temperature_K=segment.start_K + (segment.end_K - segment.start_K) * t / segment.duration_s,
            volume_L=state.volume_L + segment.volume_inflow * t,
            surface=in_mean_field(self.section, self.simulation.on, population.n)
            | {name: n / population.n for name, n in outside.items()},
            liquor=liquor,
            lost=lost,
            time_s=state.time_s + t,
            grown=grown,
        )


def _farthest(of: Master, species: NDArray[Any], empty: list[int]) -> float:
    """Distance from the middle of the outermost anion site that is taken on any dot, nm.

    ``species`` (dots, n), of which those of ``empty`` are none.
    """
    sites, distances = of.inwards
    filled = np.ones(256, dtype=bool)
    filled[empty] = False
    taken = filled.take(species.take(sites, axis=1)).any(axis=0)
    return float(distances[int(np.argmax(taken))])


def larger_master(populations: Sequence[GrownPopulation], section: Section) -> Master | None:
    """Sites with more room for dots that have all the same ones; ``None`` while there is room enough."""
    one = populations[0]
    empty = [one.kinds.index(k) for k in section.vacant.values()]
    far = max(_farthest(one.master, each.kind, empty) for each in populations)
    if far + MARGIN_NM <= one.radii_nm[1]:
        return None
    return larger(one.master, far + ROOM_NM, one.near_nm)


def added(a: Mapping[str, Number], b: Mapping[str, Number]) -> dict[str, Number]:
    """Both together, name by name."""
    return {name: a.get(name, 0) + b.get(name, 0) for name in dict.fromkeys([*a, *b])}
