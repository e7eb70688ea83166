"""How many exponentials: as many as the data demand, and what the models beside them leave open."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from epidot.errors import WorkError
from epidot.instruments.tcspc.analyse import (
    MOST_TERMS,
    at_once,
    believed,
    finished,
    fit_terms,
    gained,
    shortest,
)
from epidot.instruments.tcspc.analysis import Analysis, Rival, Setting
from epidot.instruments.tcspc.averages import ALL
from epidot.instruments.tcspc.record import Record
from epidot.instruments.tcspc.rival import rival
from epidot.instruments.tcspc.unresolved import hint
from epidot.instruments.tcspc.unseen import mixture

TAIL = 10.0  # errors within which an average must lie that the counts allow at all (99.7 %)
HINT = 4.0  # gain in deviance by a further amplitude from which a further term is tried


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
            break
        fits.append(done)
        if done.quality.probability > 0.05 and hint(done.solution) < HINT:
            break
    if not fits:
        raise WorkError("the fit did not converge from any start value")
    done = fits[-1]
    other = rival(record, setting, done, least=1)
    return replace(_widened(record, setting, done, other), trials=tuple(trials), widened=True, rival=other)


def _widened(record: Record, setting: Setting, done: Analysis, other: Rival | None) -> Analysis:
    """``done`` with errors of the averages that hold what the models beside it make of them."""
    solution, good, found = done.solution, done.quality, done.estimate
    here, sigma = found.likeliest[-2:], found.sigma[-2:]
    if not solution.converged or not np.all(np.isfinite(sigma)):
        return done
    excess = good.excess if record.counted else good.reduced
    all_of_them = mixture(solution, shortest(record, setting), excess, here, sigma)
    far = all_of_them.reach(here, ALL)
    if other is not None:
        all_of_them = other.beside(all_of_them)
        further = all_of_them.reach(here, ALL)
        if (
            solution.model.terms == 1
        ):  # it holds the exponential: no other case that would make the rest unlikelier
            further = np.maximum(far, further)
        # A law told from them still says what the background may hide, but not how steep the decay begins.
        far = np.where([other.told, False], far, further)
    wide = np.maximum(np.maximum(sigma, all_of_them.errors(here)), far / TAIL)
    return replace(done, estimate=found.with_errors(wide), far=far)


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
