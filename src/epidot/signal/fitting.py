"""Models fitted to signals: the least sum of squares, its errors, and words for how it ended.

One curve or several at once; parameters may be held, bounded or shared (:mod:`epidot.signal.limits`), and
several curves of unknown noise weigh by what each scatters about a fit of its own.

A value that nature bounds (a height is not negative), or the one who asked, may end at its bound: how far it
could lie inside is then read off the profile of the sum of squares, and what that would move the others by is
in their errors.  A fit that ends at a bound of the search is at no optimum and states no errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.quantities import Determined, Shape
from epidot.signal.correlation import Noise
from epidot.signal.fitted import Fitted as Fitted
from epidot.signal.fitted import Together as Together
from epidot.signal.fitted import signed_deviance
from epidot.signal.limits import Limits, Placed, Term, placed
from epidot.signal.local import believed
from epidot.signal.objective import Objective, common
from epidot.signal.optimum import EVALUATIONS, Optimum, least, scored_first
from epidot.signal.signal import Signal

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_OWN_STARTS = 4  # of several curves: so many begin the search of all with their own shared values
_NO_LIMITS = Limits()


@dataclass(frozen=True)
class Free:
    """One fitted parameter: its name and unit, where the search starts and its bounds.

    ``natural`` if nothing can lie below ``low``, ``share`` if nothing can lie above ``high`` either; other
    bounds are those of the search.  ``domain`` are the values that the model takes at all, where they reach
    further than the search.
    """

    name: str
    unit: str
    start: float
    low: float
    high: float
    natural: bool = False
    domain: tuple[float, float] | None = None
    share: bool = False

    def term(self, searched: bool = True) -> Term:
        """As limits see it: in the bounds of the search, or in its domain."""
        low, high = (self.low, self.high) if searched else self.domain or (self.low, self.high)
        return Term(self.name, self.unit, self.start, low, high)


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve to be fitted, a part of an :class:`~epidot.signal.objective.Objective`.

    ``model(values)`` gives the curve (n,) and ``jacobian(values)`` its derivatives (n, p), if they are known;
    ``noise`` says how the readings of neighbouring points hang together (white by default), and ``scale`` is
    the standard error of an analog reading that does not say its own.  ``starts`` are more places for the
    search to begin.
    """

    signal: Signal
    model: Callable[[Array], Array]
    free: Sequence[Free]
    noise: Noise = field(default_factory=Noise)
    jacobian: Callable[[Array], Array] | None = None
    starts: Sequence[Array] = ()
    scale: float = 1.0

    @property
    def y(self) -> Array:
        return self.signal.y

    @property
    def trust(self) -> Array | None:
        return None

    def expected(self, values: Array) -> tuple[Array, Array]:
        """The curve (n,) and its derivatives (p, n)."""
        assert self.jacobian is not None
        return self.model(values), np.asarray(self.jacobian(values).T)

    @property
    def known(self) -> bool:
        """Whether kind of noise or signal give the standard errors."""
        return self.signal.knows_noise

    def _error(self) -> Array | float:
        return self.signal.known_sigma if self.signal.known_sigma is not None else self.scale

    def off(self, values: Array) -> Array:
        """Model less readings in standard errors, of counts the signed roots of the deviance; shape (n,)."""
        y = self.model(values)
        if self.signal.kind == "analog":
            return np.asarray((y - self.signal.y) / self._error(), dtype=np.float64)
        return signed_deviance(self.signal, y)[0]

    def by(self, values: Array) -> Array:
        """The derivatives of that, shape (n, p)."""
        assert self.jacobian is not None
        if self.signal.kind == "analog":
            return np.asarray((self.jacobian(values).T / self._error()).T, dtype=np.float64)
        slope = signed_deviance(self.signal, self.model(values))[1]
        return np.asarray(self.jacobian(values) * slope[:, None], dtype=np.float64)

    def after(self, found: Fitted) -> Curve:
        """The same with what a fit of it alone says: where to begin, and how much its readings scatter."""
        free = [replace(f, start=float(v)) for f, v in zip(self.free, found.values, strict=True)]
        first = np.array([f.start for f in self.free])
        scatter = self.scale * float(np.sqrt(found.statistics.get("residual_variance", 1.0)))
        return replace(self, free=free, starts=[first, *self.starts], scale=scatter or self.scale)


