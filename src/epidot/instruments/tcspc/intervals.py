"""Profile-likelihood intervals: how far a quantity may go until the best fit with it is worse by one.

For each trial value all parameters are fitted again under the constraint that the quantity has it
(sequential steps with the expected information and one multiplier).  Unlike value ± error the interval
may be lop-sided, may be open, and does not depend on how the model was parametrised.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from epidot.instruments.tcspc.estimate import derivatives, derived, derived_names
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution
from epidot.signal.poisson import deviance

Of = Callable[[Array], tuple[float, Array]]  # a quantity and its derivatives by the free parameters

_NOTHING = 1e-200  # information on the logarithm of a parameter that is none
_FARTHEST = 12.0  # standard errors searched on each side


@dataclass(frozen=True)
class Interval:
    """68 % interval; an end is infinite where it was not found within twelve standard errors, because
    the likelihood never falls far enough or the model loses a term on the way."""

    low: float
    high: float

    def to_json(self) -> list[float | None]:
        """Ends, ``None`` where open."""
        return [e if math.isfinite(e) else None for e in (self.low, self.high)]


def profile(solution: Solution, name: str, sigma: float, rise: float = 1.0) -> Interval:
    """The interval of the derived quantity ``name`` whose standard error is ``sigma``.

    ``rise`` is the increase in deviance at the ends: 1 for counting noise alone, more where other
    variance adds to it.
    """
    terms = solution.model.terms
    i = derived_names(terms).index(name)

    def of(theta: Array) -> tuple[float, Array]:
        return float(derived(theta, terms)[i]), derivatives(theta, terms, solution.free)[i, solution.free]

    here, _ = of(solution.theta)
    ends = []
    for side in (-1.0, 1.0):
        theta = solution.theta
        low, low_rise, reached = 0.0, 0.0, math.inf
        step = math.sqrt(rise)
        while step < _FARTHEST:
            found = _constrained(solution, theta, of, here + side * step * sigma)
            if found is None:
                break
            theta, worse = found
            if worse >= rise:
                reached = _root(solution, theta, of, here, side * sigma, rise, low, low_rise, step, worse)
                break
            low, low_rise = step, worse
            # the profile is nearly a parabola: aim a little beyond where it would cross
            step = min(max(1.05 * step * math.sqrt(rise / max(worse, 1e-3)), step + 0.1), 3 * step)
        ends.append(here + side * reached * sigma)
    return Interval(ends[0], ends[1])


def _root(
    solution: Solution,
    theta: Array,
    of: Of,
    here: float,
    unit: float,
    rise: float,
    low: float,
    low_rise: float,
    high: float,
    high_rise: float,
) -> float:
    """Where the profile crosses ``rise`` between two distances, by the secant of its square root."""
    middle = high
    for _ in range(6):
        a, b = math.sqrt(max(low_rise, 0.0)), math.sqrt(high_rise)
        middle = low + (high - low) * (math.sqrt(rise) - a) / max(b - a, 1e-12)
        found = _constrained(solution, theta, of, here + middle * unit)
        if found is None:
            break
        if abs(found[1] - rise) < 2e-3 * rise:
            break
        if found[1] < rise:
            low, low_rise = middle, found[1]
        else:
            high, high_rise = middle, found[1]
    return middle


def _constrained(solution: Solution, start: Array, of: Of, target: float) -> tuple[Array, float] | None:
    """Parameters of least deviance with ``of`` = ``target``, and the rise above the free optimum.

    Steps are taken in the logarithms of positive parameters and cut to a factor of e.
    """
    model, free, y = solution.model, solution.free, solution.y
    plain = np.isneginf(model.floors())[free]
    theta = start.copy()
    last = math.inf
    for _ in range(40):
        mu, by = model.expected(theta)
        weight = solution.trusted(1.0 / mu)
        now = float(solution.trusted(deviance(y, mu)).sum()) - solution.deviance
        value, slope = of(theta)
        gap = target - value
        if abs(last - now) < 1e-4 and abs(gap) < 1e-6 * max(abs(target), 1e-12):
            return theta, now
        last = now
        scale = np.where(plain, 1.0, theta[free])
        rows = by[free] * scale[:, None]
        information = (rows * weight) @ rows.T
        gradient = rows @ (weight * (y - mu))
        slope = slope * scale
        known = np.diag(information)
        if not np.all(known > _NOTHING):
            return None  # a term that lost its light on the way
        root = 1.0 / np.sqrt(known)
        scaled = information * root[:, None] * root + 1e-9 * np.eye(root.size)
        solved = root[:, None] * np.linalg.solve(scaled, root[:, None] * np.column_stack((gradient, slope)))
        along = float(slope @ solved[:, 1])
        if not along > 1e-200:
            return None
        move = solved[:, 0] + solved[:, 1] * ((gap - float(slope @ solved[:, 0])) / along)
        largest = float(np.abs(move[~plain]).max())
        if not math.isfinite(largest):
            return None
        move *= min(1.0, 1.0 / max(largest, 1e-12))
        theta = theta.copy()
        theta[free] = np.where(plain, theta[free] + move, theta[free] * np.exp(np.where(plain, 0.0, move)))
        if not np.all(np.isfinite(theta)) or np.any(theta > model.ceilings()):
            return None
    return None
