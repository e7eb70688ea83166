"""One mechanism fitted to the profiles: what the data say about D, D0 and dH, and the evidence for it.

Everything is done in units of the prior, u = (parameter - mean) / sd.  The search minimises
-2 ln(likelihood x prior) by least squares from several starts.  From each minimum ln D is then led up and
down, all else following at its best; at each value the others are integrated out in Laplace's approximation
(Tierney and Kadane 1986).  That gives the whole probability of ln D, with its shoulders and second maxima: a
profile that has levelled out says only that D is large.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import K_B
from epidot.errors import WorkError
from epidot.instruments.etch.branches import Branch, Curve, joined, led
from epidot.instruments.etch.forward import Sphere, Treatment, per_round, treated, washed
from epidot.instruments.etch.mechanisms import Prior, constants_of, priors
from epidot.instruments.etch.profile import Readings
from epidot.transport.constants import REFERENCE_K

Array = NDArray[np.float64]
_STEP = 2e-3  # of the prior's width, for differences
_REACH = 8.0  # no parameter goes further from its prior's mean, in its widths


@dataclass(frozen=True)
class Sample:
    """One profile as the inversion takes it: readings of the halide, depth after each round, treatment."""

    name: str
    readings: Readings
    depths_nm: Array
    treatment: Treatment
    dots_nmol: float


@dataclass(frozen=True)
class Data:
    """All samples of one kind of dot; ``etch_spread`` blurs every front alike."""

    samples: tuple[Sample, ...]
    sphere: Sphere
    etch_spread: float = 0.05

    @property
    def reference_K(self) -> float:
        """The hottest treatment, at which ln D is a parameter."""
        return max(s.treatment.kelvin for s in self.samples)

    @property
    def kelvins(self) -> tuple[float, ...]:
        """The temperatures, lowest first, each once."""
        return tuple(sorted({s.treatment.kelvin for s in self.samples}))


@dataclass(frozen=True)
class Inverted:
    """What one mechanism makes of the data.

    ``theta`` the most probable parameters; ``misfit`` -2 ln likelihood there, less a constant of the data;
    ``log_evidence`` ln of the probability of the data under this mechanism, up to a constant common to all;
    ``ends`` the minima the starts led to (-2 ln likelihood x prior), best first; ``curve`` the probability of
    ln D.
    """

    mechanism: str
    reference_K: float
    theta: Array
    misfit: float
    log_evidence: float
    ends: tuple[float, ...]
    amounts: tuple[Array, ...]
    curve: Curve

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in priors(self.mechanism, self.reference_K))

    def ln_D(self, kelvin: float) -> Estimate:
        """ln(D / (nm2/s)) of the shell at a temperature."""
        if kelvin == self.reference_K:
            low, high = self.curve.interval()
            sd = priors(self.mechanism, self.reference_K)[0].sd
            return Estimate((low + high) / 2, (high - low) / 2, ((high - low) / 2 / sd) ** 2)
        return self.combined({"lnD": 1.0, "dH": (1 / self.reference_K - 1 / kelvin) / K_B})

    def ln_D0(self) -> Estimate:
        """ln of the prefactor / (nm2/s)."""
        return self.combined({"lnD": 1.0, "dH": 1 / (K_B * self.reference_K)})

    def combined(self, factors: dict[str, float]) -> Estimate:
        """A linear combination of the parameters."""
        known = priors(self.mechanism, self.reference_K)
        weights = np.array([factors.get(p.name, 0.0) for p in known])
        before = float(np.sum((weights * np.array([p.sd for p in known])) ** 2))
        value, variance = self.curve.moments(weights)
        return Estimate(value, math.sqrt(variance), variance / before)


@dataclass(frozen=True)
class Estimate:
    """A value, its standard error, and the prior's share of it: (error after / error before the data)².

    A share of 1 means that the data say nothing.
    """

    value: float
    sigma: float
    prior_share: float


def predicted(mechanism: str, theta: Array, data: Data) -> tuple[Array, ...]:
    """Amounts / nmol in every round of every sample."""
    known = constants_of(mechanism, theta, data.reference_K)
    states = treated(mechanism, known, data.sphere, [s.treatment for s in data.samples])
    out = []
    for s, state in zip(data.samples, states, strict=True):
        ions = per_round(washed(known, state, s.treatment), data.sphere, s.depths_nm, data.etch_spread)
        out.append(np.maximum(ions, 0.0) * s.dots_nmol)
    return tuple(out)


Forward = Callable[[str, Array, Data], tuple[Array, ...]]


def _residuals(mechanism: str, u: Array, data: Data, known: tuple[Prior, ...], forward: Forward) -> Array:
    if not np.all(np.isfinite(u)):  # a step from where the forward model gave no number leads nowhere
        return np.full(u.size + 2 * sum(s.readings.nmol.size for s in data.samples), np.nan)
    theta = np.array([p.mean + p.sd * x for p, x in zip(known, u, strict=True)])
    parts = [
        deviations(s.readings, m) for s, m in zip(data.samples, forward(mechanism, theta, data), strict=True)
    ]
    return np.concatenate([*parts, u])


def deviations(readings: Readings, mean: Array) -> Array:
    """Residuals whose squares sum to -2 ln likelihood (less a constant of the errors), two per reading.

    The second of each pair is the normalisation: a larger predicted amount has a larger error.
    """
    from scipy.special import log_ndtr

    spread = readings.spread(mean)
    if readings.given is not None:
        spread = np.where(np.isfinite(readings.given), readings.given, spread)
    floor = max(readings.floor, 1e-12)
    z = (mean - readings.nmol) / np.maximum(spread, floor * 1e-3)
    below = np.sqrt(np.maximum(-2 * log_ndtr(-z), 0.0))
    first = np.where(readings.censored, below, z)
    ruled = (
        ~readings.censored if readings.given is None else ~readings.censored & ~np.isfinite(readings.given)
    )
    second = np.where(ruled, np.sqrt(2 * np.log(np.maximum(spread / floor, 1.0)) + 1e-9), 0.0)
    return np.concatenate([first, second])


def _jacobian(
    mechanism: str, u: Array, data: Data, known: tuple[Prior, ...], forward: Forward, here: Array
) -> Array:
    out = np.empty((here.size, u.size))
    for i in range(u.size):
        moved = u.copy()
        # Towards the prior's mean, so that the step never leaves the region allowed.
        h = _STEP if u[i] <= 0 else -_STEP
        moved[i] += h
        out[:, i] = (_residuals(mechanism, moved, data, known, forward) - here) / h
    return out


def _descend(
    mechanism: str,
    start: Array,
    data: Data,
    known: tuple[Prior, ...],
    forward: Forward,
    most: int = 40,
) -> tuple[Array, Array, Array]:
    """Levenberg and Marquardt's search: point, residuals and Jacobian at the minimum."""
    u, damping = start.copy(), 0.3
    here = _residuals(mechanism, u, data, known, forward)
    J = _jacobian(mechanism, u, data, known, forward, here)
    for _ in range(most):
        gradient, curvature = J.T @ here, J.T @ J
        cost = float(here @ here)
        gained = 0.0
        for _ in range(8):
            move = np.linalg.solve(curvature + damping * np.eye(u.size), -gradient)
            longest = float(np.max(np.abs(move)))
            move *= min(1.0, 1.5 / longest) if longest > 0 else 1.0
            new = np.clip(u + move, -_REACH, _REACH)
            there = _residuals(mechanism, new, data, known, forward)
            gained = cost - float(there @ there)
            if np.isfinite(gained) and gained > 0:
                break
            damping *= 6
        else:
            return u, here, J
        u, here = new, there
        damping = max(damping / 5, 1e-6)
        J = _jacobian(mechanism, u, data, known, forward, here)
        if gained < 1e-3:
            break
    return u, here, J


