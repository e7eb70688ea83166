"""Both averages of a decay under several models at once: a mixture of normal laws, and how far it reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from epidot.instruments.tcspc.response import Array

LEVELS = ((0.6827, 1.0), (0.9545, 2.0))  # share of a normal law, and within how many standard errors
ALL = 0.9973  # share that has to lie within half of an average for it to be stated


@dataclass(frozen=True)
class Mixture:
    """Normal laws of both averages: ``averages`` and ``sigma`` (m, 2) / ns, and their ``weight`` (m,)."""

    averages: Array
    sigma: Array
    weight: Array

    def joined(self, other: Mixture) -> Mixture:
        """Both together."""
        pairs = ((self.averages, other.averages), (self.sigma, other.sigma), (self.weight, other.weight))
        return Mixture(*(np.concatenate(pair) for pair in pairs))

    def known(self) -> Mixture:
        """What is a number of it."""
        good = np.isfinite(self.weight) & np.isfinite(self.averages + self.sigma).all(axis=1)
        return Mixture(self.averages[good], self.sigma[good], self.weight[good])

    def errors(self, averages: Array) -> Array:
        """Standard errors (2,) about ``averages`` that hold their share of the mixture."""
        return np.asarray(np.max([self.reach(averages, share) / n for share, n in LEVELS], axis=0))

    def reach(self, averages: Array, share: float) -> Array:
        """How far (2,) from ``averages`` that share of the mixture ends."""
        off, sigma = self.averages - averages, np.maximum(self.sigma, 1e-12 * averages)
        return np.array([reach(off[:, i], sigma[:, i], self.weight, share) for i in (0, 1)])


def alone(averages: Array, sigma: Array, weight: float = 1.0) -> Mixture:
    """One normal law (2,)."""
    return Mixture(averages[None, :], sigma[None, :], np.array([weight]))


def reach(off: Array, sigma: Array, weight: Array, level: float) -> float:
    """How far from zero the share ``level`` of the laws about ``off`` (m,) ends."""
    from scipy.special import ndtr

    share = weight / weight.sum()
    low, high = 0.0, float(np.max(np.abs(off) + 4 * sigma))
    for _ in range(40):
        middle = 0.5 * (low + high)
        held = ndtr((middle - off) / sigma) - ndtr((-middle - off) / sigma)
        low, high = (middle, high) if float(share @ held) < level else (low, middle)
    return high
