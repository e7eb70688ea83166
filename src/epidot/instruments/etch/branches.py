"""The probability of one parameter, all others integrated out, followed outwards from the minima."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_DEEP = 8.0  # ln of the probability below the best at which a branch ends
_END = 3.2  # and this many widths of the prior away from its mean
_POINTS = 24  # at most, to either side


@dataclass(frozen=True)
class Branch:
    """The first parameter led away from one minimum: points ``u`` (n, parameters), ascending in the first.

    ``log_density`` (n,) of the first parameter there; ``cost`` (n,) -2 ln(likelihood x prior); ``others``
    (n, p - 1, p - 1) the covariance of the rest.
    """

    u: Array
    log_density: Array
    cost: Array
    others: Array

    def holds(self, x: float, cost: float) -> bool:
        """Whether a minimum at ``x`` lies on this branch already."""
        if not self.u[0, 0] <= x <= self.u[-1, 0]:
            return False
        return cost > float(np.interp(x, self.u[:, 0], self.cost)) - 1.0


@dataclass(frozen=True)
class Curve:
    """The probability of ln D at the reference temperature.

    ``ln_D`` and ``weight`` (n,) on an even grid, the weights summing to 1; at the values ``nodes`` (m,) of
    ln D all parameters have the mean ``centre`` (m, parameters) and the covariance ``spread``.
    """

    ln_D: Array
    weight: Array
    nodes: Array
    centre: Array
    spread: Array

    def interval(self, level: float = 0.6827) -> tuple[float, float]:
        """The central interval that holds ln D with this probability."""
        cumulated = np.cumsum(self.weight) - self.weight / 2
        low, high = np.interp([0.5 - level / 2, 0.5 + level / 2], cumulated, self.ln_D)
        return float(low), float(high)

    def moments(self, weights: Array) -> tuple[float, float]:
        """Mean and variance of a linear combination of the parameters."""
        nearest = np.searchsorted((self.nodes[1:] + self.nodes[:-1]) / 2, self.ln_D)
        share = np.bincount(nearest, self.weight, minlength=self.nodes.size)
        means = self.centre @ weights
        within = np.einsum("i,nij,j->n", weights, self.spread, weights)
        mean = float(share @ means)
        return mean, float(share @ (within + (means - mean) ** 2))

    def covariance(self) -> Array:
        """The covariance of all parameters, shape (parameters, parameters)."""
        size = self.centre.shape[1]
        unit = np.eye(size)
        alone = [self.moments(unit[i])[1] for i in range(size)]
        out = np.diag(alone)
        for i in range(size):
            for j in range(i):
                both = self.moments(unit[i] + unit[j])[1]
                out[i, j] = out[j, i] = (both - alone[i] - alone[j]) / 2
        return out


def led(
    residuals: Callable[[Array], Array],
    jacobian: Callable[[Array, Array], Array],
    u: Array,
    r: Array,
    J: Array,
) -> Branch:
    """Lead the first parameter up and down from a minimum ``u`` with residuals ``r`` and Jacobian ``J``."""
    curvature = J.T @ J
    width = math.sqrt(float(np.linalg.inv(curvature)[0, 0]))
    here = (u, *_judged(r, J))
    points = [here]
    best = here[1]
    for direction in (-1.0, 1.0):
        at, jac, last = u, J, here
        step = min(max(0.6 * width, 0.004), 0.25)
        for _ in range(_POINTS):
            H = jac.T @ jac
            x = at[0] + direction * step
            if abs(x) > _END:
                break
            moved = at - np.concatenate([[0.0], np.linalg.solve(H[1:, 1:], H[1:, 0])]) * (x - at[0])
            moved[0] = x
            moved = np.clip(moved, -8.0, 8.0)
            moved, there, jac = _settled(residuals, jacobian, moved, jac)
            if not (np.all(np.isfinite(there)) and np.all(np.isfinite(jac))):
                break
            now = (moved, *_judged(there, jac))
            points.append(now)
            best = max(best, now[1])
            change = abs(now[1] - last[1])
            if now[1] < best - _DEEP:
                break
            step = min(step * 1.7, 0.3) if change < 0.2 else step * 0.6 if change > 1.6 else step
            at, last = moved, now
    points.sort(key=lambda p: float(p[0][0]))
    return Branch(
        np.array([p[0] for p in points]),
        np.array([p[1] for p in points]),
        np.array([p[2] for p in points]),
        np.array([p[3] for p in points]),
    )


def _judged(r: Array, J: Array) -> tuple[float, float, Array]:
    """ln density of the first parameter, the cost, and the covariance of the others."""
    rest = J[:, 1:].T @ J[:, 1:]
    cost = float(r @ r)
    return (
        -0.5 * cost - 0.5 * float(np.linalg.slogdet(rest)[1]),
        cost,
        np.asarray(np.linalg.inv(rest), dtype=np.float64),
    )


def _settled(
    residuals: Callable[[Array], Array], jacobian: Callable[[Array, Array], Array], u: Array, J: Array
) -> tuple[Array, Array, Array]:
    """The best of all but the first parameter, which stays."""
    r = residuals(u)
    damping = 1e-3
    for turn in range(5):
        if turn:  # the first step goes with the Jacobian of the point before
            J = jacobian(u, r)
        rest = J[:, 1:]
        gained = 0.0
        for _ in range(4):
            move = np.linalg.solve(rest.T @ rest + damping * np.eye(u.size - 1), -rest.T @ r)
            longest = float(np.max(np.abs(move)))
            move *= min(1.0, 1.0 / longest) if longest > 0 else 1.0
            new = np.concatenate([u[:1], np.clip(u[1:] + move, -8.0, 8.0)])
            there = residuals(new)
            gained = float(r @ r - there @ there)
            if np.isfinite(gained) and gained > 0:
                u, r = new, there
                break
            damping = max(damping, 0.01) * 10
        if turn > 0 and gained < 0.05:
            break
    return u, r, J


def _between(x: Array, y: Array, grid: Array) -> Array:
    """A smooth curve through the points without overshoots; minus infinity outside."""
    from scipy.interpolate import PchipInterpolator

    apart = np.concatenate([[True], np.diff(x) > 1e-9])
    if np.sum(apart) < 2:
        return np.where(np.abs(grid - x[0]) <= np.min(np.abs(grid - x[0])), y[0], -np.inf)
    values = PchipInterpolator(x[apart], y[apart], extrapolate=False)(grid)
    return np.asarray(np.where(np.isfinite(values), values, -np.inf))


def joined(branches: list[Branch], mean: Array, sd: Array) -> tuple[Curve, float]:
    """All branches as one curve, and ln of the integral under it (the evidence)."""
    low = min(float(b.u[0, 0]) for b in branches)
    high = max(float(b.u[-1, 0]) for b in branches)
    grid = np.linspace(low - 1e-9, high + 1e-9, 4001)
    rows = [_between(b.u[:, 0], b.log_density, grid) for b in branches]
    # Where branches overlap they hold the same others, or one of them counts for next to nothing.
    log_density = np.max(rows, axis=0)
    top = float(np.max(log_density))
    density = np.exp(log_density - top)
    step = float(grid[1] - grid[0])
    nodes = np.concatenate([b.u for b in branches])
    spreads = np.concatenate([b.others for b in branches])
    order = np.argsort(nodes[:, 0], kind="stable")
    nodes, spreads = nodes[order], spreads[order]
    full = np.zeros((nodes.shape[0], mean.size, mean.size))
    full[:, 1:, 1:] = spreads * np.outer(sd[1:], sd[1:])
    curve = Curve(
        mean[0] + sd[0] * grid,
        density / density.sum(),
        mean[0] + sd[0] * nodes[:, 0],
        mean + sd * nodes,
        full,
    )
    return curve, top + math.log(float(density.sum()) * step)
