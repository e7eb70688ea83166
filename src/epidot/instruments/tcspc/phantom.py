"""Exponentials that the counts do not demand: which they are, and what is still to be said of the others.

One term too many has a lifetime without meaning, and counts that may as well be none: its information
says nothing of how far they go.  So each term whose counts do not stand clear of zero is taken out, all
else fitted again; if that costs no more than what noise takes off by chance, the term is a phantom.  Which
of the terms it is, only the others tell: it is that without which they move least.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from epidot.instruments.tcspc.analyse import needed_gain
from epidot.instruments.tcspc.common import Ended
from epidot.instruments.tcspc.response import Array
from epidot.signal.scoring import End, descend

CLEAR = 7.0  # standard errors of a term's counts above zero that leave no doubt: noise gives 4 at most


@dataclass(frozen=True)
class Phantoms:
    """The phantom terms of a fit: their numbers, the ``rise`` of the deviance without them, the coordinates
    of their lifetimes and counts, and the fit ``without``."""

    numbers: tuple[int, ...]
    rise: float
    lifetimes: tuple[int, ...]
    counts: tuple[int, ...]
    without: End

    def said(self) -> str:
        """In words."""
        which = ", ".join(map(str, self.numbers))
        term = f"term {which} is" if len(self.numbers) == 1 else f"terms {which} are"
        return (
            f"{term} not told from none: without, the deviance is higher by {max(self.rise, 0.0):.2g} only; "
            "lifetime and shares are withheld, the errors of the others hold both fits"
        )


def phantoms(ended: Ended) -> Phantoms | None:
    """The terms that the counts do not demand, or ``None``."""
    found: Phantoms | None = None
    while (further := _further(ended, found)) is not None:
        found = further
    return found


def _further(ended: Ended, known: Phantoms | None) -> Phantoms | None:
    objective, u = ended.objective, ended.best.u
    gone = () if known is None else known.lifetimes
    lifetimes = [i for i, n in enumerate(objective.names) if n.startswith("tau") and n != "tau_ns"]
    left = [i for i in lifetimes if i not in gone]
    best: tuple[float, Phantoms] | None = None
    for i in left:
        mine = ended.counts_of(i)
        if len(left) < 2 or not mine or np.any(objective.low[mine] > 0) or _clear(ended, mine):
            continue
        counts = (*(() if known is None else known.counts), *mine)
        away = (*gone, i)
        starts = [u, *(s for j in left if j != i and (s := ended.given(i, j)) is not None)]
        without = _without(ended, counts, starts if known is None else [known.without.u, *starts])
        rise = without.deviance - ended.best.deviance
        excess = max(ended.qualities, key=lambda good: good.excess)
        if rise > needed_gain(len(counts) + len(away), excess):
            continue
        stay = [j for j in left if j != i]
        moved = float(np.sum((without.u[stay] - u[stay]) ** 2))
        numbers = tuple(sorted(_number(objective.names[j]) for j in away))
        if best is None or moved < best[0]:
            best = moved, Phantoms(numbers, rise, away, counts, without)
    return None if best is None else best[1]


def _number(name: str) -> int:
    return int(name.partition("_ns")[0].removeprefix("tau"))


def _clear(ended: Ended, counts: Sequence[int]) -> bool:
    """Whether a term stands clear of zero in some curve."""
    for j in counts:
        sigma = math.sqrt(max(float(ended.plain[j, j]), 0.0))
        if not ended.loose[j] and not ended.best.held[j] and ended.best.u[j] > CLEAR * sigma > 0:
            return True
    return False


def _without(ended: Ended, counts: Sequence[int], starts: Sequence[Array]) -> End:
    """The best fit with no light in the coordinates ``counts``."""
    high = ended.objective.high.copy()
    high[list(counts)] = 0.0
    ends = [descend(ended.objective, start, high=high) for start in starts]
    return min(ends, key=lambda end: end.deviance)
