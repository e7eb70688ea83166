"""What is wrong with a fit, in words: too few terms, too many, nothing to tell them by."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from epidot.instruments.tcspc.analysis import AVERAGES, Analysis, Needless, Setting
from epidot.instruments.tcspc.misfit import Misfit, listed, place
from epidot.instruments.tcspc.record import Record
from epidot.quantities import Quantity

USEFUL = 0.5  # error of a value, as a share of it, from which it is withheld where a term may be none
OPEN = "withheld: the counts leave it open ({value:.3g} is the likeliest value)"
_LONG = 5.0  # lifetimes after which a hundredth of the light is left
_WIDENED = 2.0  # errors of an average, in units of those of counting, that are much widened


def judged(
    chosen: Record, setting: Setting, found: Analysis, off: Misfit, needless: Needless | None = None
) -> list[str]:
    """Warnings about a fit, in words."""
    out: list[str] = []
    solution, good = found.solution, found.quality
    terms = solution.model.terms
    if not solution.converged:
        out.append(
            "the fit did not settle: some combination of the parameters is not identifiable from these data; "
            "no errors are stated"
        )
    for reason in off.reasons[:2]:
        there = reason.trial.analysis.quality
        out.append(
            f"{reason.what} describes the counts better: {reason.trial.gain:.3g} off the deviance, "
            f"reduced deviance {there.reduced:.3g} instead of {good.reduced:.3g}: {reason.remedy}"
        )
    told = (
        "no errors are stated"
        if off.withheld(found)
        else f"errors are {off.factor(found):.2g} times those of counting alone"
    )
    if off.doubted:
        nothing = "" if off.reasons or not off.tried else f"; {listed(off.tried)} do not explain it"
        out.append(
            f"the counts depart from the model by more than counting noise (reduced deviance "
            f"{good.reduced:.3g}, expected {good.expected:.3g} ± {good.scatter:.2g}), "
            f"{place(chosen, found)}{nothing}: {told}"
        )
    elif off.reasons:
        out.append(f"for what the fit leaves out, {told}")
    if needless is not None and needless.instead:
        out.append(
            f"{terms} exponentials are not told from {needless.instead} (deviance higher by "
            f"{max(needless.rise, 0.0):.3g} only), for the measuring time is not known: what belongs to term "
            f"{needless.number} is withheld, and the errors of the others hold both; give acquisition_s, or "
            "measure at a lower rate"
        )
    elif needless is not None:
        out.append(
            f"{terms} exponentials are not identifiable from these data: {terms - 1} "
            f"{'describes' if terms == 2 else 'describe'} them as well (deviance higher by "
            f"{max(needless.rise, 0.0):.3g} only): what belongs to term {needless.number} is withheld, and "
            f"the errors of the others hold every split that the counts allow; exponentials = {terms - 1} "
            "states the smaller fit"
        )
    if found.rival is not None and not found.rival.told:
        out.append(found.rival.said(terms))
    told_of = () if needless is None else (f"counts{needless.number}", f"tau{needless.number}_ns")
    for name, held in zip(solution.model.names, solution.held, strict=True):
        if name in told_of:
            continue
        if held and name == "sigma_ns":
            out.append("the width of the instrument response is not resolved by the channels")
        elif held and name != "background":
            out.append(f"{name} ended at zero: it is not identifiable from these data")
    if (unheld := _open(found)) is not None:
        out.append(unheld)
    if (short := _short(chosen, found)) is not None:
        out.append(short)
    span = float(chosen.edges[-1] - chosen.edges[0])
    longest, _ = found.estimate[f"tau{terms}_ns"]
    if longest > span:
        out.append(
            f"the longest lifetime ({longest:.3g} ns) exceeds the window of {span:.4g} ns: "
            "it cannot be told from background"
        )
    if found.estimate.irregular:
        out.append(
            "errors are as large as the values themselves ("
            + ", ".join(found.estimate.irregular)
            + "): the bias was not corrected; use the intervals"
        )
    if setting.prompt is not None and setting.prompt.fwhm_ns < 3 * setting.prompt.channel_ns:
        out.append(
            "the instrument response is narrower than three channels: its shape inside them is not known "
            "and the channels on the rise were given less weight"
        )
    return out


def unbounded(found: Analysis) -> tuple[str, ...]:
    """The averages that the counts do not bound: a term that they do not show may move them by too much."""
    if not found.widened:
        return ()
    each = ((name, *found.estimate[name]) for name in AVERAGES)
    return tuple(n for n, value, sigma in each if not max(sigma, found.far_off(n)) < USEFUL * value)


def _open(found: Analysis) -> str | None:
    """That the counts leave values open, in words; ``None`` where they leave none."""
    each = zip(found.estimate.names, found.estimate.sigma.tolist(), strict=True)
    names = [n for n, sigma in each if math.isinf(sigma)]
    if not names:
        return None
    one = len(names) == 1
    return (
        f"{listed(names)} {'is' if one else 'are'} withheld: the counts leave {'it' if one else 'them'} open "
        "(a slow term passes for background, or two lifetimes for one); use a longer period, a background "
        "that is known (option background) or fewer exponentials"
    )


def _short(chosen: Record, found: Analysis) -> str | None:
    """What a short period does to the averages, in words; ``None`` where nothing."""
    solution, open_ones = found.solution, unbounded(found)
    terms = solution.model.terms
    span, longest = float(chosen.edges[-1] - chosen.edges[0]), float(solution.theta[2 * terms - 1])
    counting = np.sqrt(np.maximum(found.estimate.fisher_variance[-2:], 0.0))
    wide = bool(np.any(found.estimate.sigma[-2:] > _WIDENED * counting))
    free = "background" in solution.model.names
    if not (found.widened and free and span < _LONG * longest and (open_ones or wide)):
        return None
    what = "period" if span > 0.95 * chosen.period_ns else "record"
    if open_ones:
        then = f"{' and '.join(open_ones)} {'is' if len(open_ones) == 1 else 'are'} withheld"
    else:
        then = "the errors of the averages allow for it"
    flat = max(float(solution.y.sum()) - float(solution.theta[:terms].sum()), 0.0) / float(solution.y.sum())
    return (
        f"the {what} is only {span / longest:.1f} lifetimes of the longest term and {flat:.0%} of the counts "
        f"were fitted as background: a slower term cannot be told from the background, and {then}; "
        f"use a longer {what}, or a background that is known (option background)"
    )


def withheld(found: Mapping[str, Quantity], numbers: Collection[int]) -> dict[str, Quantity]:
    """``found`` without what belongs to the terms ``numbers``, which may be none, and without the shares and
    averages that these leave known to less than half of themselves."""
    out = dict(found)
    for name, q in found.items():
        if not re.fullmatch(r"(tau|fraction|amplitude)(\d(_ns)?|_amplitude_ns|_intensity_ns)", name):
            continue
        number = re.search(r"\d", name)
        if number and int(number[0]) in numbers:
            out[name] = replace(
                q, value=None, sigma=None, note="withheld: of a term that is not told from none"
            )
        elif q.value is not None and q.sigma is not None and not q.sigma < USEFUL * abs(q.value):
            note = f"withheld: {q.value:.3g} ± {q.sigma:.2g}, for a term that is not told from none"
            out[name] = replace(q, value=None, sigma=None, note=note)
        elif q.sigma == 0:
            out[name] = replace(q, sigma=None, note="the other term ended at zero: no error is known")
    return out
