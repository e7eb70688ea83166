"""One analysis: choose the response, find start values, fit, judge the fit, decide how many terms."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from epidot.errors import InputError, WorkError
from epidot.instruments.tcspc.estimate import Estimate, estimate
from epidot.instruments.tcspc.measured_response import MeasuredResponse
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.prompt import Prompt
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array, GaussianResponse, Response, TailResponse
from epidot.instruments.tcspc.solve import Solution, solve, starts
from epidot.instruments.tcspc.unresolved import hint, widened
from epidot.signal.poisson import deviance, expected_deviance

MOST_TERMS = 4
HINT = 4.0  # gain in deviance by a further amplitude from which a further term is tried
DOUBT = 4.0  # gain from which an unresolved term enters the averages (Akaike's criterion)
PASSED = 5.0  # standard deviations of the rise behind the peak, where no response is left
ENOUGH = 100.0  # counts at the peak that show where a decay rises
AWAY = (-3.0, -1.0, 1.0)  # further starts of the pulse, in standard deviations of the rise
FLAT = 0.25  # lifetime over window from which a term is flat enough to pass for background
TWICE = 1.1  # two lifetimes nearer than this factor are one found twice
FWHM = math.sqrt(8 * math.log(2))


@dataclass(frozen=True)
class Setting:
    """What to fit.  ``terms`` 0 lets the data decide; ``background`` counts per channel if not fitted."""

    terms: int = 0
    prompt: Prompt | None = None
    irf_fwhm_ns: float | None = None
    tail: bool = False
    scatter: bool = False
    background: float | None = None
    correct_bias: bool = True


@dataclass(frozen=True)
class Quality:
    """How well a solution describes the counts.

    ``reduced`` is deviance per degree of freedom, ``expected`` what counting noise alone gives it and
    ``scatter`` by how much that varies; ``probability`` of a deviance at least as large.
    """

    deviance: float
    degrees: int
    reduced: float
    expected: float
    scatter: float
    probability: float

    @property
    def excess(self) -> float:
        """Deviance over what is expected, at least 1."""
        return max(1.0, self.reduced / self.expected)


@dataclass(frozen=True)
class Analysis:
    """A fit with everything that is said about it."""

    solution: Solution
    estimate: Estimate
    quality: Quality
    trials: tuple[dict[str, Any], ...] = ()
    widened: bool = False


def quality(solution: Solution) -> Quality:
    """Deviance of ``solution`` beside what Poisson noise would give."""
    from scipy.stats import chi2

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
    # a chi-square with the same mean and variance
    scale = spread / (2 * total)
    return Quality(
        deviance=float(each.sum()),
        degrees=degrees,
        reduced=float(each.sum()) / degrees,
        expected=total / degrees,
        scatter=math.sqrt(spread) / degrees,
        probability=float(chi2.sf(float(each.sum()) / scale, total / scale)),
    )


def response_for(record: Record, setting: Setting) -> tuple[Response, Array]:
    """The response to fit with, and start values of its own parameters.

    Raises
    ------
    InputError
        If the measured response has other channels than the decay.
    """
    if setting.tail:
        return TailResponse(record.edges), np.empty(0)
    rise, width = _rise(record)
    if setting.prompt is None:
        given = None if setting.irf_fwhm_ns is None else setting.irf_fwhm_ns / FWHM
        gaussian = GaussianResponse(record.edges, record.period_ns, given)
        return gaussian, np.array([rise, width][: len(gaussian.own)])
    prompt = setting.prompt
    if abs(prompt.channel_ns - record.channel_ns) > 1e-4 * record.channel_ns:
        raise InputError(
            "the instrument response has other channels than the decay",
            seen=f"{prompt.channel_ns:.6g} ns instead of {record.channel_ns:.6g} ns",
            remedy="measure both with the same time base",
        )
    measured = MeasuredResponse(record.edges, record.period_ns, prompt, record.bin)
    return measured, np.array([rise - prompt.centre_ns])


def behind(record: Record) -> tuple[float, float]:
    """When a decay stands at its peak, and from when on its response has passed, in ns."""
    rise, width = _rise(record)
    peak = max(rise, float(record.edges[int(np.argmax(record.y))]))
    return peak, peak + PASSED * width


def _rise(record: Record) -> tuple[float, float]:
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


def fit_terms(record: Record, setting: Setting, terms: int) -> Solution:
    """The best fit with ``terms`` exponentials."""
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
    solution = solve(record.y, model, starts(record.y, model, own))
    width = _rise(record)[1]
    if (longest := _as_background(solution)) is not None:
        shorter = starts(record.y, model, own, longest=longest / 2)
        solution = solve(record.y, model, [solution.theta, *shorter])
    if own.size and _doubtful(solution, width):
        further = [solution.theta]
        for away in AWAY:
            moved = own.copy()
            moved[0] += away * width
            further += starts(record.y, model, moved)
        solution = solve(record.y, model, further)
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


def _doubtful(solution: Solution, width: float) -> bool:
    """Whether a better optimum may exist elsewhere: no end, a term that vanished, that stands twice or is
    gone within the rise of standard deviation ``width``, or counts too far away."""
    _, taus, _, _ = solution.model.parts(solution.theta)
    twice = np.any(taus[1:] < TWICE * taus[:-1])
    vanished = np.any(solution.held[: 2 * taus.size])
    gone = taus[0] < width / 10
    return bool(not solution.converged or twice or vanished or gone or quality(solution).probability < 1e-3)


def analyse(record: Record, setting: Setting) -> Analysis:
    """Fit ``record`` as ``setting`` says.

    Raises
    ------
    InputError
        If the measured response does not belong to the decay.
    WorkError
        If no fit converges.
    """
    if setting.terms:
        return _finished(record, setting, fit_terms(record, setting, setting.terms))
    chosen: Solution | None = None
    doubtful: Solution | None = None
    trials: list[dict[str, Any]] = []
    for terms in range(1, MOST_TERMS + 1):
        try:
            solution = fit_terms(record, setting, terms)
        except WorkError:
            break
        good = quality(solution)
        gain, needed = math.inf, 0.0
        if chosen is not None:
            gain, needed = _gain(chosen, solution, good)
        resolved = terms == 1 or _resolved(estimate(solution, correct_bias=False), terms, good)
        accepted = gain > needed and resolved
        trials.append(
            {
                "exponentials": terms,
                "deviance": good.deviance,
                "reduced_deviance": good.reduced,
                "probability": good.probability,
                "gain": gain if math.isfinite(gain) else None,
                "gain_needed": needed if chosen is not None else None,
                "accepted": accepted,
            }
        )
        if not accepted:
            # Not believed as a term of its own, but the averages take it in.
            if gain > DOUBT * good.excess and solution.converged:
                doubtful = solution
            break
        chosen = solution
        if good.probability > 0.05 and hint(solution) < HINT:
            break
    assert chosen is not None
    done = replace(_finished(record, setting, chosen), trials=tuple(trials))
    factor = 1.0 if record.counted else done.quality.reduced
    base, averaged = done.estimate, chosen
    if doubtful is not None:
        larger = estimate(doubtful, gain=factor)
        if not larger.irregular:
            base = base.with_averages(larger.values[-2:], larger.sigma[-2:])
            averaged = doubtful
    return replace(done, estimate=widened(averaged, base, factor), widened=True)


def _gain(before: Solution, after: Solution, good: Quality) -> tuple[float, float]:
    """Deviance taken off by the larger model, and what it must take off to be believed.

    The Bayesian information criterion for the counts, times the larger model's excess deviance: where
    the instrument itself departs from the model, a further exponential always takes something off.
    """
    y = after.y
    gain = after.trusted(deviance(y, before.mu) - deviance(y, after.mu))
    more = int(after.free.sum()) - int(before.free.sum())
    needed = max(more, 1) * math.log(max(float(y.sum()), 3.0)) * good.excess
    return float(np.sum(gain)), needed


def _resolved(found: Estimate, terms: int, good: Quality) -> bool:
    """Whether every term stands clear of zero and of its neighbours."""
    wide = 3 * math.sqrt(good.excess)
    for i in range(1, terms + 1):
        for name in (f"fraction{i}", f"tau{i}_ns"):
            value, sigma = found[name]
            if not sigma < value / wide:
                return False
    taus = [found[f"tau{i}_ns"] for i in range(1, terms + 1)]
    return all(b[0] - a[0] > wide * math.hypot(a[1], b[1]) for a, b in pairwise(taus))


def _finished(record: Record, setting: Setting, solution: Solution) -> Analysis:
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
    """The analysis with another setting if the data demand it, else ``None``.

    Raises
    ------
    WorkError
        If it does not converge.
    """
    solution = fit_terms(record, setting, setting.terms)
    good = quality(solution)
    gain, needed = _gain(found.solution, solution, good)
    resolved = _resolved(estimate(solution, correct_bias=False), setting.terms, good)
    if gain <= needed or not resolved:
        return None
    return Trial(_finished(record, setting, solution), gain)


def further_term(record: Record, setting: Setting, found: Analysis) -> Trial | None:
    """The analysis with one more term if the data demand it, else ``None``."""
    try:
        return with_setting(record, replace(setting, terms=found.solution.model.terms + 1), found)
    except WorkError:
        return None


def needless_term(record: Record, setting: Setting, found: Analysis) -> float | None:
    """By how much the deviance rises with one term less, if that is too little to believe in the last.

    ``None`` where every term stands clear; the smaller fit is only made in doubt.
    """
    solution = found.solution
    terms = solution.model.terms
    if solution.converged and _resolved(found.estimate, terms, found.quality):
        return None
    try:
        fewer = fit_terms(record, setting, terms - 1)
    except WorkError:
        return None
    gain, needed = _gain(fewer, solution, found.quality)
    return gain if gain <= needed else None
