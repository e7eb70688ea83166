"""Distribution of lifetimes of maximum entropy: the smoothest one that the counts allow, and its resolution.

    maximise  ln L(f) + α S(f),   S = Σ f_j − m_j − f_j ln(f_j/m_j),

f_j the photons of lifetime τ_j on an even grid of ln τ, m the flat distribution, ln L the Poisson
likelihood with a background b ≥ 0.  α is where the entropy takes as many degrees of freedom as the counts
fix, −2αS = Σ λ/(α + λ) with the eigenvalues λ of the information in units of f (Gull, in Maximum Entropy
and Bayesian Methods, 53 (1989)).  α blurs what there is: the same analysis of two sharp lifetimes with as
many photons shows from which distance on they come out as two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.response import Array
from epidot.signal.poisson import deviance

STEP = 0.1  # of ln τ
ALIKE = 0.2  # share of the photons of a maximum that stands for one of two equal ones
LEAST = 0.03  # share of the photons from which a maximum is named
_MOST = 200  # steps of one search


@dataclass(frozen=True)
class Peak:
    """A maximum: where its photons lie (mean of ln τ), their share, its ends at half of its height, in ns."""

    tau_ns: float
    share: float
    low_ns: float
    high_ns: float


@dataclass(frozen=True)
class Distribution:
    """Photons (m,) of lifetimes (m,) in ns; ``resolution`` is the factor between two lifetimes from which
    they are told apart; ``expected`` are the counts (n,)."""

    taus: Array
    photons: Array
    background: float
    alpha: float
    expected: Array
    peaks: tuple[Peak, ...]
    resolution: float


def distribution(
    y: Array, taus: Array, columns: Array, per_channel: Array, trust: Array | None
) -> Distribution:
    """Of counts ``y`` (n,): ``columns`` (m, n) are the counts of one photon of each lifetime ``taus`` (m,),
    on an even grid of ln τ, ``per_channel`` (n,) those of a background of one.

    Raises
    ------
    WorkError
        If no α settles.
    """
    weight = np.ones(y.size) if trust is None else trust
    a = np.vstack((columns, per_channel))
    total = max(float(y.sum()), 1.0)
    alpha, f = _settled(y, a, weight, total)
    mu = f @ a
    photons = f[:-1]
    return Distribution(
        taus,
        photons,
        float(f[-1]),
        alpha,
        mu,
        _peaks(taus, photons),
        _resolution(taus, f, a, weight, total, alpha),
    )


def _resolution(taus: Array, f: Array, a: Array, weight: Array, total: float, alpha: float) -> float:
    """The factor between two equal sharp lifetimes about the mean from which they come out as two maxima."""
    photons = f[:-1]
    at = round(float(photons @ np.arange(taus.size) / photons.sum()))
    start = f
    for k in range(1, taus.size // 2):
        low, high = max(at - k, 0), min(at + k, taus.size - 1)
        two = np.zeros(taus.size)
        two[[low, high]] = photons.sum() / 2
        start = _searched(np.append(two, f[-1]) @ a, a, weight, total, alpha, start)
        if sum(peak.share > ALIKE for peak in _peaks(taus, start[:-1])) > 1:
            return float(taus[high] / taus[low])
    return math.inf


def _settled(y: Array, a: Array, weight: Array, total: float) -> tuple[float, Array]:
    """α of the classic criterion, and photons and background there."""
    m = total / (a.shape[0] - 1)
    f = np.append(np.full(a.shape[0] - 1, 0.9 * m), 0.1 * total / max(float(a[-1].sum()), 1e-300))
    low, high = None, None
    log_alpha = math.log(10.0)
    for _ in range(40):
        alpha = math.exp(log_alpha)
        f = _searched(y, a, weight, total, alpha, f)
        p = f[:-1]
        entropy = float(np.sum(p - m - p * np.log(p / m)))
        mu = f @ a
        rows = a[:-1] * np.sqrt(p)[:, None]
        values = np.maximum(np.linalg.eigvalsh((rows * (weight / mu)) @ rows.T), 0.0)
        off = math.log(
            max(-2 * alpha * entropy, 1e-12) / max(float(np.sum(values / (alpha + values))), 1e-12)
        )
        if abs(off) < 0.02:
            return alpha, f
        if off > 0:  # more structure is paid for than the counts fix: less weight to the entropy
            high = log_alpha
        else:
            low = log_alpha
        if low is not None and high is not None:
            log_alpha = 0.5 * (low + high)
            if abs(high - low) < 1e-3:
                return alpha, f
        else:
            log_alpha += -1.0 if off > 0 else 1.0
    raise WorkError("the distribution of lifetimes does not settle: no weight of its entropy fits the counts")


def _searched(y: Array, a: Array, weight: Array, total: float, alpha: float, start: Array) -> Array:
    """Photons and background (m + 1,) of the maximum at ``alpha``: damped Newton steps in logarithms."""
    m = total / (a.shape[0] - 1)

    def value(f: Array) -> float:
        p = f[:-1]
        entropy = float(np.sum(p - m - p * np.log(p / m)))
        return -0.5 * float(weight @ deviance(y, np.maximum(f @ a, 1e-12))) + alpha * entropy

    f, damping = np.maximum(start, 1e-9 * m), 1e-3
    now = value(f)
    for _ in range(_MOST):
        mu = np.maximum(f @ a, 1e-12)
        slope = f * (a @ (weight * (y / mu - 1)))
        slope[:-1] -= alpha * f[:-1] * np.log(f[:-1] / m)
        rows = a * f[:, None]
        curved = (rows * (weight / mu)) @ rows.T
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


def _peaks(taus: Array, photons: Array) -> tuple[Peak, ...]:
    """Every maximum with at least :data:`LEAST` of the photons, between the minima beside it."""
    inner = np.flatnonzero((photons[1:-1] <= photons[:-2]) & (photons[1:-1] < photons[2:])) + 1
    edges = [0, *inner.tolist(), taus.size]
    log_tau, out = np.log(taus), []
    for first, last in pairwise(edges):
        some = photons[first:last]
        share = float(some.sum() / photons.sum())
        if share < LEAST:
            continue
        low, high = _half(log_tau[first:last], some, int(np.argmax(some)))
        centre = float(some @ log_tau[first:last] / some.sum())
        out.append(Peak(math.exp(centre), share, math.exp(low), math.exp(high)))
    return tuple(out)
