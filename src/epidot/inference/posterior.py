"""Draws of the posterior by importance sampling about the ends of the fit, and whether to trust them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from epidot.inference.fit import End
from epidot.inference.problem import Array, Problem
from epidot.inference.profile import Profile

DRAWS = 250  # of each round
LEAST_ROUNDS, ROUNDS = 2, 6
_ENOUGH = 4.0  # draws for each parameter that should count where the next round learns from them
_KERNELS = 12  # draws about which the next round goes on
_NARROWER = 0.6  # than all of it, in standard deviations
_FREEDOM = 5.0  # of Student's distribution: tails wider than those of the posterior
_WIDER = 1.2  # than Laplace's, in standard deviations
TRUSTED_K = 0.7  # Vehtari et al. 2024: above, means of the draws do not settle
TRUSTED_SIZE = 50.0
TRUSTED_WORTH = 0.7  # of the draws on an emulator


@dataclass(frozen=True)
class Checked:
    """An emulator held against true points: how many, by how many standard errors of the data predictions
    were off (root mean square), and which share of its draws would count were they weighed by the model.
    """

    points: int
    off: float
    worth: float

    @property
    def holds(self) -> bool:
        """Whether its draws can stand for those of the model."""
        return self.worth > TRUSTED_WORTH


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws ``u`` (n, p) with weights (n,) that add up to 1, and predictions (n, m).

    ``size`` is the number of independent draws they are worth, ``k`` the shape of the tail of the weights,
    ``log_evidence`` the logarithm of the mean likelihood over the prior.  Draws on an emulator have no
    weights to tell them by and are ``checked``.
    """

    u: Array
    weights: Array
    predictions: Array
    size: float
    k: float
    log_evidence: float
    checked: Checked | None = None

    @property
    def trusted(self) -> bool:
        """Whether intervals can be read off the draws."""
        if self.checked is not None:
            return self.checked.holds
        return self.k < TRUSTED_K and self.size > TRUSTED_SIZE

    @property
    def origin(self) -> str:
        """What they were drawn on, if not on the model itself."""
        return "" if self.checked is None else "on an emulator, "

    def within(self) -> Posterior:
        """Without the draws that have no weight, as those outside the priors; all else is the same."""
        kept = self.weights > 0
        if not np.any(kept) or math.isinf(self.k):
            return self
        return replace(self, u=self.u[kept], weights=self.weights[kept], predictions=self.predictions[kept])

    def quantile(self, values: Array, shares: Sequence[float]) -> Array:
        """Weighted quantiles of ``values`` (n,)."""
        order = np.argsort(values, kind="stable")
        sums = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
        return np.asarray(np.interp(shares, sums, values[order]))


@dataclass(frozen=True)
class Student:
    """Student's distribution in p dimensions."""

    middle: Array
    root: Array  # of its scale matrix, lower triangle

    @classmethod
    def of(cls, middle: Array, covariance: Array) -> Student:
        """A little wider than ``covariance`` (p, p)."""
        p = middle.size
        scale = covariance * _WIDER**2 * (_FREEDOM - 2) / _FREEDOM
        return cls(middle, np.asarray(np.linalg.cholesky(scale + 1e-10 * np.eye(p)), dtype=np.float64))

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """``n`` draws (n, p)."""
        chi = rng.chisquare(_FREEDOM, n) / _FREEDOM
        return np.asarray(
            self.middle + (rng.standard_normal((n, self.middle.size)) / np.sqrt(chi)[:, None]) @ self.root.T
        )

    def log_density(self, u: Array) -> Array:
        """ln of the density (n,)."""
        p = self.middle.size
        z = np.linalg.solve(self.root, (u - self.middle).T)
        lead = gammaln((_FREEDOM + p) / 2) - gammaln(_FREEDOM / 2) - 0.5 * p * math.log(_FREEDOM * math.pi)
        wide = float(np.sum(np.log(np.diag(self.root))))
        return np.asarray(lead - wide - 0.5 * (_FREEDOM + p) * np.log1p(np.sum(z * z, axis=0) / _FREEDOM))


