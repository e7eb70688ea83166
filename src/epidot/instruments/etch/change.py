"""The round after which the core dissolves: the step in the ratio of core to shell metal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.etch.likelihood import belief
from epidot.instruments.etch.profile import Profile
from epidot.quantities import Quantity

Array = NDArray[np.float64]
CORE_METALS = ("In", "Cd", "Ga", "Al")
SHELL_METALS = ("Zn", "Cd")
_LEAST_RISE = 9.0  # a step must better the constant by so much in chi-square (three standard errors)
_HOW = "step in the share of the core's metal among the metals of each round (two levels)"


def change_point(profile: Profile) -> dict[str, Quantity]:
    """``core_round`` (the core is reached after it) and its probability, from the metals of each round."""

    def none(why: str) -> dict[str, Quantity]:
        empty = Quantity(None, None, "1", "none", why)
        return {"core_round": empty, "core_round_probability": empty}

    inner = next((m for m in CORE_METALS if m in profile.readings), None)
    outer = next((m for m in SHELL_METALS if m in profile.readings and m != inner), None)
    if inner is None or outer is None:
        return none("needs the core's and the shell's metal per round (for instance In and Zn)")
    share, sigma = _shares(profile, inner, outer)
    n = share.size
    if n < 2:
        return none("one round only")
    rounds = profile.rounds
    chi, rise = np.empty(n - 1), np.empty(n - 1)
    for k in range(1, n):
        low, c0 = _level(share[:k], sigma[:k])
        high, c1 = _level(share[k:], sigma[k:])
        chi[k - 1], rise[k - 1] = c0 + c1, high - low
    _, flat = _level(share, sigma)
    chi = np.where(rise > 0, chi, np.inf)
    if not np.min(chi) < flat - _LEAST_RISE:
        return none(f"{inner}:{outer} does not rise: the core was not reached")
    best = int(np.argmin(chi))
    # Dots of unequal size reach the core at different rounds: a misfit of two levels widens the doubt.
    scale = max(1.0, float(chi[best]) / max(n - 3, 1))
    probability = np.exp(-0.5 * (chi - chi[best]) / scale)
    probability /= probability.sum()
    spread = float(np.sqrt(np.sum(probability * (rounds[:-1] - rounds[best]) ** 2)))
    note = f"{inner}:{outer} rises from round {rounds[best]:g} to {rounds[best + 1]:g}"
    return {
        "core_round": Quantity(float(rounds[best]), spread, "1", _HOW, note),
        "core_round_probability": Quantity(float(probability[best]), None, "1", _HOW),
    }


def _shares(profile: Profile, inner: str, outer: str) -> tuple[Array, Array]:
    """inner / (inner + outer) of each round with its error; amounts below the limit by their likelihood."""
    values = []
    for name in (inner, outer):
        r = profile.readings[name]
        sure = belief(r)
        values.append((np.where(r.censored, sure.mean, r.nmol), np.where(r.censored, sure.sd, r.sigma)))
    (a, sa), (b, sb) = values
    total = np.maximum(a + b, 1e-300)
    sigma = np.sqrt((b * sa) ** 2 + (a * sb) ** 2) / total**2
    return np.asarray(a / total), np.asarray(np.maximum(sigma, 1e-4))


def _level(values: Array, sigma: Array) -> tuple[float, float]:
    """The best constant and its chi-square."""
    weight = 1 / sigma**2
    mean = float(np.sum(weight * values) / np.sum(weight))
    return mean, float(np.sum(weight * (values - mean) ** 2))