def fit_curve(
    signal: Signal,
    model: Callable[[Array], Array],
    free: Sequence[Free],
    noise: Noise | None = None,
    *,
    jacobian: Callable[[Array], Array] | None = None,
    starts: Sequence[Array] = (),
    further: bool = True,
    tight: bool = True,
    evaluations: int = EVALUATIONS,
    scoring: bool = False,
) -> Fitted:
    """Fit ``model(values) -> y`` of shape (n,) to a signal.

    Counts and rates are fitted by their Poisson deviance (residuals signed, squares summing to the
    deviance), analog values by least squares with the signal's own standard errors, or with one common
    error found from the residuals.  ``noise`` says how the readings of neighbouring points hang together
    (white by default).  Residuals that contradict the errors, or hang together, widen the covariance.

    ``jacobian`` are the derivatives (n, p) of the model; ``starts`` more places for the search to begin;
    ``further``, ``tight`` and ``evaluations`` as in :func:`epidot.signal.optimum.least`; with ``scoring`` the
    search begins where scoring ends, and is over there where it would not move, or where scoring has used up
    its ``evaluations`` unsettled.

    Raises
    ------
    InputError
        If there are not more points than parameters.
    """
    curve = Curve(signal, model, free, noise or Noise(), jacobian, starts)
    return fit_curves([curve], further=further, tight=tight, evaluations=evaluations, scoring=scoring).each[0]


def fit_curves(
    curves: Sequence[Curve],
    limits: Limits = _NO_LIMITS,
    *,
    further: bool = True,
    tight: bool = True,
    evaluations: int = EVALUATIONS,
    scoring: bool = False,
) -> Together:
    """Fit one model to all ``curves`` at once, its parameters held, bounded or shared by ``limits``.

    What is fitted, and ``further``, ``tight``, ``evaluations`` and ``scoring``, as in :func:`fit_curve`.

    Raises
    ------
    InputError
        If there are not more points than parameters, a limit is not one of the model
        (:func:`epidot.signal.limits.placed`), or nothing is left to be fitted.
    ValueError
        If two parameters have one name.
    """
    if any(len({f.name for f in c.free}) < len(c.free) for c in curves):
        raise ValueError("two parameters of one name")
    settled = placed(limits, [[f.term(searched=False) for f in c.free] for c in curves]) if limits else _FREE
    shared = settled.shared  # the same for all, so wherever the model has values
    each = [[f.term(f.name not in shared) for f in c.free] for c in curves]
    objective = common(curves, each, settled)
    points = [len(c.signal) for c in curves]
    if not objective.terms:
        raise InputError("every parameter is held: nothing is left to fit", remedy="leave one free")
    if sum(points) <= len(objective.terms):
        what = f"{len(objective.terms)} parameters need more points"
        raise InputError(what, curves[0].signal.source or None, seen=str(sum(points)))
    parts = [_Part(c, p, p >= 0, h) for c, p, h in zip(curves, objective.place, objective.held, strict=True)]
    rows = np.split(np.arange(sum(points)), np.cumsum(points)[:-1])

    def off(u: Array) -> Array:
        return np.concatenate([part.curve.off(part.values(u)) for part in parts])

    def by(u: Array) -> Array:
        out = np.zeros((sum(points), u.size))
        for part, own in zip(parts, rows, strict=True):
            out[np.ix_(own, part.place[part.free])] = part.curve.by(part.values(u))[:, part.free]
        return out

    low, high = objective.low, objective.high
    if not bool(np.all(low < high)):
        t = objective.terms[int(np.argmin(high - low))]
        raise InputError(f"the curves have no value of {t.name} in common", remedy="do not share it")
    known = all(c.jacobian is not None for c in curves)
    starts = _starts(objective, parts)
    jacobian = by if known else None
    search = scored_first if scoring and known else least
    found = search(off, starts, low, high, jacobian, further=further, tight=tight, evaluations=evaluations)
    ends = _Ends.of(objective, curves, settled)
    covariance = _covariance(found, parts, rows, ends, high - low)
    status, message = _ended(found, objective.names, ends)
    if status == "failed" or ends.beyond(found).any():
        covariance = np.full_like(covariance, np.inf)
    freedom = sum(points) - int(np.sum(found.free))
    statistics: dict[str, float] = {}
    each_fitted = []
    for k, (part, own) in enumerate(zip(parts, rows, strict=True), start=1):
        curve, values = part.curve, part.values(found.values)
        alone = freedom if len(curves) == 1 else own.size - int(np.sum(part.free))
        square = float(found.residuals[own] @ found.residuals[own])
        reduced = square / max(alone, 1) * (1.0 if curve.known else curve.scale**2)
        name = "reduced_deviance" if curve.known else "residual_variance"
        statistics[name if len(curves) == 1 else f"{name}[{k}]"] = reduced
        held = frozenset(f.name for f, free in zip(curve.free, part.free, strict=True) if not free)
        each_fitted.append(
            Fitted(
                tuple(f.name for f in curve.free),
                values,
                part.covariance(covariance),
                curve.model(values),
                status,
                message,
                {name: reduced, "degrees_of_freedom": alone},
                tuple(f.unit for f in curve.free),
                held,
            )
        )
    statistics["degrees_of_freedom"] = freedom
    parameters = _parameters(found, covariance, objective, each_fitted, ends)
    return Together(tuple(each_fitted), objective.names, covariance, parameters, statistics, found.cost)


