"""How far a common fit of decays determines each parameter: its interval by the profile of the likelihood."""

from __future__ import annotations

import math
from dataclasses import replace

from epidot.instruments.tcspc.common import Ended
from epidot.instruments.tcspc.phantom import Phantoms, phantoms
from epidot.quantities import Determined
from epidot.signal.limits import Term
from epidot.signal.scoring import Better, Reach, profile

_SURE = 0.1  # error over distance to the next bound, below which the interval of counts is value ± error
_TRIES = 4  # times that a profile may find a better optimum
_UNLIKE = 10.0  # error and interval that differ by more than this factor contradict each other
_NOTES = {
    "bounded": "",
    "lower only": "any larger value describes the counts as well",
    "upper only": "not told from the lowest value",
    "flat": "not determined by these counts",
    "several": "separate values describe the counts alike",
}


def determined(ended: Ended) -> tuple[Ended, dict[str, Determined], Phantoms | None]:
    """Every parameter with its interval, and the terms that are none.

    A better optimum met on the way is taken; where there are ever better ones the search did not settle, and
    no interval is stated.
    """
    for _ in range(_TRIES):
        try:
            none = phantoms(ended)
            if none is not None and none.rise < -1e-2:
                raise Better(none.without.u)
            return ended, {**_free(ended, none), **_held(ended)}, none
        except Better as better:
            ended = ended.moved(better.u)
    ended = replace(ended, best=replace(ended.best, settled=False))
    return ended, undetermined(ended, "the search did not settle"), None


def undetermined(ended: Ended, why: str) -> dict[str, Determined]:
    """Every parameter at its likeliest value, without error or interval."""
    values = ended.objective.outward(ended.best.u).tolist()
    free = {
        t.name: Determined.around(v, None, t.unit, why)
        for t, v in zip(ended.objective.terms, values, strict=True)
    }
    return {**free, **_held(ended)}


def _free(ended: Ended, none: Phantoms | None) -> dict[str, Determined]:
    objective = ended.objective
    values = objective.outward(ended.best.u)
    out = {}
    for i, term in enumerate(objective.terms):
        if none is not None and i in none.lifetimes:
            why = "withheld: the lifetime of a term that is not told from none"
            out[term.name] = Determined(math.nan, None, term.unit, (term.low, term.high), "flat", why)
        elif none is not None and i in none.counts:
            high = _outward(ended, i, _reach(ended, i).high)
            why = "not told from none"
            out[term.name] = Determined(float(values[i]), None, term.unit, (0.0, high), "upper only", why)
        else:
            out[term.name] = _one(ended, i, term, float(values[i]))
    return out


def _one(ended: Ended, i: int, term: Term, value: float) -> Determined:
    sigma = math.sqrt(max(float(ended.in_coordinates[i, i]), 0.0))
    room = min(value - term.low, term.high - value)
    direct = term.search == "plain" and not ended.best.held[i] and not ended.loose[i]
    if direct and 0 < sigma < _SURE * room:
        return Determined.around(value, sigma, term.unit)
    reach = _reach(ended, i)
    low, high = (_outward(ended, i, end) for end in (reach.low, reach.high))
    note = _NOTES[reach.shape]
    error = None
    half = (high - low) / 2
    if not half > 1e-9 * abs(value):  # a profile that goes nowhere says nothing
        return Determined(value, None, term.unit, (term.low, term.high), "flat", "no interval was found")
    if reach.shape == "bounded":
        error = half
        if not ended.best.held[i] and term.search != "square":
            error = sigma * float(ended.objective.slopes(ended.best.u)[i])
        if not half / _UNLIKE < error < half * _UNLIKE:
            error, note = None, "no parabola: the interval holds, an error would not"
    return Determined(value, error, term.unit, (low, high), reach.shape, note)


def _reach(ended: Ended, i: int) -> Reach:
    """How far coordinate ``i`` may go; the noise of a measured response lets it go further."""
    sigma = math.sqrt(max(float(ended.in_coordinates[i, i]), 0.0))
    counting = math.sqrt(max(float(ended.plain[i, i]), 0.0))
    curved = float(ended.best.state.information[i, i])
    known = counting > 0 and not ended.loose[i]
    length = counting if known else 1 / math.sqrt(curved) if curved > 0 else 0.1
    rise = max(1.0, (sigma / counting) ** 2) if known else 1.0
    return profile(ended.objective, ended.best, i, length, rise, ended.restarts, ended.alike)


def _outward(ended: Ended, i: int, end: float) -> float:
    """The parameter at coordinate ``end``, at the edge of its domain where that is open."""
    term = ended.objective.terms[i]
    if not math.isfinite(end):
        return term.low if end < 0 else term.high
    moved = ended.best.u.copy()
    moved[i] = end
    return float(ended.objective.outward(moved)[i])


def _held(ended: Ended) -> dict[str, Determined]:
    out = {}
    for k, curve in enumerate(ended.curves):
        for i, term in enumerate(curve.terms):
            if ended.objective.place[k][i] < 0:
                value = float(ended.objective.held[k][i])
                note = "held at epidot's own value; a bound frees it" if term.held else "held"
                name = term.name if len(ended.curves) == 1 else f"{term.name}[{k + 1}]"
                out[name] = Determined.around(value, None, term.unit, note)
    return out
