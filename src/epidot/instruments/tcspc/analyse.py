"""One analysis: choose the response, find start values, fit, judge the fit and each of its terms."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from epidot.constants import FWHM
from epidot.errors import WorkError
from epidot.instruments.tcspc.analysis import Analysis, Needless, Quality, Setting
from epidot.instruments.tcspc.estimate import Estimate, derived, estimate, response_scatter
from epidot.instruments.tcspc.measured_response import MeasuredResponse
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array, GaussianResponse, Response, TailResponse
from epidot.instruments.tcspc.solve import Solution, solve, starts
from epidot.signal.poisson import deviance, expected_deviance

MOST_TERMS = 4
UNLIKELY = 1e-3  # probability of the deviance below which a model is doubted
CHANCE = 0.01  # share of decays in which noise alone passes for a further term
PASSED = 5.0  # standard deviations of the rise behind the peak, where no response is left
ENOUGH = 100.0  # counts at the peak that show where a decay rises
AWAY = (-3.0, -1.0, 1.0)  # further starts of the pulse, in standard deviations of the rise
FLAT = 0.25  # lifetime over window from which a term is flat enough to pass for background
AT_ONCE = 0.1  # lifetime over width of the rise below which a term passes for scattered light
TWICE = 1.1  # two lifetimes nearer than this factor are one found twice


def quality(solution: Solution) -> Quality:
    """Deviance of ``solution`` beside what Poisson noise would give."""
    from scipy.special import chdtrc

    each = solution.trusted(deviance(solution.y, solution.mu))
    mean, variance, together = expected_deviance(solution.mu)
    free = int(solution.free.sum())
    # What the fitted parameters already account for is no scatter any more (McCullagh, Int. Stat. Rev.
    # 53, 61 (1985)): for few counts the deviance mostly follows their number, which every fit matches.
    inside = np.ix_(solution.free, solution.free)
    along = solution.by[solution.free] @ (together / solution.mu)
    explained = float(along @ np.linalg.pinv(solution.information[inside], hermitian=True) @ along)
    degrees = solution.y.size - free
    total = max(float(mean.sum()) - free, 1e-3 * float(mean.sum()))
    spread = max(float(variance.sum()) - explained, 0.1 * float(variance.sum()))
    spread += response_scatter(solution)
    # a chi-square with the same mean and variance
    scale = spread / (2 * total)
    return Quality(
        deviance=float(each.sum()),
        degrees=degrees,
        reduced=float(each.sum()) / degrees,
        expected=total / degrees,
        scatter=math.sqrt(spread) / degrees,
        probability=float(chdtrc(total / scale, float(each.sum()) / scale)),
    )


def response_for(record: Record, setting: Setting) -> tuple[Response, Array]:
    """The response to fit with, and start values of its own parameters."""
    if setting.tail:
        return TailResponse(record.edges), np.empty(0)
    begun, width = rise(record)
    if setting.prompt is None:
        given = None if setting.irf_fwhm_ns is None else setting.irf_fwhm_ns / FWHM
        gaussian = GaussianResponse(record.edges, record.period_ns, given)
        return gaussian, np.array([begun, width][: len(gaussian.own)])
    prompt = setting.prompt
    measured = MeasuredResponse(record.edges, record.period_ns, prompt, record.bin)
    return measured, np.array([begun - prompt.centre_ns])


def behind(record: Record) -> tuple[float, float]:
    """When a decay stands at its peak, and from when on its response has passed, in ns."""
    begun, width = rise(record)
    peak = max(begun, float(record.edges[int(np.argmax(record.y))]))
    return peak, peak + PASSED * width


def rise(record: Record) -> tuple[float, float]:
    """When the decay rises to half its height, and a first guess of the response's standard deviation."""
    y, edges = record.y, record.edges
    few = max(1, min(5, y.size // 400))
    smooth = np.convolve(y, np.full(few, 1.0 / few), mode="same")
    while few < y.size // 32 and few * float(smooth.max()) < ENOUGH:  # else the peak is one lucky channel
        few *= 2
        smooth = np.convolve(y, np.full(few, 1.0 / few), mode="same")
    peak = int(np.argmax(smooth))
    floor = float(np.percentile(smooth, 5))
    top = float(smooth[peak])
    at = []
    for share in (0.1, 0.5, 0.9):
        below = np.flatnonzero(smooth[: peak + 1] < floor + share * (top - floor))
        i = int(below[-1]) if below.size else 0
        step = smooth[min(i + 1, y.size - 1)] - smooth[i]
        part = (floor + share * (top - floor) - smooth[i]) / step if step > 0 else 0.5
        at.append(i + 0.5 + min(max(float(part), 0.0), 1.0))
    width = float(edges[1] - edges[0])
    return float(edges[0]) + at[1] * width, max((at[2] - at[0]) / 2.56, 0.5) * width


def shortest(record: Record, setting: Setting) -> float:
    """The shortest lifetime / ns that a further term is tried with."""
    return record.channel_ns * record.bin if setting.tail else rise(record)[1]


def model_for(record: Record, setting: Setting, terms: int) -> tuple[Model, Array]:
    """The model of ``terms`` exponentials, and start values of the response's own parameters."""
    response, own = response_for(record, setting)
    model = Model(
        response,
        terms,
        channels_per_bin=record.bin,
        scatter=setting.scatter,
        background=setting.background,
        live=record.live,
        channel_ns=record.channel_ns,
    )
    return model, own


def fit_terms(record: Record, setting: Setting, terms: int, near: Solution | None = None) -> Solution:
    """The best fit with ``terms`` exponentials; ``near`` is another fit of the same counts, for which the
    place of the pulse has been looked for."""
    model, own = model_for(record, setting, terms)
    response = model.response
    begun = starts(record.y, model, own)
    if near is not None and own.size and near.model.response.own == response.own:
        begun += starts(record.y, model, near.theta[near.model.own_at])
    solution = solve(record.y, model, begun)
    width = rise(record)[1]
    if (longest := _as_background(solution)) is not None:
        shorter = starts(record.y, model, own, within=(0.0, longest / 2))
        solution = solve(record.y, model, [solution.theta, *shorter])
    if own.size and _doubtful(solution, width, near is None):
        further = [solution.theta]
        for away in AWAY:
            moved = own.copy()
            moved[0] += away * width
            further += starts(record.y, model, moved)
        solution = solve(record.y, model, further)
    if own.size and solution.theta[terms] < AT_ONCE * width:
        longer = starts(record.y, model, own, within=(width / 2, math.inf))
        solution = solve(record.y, model, [solution.theta, *longer])
    if not isinstance(response, MeasuredResponse):
        return solution
    amplitudes, taus, scattered, own = model.parts(solution.theta)
    variance = response.variance(amplitudes, taus, scattered, own)
    if record.live is not None:
        variance = variance * record.live**2
    if not np.any(variance > 1e-3 * solution.mu):
        return solution
    trust = solution.mu / (solution.mu + variance)
    return solve(record.y, model, [solution.theta], trust)


def _as_background(solution: Solution) -> float | None:
    """The longest lifetime where its term may stand for a background that ended at zero, else ``None``."""
    names, terms = solution.model.names, solution.model.terms
    longest = float(solution.theta[2 * terms - 1])
    none = "background" in names and bool(solution.held[names.index("background")])
    edges = solution.model.response.edges
    return longest if none and longest > FLAT * float(edges[-1] - edges[0]) else None


def _doubtful(solution: Solution, width: float, first: bool) -> bool:
    """Whether a better optimum may exist elsewhere: no end, a term that vanished, that stands twice or is
    gone within the rise of standard deviation ``width``, or, in the ``first`` fit, counts too far away."""
    _, taus, _, _ = solution.model.parts(solution.theta)
    twice = np.any(taus[1:] < TWICE * taus[:-1])
    vanished = np.any(solution.held[: 2 * taus.size])
    gone = taus[0] < AT_ONCE * width
    return bool(
        not solution.converged
        or twice
        or vanished
        or gone
        or (first and quality(solution).probability < UNLIKELY)
    )


def gained(before: Solution, after: Solution, good: Quality) -> tuple[float, float]:
    """Deviance taken off by the larger model, and what it must take off to be believed.

    What noise alone takes off in one decay of a hundred, times the larger model's excess deviance: where the
    instrument itself departs from the model, a further exponential always takes something off.
    """
    gain = after.trusted(deviance(after.y, before.mu) - deviance(after.y, after.mu))
    more = int(after.free.sum()) - int(before.free.sum())
    return float(np.sum(gain)), needed_gain(max(more, 1), good)


def needed_gain(more: int, good: Quality) -> float:
    """Gain in deviance that ``more`` parameters need to be believed."""
    return by_chance(more) * good.excess


@lru_cache(maxsize=16)
def by_chance(more: int) -> float:
    """Gain in deviance by ``more`` parameters that noise alone reaches in the share ``CHANCE`` of decays."""
    from scipy.special import chdtri

    return float(chdtri(more, CHANCE))


def believed(done: Analysis) -> bool:
    """Whether a term that lowers the deviance enough is one: with it the counts are described, or else, where
    the instrument departs from every model, each term stands clear."""
    if not done.solution.converged:
        return False
    plain = estimate(done.solution, correct_bias=False)
    return done.quality.probability > UNLIKELY or _resolved(plain, done.solution, done.quality)


def at_once(record: Record, setting: Setting, done: Analysis) -> bool:
    """Whether the shortest term passes for light scattered without delay, which is no lifetime."""
    solution = done.solution
    return not setting.tail and bool(solution.theta[solution.model.terms] < AT_ONCE * rise(record)[1])


def _resolved(found: Estimate, solution: Solution, good: Quality) -> bool:
    """Whether every term stands clear of zero and of its neighbours; one that ended at a bound does not,
    however small its error."""
    terms, wide = solution.model.terms, 3 * math.sqrt(good.excess)
    if terms > 1 and np.any(solution.held[: 2 * terms]):
        return False
    for i in range(1, terms + 1):
        for name in (f"fraction{i}", f"tau{i}_ns"):
            value, sigma = found[name]
            if not sigma < value / wide:
                return False
    taus = [found[f"tau{i}_ns"] for i in range(1, terms + 1)]
    return all(b[0] - a[0] > wide * math.hypot(a[1], b[1]) for a, b in pairwise(taus))


def finished(record: Record, setting: Setting, solution: Solution) -> Analysis:
    good = quality(solution)
    gain = 1.0 if record.counted else good.reduced
    found = estimate(solution, gain=gain, correct_bias=setting.correct_bias)
    return Analysis(solution, found, good)


@dataclass(frozen=True)
class Trial:
    """Another analysis of the same record, and how much deviance it takes off."""

    analysis: Analysis
    gain: float


def with_setting(record: Record, setting: Setting, found: Analysis) -> Trial | None:
    """The analysis with another setting (or record) if the data demand it, else ``None``.

    Raises
    ------
    WorkError
        If it does not converge.
    """
    return demanded(record, setting, found, fit_terms(record, setting, setting.terms, found.solution))


def demanded(record: Record, setting: Setting, found: Analysis, solution: Solution) -> Trial | None:
    """The analysis that ends at ``solution`` if the data demand it over ``found``, else ``None``."""
    done = finished(record, setting, solution)
    gain, needed = gained(found.solution, solution, done.quality)
    return Trial(done, gain) if gain > needed and believed(done) else None


def further_term(record: Record, setting: Setting, found: Analysis) -> Trial | None:
    """The analysis with one more term if the data demand it, else ``None``."""
    try:
        return with_setting(record, replace(setting, terms=found.solution.model.terms + 1), found)
    except WorkError:
        return None


def needless_term(record: Record, setting: Setting, found: Analysis) -> Needless | None:
    """The term without which the deviance rises too little to believe in it.

    ``None`` where every term stands clear; the smaller fit is only made in doubt.  The term is that without
    which the lifetimes of the others change least.
    """
    solution = found.solution
    terms = solution.model.terms
    if terms < 2 or (solution.converged and _resolved(found.estimate, solution, found.quality)):
        return None
    try:
        fewer = fit_terms(record, setting, terms - 1, solution)
    except WorkError:
        return None
    gain, needed = gained(fewer, solution, found.quality)
    if gain > needed:
        return None
    number, values = without_term(fewer, solution)
    return Needless(number, gain, values)


def without_term(fewer: Solution, solution: Solution) -> tuple[int, Array]:
    """The number of the term of ``solution`` that ``fewer`` does without, and what is derived (k,) from it.

    The lifetimes of the other terms change least without it.
    """
    terms = solution.model.terms
    taus = np.maximum(solution.theta[terms : 2 * terms], np.finfo(float).tiny)
    left = fewer.theta[terms - 1 : 2 * (terms - 1)]
    moved = [float(np.sum(np.log(np.delete(taus, i) / left) ** 2)) for i in range(terms)]
    i = int(np.argmin(moved))
    light = np.insert(fewer.theta[: terms - 1], i, 0.0)
    return i + 1, derived(np.array([*light, *np.insert(left, i, taus[i])]), terms)
