"""What one amount, or a limit it fell below, says about the true amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.etch.profile import Readings

Array = NDArray[np.float64]
_POINTS = 1500


@dataclass(frozen=True)
class Belief:
    """Densities of the true amounts, shape (rounds, points), on a grid of amounts / nmol.

    Flat for all amounts from zero up before the reading; a censored reading says only that the noisy
    amount stayed below the limit.
    """

    grid: Array
    density: Array

    @property
    def mean(self) -> Array:
        return np.asarray(self._weights() @ self.grid)

    @property
    def sd(self) -> Array:
        return np.asarray(np.sqrt(np.maximum(self._weights() @ self.grid**2 - self.mean**2, 0.0)))

    def upper(self, level: float = 0.95) -> Array:
        """The amount that the true one lies below with probability ``level``, shape (rounds,)."""
        cumulated = np.cumsum(self._weights(), axis=1)
        return np.array([float(np.interp(level, row, self.grid)) for row in cumulated])

    def largest(self) -> Array:
        """Probability of each round to hold the most, shape (rounds,)."""
        weights = self._weights()
        below = np.cumsum(weights, axis=1) - weights / 2
        n = weights.shape[0]
        out = np.empty(n)
        for i in range(n):
            others = np.prod(below[np.arange(n) != i], axis=0)
            out[i] = float(np.sum(weights[i] * others))
        return np.asarray(out / out.sum())

    def _weights(self) -> Array:
        return np.asarray(self.density / self.density.sum(axis=1, keepdims=True))


def belief(readings: Readings) -> Belief:
    """The densities for all rounds on one grid, fine near zero, that covers every reading."""
    from scipy.special import ndtr

    high = float(np.max(readings.nmol + 8 * readings.sigma))
    high = max(high, 4 * readings.limit, 1e-12)
    least = max(readings.floor / 30, high * 1e-7)
    # Equal steps of asinh: linear below the noise of the blank, logarithmic above it.
    grid = least * np.sinh(np.linspace(0, np.arcsinh(high / least), _POINTS))
    step = np.gradient(grid)
    out = np.empty((readings.nmol.size, grid.size))
    for i, (y, below) in enumerate(zip(readings.nmol, readings.censored, strict=True)):
        spread = readings.spread(grid)
        if not below and readings.given is not None and np.isfinite(readings.given[i]):
            spread = np.full(grid.size, readings.given[i])
        spread = np.maximum(spread, least)
        z = (y - grid) / spread
        out[i] = (ndtr(z) if below else np.exp(-0.5 * z**2) / spread) * step
        if not out[i].sum() > 0:  # narrower than the grid: all on the nearest point
            out[i, int(np.argmin(np.abs(grid - y)))] = 1.0
    return Belief(grid, out)
