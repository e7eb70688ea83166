"""Decay laws that are no sum of a few exponentials: stretched, distributed rates, trapped dots.

Each law is a mixture of exponentials, so that the one convolution with the response serves it
(:mod:`.mixture`): it gives logarithms of lifetimes and the share of the photons that each brings.

    stretched   I(t) = e^(−(t/τ)^β): rates of a one-sided stable law (Kanter, Ann. Probab. 3, 697 (1975))
    lognormal   I(t) = ∫ e^(−kt) p(k) dk, ln k normal about −ln τ with standard deviation σ
    gamma       the same with k of a gamma law of mean 1/τ and relative standard deviation s:
                I(t) = (1 + s² t/τ)^(−1/s²)
    trapped     X' = −(k_r + a k_deep + b k_t) X + k_d T,  T' = b k_t X − (k_d + k_n) T with Poisson numbers
                a, b of traps (:func:`epidot.light.traps.components`)

σ and s enter by their squares and end at zero, where each law is one exponential; β ends at 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from epidot.instruments.tcspc.response import Array
from epidot.light.traps import Components, TrapMeans, TrapRates, components, trap_rates
from epidot.signal.limits import Term

WIDEST = 0.95  # s², above which the mean lifetime of a gamma law does not exist
LEAST_BETA = 0.2
_STEP = 0.55  # between nodes of a stable law
_NOTHING = 1e-12  # share of the largest node below which one is left out
_SPAN = 9.0  # standard deviations of ln k that are taken in
_NODES = 200


@dataclass(frozen=True)
class Law:
    """A decay law.

    ``terms(tau_amplitude, tau_intensity)`` are its parameters, started at a decay of these averages;
    ``nodes(values)`` are logarithms of lifetimes / ns and shares of the photons (m,), ``averages(values)``
    the two average lifetimes in ns, infinite where the law has none.  ``also`` are further starts, as
    factors on those of single parameters.
    """

    name: str
    terms: Callable[[float, float], Sequence[Term]]
    nodes: Callable[[Array], tuple[Array, Array]]
    averages: Callable[[Array], tuple[float, float]]
    also: Sequence[dict[str, float]] = ()


def _width(tau_amplitude: float, tau_intensity: float) -> float:
    """ln of the averages' ratio: the variance of ln k of a lognormal law."""
    return math.log(max(tau_intensity / tau_amplitude, 1.0 + 1e-4))


def _stretched(values: Array) -> tuple[Array, Array]:
    tau, beta = map(float, values)
    if beta >= 1.0:
        return np.array([math.log(tau)]), np.ones(1)
    log_tau, share = _stable(beta)
    return math.log(tau) + log_tau, share


@lru_cache(maxsize=8)
def _stable(beta: float) -> tuple[Array, Array]:
    # Kanter: k τ = sin(βu)/sin(u)^(1/β) · (sin((1−β)u)/W)^((1−β)/β), u even in (0, π), W exponential.  Both
    # directions by the trapezoid, which converges fast on humps: u = π/(1 + e^(−x)), W = e^y.
    x, y = np.arange(-24.0, 33.0, _STEP), np.arange(-22.0, 4.2, _STEP)
    u, rest = math.pi / (1 + np.exp(-x)), math.pi / (1 + np.exp(x))
    other = (1 - beta) / beta
    log_k = np.log(np.sin(beta * u)) - np.log(np.sin(rest)) / beta + other * np.log(np.sin((1 - beta) * u))
    log_tau = other * y - log_k[:, None]
    photons = (u * rest)[:, None] * np.exp(y - np.exp(y) + log_tau)
    some = photons > _NOTHING * photons.max()
    return log_tau[some], photons[some] / photons[some].sum()


def _lognormal(values: Array) -> tuple[Array, Array]:
    tau, sigma = values
    if sigma == 0:
        return np.array([math.log(tau)]), np.ones(1)
    # by photons ln τ is normal about ln τ + σ²
    z = np.linspace(-_SPAN, _SPAN, _NODES)
    w = np.exp(-0.5 * z * z)
    return math.log(tau) + sigma**2 + sigma * z, w / w.sum()


