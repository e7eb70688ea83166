"""What the instrument shows of one exponential: its counts per channel, per count emitted.

Definition
----------
A component of lifetime τ that brings A counts per excitation period puts ``A · D(τ)`` counts into
the channels, where

    D_i = Σ_m ∫_{e_i + mP}^{e_{i+1} + mP} (g ⊗ h)(t) dt ,   h(t) = e^(−t/τ)/τ  for t > 0,

g is the instrument response of unit area, e the edges of the channels, P the repetition period and
m = 0, 1, 2 ... the earlier pulses.  Everything is integrated over the channel, never sampled at its
centre (a channel as wide as the response would otherwise widen the fitted response by a third), and
the sum over earlier pulses is closed: past the response every pulse has left a pure exponential.

Each response also gives its derivatives, because a fit with exact ones takes a fifth of the time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FAR = 8.5  # standard deviations beyond which a Gaussian's remainder is below one rounding error
_ROOT2 = math.sqrt(2.0)
_ROOT2PI = math.sqrt(2.0 * math.pi)


@dataclass(frozen=True)
class Shown:
    """``counts`` D, shape (n,), and its derivatives by τ, shape (n,), and by the response's own
    parameters, shape (k, n)."""

    counts: Array
    by_tau: Array
    by_own: Array


class Response(Protocol):
    """One kind of instrument response over fixed channels; ``own`` names its free parameters (ns)."""

    @property
    def own(self) -> tuple[str, ...]: ...

    @property
    def edges(self) -> Array: ...

    def coarser(self, factor: int) -> Response:
        """The same over channels put together by ``factor``."""
        ...

    def exponential(self, tau: float, own: Array) -> Shown:
        """D of one exponential."""
        ...

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        """Σ_m weights[r, m] D(τ_m) of ``taus`` (m,) for each row of ``weights`` (r, m), shape (r, n), and the
        derivatives (k, n) of the first by the response's own parameters."""
        ...

    def scatter(self, own: Array) -> Shown:
        """The response itself: what light scattered without delay puts into the channels."""
        ...


def falling(rates: Array, weights: Array, step: float, size: int) -> Array:
    """Σ_m w_rm e^(−k_m j Δ) for j = 0 ... ``size`` − 1, shape (r, size), of ``rates`` k (m,), ``weights`` w
    (r, m) and the ``step`` Δ.

    With j = aB + b each exponential is a product of two, so that the sum is a product of small matrices.
    """
    coarse, fine = _powers(rates, step, size)
    out = (weights[:, None, :] * coarse.T) @ fine
    return np.asarray(out.reshape(weights.shape[0], -1)[:, :size])


def summed(rates: Array, values: Array, step: float) -> Array:
    """Σ_j v_j e^(−k_m j Δ), shape (m,), of ``values`` v (n,): the transpose of :func:`falling`."""
    coarse, fine = _powers(rates, step, values.size)
    table = np.zeros(coarse.shape[1] * fine.shape[1])
    table[: values.size] = values
    return np.asarray(np.einsum("mb,mb->m", coarse @ table.reshape(coarse.shape[1], -1), fine))


