"""The runs behind a study: every experiment with the values of a point, and what was measured in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from epidot.errors import InputError
from epidot.inference.experiments import Look
from epidot.inference.problem import Array, Problem
from epidot.inference.study import Study
from epidot.runs.sweep.points import Asked, Kept, Outcome, outcomes
from epidot.runs.workers import Workers

Told = Callable[[int], None]


@dataclass
class Runs:
    """The model of a study: :meth:`__call__` carries out what is not known yet, shared among ``helpers``.

    Why points gave nothing is gathered in ``reasons``; ``runs`` counts the flasks that were carried out now.
    """

    study: Study
    helpers: Workers
    kept: Kept
    told: Told = lambda runs: None
    runs: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def problem(self) -> Problem:
        """The study as a problem."""
        return Problem(self.study.priors, self.study.data, self)

    def __call__(self, values: Array) -> Array:
        """Predictions (k, m) at ``values`` (k, p)."""
        names = [p.name for p in self.study.priors]
        asked: list[Asked] = []
        where: list[tuple[int, str]] = []
        for k, row in enumerate(values):
            point = dict(zip(names, map(float, row), strict=True))
            for name in self.study.experiments:
                looks = self.study.looks(name)
                samples = tuple(dict.fromkeys(look.sample for look in looks))
                quantities = tuple(dict.fromkeys(look.quantity for look in looks))
                try:
                    order = self.study.order(name, point)
                except InputError as error:
                    self._reason(error.faults[0].what)
                    continue
                asked.append(Asked.of(order, samples, quantities))
                where.append((k, name))
        looks_of: list[dict[Look, float]] = [{} for _ in values]
        found = outcomes(asked, self.helpers, self.kept, self._hear)
        for (k, name), (outcome, _) in zip(where, found, strict=True):
            if outcome.failed:
                self._reason(outcome.reason)
                continue
            for look in self.study.looks(name):
                found_here = outcome.found[look.sample][look.quantity]
                value = found_here.value
                looks_of[k][look] = np.nan if value is None else value
                if value is None:
                    self._reason(f"{look.quantity} of {name}, {look.sample}: {found_here.note or 'no value'}")
        out = np.full((len(values), len(self.study.measured)), np.nan)
        for k, looks_found in enumerate(looks_of):
            point = dict(zip(names, map(float, values[k]), strict=True))
            for i, one in enumerate(self.study.measured):
                known = one.look in looks_found and (one.other is None or one.other in looks_found)
                out[k, i] = one.predicted(looks_found, point) if known else np.nan
        return out

    def _hear(self, number: int, outcome: Outcome, known: bool) -> None:
        if not known:
            self.runs += 1
            self.told(self.runs)

    def _reason(self, text: str) -> None:
        self.reasons[text] = self.reasons.get(text, 0) + 1
