"""Models fitted to one decay or to several at once, with parameters held, bounded or shared.

Start values come from the analysis that ``measure`` makes (:mod:`.analyse`); the response, its noise,
shift, background, scattered light and pile-up are its own.  What is stated is the likeliest value and its
interval by profile; ``measure`` takes off the second-order bias in addition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tcspc.analyse import Setting, analyse, behind, fit_terms
from epidot.instruments.tcspc.estimate import derived
from epidot.instruments.tcspc.examine import settle
from epidot.instruments.tcspc.laws import LAWS
from epidot.instruments.tcspc.mixture import Mixture
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.outcome import EXPONENTIALS, TAIL, Curve, Outcome
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.smoothest import MAXENT, smoothest
from epidot.quantities import Fit
from epidot.signal import Signal
from epidot.signal.limits import Limits, parsed, placed
from epidot.signal.objective import Objective, common
from epidot.signal.scoring import best_of


def fitted(signals: Sequence[Signal], model: str | None, options: Mapping[str, Any]) -> Fit:
    """See :func:`epidot.instruments.tcspc.fit`."""
    name = model or EXPONENTIALS
    limits = parsed(options["fix"] or (), options["bound"] or (), options["shared"] or ())
    if limits.shared and len(signals) == 1:
        raise InputError("nothing can be shared: there is one curve", seen=", ".join(limits.shared))
    if name == MAXENT:
        return smoothest(signals, options, limits)
    curves = _curves(signals, name, options, limits)
    units = {t.name: t.unit for curve in curves for t in curve.terms()}
    settled = placed(limits, units, len(curves))
    lifetimes = tuple(n for n in units if n.startswith("tau") and n != "tau_ns")
    each = [curve.terms() for curve in curves]
    objective = common(curves, each, settled, lifetimes)
    best, alike = best_of(objective, _starts(objective, curves))
    return Outcome(name, curves, objective, best, alike, bool(limits)).told()


def _curves(signals: Sequence[Signal], name: str, options: Mapping[str, Any], limits: Limits) -> list[Curve]:
    settled = [_tail(s, options) if name == TAIL else settle(s, options) for s in signals]
    terms = int(options["exponentials"])
    if name in LAWS and terms:
        what = f"the model {name} has no number of exponentials"
        raise InputError(what, seen=str(terms), remedy=f"leave out the option, or fit {EXPONENTIALS}")
    if name in LAWS:
        terms = 2
    elif not terms:
        terms = max(analyse(record, setting).solution.model.terms for record, setting, _ in settled)
    out = []
    for signal, (record, setting, said) in zip(signals, settled, strict=True):
        solution = fit_terms(record, setting, terms)
        own, start = solution.model, solution.theta
        if name in LAWS:
            own, start = _mixture(own, start, name)
        out.append(Curve(signal, record, setting, own, solution.trust, start, tuple(said), solution))
    return out


def _tail(signal: Signal, options: Mapping[str, Any]) -> tuple[Record, Setting, list[str]]:
    """What to fit behind the peak: from where the response has passed, or from the start asked for.

    Raises
    ------
    InputError
        If a response or scattered light is asked for, or the start lies before the peak.
    """
    if asked := [o for o in ("irf", "irf_fwhm_ns", "scatter") if options[o] not in (None, False)]:
        what = "a tail fit has neither response nor scattered light"
        raise InputError(what, seen=", ".join(asked), remedy=f"leave it out, or fit {EXPONENTIALS}")
    whole, _, _ = settle(signal, {**options, "start_ns": None}, tail=True)
    peak, passed = behind(whole)
    start = options["start_ns"]
    if start is not None and start <= peak:
        what = "a tail starts behind the peak of the decay"
        raise InputError(
            what, signal.source or None, seen=f"{start:g} ns", remedy=f"the peak is at {peak:.4g} ns"
        )
    return settle(signal, {**options, "start_ns": passed if start is None else start}, tail=True)


def _mixture(from_model: Model, theta: Array, name: str) -> tuple[Mixture, Array]:
    """The law ``name`` in the place of two exponentials, started at their averages."""
    n = from_model.terms
    values = derived(theta, n)
    shape = tuple(LAWS[name].terms(float(values[-2]), float(values[-1])))
    model = Mixture(
        from_model.response,
        1,
        from_model.channels_per_bin,
        from_model.scatter,
        from_model.background,
        from_model.live,
        from_model.channel_ns,
        law=LAWS[name],
        shape=shape,
    )
    start = np.array([float(theta[:n].sum()), *(t.value for t in shape), *theta[2 * n :]])
    return model, start


def _starts(objective: Objective, curves: Sequence[Curve]) -> list[Array]:
    """The common start, that of each curve's own shape, and those that the law names."""
    common_start = objective.inward(np.array([t.value for t in objective.terms]))
    out = [common_start]
    shared = [i for i, t in enumerate(objective.terms) if "[" not in t.name]
    if len(curves) > 1 and shared:
        for k, curve in enumerate(curves[:4]):
            other = common_start.copy()
            place, own = objective.place[k], curve.start
            for at, value in zip(place, own.tolist(), strict=True):
                if at in shared:
                    moved = np.array([t.value for t in objective.terms])
                    moved[at] = value
                    other[at] = objective.inward(moved)[at]
            out.append(other)
    first = curves[0].model
    for factors in first.law.also if isinstance(first, Mixture) else ():
        values = np.array([t.value for t in objective.terms])
        for i, term in enumerate(objective.terms):
            values[i] *= factors.get(term.name.partition("[")[0], 1.0)
        out.append(objective.inward(values))
    return out
