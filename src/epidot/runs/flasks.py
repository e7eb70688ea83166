"""Several flasks of one order, each with random numbers of its own, and their mean.

Every flask holds dots of the same even diameters, which have the mean and the spread of the recipe, so that
flasks differ by chance only; their scatter says how well the mean is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from epidot.growth.flask import Progress, Taken
from epidot.growth.state import FlaskState
from epidot.recipe.events import Event
from epidot.runs.beginnings import Beginnings, Begun
from epidot.runs.order import Order
from epidot.runs.run import Run, run_flask
from epidot.runs.sampled import Sampled, Setting

FLASKS = 30
DOTS = 2  # per flask, one smaller and one larger than the mean by the spread of the recipe
_CHUNK = 5  # flasks a worker takes at once: what one of them prepares serves the next


@dataclass
class Flasks:
    """The same order in several flasks."""

    runs: tuple[Run, ...]
    _means: dict[frozenset[int], Run] = field(default_factory=dict)

    def mean(self, left_out: frozenset[int] = frozenset()) -> Run:
        """The mean over the flasks, those of ``left_out`` (by their place) not counted."""
        if left_out not in self._means:
            kept = [run for i, run in enumerate(self.runs) if i not in left_out]
            mean = Run(kept[0].setting, kept[0].first, kept[0].done)
            mean.samples = _Means(kept)
            self._means[left_out] = mean
        return self._means[left_out]


class _Means(Mapping[str, Sampled]):
    """The mean of every sample over ``runs``, worked out when it is asked for."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs
        self._found: dict[str, Sampled] = {}

    def __getitem__(self, name: str) -> Sampled:
        if name not in self._found:
            self._found[name] = _mean([run.samples[name] for run in self._runs])
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs[0].samples)

    def __len__(self) -> int:
        return len(self._runs[0].samples)


def in_flasks(
    order: Order,
    flasks: int,
    executor: Executor | None = None,
    beginnings: Beginnings | None = None,
    others: Collection[Order] = (),
) -> Flasks:
    """``order`` in ``flasks`` flasks, each seeded with its number, shared among those of ``executor``.

    They go on from the ``beginnings`` they have in common with ``others``, which will be asked for as well.
    """
    known = Beginnings() if beginnings is None else beginnings
    alike = [replace(one, dots=DOTS, seed=0, light="mean") for one in (order, *others)]
    begun = known.of(alike[0], range(flasks), alike[1:])
    setting = Setting.of(order)
    each = map if executor is None else partial(executor.map, chunksize=_CHUNK)
    runs = []
    for flask, (first, last, kept) in zip(begun, each(_carried_out, begun), strict=True):
        known.remember(flask, kept)
        runs.append(Run(replace(setting, order=flask.order), first, last))
    return Flasks(tuple(runs))


def _carried_out(begun: Begun) -> tuple[Progress, Progress, Mapping[int, Progress]]:
    """The flask before and after, without its history, and what was to be kept on the way."""
    run, kept = carried(begun)
    alone = {n: replace(p, history=()) for n, p in kept.items()}
    return replace(run.first, history=()), replace(run.done, history=()), alone


def carried(begun: Begun) -> tuple[Run, dict[int, Progress]]:
    """The run of a flask from where it is begun, and what was to be kept on the way."""
    on_the_way: dict[int, Progress] = {}

    def each(progress: Progress, _: Event) -> None:
        if progress.done in begun.keep:
            on_the_way[progress.done] = progress

    run = run_flask(begun.order, points=1, each=each, begun=begun.progress)
    said = len(run.first.remarks)  # what is remarked of a recipe as a whole is not of its beginning
    return run, {n: replace(p, remarks=p.remarks[said:]) for n, p in on_the_way.items()}


def _mean(samples: Sequence[Sampled]) -> Sampled:
    first = samples[0]
    states = [sample.state for sample in samples]
    events = _MeanOf([sample.taken.events for sample in samples])
    taken = Taken(first.taken.name, _mean_state(states), first.taken.shells, events)
    return Sampled(taken, first.setting, samples)


def _mean_state(states: Sequence[FlaskState]) -> FlaskState:
    return states[0].with_(
        core_diameter_nm=sum(s.core_diameter_nm for s in states) / len(states),
        surface=mean_of([s.surface for s in states]),
        liquor=mean_of([s.liquor for s in states]),
        lost=_MeanOf([s.lost for s in states]),
        grown=None,
    )


class _MeanOf(Mapping[str, float]):
    """:func:`mean_of` rows that are seldom asked for, worked out when they are."""

    def __init__(self, rows: Sequence[Mapping[str, float]]) -> None:
        self._rows = rows

    @cached_property
    def _mean(self) -> dict[str, float]:
        return mean_of(self._rows)

    def __getitem__(self, name: str) -> float:
        return self._mean[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._mean)

    def __len__(self) -> int:
        return len(self._mean)


def mean_of(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean of every name; one that a row lacks counts as nothing there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: sum(row.get(name, 0.0) for row in rows) / len(rows) for name in names}