def _gamma(values: Array) -> tuple[Array, Array]:
    tau, spread = values
    if spread == 0:
        return np.array([math.log(tau)]), np.ones(1)
    a = 1 / spread**2
    # by photons k is gamma of shape a − 1; its logarithm about the mode
    b = a - 1
    mode = math.log(b / a)
    far = math.log(1e12) / b  # how far the slow side reaches, where few rates are small
    low = -min(_SPAN / math.sqrt(b) + far, 60.0)
    high = min(_SPAN / math.sqrt(b), math.log1p(_SPAN**2 / b) + 3.0)
    z = np.linspace(low, high, 2 * _NODES)
    log_w = b * (z - np.expm1(z))
    w = np.exp(log_w - log_w.max())
    return math.log(tau) - mode - z, w / w.sum()


def _tau(value: float) -> Term:
    return Term("tau_ns", "ns", value, 1e-4, 1e9, "log")


STRETCHED = Law(
    "stretched",
    lambda ta, ti: (
        _tau(ta),
        Term("beta", "1", max(1 / (1 + _width(ta, ti)), 0.3), LEAST_BETA, 1.0),
    ),
    _stretched,
    lambda v: (
        v[0] / v[1] * math.gamma(1 / v[1]),
        v[0] * math.gamma(2 / v[1]) / math.gamma(1 / v[1]),
    ),
    ({"beta": 0.7}, {"tau_ns": 0.5}),
)
LOGNORMAL = Law(
    "lognormal",
    lambda ta, ti: (
        _tau(ta * math.exp(-_width(ta, ti) / 2)),
        Term("sigma_ln", "1", math.sqrt(_width(ta, ti)), 0.0, 4.0, "square"),
    ),
    _lognormal,
    lambda v: (v[0] * math.exp(v[1] ** 2 / 2), v[0] * math.exp(1.5 * v[1] ** 2)),
    ({"sigma_ln": 2.0}, {"tau_ns": 0.5}),
)
GAMMA = Law(
    "gamma",
    lambda ta, ti: (
        _tau(ta * (1 - min(_width(ta, ti), 0.6))),
        Term("spread", "1", math.sqrt(min(_width(ta, ti), 0.6)), 0.0, math.sqrt(WIDEST), "square"),
    ),
    _gamma,
    lambda v: (
        v[0] / (1 - v[1] ** 2),
        v[0] / (1 - 2 * v[1] ** 2) if 2 * v[1] ** 2 < 1 else math.inf,
    ),
    ({"spread": 1.4}, {"tau_ns": 0.5}),
)


def _trapped(values: Array) -> Components:
    k_r, traps, k_t, k_d, k_n, deep, k_deep = map(float, values)
    return components(k_r, TrapMeans(deep, traps), TrapRates(k_deep, k_t, k_d, k_n))


def _trapped_nodes(values: Array) -> tuple[Array, Array]:
    found = _trapped(values)
    photons = found.amplitude / found.rate
    return -np.log(found.rate), photons / photons.sum()


def _trapped_terms(tau_amplitude: float, tau_intensity: float) -> Sequence[Term]:
    known = trap_rates()

    def rate(name: str, value: float, held: bool = False) -> Term:
        return Term(f"{name}_per_ns", "1/ns", value, 1e-8, 1e4, "log", held)

    return (
        rate("emission", 1 / tau_intensity),
        Term("traps", "1", max(_width(tau_amplitude, tau_intensity), 0.1), 0.0, 50.0),
        rate("capture", known.k_t),
        rate("release", known.k_d),
        rate("loss", known.k_n, held=True),
        Term("deep_traps", "1", 0.0, 0.0, 50.0, held=True),
        rate("deep_capture", known.k_deep, held=True),
    )


TRAPPED = Law(
    "trapped",
    _trapped_terms,
    _trapped_nodes,
    lambda v: ((found := _trapped(v)).tau_amplitude_ns, found.tau_intensity_ns),
    ({"release_per_ns": 0.1}, {"capture_per_ns": 0.2, "traps": 3.0}),
)
LAWS = {law.name: law for law in (STRETCHED, LOGNORMAL, GAMMA, TRAPPED)}
