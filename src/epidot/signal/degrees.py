"""How many degrees a local curve needs, and what the choice adds to its errors.

The answers of two degrees differ by noise of known variance, since both come from the same readings.  The
lowest degree is taken that differs from none above it by more than three such standard errors; what the next
degree would still change beyond its noise is added to the standard error.
So a skewed band does not bias its own maximum, and a noisy one is not overfitted.

Curves that are no degrees of one another are weighed by likelihood (in the way of H. Akaike, IEEE Trans.
Autom. Control 19, 716 (1974)) and averaged with what they say differently in the error (S. T. Buckland,
K. P. Burnham and N. H. Augustin, Biometrics 53, 603 (1997)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_CLEAR = 9.0  # squared number of standard errors that makes a difference clear
# A move of this many noise variances is still put down to noise.  With 1 the intervals are a few per cent
# too wide on curves that need no higher degree, with more they are too narrow on those that do.
_NOISE = 2.0
# Of a rival curve, which moves more by noise alone; with 2 the intervals hold 77 % where the first is right.
_RIVAL = 3.0
# What one more free value must take off the deviance.  Akaike's 2 makes the errors of plain bands a fifth too
# wide, Schwarz's ln(n), near 6, believes them too soon: own choice, from simulated bands of six shapes.
COUNTED = 4.0
DOUBTED = 0.03  # weight below which a curve is not asked


@dataclass(frozen=True)
class Answer:
    """What a curve of one degree says: value and gradient (in its coefficients) of every quantity.

    ``answers`` of shape (coefficients, n) says how the coefficients answer to independent noise of unit
    variance in each of the n points; ``variance`` is that of one point about the curve.
    """

    degree: int
    values: Mapping[str, tuple[float, Array]]
    answers: Array
    variance: float

    def response(self, name: str) -> Array:
        """How a quantity answers to unit noise in each point, shape (n,)."""
        return np.asarray(self.values[name][1] @ self.answers, dtype=np.float64)

    def spread(self, name: str) -> float:
        """Variance of a quantity by noise alone."""
        return self.variance * float(np.sum(self.response(name) ** 2))


def clear(moved: float, variance: float) -> bool:
    """Whether a move is more than noise of this ``variance`` makes."""
    return moved * moved > _CLEAR * variance


def beyond_noise(moved: float, variance: float) -> float:
    """The square of what a higher degree moves beyond noise of this ``variance``."""
    return max(0.0, moved * moved - _NOISE * variance)


def rival(moved: float, variance: float, share: float = 1.0) -> float:
    """What a curve of another law that describes the readings too adds to the variance.

    The square of what it moves beyond noise of this ``variance``, by the ``share`` that is its weight.
    """
    return share * max(0.0, moved * moved - _RIVAL * variance)


def settled(answers: Sequence[Answer], deciding: Sequence[str]) -> tuple[Answer, dict[str, float]]:
    """The answer to believe, and the standard error of each of its quantities.

    ``answers`` are in the order of their degrees (at least one); the quantities named in ``deciding``
    decide whether the degree goes up.
    """
    at = 0
    # Against every higher degree: even and odd features of a curve may show only two degrees later.
    while any(_differ(answers[at], higher, deciding) for higher in answers[at + 1 :]):
        at += 1
    chosen = answers[at]
    higher = answers[at + 1] if at + 1 < len(answers) else None
    errors = {}
    for name in chosen.values:
        variance = chosen.spread(name)
        if higher is not None and name in higher.values:
            moved, noise = change(chosen, higher, name)
            variance += beyond_noise(moved, noise)
        errors[name] = math.sqrt(variance)
    return chosen, errors


def change(low: Answer, high: Answer, name: str) -> tuple[float, float]:
    """By how much the higher degree moves a quantity, and the variance that noise gives this move."""
    moved = high.values[name][0] - low.values[name][0]
    # A misfit of the lower degree sits in its residuals: judge the move by the noise of the higher one.
    return moved, high.variance * float(np.sum((high.response(name) - low.response(name)) ** 2))


def _differ(low: Answer, high: Answer, deciding: Sequence[str]) -> bool:
    for name in deciding:
        if name in low.values and name in high.values:
            moved, variance = change(low, high, name)
            if clear(moved, variance):
                return True
        elif name in high.values:
            return True
    return False


def likely(deviances: Sequence[float], free: Sequence[int]) -> Array:
    """Weight of every curve from its deviance and its number of free values; what is doubted weighs 0."""
    marks = np.asarray(deviances, dtype=np.float64) + COUNTED * np.asarray(free, dtype=np.float64)
    weights = np.exp(-0.5 * (marks - np.min(marks)))
    weights /= np.sum(weights)
    weights = np.where(weights < DOUBTED, 0.0, weights)
    return np.asarray(weights / np.sum(weights), dtype=np.float64)


def averaged(
    values: Sequence[float], errors: Sequence[float], weights: Sequence[float]
) -> tuple[float, float]:
    """The mean of what several curves say, its error with what they say differently (eq 9 of Buckland)."""
    value = float(sum(w * v for w, v in zip(weights, values, strict=True)))
    each = (math.hypot(e, v - value) for e, v in zip(errors, values, strict=True))
    return value, float(sum(w * e for w, e in zip(weights, each, strict=True)))


def mixed(
    values: Sequence[ArrayLike], covariances: Sequence[ArrayLike], weights: Sequence[float]
) -> tuple[Array, Array]:
    """The mean (n,) of what several curves say of n values together, and its covariance (n, n).

    Each of ``values`` is (n,), each of ``covariances`` (n, n).  What they say differently is in the
    covariance as in that of a mixture; for one value that is a little more than :func:`averaged` gives,
    which has no form for several.  A curve that does not know its errors leaves none.
    """
    w = np.asarray(weights, dtype=np.float64)
    each = np.array([np.asarray(v, dtype=np.float64) for v in values])
    mean = w @ each
    off = each - mean
    known = [np.asarray(c, dtype=np.float64) for c, share in zip(covariances, w, strict=True) if share > 0]
    if not all(np.all(np.isfinite(c)) for c in known):
        return np.asarray(mean), np.full((mean.size, mean.size), np.inf)
    inside = sum(share * c for share, c in zip(w[w > 0], known, strict=True))
    return np.asarray(mean), np.asarray(inside + (w[:, None] * off).T @ off)
