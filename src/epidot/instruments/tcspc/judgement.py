"""What is wrong with a fit, in words: too few terms, too many, nothing to tell them by."""

from __future__ import annotations

import math

from epidot.instruments.tcspc.analyse import MOST_TERMS, Analysis, Setting, further_term, needless_term
from epidot.instruments.tcspc.record import Record


def judged(chosen: Record, setting: Setting, found: Analysis) -> list[str]:
    """Warnings about a fit, in words."""
    out: list[str] = []
    solution, good = found.solution, found.quality
    terms = solution.model.terms
    if not solution.converged:
        out.append(
            "the fit did not settle: some combination of the parameters is not identifiable from these data"
        )
    if chosen.counted and good.probability < 1e-3:
        more = further_term(chosen, setting, found) if terms < MOST_TERMS and setting.terms else None
        if more is not None:
            out.append(
                f"{_count(terms)} not enough (reduced deviance {good.reduced:.3g} where counting noise "
                f"gives {good.expected:.3g} ± {good.scatter:.2g}; one more brings "
                f"{more.quality.reduced:.3g}): try exponentials {terms + 1}"
            )
        else:
            out.append(
                f"the counts depart from the model by more than counting noise (reduced deviance "
                f"{good.reduced:.3g}, expected {good.expected:.3g} ± {good.scatter:.2g}): errors stated are "
                f"those of counting alone; multiply them by {math.sqrt(good.excess):.3g} to allow for it"
            )
    if terms > 1 and setting.terms:
        fewer = needless_term(chosen, setting, found)
        if fewer is not None:
            out.append(
                f"{terms} exponentials are not identifiable from these data: {terms - 1} describe them as "
                f"well (deviance higher by {fewer:.3g} only)"
            )
    for name, held in zip(solution.model.names, solution.held, strict=True):
        if held and name == "sigma_ns":
            out.append("the width of the instrument response is not resolved by the channels")
        elif held and name != "background":
            out.append(f"{name} ended at zero: it is not identifiable from these data")
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


def _count(terms: int) -> str:
    return "one exponential is" if terms == 1 else f"{terms} exponentials are"
