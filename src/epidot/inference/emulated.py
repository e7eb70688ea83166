"""Draws of the posterior where importance sampling failed: on an emulator, checked on true points.

A cloud of draws, half from where the model is known and half from the prior, goes to the posterior in steps
of the likelihood's power (Neal, Stat. Comput. 11 (2001) 125; moves by differences of two other draws, ter
Braak, Stat. Comput. 16 (2006) 239), which gives the evidence as well.  Then the model itself is asked at some
draws: what emulator and model disagree by says what the draws are worth; where that is too little, it learns
from them and goes again.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_ndtr

from epidot.inference.emulator import Emulator
from epidot.inference.posterior import Checked, Posterior, Student
from epidot.inference.problem import Array, Problem

CHECKS = 20  # true points, of each round
ROUNDS = 4  # at the most
_DRAWS = 800
_MOST = 700  # points that an emulator is put through
_USEFUL = 60.0  # of the deviance above the best: points worse than that say nothing of the posterior
_LEAST = 4  # points for each parameter
_GONE, _LAST = 1.0, 6.0  # variances by which draws move on at every step of the power, and after the last one
_MOVES, _MOST_MOVES = 6, 60  # for one of these variances, at the least and at the most
_COUNTED = 0.5  # of the draws must count for the next step
_WIDER = 1.5  # than what was drawn before, in standard deviations, is the cloud at first


def draws(problem: Problem, first: Posterior, seed: int) -> Posterior | None:
    """Of the posterior, ``first`` having failed; ``None`` where no emulator holds."""
    for number in range(ROUNDS):
        u, predictions = _known(problem)
        if len(u) < _LEAST * u.shape[1]:
            return None
        emulator = Emulator.through(u, predictions / _sigmas(problem))
        cloud = _cloud(problem, emulator, first, np.random.default_rng([seed, 31, number]))
        if cloud is None:
            return None
        found = _checked(problem, emulator, *cloud)
        if found.trusted:
            return found
    return None


def _sigmas(problem: Problem) -> Array:
    return np.array([d.sigma for d in problem.data])


def _known(problem: Problem) -> tuple[Array, Array]:
    """Points that the model was asked and that are any use: ``u`` (n, p), predictions (n, m); best first."""
    u, predictions = problem.known()
    deviance = problem.deviance(u)
    order = np.argsort(deviance, kind="stable")
    kept = order[deviance[order] < deviance[order[0]] + _USEFUL][:_MOST]
    return u[kept], predictions[kept]


def log_likelihood(problem: Problem, mean: Array, error: Array) -> Array:
    """Of predictions (k, m) with errors (k, m), both in standard errors of the data; as -deviance/2."""
    total = np.zeros(len(mean))
    for i, datum in enumerate(problem.data):
        z, wide = mean[:, i] - datum.value / datum.sigma, 1.0 + error[:, i] ** 2
        if datum.kind == "=":
            total -= 0.5 * (z * z / wide + np.log(wide))
        else:
            total += log_ndtr((z if datum.kind == ">=" else -z) / np.sqrt(wide))
    return total


def _log_prior(problem: Problem, u: Array) -> Array:
    inside = np.all((u >= problem.low) & (u <= problem.high), axis=1)
    return np.where(inside, -0.5 * np.sum(np.where(problem.normal, u, 0.0) ** 2, axis=1), -np.inf)


def _cloud(
    problem: Problem, emulator: Emulator, first: Posterior, rng: np.random.Generator
) -> tuple[Array, float] | None:
    """Draws (n, p) of the emulated posterior, and ln of its integral."""
    begin = _begin(problem, first)
    near = begin.draw(16 * _DRAWS, rng)
    inside = np.isfinite(_log_prior(problem, near))
    share = float(np.mean(inside))
    near = near[inside][: _DRAWS // 2]
    if len(near) < _DRAWS // 2:
        return None
    anywhere = np.where(problem.normal, rng.standard_normal(near.shape), rng.random(near.shape))
    u = np.concatenate([near, np.clip(anywhere, problem.low, problem.high)])
    constant = 0.5 * math.log(2 * math.pi) * int(problem.normal.sum())

    def gain(u: Array) -> tuple[Array, Array]:
        """ln of what the cloud is drawn from at first, and of the posterior over it."""
        prior = _log_prior(problem, u)
        start = np.logaddexp(begin.log_density(u) - math.log(share), prior - constant) - math.log(2)
        ok = np.isfinite(prior)
        more = np.full(len(u), -np.inf)
        if np.any(ok):
            more[ok] = log_likelihood(problem, *emulator(u[ok])) + prior[ok] - start[ok]
        return start, more

    start, more = gain(u)
    power, evidence = 0.0, 0.0
    while power < 1:
        step = _step(more, power)
        logs = step * more
        top = float(np.max(logs))
        weights = np.exp(logs - top)
        evidence += top + math.log(float(np.mean(weights)))
        power += step
        places = np.searchsorted(
            np.cumsum(weights / weights.sum()), (rng.random() + np.arange(_DRAWS)) / _DRAWS
        )
        chosen = np.minimum(places, _DRAWS - 1)
        u, start, more = u[chosen], start[chosen], more[chosen]
        far = _GONE if power < 1 else _LAST
        gone, moves, wide = np.zeros(u.shape[1]), 0, np.var(u, axis=0) + 1e-300
        while moves < _MOVES * far or (np.min(gone) < far and moves < _MOST_MOVES * far):
            new = _moved(u, rng)
            new_start, new_more = gain(new)
            rise = np.nan_to_num(new_start - start + power * (new_more - more), nan=-np.inf)
            taken = np.log(rng.random(_DRAWS)) < rise
            gone += np.mean(np.where(taken[:, None], new - u, 0.0) ** 2, axis=0) / wide
            u = np.where(taken[:, None], new, u)
            start, more = np.where(taken, new_start, start), np.where(taken, new_more, more)
            moves += 1
    return u, evidence


def _begin(problem: Problem, first: Posterior) -> Student:
    """About what was drawn before, wider; its weights are tempered until many count."""
    power, weights = 1.0, first.weights
    while 1 / np.sum(weights**2) < 10 * first.u.shape[1] and power > 1e-3:
        power *= 0.7
        weights = first.weights**power * (first.weights > 0)
        weights = weights / weights.sum()
    middle = weights @ first.u
    apart = first.u - middle
    spread = (apart * weights[:, None]).T @ apart + np.diag(1e-4 * problem.variance)
    return Student.of(middle, spread * _WIDER**2)


def _step(more: Array, power: float) -> float:
    """As far towards 1 as leaves enough draws that count."""

    def counted(step: float) -> float:
        weights = np.exp(step * (more - np.max(more)))
        return float(weights.sum() ** 2 / np.sum(weights**2) / len(weights))

    low, high = 0.0, 1.0 - power
    if counted(high) > _COUNTED:
        return high
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if counted(middle) > _COUNTED else (low, middle)
    return max(low, 1e-4)


def _moved(u: Array, rng: np.random.Generator) -> Array:
    """Every draw by the difference of two others; now and then by all of it, which goes between regions."""
    n, p = u.shape
    one, other = rng.integers(n, size=n), rng.integers(n, size=n)
    usual = 2.38 / math.sqrt(2 * p)
    length = rng.choice([1.0, usual, 0.4 * usual, 0.1 * usual], size=n, p=[0.1, 0.4, 0.3, 0.2])
    return np.asarray(u + length[:, None] * (u[one] - u[other]) + 1e-5 * rng.standard_normal((n, p)))


def _checked(problem: Problem, emulator: Emulator, u: Array, evidence: float) -> Posterior:
    """The draws with what they are worth: by the likelihood of the model over that of its emulator."""
    sigmas = _sigmas(problem)
    mean, error = emulator(u)
    some = np.linspace(0, len(u) - 1, CHECKS).astype(int)
    true = problem.predictions(u[some]) / sigmas
    told = log_likelihood(problem, mean[some], error[some])
    really = log_likelihood(problem, true, np.zeros_like(true))
    logs = np.where(np.isfinite(really), really, -np.inf) - told
    top = float(np.max(logs))
    if not math.isfinite(top):
        ratios = np.zeros(CHECKS)
        worth, more = 0.0, -math.inf
    else:
        ratios = np.exp(logs - top)
        worth = float(ratios.sum() ** 2 / np.sum(ratios**2) / CHECKS)
        more = top + math.log(float(np.mean(ratios)))
    off = float(np.sqrt(np.nanmean((mean[some] - true) ** 2))) if np.any(np.isfinite(true)) else math.inf
    normal = -0.5 * math.log(2 * math.pi) * int(problem.normal.sum())
    scale = -sum(math.log(d.sigma) + 0.5 * math.log(2 * math.pi) for d in problem.data if d.kind == "=")
    weights = np.full(len(u), 1 / len(u))
    log_evidence = evidence + more + normal + scale
    size = worth * len(u)
    return Posterior(u, weights, mean * sigmas, size, math.nan, log_evidence, Checked(CHECKS, off, worth))
