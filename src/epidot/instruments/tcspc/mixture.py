"""Counts expected from a decay law that is a mixture of very many exponentials.

A response shows one exponential exactly (:mod:`.response`), and its counts are a smooth function of ln τ.
So the mixture is laid on a fixed grid of ln τ by cubic interpolation from values and slopes: at a step of
1/4 the error is below 1e-5 of a curve.  What the response shows of the grid is kept while its own
parameters move by less than a hundredth of a channel, where their first derivatives suffice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from epidot.instruments.tcspc.laws import Law
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.response import Array, Response
from epidot.signal.limits import Term

STEP = 0.25  # of ln τ between grid points
_STAYS = 0.01  # of a channel by which the response may move on one basis
_FAR = 12.0  # e-folds of the window beyond which a lifetime no longer changes the curve
_NOTHING = 1e-9  # share of the photons below which a grid point is left out
_SLOPE = 1e-4  # relative change of a parameter for its derivative


@dataclass
class Basis:
    """What ``response`` shows of the lifetimes on the grid near its own parameters ``own``."""

    response: Response
    own: Array
    rows: dict[int, tuple[Array, Array, Array]] = field(default_factory=dict)

    def at(self, low: int, high: int, own: Array) -> tuple[Array, Array, Array, Array]:
        """Counts and slopes per grid step (m, n) of points ``low`` to ``high``, and both derivatives by own
        (m, k, n)."""
        for p in range(low, high + 1):
            if p not in self.rows:
                tau = float(np.exp(STEP * p))
                shown = self.response.exponential(tau, self.own)
                self.rows[p] = shown.counts, tau * STEP * shown.by_tau, shown.by_own
        some = [self.rows[p] for p in range(low, high + 1)]
        values, slopes, by_own = (np.array(each) for each in zip(*some, strict=True))
        bent = np.gradient(by_own, axis=0) if len(some) > 1 else np.zeros_like(by_own)
        moved = own - self.own
        if np.any(moved):
            values = values + np.einsum("k,mkn->mn", moved, by_own)
            slopes = slopes + np.einsum("k,mkn->mn", moved, bent)
        return values, slopes, by_own, bent


@dataclass(frozen=True)
class Mixture(Model):
    """A :class:`.Model` whose emission follows ``law``: its ``counts`` and the parameters ``shape``."""

    law: Law = field(kw_only=True)
    shape: tuple[Term, ...] = field(kw_only=True)
    _kept: list[Basis] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def of_light(self) -> tuple[str, ...]:
        return ("counts", *(t.name for t in self.shape))

    def nodes(self, theta: Array) -> tuple[Array, Array]:
        """ln τ and shares of the photons (m,), lifetimes beyond all reason set to where they stay alike."""
        log_tau, share = self.law.nodes(theta[1 : 1 + len(self.shape)])
        edges = self.response.edges
        low = np.log(1e-4 * self.channel_ns)
        return np.clip(log_tau, low, np.log(edges[-1] - edges[0]) + _FAR), share

    def parts(self, theta: Array) -> tuple[Array, Array, float, Array]:
        """The mixture on the grid by linear shares, where all are positive; for its noise, not its counts."""
        log_tau, share = self.nodes(theta)
        first, part = _cells(log_tau)
        low = int(first.min())
        size = int(first.max()) - low + 2
        on = np.bincount(first - low, share * (1 - part), size)
        on += np.bincount(first - low + 1, share * part, size)
        some = on > 1e-6 * on.sum()
        taus = np.exp(STEP * (low + np.flatnonzero(some)))
        return theta[0] * on[some], taus, self.scattered(theta), theta[self.own_at]

    def basis(self, own: Array) -> Basis:
        """What is known of the grid near the response's ``own`` parameters."""
        if not self._kept or np.any(np.abs(own - self._kept[0].own) > _STAYS * self.channel_ns):
            self._kept[:] = [Basis(self.response, own.copy())]
        return self._kept[0]

    def light(self, theta: Array) -> tuple[Array, Array, Array]:
        laid = [_laid(*self.nodes(theta))]
        reaches = []
        for i, term in enumerate(self.shape, start=1):
            ends, reach = self._beside(theta, i, term)
            laid += ends
            reaches.append(reach)
        low, high = min(one.first for one in laid), max(one.last for one in laid)
        weights = np.array([one.between(low, high) for one in laid])
        rows = [weights[0]]
        for i, reach in enumerate(reaches):
            rows.append((weights[2 + 2 * i] - weights[1 + 2 * i]) / reach)
        own = theta[self.own_at]
        values, slopes, by_own, bent = self.basis(own).at(low, high, own)
        w = np.array(rows)
        by = w[:, 0] @ values + w[:, 1] @ slopes
        by[1:] *= theta[0]
        moved = np.einsum("m,mkn->kn", w[0, 0], by_own) + np.einsum("m,mkn->kn", w[0, 1], bent)
        return theta[0] * by[0], by, theta[0] * moved

    def _beside(self, theta: Array, i: int, term: Term) -> tuple[list[Laid], float]:
        """The weights a little below and above parameter ``i``, and the distance (of squares, where it is
        searched by its square)."""
        square = term.search == "square"
        value = float(theta[i]) ** 2 if square else float(theta[i])
        low, high = (term.low**2, term.high**2) if square else (term.low, term.high)
        reach = _SLOPE * max(abs(value), 1e-2 if square else 1e-6)
        ends = max(value - reach, low), min(value + reach, high)
        laid = []
        for end in ends:
            there = theta.copy()
            there[i] = np.sqrt(end) if square else end
            laid.append(_laid(*self.nodes(there)))
        return laid, ends[1] - ends[0]

    def sorted(self, theta: Array) -> Array:
        return theta


def _cells(log_tau: Array) -> tuple[Array, Array]:
    at = log_tau / STEP
    first = np.floor(at)
    return first.astype(np.intp), at - first


@dataclass(frozen=True)
class Laid:
    """Weights (2, m) of value and slope at the grid points from ``first`` on."""

    first: int
    weights: Array

    @property
    def last(self) -> int:
        return self.first + int(self.weights.shape[1]) - 1

    def between(self, low: int, high: int) -> Array:
        """The same on the points ``low`` to ``high``."""
        out = np.zeros((2, high - low + 1))
        out[:, self.first - low : self.last - low + 1] = self.weights
        return out


def _laid(log_tau: Array, share: Array) -> Laid:
    first, t = _cells(log_tau)
    low = int(first.min())
    size = int(first.max()) - low + 2
    cell = first - low
    weights = np.zeros((2, size))
    for i, (here, there) in enumerate(
        (((1 + 2 * t) * (1 - t) ** 2, t * t * (3 - 2 * t)), (t * (1 - t) ** 2, t * t * (t - 1)))
    ):
        weights[i] = np.bincount(cell, share * here, size) + np.bincount(cell + 1, share * there, size)
    some = np.flatnonzero(np.abs(weights).sum(axis=0) > _NOTHING * share.sum())
    return Laid(low + int(some[0]), weights[:, some[0] : some[-1] + 1])
