"""The runs and dots that checks ask for: each recipe runs once by each engine, each sample is lit once.

A run is a pure function of the recipe, the engine and the changes asked for; nothing depends on the order of
asking, nor on how many workers share the flasks.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from epidot.dot.layers import Population
from epidot.errors import Fault, InputError, nearest
from epidot.growth.state import FlaskState
from epidot.mechanism import load as mechanisms
from epidot.papers import engines
from epidot.papers.engines import LATTICE, MEAN_FIELD, recipe
from epidot.papers.flasks import Flasks
from epidot.papers.lit import Lit
from epidot.papers.trial import START, Counted, Trial, mean_dot
from epidot.recipe import events as ev

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from epidot.growth.flask import Progress
    from epidot.growth.state import Engine

Wanted = tuple[str, tuple[str, ...], str]  # recipe, what is put in double, hypothesis about halides
_CHUNK = 5  # flasks a worker takes at once: what one of them prepares serves the next


@dataclass
class Experiments:
    """What the checks of one evaluation have already computed.

    ``dots`` are the described ones; ``engine`` carries the recipes out; ``left_out`` are flasks (by their
    place) that do not count, for the scatter of a mean.  ``asked`` collects the recipes a check named;
    ``workers`` share the flasks.
    """

    dots: Mapping[str, Population] = field(default_factory=dict)
    engine: str = MEAN_FIELD
    runs: dict[Wanted, Trial] = field(default_factory=dict)
    flasks: dict[Wanted, Flasks] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    asked: set[Wanted] = field(default_factory=set)
    workers: Executor | None = None
    _lit: dict[str, Lit] = field(default_factory=dict)

    def by(self, engine: str, left_out: frozenset[int] = frozenset()) -> Experiments:
        """The same experiments seen through ``engine``, without the flasks ``left_out``."""
        return replace(self, engine=engine, left_out=left_out, asked=set())

    def trial(self, name: str, twice: tuple[str, ...] = (), hypothesis: str = "") -> Trial:
        """The recipe carried out with the shipped mechanism, ``twice`` put in double.

        ``hypothesis`` about halides as in :mod:`epidot.transport.constants`; empty for the usual one.
        """
        wanted = (name, twice, hypothesis)
        self.asked.add(wanted)
        if self.engine == MEAN_FIELD or not engines.grows(name):
            return self._in_mean_field(wanted)
        if wanted not in self.flasks:
            self.flasks[wanted] = Flasks(self._in_flasks(wanted))
        return self.flasks[wanted].mean(self.left_out)

    def _in_flasks(self, wanted: Wanted) -> tuple[Trial, ...]:
        one = functools.partial(_flask, wanted, self.engine)
        numbers = range(engines.FLASKS)
        if self.workers is None:
            return tuple(map(one, numbers))
        mechanism = mechanisms.load()
        found = self.workers.map(one, numbers, chunksize=_CHUNK)
        return tuple(replace(trial, mechanism=mechanism) for trial in found)

    def _in_mean_field(self, wanted: Wanted) -> Trial:
        if wanted not in self.runs:
            self.runs[wanted] = carry_out(*wanted)
        return self.runs[wanted]

    def light(self, dot: str) -> Lit:
        """The light of a described dot.

        Raises
        ------
        InputError
            If no dot of that name is described.
        """
        if dot not in self.dots:
            raise InputError(Fault("no such dot is described", seen=dot, nearest=nearest(dot, self.dots)))
        if dot not in self._lit:
            population = self.dots[dot]
            self._lit[dot] = Lit(population.dot, population.sigma_rel)
        return self._lit[dot]


def workers(jobs: int) -> AbstractContextManager[Executor | None]:
    """``jobs`` processes that share flasks, to be closed at the end; one needs none."""
    if jobs == 1:
        return nullcontext(None)
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def _flask(wanted: Wanted, engine: str, number: int) -> Trial:
    return carry_out(*wanted, engine=engine, flask=number)


def carry_out(
    name: str,
    twice: tuple[str, ...] = (),
    hypothesis: str = "",
    *,
    engine: str = MEAN_FIELD,
    flask: int = 0,
) -> Trial:
    """Run one recipe in one flask; see :class:`Trial`.  The number of the ``flask`` counts on the lattice."""
    # Here: claims that need no run must not wait for what this room imports.
    from epidot.growth.flask import Flask
    from epidot.transport.constants import DEFAULT
    from epidot.transport.room import HalideRoom

    read = recipe(name)
    mechanism = mechanisms.load()
    worker: Engine
    if engine == LATTICE:
        worker = engines.lattice(mechanism, FlaskState.at_start(read), read.sigma_rel, flask)
    else:
        worker = engines.mean_field(mechanism)
    counted = Counted(worker)
    timeline = tuple(_doubled(event, twice) for event in read.timeline())
    room = HalideRoom(functools.partial(mean_dot, mechanism), hypothesis or DEFAULT)
    vessel = Flask(timeline, counted, mechanism, name, room)
    begun = vessel.begin(FlaskState.at_start(read))
    events: dict[str, dict[str, float]] = {}

    def note(progress: Progress, event: ev.Event) -> None:
        if isinstance(event, ev.TakeSample):
            events[event.name] = dict(counted.events)

    done = vessel.run(begun, each=note, points=1)
    samples = {START: begun.state, **{t.name: t.state for t in done.taken}, "end": done.state}
    return Trial(
        name,
        samples,
        {START: {}, **events, "end": dict(counted.events)},
        read.sigma_rel,
        mechanism,
        room,
        {t.name: t.shells for t in done.taken} | {"end": done.shells},
    )


def _doubled(event: ev.Event, names: Sequence[str]) -> ev.Event:
    if isinstance(event, ev.Charge) and names:
        return replace(
            event, liquor={name: mol * (2 if name in names else 1) for name, mol in event.liquor.items()}
        )
    return event
