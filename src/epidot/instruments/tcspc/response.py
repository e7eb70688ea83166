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

Each response also gives its derivatives, because a fit with exact ones takes a fifth of the time.  Those by
its own parameters need no convolution of their own: h' = δ/τ − h/τ, so that with G the counts of the
response itself

    ∂D/∂t₀ = (D − G)/τ ,   ∂D/∂σ = σ [(D − G)/τ² − (∂G/∂t₀)/τ] .
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
    """``counts`` D, and its derivatives ``by_tau`` and ``by_own``, the response's own parameters.

    Of one exponential or the response itself: (n,), (n,) and (k, n).  Of several exponentials: (m, n), (m, n)
    and for their sum (k, n).
    """

    counts: Array
    by_tau: Array
    by_own: Array


class Response(Protocol):
    """One kind of instrument response over even channels; ``own`` names its free parameters (ns)."""

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

    def exponentials(self, amplitudes: Array, taus: Array, own: Array) -> Shown:
        """D of each of ``taus`` (m,); ``by_own`` is that of their sum with ``amplitudes`` (m,)."""
        ...

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        """Σ_m weights[r, m] D(τ_m) of ``taus`` (m,) for each row of ``weights`` (r, m), shape (r, n), and the
        derivatives (k, n) of the first by the response's own parameters."""
        ...

    def scatter(self, own: Array) -> Shown:
        """The response itself: what light scattered without delay puts into the channels."""
        ...


def alone(response: Response, tau: float, own: Array) -> Shown:
    """D of one exponential, from that of several."""
    shown = response.exponentials(np.ones(1), np.array([tau]), own)
    return Shown(shown.counts[0], shown.by_tau[0], shown.by_own)


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


def fall(counts: Array, moment: Array, rates: Array, begun: Array, since: Array, step: float) -> None:
    """Add to ``counts`` (m, n) what falls into even channels of exponentials that stand at ``begun`` (m,) at
    the first edge, and to ``moment`` (m, n) its derivative by −k where they stand there as e^(−k ``since``).

    Row by row, so that all of one stays near the processor.
    """
    size = counts.shape[1]
    q, lost = np.exp(-rates * step), -np.expm1(-rates * step)
    coarse, fine = _powers(rates, step, size)
    coarse *= (begun * lost)[:, None]
    begin, passed = since - q * step / lost, step * np.arange(size)
    table, time = np.empty((coarse.shape[1], fine.shape[1])), np.empty(size)
    row = table.reshape(-1)[:size]
    for m in range(rates.size):
        np.multiply(coarse[m, :, None], fine[m], out=table)
        counts[m] += row
        np.add(passed, begin[m], out=time)
        time *= row
        moment[m] += time