def _powers(rates: Array, step: float, size: int) -> tuple[Array, Array]:
    block = max(1, math.isqrt(size))
    blocks = -(-size // block)
    k = rates[:, None] * step
    return np.exp(-k * (block * np.arange(blocks))), np.exp(-k * np.arange(block))


@dataclass(frozen=True)
class GaussianResponse:
    """A Gaussian of centre ``t0_ns`` and, unless ``sigma_ns`` is given, of free width ``sigma_ns``.

    ``edges`` has shape (n + 1,) in ns and need not be evenly spaced; ``period_ns`` is ``inf`` for a
    single pulse.
    """

    edges: Array
    period_ns: float
    sigma_ns: float | None = None

    @property
    def own(self) -> tuple[str, ...]:
        return ("t0_ns",) if self.sigma_ns is not None else ("t0_ns", "sigma_ns")

    def coarser(self, factor: int) -> GaussianResponse:
        return replace(self, edges=self.edges[::factor])

    def _own(self, own: Array) -> tuple[float, float]:
        return float(own[0]), float(own[1]) if self.sigma_ns is None else self.sigma_ns

    def exponential(self, tau: float, own: Array) -> Shown:
        from scipy.special import erfcx, ndtr

        t0, sigma = self._own(own)
        u = self.edges - t0
        k = 1.0 / tau
        sk = sigma * k
        # S(u) = ∫ g(u - t) e^(-kt) dt is zero before the pulse and a pure exponential after it; only
        # the few edges in between need the special functions.
        first = int(np.searchsorted(u, -_FAR * sigma))
        last = int(np.searchsorted(u, (_FAR + sk) * sigma))
        near, far = slice(first, last), slice(last, None)
        s = np.empty_like(u)
        moment = np.empty_like(u)  # ∫ g(u - t) t e^(-kt) dt = -dS/dk
        np.exp(0.5 * sk * sk - k * u[far], out=s[far])
        np.multiply(s[far], u[far] - sigma * sk, out=moment[far])
        if math.isfinite(self.period_ns):
            # the exponentials of all earlier pulses, summed as a geometric series
            rest = -math.expm1(-self.period_ns * k)
            behind = math.exp(-self.period_ns * k) / rest
            moment[far] *= 1 + behind
            moment[far] += (self.period_ns * behind / rest) * s[far]
            s[far] *= 1 + behind
            # Earlier than σ²/τ behind the pulse the last one is no exponential yet, but a Gaussian long gone.
            before = u[:last] + self.period_ns
            s[:last] = np.exp(np.where(before < sigma * sk, -np.inf, 0.5 * sk * sk - k * before)) / rest
            moment[:last] = s[:last] * (u[:last] - sigma * sk + self.period_ns / rest)
        else:
            s[:last] = 0.0
            moment[:last] = 0.0
        v = u[near] / sigma
        z = v - sk
        bell = np.exp(-0.5 * v * v)
        single = np.where(
            z < 0,
            0.5 * bell * erfcx(np.maximum(-z, 0.0) / _ROOT2),
            np.exp(np.minimum(0.5 * sk * sk - k * u[near], 0.0)) * ndtr(z),
        )
        s[near] += single
        moment[near] += sigma * (z * single + bell / _ROOT2PI)
        counts = s[:-1] - s[1:]
        by_own = np.empty((len(self.own), counts.size))
        np.multiply(counts, k, out=by_own[0])
        risen = np.concatenate(([0.0], ndtr(v), [1.0]))
        counts[_touched(first, last, counts.size)] += _steps(risen, first, last, counts.size)
        if self.sigma_ns is None:
            np.multiply(by_own[0], sk, out=by_own[1])
            humps = np.concatenate(([0.0], bell / _ROOT2PI, [0.0]))
            by_own[1, _touched(first, last, counts.size)] += k * _steps(humps, first, last, counts.size)
        return Shown(counts, (moment[:-1] - moment[1:]) * (k * k), by_own)

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        from scipy.special import erfcx, ndtr

        t0, sigma = self._own(own)
        u = self.edges - t0
        step = float(u[-1] - u[0]) / (u.size - 1)
        k = 1.0 / taus
        sk = sigma * k
        # D' = k (g - D), so that the derivatives by the centre and the width are further mixtures.
        main = weights[:1] * k
        rows = np.vstack((weights, main, main * sk)[: 2 + (self.sigma_ns is None)])
        first = int(np.searchsorted(u, -_FAR * sigma))
        last = int(np.searchsorted(u, _FAR * sigma))
        near = slice(first, last)
        s = np.zeros((rows.shape[0], u.size))
        rest, behind = np.ones_like(k), np.zeros_like(k)
        if math.isfinite(self.period_ns):
            rest = -np.expm1(-self.period_ns * k)
            behind = np.exp(-self.period_ns * k) / rest
            before = u[:last] + self.period_ns
            if last and before[0] > _FAR * sigma:
                begun = _begun(k, sk, sigma, float(before[0])) / rest
                s[:, :last] = falling(k, rows * begun, step, last)
            elif last:
                s[:, :last] = (rows / rest) @ _begun(k[:, None], sk[:, None], sigma, before)
        if last < u.size:
            begun = _begun(k, sk, sigma, float(u[last])) * (1 + behind)
            s[:, last:] = falling(k, rows * begun, step, u.size - last)
        v = u[near] / sigma
        z = v - sk[:, None]
        bell = np.exp(-0.5 * v * v)
        single = 0.5 * bell * erfcx(np.maximum(-z, 0.0) / _ROOT2)
        over = z >= 0
        single[over] = (np.exp(np.minimum(0.5 * (sk * sk)[:, None] - sk[:, None] * v, 0.0)) * ndtr(z))[over]
        s[:, near] += rows @ single
        fallen = s[:, :-1] - s[:, 1:]
        counts, by_own = fallen[: weights.shape[0]], fallen[weights.shape[0] :]
        touched = _touched(first, last, counts.shape[1])
        risen = np.concatenate(([0.0], ndtr(v), [1.0]))
        counts[:, touched] += weights.sum(axis=1)[:, None] * _steps(risen, first, last, counts.shape[1])
        if self.sigma_ns is None:
            humps = np.concatenate(([0.0], bell / _ROOT2PI, [0.0]))
            by_own[1, touched] += float(main.sum()) * _steps(humps, first, last, counts.shape[1])
        return counts, by_own

    def scatter(self, own: Array) -> Shown:
        from scipy.special import ndtr

        t0, sigma = self._own(own)
        v = (self.edges - t0) / sigma
        bell = np.exp(-0.5 * v * v) / _ROOT2PI
        by_own = np.empty((len(self.own), v.size - 1))
        by_own[0] = -np.diff(bell) / sigma
        if self.sigma_ns is None:
            by_own[1] = -np.diff(v * bell) / sigma
        counts = np.diff(ndtr(v))
        return Shown(counts, np.zeros_like(counts), by_own)


def _begun(k: Array, sk: Array, sigma: float, u: Array | float) -> Array:
    """What is left of an exponential at times ``u`` behind the pulse, none earlier than σ²/τ behind it."""
    return np.asarray(np.exp(np.where(u < sigma * sk, -np.inf, 0.5 * sk * sk - k * u)))


def _touched(first: int, last: int, size: int) -> slice:
    """Channels that have an edge in ``first:last``, or lie between the two."""
    return slice(max(first - 1, 0), min(last, size))


def _steps(values: Array, first: int, last: int, size: int) -> Array:
    """Differences over those channels of ``values``: one before ``first``, the edges, one from ``last``."""
    steps: Array = np.diff(values)
    return steps[(1 if first == 0 else 0) : (steps.size - 1 if last > size else None)]


@dataclass(frozen=True)
class TailResponse:
    """No response at all: exponentials that start at the first edge (a tail fit).

    The amplitude is what the component would bring from the first edge on; earlier pulses have the
    same shape there and only raise it.
    """

    edges: Array

    @property
    def own(self) -> tuple[str, ...]:
        return ()

    def coarser(self, factor: int) -> TailResponse:
        return replace(self, edges=self.edges[::factor])

    def exponential(self, tau: float, own: Array) -> Shown:
        u = (self.edges - self.edges[0]) / tau
        s = np.exp(-u)
        return Shown(-np.diff(s), -np.diff(u * s) / tau, np.empty((0, u.size - 1)))

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        size = self.edges.size
        step = float(self.edges[-1] - self.edges[0]) / (size - 1)
        return -np.diff(falling(1.0 / taus, weights, step, size)), np.empty((0, size - 1))

    def scatter(self, own: Array) -> Shown:
        raise ValueError("a tail fit has no response, hence no scattered light")
