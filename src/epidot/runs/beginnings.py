"""What several recipes have in common at their start, carried out once for all of them.

The annealed dots of a series are all the same flask until the annealing begins.  A flask that begins as an
earlier one did goes on from there, to the same bits as one that began anew: everything that it rests on,
its random numbers too, stands in its :class:`~epidot.growth.flask.Progress`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from epidot.growth.flask import Progress
from epidot.growth.state import FlaskState
from epidot.recipe import events as ev
from epidot.runs.order import Order

Marks = tuple[str, ...]  # of a recipe: one after each of its events, the same where all before is the same


@dataclass(frozen=True)
class Begun:
    """A flask to carry out, from ``progress`` on if there is one; kept after ``keep`` events."""

    order: Order
    progress: Progress | None = None
    keep: tuple[int, ...] = ()


@dataclass
class Beginnings:
    """The beginnings that are known, by mark and seed."""

    _known: dict[tuple[str, int], Progress] = field(default_factory=dict)
    _marks: dict[tuple[str, tuple[str, ...], str, str], Marks] = field(default_factory=dict)

    def of(self, order: Order, seeds: Iterable[int], others: Collection[Order]) -> list[Begun]:
        """``order`` with each of ``seeds``, begun as far as is known; kept where ``others`` part from it."""
        marks = self._marked(order)
        keep = {_common(marks, self._marked(other)) for other in others}
        out = []
        for seed in seeds:
            far = next((n for n in range(len(marks), 0, -1) if (marks[n - 1], seed) in self._known), 0)
            progress = self._known[marks[far - 1], seed] if far else None
            wanted = tuple(sorted(n for n in keep if far < n < len(marks) and marks[n - 1]))
            out.append(Begun(replace(order, seed=seed), progress, wanted))
        return out

    def remember(self, begun: Begun, kept: Mapping[int, Progress]) -> None:
        """Know what was ``kept`` while ``begun`` was carried out."""
        marks = self._marked(begun.order)
        self._known |= {(marks[n - 1], begun.order.seed): progress for n, progress in kept.items()}

    def _marked(self, order: Order) -> Marks:
        key = order.recipe.name, order.twice, order.hypothesis, order.engine
        if key not in self._marks:
            self._marks[key] = _marks(order)
        return self._marks[key]


def _marks(order: Order) -> Marks:
    """One mark after each event, empty until time has passed: there is nothing to save before."""
    setup = (order.engine, order.dots, order.hypothesis, order.mechanism, order.blocks)
    start = FlaskState.at_start(order.recipe), order.recipe.sigma_rel, order.given.values
    so_far, passed, out = hashlib.sha256(repr((setup, start)).encode()), False, []
    for event in order.timeline:
        so_far.update(repr(_unnumbered(event)).encode())
        passed = passed or isinstance(event, ev.Run)
        out.append(so_far.hexdigest() if passed else "")
    return tuple(out)


def _unnumbered(event: ev.Event) -> ev.Event:
    """The event without its place in the file, where that is not told: recipes of several files share it."""
    if isinstance(event, (ev.Charge, ev.Run)):
        return replace(event, line=0, doses=tuple(replace(dose, line=0) for dose in event.doses))
    return replace(event, line=0) if isinstance(event, ev.TakeSample) else event


def _common(one: Marks, other: Marks) -> int:
    """How many events two recipes have in common."""
    both = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(both) if a != b), min(len(one), len(other)))
