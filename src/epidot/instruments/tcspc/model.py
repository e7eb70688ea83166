"""Counts expected from a sum of exponentials, and their exact derivatives.

    μ_i = w_i [ Σ_c A_c D_i(τ_c) + A_s D_i(0) + b k ]

with A_c the counts that term c brings per excitation period summed over the measurement, D the
response to one exponential (:mod:`.response`), A_s the light scattered without delay, b the constant
background per channel, k the number of channels in a bin, and w_i the live share of the channel where
pile-up is corrected (else 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tcspc.response import Array, Response


@dataclass(frozen=True)
class Model:
    """``terms`` exponentials seen through ``response``.

    ``background`` is ``None`` when it is fitted, else its value per channel; ``live`` (n,) or ``None``.
    """

    response: Response
    terms: int
    channels_per_bin: int = 1
    scatter: bool = False
    background: float | None = None
    live: Array | None = None
    channel_ns: float = 1.0
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = list(self.of_light)
        if self.scatter:
            names.append("scattered")
        if self.background is None:
            names.append("background")
        object.__setattr__(self, "names", (*names, *self.response.own))

    @property
    def of_light(self) -> tuple[str, ...]:
        """Names of the parameters of the emission itself."""
        numbers = range(1, self.terms + 1)
        return (*(f"counts{i}" for i in numbers), *(f"tau{i}_ns" for i in numbers))

    @property
    def own_at(self) -> slice:
        """Where the response's own parameters stand."""
        return slice(len(self.names) - len(self.response.own), len(self.names))

    def floors(self) -> Array:
        """Lowest value of each parameter; −inf for those that may have either sign."""
        low = np.zeros(len(self.names))
        for i, name in enumerate(self.names):
            if name.startswith("tau"):
                low[i] = 1e-3 * self.channel_ns
            elif name == "sigma_ns":
                low[i] = 0.1 * self.channel_ns  # narrower than that cannot be told from zero
            elif name in ("t0_ns", "irf_shift_ns"):
                low[i] = -np.inf
        return low

    def ceilings(self) -> Array:
        """Highest value of each parameter."""
        span = float(self.response.edges[-1] - self.response.edges[0])
        return np.array([1e3 * span if n.startswith("tau") else np.inf for n in self.names])

    def parts(self, theta: Array) -> tuple[Array, Array, float, Array]:
        """Amplitudes, lifetimes, scattered counts and the response's own parameters in ``theta``."""
        n = self.terms
        return theta[:n], theta[n : 2 * n], self.scattered(theta), theta[self.own_at]

    def scattered(self, theta: Array) -> float:
        """Counts of scattered light in ``theta``."""
        return float(theta[len(self.of_light)]) if self.scatter else 0.0

    def light(self, theta: Array) -> tuple[Array, list[Array], Array]:
        """Counts (n,) of the emission, and their derivatives by its own parameters, in blocks (., n), and by
        the response's (k, n)."""
        amplitudes, taus, _, own = self.parts(theta)
        shown = self.response.exponentials(amplitudes, taus, own)
        by_tau = shown.by_tau
        by_tau *= amplitudes[:, None]
        return amplitudes @ shown.counts, [shown.counts, by_tau], shown.by_own

    def counts(self, theta: Array) -> Array:
        """Counts (n,) at ``theta`` (p,) without derivatives."""
        amplitudes, taus, _, own = self.parts(theta)
        return self._whole(theta, self.response.mixture(taus, amplitudes[None, :], own)[0][0])

    def _whole(self, theta: Array, mu: Array) -> Array:
        """The light ``mu`` of the emission with all that is not emission."""
        at = len(self.of_light)
        if self.scatter:
            mu = mu + theta[at] * self.response.scatter(theta[self.own_at]).counts
            at += 1
        mu = mu + (theta[at] if self.background is None else self.background) * self.channels_per_bin
        if self.live is not None:
            mu *= self.live
        # A noisy response can dip below zero at its foot, where no mean count can be.
        return np.maximum(mu, 1e-9)

    def expected(self, theta: Array) -> tuple[Array, Array]:
        """Counts (n,) and derivatives (p, n) at ``theta`` (p,), in the order of ``names``."""
        light, rows, by_own = self.light(theta)
        if self.scatter:
            shown = self.response.scatter(theta[self.own_at])
            rows.append(shown.counts[None, :])
            by_own = by_own + self.scattered(theta) * shown.by_own
        if self.background is None:
            rows.append(np.full((1, light.size), float(self.channels_per_bin)))
        by = np.concatenate((*rows, by_own))
        if self.live is not None:
            by *= self.live
        return self._whole(theta, light), by

    def sorted(self, theta: Array) -> Array:
        """The same parameters with the terms in the order of their lifetimes."""
        n = self.terms
        order = np.argsort(theta[n : 2 * n], kind="stable")
        out = theta.copy()
        out[:n], out[n : 2 * n] = theta[:n][order], theta[n : 2 * n][order]
        return out


@dataclass(frozen=True)
class Coordinates:
    """The fit's own coordinates: logarithms above the floor, plain values for times of either sign.

    Lifetimes and amplitudes span decades; in plain values a least-squares step overshoots into
    negative lifetimes and stops far from the minimum.
    """

    floors: Array
    ceilings: Array

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Which coordinates are the values themselves."""
        return np.asarray(np.isneginf(self.floors))

    def inward(self, theta: Array) -> Array:
        """Coordinates of ``theta``."""
        above = np.where(self.plain, 1.0, np.maximum(theta - self.floors, 1e-12))
        return np.where(self.plain, theta, np.log(above))

    def outward(self, p: Array) -> tuple[Array, Array]:
        """Parameters at ``p`` and their derivatives by the coordinates, both of shape (p,)."""
        above = np.exp(np.where(self.plain, 0.0, np.clip(p, -60.0, 60.0)))
        theta = np.where(self.plain, p, np.where(self.plain, 0.0, self.floors) + above)
        over = theta > self.ceilings
        return np.where(over, self.ceilings, theta), np.where(self.plain, 1.0, np.where(over, 0.0, above))
