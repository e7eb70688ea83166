"""Decays drawn wide, with their truth, and what a fit of them must keep.

One to three lifetimes that differ by factors of 2 to 10, period 1.5 to 20 times the longest, background 0 to
30 % of the light, Gaussian response of 0.05 to 2 lifetimes (width given or fitted), 1e3 to 1e7 counts.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from epidot.constants import FWHM
from epidot.instruments import tcspc
from epidot.instruments.tcspc.model import Model
from epidot.instruments.tcspc.record import record
from epidot.instruments.tcspc.response import GaussianResponse
from epidot.instruments.tcspc.simulated import counted
from epidot.signal import Signal
from epidot.signal.poisson import deviance

SLACK = 1e-3  # in deviance: a thirtieth of a standard error


@dataclass(frozen=True)
class Drawn:
    """A decay with its truth; ``given`` says whether the fit is told the width of the response."""

    signal: Signal
    counts: np.ndarray
    taus: np.ndarray
    setup: dict[str, float]
    given: bool

    @property
    def deviance(self) -> float:
        """At the truth."""
        chosen = record(self.signal, self.setup["period_ns"])
        sigma = self.setup["irf_fwhm_ns"] / FWHM
        response = GaussianResponse(chosen.edges, chosen.period_ns, sigma if self.given else None)
        own = [self.setup["t0_ns"]] if self.given else [self.setup["t0_ns"], sigma]
        truth = np.array([*self.counts, *self.taus, self.setup["background"], *own])
        mu, _ = Model(response, self.taus.size, channel_ns=chosen.channel_ns).expected(truth)
        return float(deviance(chosen.y, mu).sum())


def drawn(seed: int) -> Drawn:
    """The decay of ``seed``."""
    rng = np.random.default_rng([99, seed])
    terms = int(rng.integers(1, 4))
    period = float(rng.choice([50, 200, 1000]))
    taus = [period / math.exp(rng.uniform(math.log(1.5), math.log(20)))]
    while len(taus) < terms:
        taus.insert(0, taus[0] / rng.uniform(2, 10))
    fractions = rng.dirichlet(np.full(terms, 2.0))
    counts = float(10 ** rng.uniform(3, 7))
    background = float(rng.choice([0, rng.uniform(0, 0.3)]))
    channels = int(rng.choice([512, 2048, 4096]))
    width = period / channels
    fwhm = math.exp(rng.uniform(math.log(0.05), math.log(2))) * float(rng.choice(taus))
    fwhm = min(max(fwhm, 1.5 * width), period / 8)
    setup = {option.name: option.default for option in tcspc.HEADER.setup}
    setup |= {"channels": channels, "channel_ns": width, "period_ns": period, "counts": counts}
    setup |= {
        "background": background * counts / channels,
        "t0_ns": 0.05 * period + fwhm,
        "irf_fwhm_ns": fwhm,
    }
    signal = counted(fractions, taus, setup, rng)
    return Drawn(signal, fractions * counts, np.array(taus), setup, bool(rng.random() < 0.5))


def fitted(seed: int) -> dict[str, Any]:
    """How far the fit of ``seed`` ends above the deviance of the truth, and whether it states errors."""
    case = drawn(seed)
    width = {"irf_fwhm_ns": case.setup["irf_fwhm_ns"]} if case.given else {}
    begin = time.process_time()
    found = tcspc.measure(case.signal, exponentials=case.taus.size, **width)
    spent = time.process_time() - begin
    return {
        "seed": seed,
        "above_truth": found.extra["goodness"]["deviance"] - case.deviance,
        "settled": not any("did not settle" in words for words in found.warnings),
        "errors": any(q.sigma for n, q in found.items() if n != "reduced_deviance"),
        "cpu_s": spent,
    }


def broken(row: dict[str, Any]) -> bool:
    """Whether errors are stated away from the optimum."""
    return bool(row["errors"] and not (row["settled"] and row["above_truth"] <= SLACK))
