"""What a fit that counting noise cannot excuse may be missing: where it is off, and what would mend it.

Tried one after the other: light scattered without delay, and one more exponential.  What takes most off the
deviance is named.  Pile-up is not tried here: it needs the measuring time (:mod:`.counting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.analyse import (
    MOST_TERMS,
    Analysis,
    Setting,
    Trial,
    further_term,
    with_setting,
)
from epidot.instruments.tcspc.record import Record
from epidot.signal.poisson import residuals

UNLIKELY = 1e-3  # probability of the deviance below which the model is doubted
# Deviance over what counting noise gives, from which no error is stated: where something is known to be
# missing in the model, and where nothing is.
_KNOWN, _UNKNOWN = 1.5, 5.0


@dataclass(frozen=True)
class Explanation:
    """What would mend a misfit: in words, the option that brings it in, and the fit with it."""

    what: str
    option: str
    trial: Trial


def doubted(chosen: Record, found: Analysis) -> bool:
    """Whether counting noise cannot excuse the deviance."""
    return chosen.counted and found.quality.probability < UNLIKELY


def withheld(found: Analysis, reasons: Sequence[Explanation]) -> bool:
    """Whether the model is so far from the counts that its errors mean nothing."""
    return found.quality.excess > (_KNOWN if reasons else _UNKNOWN)


def explanations(chosen: Record, setting: Setting, found: Analysis) -> list[Explanation]:
    """Everything tried that the data demand, what mends most first; nothing where noise is excuse enough."""
    if not doubted(chosen, found):
        return []
    out = []
    terms = found.solution.model.terms
    if not setting.scatter and not setting.tail:
        for number in sorted({terms, max(terms - 1, 1)}):  # a very short term may have stood for it
            try:
                trial = with_setting(chosen, replace(setting, scatter=True, terms=number), found)
            except WorkError:
                continue
            if trial is not None:
                what = f"light scattered without delay, beside {number} exponentials,"
                out.append(Explanation(what, "scatter", trial))
    if terms < MOST_TERMS and setting.terms:
        more = further_term(chosen, setting, found)
        if more is not None:
            out.append(
                Explanation(f"{_count(terms)} not enough: one more", f"exponentials {terms + 1}", more)
            )
    return sorted(out, key=lambda e: e.trial.analysis.quality.reduced)


def place(chosen: Record, found: Analysis) -> str:
    """Where the residuals are largest, in words."""
    off = residuals(chosen.y, found.solution.mu)[0] ** 2
    if found.solution.trust is not None:
        off = off * found.solution.trust
    width = max(3, off.size // 60)
    running = np.convolve(off, np.full(width, 1.0 / width), mode="same")
    at = int(np.argmax(running))
    low, high = chosen.edges[max(0, at - width // 2)], chosen.edges[min(off.size, at + width // 2 + 1)]
    return f"most of it between {low:.4g} and {high:.4g} ns"


def _count(terms: int) -> str:
    return "one exponential is" if terms == 1 else f"{terms} exponentials are"
