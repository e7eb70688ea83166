"""Several flasks of one recipe, each with random numbers of its own, and their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from epidot.growth.state import FlaskState
from epidot.papers.trial import Trial


@dataclass
class Flasks:
    """The same recipe in several flasks."""

    trials: tuple[Trial, ...]
    _means: dict[frozenset[int], Trial] = field(default_factory=dict)

    def mean(self, left_out: frozenset[int] = frozenset()) -> Trial:
        """The mean over the flasks, those of ``left_out`` (by their place) not counted."""
        if left_out not in self._means:
            kept = [trial for i, trial in enumerate(self.trials) if i not in left_out]
            self._means[left_out] = _mean(kept)
        return self._means[left_out]


def _mean(trials: Sequence[Trial]) -> Trial:
    first = trials[0]
    return Trial(
        first.name,
        {s: _mean_state([t.samples[s] for t in trials]) for s in first.samples},
        {s: mean_of([t.events[s] for t in trials]) for s in first.events},
        first.sigma_rel,
        first.mechanism,
        first.room,
        first.shells,
        tuple(trials),
    )


def _mean_state(states: Sequence[FlaskState]) -> FlaskState:
    return states[0].with_(
        core_diameter_nm=sum(s.core_diameter_nm for s in states) / len(states),
        surface=mean_of([s.surface for s in states]),
        liquor=mean_of([s.liquor for s in states]),
        lost=mean_of([s.lost for s in states]),
        grown=None,
    )


def mean_of(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean of every name; one that a row lacks counts as nothing there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: sum(row.get(name, 0.0) for row in rows) / len(rows) for name in names}
