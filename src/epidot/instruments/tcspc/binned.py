"""A decay put together to few bins, and many fits of it at once.

What the counts leave open is found by hundreds of fits near the best one.  For speed channels are put
together to bins of equal counts, exponentials are splines in ln τ, and all fits take their steps together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution
from epidot.signal.poisson import deviance

BINS = 128
_STEP = 0.25  # of ln τ between knots
# Errors by which the place and width of the response may move: further out their straight lines, which are
# the decay's own exponentials in another mixture, would stand for a term.
_OWN = 10.0
_RIDGE = 1e-12  # of scaled information: directions that no count knows
_DEEP, _LEVEL = 8, 0.02  # steps of one fit, and the gain in deviance at which it ends


def solved(information: Array, right: Array) -> tuple[Array, Array]:
    """What solves ``information`` (m, p, p) for ``right`` (m, p, q), and ln of its determinants (m,)."""
    size = np.sqrt(np.einsum("mpp->mp", information))
    scaled = information / (size[:, :, None] * size[:, None, :]) + _RIDGE * np.eye(size.shape[1])
    solved = np.linalg.solve(scaled, right / size[:, :, None]) / size[:, :, None]
    return solved, np.linalg.slogdet(scaled)[1] + 2 * np.log(size).sum(axis=1)


@dataclass(frozen=True)
class Binned:
    """Fits of the binned counts, with a further term held.

    Parameters x (m, p) of each: logarithms of the k counts and lifetimes, then what is linear (scattered
    light, background, place of the response) as steps from the solution in standard errors.  The further
    term brings ``ratio`` (m,) times the light of the others.
    """

    solution: Solution
    shortest: float
    excess: float

    @cached_property
    def terms(self) -> int:
        return self.solution.model.terms

    @cached_property
    def first(self) -> NDArray[np.intp]:
        """The first channel of each bin."""
        total = np.cumsum(self.solution.mu)
        at = np.searchsorted(total, total[-1] * np.arange(BINS) / BINS)
        return np.unique(np.minimum(at, total.size - 1))

    def put(self, rows: Array) -> Array:
        """``rows`` (..., n) in the bins."""
        return np.asarray(np.add.reduceat(rows, self.first, axis=-1))

    @cached_property
    def span(self) -> tuple[float, float]:
        """Logarithms of the shortest and the longest lifetime looked at."""
        edges, taus = self.solution.model.response.edges, self.solution.theta[self.terms : 2 * self.terms]
        low = min(self.shortest, float(taus[0]) / 1.5)
        return math.log(low), math.log(max(float(edges[-1] - edges[0]), 1.5 * low))

    @cached_property
    def knots(self) -> Array:
        taus = np.log(self.solution.theta[self.terms : 2 * self.terms])
        low, high = self.span
        low, high = min(low, float(taus[0])) - 4 * _STEP, max(high, float(taus[-1])) + 4 * _STEP
        return np.linspace(low, high, math.ceil((high - low) / _STEP) + 1)

    @cached_property
    def column(self) -> Callable[..., Array]:
        """Counts (bins,) of an exponential over ln τ."""
        from scipy.interpolate import CubicSpline

        model, knots = self.solution.model, self.knots
        own = self.solution.theta[model.own_at]
        shown = model.response.mixture(np.exp(knots), np.eye(knots.size), own)[0]
        spline: Callable[..., Array] = CubicSpline(
            knots, self.put(shown if model.live is None else shown * model.live), axis=0
        )
        return spline

    @cached_property
    def y(self) -> Array:
        return self.put(self.solution.y)

    @cached_property
    def trust(self) -> Array:
        solution = self.solution
        whole = self.put(solution.mu)
        known = 1.0 if solution.trust is None else whole / self.put(solution.mu / solution.trust)
        return np.asarray(known * np.ones_like(whole) / self.excess)

    @cached_property
    def size(self) -> Array:
        """The unit (q,) in which each linear parameter is counted."""
        rows = self.put(self.solution.by[2 * self.terms :])
        known = (rows**2 / self.put(self.solution.mu)).sum(axis=1)
        return np.asarray(1.0 / np.sqrt(np.maximum(known, 1e-300)))

    @cached_property
    def linear(self) -> tuple[Array, Array]:
        """What each linear parameter adds to the bins (q, bins), and how far down it may go (q,)."""
        solution, at = self.solution, slice(2 * self.terms, None)
        room = np.minimum(solution.model.floors()[at] - solution.theta[at], 0.0)
        return self.put(solution.by[at]) * self.size[:, None], room / self.size

    @cached_property
    def start(self) -> Array:
        k, theta = self.terms, self.solution.theta
        light = np.maximum(theta[:k], 1e-6 * theta[:k].sum())
        return np.concatenate((np.log(light), np.log(theta[k : 2 * k]), np.zeros(theta.size - 2 * k)))

    @cached_property
    def base(self) -> Array:
        """What stands in the bins beside the terms of the solution."""
        k = self.terms
        light = np.exp(self.start[:k]) @ self.column(self.start[k : 2 * k])
        return np.asarray(self.put(self.solution.mu) - light)

    @cached_property
    def ends(self) -> tuple[Array, Array]:
        """Lowest and highest x (p,)."""
        k, room = self.terms, self.linear[1]
        most = np.full(room.size, np.inf)
        own = np.arange(room.size + 2 * k)[self.solution.model.own_at] - 2 * k
        most[own] = _OWN
        low = np.concatenate((np.full(k, -40.0), np.full(k, self.knots[0]), np.maximum(room, -most)))
        return low, np.concatenate((np.full(k, 700.0), np.full(k, self.knots[-1]), most))

    def expected(self, x: Array, ratio: Array, further: Array) -> tuple[Array, Array]:
        """Counts (m, bins) and derivatives (m, p, bins)."""
        k, rows = self.terms, self.linear[0]
        log_tau, light = x[:, k : 2 * k].ravel(), np.exp(x[:, :k, None])
        shape = (x.shape[0], k, self.y.size)
        by = np.empty((x.shape[0], x.shape[1], self.y.size))
        by[:, :k] = self.column(log_tau).reshape(shape) + ratio[:, None, None] * further[:, None, :]
        by[:, k : 2 * k] = self.column(log_tau, 1).reshape(shape)
        by[:, : 2 * k] *= np.concatenate((light, light), axis=1)
        by[:, 2 * k :] = rows
        mu = self.base + by[:, :k].sum(axis=1) + x[:, 2 * k :] @ rows
        return np.maximum(mu, 1e-9), by

    def deviance(self, mu: Array) -> Array:
        return np.asarray((self.trust * deviance(np.broadcast_to(self.y, mu.shape), mu)).sum(axis=1))

    def down(
        self,
        x: Array,
        ratio: Array,
        further: Array,
        pinned: int | None = None,
        towards: Callable[[Array], tuple[Array, Array]] | None = None,
    ) -> tuple[Array, Array, Array]:
        """Where the fits (m, p) that begin at ``x`` end, their deviances (m,) and information (m, p, p).

        The parameter ``pinned`` stays where it is.  What ``towards`` is, at x, away from where it should be
        (m,) is squared and added to what has to be least; its derivatives are (m, p).
        """
        low, high = (np.broadcast_to(end, x.shape).copy() for end in self.ends)
        if pinned is not None:
            low[:, pinned] = high[:, pinned] = x[:, pinned]
        mu, by = self.expected(x, ratio, further)
        now = self.deviance(mu)
        if towards is not None:
            now += towards(x)[0] ** 2
        damping = np.full(now.size, 1e-6)
        one = np.eye(x.shape[1])
        for _ in range(_DEEP):
            weighted = by * (self.trust / mu)[:, None, :]
            information = weighted @ by.transpose(0, 2, 1)
            slope = (weighted @ (self.y - mu)[:, :, None])[:, :, 0]
            if towards is not None:
                away, turned = towards(x)
                slope -= away[:, None] * turned
                information += turned[:, :, None] * turned[:, None, :]
            stuck = ((x <= low) & (slope < 0)) | ((x >= high) & (slope > 0))
            size = np.einsum("mpp->mp", information)
            more = size * np.where(stuck, 1e9, damping[:, None]) + 1e-9
            step = np.linalg.solve(
                information + more[:, :, None] * one, np.where(stuck, 0.0, slope)[:, :, None]
            )
            move = step[:, :, 0]
            move[:, : 2 * self.terms] = np.clip(move[:, : 2 * self.terms], -1.0, 1.0)
            there = np.clip(x + move, low, high)
            mu_there, by_there = self.expected(there, ratio, further)
            then = self.deviance(mu_there)
            if towards is not None:
                then += towards(there)[0] ** 2
            better = then <= now
            gained = now - then
            x, mu = np.where(better[:, None], there, x), np.where(better[:, None], mu_there, mu)
            by, now = np.where(better[:, None, None], by_there, by), np.where(better, then, now)
            damping = np.where(better, np.maximum(damping / 10, 1e-7), damping * 30)
            if np.all(better & (gained < _LEVEL)):
                break
        weighted = by * (self.trust / mu)[:, None, :]
        if towards is not None:
            now = now - towards(x)[0] ** 2
        return x, now, weighted @ by.transpose(0, 2, 1)
