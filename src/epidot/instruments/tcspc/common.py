"""Where a common fit of decays ended: its optimum, the covariance there, and each curve seen alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tcspc.analyse import quality
from epidot.instruments.tcspc.analysis import Quality
from epidot.instruments.tcspc.decay import Decay
from epidot.instruments.tcspc.estimate import derived, derived_names, response_noise
from epidot.instruments.tcspc.mixture import Mixture
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution
from epidot.signal.objective import Objective
from epidot.signal.poisson import deviance
from epidot.signal.scoring import End, covariance, descend, loose
from epidot.signal.slopes import slopes


@dataclass(frozen=True)
class Ended:
    """The end of a common fit of ``curves``; ``alike`` are other optima that describe the data as well."""

    curves: Sequence[Decay]
    objective: Objective
    best: End
    alike: Sequence[End] = ()

    def moved(self, u: Array) -> Ended:
        """The same from a better place ``u`` on."""
        return replace(self, best=in_order(self.objective, descend(self.objective, u)))

    @cached_property
    def plain(self) -> Array:
        """Covariance (p, p) of the coordinates from the decays' counting noise alone."""
        return covariance(self.best.state, self.best.held)

    @cached_property
    def loose(self) -> NDArray[np.bool_]:
        """Coordinates (p,) that the counts do not tell from others: their covariance means nothing."""
        return loose(self.best.state, self.best.held)

    @cached_property
    def in_coordinates(self) -> Array:
        """The same with the noise of measured responses."""
        u, objective = self.best.u, self.objective
        meat = np.zeros_like(self.plain)
        simple = True
        for k, curve in enumerate(self.curves):
            mu, by = objective.shown(k, u)
            weight = (1.0 if curve.trust is None else curve.trust) / mu
            rows = by * weight
            # variance over that of counts, where the values are only proportional to counts
            gain = 1.0 if curve.record.counted else self.qualities[k].reduced
            meat += gain * (rows * mu) @ rows.T
            noise = response_noise(self.solutions[k], rows)
            if noise is not None:
                meat += noise
            simple = simple and noise is None and curve.trust is None and gain == 1.0
        return self.plain if simple else self.plain @ meat @ self.plain

    @cached_property
    def covariance(self) -> Array:
        """Of the free parameters' own values, (p, p)."""
        by = self.objective.slopes(self.best.u)
        by = np.where(np.isfinite(by), by, 0.0)
        return self.in_coordinates * by * by[:, None]

    @cached_property
    def solutions(self) -> list[Solution]:
        """Every curve alone, as the rest of this room takes it."""
        return [self._solution(k) for k in range(len(self.curves))]

    @cached_property
    def qualities(self) -> list[Quality]:
        """How well each curve is described."""
        return [quality(solution) for solution in self.solutions]

    def _solution(self, k: int) -> Solution:
        curve, objective = self.curves[k], self.objective
        theta = objective.of_part(k, self.best.u)
        mu, by = curve.expected(theta)
        weight = (1.0 if curve.trust is None else curve.trust) / mu
        each = deviance(curve.y, mu)
        held = np.array([at < 0 or bool(self.best.held[at]) for at in objective.place[k]], dtype=np.bool_)
        total = float((each if curve.trust is None else each * curve.trust).sum())
        information = (by * weight) @ by.T
        distance = 0.0 if self.best.settled else math.inf
        return Solution(
            curve.model, curve.y, curve.trust, theta, mu, by, total, information, held, distance, 0
        )

    def derived(self, k: int, u: Array) -> Array:
        """What follows from the parameters of curve ``k`` at ``u``, in the order of :meth:`derived_names`."""
        model, theta = self.curves[k].model, self.objective.of_part(k, u)
        with np.errstate(all="ignore"):
            if isinstance(model, Mixture):
                return np.array(model.law.averages(theta[1 : 1 + len(model.shape)]))
            return derived(theta, model.terms)

    def derived_names(self, k: int) -> tuple[str, ...]:
        model = self.curves[k].model
        return derived_names(0 if isinstance(model, Mixture) else model.terms)

    def gradient(self, k: int) -> Array:
        """Derivatives (m, p) of what follows for curve ``k`` by the parameters' own values, zero where one
        is held or its slope does not exist."""
        u, objective = self.best.u, self.objective
        by = objective.slopes(u)
        by = np.where(np.isfinite(by), by, 0.0)
        free = np.flatnonzero(~self.best.held & (by != 0))
        width = np.maximum(np.abs(objective.outward(u)), 1e-12) / np.maximum(np.abs(by), 1e-300)

        def of(part: Array) -> Array:
            there = u.copy()
            there[free] = part
            return self.derived(k, there)

        out = np.zeros((len(self.derived_names(k)), u.size))
        if free.size:
            with np.errstate(invalid="ignore"):  # an average that does not exist
                ends = {"low": objective.low[free], "high": objective.high[free]}
                out[:, free] = slopes(of, u[free], width[free], 1e-5, **ends) / by[free]
        return out

    def counts_of(self, i: int) -> list[int]:
        """The counts that belong to lifetime ``i``, in every curve."""
        names = self.objective.names
        number = names[i].partition("_ns")[0].removeprefix("tau")
        own = names[i].partition("[")[2]
        return [
            j
            for j, n in enumerate(names)
            if n.partition("[")[0] == f"counts{number}" and own in ("", n.partition("[")[2])
        ]

    def restarts(self, i: int, value: float) -> list[Array]:
        """Starts where lifetime ``i`` is pinned: its term gives its light to another and keeps none."""
        out = []
        group = next((g for g in self.objective.ordered if i in g), ())
        for other in (j for j in group if j != i):
            if (moved := self.given(i, other)) is not None:
                out.append(moved)
        return out

    def given(self, i: int, other: int) -> Array | None:
        """The coordinates with the light of lifetime ``i`` given to lifetime ``other``."""
        u = self.best.u
        mine, its = self.counts_of(i), self.counts_of(other)
        light = np.array([u[mine].sum(), u[its].sum()])
        if len(mine) != len(its) or not light.sum() > 0:
            return None
        moved = u.copy()
        moved[other] = light @ u[[i, other]] / light.sum()
        moved[its] += moved[mine]
        moved[mine] = 0.0
        return moved


def in_order(objective: Objective, end: End) -> End:
    """``end`` with interchangeable terms in the order of their lifetimes."""
    ended = Ended((), objective, end)
    u = end.u.copy()
    for group in objective.ordered:
        order = sorted(group, key=lambda i: end.u[i])
        if list(group) == order:
            continue
        light = {i: ended.counts_of(i) for i in group}
        for to, source in zip(group, order, strict=True):
            u[to] = end.u[source]
            for a, b in zip(light[to], light[source], strict=True):
                u[a] = end.u[b]
    return end if np.array_equal(u, end.u) else replace(descend(objective, u), settled=end.settled)
