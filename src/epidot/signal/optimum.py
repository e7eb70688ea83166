"""Where a sum of squares is least: several starts, bounds released, and whether the end is one.

Underneath works :func:`scipy.optimize.least_squares`.  It may stop at a bound from which the sum falls
inwards, in a valley beside the deeper one, or before the end of a narrow one; so the slope at every bound is
looked at and what points inwards is released, further starts are tried where an end is doubtful, and what the
next step would still gain is stated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.signal.objective import State
from epidot.signal.scoring import MOST_STEPS, descend
from epidot.signal.slopes import slopes

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_TIGHT = (1e-8, 1e-15)  # relative: where the first leaves something to gain, only rounding ends the search
_SURE = 1e-12  # of a residual's variance
EVALUATIONS = 2000
_ROUGH, _FEW = 1e-6, 60  # of a further start: whether it leads anywhere shows soon
_BETTER = 1e-6  # of the sum of squares: what a further start must gain to be followed to its end
_AT = 1e-9  # of the distance between the bounds (or of the value): so near it stands at one
_ROUNDS = 6  # of releasing what stands at a bound
_DOUBTS = 8  # further starts where the end is doubtful
_SETTLED = 1e-4  # of a residual's variance: a step that gains less moves nothing by a hundredth of its error
_NOTHING = 1e-7  # the same: it moves nothing by 1/3000 of its error
_FLAT = 1e-10  # of the largest singular value: below it a direction is not determined
_ROUNDING = 1e-12  # of the residuals that the values make up: less is left where readings are exact
_HUGE = 1e100  # a residual that is no number


@dataclass(frozen=True, eq=False)
class Optimum:
    """The end of a search: ``values`` (p,), ``residuals`` (n,), their derivatives ``jacobian`` (n, p).

    ``low`` and ``high`` say which values stand at a bound with the sum of squares rising inwards; ``gain`` is
    what one more step would take off the sum, in units of the residuals' variance.
    """

    values: Array
    residuals: Array
    jacobian: Array
    low: Mask
    high: Mask
    gain: float

    @property
    def cost(self) -> float:
        """Sum of squares."""
        return float(self.residuals @ self.residuals)

    @property
    def settled(self) -> bool:
        """Whether this is a least sum of squares, as far as numbers tell: nothing to gain, or nothing left.

        Of exact readings rounding is left, of which a step may gain any share.
        """
        reach = self.jacobian @ self.values
        return self.gain < _SETTLED or self.cost < _ROUNDING**2 * float(reach @ reach)

    def settled_to(self, variance: float) -> bool:
        """Whether nothing is left to gain in units of a residual's known ``variance``.

        Computed curves leave only rounding, beside which a step may seem to gain something.
        """
        freedom = max(1, self.residuals.size - self.values.size)
        return self.gain * self.cost / freedom < _SETTLED * variance

    @property
    def over(self) -> bool:
        """Whether another search would not move, and nothing is worth a second look."""
        return self.gain < _NOTHING and bool(np.all(self.free)) and not self.flat

    @property
    def free(self) -> Mask:
        """Which values do not stand at a bound."""
        return ~(self.low | self.high)

    @property
    def errors(self) -> Array:
        """Standard errors (p,) for residuals of one variance, taken from what is left; 0 at a bound."""
        basis = self.jacobian[:, self.free]
        _, singular, rows = _decomposed(basis)
        length = np.sqrt(np.sum(basis**2, axis=0))
        freedom = max(1, self.residuals.size - length.size)
        out = np.zeros(self.free.size)
        spread = np.sqrt(np.sum((rows / singular[:, None]) ** 2, axis=0)) / length
        out[self.free] = spread * math.sqrt(self.cost / freedom)
        return out

    @property
    def flat(self) -> list[int]:
        """Free values that the residuals do not determine."""
        where = np.flatnonzero(self.free)
        _, singular, rows = _decomposed(self.jacobian[:, where])
        weak = rows[singular <= _FLAT * singular[0]] if singular.size else rows
        return sorted({int(where[i]) for row in weak for i in np.flatnonzero(np.abs(row) > 0.1)})


def least(
    residuals: Callable[[Array], Array],
    starts: Sequence[Array],
    low: Array,
    high: Array,
    jacobian: Callable[[Array], Array] | None = None,
    *,
    further: bool = True,
    tight: bool = True,
    evaluations: int = EVALUATIONS,
) -> Optimum:
    """The values (p,) between ``low`` and ``high`` with the least sum of squared ``residuals(values)`` (n,).

    ``starts`` are all tried, and the best of them is followed to its end.  ``jacobian`` are the derivatives
    (n, p); without it they are taken numerically.  With ``further``, more starts spread about the first one
    are tried as long as the best end is doubtful: not settled, at a bound, or with values that nothing
    determines.  Without ``tight`` the search ends where a step gains less than a hundred-millionth of
    the sum: enough to compare models.  ``evaluations`` are the most of one search.  A parameter whose bounds
    leave no room stays at the lower one.

    Raises
    ------
    ValueError
        If the residuals are no numbers at any start.
    """
    with np.errstate(all="ignore"):
        best: Optimum | None = None
        for start in starts:
            best = _better(
                best, _from(residuals, start, low, high, jacobian, len(starts) > 1, tight, evaluations)
            )
        if best is not None and len(starts) > 1:
            best = _better(best, _from(residuals, best.values, low, high, jacobian, tight=tight))
        if further:
            for start in _spread(starts[0], low, high):
                if best is not None and best.settled and bool(np.all(best.free)) and not best.flat:
                    break
                seen = _from(residuals, start, low, high, jacobian, rough=True)
                if seen is not None and (best is None or seen.cost < (1 - _BETTER) * best.cost):
                    best = _better(best, _from(residuals, seen.values, low, high, jacobian))
    if best is None:
        raise ValueError("the residuals are no numbers at any start")
    return best


def quickest(
    both: Callable[[Array], tuple[Array, Array]],
    starts: Sequence[Array],
    low: Array,
    high: Array,
    variance: float,
) -> Optimum:
    """As :func:`least` without ``further`` and ``tight``, for smooth models begun near their end.

    ``both`` gives residuals (n,) and their derivatives (n, p); ``variance`` is about that of a residual.
    Scoring takes a third of the time of the search underneath :func:`least`; where it does not settle, that
    has the word.

    Raises
    ------
    ValueError
        If the residuals are no numbers at any start.
    """
    found = scored(both, starts, low, high, variance)
    if found is not None and found.settled_to(variance):
        return found
    starts = starts if found is None else [found.values, *starts]
    return least(
        lambda v: both(v)[0],
        starts,
        low,
        high,
        lambda v: both(v)[1],
        further=False,
        tight=False,
    )


def scored_first(
    residuals: Callable[[Array], Array],
    starts: Sequence[Array],
    low: Array,
    high: Array,
    jacobian: Callable[[Array], Array] | None = None,
    *,
    further: bool = True,
    tight: bool = True,
    evaluations: int = EVALUATIONS,
) -> Optimum:
    """As :func:`least`, begun where scoring ends; that needs the ``jacobian``.

    That is the end where another search would not move, or where scoring has used up its ``evaluations``
    unsettled.  Begun at a bound, where scoring may end, a search may stray: the better end is taken.
    """

    def search(starts: Sequence[Array]) -> Optimum:
        return least(
            residuals, starts, low, high, jacobian, further=further, tight=tight, evaluations=evaluations
        )

    derivatives = jacobian
    if derivatives is None:
        return search(starts)
    found = scored(lambda u: (residuals(u), derivatives(u)), starts, low, high, 1.0)
    if found is None:
        return search(starts)
    if found.over or not (found.settled or evaluations > MOST_STEPS):
        return found
    return _lesser(found, search([found.values]))


def scored(
    both: Callable[[Array], tuple[Array, Array]],
    starts: Sequence[Array],
    low: Array,
    high: Array,
    variance: float,
) -> Optimum | None:
    """Where scoring ends, settled or not, with the arguments of :func:`quickest`; ``None`` if nowhere."""
    squares = _Squares(both, low, high, variance)
    with np.errstate(all="ignore"):
        ends = [end for start in starts if math.isfinite((end := descend(squares, start)).deviance)]
        if not ends:
            return None
        end = min(ends, key=lambda end: end.deviance)
        left, matrix = both(end.u)
        gain = _gain(left, matrix[:, ~end.held])
        return Optimum(end.u, left, matrix, end.held & (end.u <= low), end.held & (end.u >= high), gain)


@dataclass(frozen=True)
class _Squares:
    """A sum of squares as :func:`epidot.signal.scoring.descend` sees it."""

    both: Callable[[Array], tuple[Array, Array]]
    low: Array
    high: Array
    variance: float

    @property
    def logs(self) -> Mask:
        return np.zeros(self.low.size, dtype=np.bool_)

    def at(self, u: Array) -> State:
        left, matrix = self.both(u)
        slope, information = matrix.T @ left, matrix.T @ matrix
        return State(
            u, float(left @ left) / self.variance, -slope / self.variance, information / self.variance
        )


def _better(one: Optimum | None, other: Optimum | None) -> Optimum | None:
    if one is None or other is None:
        return one or other
    return _lesser(one, other)


def _lesser(one: Optimum, other: Optimum) -> Optimum:
    """Which of two ends has the lesser sum of squares; of two alike the one with less to gain."""
    # An end that gains less than rounding over one that is settled is no better.
    margin = 1e-9 * one.cost
    if other.cost < one.cost - margin or (other.cost < one.cost + margin and other.gain < one.gain):
        return other
    return one


def _spread(start: Array, low: Array, high: Array) -> Iterator[Array]:
    """Places about a start: within the bounds where both are there, else over decades of the value."""
    from scipy.stats import qmc

    drawn = qmc.Sobol(start.size, scramble=False).random_base2(int(math.log2(_DOUBTS)) + 1)[1 : _DOUBTS + 1]
    bounded = np.isfinite(low) & np.isfinite(high)
    for share in drawn:
        factor = 10 ** (2 * share - 1)
        free = np.clip(start * factor, low, high)
        between = low + (0.02 + 0.96 * share) * (high - low)
        # Near the start as well as far from it.
        yield np.where(bounded, 0.5 * (between + np.clip(start, low, high)), free)


def _from(
    residuals: Callable[[Array], Array],
    start: Array,
    low: Array,
    high: Array,
    jacobian: Callable[[Array], Array] | None,
    rough: bool = False,
    tight: bool = True,
    evaluations: int = EVALUATIONS,
) -> Optimum | None:
    """One search, with what stands at a bound held there and released until that is right."""
    from scipy.optimize import least_squares

    def safe(values: Array) -> Array:
        out = np.asarray(residuals(values), dtype=np.float64)
        return np.where(np.isfinite(out), out, _HUGE)

    # A value may be far below 1: steps are relative to it, near 0 to a part of where it began.
    scale = np.where(start != 0, 1e-3 * np.abs(start), 1e-6)

    def derivatives(values: Array) -> Array:
        if jacobian is not None:
            return np.asarray(jacobian(values), dtype=np.float64)
        return slopes(safe, values, scale, low=low, high=high)

    narrow = ~(low < high)  # no room to search: readings over less than a line's least width
    high = np.maximum(low, high)
    span = np.where(np.isfinite(high - low), high - low, np.maximum(np.abs(start), 1.0))
    at = np.clip(start, low + 1e-6 * span, high - 1e-6 * span)
    if not float(np.max(np.abs(safe(at)))) < _HUGE:
        return None
    held = narrow
    for _ in range(1 if rough else _ROUNDS):
        free = ~held

        def whole(part: Array, at: Array = at, free: Mask = free) -> Array:
            values = at.copy()
            values[free] = part
            return values

        def columns(part: Array, whole: Callable[[Array], Array] = whole, free: Mask = free) -> Array:
            return derivatives(whole(part))[:, free]

        inside = np.clip(at[free], low[free] + 1e-9 * span[free], high[free] - 1e-9 * span[free])
        for tolerance in (_ROUGH,) if rough else _TIGHT[: 1 + tight] if np.any(free) else ():
            found = least_squares(
                lambda part, whole=whole: safe(whole(part)),
                inside,
                jac=columns,
                bounds=(low[free], high[free]),
                x_scale="jac",
                ftol=tolerance,
                xtol=tolerance,
                gtol=tolerance,
                max_nfev=_FEW if rough else evaluations,
            )
            inside = found.x
            at = whole(inside)
            if _gain(found.fun, found.jac) < _SURE:
                break
        near = _AT * np.maximum(span, np.abs(at))
        below, above = free & (at - low < near), free & (high - at < near)
        at = np.where(below, low, np.where(above, high, at))
        held = held | below | above
        slope = derivatives(at).T @ safe(at)
        inwards = held & ~narrow & np.where(at <= low, slope < 0, slope > 0)
        if not np.any(inwards) and not np.any(below | above):
            break
        held &= ~inwards
        if np.any(inwards):  # a step away from the bound, so that the search does not begin on it
            at = np.where(inwards, np.clip(at, low + 1e-3 * span, high - 1e-3 * span), at)
    left, matrix = safe(at), derivatives(at)
    return Optimum(at, left, matrix, held & (at <= low), held & (at >= high), _gain(left, matrix[:, ~held]))


def _gain(residuals: Array, jacobian: Array) -> float:
    """What a Gauss-Newton step would take off the sum of squares, in units of its variance."""
    if not jacobian.size:
        return 0.0
    basis, singular, _ = _decomposed(jacobian)
    good = singular > _FLAT * max(float(singular[0]), 1e-300)
    gained = float(np.sum((basis[:, good].T @ residuals) ** 2))
    freedom = max(1, residuals.size - jacobian.shape[1])
    cost = float(residuals @ residuals)
    return gained * freedom / cost if cost > 0 else 0.0


def _decomposed(jacobian: Array) -> tuple[Array, Array, Array]:
    """Singular values of a matrix whose columns are brought to one length."""
    length = np.sqrt(np.sum(jacobian**2, axis=0))
    scaled = jacobian / np.where(length > 0, length, 1.0)
    u, s, v = np.linalg.svd(scaled, full_matrices=False)
    return u, s, v
