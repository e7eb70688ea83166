"""Fisher scoring between bounds, and how far each parameter may go (profile likelihood).

A step solves the quadratic approximation with the expected information inside the bounds, damped where
it does not hold.  For the interval of one parameter all others are fitted again at each of its values,
until the deviance has risen by one (Wilks, Ann. Math. Stat. 9, 60 (1938)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from epidot.quantities import Shape
from epidot.signal.objective import Array, Objective, State

MOST_STEPS = 120
STIFFEST = 1e8  # damping of a step, in units of the scaled information
SETTLED = 1e-5  # deviance that a step still takes off, at which the search ends
_NOTHING = 1e-9  # deviance promised by an undamped step, after which there is nothing left to gain
_RIDGE = 1e-10
_AT_FLOOR = 0.02  # standard errors above a floor that are none
_SOFT = 1e-3  # damping below which a step that gains nothing says that there is nothing to gain
_FLAT = 6  # such steps where damping or a flat direction makes them short
_FARTHEST = 1e3  # standard errors searched where a parameter has no bound of its own
_FLATTEST = 1e-11  # scaled information of a direction that the data do not know
_PART = 0.05  # of such a direction that a coordinate must have to be unknown too
_BETTER = 1e-2  # deviance below the optimum at which a profile has found another one
_ALIKE = 1.0  # deviance above the best within which another optimum describes the data alike

Restarts = Callable[[int, float], Sequence[Array]]


class Misfit(Protocol):
    """A misfit over coordinates between bounds; ``logs`` says which of them are logarithms."""

    @property
    def low(self) -> Array: ...

    @property
    def high(self) -> Array: ...

    @property
    def logs(self) -> NDArray[np.bool_]: ...

    def at(self, u: Array) -> State: ...


@dataclass(frozen=True)
class End:
    """Where a search ended: ``settled`` if nothing more could be gained; ``held`` (p,) at a bound."""

    state: State
    held: NDArray[np.bool_]
    settled: bool

    @property
    def u(self) -> Array:
        return self.state.u

    @property
    def deviance(self) -> float:
        return self.state.deviance


@dataclass(frozen=True)
class Reach:
    """68 % interval of one coordinate, and which of its ends the data give."""

    low: float
    high: float
    shape: Shape


def descend(
    objective: Misfit,
    start: Array,
    *,
    pinned: int | None = None,
    low: Array | None = None,
    high: Array | None = None,
) -> End:
    """The least deviance reached from ``start`` (p,), with coordinate ``pinned`` left as it is.

    ``low`` and ``high`` replace the objective's own bounds.
    """
    low = objective.low if low is None else low
    high = objective.high if high is None else high
    now = objective.at(np.clip(start, low, high))
    out = np.zeros(start.size, dtype=np.bool_)
    if pinned is not None:
        out[pinned] = True
    damping, settled, slow = 0.0, False, 0
    for _ in range(MOST_STEPS):
        held = _held(now, low, high) & ~out
        step = _step(now, ~(held | out), low, high, damping)
        promised = float(step @ (now.score - 0.5 * now.information @ step))
        longest = float(np.max(np.abs(step[objective.logs]), initial=0.0))
        there = objective.at(np.clip(now.u + step / max(1.0, longest), low, high))
        gained = now.deviance - there.deviance
        if not gained >= 0:  # also where it is not a number
            damping = max(10 * damping, 1e-6)
            if damping > STIFFEST:
                settled = True
                break
            continue
        now = there
        damping = damping / 10 if damping > 1e-6 else 0.0
        slow = slow + 1 if gained < SETTLED else 0
        if promised < _NOTHING and damping == 0.0 and longest <= 1.0:
            settled = True
            break
        if slow >= (2 if longest <= 1.0 and damping < _SOFT else _FLAT):
            settled = True
            break
    # Towards zero expected counts the information grows without end, and steps come to a floor ever nearer.
    room = now.u - np.where(np.isfinite(low), low, now.u)
    near = np.isfinite(low) & ~out & (now.score <= 0) & ~objective.logs
    near &= room * np.sqrt(np.maximum(np.diag(now.information), 0.0)) < _AT_FLOOR
    if np.any(near):
        there = objective.at(np.where(near, low, now.u))
        if there.deviance <= now.deviance + 1e-3:
            now = there
    return End(now, _held(now, low, high, SETTLED) & ~out, settled)


def best_of(objective: Objective, starts: Sequence[Array]) -> tuple[End, list[End]]:
    """The best end of several searches, and the others that describe the data alike."""
    ends = sorted((descend(objective, start) for start in starts), key=lambda end: end.deviance)
    alike = [end for end in ends[1:] if end.settled and end.deviance < ends[0].deviance + _ALIKE]
    return ends[0], alike


def _held(state: State, low: Array, high: Array, worth: float = 0.0) -> NDArray[np.bool_]:
    """Coordinates (p,) at a bound that the deviance does not fall inwards from, by no more than ``worth``: at
    the end of a search the sign of a slope that is nearly none is that of what the others still lack."""
    least = np.sqrt(worth * np.maximum(np.diag(state.information), 0.0))
    at_low = (state.u <= low) & (state.score <= least)
    at_high = (state.u >= high) & (state.score >= -least)
    return at_low | at_high


def _step(state: State, free: NDArray[np.bool_], low: Array, high: Array, damping: float) -> Array:
    """The step (p,) of the ``free`` coordinates to the least of the quadratic approximation within bounds."""
    out = np.zeros(state.u.size)
    free = free.copy()
    stopped = np.zeros_like(free)
    scale = 1.0 / np.sqrt(np.maximum(np.diag(state.information), 1e-300))
    down, up = low - state.u, high - state.u
    while np.any(free):
        inside = np.flatnonzero(free)
        right, rows, own = state.score[inside], state.information[inside], scale[inside]
        if np.any(stopped):
            right = right - rows[:, stopped] @ out[stopped]
        scaled = rows[:, inside] * own[:, None] * own
        scaled[np.diag_indices(inside.size)] += damping + _RIDGE
        out[inside] = own * np.linalg.solve(scaled, own * right)
        beyond = free & ((out < down) | (out > up))
        if not np.any(beyond):
            break
        out[beyond] = np.clip(out, down, up)[beyond]
        free &= ~beyond
        stopped |= beyond
    return out


def covariance(state: State, held: NDArray[np.bool_]) -> Array:
    """The inverse information of the coordinates that are not held, (p, p), zero for the others."""
    out = np.zeros_like(state.information)
    inside = np.ix_(~held, ~held)
    kept = state.information[inside]
    scale = 1.0 / np.sqrt(np.maximum(np.diag(kept), 1e-300))
    inverse = np.linalg.pinv(kept * scale[:, None] * scale, rcond=1e-13, hermitian=True)
    out[inside] = scale[:, None] * inverse * scale
    return out


def loose(state: State, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Free coordinates (p,) that the data do not tell from others: what moves along a flat direction."""
    out = np.zeros(held.size, dtype=np.bool_)
    kept = state.information[np.ix_(~held, ~held)]
    scale = 1.0 / np.sqrt(np.maximum(np.diag(kept), 1e-300))
    values, vectors = np.linalg.eigh(kept * scale[:, None] * scale)
    out[~held] = np.any(np.abs(vectors[:, values < _FLATTEST]) > _PART, axis=1)
    return out


