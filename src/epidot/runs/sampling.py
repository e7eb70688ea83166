"""The error of a mean over few dots of which some properties were chosen and the rest is chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WITHIN = NormalDist().cdf(1.0)  # the probability below one standard error above
_POWERS = 3  # of what was chosen that are told apart


def error_of_mean(values: Array, chosen: Sequence[Array] = ()) -> float | None:
    """How far the mean of ``values`` (dots,) may lie from that of very many dots, with 68 % probability.

    The dots are no random ones in what was ``chosen``, each (dots,): their core diameters stand at equal
    steps of probability, their supply of monomer has the mean of the law.  What follows these from dot to dot
    is therefore no error of the mean: it is fitted by powers of them, as many as leave at least half of the
    dots over, and only the scatter about the fit counts, over the root of their number.  Few dots know that
    scatter badly: Student's factor is in the error (1.84 for two dots, 1.05 for twelve).  A value that is not
    finite is left out.

    Nothing for a single dot.
    """
    kept = np.isfinite(values)
    if not kept.all():
        values, chosen = values[kept], [x[kept] for x in chosen]
    if len(values) < 2:
        return None
    known = _known(len(values), tuple(x.tobytes() for x in chosen))
    rest = values - known @ (known.T @ values)
    freedom = len(values) - known.shape[1]
    return student(freedom) * math.sqrt(float(rest @ rest) / freedom / len(values))


@lru_cache(maxsize=64)
def student(freedom: int) -> float:
    """What a standard error from so many degrees of freedom is taken times, to hold 68 %."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, WITHIN))


def pull_on_spread(values: Array) -> Array:
    """What each of ``values`` (dots,) adds to their standard deviation, up to a constant.

    NaN where it is not known, and of fewer than four: two lie as far from their mean as each other always.
    """
    known = values[np.isfinite(values)]
    sd = float(np.std(known)) if known.size > 3 else 0.0
    return (values - np.mean(known)) ** 2 / (2 * sd) if sd > 0 else np.full(len(values), np.nan)


@lru_cache(maxsize=64)
def _known(n: int, chosen: tuple[bytes, ...]) -> Array:
    """What is told apart from chance, as orthonormal columns (n, terms): the mean, then powers."""
    columns = [np.full(n, 1 / math.sqrt(n))]
    for term in _terms([np.frombuffer(x) for x in chosen]):
        if len(columns) + 1 > n // 2:
            break
        rest = term - np.column_stack(columns) @ (np.column_stack(columns).T @ term)
        size = float(np.linalg.norm(rest))
        if size > 1e-6 * float(np.linalg.norm(term)):  # else it says nothing that those before do not say
            columns.append(rest / size)
    return np.column_stack(columns)


def _terms(chosen: Sequence[Array]) -> Iterator[Array]:
    """Each of what was chosen in units of its spread, then the square and the cube of the first."""
    units = [(x - x.mean()) / (x.std() or 1.0) for x in chosen if x.std() > 1e-9 * abs(x.mean())]
    yield from units
    if chosen and units and chosen[0].std() > 1e-9 * abs(chosen[0].mean()):
        for power in range(2, _POWERS + 1):
            yield units[0] ** power
