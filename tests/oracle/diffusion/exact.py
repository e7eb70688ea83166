"""Exact solutions of diffusion problems, each from its own formula; no part of the solver is used here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfinv, exp1

from epidot.constants import K_B
from epidot.transport.problem import Array


def sphere(tau: Array, terms: int = 400) -> Any:
    """1. Uptake of a sphere whose surface is held (Crank 6.20)."""
    n = np.arange(1, terms + 1)[:, None]
    return 1 - 6 / np.pi**2 * np.sum(np.exp(-(n**2) * np.pi**2 * np.atleast_1d(tau)) / n**2, axis=0)


def short_sphere(tau: Array) -> Array:
    """1, for short times, where the other series is slow."""
    tau = np.atleast_1d(tau)
    return 6 * np.sqrt(tau / np.pi) - 3 * tau


def resisted(tau: Array, L: float, terms: int = 200) -> Any:
    """2. Uptake through a surface resistance, L = h a/D."""

    def condition(b: float) -> float:
        return b * math.cos(b) + (L - 1) * math.sin(b)

    roots = [
        brentq(condition, (k - 1) * math.pi + 1e-9, k * math.pi - 1e-12, xtol=1e-15)
        for k in range(1, terms + 1)
    ]
    b2 = np.array(roots)[:, None] ** 2
    return 1 - np.sum(6 * L**2 * np.exp(-b2 * np.atleast_1d(tau)) / (b2 * (b2 + L * (L - 1))), axis=0)


def finite_bath(tau: Array, alpha: float, terms: int = 200) -> Any:
    """3. Uptake from a well-stirred bath of limited volume, alpha = V_bath/(K V_sphere)."""

    def condition(q: float) -> float:
        return (3 + alpha * q * q) * math.sin(q) - 3 * q * math.cos(q)

    roots = [
        brentq(condition, k * math.pi + 1e-9, (k + 1) * math.pi - 1e-9, xtol=1e-15)
        for k in range(1, terms + 1)
    ]
    q2 = np.array(roots)[:, None] ** 2
    weight = 6 * alpha * (alpha + 1) / (9 + 9 * alpha + q2 * alpha**2)
    return 1 - np.sum(weight * np.exp(-q2 * np.atleast_1d(tau)), axis=0)


def layered_flow(radii: Sequence[float], Ds: Sequence[float], Ks: Sequence[float]) -> float:
    """4. Steady flow through layers per difference of activity."""
    r, D, K = (np.asarray(x, dtype=float) for x in (radii, Ds, Ks))
    return float(4 * np.pi / np.sum((1 / r[:-1] - 1 / r[1:]) / (D * K)))


def composite_modes(a: float, b: float, D1: float, D2: float, K: float, count: int) -> Array:
    """5. Decay rates of a core (c = K c_shell at the interface) in a shell whose surface is kept empty."""

    def condition(lam: float) -> float:
        k1, k2 = math.sqrt(lam / D1), math.sqrt(lam / D2)
        s1, c1, s2, c2 = math.sin(k1 * a), math.cos(k1 * a), math.sin(k2 * (b - a)), math.cos(k2 * (b - a))
        return D1 * K * (k1 * c1 - s1 / a) * s2 + D2 * (k2 * c2 + s2 / a) * s1

    lam = np.linspace(1e-6, 45.0, 4000)
    f = np.array([condition(x) for x in lam])
    found = [brentq(condition, lam[i], lam[i + 1], xtol=1e-13) for i in np.flatnonzero(f[:-1] * f[1:] < 0)]
    return np.array(found[:count])


def composite_mode(r: Array, lam: float, a: float, b: float, D1: float, D2: float, K: float) -> Array:
    """5. The shape of one of these modes, 1 at the centre of the core."""
    k1, k2 = math.sqrt(lam / D1), math.sqrt(lam / D2)
    outer = math.sin(k1 * a) / (k1 * a) / K / (math.sin(k2 * (b - a)) / a)
    core = np.sinc(k1 * r / np.pi)
    shell = outer * np.sin(k2 * (b - r)) / np.maximum(r, 1e-300)
    return np.where(r <= a, core, shell)


def trapped_sphere(t: Array, k: float, p: float, D: float = 1.0, a: float = 1.0) -> Array:
    """6. Ions (mobile and in unsaturated traps) over their final number, by inverting the Laplace transform.

    The contour is Talbot's, fixed at 40 points; the series in modes needs its slow tail and agrees.
    """
    t = np.atleast_1d(np.asarray(t, dtype=float))
    out = []
    for time in t:
        total, points = 0.0, 40
        for m in range(points):
            if m == 0:
                z, dz = 2 * points / 5 + 0j, 0.5 * np.exp(2 * points / 5)
            else:
                th = m * np.pi / points
                cot = 1 / math.tan(th)
                z = 2 * th / 5 * points * (cot + 1j)
                dz = (1 + 1j * th * (1 + cot**2) - 1j * cot) * np.exp(z)
            s = z / time
            g = 1 + k / (s + p)
            x = a * np.sqrt(s * g / D)
            F = 3 / s * (x / np.tanh(x) - 1) / x**2 * g / (1 + k / p)
            total += (dz * F).real
        out.append(0.4 * total / time)
    return np.array(out)


def breakthrough(t: Array, D: float, length: float, terms: int = 400) -> Any:
    """7. Flow out of a slab that began empty, over its steady value."""
    m = np.arange(1, terms + 1)[:, None]
    return 1 + 2 * np.sum((-1.0) ** m * np.exp(-(m**2) * np.pi**2 * D * np.atleast_1d(t) / length**2), axis=0)


def shrinking_core(part: Any) -> Any:
    """8. Time over the time to fill, for a sharp front at ``part`` of the radius."""
    return 1 - 3 * part**2 + 2 * part**3


def E2(x: Any) -> Any:
    """The second exponential integral, from E1."""
    return np.exp(-x) - x * exp1(x)


def desorbed(T: Any, T0: float, E: float, nu: float, beta: float) -> Any:
    """9. Part of trapped ions left on a ramp from T0, first order, no retrapping."""
    return np.exp(-nu / beta * (T * E2(E / (K_B * T)) - T0 * E2(E / (K_B * T0))))


def ramp_integral(T0: float, T1: Any, D0: float, E: float, beta: float) -> Any:
    """10. Integral of D over a ramp."""
    return D0 / beta * (T1 * E2(E / (K_B * T1)) - T0 * E2(E / (K_B * T0)))


def kick_out(part: Array) -> Any:
    """12. Concentration over that of the middle of a slab, D = D*/C² (Seeger's form)."""
    return np.exp(erfinv(np.abs(1 - 2 * np.asarray(part))) ** 2)
