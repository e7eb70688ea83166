"""The fit itself: start values by exhaustive search, MINPACK, then Fisher scoring to the exact end.

Sums of exponentials have side minima, and MINPACK on deviance residuals converges slowly where most
channels hold no count (its curvature is then not the likelihood's).  So the amplitudes of every
combination of lifetimes on a coarse grid are solved first (linear, a fraction of a millisecond each),
MINPACK walks down from the best ones, and a few damped steps with the expected information finish
until what is left is a thousandth of a standard error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from epidot.errors import WorkError
from epidot.instruments.tcspc.model import Coordinates, Model
from epidot.instruments.tcspc.response import Array
from epidot.signal.poisson import deviance, residuals

GRID = 14  # lifetimes tried as start values, evenly in the logarithm
COARSE = 512  # channels are put together to about this many for the search
GOOD = 1.3  # deviance per coarse channel at which no other start can be much better
INWARD = 0.01  # twice the deviance that a step off the floor promises, from which it is taken
MOST_STEPS = 40
FIRST, MOST = 30, 300  # evaluations of MINPACK: first, and where scoring from there does not come to an end
COARSELY = 1e-3  # tolerance of a search on coarse channels
SOFTEST, STIFFEST = 1e-6, 1e6  # damping of a step, in units of the scaled information
SAME = 1e-4  # relative difference of all parameters, below which a search went where another one ended
ALIKE = 1e-6  # difference in deviance that is none
SETTLED = 1e-6  # squared distance to the optimum, in standard errors, at which scoring stops


@dataclass(frozen=True)
class Solution:
    """Where a fit of counts ``y`` (n,) ended.

    ``trust`` (n,) in (0, 1] multiplies each channel's deviance, or is ``None``.  ``information`` (p, p) is
    the expected (Fisher) information in the plain parameters; ``held`` marks those that ended at their
    floor and are not free; ``distance`` is the remaining squared distance to the optimum in standard errors.
    """

    model: Model
    y: Array
    trust: Array | None
    theta: Array
    mu: Array
    by: Array
    deviance: float
    information: Array
    held: NDArray[np.bool_]
    distance: float
    evaluations: int

    @property
    def free(self) -> NDArray[np.bool_]:
        return ~self.held

    @property
    def converged(self) -> bool:
        return self.distance < 1e-3

    @property
    def weight(self) -> Array:
        """Weight (n,) of each channel's squared departure."""
        return (1.0 if self.trust is None else self.trust) / self.mu

    def trusted(self, each: Array) -> Array:
        """Deviances ``each`` (n,) multiplied by the trust."""
        return each if self.trust is None else each * self.trust


def solve(
    y: Array,
    model: Model,
    starts: list[Array],
    trust: Array | None = None,
) -> Solution:
    """The parameters of least deviance for counts ``y`` (n,), from the best of several starts.

    ``trust`` (n,) in (0, 1] multiplies each channel's deviance; it is below 1 where the model itself is
    uncertain.

    Raises
    ------
    WorkError
        If no start leads anywhere.
    """
    ends: list[Solution] = []
    for start in starts:
        theta, count = walk(y, model, start, trust, most=FIRST)
        if not np.all(np.isfinite(theta)):
            continue
        theta = model.sorted(theta)
        if any(np.allclose(theta, end.theta, rtol=SAME, atol=SAME * model.channel_ns) for end in ends):
            continue  # it leads to an end that is known
        end = _score(state(y, model, theta, trust, count))
        if not end.converged and count >= FIRST:
            theta, count = walk(y, model, end.theta, trust, most=MOST)
            if np.all(np.isfinite(theta)):
                end = _score(state(y, model, model.sorted(theta), trust, end.evaluations + count))
        ends.append(end)
    if not ends:
        raise WorkError("the fit did not converge from any start value")
    least = min(end.deviance for end in ends)
    # Along a flat line ends differ by rounding alone: then by which is surest to be one.
    return min((end for end in ends if end.deviance <= least + ALIKE), key=lambda end: end.distance)


def walk(
    y: Array,
    model: Model,
    start: Array,
    trust: Array | None,
    tolerance: float = 1e-4,
    most: int = MOST,
    misfits: Callable[[Array, Array], tuple[Array, Array]] = residuals,
) -> tuple[Array, int]:
    """MINPACK from ``start``: the parameters it ends at (NaN if it fails) and the evaluations it took.

    ``misfits(y, mu)`` gives the residuals (n,) whose squares are summed, and their derivatives by mu.
    """
    from scipy.optimize import leastsq

    coordinates = Coordinates(model.floors(), model.ceilings())
    root = None if trust is None else np.sqrt(trust)
    at = np.empty(0)
    r = np.empty(0)
    jacobian = np.empty((0, 0))
    count = 0

    def evaluate(p: Array) -> None:
        nonlocal at, r, jacobian, count
        count += 1
        theta, slope = coordinates.outward(p)
        mu, by = model.expected(theta)
        r, weight = misfits(y, mu)
        if root is not None:
            r, weight = r * root, weight * root
        by *= slope[:, None]
        by *= weight
        at, jacobian = p.copy(), by

    def misfit(p: Array) -> Array:
        evaluate(p)
        return r

    def slopes(p: Array) -> Array:
        if not np.array_equal(at, p):
            evaluate(p)
        return jacobian

    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            p = leastsq(
                misfit,
                coordinates.inward(start),
                Dfun=slopes,
                col_deriv=True,
                xtol=tolerance,
                ftol=tolerance**2,
                maxfev=most,
                full_output=True,
            )[0]
    except (ValueError, FloatingPointError, np.linalg.LinAlgError):
        return np.full(start.size, np.nan), count
    return coordinates.outward(np.asarray(p, dtype=np.float64))[0], count


