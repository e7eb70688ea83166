"""How far each parameter may go until the best fit with it is worse by one: all ends at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from epidot.inference.fit import End
from epidot.inference.problem import Array, Problem

RISE = 1.0  # of the deviance: 68 % of one parameter
_ROUNDS = 9
_SECANTS = 4  # places of a branch, after which the search for its end goes half-way
_NEAR = 0.1  # of the rise
_FITS = 2  # of the other parameters, at every place


@dataclass
class Branch:
    """One side of one parameter: places along it (``u``, deviance), and where it crosses, if it does."""

    i: int
    side: float
    at: list[tuple[float, float]]  # distance from the best, rise of the deviance
    point: Array
    residuals: Array
    jacobian: Array
    end: float | None = None
    open: bool = False

    @property
    def done(self) -> bool:
        """Whether its end is known."""
        return self.open or self.end is not None


@dataclass(frozen=True)
class Profile:
    """Of one parameter in ``u``: places and rises in order, and its ends; ``None`` where there are none."""

    u: Array
    rise: Array
    low: float | None
    high: float | None


class Better(Exception):
    """A profile went below the best end, at ``u``."""

    def __init__(self, u: Array) -> None:
        super().__init__("a profile found a better fit")
        self.u = u


def profiles(problem: Problem, best: End) -> list[Profile]:
    """Of every parameter.

    Raises
    ------
    Better
        If a better fit than ``best`` is met.
    """
    covariance = best.covariance(problem)
    base = best.deviance
    branches = [
        Branch(i, side, [(0.0, 0.0)], best.u.copy(), best.residuals, best.jacobian.copy())
        for i in range(best.u.size)
        for side in (-1.0, 1.0)
    ]
    for _ in range(_ROUNDS):
        now = [b for b in branches if not b.done]
        if not now:
            break
        for b in now:
            _advance(problem, b, best, covariance)
        now = [b for b in now if not b.done]
        _refit(problem, now)
        for b in now:
            worse = float(np.nan_to_num(b.residuals @ b.residuals, nan=np.inf)) - base
            if worse < -_NEAR:
                raise Better(b.point)
            b.at.append((abs(float(b.point[b.i] - best.u[b.i])), max(worse, 0.0)))
            _judge(problem, b)
    for b in branches:
        if not b.done:  # after all rounds: between what is known
            b.end = _crossing(b)
            b.open = b.end is None
    return [_together(best, branches[2 * i], branches[2 * i + 1]) for i in range(best.u.size)]


def _advance(problem: Problem, b: Branch, best: End, covariance: Array) -> None:
    """Go to the next place: as far as the profile should cross, the others along the ridge."""
    here = float(best.u[b.i])
    limit = float((problem.low if b.side < 0 else problem.high)[b.i])
    room = abs(limit - here)
    crossing = _crossing(b)
    last, rise = b.at[-1]
    if crossing is not None:
        length = crossing
    elif len(b.at) == 1:
        length = math.sqrt(covariance[b.i, b.i] * RISE)
    else:
        length = min(max(1.1 * last * math.sqrt(RISE / max(rise, 1e-2)), 1.2 * last), 3 * last)
    length = min(length, room)
    if length <= 1e-9:
        b.open = True
        return
    moved = b.side * length - (float(b.point[b.i]) - here)
    ridge = covariance[:, b.i] / covariance[b.i, b.i]
    new = np.clip(b.point + ridge * moved, problem.low, problem.high)
    new[b.i] = here + b.side * length
    b.residuals = b.residuals + b.jacobian @ (new - b.point)  # as the slopes foretell; asked next
    b.point = new


def _refit(problem: Problem, now: list[Branch]) -> None:
    """Fit all others again at each place, with the slopes at hand, mended by what is found (Broyden)."""
    if not now:
        return
    foretold = [b.residuals for b in now]
    found = problem.residuals(np.stack([b.point for b in now]))
    for b, old, new in zip(now, foretold, found, strict=True):
        b.residuals = new if np.all(np.isfinite(new)) else old + 1e3
    for _ in range(_FITS):
        steps = [_others(problem, b) for b in now]
        found = problem.residuals(np.stack([b.point + step for b, step in zip(now, steps, strict=True)]))
        for b, step, new in zip(now, steps, found, strict=True):
            size = float(step @ step)
            if size == 0 or not np.all(np.isfinite(new)):
                continue
            b.jacobian = b.jacobian + np.outer(new - b.residuals - b.jacobian @ step, step) / size
            if new @ new < b.residuals @ b.residuals:
                b.point, b.residuals = b.point + step, new


def _others(problem: Problem, b: Branch) -> Array:
    """A Gauss-Newton step of all parameters but that of the branch, within the bounds."""
    free = np.arange(b.point.size) != b.i
    part = b.jacobian[:, free]
    step = np.zeros(b.point.size)
    if part.shape[1]:
        soft = 1e-3 * np.eye(part.shape[1])
        step[free] = -np.linalg.solve(part.T @ part + soft, part.T @ b.residuals)
    step *= min(1.0, 0.3 / max(float(np.abs(step).max()), 1e-300))
    return np.clip(b.point + step, problem.low, problem.high) - b.point


def _judge(problem: Problem, b: Branch) -> None:
    length, rise = b.at[-1]
    limit = float((problem.low if b.side < 0 else problem.high)[b.i])
    if abs(rise - RISE) < _NEAR * RISE:
        b.end = length
    elif rise < RISE and abs(float(b.point[b.i]) - limit) < 1e-9:
        b.open = True


def _crossing(b: Branch) -> float | None:
    """Between the last place below the rise and the first above: by the secant of the square root."""
    places = sorted(b.at)
    above = next((k for k, (_, rise) in enumerate(places) if rise >= RISE), None)
    if above is None:
        return None
    (x0, r0), (x1, r1) = places[above - 1], places[above]
    a, c = math.sqrt(r0), math.sqrt(min(r1, 1e6))
    share = (math.sqrt(RISE) - a) / max(c - a, 1e-12)
    if len(places) > _SECANTS:  # a cliff: half-way is better
        share = 0.5
    return x0 + (x1 - x0) * min(max(share, 0.05), 0.95)


def _together(best: End, low: Branch, high: Branch) -> Profile:
    here = float(best.u[low.i])
    rows = sorted({(here - x, r) for x, r in low.at} | {(here + x, r) for x, r in high.at})
    u, rise = np.array(rows).T
    return Profile(
        u, rise, None if low.end is None else here - low.end, None if high.end is None else here + high.end
    )
