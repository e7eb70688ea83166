"""What ``measure`` returns: every quantity with its name, formula, error and method."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from epidot.constants import FWHM
from epidot.instruments import curve
from epidot.instruments.tcspc.analyse import needless_term, shortest
from epidot.instruments.tcspc.analysis import Analysis, Needless, Quality, Setting
from epidot.instruments.tcspc.examine import examine
from epidot.instruments.tcspc.intervals import Interval, profile
from epidot.instruments.tcspc.judgement import OPEN, judged, unbounded, withheld
from epidot.instruments.tcspc.misfit import Misfit, misfit
from epidot.instruments.tcspc.passing import passed
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.response import Array
from epidot.instruments.tcspc.ridge import followed_out
from epidot.quantities import Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.poisson import residuals

_METHOD = (
    "{terms} by Poisson deviance, integrated over the channels, {irf}, {period}; "
    "second-order bias taken off; sigma from the expected information{noise}"
)
_FORMULA = {
    "fraction": "a_i tau_i / sum(a tau): share of the photons (intensity fraction)",
    "amplitude": "a_i / sum(a): share of the height at time zero",
    "tau_amplitude_ns": "sum(a tau) / sum(a): the decay's area over its height",
    "tau_intensity_ns": "sum(a tau^2) / sum(a tau): mean arrival time of a photon",
}
_NO_STEP = 1e-9  # of a value: a counting error below it is rounding, not a step to search with


def quantities(signal: Signal, options: Mapping[str, Any]) -> Quantities:
    """Everything ``measure`` returns."""
    return _reported(signal, options, *_weighed(signal, options))


def _weighed(
    signal: Signal, options: Mapping[str, Any]
) -> tuple[Record, Setting, Analysis, list[str], Misfit]:
    """The analysis with errors that hold its misfit, what is said about it, and the misfit."""
    chosen, setting, found, said = examine(signal, options)
    off = misfit(chosen, setting, found)
    needless = needless_term(chosen, setting, found) if setting.terms else None
    if needless is None:
        needless = passed(chosen, setting, found)
    found = _followed_out(chosen, setting, found, needless)
    said += judged(chosen, setting, found, off, needless)
    weighed = found.estimate.scaled(off.factor(found))
    if needless is not None:  # the errors hold the fit without it
        weighed = replace(weighed, sigma=np.hypot(weighed.sigma, needless.values - weighed.values))
    return chosen, setting, replace(found, estimate=weighed, needless=needless), said, off


def _followed_out(chosen: Record, setting: Setting, found: Analysis, needless: Needless | None) -> Analysis:
    """``found`` with errors that go as far as the counts let it.

    Averages of terms that the data chose hold more (:mod:`.unseen`).
    """
    excess = found.quality.excess if chosen.counted else found.quality.reduced
    none = None if needless is None else needless.number - 1
    wider = followed_out(found.estimate, found.solution, shortest(chosen, setting), excess, none)
    if not setting.terms:
        wider = wider.with_errors(found.estimate.sigma[-2:])
    return replace(found, estimate=wider)


def _reported(
    signal: Signal,
    options: Mapping[str, Any],
    chosen: Record,
    setting: Setting,
    found: Analysis,
    warnings: list[str],
    off: Misfit,
) -> Quantities:
    intervals = _intervals(chosen, found, bool(options.get("profile")))
    silent = not found.solution.converged or off.withheld(found)
    values = _named(chosen, setting, found, intervals, silent)
    terms = found.solution.model.terms
    extra: dict[str, Any] = {
        "exponentials": terms,
        "rule": _exponentials(terms),
        "record": chosen.notes,
        "checks": {"pile-up": chosen.pileup},
        "averages": {
            "formulae": _FORMULA,
            "yuan2023": (
                "prints one 'average lifetime' without a formula; with its percentages read as amplitude "
                "fractions or as intensity fractions, sum(share tau) is tau_amplitude_ns or "
                "tau_intensity_ns; sum(a tau^2)/sum(a tau) is tau_intensity_ns in either case"
            ),
        },
        "goodness": {
            "deviance": found.quality.deviance,
            "reduced_deviance": found.quality.reduced,
            "expected_from_counting_noise": found.quality.expected,
            "degrees_of_freedom": found.quality.degrees,
            "probability": found.quality.probability,
        },
        "maximum_likelihood": dict(
            zip(found.estimate.names, (float(v) for v in found.estimate.likeliest), strict=True)
        ),
    }
    if found.trials:
        extra["trials"] = list(found.trials)
    if intervals:
        extra["intervals_68"] = {name: interval.to_json() for name, interval in intervals.items()}
    return Quantities(
        technique="tcspc",
        found=values,
        source=signal.source,
        warnings=tuple(dict.fromkeys(warnings)),
        extra=extra,
        curves=curves_of(chosen, setting, found, signal),
    )


def _intervals(chosen: Record, found: Analysis, asked: bool) -> dict[str, Interval]:
    estimate = found.estimate
    if not asked and not estimate.irregular:
        return {}
    terms = found.solution.model.terms
    names = [n for n in estimate.names if terms > 1 or n == "tau1_ns"]
    if not asked:  # those for which they are recommended
        names = [n for n in names if n in estimate.irregular]
    out = {}
    counting = np.sqrt(np.maximum(estimate.fisher_variance, 0.0))
    for name in names:
        i = estimate.names.index(name)
        sigma = float(estimate.sigma[i])
        # Where the counts say nothing of it (a term that lost its light), there is no step to search with.
        if not (sigma > 0 and counting[i] > _NO_STEP * abs(estimate.likeliest[i])):
            continue
        rise = max(1.0, (float(estimate.unbounded[i]) / float(counting[i])) ** 2)
        out[name] = profile(found.solution, name, float(counting[i]), rise)
    return out


def _named(
    chosen: Record, setting: Setting, found: Analysis, intervals: Mapping[str, Interval], silent: bool
) -> dict[str, Quantity]:
    estimate, solution, good = found.estimate, found.solution, found.quality
    terms = solution.model.terms
    method = _method(chosen, setting, found)
    out: dict[str, Quantity] = {}
    for name in estimate.names:
        value, sigma = estimate[name]
        stem = name.rstrip("0123456789") if name[-1].isdigit() else name
        formula = _FORMULA.get(stem, "")
        note = ""
        if name in intervals:
            ends = intervals[name]
            note = f"68 % profile interval {_end(ends.low)} to {_end(ends.high)}"
        if useless := math.isinf(sigma):
            note = OPEN.format(value=value)
        elif found.widened and name.startswith(("tau_a", "tau_i")):
            note = "the error allows for a further term or a spread of lifetimes that the data do not resolve"
            if useless := name in unbounded(found):
                far = found.far_off(name)
                note = (
                    f"withheld: the data leave {value:.3g} ± {sigma:.2g} ns, "
                    f"and a term that they do not show may move it by {far:.2g} ns"
                )
        out[name] = Quantity(
            None if useless else value,
            None if useless else sigma,
            "ns" if name.endswith("_ns") else "1",
            f"{formula}; fit as for tau1_ns" if formula else method,
            note,
        )
    if terms == 1:
        for name in ("fraction1", "amplitude1"):
            out[name] = replace(out[name], value=1.0, sigma=0.0, note="the only term")
    if found.needless is not None:
        out = withheld(out, (found.needless.number,))
    out["reduced_deviance"] = reduced_deviance(good)
    errors = np.sqrt(np.maximum(np.diag(estimate.covariance), 0.0))
    if silent:  # an error beside a model that does not describe the counts means nothing
        why = "no error is stated: the fit did not settle or does not describe the counts (see the warnings)"
        kept = ("reduced_deviance",)
        out = {n: q if n in kept else replace(q, sigma=None, note=why) for n, q in out.items()}
        errors = np.full_like(errors, np.nan)

    def own(name: str, key: str, factor: float, unit: str, note: str = "") -> None:
        i = solution.model.names.index(key)
        held = bool(solution.held[i])
        sigma = None if held or np.isnan(errors[i]) else factor * float(errors[i])
        out[name] = Quantity(factor * float(solution.theta[i]), sigma, unit, method, note)

    names = solution.model.names
    if "background" in names:
        own("background", "background", 1.0, "counts per channel")
    if "irf_shift_ns" in names:
        own("irf_shift_ns", "irf_shift_ns", 1.0, "ns", "of the measured response against the decay")
    if "t0_ns" in names:
        own("t0_ns", "t0_ns", 1.0, "ns", "centre of the Gaussian response")
    if "sigma_ns" in names:
        own("irf_fwhm_ns", "sigma_ns", FWHM, "ns", "Gaussian response")
    if "scattered" in names:
        i = names.index("scattered")
        light = float(solution.theta[:terms].sum() + solution.theta[i])
        out["scattered_fraction"] = Quantity(
            float(solution.theta[i]) / light,
            None if np.isnan(errors[i]) else float(errors[i]) / light,
            "1",
            method,
            "of all counts above background",
        )
    return out


def reduced_deviance(good: Quality) -> Quantity:
    """The deviance per degree of freedom beside what noise gives."""
    return Quantity(
        good.reduced,
        good.scatter,
        "1",
        "Poisson deviance / degrees of freedom",
        f"counting noise alone gives {good.expected:.4g}; probability {good.probability:.2g}",
    )


def _exponentials(terms: int) -> str:
    return "one exponential" if terms == 1 else f"{terms} exponentials"


def _end(value: float) -> str:
    return f"{value:.5g}" if math.isfinite(value) else "open"


def _method(chosen: Record, setting: Setting, found: Analysis) -> str:
    if setting.tail:
        irf = f"tail from {chosen.edges[0]:.6g} ns on without instrument response (amplitudes at that time)"
    elif setting.prompt is not None:
        irf = setting.prompt.described() + " at a free shift"
    elif setting.irf_fwhm_ns is not None:
        irf = f"Gaussian response of {setting.irf_fwhm_ns:g} ns FWHM"
    else:
        irf = "Gaussian response of free width"
    pulses = (
        f"pulses every {chosen.period_ns:.6g} ns" if math.isfinite(chosen.period_ns) else "a single pulse"
    )
    if chosen.bin > 1:
        pulses += f", {chosen.bin} channels per bin"
    noise = " and the response's own counting noise" if setting.prompt and setting.prompt.counted else ""
    if not chosen.counted:
        noise += ", scaled to the scatter"
    terms = found.solution.model.terms
    return _METHOD.format(
        terms=_exponentials(terms),
        irf=irf,
        period=pulses,
        noise=noise,
    )


def curves_of(chosen: Record, setting: Setting, found: Analysis, signal: Signal) -> dict[str, Signal]:
    """Data, model and response in counts per channel, residuals in standard errors, at the bins' centres."""
    mu = found.solution.mu
    middle = (chosen.edges[:-1] + chosen.edges[1:]) / 2
    off = -residuals(chosen.y, mu)[0]
    if found.solution.trust is not None:
        off = off * np.sqrt(found.solution.trust)
    model = replace(
        signal, x=middle, y=mu / chosen.bin, kind="analog", sigma=None, companions={}, warnings=(), meta={}
    )
    out = {
        curve.DATA: replace(model, y=chosen.y / chosen.bin),
        curve.MODEL: model,
        curve.RESIDUALS: replace(model, y=off, y_name="residual", y_unit="standard errors"),
    }
    if (shape := _response(setting, found, middle)) is not None:
        top = float(np.max(chosen.y)) / chosen.bin
        out[curve.RESPONSE] = replace(model, y=shape * top, y_name="response, as high as the decay")
    return out


def _response(setting: Setting, found: Analysis, at: Array) -> Array | None:
    """The response that the fit used, 1 at its maximum; ``None`` for a tail."""
    solved = dict(zip(found.solution.model.names, found.solution.theta.tolist(), strict=True))
    if setting.prompt is not None:
        peak = setting.prompt.peak
        centres = peak.start_ns + peak.channel_ns * (np.arange(peak.net.size) + 0.5)
        shape = np.interp(at - solved.get("irf_shift_ns", 0.0), centres, np.maximum(peak.net, 0.0), 0.0, 0.0)
    elif "t0_ns" in solved:
        width = solved.get("sigma_ns", (setting.irf_fwhm_ns or 0.0) / FWHM)
        if not width > 0:
            return None
        shape = np.exp(-0.5 * ((at - solved["t0_ns"]) / width) ** 2)
    else:
        return None
    return np.asarray(shape / np.max(shape)) if np.max(shape) > 0 else None