def state(y: Array, model: Model, theta: Array, trust: Array | None, count: int) -> Solution:
    """Deviance, information and what is held at ``theta``, and how far the optimum still is."""
    mu, by = model.expected(theta)
    d = deviance(y, mu)
    weight = 1.0 / mu
    if trust is not None:
        d, weight = d * trust, weight * trust
    information = (by * weight) @ by.T
    gradient = by @ (weight * (y - mu))
    held = _held(model, theta, y, gradient, np.diag(information))
    step = _step(information, gradient, held, _room(model, theta))
    distance = (
        abs(float(2 * gradient @ step - step @ information @ step)) if np.all(np.isfinite(step)) else np.inf
    )
    return Solution(model, y, trust, theta, mu, by, float(d.sum()), information, held, distance, count)


def _held(model: Model, theta: Array, y: Array, gradient: Array, curvature: Array) -> NDArray[np.bool_]:
    """Parameters at a bound whose likelihood does not rise inwards; one that does is free to leave."""
    floors = model.floors()
    low = np.zeros(theta.size, dtype=np.bool_)
    total = max(float(y.sum()), 1.0)
    for i, name in enumerate(model.names):
        if name == "sigma_ns":
            low[i] = theta[i] <= 1.05 * floors[i]
        elif name == "background":
            low[i] = theta[i] * y.size * model.channels_per_bin < 1e-3
        elif name.startswith("counts") or name == "scattered":
            low[i] = theta[i] < 1e-6 * total
        elif name.startswith("tau"):
            low[i] = theta[i] <= 1.01 * floors[i]
    inward = (gradient > 0) & (gradient**2 > INWARD * np.maximum(curvature, 1e-300))
    held = low & ~inward | (theta >= 0.999 * model.ceilings()) & (gradient >= 0)
    # without light a lifetime does not matter
    held[model.terms : 2 * model.terms] |= low[: model.terms]
    return held


def _room(model: Model, theta: Array) -> Array:
    """How far down a step may go: amplitudes and background to zero, widths and lifetimes to a third."""
    floors = model.floors()
    return np.where(
        np.isneginf(floors), np.inf, np.where(floors == 0, theta, np.minimum(theta - floors, theta / 1.5))
    )


def _step(
    information: Array, gradient: Array, held: NDArray[np.bool_], room: Array, damping: float = 0.0
) -> Array:
    """The step (p,) to the least of the quadratic approximation, down by no more than ``room`` (p,)."""
    out = np.zeros(gradient.size)
    fixed = held.copy()
    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    while not np.all(fixed):
        free = ~fixed
        scaled = information[np.ix_(free, free)] * scale[free, None] * scale[free]
        right = gradient[free] - information[np.ix_(free, fixed)] @ out[fixed]
        try:
            out[free] = scale[free] * np.linalg.solve(
                scaled + damping * np.eye(right.size), scale[free] * right
            )
        except np.linalg.LinAlgError:
            out[free] = np.nan
        beyond = free & (out < -room)
        if not np.any(beyond):
            break
        out[beyond] = -room[beyond]
        fixed |= beyond
    return out


def _score(now: Solution) -> Solution:
    """Fisher scoring from ``now`` to the end, damped where the quadratic approximation fails."""
    y, model, trust, count = now.y, now.model, now.trust, now.evaluations
    ceilings = model.ceilings()
    damping = 0.0
    for _ in range(MOST_STEPS):
        if not np.isfinite(now.distance) or now.distance < SETTLED:
            break
        gradient, room = now.by @ (now.weight * (y - now.mu)), _room(model, now.theta)
        while damping < STIFFEST:
            step = _step(now.information, gradient, now.held, room, damping)
            count += 1
            there = state(y, model, np.minimum(now.theta + step, ceilings), trust, count)
            if there.deviance <= now.deviance + 1e-9 * abs(now.deviance):
                break
            damping = max(10 * damping, SOFTEST)
        else:
            now = _levelled(now, gradient, room)
            break
        damping = damping / 10 if damping > SOFTEST else 0.0
        if there.deviance > now.deviance - 1e-10 * abs(now.deviance) and there.distance >= now.distance:
            now = _levelled(now, gradient, room)
            break
        now = there
    theta = model.sorted(now.theta)
    return now if np.array_equal(theta, now.theta) else state(y, model, theta, trust, now.evaluations)


