"""The Poisson deviance of one or several counted curves as a function of common coordinates.

    D(u) = Σ_k Σ_i w_ki · 2 (y ln(y/μ) − y + μ),

μ the counts that the model of curve k expects, w ≤ 1 where that model is itself uncertain.  Parameters
may be held at a value, bounded, or shared between curves.  They are searched in coordinates in which
steps of any size stay meaningful: logarithms (times, rates), squares (widths, which enter a curve by
their square and end at zero), or the values themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from epidot.signal.limits import Placed, Term, within
from epidot.signal.poisson import deviance

Array = NDArray[np.float64]


class Part(Protocol):
    """One curve and the model of it."""

    @property
    def y(self) -> Array: ...

    @property
    def trust(self) -> Array | None: ...

    def expected(self, values: Array) -> tuple[Array, Array]:
        """Counts (n,) and their derivatives (p, n) at ``values`` (p,)."""
        ...


@dataclass(frozen=True)
class State:
    """The misfit at coordinates ``u`` (p,): ``score`` is the slope of the log-likelihood."""

    u: Array
    deviance: float
    score: Array
    information: Array


@dataclass
class Objective:
    """``parts`` seen as functions of common coordinates.

    ``terms`` are the free parameters; ``place`` holds for each part where its parameters stand among
    them, −1 where one is held at the value in ``held``.  ``ordered`` lists coordinates that name
    interchangeable terms and ascend.
    """

    parts: Sequence[Part]
    terms: Sequence[Term]
    place: Sequence[NDArray[np.intp]]
    held: Sequence[Array]
    ordered: Sequence[tuple[int, ...]] = ()
    low: Array = field(init=False)
    high: Array = field(init=False)
    evaluations: int = 0

    def __post_init__(self) -> None:
        self.logs = np.array([t.search == "log" for t in self.terms], dtype=np.bool_)
        self.squares = np.array([t.search == "square" for t in self.terms], dtype=np.bool_)
        self.low = self.inward(np.array([t.low for t in self.terms], dtype=np.float64))
        self.high = self.inward(np.array([t.high for t in self.terms], dtype=np.float64))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(t.name for t in self.terms)

    def inward(self, values: Array) -> Array:
        """Coordinates of parameters (p,)."""
        out = np.where(self.squares, values**2, values)
        return np.where(self.logs, np.log(np.where(self.logs, values, 1.0)), out)

    def outward(self, u: Array) -> Array:
        """Parameters at coordinates (p,)."""
        out = np.where(self.squares, np.sqrt(np.where(self.squares, np.maximum(u, 0.0), 0.0)), u)
        return np.where(self.logs, np.exp(np.where(self.logs, np.clip(u, -700, 700), 0.0)), out)

    def slopes(self, u: Array) -> Array:
        """Derivatives (p,) of the parameters by their coordinates; infinite for a square at zero."""
        values = self.outward(u)
        with np.errstate(divide="ignore"):
            out = np.where(self.squares, 0.5 / np.where(self.squares, values, 1.0), 1.0)
        return np.where(self.logs, values, out)

    def of_part(self, k: int, u: Array) -> Array:
        """The parameters of part ``k``."""
        place = self.place[k]
        known: Array = self.held[k].copy()
        known[place >= 0] = self.outward(u)[place[place >= 0]]
        return known

    def shown(self, k: int, u: Array) -> tuple[Array, Array]:
        """Counts (n,) of part ``k`` and their slopes (p, n) by the common coordinates."""
        place = self.place[k]
        mu, own = self.parts[k].expected(self.of_part(k, u))
        by = np.zeros((u.size, mu.size))
        factor = self.slopes(u)
        for i in np.flatnonzero(place >= 0):
            at = place[i]
            # the models give ∂μ/∂(x²) where x is searched by its square
            by[at] += own[i] * (1.0 if self.squares[at] else factor[at])
        return mu, by

    def at(self, u: Array) -> State:
        """Everything about the misfit at ``u``."""
        self.evaluations += 1
        total, score = 0.0, np.zeros(u.size)
        information = np.zeros((u.size, u.size))
        for k, part in enumerate(self.parts):
            mu, by = self.shown(k, u)
            each, weight = deviance(part.y, mu), 1.0 / mu
            if part.trust is not None:
                each, weight = each * part.trust, weight * part.trust
            total += float(each.sum())
            score += by @ (weight * (part.y - mu))
            information += (by * weight) @ by.T
        return State(u, total, score, information)


def common(
    parts: Sequence[Part], each: Sequence[Sequence[Term]], placed: Placed, ordered: Sequence[str] = ()
) -> Objective:
    """The objective of ``parts`` with the parameters ``each`` and limits ``placed`` on them.

    Shared parameters start at the mean (in their coordinate) of the curves' own values.  Names are those
    of the model for one curve or a shared parameter, else ``name[2]`` for the second curve.  ``ordered``
    names interchangeable parameters.
    """
    terms: list[Term] = []
    where: dict[tuple[str, int], int] = {}
    place: list[NDArray[np.intp]] = []
    held: list[Array] = []
    for k, own in enumerate(each):
        at = np.full(len(own), -1, dtype=np.intp)
        values = np.array([t.value for t in own], dtype=np.float64)
        for i, term in enumerate(own):
            key = (term.name, -1 if term.name in placed.shared else k)
            bounds = placed.bounds.get((term.name, k))
            if (term.name, k) in placed.held:
                values[i] = placed.held[term.name, k]
                continue
            if term.held and bounds is None:
                continue
            if key not in where:
                where[key] = len(terms)
                terms.append(_placed(term, key, each, bounds))
            at[i] = where[key]
        place.append(at)
        held.append(values)
    groups = []
    for k in range(len(parts)):
        group = [int(place[k][i]) for i, t in enumerate(each[k]) if t.name in ordered]
        free = tuple(i for i in group if i >= 0)
        if len(free) > 1 and free not in groups:
            groups.append(free)
    return Objective(parts, terms, place, held, groups)


def _placed(
    term: Term,
    key: tuple[str, int],
    each: Sequence[Sequence[Term]],
    bounds: tuple[float, float] | None,
) -> Term:
    name, k = key
    value, low, high = term.value, term.low, term.high
    if k < 0:
        alike = [t for own in each for t in own if t.name == name]
        values = [t.value for t in alike]
        value = float(np.exp(np.mean(np.log(values)))) if term.search == "log" else float(np.mean(values))
        low, high = max(t.low for t in alike), min(t.high for t in alike)
    if bounds is not None:
        low, high = bounds
        value = within(value, bounds)
    value = min(max(value, low), high)
    called = name if k < 0 or len(each) == 1 else f"{name}[{k + 1}]"
    return Term(called, term.unit, value, low, high, term.search)
