"""Models fitted to one decay or to several at once, with parameters held, bounded or shared.

Start values come from the analysis that ``measure`` makes (:mod:`.analyse`); the response, its noise,
shift, background, scattered light and pile-up are its own.  What is stated is the likeliest value and its
interval by profile; ``measure`` takes off the second-order bias in addition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tcspc.analyse import MOST_TERMS, behind, fit_terms
from epidot.instruments.tcspc.analysis import Setting
from epidot.instruments.tcspc.automatic import analyse
from epidot.instruments.tcspc.common import Ended, in_order
from epidot.instruments.tcspc.decay import Curve, as_law, before, domains, started
from epidot.instruments.tcspc.estimate import derived
from epidot.instruments.tcspc.examine import settle
from epidot.instruments.tcspc.laws import LAWS
from epidot.instruments.tcspc.mixture import Mixture
from epidot.instruments.tcspc.outcome import EXPONENTIALS, TAIL, Outcome
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.smoothest import MAXENT, smoothest
from epidot.quantities import Fit
from epidot.signal import Signal
from epidot.signal.limits import Limits, Term, asked, placed
from epidot.signal.objective import Objective, common
from epidot.signal.scoring import best_of


def fitted(signals: Sequence[Signal], model: str | None, options: Mapping[str, Any]) -> Fit:
    """See :func:`epidot.instruments.tcspc.fit`."""
    name = model or EXPONENTIALS
    limits = asked(options, len(signals))
    if name == MAXENT:
        return smoothest(signals, options, limits)
    curves = _curves(signals, name, options, limits)
    each = [curve.terms for curve in curves]
    objective = common(curves, each, placed(limits, each), _alike(limits, each))
    best, alike = best_of(objective, _starts(objective, curves, limits))
    ended = Ended(curves, objective, in_order(objective, best), [in_order(objective, end) for end in alike])
    return Outcome(name, curves, ended, bool(limits)).told()


def _alike(limits: Limits, each: Sequence[Sequence[Term]]) -> tuple[str, ...]:
    """The lifetimes that only a number tells apart: nothing is said of them or their light by name."""
    settled = placed(limits, each)
    told = {name for name, _ in (*settled.held, *settled.bounds)}
    lifetimes = [t.name for t in each[0] if t.name.startswith("tau") and t.name != "tau_ns"]
    return tuple(n for n in lifetimes if not told & {n, n.removesuffix("_ns").replace("tau", "counts")})


def _curves(signals: Sequence[Signal], name: str, options: Mapping[str, Any], limits: Limits) -> list[Curve]:
    settled = [_tail(s, options) if name == TAIL else settle(s, options) for s in signals]
    terms = int(options["exponentials"])
    if name in LAWS and terms:
        what = f"the model {name} has no number of exponentials"
        raise InputError(what, seen=str(terms), remedy=f"leave out the option, or fit {EXPONENTIALS}")
    if limits:  # what they say is looked at before anything is fitted
        most = terms or MOST_TERMS
        placed(limits, [before(record, setting, name, most) for record, setting, _ in settled])
    if name in LAWS:
        terms = 2
    elif not terms:
        terms = max(analyse(record, setting).solution.model.terms for record, setting, _ in settled)
    out = []
    for signal, (record, setting, said) in zip(signals, settled, strict=True):
        solution = fit_terms(record, setting, terms)
        own, start = solution.model, solution.theta
        if name in LAWS:
            averages = derived(start, terms)[-2:]
            own = as_law(own, name, float(averages[0]), float(averages[1]))
            start = np.array([float(start[:terms].sum()), *(t.value for t in own.shape), *start[2 * terms :]])
        known = started(domains(own, record, setting), start)
        out.append(Curve(record, setting, own, solution.trust, known, signal, tuple(said), solution))
    return out


def _tail(signal: Signal, options: Mapping[str, Any]) -> tuple[Record, Setting, list[str]]:
    """What to fit behind the peak: from where the response has passed, or from the start asked for.

    Raises
    ------
    InputError
        If a response or scattered light is asked for, or the start lies before the peak.
    """
    if given := [o for o in ("irf", "irf_fwhm_ns", "scatter") if options[o] not in (None, False)]:
        what = "a tail fit has neither response nor scattered light"
        raise InputError(what, seen=", ".join(given), remedy=f"leave it out, or fit {EXPONENTIALS}")
    whole, _, _ = settle(signal, {**options, "start_ns": None}, tail=True)
    peak, passed = behind(whole)
    start = options["start_ns"]
    if start is not None and start <= peak:
        what = "a tail starts behind the peak of the decay"
        raise InputError(
            what, signal.source or None, seen=f"{start:g} ns", remedy=f"the peak is at {peak:.4g} ns"
        )
    return settle(signal, {**options, "start_ns": passed if start is None else start}, tail=True)


def _starts(objective: Objective, curves: Sequence[Curve], limits: Limits) -> list[Array]:
    """The common start, that of each curve's own shape, those that the law names, and where terms are held or
    bounded the best ways to give the lifetimes found freely to them."""
    values = np.array([t.value for t in objective.terms])
    common_start = objective.inward(values)
    out = [common_start]
    shared = [i for i, t in enumerate(objective.terms) if "[" not in t.name]
    if len(curves) > 1 and shared:
        for k, curve in enumerate(curves[:4]):
            moved = values.copy()
            for at, own in zip(objective.place[k], curve.terms, strict=True):
                if at in shared:
                    moved[at] = own.value
            out.append(objective.inward(moved))
    first = curves[0].model
    for factors in first.law.also if isinstance(first, Mixture) else ():
        factor = [factors.get(t.name.partition("[")[0], 1.0) for t in objective.terms]
        out.append(objective.inward(values * factor))
    if limits and not isinstance(first, Mixture):
        out += _permuted(objective, curves)
    return out


def _permuted(objective: Objective, curves: Sequence[Curve]) -> list[Array]:
    """The two best starts of all ways to number the terms found freely."""
    free = [{t.name: t.value for t in curve.terms} for curve in curves]
    values = np.array([t.value for t in objective.terms])
    starts = []
    for numbers in permutations(range(1, curves[0].model.terms + 1)):
        moved = values.copy()
        for i, term in enumerate(objective.terms):
            base, _, curve = term.name.partition("[")
            if found := re.fullmatch(r"(tau|counts)(\d)(_ns)?", base):
                renumbered = f"{found[1]}{numbers[int(found[2]) - 1]}{found[3] or ''}"
                moved[i] = free[int(curve.rstrip("]")) - 1 if curve else 0][renumbered]
        starts.append(np.clip(objective.inward(moved), objective.low, objective.high))
    return sorted(starts, key=lambda start: objective.at(start).deviance)[:2]