_FREE = Placed(frozenset(), {}, {})


@dataclass(frozen=True, eq=False)
class _Part:
    """A curve among those of a common fit: where its parameters stand, and which of them are free."""

    curve: Curve
    place: NDArray[np.intp]
    free: Mask
    held: Array

    def values(self, u: Array) -> Array:
        out = self.held.copy()
        out[self.free] = u[self.place[self.free]]
        return out

    def covariance(self, common: Array) -> Array:
        out = np.zeros((self.place.size, self.place.size))
        own = self.place[self.free]
        out[np.ix_(self.free, self.free)] = common[np.ix_(own, own)]
        return out

    def started(self, values: Array, u: Array) -> Array:
        """``u`` with this curve's parameters at ``values``."""
        out = u.copy()
        out[self.place[self.free]] = values[self.free]
        return out


@dataclass(frozen=True, eq=False)
class _Ends:
    """Which ends (p,) of the search are those of nature, lower and upper, and which were asked for."""

    natural: Mask
    most: Mask
    asked: Mask

    @classmethod
    def of(cls, objective: Objective, curves: Sequence[Curve], settled: Placed) -> _Ends:
        natural, most, asked = np.zeros((3, len(objective.terms)), dtype=np.bool_)
        for k, (curve, place) in enumerate(zip(curves, objective.place, strict=True)):
            for f, at in zip(curve.free, place, strict=True):
                if at >= 0:
                    asked[at] |= (f.name, k) in settled.bounds
                    natural[at] |= (f.natural or f.share) and objective.terms[at].low == f.low
                    most[at] |= f.share and objective.terms[at].high == f.high
        return cls(natural, most, asked)

    def soft(self, found: Optimum) -> tuple[Mask, Mask]:
        """Where a fit ended at a lower or an upper bound that is an end like another."""
        return found.low & (self.natural | self.asked), found.high & (self.most | self.asked)

    def beyond(self, found: Optimum) -> Mask:
        """Where the optimum lies beyond what was searched."""
        low, high = self.soft(found)
        return (found.low & ~low) | (found.high & ~high)


def _starts(objective: Objective, parts: Sequence[_Part]) -> list[Array]:
    """The common start, that of each of the first curves, and further ones of the curves."""
    first = np.array([t.value for t in objective.terms])
    own = [np.array([f.start for f in part.curve.free]) for part in parts]
    more = (
        [p.started(v, first) for p, v in zip(parts[:_OWN_STARTS], own, strict=False)] if len(own) > 1 else []
    )
    more += [p.started(v, first) for p in parts for v in p.curve.starts]
    every = [first, *(np.clip(one, objective.low, objective.high) for one in more)]
    return [one for i, one in enumerate(every) if not any(np.array_equal(one, other) for other in every[:i])]


