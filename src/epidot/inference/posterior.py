"""Draws of the posterior by importance sampling about the ends of the fit, and whether to trust them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from epidot.inference.fit import End
from epidot.inference.problem import Array, Problem
from epidot.inference.profile import Profile

DRAWS = 250  # of each of two rounds
_FREEDOM = 5.0  # of Student's distribution: tails wider than those of the posterior
_WIDER = 1.2  # than Laplace's, in standard deviations
TRUSTED_K = 0.7  # Vehtari et al. 2024: above, means of the draws do not settle
TRUSTED_SIZE = 50.0


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws ``u`` (n, p) with weights (n,) that add up to 1, and predictions (n, m).

    ``size`` is the number of independent draws they are worth, ``k`` the shape of the tail of the weights,
    ``log_evidence`` the logarithm of the mean likelihood over the prior.
    """

    u: Array
    weights: Array
    predictions: Array
    size: float
    k: float
    log_evidence: float

    @property
    def trusted(self) -> bool:
        """Whether intervals can be read off the draws."""
        return self.k < TRUSTED_K and self.size > TRUSTED_SIZE

    def quantile(self, values: Array, shares: Sequence[float]) -> Array:
        """Weighted quantiles of ``values`` (n,)."""
        order = np.argsort(values, kind="stable")
        sums = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
        return np.asarray(np.interp(shares, sums, values[order]))


@dataclass(frozen=True)
class _Student:
    """Student's distribution in p dimensions."""

    middle: Array
    root: Array  # of its scale matrix, lower triangle

    @classmethod
    def of(cls, middle: Array, covariance: Array) -> _Student:
        p = middle.size
        scale = covariance * _WIDER**2 * (_FREEDOM - 2) / _FREEDOM
        return cls(middle, np.asarray(np.linalg.cholesky(scale + 1e-10 * np.eye(p)), dtype=np.float64))

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        chi = rng.chisquare(_FREEDOM, n) / _FREEDOM
        return np.asarray(
            self.middle + (rng.standard_normal((n, self.middle.size)) / np.sqrt(chi)[:, None]) @ self.root.T
        )

    def log_density(self, u: Array) -> Array:
        p = self.middle.size
        z = np.linalg.solve(self.root, (u - self.middle).T)
        lead = gammaln((_FREEDOM + p) / 2) - gammaln(_FREEDOM / 2) - 0.5 * p * math.log(_FREEDOM * math.pi)
        wide = float(np.sum(np.log(np.diag(self.root))))
        return np.asarray(lead - wide - 0.5 * (_FREEDOM + p) * np.log1p(np.sum(z * z, axis=0) / _FREEDOM))


def sample(
    problem: Problem, ends: Sequence[End], seed: int, draws: int = DRAWS, along: Sequence[Profile] = ()
) -> Posterior:
    """Draws about all ``ends``, then as many again about what the first showed; each with its weight.

    Where profiles are known ``along`` the best end, it is drawn about the middle of their intervals, as wide
    as they are: beside a limit the slopes at the best fit see nothing of a cliff near by.  The proposal of a
    draw is the mixture of all distributions that were drawn from (Veach's balance), so that no draw can have
    an undue weight because another one than its own would have proposed it as well.
    """
    rng = np.random.default_rng([seed, 15])
    shares = np.exp(-0.5 * np.array([end.deviance - ends[0].deviance for end in ends]))
    wide = [np.linalg.slogdet(end.covariance(problem))[1] for end in ends]
    shares = shares * np.exp(0.5 * (np.array(wide) - wide[0]))
    shares = 0.1 / len(ends) + 0.9 * shares / shares.sum()
    places = [(e.u, e.covariance(problem)) for e in ends]
    places[0] = _as_profiled(*places[0], along)
    parts = [(_Student.of(*place), s) for place, s in zip(places, shares / shares.sum(), strict=True)]
    u = _drawn(parts, draws, rng)
    first = _weighed(problem, u, [(one, share) for one, share in parts])
    if first.size > u.shape[1]:
        middle = first.weights @ u
        spread = (u - middle).T @ ((u - middle) * first.weights[:, None])
        spread += np.diag(1e-4 * problem.variance)
        later = [(_Student.of(middle, spread), 0.8), *((one, 0.2 * s) for one, s in parts)]
    else:
        later = parts
    more = _drawn(later, draws, rng)
    both = [(one, 0.5 * s) for one, s in (*parts, *later)]
    return _weighed(problem, np.concatenate([u, more]), both)


