"""Which explanation the profiles support, in words; and which experiment would decide between two."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from epidot.instruments.etch.inversion import Estimate, Inverted

# An explanation is named when the data are so many times more probable under it than under any other.
ODDS = 20.0
IDENTIFIED = 0.1  # a prior's share above this is called not identifiable: the error is a third of the prior's

_DECIDES = {
    (
        "out-diffusion",
        "solubility",
    ): "a series of hold times (the maximum moves inwards and the total falls if the "
    "dots give halide back; neither moves under solubility), or the halide left in the supernatant",
    (
        "out-diffusion",
        "traps",
    ): "the halide left in the supernatant (next to none if the dots gave it back), or four "
    "times the dose (filled traps hold no more)",
    (
        "solubility",
        "traps",
    ): "the same treatment of a shell of one material (the maximum stays with the traps), or "
    "four times the dose (filled traps hold no more)",
    ("out-diffusion", "washing"): "a series of hold times, or the halide left in the supernatant",
    (
        "solubility",
        "washing",
    ): "the selenium and sulfur of every round beside its halide, or a shell of one material",
    ("traps", "washing"): "thinner rounds around the depth in question, or four times the dose",
}


@dataclass(frozen=True)
class Verdict:
    """``winner`` is ``None`` where the data leave it open; ``probability`` of each, alike beforehand."""

    winner: str | None
    probability: dict[str, float]
    text: str
    decides: str


def verdict(found: list[Inverted], misfits: dict[str, tuple[float, int]]) -> Verdict:
    """Compare mechanisms fitted to the same data; ``misfits`` are chi-square and number of readings."""
    order = sorted(found, key=lambda f: -f.log_evidence)
    logs = np.array([f.log_evidence for f in order])
    weights = np.exp(logs - logs[0])
    probability = {f.mechanism: float(w) for f, w in zip(order, weights / weights.sum(), strict=True)}
    names = [f.mechanism for f in order]
    chi, n = misfits[names[0]]
    if chi > n + 5 * math.sqrt(2 * n):
        text = (
            f"none of the explanations describes the data: the best, {names[0]}, leaves chi-square {chi:.0f} "
            f"for {n} readings; look at the errors stated and at the depths of the rounds"
        )
        return Verdict(None, probability, text, "")
    open_ = [m for m, w in zip(names, weights, strict=True) if w * ODDS > 1]
    if len(open_) == 1:
        second = weights[1] if len(names) > 1 else 0.0
        odds = f"{1 / second:.3g} times" if second > 1e-6 else "more than a million times"
        text = names[0]
        if len(names) > 1:
            text += f": the data are {odds} more probable than under {names[1]}"
        return Verdict(names[0], probability, text, "")
    pair = tuple(sorted(open_[:2]))
    text = "undecided between " + " and ".join(f"{m} ({probability[m]:.2f})" for m in open_)
    return Verdict(None, probability, text, _DECIDES[(pair[0], pair[1])])


def averaged(estimates: list[tuple[float, Estimate]]) -> Estimate:
    """One estimate from several mechanisms with their probabilities; their disagreement counts as error."""
    total = sum(w for w, _ in estimates)
    mean = sum(w * e.value for w, e in estimates) / total
    variance = sum(w * (e.sigma**2 + (e.value - mean) ** 2) for w, e in estimates) / total
    share = sum(w * e.prior_share for w, e in estimates) / total
    return Estimate(mean, math.sqrt(variance), share)
