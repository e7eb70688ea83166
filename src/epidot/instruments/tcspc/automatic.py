"""How many exponentials: as many as the data demand, and what the models beside them leave open."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.analyse import (
    MOST_TERMS,
    Analysis,
    Setting,
    Trial,
    at_once,
    believed,
    finished,
    fit_terms,
    gained,
)
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.rival import rival
from epidot.instruments.tcspc.unresolved import hint, widened

HINT = 4.0  # gain in deviance by a further amplitude from which a further term is tried
DOUBT = 4.0  # gain from which a term not believed enters the averages' errors (Akaike's criterion)


def analyse(record: Record, setting: Setting) -> Analysis:
    """Fit ``record`` as ``setting`` says.

    Raises
    ------
    WorkError
        If no fit converges.
    """
    if setting.terms:
        done = finished(record, setting, fit_terms(record, setting, setting.terms))
        return replace(done, rival=rival(record, setting, done))
    fits: list[Analysis] = []
    trials: list[dict[str, Any]] = []
    larger: Trial | None = None
    for terms in range(1, MOST_TERMS + 1):
        try:
            near = fits[-1].solution if fits else None
            done = finished(record, setting, fit_terms(record, setting, terms, near))
        except WorkError:
            break
        gain, needed = gained(fits[-1].solution, done.solution, done.quality) if fits else (math.inf, 0.0)
        accepted = not fits or (gain > needed and believed(done) and not at_once(record, setting, done))
        trials.append(_row(done, None if not fits else gain, needed, accepted))
        if not accepted:
            fixed = done.solution.converged and not done.estimate.irregular
            if fixed and gain > DOUBT * done.quality.excess:
                larger = Trial(done, gain)
            break
        fits.append(done)
        if done.quality.probability > 0.05 and hint(done.solution) < HINT:
            break
    if not fits:
        raise WorkError("the fit did not converge from any start value")
    done = fits[-1]
    factor = 1.0 if record.counted else done.quality.reduced
    others = (
        [] if larger is None else [(larger.analysis.estimate, larger.gain / larger.analysis.quality.excess)]
    )
    wider = widened(done.solution, done.estimate, factor, done.quality.excess, others)
    other = rival(record, setting, done)
    if other is not None:
        wider = wider.with_errors(np.maximum(wider.sigma[-2:], other.reaches(wider.values[-2:])))
    return replace(done, estimate=wider, trials=tuple(trials), widened=True, rival=other)


def _row(done: Analysis, gain: float | None, needed: float, accepted: bool) -> dict[str, Any]:
    good = done.quality
    return {
        "exponentials": done.solution.model.terms,
        "deviance": good.deviance,
        "expected_deviance": good.expected * good.degrees,
        "reduced_deviance": good.reduced,
        "probability": good.probability,
        "gain": gain,
        "gain_needed": None if gain is None else needed,
        "accepted": accepted,
    }