def _levelled(end: Solution, gradient: Array, room: Array) -> Solution:
    """``end``, from which no step gains, with the distance that the softest damping leaves.

    A lifetime far below the response's width does the same to the counts as a later pulse with other
    amplitudes: along that line the information is zero and the undamped distance means nothing.
    """
    step = _step(end.information, gradient, end.held, room, SOFTEST)
    gain = abs(float(2 * gradient @ step - step @ end.information @ step))
    return replace(end, distance=min(end.distance, gain))


def starts(
    y: Array, model: Model, own: Array, how_many: int = 2, within: tuple[float, float] = (0.0, np.inf)
) -> list[Array]:
    """Start values: the best combinations of lifetimes on a coarse grid, with their amplitudes.

    ``own`` are start values of the response's own parameters, ``within`` / ns bounds the lifetimes.
    Where there is more than one good combination, they are followed down on the coarse channels in turn
    until one fits.
    """
    factor = max(1, y.size // COARSE)
    small = model.response.coarser(factor)
    size = small.edges.size - 1
    seen = y[: size * factor].reshape(size, factor).sum(axis=1)
    counts = seen
    live = None if model.live is None else model.live[: size * factor].reshape(size, factor).mean(axis=1)
    span = float(small.edges[-1] - small.edges[0])
    shortest = max(2.0 * model.channel_ns * model.channels_per_bin, 2e-4 * span)
    taus = np.geomspace(max(min(shortest, span / 20), within[0]), min(3 * span, within[1]), GRID)
    columns = small.exponentials(np.ones_like(taus), taus, own).counts
    fixed: list[Array] = []
    per_channel = model.channels_per_bin * factor
    if model.scatter:
        fixed.append(small.scatter(own).counts)
    if model.background is None:
        fixed.append(np.full(size, float(per_channel)))
    else:
        counts = np.maximum(counts - model.background * per_channel, 0.0)
    a = np.array([*columns, *fixed])
    if live is not None:
        a *= live
    # a running mean of the counts as weight: good to a few per cent, and this is only the start
    smooth = np.convolve(counts, np.full(5, 0.2), mode="same") + 0.5
    gram = (a / smooth) @ a.T
    right = (a / smooth) @ counts
    ranked = _ranked(gram, right, GRID, model.terms, len(fixed))
    chosen: list[tuple[tuple[int, ...], Array]] = []
    for combination, amplitudes in ranked:
        if all(max(abs(i - j) for i, j in zip(combination, c, strict=True)) > 1 for c, _ in chosen):
            chosen.append((combination, amplitudes))
        if len(chosen) == how_many:
            break
    out = []
    total = max(float(counts.sum()), 1.0)
    floor = 1e-3 * total
    for combination, amplitudes in chosen:
        n = model.terms
        theta = np.empty(len(model.names))
        theta[:n] = np.maximum(amplitudes[:n], floor)
        theta[n : 2 * n] = taus[list(combination)]
        at = 2 * n
        if model.scatter:
            theta[at] = max(float(amplitudes[n]), 1e-4 * total)
            at += 1
        if model.background is None:
            theta[at] = max(float(amplitudes[-1]), 1e-4 * total / y.size / model.channels_per_bin)
        theta[model.own_at] = own
        out.append(theta)
    if factor == 1 or len(out) == 1:
        return out
    coarse = replace(model, response=small, channels_per_bin=per_channel, live=live)
    ends: list[tuple[float, Array]] = []
    for theta in out:
        end, _ = walk(seen, coarse, theta, None, tolerance=COARSELY)
        if np.all(np.isfinite(end)):
            ends.append((float(deviance(seen, coarse.expected(end)[0]).sum()), end))
            if ends[-1][0] < GOOD * size:
                break
    if not ends:
        return out
    best = min(ends, key=lambda end: end[0])[1]
    best[model.own_at] = own  # the coarse channels know little of the pulse
    best[: model.terms] = np.maximum(best[: model.terms], floor)
    return [best]


def _ranked(
    gram: Array, right: Array, grid: int, terms: int, fixed: int
) -> list[tuple[tuple[int, ...], Array]]:
    """Combinations of ``terms`` grid lifetimes by the weighted squares they leave, positive ones first."""
    sets = list(combinations(range(grid), terms))
    index = np.array([[*s, *range(grid, grid + fixed)] for s in sets])
    a = gram[index[:, :, None], index[:, None, :]]
    b = right[index]
    size = index.shape[1]
    a = a + 1e-10 * np.einsum("cii->c", a)[:, None, None] / size * np.eye(size)
    amplitudes = np.linalg.solve(a, b[..., None])[..., 0]
    gain = np.einsum("ci,ci->c", amplitudes, b)
    negative = np.any(amplitudes[:, :terms] <= 0, axis=1)
    order = np.lexsort((-gain, negative))
    return [(sets[i], amplitudes[i]) for i in order]