def _as_profiled(middle: Array, covariance: Array, along: Sequence[Profile]) -> tuple[Array, Array]:
    """Middle and covariance (p, p) with those of parameters whose profiles have both ends."""
    middle, scale = middle.copy(), np.ones(middle.size)
    for i, one in enumerate(along):
        if one.low is not None and one.high is not None:
            middle[i] = 0.5 * (one.low + one.high)
            scale[i] = 0.5 * (one.high - one.low) / math.sqrt(covariance[i, i])
    return middle, covariance * scale[:, None] * scale


def _drawn(parts: Sequence[tuple[_Student, float]], n: int, rng: np.random.Generator) -> Array:
    which = rng.choice(len(parts), n, p=np.array([s for _, s in parts]) / sum(s for _, s in parts))
    counts = np.bincount(which, minlength=len(parts))
    return np.concatenate([one.draw(int(k), rng) for (one, _), k in zip(parts, counts, strict=True)])


def _weighed(problem: Problem, u: Array, parts: Sequence[tuple[_Student, float]]) -> Posterior:
    inside = np.all((u >= problem.low) & (u <= problem.high), axis=1)
    deviance = np.full(len(u), np.inf)
    predictions = np.full((len(u), len(problem.data)), np.nan)
    if np.any(inside):  # a draw outside the prior needs no call
        deviance[inside] = problem.deviance(u[inside])
        predictions[inside] = problem.predictions(u[inside])
    proposal = np.logaddexp.reduce([math.log(s) + one.log_density(u) for one, s in parts], axis=0)
    prior = -0.5 * math.log(2 * math.pi) * int(problem.normal.sum())  # uniform ones: 1
    scale = -sum(math.log(d.sigma) + 0.5 * math.log(2 * math.pi) for d in problem.data if d.kind == "=")
    logs = -0.5 * deviance + prior + scale - proposal
    top = float(np.max(logs))
    if not math.isfinite(top):
        equal = np.full(len(u), 1 / len(u))
        return Posterior(u, equal, predictions, 0.0, math.inf, -math.inf)
    raw = np.exp(logs - top)
    weights = raw / raw.sum()
    evidence = top + math.log(float(np.mean(raw)))
    return Posterior(u, weights, predictions, float(1 / np.sum(weights**2)), tail_shape(raw), evidence)


def tail_shape(weights: Array) -> float:
    """k of the generalised Pareto distribution of the largest weights (Zhang and Stephens 2009).

    As in Vehtari, Simpson, Gelman, Yao and Gabry, J. Mach. Learn. Res. 25 (2024) 72: of the largest
    min(n / 5, 3 sqrt n), with their weak prior towards 1/2.
    """
    known = np.sort(weights[weights > 0])
    number = int(min(0.2 * weights.size, 3 * math.sqrt(weights.size)))
    if known.size <= number + 1 or number < 5:
        return math.inf
    x = known[-number:] - known[-number - 1]
    x = x[x > 0]
    if x.size < 5:
        return -math.inf
    n = x.size
    m = 30 + int(math.sqrt(n))
    theta = 1 / x[-1] + (1 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / (3 * x[int(n / 4 + 0.5) - 1])
    k = np.mean(np.log1p(-theta[:, None] * x), axis=1)
    like = n * (np.log(-theta / k) - k - 1)
    share = 1 / np.sum(np.exp(like[None, :] - like[:, None]), axis=1)
    best = float(np.sum(theta * share))
    found = float(np.mean(np.log1p(-best * x)))
    return float((n * found + 10 * 0.5) / (n + 10))