def _ended(found: Optimum, names: Sequence[str], ends: _Ends) -> tuple[str, str]:
    """Status and message; a bound of nature is an end like another, and is told."""
    status, said = "converged", ["converged"]
    low, high = found.low & ends.asked & ~ends.natural, found.high & ends.asked & ~ends.most
    asked = [(low, "lowest"), (high, "highest")]
    if not found.settled:
        status, said = "failed", ["the search did not settle: no errors are stated"]
    elif ends.beyond(found).any():
        where = ", ".join(np.array(names)[ends.beyond(found)])
        status, said = "at a bound", [f"at its bound: {where}; the optimum lies beyond, no errors are stated"]
    elif any(at.any() for at, _ in asked):
        told = [(", ".join(np.array(names)[at]), which) for at, which in asked if at.any()]
        status, said = "at a bound", [f"{n} ended at the {which} value allowed" for n, which in told]
    if (there := (found.low & ends.natural) | (found.high & ends.most)).any():
        said.append("at its natural bound: " + ", ".join(np.array(names)[there]))
    if found.flat:
        said.append("not determined by these data: " + ", ".join(names[i] for i in found.flat))
    return status, "; ".join(said)


def _parameters(
    found: Optimum, covariance: Array, objective: Objective, each: Sequence[Fitted], ends: _Ends
) -> dict[str, Determined]:
    """Every parameter with its interval, cut off where its bound is one."""
    out = {}
    low, high = ends.soft(found)
    for i, (term, value) in enumerate(zip(objective.terms, found.values.tolist(), strict=True)):
        variance = float(covariance[i, i])
        if not np.isfinite(variance) or not (low[i] or high[i]):
            sigma = float(np.sqrt(variance)) if np.isfinite(variance) and variance >= 0 else None
            out[term.name] = Determined.around(value, sigma, term.unit)
            continue
        reach = float(np.sqrt(max(variance, 0.0)))
        interval = (value, value + reach) if low[i] else (value - reach, value)
        note = f"ended at the {'lowest' if low[i] else 'highest'} value allowed"
        shape: Shape = "upper only" if low[i] else "lower only"
        out[term.name] = Determined(value, None, term.unit, interval, shape, note)
    for k, one in enumerate(each, start=1):
        for name, value, unit in zip(one.names, one.values.tolist(), one.units, strict=True):
            if name in one.held:
                called = name if len(each) == 1 else f"{name}[{k}]"
                out[called] = Determined.around(value, None, unit, "held")
    return out


def _covariance(
    found: Optimum, parts: Sequence[_Part], rows: Sequence[NDArray[np.intp]], ends: _Ends, span: Array
) -> Array:
    """Covariance (p, p) at the optimum; what the data do not determine has infinite variance."""
    free = found.free
    inside = found.jacobian[:, free]
    length = np.where((size := np.sqrt(np.sum(inside**2, axis=0))) > 0, size, 1.0)
    answers = np.zeros((free.size, found.residuals.size))
    variance = found.cost / found.residuals.size
    plain = np.linalg.pinv(inside / length) / length[:, None]
    if np.any(free):
        total = 0.0
        for part, own in zip(parts, rows, strict=True):
            n = own.size
            noise = replace(part.curve.noise, sigma=np.ones(n) if part.curve.known else None)
            design = inside[own]
            design = design[:, np.any(design != 0, axis=0)]
            seen = believed(noise, found.residuals[own], design)
            answers[np.ix_(free, own)] = noise.spread(plain[:, own]) * np.sqrt(seen)
            total += seen * n
        variance = total / found.residuals.size
    out = np.asarray(answers @ answers.T, dtype=np.float64)
    low, high = ends.soft(found)
    for i in np.flatnonzero(low | high):
        # The others follow: what they do not take up of this column is what speaks against a move inside.
        column = found.jacobian[:, i] * (1.0 if low[i] else -1.0)
        follow = -plain @ column
        left = column + inside @ follow
        slope, bend = float(column @ found.residuals), float(left @ left)
        # Half of the sum of squares rises by slope δ + bend δ²/2; its interval ends where that is variance/2.
        rise = np.sqrt(slope**2 + bend * variance) - slope
        reach = min(rise / bend, float(span[i])) if bend > 0 else float(span[i])
        move = np.zeros(free.size)
        move[free], move[i] = follow, 1.0 if low[i] else -1.0
        out += np.outer(move, move) * reach**2
    out[found.flat, found.flat] = np.inf
    return out
