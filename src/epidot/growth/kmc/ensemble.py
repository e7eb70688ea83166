"""Parallel runs, approximate: groups of dots that share their liquor only every ``dtau``.

The dots are split into fixed groups.  Between two exchanges each group is an exact chain with its own part of
the liquor; at an exchange all liquor is poured together, and every molecule goes to a group with the
probability of the group's volume.  For dtau to 0 that is the exact chain of the whole flask, and an
equilibrium is right for every dtau, because chains and exchange both leave it as it is.  What a finite dtau
delays is the way of a molecule from a group to another: a group that runs short of it waits for the next
exchange.  Molecules are whole and none is lost or made.

The groups, their streams of random numbers and the draws of an exchange depend on the seed alone, so the
result does not depend on the number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.errors import Fault, Faults, InputError, nearest
from epidot.growth.kmc.compiler import Compiled
from epidot.growth.kmc.lattice import Lattice, Relation
from epidot.growth.kmc.programme import Flow, Programme
from epidot.growth.kmc.simulation import Backend, Outcome, Simulation, read_arrays, write_arrays
from epidot.growth.kmc.wiring import finder

GROUPS = 8


class Ensemble:
    """One realisation of a flask of dots, advanced by several workers.  **Approximate**: see the module.

    Parameters
    ----------
    compiled : the model on the lattice of all dots.
    start, seed, programme, liquor, volume, flows, backend : as for :class:`simulation.Simulation`.
    dtau : time between two exchanges of the liquor, s.
    groups : number of groups of dots; it belongs to the result, unlike the number of workers.
    workers : threads.

    Raises
    ------
    InputError
        As :class:`simulation.Simulation`, and for an impossible dtau, groups or workers.
    """

    approximate = True

    def __init__(
        self,
        compiled: Compiled,
        start: ArrayLike | str,
        *,
        seed: int,
        dtau: float,
        groups: int = GROUPS,
        workers: int = 1,
        programme: Programme | float = 298.15,
        liquor: Mapping[str, int] | None = None,
        volume: float = 1.0,
        flows: Iterable[Flow] = (),
        backend: Backend = "numba",
    ) -> None:
        faults = Faults("parallel run")
        if not (math.isfinite(dtau) and dtau > 0):
            faults.add("the time between exchanges must be positive", seen=dtau)
        for name, n in (("groups", groups), ("workers", workers)):
            if n < 1:
                faults.add(f"at least one of {name} is needed", seen=n)
        _known(faults, compiled, (s for f in flows for s in f.molecules))
        faults.raise_if_any()
        self.compiled, self.dtau, self.workers, self.seed = compiled, float(dtau), workers, int(seed)
        self.flows = tuple(flows)
        self._poured = np.zeros(len(self.flows), dtype=np.int64)
        self._exchanges = 0
        self._grid = 1  # the next exchange is at this multiple of dtau
        given = np.asarray(start)
        parts = split(compiled, groups)
        self._share = np.array([p.lattice.n_dots for p in parts]) / compiled.lattice.n_dots
        self._bounds = np.concatenate([[0], np.cumsum([len(p.lattice) for p in parts])])
        self._sims = [
            Simulation(
                part,
                given if given.ndim == 0 else given[first:last],
                seed=np.random.SeedSequence([self.seed, g]),
                programme=programme,
                liquor=liquor if g == 0 else None,
                volume=volume * float(self._share[g]),
                backend=backend,
            )
            for g, (part, (first, last)) in enumerate(zip(parts, pairwise(self._bounds), strict=True))
        ]
        self._exchange(0.0, self._amounts({}))

    # --- what it is now ------------------------------------------------------------------------------
    @property
    def time(self) -> float:
        """Time, s."""
        return self._sims[0].time

    @property
    def volume(self) -> float:
        """Volume of the liquor, in molecules at 1 M."""
        return math.fsum(s.volume for s in self._sims)

    @property
    def species(self) -> NDArray[np.uint8]:
        """Index of the species on each site, shape (n,); a copy."""
        return np.concatenate([s.species for s in self._sims])

    @property
    def on(self) -> dict[str, int]:
        """Number of sites per species."""
        return _sum(s.on for s in self._sims)

    @property
    def site_seconds(self) -> dict[str, float]:
        """Time integral, from the start, of the number of sites per species."""
        rows = [s.site_seconds for s in self._sims]
        return {name: math.fsum(row[name] for row in rows) for name in rows[0]}

    @property
    def liquor(self) -> dict[str, int]:
        """Molecules in the liquor."""
        return _sum(s.liquor for s in self._sims)

    @property
    def ledger(self) -> dict[str, int]:
        """Net change of each dissolved species by events."""
        return _sum(s.ledger for s in self._sims)

    @property
    def counts(self) -> dict[str, int]:
        """Events per reaction, all dots and the liquor."""
        return _sum(s.counts for s in self._sims)

    @property
    def counts_per_dot(self) -> NDArray[np.int64]:
        """Events per dot and reaction, shape (dots, reactions)."""
        return np.concatenate([s.counts_per_dot for s in self._sims])

    # --- forward -------------------------------------------------------------------------------------
    def run(self, *, until: float) -> Outcome:
        """Advance to a time (s); looking on the way does not change the run.

        ``Outcome.deadlock`` is that of the first group if no group can do anything any more.
        """
        events, nulls, deadlock = 0, 0, None
        with ThreadPoolExecutor(self.workers) as pool:
            while True:
                due = min(self._grid * self.dtau, *(t for t, _ in self._portions()), math.inf)
                stop = min(due, until)
                outcomes = list(pool.map(lambda sim, t=stop: sim.run(until=t, explain=False), self._sims))
                events += sum(o.events for o in outcomes)
                nulls += sum(o.nulls for o in outcomes)
                if due > until:
                    break
                self._exchange(*self._pour(due))
                if due >= self._grid * self.dtau:
                    self._grid += 1
        if all(o.deadlock is not None for o in outcomes) and not self._portions():
            deadlock = f"nothing can happen {self._sims[0].why_stuck()}"
        return Outcome(self.time, events, nulls, deadlock)

    def add(self, molecules: Mapping[str, int], volume: float = 0.0) -> None:
        """Put molecules (or take them out: negative) and volume into the liquor, at once.

        Raises
        ------
        InputError
            For an unknown species or more than there is.
        """
        faults = Faults("addition")
        there = self.liquor
        _known(faults, self.compiled, molecules)
        for name, n in molecules.items():
            if there.get(name, 0) + n < 0:
                faults.add(f"more {name} taken out than there is", seen=-n)
        if not self.volume + volume > 0:
            faults.add("no volume would be left", seen=volume)
        faults.raise_if_any()
        self._exchange(volume, self._amounts(molecules))

    def _amounts(self, molecules: Mapping[str, int]) -> NDArray[np.int64]:
        return np.array([molecules.get(s, 0) for s in self.compiled.model.liquor], dtype=np.int64)

    def _portions(self) -> list[tuple[float, int]]:
        """When the next portion of every flow is due."""
        return [
            (f.start + (done + 0.5) * f.interval, i)
            for i, (f, done) in enumerate(zip(self.flows, self._poured.tolist(), strict=True))
            if done < f.pulses
        ]

    def _pour(self, t: float) -> tuple[float, NDArray[np.int64]]:
        """Volume and molecules of the portions due at ``t``."""
        volume, molecules = 0.0, self._amounts({})
        for when, i in self._portions():
            if when <= t:
                self._poured[i] += 1
                volume += self.flows[i].volume
                molecules += self._amounts(self.flows[i].molecules)
        return volume, molecules

    def _exchange(self, more_volume: float, more: NDArray[np.int64]) -> None:
        """Pour all liquor together, with what is added, and share it out."""
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, self._exchanges, 1]))
        self._exchanges += 1
        total = np.sum([s.state.liquor for s in self._sims], axis=0) + more
        volume = self.volume + more_volume
        parts = np.array([rng.multinomial(int(n), self._share) for n in total]).reshape(
            len(total), len(self._sims)
        )
        for g, sim in enumerate(self._sims):
            sim.refill(parts[:, g], volume * float(self._share[g]))

    # --- stop and resume -----------------------------------------------------------------------------
    def checkpoint(self) -> dict[str, NDArray[np.generic]]:
        """Everything needed to go on to the same bits, as arrays."""
        arrays = {f"group{g}.{k}": v for g, s in enumerate(self._sims) for k, v in s.checkpoint().items()}
        arrays["ensemble"] = np.array([self.seed, self._exchanges, self._grid, len(self._sims)])
        arrays["poured"], arrays["dtau"] = self._poured.copy(), np.array(self.dtau)
        arrays["fingerprint"] = np.array(self.compiled.fingerprint)
        return arrays

    def save(self, path: str | Path) -> None:
        """Write the checkpoint as .npz."""
        write_arrays(path, self.checkpoint())

    @classmethod
    def restore(
        cls,
        compiled: Compiled,
        source: Mapping[str, NDArray[np.generic]] | str | Path,
        *,
        flows: Iterable[Flow] = (),
        workers: int = 1,
        backend: Backend = "numba",
    ) -> Ensemble:
        """A run as it was checkpointed, with the same flows.

        Raises
        ------
        InputError
            If the checkpoint is of another model, lattice or set of flows.
        """
        arrays = read_arrays(source)
        self = cls.__new__(cls)
        self.compiled, self.workers, self.flows = compiled, workers, tuple(flows)
        self.dtau = float(arrays["dtau"])
        self._poured = np.array(arrays["poured"], dtype=np.int64)
        if str(arrays["fingerprint"]) != compiled.fingerprint or len(self._poured) != len(self.flows):
            raise InputError(
                Fault("the checkpoint belongs to another model, lattice or set of additions", "checkpoint")
            )
        self.seed, self._exchanges, self._grid, groups = (int(x) for x in arrays["ensemble"])
        parts = split(compiled, groups)
        self._share = np.array([p.lattice.n_dots for p in parts]) / compiled.lattice.n_dots
        self._bounds = np.concatenate([[0], np.cumsum([len(p.lattice) for p in parts])])
        self._sims = []
        for g, part in enumerate(parts):
            head = f"group{g}."
            mine = {k.removeprefix(head): v for k, v in arrays.items() if k.startswith(head)}
            self._sims.append(Simulation.restore(part, mine, backend=backend))
        return self

    def validate(self) -> None:
        """Rebuild every counter of every group and check every balance.

        Raises
        ------
        WorkError
            Naming whatever does not agree.
        """
        for sim in self._sims:
            sim.validate()


def split(compiled: Compiled, groups: int) -> list[Compiled]:
    """The model on groups of consecutive dots, as equal in number as can be; no more groups than dots."""
    lattice, sites = compiled.lattice, compiled.sites
    cuts = np.unique(np.linspace(0, lattice.n_dots, min(groups, lattice.n_dots) + 1).round().astype(int))
    parts = []
    for a, b in pairwise(cuts):
        first, last = int(lattice.dots[a]), int(lattice.dots[b])
        relations = {}
        for name, r in lattice.relations.items():
            start = r.start[first : last + 1]
            relations[name] = Relation(start - start[0], r.index[start[0] : start[-1]] - first)
        dots = lattice.dots[a : b + 1] - first
        position = None if lattice.position is None else lattice.position[first:last]
        some = Lattice(lattice.sublattice[first:last], relations, lattice.sublattices, dots, position)
        chunk, starts = finder(dots)
        shift = (sites.shift[a:b] - first).astype(np.int32)
        mine = sites._replace(chunk=chunk, first=starts, shift=shift)
        parts.append(replace(compiled, lattice=some, sites=mine))
    return parts


def _known(faults: Faults, compiled: Compiled, names: Iterable[str]) -> None:
    valid = compiled.model.liquor
    for name in dict.fromkeys(names):
        if name not in valid:
            faults.add("unknown dissolved species", seen=name, nearest=nearest(name, valid))


def _sum(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for row in rows:
        for name, n in row.items():
            total[name] = total.get(name, 0) + n
    return total
