"""A stretched exponential beside several exponentials: do the counts tell the two apart?

Two or three exponentials describe a stretched decay within the noise of 10⁴ to 10⁶ counts, and their
averages are then off by many of their own errors: most of all the amplitude average, which lives on the
first moments of the decay.  So the law is fitted too, where a comparison of the curves without noise says
that it may do.  If by Akaike's criterion it is as good a description as the exponentials (within
``APART``), that is said; and where the data chose the number of terms, the errors of the averages hold it
(:mod:`.unseen`) with ``ODDS`` times the weight of all exponentials together (assumed: dots are many), less by
e^(−Δ/2) where it is Δ further apart than that.

One exponential is a stretched one of β = 1, so there the criterion cannot tell; the law weighs what its
evidence gives it with all β alike before the measurement, ``ODDS`` e^(gain/2) (2π)^½ σ_β / (1 − β_least), and
is a rival from 1 on.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.analyse import rise
from epidot.instruments.tcspc.analysis import Analysis, Rival, Setting
from epidot.instruments.tcspc.common import Ended
from epidot.instruments.tcspc.decay import Decay, as_law, domains, started
from epidot.instruments.tcspc.laws import LEAST_BETA
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.solve import Solution
from epidot.signal.limits import Placed
from epidot.signal.objective import common
from epidot.signal.optimum import least
from epidot.signal.scoring import descend

APART = 4.0  # in Akaike's criterion: a model further off is told apart
ODDS = 3.0  # of a stretched decay against few exact lifetimes where the counts do not tell the two apart
_LEAST = 1e-3  # weight below which it moves no error
_MOST = 20.0  # gain in deviance beyond which all weight is its own
_FAR = 40.0  # weighted squares between two curves without noise, from which the fit need not be made
_POINTS = 40
_BROADER = 1.2
_TRIED = 30  # evaluations: whether it is near shows soon
_STRETCHED = "stretched"


def rival(record: Record, setting: Setting, found: Analysis, least: int = 2) -> Rival | None:
    """The stretched exponential beside ``found`` if it weighs anything, else ``None``.

    It is not looked for beside fewer than ``least`` terms.
    """
    solution, excess = found.solution, found.quality.excess
    terms = solution.model.terms
    if terms < least or not record.counted or not solution.converged:
        return None
    if terms > 1 and _distance(record, solution) > _FAR * excess:
        return None
    try:
        ended = _fitted(record, setting, solution, excess)
    except (WorkError, FloatingPointError, np.linalg.LinAlgError):
        return None
    if not ended.best.settled:
        return None
    i = ended.objective.names.index("beta")
    higher = ended.best.deviance - solution.deviance
    fewer = int(solution.free.sum()) - int((~ended.best.held).sum())
    if terms == 1:
        if ended.best.held[i]:
            return None  # it is the exponential
        known = math.sqrt(2 * math.pi * max(float(ended.covariance[i, i]), 0.0)) / (1 - LEAST_BETA)
        weight = ODDS * min(known, 1.0) * math.exp(min(-higher / excess, _MOST) / 2)
        if weight < 1:
            return None
        told = False
    else:
        apart = higher / excess - 2 * fewer
        weight, told = ODDS * math.exp(-max(apart - APART, 0.0) / 2), apart > APART
    if weight < _LEAST:
        return None
    gradient = ended.gradient(0)
    variance = np.einsum("ki,ij,kj->k", gradient, ended.covariance, gradient)
    averages = ended.derived(0, ended.best.u)
    beta = float(ended.objective.of_part(0, ended.best.u)[2])
    return Rival(beta, averages, np.sqrt(np.maximum(variance, 0.0)), higher, fewer, weight, told)


def _fitted(record: Record, setting: Setting, solution: Solution, excess: float) -> Ended:
    terms = solution.model.terms
    amplitudes, taus, _, _ = solution.model.parts(solution.theta)
    total = float(amplitudes.sum())
    by_amplitude, by_light = total / float(np.sum(amplitudes / taus)), float(amplitudes @ taus) / total
    if terms == 1:  # away from its bound, where it is the exponential
        by_light *= _BROADER
    model = as_law(solution.model, _STRETCHED, by_amplitude, by_light)
    rest = solution.theta[2 * terms :]
    known = started(
        domains(model, record, setting), np.array([total, *(t.value for t in model.shape), *rest])
    )
    part = Decay(record, setting, model, solution.trust, known)
    # First with the response as it is, which costs a tenth: what is far off then is not worth the rest.
    own = {(n, 0): t.value for n, t in zip(model.names, known, strict=True) if n in model.response.own}
    near = _descended(part, Placed(frozenset(), own, {}))
    if near.best.deviance > solution.deviance + _FAR * excess:
        return near
    found = near.objective.of_part(0, near.best.u)
    return _descended(replace(part, terms=started(list(known), found)), Placed(frozenset(), {}, {}))


def _descended(part: Decay, placed: Placed) -> Ended:
    objective = common([part], [part.terms], placed)
    start = objective.inward(np.array([t.value for t in objective.terms]))
    return Ended([part], objective, descend(objective, start))


def _distance(record: Record, solution: Solution) -> float:
    """Weighted squares between the exponentials and the nearest stretched one, without noise or response.

    Behind the rise, in bins that widen with time; light and background of the law are free.
    """
    from scipy.special import gammaincc

    amplitudes, taus, _, _ = solution.model.parts(solution.theta)
    span = float(record.edges[-1] - record.edges[0])
    first = max(rise(record)[1] * 2, 2 * record.channel_ns * record.bin)
    t = np.geomspace(first, span, _POINTS)
    floor = max((float(record.y.sum()) - float(amplitudes.sum())) / span, 1e-3)  # background per ns
    true = -np.diff(np.exp(-t[:, None] / taus) @ amplitudes)
    flat = np.diff(t)
    weight = 1 / np.sqrt(np.maximum(true + floor * flat, 0.5))
    target = true * weight

    def off(p: Array) -> Array:
        tau, beta = np.exp(p[0]), 0.2 + 0.8 / (1 + np.exp(-p[1]))
        law = -np.diff(gammaincc(1 / beta, (t / tau) ** beta))
        columns = np.stack((law, flat)) * weight
        gram = columns @ columns.T + 1e-12 * np.eye(2)
        return np.asarray(target - np.linalg.solve(gram, columns @ target) @ columns)

    tau = float(amplitudes @ taus / amplitudes.sum())
    free = np.full(2, np.inf)
    begun = [np.array([math.log(0.7 * tau), 0.5])]
    try:
        return least(off, begun, -free, free, further=False, tight=False, evaluations=_TRIED).cost
    except ValueError:  # no number at the start: nothing is near
        return math.inf
