"""Counts expected from a decay law that is a mixture of very many exponentials.

A response shows one exponential exactly (:mod:`.response`), and its counts are a smooth function of ln τ.
So the mixture is laid on a fixed grid of ln τ: each exponential becomes a few of the grid, by the weights of
Lagrange's polynomial through them.  At a step of 1/4 and eight points the error is below 3e-6 of a curve's
height.  What is left is a sum of about a hundred exponentials, with weights of either sign, which every
response shows at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from epidot.instruments.tcspc.laws import Law
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.response import Array
from epidot.signal.limits import Term

STEP = 0.25  # of ln τ between grid points
_POINTS = 8  # of the grid by which one lifetime is given
_FAR = 14.0  # e-folds of the window beyond which a lifetime no longer changes the curve
_NOTHING = 1e-9  # share of the photons below which a grid point is left out
_SLOPE = 1e-4  # relative change of a parameter for its derivative


@dataclass(frozen=True)
class Mixture(Model):
    """A :class:`.Model` whose emission follows ``law``: its ``counts`` and the parameters ``shape``."""

    law: Law = field(kw_only=True)
    shape: tuple[Term, ...] = field(kw_only=True)

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

    def light(self, theta: Array) -> tuple[Array, list[Array], Array]:
        laid = [_laid(*self.nodes(theta))]
        reaches = []
        for i, term in enumerate(self.shape, start=1):
            ends, reach = self._beside(theta, i, term)
            laid += ends
            reaches.append(reach)
        low, high = min(one.first for one in laid), max(one.last for one in laid)
        weights = [one.between(low, high) for one in laid]
        rows = [weights[0]]
        for i, reach in enumerate(reaches):
            rows.append((weights[2 + 2 * i] - weights[1 + 2 * i]) / reach)
        taus = np.exp(STEP * np.arange(low, high + 1))
        by, by_own = self.response.mixture(taus, np.array(rows), theta[self.own_at])
        by[1:] *= theta[0]
        return theta[0] * by[0], [by], theta[0] * by_own

    def counts(self, theta: Array) -> Array:
        return self.expected(theta)[0]

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
    """Weights (m,) of the grid points from ``first`` on."""

    first: int
    weights: Array

    @property
    def last(self) -> int:
        return self.first + self.weights.size - 1

    def between(self, low: int, high: int) -> Array:
        """The same on the points ``low`` to ``high``."""
        out = np.zeros(high - low + 1)
        out[self.first - low : self.last - low + 1] = self.weights
        return out


def _laid(log_tau: Array, share: Array) -> Laid:
    first, part = _cells(log_tau)
    first = first - (_POINTS // 2 - 1)
    low = int(first.min())
    size = int(first.max()) - low + _POINTS
    # Lagrange's polynomials from the products of all distances before and behind each point
    off = part + (_POINTS // 2 - 1) - np.arange(_POINTS)[:, None]
    before, behind = np.ones_like(off), np.ones_like(off)
    np.cumprod(off[:-1], axis=0, out=before[1:])
    np.cumprod(off[:0:-1], axis=0, out=behind[-2::-1])
    weights = np.zeros(size)
    for i in range(_POINTS):
        norm = math.factorial(i) * math.factorial(_POINTS - 1 - i) * (-1) ** (_POINTS - 1 - i)
        weights += np.bincount(first - low + i, share * before[i] * behind[i] / norm, size)
    some = np.flatnonzero(np.abs(weights) > _NOTHING * share.sum())
    return Laid(low + int(some[0]), weights[some[0] : some[-1] + 1])