class Better(Exception):
    """A profile went below the optimum: the search must go on from ``u``."""

    def __init__(self, u: Array) -> None:
        super().__init__("a profile found a better fit")
        self.u = u


def profile(
    objective: Objective,
    best: End,
    i: int,
    sigma: float,
    rise: float = 1.0,
    restarts: Restarts | None = None,
    alike: Sequence[End] = (),
) -> Reach:
    """How far coordinate ``i`` may go until the best fit with it is worse by ``rise``.

    ``sigma`` is its standard error, the first length tried.  ``restarts(i, value)`` gives further
    starts for the other coordinates; ``alike`` are other optima.

    Raises
    ------
    Better
        If a better fit than ``best`` is met.
    """
    along = _Profile(objective, best, i, rise, restarts)
    low, found_low = along.end(-1.0, sigma)
    high, found_high = along.end(1.0, sigma)
    beyond = [float(end.u[i]) for end in alike if not low <= end.u[i] <= high]
    if beyond:
        return Reach(min(low, *beyond), max(high, *beyond), "several")
    shape: Shape = "flat"
    if found_low and found_high:
        shape = "bounded"
    elif found_low or found_high:
        shape = "lower only" if found_low else "upper only"
    return Reach(low, high, shape)


@dataclass(frozen=True)
class _Profile:
    """The deviance as a function of coordinate ``i`` alone, all others fitted again."""

    objective: Objective
    best: End
    i: int
    rise: float
    restarts: Restarts | None

    def end(self, side: float, sigma: float) -> tuple[float, bool]:
        """Where the profile crosses ``rise`` on one side, and whether it does."""
        here, rise = float(self.best.u[self.i]), self.rise
        limit = float((self.objective.low if side < 0 else self.objective.high)[self.i])
        room = min(abs(limit - here), _FARTHEST * sigma)
        start = self.best.u
        length, inner = sigma * math.sqrt(rise), (0.0, 0.0)
        for _ in range(40):
            length = min(length, room)
            if length <= 0:
                return limit, False
            found = self._at(start, here + side * length)
            worse = found.deviance - self.best.deviance
            if worse < -_BETTER:
                raise Better(found.u)
            if worse >= rise:
                return here + side * self._crossing(side, inner, (length, worse), found), True
            start, inner = found.u, (length, max(worse, 0.0))
            if length >= room:
                return (limit if room == abs(limit - here) else side * math.inf), False
            # the profile is nearly a parabola: aim a little beyond where it would cross
            length = min(max(1.05 * length * math.sqrt(rise / max(worse, 1e-3)), 1.1 * length), 3 * length)
        return side * math.inf, False

    def _crossing(
        self, side: float, inner: tuple[float, float], outer: tuple[float, float], found: End
    ) -> float:
        """The distance at which the profile crosses, by the secant of its square root: between ``inner`` and
        ``outer``, each with its rise, ``found`` at the outer one."""
        middle, start = outer[0], found.u
        for _ in range(8):
            a, b = math.sqrt(inner[1]), math.sqrt(outer[1])
            part = (math.sqrt(self.rise) - a) / max(b - a, 1e-12)
            middle = inner[0] + (outer[0] - inner[0]) * min(max(part, 0.05), 0.95)
            found = self._at(start, float(self.best.u[self.i]) + side * middle)
            worse = found.deviance - self.best.deviance
            if abs(worse - self.rise) < 5e-3 * self.rise:
                break
            if worse < self.rise:
                inner = middle, max(worse, 0.0)
            else:
                outer, start = (middle, worse), found.u
        return middle

    def _at(self, start: Array, value: float) -> End:
        """The best fit with the coordinate at ``value``; interchangeable terms keep their order."""
        low, high = self.objective.low.copy(), self.objective.high.copy()
        here = self.best.u
        for group in self.objective.ordered:
            for j in group if self.i in group else ():
                if j != self.i and here[j] <= here[self.i]:
                    high[j] = max(min(high[j], value), low[j])
                elif j != self.i:
                    low[j] = min(max(low[j], value), high[j])
        ends = []
        for one in (start, *(self.restarts(self.i, value) if self.restarts else ())):
            moved = one.copy()
            moved[self.i] = value
            ends.append(descend(self.objective, moved, pinned=self.i, low=low, high=high))
        return min(ends, key=lambda end: end.deviance)
