"""What a fit that counting noise cannot excuse may be missing: where it is off, and what would mend it.

Tried one after the other: light scattered without delay, a reflection, another period, pile-up (where the
measuring time is known) and one more exponential.  What takes most off the deviance is named.

Errors.  A misfit that shows as D in deviance may hide as much along the parameters, which are then off by
√D of their own errors.  So errors are multiplied by √(1 + D), and where the deviance is far beyond its
expectation none are stated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.analyse import (
    MOST_TERMS,
    UNLIKELY,
    Trial,
    demanded,
    further_term,
    needed_gain,
    with_setting,
)
from epidot.instruments.tcspc.analysis import Analysis, Setting
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.reflection import with_reflection
from epidot.instruments.tcspc.unresolved import hint
from epidot.signal.poisson import residuals

# Deviance over what counting noise gives, from which no error is stated: where something is known to be
# missing in the model, and where nothing is.
_KNOWN, _UNKNOWN = 1.5, 5.0
WORTH = 0.1  # share of the misfit that a reason must take off to be named


@dataclass(frozen=True)
class Explanation:
    """What would mend a misfit: in words, what to do about it, and the fit with it."""

    what: str
    remedy: str
    trial: Trial


@dataclass(frozen=True)
class Misfit:
    """``doubted``: counting noise cannot excuse the deviance.  ``reasons``: what the data demand, what mends
    most first.  ``tried``: in words, everything that was.  ``strict``: no error is widened, but withheld."""

    doubted: bool
    reasons: tuple[Explanation, ...] = ()
    tried: tuple[str, ...] = ()
    strict: bool = False

    def withheld(self, found: Analysis) -> bool:
        """Whether the model is so far from the counts that its errors mean nothing."""
        if self.strict:
            return self.doubted or bool(self.reasons)
        return self.doubted and found.quality.excess > (_KNOWN if self.reasons else _UNKNOWN)

    def factor(self, found: Analysis) -> float:
        """What the errors of counting alone are multiplied by."""
        seen = max((reason.trial.gain for reason in self.reasons), default=0.0)
        if self.doubted:
            seen = max(seen, beyond(found))
        return math.sqrt(1.0 + seen)


def beyond(found: Analysis) -> float:
    """Deviance beyond what counting noise gives."""
    return (found.quality.reduced - found.quality.expected) * found.quality.degrees


def doubted(chosen: Record, found: Analysis) -> bool:
    """Whether counting noise cannot excuse the deviance."""
    return chosen.counted and found.quality.probability < UNLIKELY


def misfit(chosen: Record, setting: Setting, found: Analysis) -> Misfit:
    """Whether ``found`` departs from the counts, and what would mend it."""
    doubt = doubted(chosen, found)
    if not doubt:
        # The deviance of thousands of channels is blind to a small, smooth misfit; a further term is not.
        blind = (
            chosen.counted and found.solution.converged and setting.terms and not found.solution.held.any()
        )
        if not blind or hint(found.solution) < needed_gain(2, found.quality):
            return Misfit(False)
    reasons, tried = [], []
    for name, fits in _tries(chosen, setting, found):
        if doubt or fits is _more:
            tried.append(name)
            reasons += fits(chosen, setting, found)
    if doubt:
        reasons = [r for r in reasons if r.trial.gain > WORTH * beyond(found)]
    reasons.sort(key=lambda reason: -reason.trial.gain)
    return Misfit(doubt, tuple(reasons), tuple(tried))


Tried = Callable[[Record, Setting, Analysis], list[Explanation]]


def _tries(chosen: Record, setting: Setting, found: Analysis) -> Iterator[tuple[str, Tried]]:
    if not setting.scatter and not setting.tail:
        yield "scattered light", _scatter
    if found.solution.model.response.own:
        yield "a reflection", _reflection
    if math.isfinite(chosen.period_ns):
        yield "another period", _period
    if chosen.live is None and chosen.open_share is not None:
        yield "pile-up", _pileup
    if found.solution.model.terms < MOST_TERMS and setting.terms:
        yield "one more exponential", _more


def _scatter(chosen: Record, setting: Setting, found: Analysis) -> list[Explanation]:
    terms = found.solution.model.terms
    out = []
    for number in sorted({terms, max(terms - 1, 1)}):  # a very short term may have stood for it
        trial = _tried(chosen, replace(setting, scatter=True, terms=number), found)
        if trial is not None:
            what = f"light scattered without delay, beside {number} exponential{'s' if number > 1 else ''},"
            out.append(Explanation(what, "try scatter", trial))
    return out


def _reflection(chosen: Record, setting: Setting, found: Analysis) -> list[Explanation]:
    solution = with_reflection(found.solution)
    trial = None if solution is None else demanded(chosen, setting, found, solution)
    if trial is None:
        return []
    delay, share = trial.analysis.solution.theta[-2:]
    what = f"a reflection {delay:.4g} ns after the pulse with {100 * share:.2g} % of its light"
    return [Explanation(what, "look for it in the optics, or leave its time out", trial)]


def _period(chosen: Record, setting: Setting, found: Analysis) -> list[Explanation]:
    terms, span = found.solution.model.terms, float(chosen.edges[-1] - chosen.edges[0])
    out = []
    for period in (0.5 * chosen.period_ns, 2 * chosen.period_ns, math.inf):
        if period < span:
            continue
        trial = _tried(replace(chosen, period_ns=period), replace(setting, terms=terms), found)
        if trial is not None:
            said = f"{period:.6g}" if math.isfinite(period) else "none"
            out.append(Explanation(f"the period {said} ns", f"try period {said}", trial))
    return out


def _pileup(chosen: Record, setting: Setting, found: Analysis) -> list[Explanation]:
    terms = found.solution.model.terms
    trial = _tried(replace(chosen, live=chosen.open_share), replace(setting, terms=terms), found)
    return [] if trial is None else [Explanation("pile-up", "try pileup", trial)]


def _more(chosen: Record, setting: Setting, found: Analysis) -> list[Explanation]:
    terms = found.solution.model.terms
    trial = further_term(chosen, setting, found)
    short = "one exponential is" if terms == 1 else f"{terms} exponentials are"
    return (
        []
        if trial is None
        else [Explanation(f"{short} not enough: one more", f"try exponentials {terms + 1}", trial)]
    )


def _tried(chosen: Record, setting: Setting, found: Analysis) -> Trial | None:
    try:
        return with_setting(chosen, setting, found)
    except WorkError:
        return None


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


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