def _powers(rates: Array, step: float, size: int) -> tuple[Array, Array]:
    block = max(1, math.isqrt(size))
    blocks = -(-size // block)
    k = rates[:, None] * step
    return np.exp(-k * (block * np.arange(blocks))), np.exp(-k * np.arange(block))


@dataclass(frozen=True)
class GaussianResponse:
    """A Gaussian of centre ``t0_ns`` and, unless ``sigma_ns`` is given, of free width ``sigma_ns``.

    ``edges`` has shape (n + 1,) in ns, evenly spaced; ``period_ns`` is ``inf`` for a
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

    @property
    def _step(self) -> float:
        return float(self.edges[-1] - self.edges[0]) / (self.edges.size - 1)

    def exponential(self, tau: float, own: Array) -> Shown:
        return alone(self, tau, own)

    def exponentials(self, amplitudes: Array, taus: Array, own: Array) -> Shown:
        pulse = self._passing(own, taus)
        k, sk, first, last = pulse.k, pulse.sk, pulse.first, pulse.last
        size = self.edges.size - 1
        counts, moment = np.zeros((k.size, size)), np.zeros((k.size, size))
        # S and −∂S/∂k, the moment: behind, of earlier pulses before, and in between
        since = pulse.again * (self.period_ns if math.isfinite(self.period_ns) else 0.0) - pulse.sigma * sk
        if last <= size:
            after = float(self.edges[last]) - pulse.t0
            s = pulse.begun(after)[:, 0] * (1 + pulse.again)
            fall(counts[:, last:], moment[:, last:], k, s, since + after, self._step)
            if last:
                counts[:, last - 1] -= s
                moment[:, last - 1] -= s * (since + after)
        if math.isfinite(self.period_ns) and last:
            before = self.edges[:last] - pulse.t0 + self.period_ns
            earlier = pulse.begun(before) * (1 + pulse.again)[:, None]
            its = earlier * (before + since[:, None])
            end = None if last <= size else -1
            counts[:, :last] += _lost(earlier)[:, :end]
            moment[:, :last] += _lost(its)[:, :end]
        touched = _touched(first, last, size)
        g = _steps(pulse.risen, first, last, size, 1.0)
        counts[:, touched] += g - _steps(pulse.single, first, last, size)
        its = pulse.sigma * (pulse.z * pulse.single + pulse.bell)
        moment[:, touched] -= _steps(its, first, last, size)
        moment *= (k * k)[:, None]
        rows = np.array((amplitudes * k, amplitudes * k * sk))[: len(self.own)]
        by_own = rows @ counts
        by_own[:, touched] -= rows.sum(axis=1)[:, None] * g
        if self.sigma_ns is None:
            by_own[1, touched] += rows[0].sum() * _steps(pulse.bell, first, last, size)
        return Shown(counts, moment, by_own)

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        pulse = self._passing(own, taus)
        k, first, last, size = pulse.k, pulse.first, pulse.last, self.edges.size - 1
        main = weights[:1] * k
        rows = np.vstack((weights, main, main * pulse.sk)[: 1 + len(self.own)])
        all_pulses = rows * (1 + pulse.again)
        s = np.zeros((rows.shape[0], size + 1))
        if math.isfinite(self.period_ns) and last:
            before = self.edges[:last] - pulse.t0 + self.period_ns
            if before[0] > _FAR * pulse.sigma:
                s[:, :last] = falling(k, all_pulses * pulse.begun(before[:1])[:, 0], self._step, last)
            else:
                s[:, :last] = all_pulses @ pulse.begun(before)
        if last <= size:
            begun = pulse.begun(float(self.edges[last]) - pulse.t0)[:, 0]
            s[:, last:] = falling(k, all_pulses * begun, self._step, size + 1 - last)
        s[:, first:last] += rows @ pulse.single
        lost = s[:, :-1] - s[:, 1:]
        counts, by_own = lost[: weights.shape[0]], lost[weights.shape[0] :]
        touched = _touched(first, last, size)
        counts[:, touched] += np.outer(weights.sum(axis=1), _steps(pulse.risen, first, last, size, 1.0))
        if self.sigma_ns is None:
            by_own[1, touched] += float(main.sum()) * _steps(pulse.bell, first, last, size)
        return counts, by_own

    def _passing(self, own: Array, taus: Array) -> _Passing:
        from scipy.special import erfcx, ndtr

        t0, sigma = self._own(own)
        first, last = np.searchsorted(self.edges, (t0 - _FAR * sigma, t0 + _FAR * sigma)).tolist()
        k = 1.0 / taus
        sk = sigma * k
        v = (self.edges[first:last] - t0) / sigma
        z, rise = v - sk[:, None], sk[:, None]
        bell = np.exp(-0.5 * v * v)
        after = np.exp(np.minimum(rise * (0.5 * rise - v), 0.0)) * ndtr(z)
        single = np.where(z < 0, 0.5 * bell * erfcx(np.maximum(-z, 0.0) / _ROOT2), after)
        again = np.zeros_like(k)
        if math.isfinite(self.period_ns):
            again = np.exp(-self.period_ns * k) / -np.expm1(-self.period_ns * k)
        return _Passing(t0, sigma, k, sk, again, first, last, z, bell / _ROOT2PI, ndtr(v), single)

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


@dataclass(frozen=True)
class _Passing:
    """Exponentials of rates ``k`` (m,) while a Gaussian passes.

    S(u) = ∫ g(u − t) e^(−kt) dt is zero before the pulse and a pure exponential after it; only the few edges
    ``first`` to ``last`` in between need the special functions: S of the last pulse is ``single``, the
    Gaussian's own integral ``risen``, its height times σ ``bell``.  ``again`` (m,) is what all earlier pulses
    add, each by what is left of it.
    """

    t0: float
    sigma: float
    k: Array
    sk: Array
    again: Array
    first: int
    last: int
    z: Array
    bell: Array
    risen: Array
    single: Array

    def begun(self, u: Array | float) -> Array:
        """S at times ``u`` behind the pulse, (m, u)."""
        # Earlier than σ²/τ behind the pulse there is no exponential yet, but a Gaussian long gone.
        k, sk = self.k[:, None], self.sk[:, None]
        return np.asarray(np.exp(np.where(u < self.sigma * sk, -np.inf, 0.5 * sk * sk - k * u)))


def _lost(s: Array) -> Array:
    """What ``s`` (m, n) loses from each edge to the next, all of it behind the last."""
    out = s.copy()
    out[:, :-1] -= s[:, 1:]
    return out


def _touched(first: int, last: int, size: int) -> slice:
    """Channels that have an edge in ``first:last``, or lie between the two."""
    return slice(max(first - 1, 0), min(last, size))


def _steps(values: Array, first: int, last: int, size: int, end: float = 0.0) -> Array:
    """Differences over those channels of ``values`` (..., near) at the edges, 0 before and ``end`` behind."""
    padded = np.zeros((*values.shape[:-1], values.shape[-1] + 2))
    padded[..., 1:-1] = values
    padded[..., -1] = end
    low, high = (1 if first == 0 else 0), (-1 if last > size else None)
    return np.asarray((padded[..., 1:] - padded[..., :-1])[..., low:high])


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

    @property
    def _step(self) -> float:
        return float(self.edges[-1] - self.edges[0]) / (self.edges.size - 1)

    def exponential(self, tau: float, own: Array) -> Shown:
        return alone(self, tau, own)

    def exponentials(self, amplitudes: Array, taus: Array, own: Array) -> Shown:
        k, size = 1.0 / taus, self.edges.size - 1
        counts, moment = np.zeros((k.size, size)), np.zeros((k.size, size))
        fall(counts, moment, k, np.ones_like(k), np.zeros_like(k), self._step)
        return Shown(counts, moment * (k * k)[:, None], np.empty((0, size)))

    def mixture(self, taus: Array, weights: Array, own: Array) -> tuple[Array, Array]:
        size = self.edges.size
        return -np.diff(falling(1.0 / taus, weights, self._step, size)), np.empty((0, size - 1))

    def scatter(self, own: Array) -> Shown:
        raise ValueError("a tail fit has no response, hence no scattered light")
