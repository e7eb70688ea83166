"""Decays of one to three lifetimes and of a stretched exponential, counted with a measured response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np

from coverage_cases import Case
from epidot.instruments import tcspc
from epidot.instruments.tcspc.estimate import derived, derived_names
from epidot.instruments.tcspc.simulated import counted
from epidot.instruments.tcspc.trial import trial
from epidot.quantities import Quantities
from epidot.signal import Signal

CHANNELS = 2048
AVERAGES = ("tau_amplitude_ns", "tau_intensity_ns")


def setup(period_ns: float, counts: float, background: float, irf_counts: float) -> dict[str, float]:
    """A record over the whole period; ``background`` is its share of the decay's counts."""
    asked = {"channels": CHANNELS, "channel_ns": period_ns / CHANNELS, "period_ns": period_ns}
    asked |= {"counts": counts, "background": background * counts / CHANNELS, "t0_ns": 0.05 * period_ns}
    asked |= {"irf_fwhm_ns": max(0.2, 4 * period_ns / CHANNELS), "irf_counts": irf_counts}
    return {option.name: option.default for option in tcspc.HEADER.setup} | asked


def noisy(expected: Signal, rng: np.random.Generator) -> Signal:
    """The signal and its response with counting noise."""
    companions = {name: noisy(other, rng) for name, other in expected.companions.items()}
    return replace(expected, y=rng.poisson(expected.y).astype(float), companions=companions)


def exponentials(
    name: str,
    fractions: Sequence[float],
    taus: Sequence[float],
    period_ns: float,
    counts: float,
    *,
    background: float = 0.02,
    irf_counts: float = 1e5,
    automatic: bool = False,
) -> Case:
    """Terms with the given shares of the light; all their values, or in automatic mode the averages."""
    values = derived(np.array([*fractions, *taus]), len(taus))
    truths: Mapping[str, float] = dict(zip(derived_names(len(taus)), map(float, values), strict=True))
    asked = AVERAGES if automatic else ("tau1_ns", "tau2_ns", "fraction1", *AVERAGES)
    truths = {n: truths[n] for n in asked if n in truths}
    if len(taus) == 1 and not automatic:
        truths = {"tau1_ns": float(taus[0])}

    @cache
    def expected() -> Signal:
        return counted(fractions, taus, setup(period_ns, counts, background, irf_counts))

    def measured(rng: np.random.Generator) -> Quantities:
        return tcspc.measure(noisy(expected(), rng), exponentials=0 if automatic else len(taus))

    return Case(name, truths, measured)


def stretched(name: str, tau: float, beta: float, period_ns: float, counts: float, terms: int = 0) -> Case:
    """exp(-(t/tau)^beta): rates drawn evenly from its distribution (Kanter, Ann. Probab. 3, 697 (1975))."""

    at = (np.arange(60) + 0.5) / 60
    u, w = np.meshgrid(np.pi * at, -np.log(at))
    one = np.sin(beta * u) / np.sin(u) ** (1 / beta)
    taus = tau / (one * (np.sin((1 - beta) * u) / w) ** ((1 - beta) / beta)).ravel()
    truths = {
        "tau_amplitude_ns": float(taus.mean()),
        "tau_intensity_ns": float(np.mean(taus**2) / taus.mean()),
    }

    @cache
    def expected() -> Signal:
        return counted(taus, taus, setup(period_ns, counts, 0.02, 1e5))

    def measured(rng: np.random.Generator) -> Quantities:
        return tcspc.measure(noisy(expected(), rng), exponentials=terms)

    return Case(name, truths, measured)


def _said(counts: float) -> str:
    return f"{counts:.0e}".replace("e+0", "e")


LIGHT = (1e4, 1e5, 1e6)
CASES = [
    *(
        exponentials(f"5 and 60 ns, period {p} ns, {_said(n)} counts", [0.3, 0.7], [5.0, 60.0], p, n)
        for p in (100, 200, 500)
        for n in LIGHT
    ),
    *(exponentials(f"1.5 and 9 ns, {_said(n)} counts", [0.3, 0.7], [1.5, 9.0], 100, n) for n in LIGHT),
    *(exponentials(f"20 and 70 ns, {_said(n)} counts", [0.3, 0.7], [20.0, 70.0], 1000, n) for n in LIGHT),
    *(
        exponentials(
            f"5 and 60 ns, background 30 %, {_said(n)} counts",
            [0.3, 0.7],
            [5.0, 60.0],
            500,
            n,
            background=0.3,
        )
        for n in LIGHT
    ),
    *(
        exponentials(
            f"1.5 and 9 ns, response of {i} counts, {_said(n)} counts",
            [0.3, 0.7],
            [1.5, 9.0],
            100,
            n,
            irf_counts=i,
        )
        for i in (300, 3000)
        for n in (1e5, 1e6)
    ),
    exponentials("40 ns, 1e3 counts", [1.0], [40.0], 500, 1e3),
    exponentials("5 and 60 ns, period 500 ns, 1e3 counts", [0.3, 0.7], [5.0, 60.0], 500, 1e3),
    *(
        exponentials(f"automatic: 40 ns, {_said(n)} counts", [1.0], [40.0], 500, n, automatic=True)
        for n in LIGHT
    ),
    *(
        exponentials(
            f"automatic: 5 and 60 ns, {_said(n)} counts", [0.3, 0.7], [5.0, 60.0], 200, n, automatic=True
        )
        for n in LIGHT
    ),
    *(
        exponentials(
            f"automatic: 1.5 and 9 ns, {_said(n)} counts", [0.3, 0.7], [1.5, 9.0], 100, n, automatic=True
        )
        for n in LIGHT
    ),
    *(
        exponentials(
            f"automatic: 3, 15 and 60 ns, {_said(n)} counts",
            [0.2, 0.3, 0.5],
            [3.0, 15.0, 60.0],
            500,
            n,
            automatic=True,
        )
        for n in LIGHT
    ),
    *(
        stretched(f"automatic: stretched, 20 ns, beta 0.7, {_said(n)} counts", 20.0, 0.7, 200, n)
        for n in LIGHT
    ),
    exponentials("automatic: 5 and 60 ns, 1e3 counts", [0.3, 0.7], [5.0, 60.0], 500, 1e3, automatic=True),
]
LAWS = {"tcspc with traps": partial(trial, traps=True)}  # beside the law that the header declares