def starting_points(mechanism: str, n: int) -> list[Array]:
    """The prior's mean, then points spread over it (a fixed sequence: the same data give the same answer)."""
    from scipy.special import ndtri

    size = len(priors(mechanism, REFERENCE_K))
    # The additive recurrence of the generalised golden ratio fills a cube of any dimension evenly.
    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (size + 1))
    steps = ratio ** -np.arange(1.0, size + 1)
    draws = (0.5 + np.arange(1, n)[:, None] * steps) % 1.0
    spread = 0.7 * ndtri(np.clip(draws, 0.02, 0.98))
    # Slower than the analogue more often than faster: dots that were etched still had a profile.
    spread[:, 0] -= 1.0
    # The first two: a front under way, and a profile that has levelled out.
    first, second = np.zeros(size), np.zeros(size)
    first[0], second[0] = -1.0, 0.5
    return [first, second, *spread[1:]][:n]


def invert(mechanism: str, data: Data, starts: int = 6, forward: Forward = predicted) -> Inverted:
    """What ``mechanism`` makes of the data, searched from ``starts`` points.

    ``forward`` turns parameters into amounts / nmol per round of every sample.

    Raises
    ------
    WorkError
        If no start led to a finite answer.
    """
    known = priors(mechanism, data.reference_K)
    mean, sd = np.array([p.mean for p in known]), np.array([p.sd for p in known])

    def residuals(u: Array) -> Array:
        return _residuals(mechanism, u, data, known, forward)

    def jacobian(u: Array, here: Array) -> Array:
        return _jacobian(mechanism, u, data, known, forward, here)

    found: list[tuple[Array, Array, Array]] = []
    for start in starting_points(mechanism, starts):
        # Few steps tell a hopeless start from a good one.
        u, r, J = _descend(mechanism, start, data, known, forward, 6)
        if np.all(np.isfinite(r)) and np.all(np.isfinite(J)):
            found.append((u, r, J))
    if not found:
        raise WorkError(f"{mechanism}: no starting point led to a finite answer")
    found.sort(key=lambda f: float(f[1] @ f[1]))
    least = float(found[0][1] @ found[0][1])
    branches: list[Branch] = []
    ends: list[tuple[float, Array, Array]] = []
    for u, r, J in found:
        # A point close to a minimum that is as deep already: on its way there.
        if any(abs(r @ r - c) < 2 and np.max(np.abs(u - v)) < 0.7 for c, v, _ in ends):
            ends.append((float(r @ r), u, r))
            continue
        if r @ r < least + 40:
            u, r, J = _descend(mechanism, u, data, known, forward)
        ends.append((float(r @ r), u, r))
        least = min(least, float(r @ r))
        met = any(b.holds(u[0], float(r @ r)) for b in branches)
        if r @ r < least + 14 and not met:
            branches.append(led(residuals, jacobian, u, r, J))
    ends.sort(key=lambda e: e[0])
    _, u, r = ends[0]
    theta = mean + sd * u
    curve, log_evidence = joined(branches, mean, sd)
    return Inverted(
        mechanism,
        data.reference_K,
        theta,
        float(r @ r - u @ u),
        log_evidence,
        tuple(e[0] for e in ends),
        forward(mechanism, theta, data),
        curve,
    )
