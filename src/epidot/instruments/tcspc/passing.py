"""Where the measuring time is not known, pile-up may pass for an exponential.

Of one lifetime tau, seen by a counter that takes one photon per excitation at a share s of them, what is
counted goes as (1 - s) exp(-t/tau) + s exp(-2t/tau): two exponentials, to the last digit.  No record tells
them apart, only the number of excitations does (Coates, J. Phys. E 1, 878 (1968)).  So one exponential less
with pile-up at a free share is fitted, and where it describes the counts as well, its term is not told from
none.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.analyse import fit_terms, gained, without_term
from epidot.instruments.tcspc.analysis import Analysis, Needless, Setting
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution
from epidot.signal.poisson import deviance

MOST = 0.5  # detected per excitation: beyond it nobody takes a decay
_LEAST = 1e-3
_FIRST = (0.01, 0.03, 0.1, 0.25)
_CLOSER = 6  # further shares, each between the two best


def passed(record: Record, setting: Setting, found: Analysis) -> Needless | None:
    """The term for which pile-up passes; ``None`` where none does, or where the measuring time is known."""
    terms = found.solution.model.terms
    known = record.live is not None or record.open_share is not None
    if known or not record.counted or terms < 2:
        return None
    try:
        share, fewer = _best(record, setting, terms - 1, found.solution)
    except WorkError:
        return None
    rise, needed = gained(fewer, found.solution, found.quality)
    if rise > needed:
        return None
    number, values = without_term(fewer, found.solution)
    why = f"{terms - 1} with pile-up ({100 * share:.2g} % of the excitations with a count)"
    return Needless(number, rise, values, why)


def _best(record: Record, setting: Setting, terms: int, near: Solution) -> tuple[float, Solution]:
    """The likeliest share of excitations that gave a count, and the fit with it."""
    fits: dict[float, Solution] = {}

    def off(share: float) -> float:
        if share not in fits:
            fits[share] = fit_terms(replace(record, live=_open(record.y, share)), setting, terms, near)
        return float(np.sum(near.trusted(deviance(record.y, fits[share].mu))))

    shares = sorted(_FIRST, key=off)
    for _ in range(_CLOSER):  # the deviance has one minimum along the share: look between its neighbours
        ordered = sorted(fits)
        at = ordered.index(shares[0])
        ends = [_LEAST, *ordered, MOST][at : at + 3]
        wider = ends[0] if ends[1] / ends[0] > ends[2] / ends[1] else ends[2]
        off(math.sqrt(shares[0] * wider))
        shares = sorted(fits, key=off)
    return shares[0], fits[shares[0]]


def _open(y: Array, share: float) -> Array:
    """Share of the excitations for which the counter was free, per channel, if ``share`` gave a count."""
    before = np.concatenate(([0.0], np.cumsum(y)[:-1]))
    return np.asarray(1 - share * (before + y / 2) / float(y.sum()), dtype=np.float64)
