"""What the data leave unresolved: hints of a further term, and errors of the averages that allow for it.

Ensembles do not decay with two or three exact lifetimes.  When the data chose the number of terms,
what stayed below resolution still moves the averages by several of their formal errors.  The values are
those of the terms chosen; the errors hold what two models that were not believed make of them: the next
larger number of terms, and a small spread of ln τ about the longest term with variance s,

    D(τ) → D(τ) + ½ s ∂²D/∂(ln τ)² ,

which is linear in s, may have either sign, and holds for any narrow distribution.  It multiplies the
term's share of Σ A τ and of Σ A/τ by 1 + s/2.  One step of Fisher scoring from the optimum gives s,
its error, and the small changes of the others.

The error is what holds 68 % of the mixture of the models' normal laws (:func:`reach`), as models are averaged
by Buckland et al. (Biometrics 53, 603 (1997)).  A model weighs e^((gain − needed)/2): as much as the terms
chosen where its gain would make it be believed.  (The variance of the mixture is that of its widest model,
however unlikely that is.)

A hint of a further term is looked for in the same way: one step with the counts of a term of each
lifetime on a grid added.  (The deviance of thousands of channels is blind to a small, smooth misfit.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from epidot.instruments.tcspc.analyse import by_chance
from epidot.instruments.tcspc.estimate import Estimate, derivatives, derived, response_pull
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution

SHORTER, LONGER = 8.0, 5.0  # how far beyond the terms found a further one is looked for
PER_DECADE = 6
_STEP = 1e-3  # in ln τ
MOST_WEIGHT = 50.0  # in the logarithm: beyond it no other model counts
ONE_SIGMA = 0.6827  # of a normal law
_NARROW = 1.0  # a larger variance of ln τ is no small spread


def hint(solution: Solution) -> float:
    """The deviance that the best further term, of any lifetime, would take off."""
    model = solution.model
    _, taus, _, own = model.parts(solution.theta)
    low = max(float(taus[0]) / SHORTER, model.channel_ns * model.channels_per_bin)
    high = max(float(taus[-1]) * LONGER, 2 * low)
    taus = np.geomspace(low, high, max(4, math.ceil(PER_DECADE * math.log10(high / low))))
    columns = model.response.exponentials(np.ones_like(taus), taus, own).counts
    fit = _Known.of(solution)
    return max((step.gain for column in columns if (step := fit.step(column)) is not None), default=0.0)


@dataclass(frozen=True)
class _Step:
    """One Fisher step with a further column: ``moves`` of the free parameters and of the column's
    coefficient, the covariance of both, and the gain in deviance."""

    moves: Array
    covariance: Array
    gain: float


@dataclass(frozen=True)
class _Known:
    """What steps with different further columns have in common: the weighted derivatives, and what the
    response's own noise adds to their products."""

    solution: Solution
    weighted: Array
    information: Array
    pulled: Array | None

    @staticmethod
    def of(solution: Solution) -> _Known:
        rows = solution.by[solution.free]
        weighted = rows * solution.weight
        return _Known(solution, weighted, weighted @ rows.T, response_pull(solution, weighted))

    def step(self, column: Array) -> _Step | None:
        """``None`` where the column cannot be told from the model's own freedom."""
        solution, n = self.solution, self.weighted.shape[0]
        if solution.model.live is not None:
            column = column * solution.model.live
        last = column * solution.weight
        information = np.empty((n + 1, n + 1))
        information[:n, :n] = self.information
        information[n, :n] = information[:n, n] = self.weighted @ column
        information[n, n] = last @ column
        scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
        scaled = information * scale[:, None] * scale
        if not np.all(np.isfinite(scaled)) or np.linalg.cond(scaled) > 1e13:
            return None
        inverse = scale[:, None] * np.linalg.inv(scaled) * scale
        weighted = np.vstack((self.weighted, last))
        moves = inverse @ (weighted @ (solution.y - solution.mu))
        covariance = inverse
        if solution.trust is not None or self.pulled is not None:
            meat = (weighted * solution.mu) @ weighted.T
            its = response_pull(solution, last[None, :])
            if self.pulled is not None and its is not None:
                pulled = np.vstack((self.pulled, its))
                meat += pulled @ pulled.T
            covariance = inverse @ meat @ inverse
        # in units of what the noise of the response, too, would take off
        return _Step(moves, covariance, float(moves[-1] ** 2 / covariance[-1, -1]))


