"""Least squares from several starts at once, for models of which every call counts.

All starts go on together, so that all workers have something to do: of each, the derivatives and then two
steps (Levenberg and Marquardt's, a bold one and a shy one) are asked in one batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.inference.problem import Array, Problem

STEP = 0.02  # of a prior's size: of the differences that stand for derivatives
STEPS = 12  # of one search, at the most
_SETTLED = 0.02  # of the deviance: a step that gains less ends the search
_LONGEST = 0.5  # of a prior's size, of one step
_SHY = 30.0  # the damping of the shy step, over that of the bold one
_SAME = 0.5  # standard deviations: ends that are nearer than this are one
_WORTH = 12.0  # of the deviance: an end that is worse by more has no part in anything
SCREENED = 24
STARTS = 4


@dataclass(frozen=True, eq=False)
class End:
    """Where a search ended: ``u`` (p,), residuals (n,), their derivatives (n, p), and whether it settled."""

    u: Array
    residuals: Array
    jacobian: Array
    settled: bool

    @property
    def deviance(self) -> float:
        """Sum of squares."""
        return float(self.residuals @ self.residuals)

    def covariance(self, problem: Problem) -> Array:
        """Of ``u`` (p, p) by Laplace: a flat direction is as wide as its prior."""
        uniform = np.where(problem.normal, 0.0, 1 / problem.variance)
        return np.asarray(np.linalg.inv(self.jacobian.T @ self.jacobian + np.diag(uniform)))


def ends(problem: Problem, seed: int, more: Array | None = None) -> list[End]:
    """The different ends of a search from the best of :data:`SCREENED` places, the best first.

    Places are of the scrambled Sobol sequence, and the middle of the priors; ``more`` (k, p) are added.

    Raises
    ------
    ValueError
        If the model gave nothing at any of them.
    """
    from scipy.stats import qmc

    p = len(problem.priors)
    drawn = qmc.Sobol(p, scramble=True, rng=seed).random_base2(math.ceil(math.log2(SCREENED)))[:SCREENED]
    places = _spread(problem, drawn)
    middle = np.where(problem.normal, 0.0, 0.5)[None]
    places = np.concatenate([middle, places] if more is None else [more, middle, places])
    deviances = problem.deviance(places)
    order = [i for i in np.argsort(deviances, kind="stable") if math.isfinite(deviances[i])]
    if not order:
        raise ValueError("the model gave nothing anywhere")
    kept = 1 if more is None else len(more)
    chosen = list(dict.fromkeys([*(i for i in order if i < kept), *order]))[: max(STARTS, kept)]
    found = _descend(problem, places[chosen])
    return different(problem, found)


def different(problem: Problem, found: list[End]) -> list[End]:
    """Ends that are apart from each other and not much worse than the best, the best first."""
    out: list[End] = []
    for one in sorted(found, key=lambda end: end.deviance):
        if out and one.deviance > out[0].deviance + _WORTH:
            break
        precise = [np.linalg.inv(end.covariance(problem)) for end in out]
        apart = [
            math.sqrt(float((one.u - e.u) @ m @ (one.u - e.u))) for e, m in zip(out, precise, strict=True)
        ]
        between = [i for i, distance in enumerate(apart) if distance < _SAME]
        if not between and not any(_one_valley(problem, one, end) for end in out):
            out.append(one)
    return out


def _one_valley(problem: Problem, one: End, other: End) -> bool:
    """Whether the way between two ends never rises above both: then they are one."""
    between = one.u + np.array([[0.25], [0.5], [0.75]]) * (other.u - one.u)
    return bool(np.all(problem.deviance(between) < max(one.deviance, other.deviance) + 1.0))


def derivatives(problem: Problem, u: Array, residuals: Array) -> Array:
    """Derivatives (k, n, p) of residuals (k, n) at ``u`` (k, p), by differences, in one batch."""
    k, p = u.shape
    step = np.where(u + STEP <= problem.high, STEP, -STEP)
    moved = u[:, None, :] + step[:, :, None] * np.eye(p)
    found = problem.residuals(moved.reshape(k * p, p)).reshape(k, p, -1)
    slopes = (found - residuals[:, None, :]) / step[:, :, None]
    return np.nan_to_num(np.swapaxes(slopes, 1, 2), nan=0.0, posinf=0.0, neginf=0.0)


def _spread(problem: Problem, shares: Array) -> Array:
    """Shares (k, p) of the priors' probability as ``u``, normal ones within two standard deviations."""
    from scipy.special import ndtri

    normal = np.clip(ndtri(0.025 + 0.95 * shares), problem.low, problem.high)
    return np.where(problem.normal, normal, shares)


def _descend(problem: Problem, starts: Array) -> list[End]:
    u = np.clip(starts, problem.low, problem.high)
    residuals = problem.residuals(u)
    jacobian = np.zeros((*residuals.shape, u.shape[1]))
    damping = np.full(len(u), 1e-2)
    active = np.isfinite(np.sum(residuals, axis=1))
    usable, settled = active.copy(), np.zeros(len(u), dtype=bool)
    for _ in range(STEPS):
        now = np.flatnonzero(active)
        if not now.size:
            break
        jacobian[now] = derivatives(problem, u[now], residuals[now])
        tries = np.stack(
            [
                [_step(problem, u[i], residuals[i], jacobian[i], d * damping[i]) for d in (1.0, _SHY)]
                for i in now
            ]
        )
        found = problem.residuals(tries.reshape(-1, u.shape[1])).reshape(len(now), 2, -1)
        for row, i in enumerate(now):
            costs = np.nan_to_num(np.sum(found[row] ** 2, axis=1), nan=np.inf)
            before, which = float(residuals[i] @ residuals[i]), int(np.argmin(costs))
            if costs[which] < before:
                u[i], residuals[i] = tries[row, which], found[row, which]
                damping[i] = max(damping[i] * (0.1 if which == 0 else 3.0), 1e-6)
                settled[i] = before - costs[which] < _SETTLED
            else:
                settled[i] = damping[i] > 1.0
                damping[i] *= _SHY
            active[i] = not settled[i]
    last = np.flatnonzero(usable)
    jacobian[last] = derivatives(problem, u[last], residuals[last])
    return [End(u[i], residuals[i], jacobian[i], bool(settled[i])) for i in last]


def _step(problem: Problem, u: Array, residuals: Array, jacobian: Array, damping: float) -> Array:
    """A damped step within the bounds; what stands at one and wants to leave it is held."""
    low, high = problem.low, problem.high
    held: NDArray[np.bool_] = np.zeros(u.size, dtype=bool)
    for _ in range(u.size):
        free = ~held
        part = jacobian[:, free]
        information = part.T @ part
        softened = information + damping * (np.diag(np.diag(information)) + np.eye(int(free.sum())))
        step = np.zeros(u.size)
        step[free] = -np.linalg.solve(softened + 1e-9 * np.eye(int(free.sum())), part.T @ residuals)
        out = free & (((u <= low) & (step < 0)) | ((u >= high) & (step > 0)))
        if not np.any(out):
            break
        held |= out
    step *= min(1.0, _LONGEST / max(float(np.abs(step).max()), 1e-300))
    return np.clip(u + step, low, high)
