"""A run of a compiled model: start, advance, look, stop."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.errors import Faults, InputError, nearest
from epidot.growth.kmc import recount
from epidot.growth.kmc.compiler import Compiled
from epidot.growth.kmc.programme import Flow, Programme
from epidot.growth.kmc.start import changes_ahead, drive_of, first_state
from epidot.growth.kmc.tables import (
    EVENTS,
    LEFT,
    NULLS,
    STALE,
    STALLED,
    STUCK,
    TIME,
    VOLUME,
    Log,
)

_MOST_EVENTS = 2**62


@dataclass(frozen=True)
class Outcome:
    """Why and where a run stopped.  ``deadlock`` says, reaction by reaction, why nothing can happen."""

    time: float
    events: int
    nulls: int
    deadlock: str | None = None


class Simulation:
    """One realisation of the chain.

    Parameters
    ----------
    compiled : the model on its lattice.
    start : species of each site, names or indices, shape (n,), or one name for all.
    seed : seed of the stream of random numbers.
    programme : temperature in K, or a programme of it.
    liquor : molecules of each dissolved species (whole numbers; what is not named is 0).
    volume : of the liquor, in molecules at 1 M (Avogadro's number times litres).
    held : dissolved species whose concentration is kept constant (a chemostat); what events take is ledgered.
    flows : additions.

    Raises
    ------
    InputError
        For unknown names, species on a sublattice that cannot hold them, or impossible amounts.
    """

    def __init__(
        self,
        compiled: Compiled,
        start: ArrayLike | str,
        *,
        seed: int | np.random.SeedSequence,
        programme: Programme | float = 298.15,
        liquor: Mapping[str, int] | None = None,
        volume: float = 1.0,
        held: Iterable[str] = (),
        flows: Iterable[Flow] = (),
    ) -> None:
        self.compiled = compiled
        steady = programme if isinstance(programme, Programme) else Programme.constant(float(programme))
        self.state = first_state(
            compiled, start, seed, dict(liquor or {}), volume, tuple(held), self._kernel.environments
        )
        self._drive = drive_of(compiled, steady, tuple(flows))
        self.state = self.state._replace(poured=np.zeros(len(self._drive.flow_start), dtype=np.int64))

    @property
    def _kernel(self) -> Any:
        """What is compiled."""
        from epidot.growth.kmc import kernel

        return kernel

    # --- what it is now ------------------------------------------------------------------------------
    @property
    def time(self) -> float:
        """Time, s."""
        return float(self.state.real[TIME])

    @property
    def volume(self) -> float:
        """Volume of the liquor, in molecules at 1 M."""
        return float(self.state.real[VOLUME])

    @property
    def species(self) -> NDArray[np.uint8]:
        """Index of the species on each site, shape (n,); a copy."""
        return self.state.species.copy()

    @property
    def on_dots(self) -> NDArray[np.int64]:
        """Number of sites per species on every dot, shape (dots, S)."""
        lattice, model = self.compiled.lattice, self.compiled.model
        out = np.zeros((lattice.n_dots, len(model.names)), dtype=np.int64)
        self._kernel.held_by_dots(lattice.dots[:-1], self.state.species, out)
        out[-1] = self.state.on - out.sum(axis=0)  # of all dots together it is known
        return out

    def any_filled(self, sites: NDArray[np.int64], filled: NDArray[np.bool_]) -> bool:
        """Whether one of these ``sites`` of any dot holds a species that is ``filled`` (S,)."""
        return bool(self._kernel.any_filled(sites, self.compiled.lattice.dots, self.state.species, filled))

    @property
    def on(self) -> dict[str, int]:
        """Number of sites per species."""
        return dict(zip(self.compiled.model.names, self.state.on.tolist(), strict=True))

    @property
    def site_seconds(self) -> dict[str, float]:
        """Time integral, from the start, of the number of sites per species."""
        s = self.state
        total = s.on_integral + s.on * (self.time - s.on_since)
        return dict(zip(self.compiled.model.names, total.tolist(), strict=True))

    @property
    def liquor(self) -> dict[str, int]:
        """Molecules in the liquor."""
        return dict(zip(self.compiled.model.liquor, self.state.liquor.tolist(), strict=True))

    @property
    def ledger(self) -> dict[str, int]:
        """Net change of each dissolved species by events (held species too)."""
        return dict(zip(self.compiled.model.liquor, self.state.ledger.tolist(), strict=True))

    @property
    def counts(self) -> dict[str, int]:
        """Events per reaction, all dots and the liquor."""
        total = self.state.tally.sum(axis=0)
        return {r.name: int(n) for r, n in zip(self.compiled.model.reactions, total, strict=True)}

    # --- forward -------------------------------------------------------------------------------------
    def run(self, *, until: float | None = None, events: int | None = None, explain: bool = True) -> Outcome:
        """Advance to a time (s) or by a number of events, whichever comes first.

        If nothing can happen before ``until``, the clock goes there; ``Outcome.deadlock`` is set if nothing
        can happen at all and neither the programme nor a flow is still to change that; without ``explain`` it
        gives no reasons, which take a look at every site.
        """
        return self._run(until, events, _no_log(), explain)

    def record(self, events: int, *, until: float | None = None) -> tuple[Log, Outcome]:
        """As :meth:`run`, and what happened: time, reaction, site and partner (-1: none) of each event."""
        log = Log(
            np.zeros(events),
            np.zeros(events, dtype=np.int32),
            np.zeros(events, dtype=np.int32),
            np.zeros(events, dtype=np.int32),
        )
        outcome = self._run(until, events, log)
        made = outcome.events
        return Log(log.time[:made], log.reaction[:made], log.site[:made], log.partner[:made]), outcome

    def _run(self, until: float | None, events: int | None, log: Log, explain: bool = True) -> Outcome:
        if until is None and events is None:
            raise InputError("a run needs an end", remedy="give until, events, or both")
        end = math.inf if until is None else float(until)
        whole = self.state.whole
        first, nulls = int(whole[EVENTS]), int(whole[NULLS])
        most = _MOST_EVENTS if events is None else events
        deadlock = None
        idle = 10_000 + 20 * len(self.compiled.lattice)
        while True:
            done = int(whole[EVENTS]) - first
            status = self._advance(
                Log(log.time[done:], log.reaction[done:], log.site[done:], log.partner[done:]),
                end,
                most - done,
                idle,
            )
            if status == STUCK and self._nothing_ahead():
                deadlock = f"nothing can happen {self.why_stuck() if explain else ''}"
            elif status == STALLED:
                if recount.anything_possible(self.compiled, self.state) or not self._nothing_ahead():
                    continue
                deadlock = f"nothing can happen {self.why_stuck() if explain else ''}"
                if math.isfinite(end):
                    self.state.real[TIME] = end
                    self.state.real[LEFT] = -1.0
            break
        return Outcome(self.time, int(whole[EVENTS]) - first, int(whole[NULLS]) - nulls, deadlock)

    def _advance(self, log: Log, end: float, most: int, idle: int) -> int:
        c = self.compiled
        return int(self._kernel.advance(c.tables, c.sites, self._drive, self.state, log, end, most, idle))

    def _nothing_ahead(self) -> bool:
        return not changes_ahead(self._drive, self.state)

    def why_stuck(self) -> str:
        """Reaction by reaction, whether it can happen now and what is missing."""
        why = recount.why_stuck(self.compiled, self.state)
        return f"at t = {self.time:g} s:\n{why}"

    def add(self, molecules: Mapping[str, int], volume: float = 0.0) -> None:
        """Put molecules (or take them out: negative) and volume into the liquor, at once.

        Raises
        ------
        InputError
            For an unknown species or more than there is.
        """
        names = self.compiled.model.liquor
        faults = Faults("addition")
        for name, n in molecules.items():
            if name not in names:
                faults.add("unknown dissolved species", seen=name, nearest=nearest(name, names))
            elif self.liquor[name] + n < 0:
                faults.add(f"more {name} taken out than there is", seen=-n)
        if not self.volume + volume > 0:
            faults.add("no volume would be left", seen=volume)
        faults.raise_if_any()
        for name, n in molecules.items():
            self.state.liquor[names.index(name)] += n
        self.state.real[VOLUME] += volume
        self.state.real[LEFT] = -1.0  # a waiting time under way has no memory
        self.state.whole[STALE] = 1


def _no_log() -> Log:
    none = np.zeros(0, dtype=np.int32)
    return Log(np.zeros(0), none, none, none)