def widened(
    solution: Solution,
    estimate: Estimate,
    factor: float,
    excess: float,
    others: Sequence[tuple[Estimate, float]],
) -> Estimate:
    """``estimate`` with errors of the averages that hold what other models make of them; values stay.

    The other models are the spread and ``others``, each with its gain over ``solution`` in units of the
    ``excess`` deviance.  ``factor`` multiplies the variance where the values are only proportional to counts.
    """
    here = estimate.likeliest[-2:]
    models = [(here, estimate.sigma[-2:], 1.0)]
    found = [(other.likeliest[-2:], other.sigma[-2:], gain, 2) for other, gain in others]
    spread = _spread(solution)
    if spread is not None:
        moved, variance, gain = spread
        found.append((here + moved, np.sqrt(factor * variance), gain / excess, 1))
    for averages, sigma, gain, more in found:
        if np.all(np.isfinite(sigma)):
            models.append((averages, sigma, math.exp(min(0.5 * (gain - by_chance(more)), MOST_WEIGHT))))
    off, errors = (np.array([m[i] for m in models]) for i in (0, 1))
    weights = np.array([m[2] for m in models])
    wide = [reach(off[:, i] - here[i], errors[:, i], weights) for i in range(2)]
    return estimate.with_errors(np.maximum(estimate.sigma[-2:], wide))


def reach(distances: Array, sigmas: Array, weights: Array) -> float:
    """How far from zero 68.27 % of a mixture of normal laws (m,) end, each about its distance."""
    from scipy.special import ndtr

    share = weights / weights.sum()
    scale = np.maximum(sigmas, 1e-12 * np.max(np.abs(distances) + sigmas, initial=1e-300))
    low, high = 0.0, float(np.max(np.abs(distances) + 2 * scale))
    for _ in range(60):
        middle = 0.5 * (low + high)
        held = ndtr((middle - distances) / scale) - ndtr((-middle - distances) / scale)
        low, high = (middle, high) if float(share @ held) < ONE_SIGMA else (low, middle)
    return high


def _spread(solution: Solution) -> tuple[Array, Array, float] | None:
    """By how much a spread about the longest term moves the two averages, the variances of the averages with
    it, both (2,), and its gain in deviance; ``None`` where the data do not fix it."""
    model, terms = solution.model, solution.model.terms
    amplitudes, taus, _, own = model.parts(solution.theta)
    tau = float(taus[-1])
    up = model.response.exponential(tau * math.exp(_STEP), own)
    down = model.response.exponential(tau * math.exp(-_STEP), own)
    bent = (up.by_tau * math.exp(_STEP) - down.by_tau * math.exp(-_STEP)) * tau / (2 * _STEP)
    step = _Known.of(solution).step(0.5 * float(amplitudes[-1]) * bent)
    if step is None or abs(float(step.moves[-1])) > _NARROW:
        return None
    by = derivatives(solution.theta, terms, solution.free)[-2:, solution.free]
    slopes = np.hstack((by, np.zeros((2, 1))))
    # of Σ A/τ and Σ A τ the share of the last term grows by s/2
    counts, tau_amplitude = float(amplitudes.sum()), float(derived(solution.theta, terms)[-2])
    slopes[0, -1] = -0.5 * tau_amplitude**2 * float(amplitudes[-1]) / tau / counts
    slopes[1, -1] = 0.5 * float(amplitudes[-1]) * tau / counts
    return slopes @ step.moves, np.einsum("ki,ij,kj->k", slopes, step.covariance, slopes), step.gain