def sample(
    problem: Problem,
    ends: Sequence[End],
    seed: int,
    draws: int = DRAWS,
    along: Sequence[Profile] = (),
    rounds: int = ROUNDS,
) -> Posterior:
    """Draws about all ``ends``, then as many again about what those before showed, until they can be trusted.

    Where profiles are known ``along`` the best end, it is drawn about the middle of their intervals, as wide
    as they are: beside a limit the slopes at the best fit see nothing of a cliff near by.  The proposal of a
    draw is the mixture of all distributions that were drawn from (Veach's balance), so that no draw can have
    an undue weight because another one than its own would have proposed it as well.  There are two rounds at
    the least and ``rounds`` at the most; ``draws`` of each lie within the priors and so need a call.
    """
    rng = np.random.default_rng([seed, 15])
    shares = np.exp(-0.5 * np.array([end.deviance - ends[0].deviance for end in ends]))
    wide = [np.linalg.slogdet(end.covariance(problem))[1] for end in ends]
    shares = shares * np.exp(0.5 * (np.array(wide) - wide[0]))
    shares = 0.1 / len(ends) + 0.9 * shares / shares.sum()
    places = [(e.u, e.covariance(problem)) for e in ends]
    places[0] = _as_profiled(*places[0], along)
    first = [(Student.of(*place), s) for place, s in zip(places, shares / shares.sum(), strict=True)]
    parts, gone = first, [first]
    u = _drawn(problem, parts, draws, rng)
    sizes = [len(u)]
    found = _weighed(problem, u, parts)
    while len(gone) < LEAST_ROUNDS or (not found.trusted and len(gone) < rounds):
        parts = [*_learnt(problem, found), *((one, 0.2 * s) for one, s in first)]
        more = _drawn(problem, parts, draws, rng)
        u, sizes, gone = np.concatenate([u, more]), [*sizes, len(more)], [*gone, parts]
        every = [(one, s * n / len(u)) for part, n in zip(gone, sizes, strict=True) for one, s in part]
        found = _weighed(problem, u, every)
    return found.within()


def at_most(draws: int) -> int:
    """Rounds that may be taken: of few draws only two, for more of them would hardly be trusted either."""
    return ROUNDS if draws >= TRUSTED_SIZE else 2


def _learnt(problem: Problem, found: Posterior) -> list[tuple[Student, float]]:
    """Where to draw next: about the mean of what was found, and about some draws, narrower (West 1993).

    Where few draws carry all weight, weights are tempered until enough of them count.
    """
    n, p = found.u.shape
    enough = min(_ENOUGH * p, 0.5 * np.count_nonzero(found.weights))
    power = 1.0
    weights = found.weights
    while 1 / np.sum(weights**2) < enough and power > 1e-3:
        power *= 0.7
        weights = np.where(found.weights > 0, found.weights, 0.0) ** power * (found.weights > 0)
        weights = weights / weights.sum()
    middle = weights @ found.u
    spread = (found.u - middle).T @ ((found.u - middle) * weights[:, None]) + np.diag(1e-4 * problem.variance)
    marks = (np.arange(_KERNELS) + 0.5) / _KERNELS
    chosen = found.u[np.minimum(np.searchsorted(np.cumsum(weights), marks), n - 1)]
    shrunk = math.sqrt(1 - _NARROWER**2) * (chosen - middle) + middle
    narrow = [(Student.of(centre, spread * _NARROWER**2), 0.4 / _KERNELS) for centre in shrunk]
    return [(Student.of(middle, spread), 0.4), *narrow]


def _as_profiled(middle: Array, covariance: Array, along: Sequence[Profile]) -> tuple[Array, Array]:
    """Middle and covariance (p, p) with those of parameters whose profiles have both ends."""
    middle, scale = middle.copy(), np.ones(middle.size)
    for i, one in enumerate(along):
        if one.low is not None and one.high is not None:
            middle[i] = 0.5 * (one.low + one.high)
            scale[i] = 0.5 * (one.high - one.low) / math.sqrt(covariance[i, i])
    return middle, covariance * scale[:, None] * scale


def _drawn(
    problem: Problem, parts: Sequence[tuple[Student, float]], wanted: int, rng: np.random.Generator
) -> Array:
    """So many draws that ``wanted`` lie within the priors, as far as 16 times as many suffice."""
    out: list[Array] = []
    inside = 0
    while inside < wanted and len(out) < 16:
        share = max(inside / (wanted * len(out)), 1 / 16) if out else 1.0
        more = _mixed(parts, min(wanted, math.ceil((wanted - inside) / share)), rng)
        inside += int(np.sum(np.all((more >= problem.low) & (more <= problem.high), axis=1)))
        out.append(more)
    return np.concatenate(out)


def _mixed(parts: Sequence[tuple[Student, float]], n: int, rng: np.random.Generator) -> Array:
    which = rng.choice(len(parts), n, p=np.array([s for _, s in parts]) / sum(s for _, s in parts))
    counts = np.bincount(which, minlength=len(parts))
    return np.concatenate([one.draw(int(k), rng) for (one, _), k in zip(parts, counts, strict=True)])


def _weighed(problem: Problem, u: Array, parts: Sequence[tuple[Student, float]]) -> Posterior:
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
