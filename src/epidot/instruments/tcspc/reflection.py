"""A response that comes twice: light reflected on its way, or an echo in a cable.

    g(t) → g(t) + r g(t − d)

with the delay d = ``reflection_ns`` and the share r = ``reflected`` of what comes at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.response import Array, Response, Shown, alone
from epidot.instruments.tcspc.solve import Solution, solve
from epidot.signal.convolution import convolved

CLOSEST = 2  # bins: a nearer copy cannot be told from a wider response
APART = 10  # bins between two starts
STARTS = 3
FAINT = 1e-6  # share of the most light, below which the transform's rounding stands for it


@dataclass(frozen=True)
class ReflectedResponse:
    """``direct``, whose first own parameter is a time, and a delayed copy of it."""

    direct: Response

    @property
    def own(self) -> tuple[str, ...]:
        return (*self.direct.own, "reflection_ns", "reflected")

    @property
    def edges(self) -> Array:
        return self.direct.edges

    def coarser(self, factor: int) -> ReflectedResponse:
        return ReflectedResponse(self.direct.coarser(factor))

    def exponential(self, tau: float, own: Array) -> Shown:
        return alone(self, tau, own)

    def exponentials(self, amplitudes: Array, taus: Array, own: Array) -> Shown:
        first, later = (self.direct.exponentials(amplitudes, taus, one) for one in self._own(own))
        return _together(first, later, float(own[-1]), amplitudes @ later.counts)

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        first, later = self._own(own)
        counts, by_own = self.direct.mixture(taus, weights, first)
        copies, by_later = self.direct.mixture(taus, weights, later)
        share = float(own[-1])
        by = np.vstack((by_own + share * by_later, share * by_later[:1], copies[:1]))
        return counts + share * copies, by

    def scatter(self, own: Array) -> Shown:
        first, later = (self.direct.scatter(one) for one in self._own(own))
        return _together(first, later, float(own[-1]), later.counts)

    def _own(self, own: Array) -> tuple[Array, Array]:
        later = own[:-2].copy()
        later[0] += own[-2]
        return own[:-2], later


def _together(first: Shown, later: Shown, share: float, reflected: Array) -> Shown:
    return Shown(
        first.counts + share * later.counts,
        first.by_tau + share * later.by_tau,
        np.vstack((first.by_own + share * later.by_own, share * later.by_own[:1], reflected)),
    )


def with_reflection(found: Solution) -> Solution | None:
    """The fit of ``found`` with a reflection, from the delays at which its light fits the residuals best.

    ``None`` where no delay does, or the fit leads nowhere.
    """
    model, weight, off = found.model, found.weight, found.y - found.mu
    shape = found.mu - found.mu.min()
    # of the light k bins later, what the residuals ask for and how well they know it
    asked = convolved(weight * off, shape[::-1])[shape.size - 1 :]
    known = convolved(weight, shape[::-1] ** 2)[shape.size - 1 :]
    known = np.maximum(known, FAINT * float(known.max()))
    gain = np.where(asked > 0, asked**2 / known, 0.0)
    gain[: CLOSEST + 1] = 0.0
    gain[gain.size // 2 :] = 0.0
    reflected = replace(model, response=ReflectedResponse(model.response))
    width = float(model.response.edges[1] - model.response.edges[0])
    starts = []
    for k in _peaks(gain):
        share = min(float(asked[k] / known[k]), 0.5)
        starts.append(np.array([*found.theta, k * width, share]))
    if not starts:
        return None
    try:
        return solve(found.y, reflected, starts, found.trust)
    except WorkError:
        return None


def _peaks(gain: Array) -> list[int]:
    """Where ``gain`` is largest, a few places that are not neighbours."""
    left, out = gain.copy(), []
    for _ in range(STARTS):
        k = int(np.argmax(left))
        if left[k] <= 0:
            break
        out.append(k)
        left[max(0, k - APART) : k + APART + 1] = 0.0
    return out
