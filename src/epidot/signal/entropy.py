"""A distribution of maximum entropy: the smoothest one that the readings allow, and its resolution.

    maximise  ln L(f) + α S(f),   S = Σ f_j − m_j − f_j ln(f_j/m_j),

f_j the part of the signal that has the value x_j (a lifetime, a diffusion coefficient), even in ln x, m the
flat distribution, ln L the likelihood of counts or of readings of known error, with a background b ≥ 0. α
is where the entropy takes as many degrees of freedom as the readings fix, −2αS = Σ λ/(α + λ) with the
eigenvalues λ of the information in units of f (Gull, in Maximum Entropy and Bayesian Methods, 53 (1989)). α
blurs what there is: the same analysis of two sharp values with as much signal shows from which distance on
they come out as two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from epidot.errors import WorkError
from epidot.signal.poisson import deviance

Array = NDArray[np.float64]

STEP = 0.1  # of ln x
ALIKE = 0.2  # share of the signal of a maximum that stands for one of two equal ones
LEAST = 0.03  # share of the signal from which a maximum is named
_MOST = 200  # steps of one search


@dataclass(frozen=True)
class Readings:
    """``y`` (n,) and how much each is trusted (n,); of known error ``sigma`` (n,), or counts (``None``).

    ``total`` is the whole signal that is shared out.
    """

    y: Array
    total: float
    sigma: Array | None = None
    trust: Array | None = None

    @property
    def _weight(self) -> Array:
        return np.ones(self.y.size) if self.trust is None else self.trust

    def misfit(self, mu: Array) -> float:
        """Twice the negative logarithm of the likelihood of ``mu`` (n,), but for a constant."""
        if self.sigma is None:
            return float(self._weight @ deviance(self.y, np.maximum(mu, 1e-12)))
        return float(self._weight @ ((self.y - mu) / self.sigma) ** 2)

    def pull(self, mu: Array) -> Array:
        """Derivative of the logarithm of the likelihood in ``mu``, shape (n,)."""
        by = (self.y / mu - 1) if self.sigma is None else (self.y - mu) / self.sigma**2
        return np.asarray(self._weight * by)

    def information(self, mu: Array) -> Array:
        """What each reading tells of ``mu``, shape (n,)."""
        return np.asarray(self._weight / (mu if self.sigma is None else self.sigma**2))


@dataclass(frozen=True)
class Peak:
    """A maximum: where its signal lies (mean of ln x), its share, its ends at half of its height."""

    place: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Distribution:
    """Parts of the signal (m,) of the values ``grid`` (m,); ``resolution`` is the factor between two values
    from which they are told apart; ``expected`` are the readings (n,)."""

    grid: Array
    parts: Array
    background: float
    alpha: float
    expected: Array
    peaks: tuple[Peak, ...]
    resolution: float


def distribution(readings: Readings, grid: Array, columns: Array, flat: Array) -> Distribution:
    """Of ``readings``: ``columns`` (m, n) is what a unit of signal of each value of ``grid`` (m,) would show,
    ``grid`` even in ln x, ``flat`` (n,) a background of one.

    Raises
    ------
    WorkError
        If no α settles.
    """
    a = np.vstack((columns, flat))
    alpha, f = _settled(readings, a)
    mu = f @ a
    parts = f[:-1]
    far = _resolution(readings, grid, f, a, alpha)
    return Distribution(grid, parts, float(f[-1]), alpha, mu, _peaks(grid, parts), far)


def _resolution(readings: Readings, grid: Array, f: Array, a: Array, alpha: float) -> float:
    """The factor between two equal sharp values about the mean from which they come out as two maxima."""
    parts = f[:-1]
    at = round(float(parts @ np.arange(grid.size) / parts.sum()))
    start = f
    for k in range(1, grid.size // 2):
        low, high = max(at - k, 0), min(at + k, grid.size - 1)
        two = np.zeros(grid.size)
        two[[low, high]] = parts.sum() / 2
        start = _searched(replace(readings, y=np.append(two, f[-1]) @ a), a, alpha, start)
        if sum(peak.share > ALIKE for peak in _peaks(grid, start[:-1])) > 1:
            return float(grid[high] / grid[low])
    return math.inf


def _settled(readings: Readings, a: Array) -> tuple[float, Array]:
    """α of the classic criterion, and signal and background there."""
    total = readings.total
    m = total / (a.shape[0] - 1)
    f = np.append(np.full(a.shape[0] - 1, 0.9 * m), 0.1 * total / max(float(a[-1].sum()), 1e-300))
    low, high = None, None
    log_alpha = math.log(10.0)
    for _ in range(40):
        alpha = math.exp(log_alpha)
        f = _searched(readings, a, alpha, f)
        p = f[:-1]
        entropy = float(np.sum(p - m - p * np.log(p / m)))
        rows = a[:-1] * np.sqrt(p)[:, None]
        values = np.maximum(np.linalg.eigvalsh((rows * readings.information(f @ a)) @ rows.T), 0.0)
        off = math.log(
            max(-2 * alpha * entropy, 1e-12) / max(float(np.sum(values / (alpha + values))), 1e-12)
        )
        if abs(off) < 0.02:
            return alpha, f
        if off > 0:  # more structure is paid for than the readings fix: less weight to the entropy
            high = log_alpha
        else:
            low = log_alpha
        if low is not None and high is not None:
            log_alpha = 0.5 * (low + high)
            if abs(high - low) < 1e-3:
                return alpha, f
        else:
            log_alpha += -1.0 if off > 0 else 1.0
    raise WorkError("the distribution does not settle: no weight of its entropy fits the readings")


def _searched(readings: Readings, a: Array, alpha: float, start: Array) -> Array:
    """Signal and background (m + 1,) of the maximum at ``alpha``: damped Newton steps in logarithms."""
    m = readings.total / (a.shape[0] - 1)

    def value(f: Array) -> float:
        p = f[:-1]
        entropy = float(np.sum(p - m - p * np.log(p / m)))
        return -0.5 * readings.misfit(f @ a) + alpha * entropy

    f, damping = np.maximum(start, 1e-9 * m), 1e-3
    now = value(f)
    for _ in range(_MOST):
        mu = np.maximum(f @ a, 1e-12)
        slope = f * (a @ readings.pull(mu))
        slope[:-1] -= alpha * f[:-1] * np.log(f[:-1] / m)
        rows = a * f[:, None]
        curved = (rows * readings.information(mu)) @ rows.T
        curved[np.diag_indices_from(curved)] += np.append(alpha * f[:-1], 0.0)
        size = np.diag(curved).copy()
        gained = 0.0
        while damping < 1e12:
            move = np.linalg.solve(curved + np.diag(damping * size + 1e-12 * size.max()), slope)
            there = np.maximum(f * np.exp(np.clip(move, -2, 2)), 1e-12 * m)
            gained = value(there) - now
            if gained >= 0:
                break
            damping *= 8
        else:
            break
        f, now, damping = there, now + gained, max(damping / 8, 1e-9)
        if gained < 1e-6:
            break
    return np.asarray(f)


def _half(x: Array, y: Array, at: int) -> tuple[float, float]:
    """Where ``y`` falls to half of ``y[at]`` on both sides, by linear interpolation."""
    ends = []
    for side in (-1, 1):
        i = at
        while 0 <= i + side < y.size and y[i + side] > y[at] / 2:
            i += side
        beyond = i + side
        if not 0 <= beyond < y.size:
            ends.append(float(x[i]))
            continue
        ends.append(float(x[i] + (x[beyond] - x[i]) * (y[i] - y[at] / 2) / max(y[i] - y[beyond], 1e-300)))
    return ends[0], ends[1]


def _peaks(grid: Array, parts: Array) -> tuple[Peak, ...]:
    """Every maximum with at least :data:`LEAST` of the signal, between the minima beside it."""
    inner = np.flatnonzero((parts[1:-1] <= parts[:-2]) & (parts[1:-1] < parts[2:])) + 1
    edges = [0, *inner.tolist(), grid.size]
    log_x, out = np.log(grid), []
    for first, last in pairwise(edges):
        some = parts[first:last]
        share = float(some.sum() / parts.sum())
        if share < LEAST:
            continue
        low, high = _half(log_x[first:last], some, int(np.argmax(some)))
        centre = float(some @ log_x[first:last] / some.sum())
        out.append(Peak(math.exp(centre), share, math.exp(low), math.exp(high)))
    return tuple(out)
