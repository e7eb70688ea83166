"""What the data leave unresolved: hints of a further term, and averages that allow for a spread.

Ensembles do not decay with two or three exact lifetimes.  When the data chose the number of terms,
what stayed below resolution still moves the averages by several of their formal errors.  So the
longest term is given a small spread of ln τ with variance s,

    D(τ) → D(τ) + ½ s ∂²D/∂(ln τ)² ,

which is linear in s, may have either sign, and holds for any narrow distribution.  It multiplies the
term's share of Σ A τ and of Σ A/τ by 1 + s/2.  One step of Fisher scoring from the optimum gives s,
its error, and the small changes of the others.

A hint of a further term is looked for in the same way: one step with the counts of a term of each
lifetime on a grid added.  (The deviance of thousands of channels is blind to a small, smooth misfit.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from epidot.instruments.tcspc.estimate import Estimate, response_noise
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution

SHORTER, LONGER = 8.0, 5.0  # how far beyond the terms found a further one is looked for
PER_DECADE = 6
_STEP = 1e-3  # in ln τ
_NARROW = 1.0  # a larger variance of ln τ is no small spread


def hint(solution: Solution) -> float:
    """The deviance that the best further term, of any lifetime, would take off."""
    model = solution.model
    _, taus, _, own = model.parts(solution.theta)
    low = max(float(taus[0]) / SHORTER, model.channel_ns * model.channels_per_bin)
    high = max(float(taus[-1]) * LONGER, 2 * low)
    best = 0.0
    for tau in np.geomspace(low, high, max(4, math.ceil(PER_DECADE * math.log10(high / low)))):
        step = _Step.of(solution, model.response.exponential(float(tau), own).counts)
        if step is not None:
            best = max(best, step.gain)
    return best


@dataclass(frozen=True)
class _Step:
    """One Fisher step with a further column: ``moves`` of the free parameters and of the column's
    coefficient, the covariance of both, and the gain in deviance."""

    moves: Array
    covariance: Array
    gain: float

    @staticmethod
    def of(solution: Solution, column: Array) -> _Step | None:
        """``None`` where the column cannot be told from the model's own freedom."""
        model = solution.model
        if model.live is not None:
            column = column * model.live
        rows = np.vstack((solution.by[solution.free], column))
        weighted = rows * solution.weight
        information = weighted @ rows.T
        scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
        scaled = information * scale[:, None] * scale
        if not np.all(np.isfinite(scaled)) or np.linalg.cond(scaled) > 1e13:
            return None
        inverse = scale[:, None] * np.linalg.inv(scaled) * scale
        moves = inverse @ (weighted @ (solution.y - solution.mu))
        gain = float(moves[-1] ** 2 / inverse[-1, -1])
        noise = response_noise(solution, weighted)
        if solution.trust is None and noise is None:
            return _Step(moves, inverse, gain)
        meat = (weighted * solution.mu) @ weighted.T
        return _Step(moves, inverse @ (meat if noise is None else meat + noise) @ inverse, gain)


def widened(solution: Solution, estimate: Estimate, gain: float) -> Estimate:
    """``estimate`` with averages that allow for a spread, where the data fix it.

    ``gain`` multiplies the variance where the values are only proportional to counts.
    """
    terms = solution.model.terms
    amplitudes, taus, _, own = solution.model.parts(solution.theta)
    tau = float(taus[-1])
    up = solution.model.response.exponential(tau * math.exp(_STEP), own)
    down = solution.model.response.exponential(tau * math.exp(-_STEP), own)
    bent = (up.by_tau * math.exp(_STEP) - down.by_tau * math.exp(-_STEP)) * tau / (2 * _STEP)
    step = _Step.of(solution, 0.5 * float(amplitudes[-1]) * bent)
    if step is None or abs(float(step.moves[-1])) > _NARROW:
        return estimate
    theta, s = solution.theta.copy(), float(step.moves[-1])
    theta[solution.free] += step.moves[:-1]
    if np.any(theta[: 2 * terms] <= 0):
        return estimate
    slopes = np.zeros((2, step.moves.size))
    for at, k in enumerate(np.flatnonzero(solution.free)):
        if k < 2 * terms:
            move = np.zeros(theta.size)
            move[k] = 1e-6 * theta[k]
            slopes[:, at] = (_averages(theta + move, s, terms) - _averages(theta - move, s, terms)) / (
                2 * move[k]
            )
    slopes[:, -1] = (_averages(theta, s + 1e-5, terms) - _averages(theta, s - 1e-5, terms)) / 2e-5
    variance = gain * np.einsum("ki,ij,kj->k", slopes, step.covariance, slopes)
    averages = _averages(theta, s, terms)
    if np.any(averages <= 0) or not np.all(np.isfinite(variance)):
        return estimate
    return estimate.with_averages(averages, np.sqrt(np.maximum(variance, 0.0)))


def _averages(theta: Array, s: float, terms: int) -> Array:
    """tau_amplitude and tau_intensity with a spread of variance ``s`` about the last term."""
    counts, tau = theta[:terms], theta[terms : 2 * terms]
    wider = np.ones(terms)
    wider[-1] += s / 2
    light = float(counts.sum())
    return np.array(
        [light / float(np.sum(counts / tau * wider)), float(np.sum(counts * tau * wider)) / light]
    )
