"""Lines of sites that exchange: two in closed form, any number by their matrix; temperature.

The spectrum of n sites with populations p, frequencies f, natural widths w and rates K (from column to row,
minus the sum of its column on the diagonal) is i/pi 1^T (diag(x - f + i w/2) - i K/2 pi)^-1 p (McConnell,
J. Chem. Phys. 28, 430 (1958)).  Frequencies are in Hz, rates per second; the area is one whatever the rates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.constants import H_J, K_B_J, R_GAS

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


def two_sites(x: Array, f: Sequence[float], w: Sequence[float], first: float, k12: float) -> Complex:
    """The line (n,) of two sites at ``f`` with widths ``w`` in Hz, ``first`` the share of site 1.

    ``k12`` is the rate from 1 to 2.  Absorption is the real part, dispersion the imaginary one.
    """
    *_, top, low = _forms(x, f, w, first, k12)
    return np.asarray(1j / math.pi * top / low)


def _forms(
    x: Array, f: Sequence[float], w: Sequence[float], first: float, k12: float
) -> tuple[Any, Any, float, float, Any, Any]:
    """Both distances (n,), both rates / Hz, numerator and denominator of the line (n,)."""
    second = 1.0 - first
    k21 = k12 * first / second if second > 0 else 0.0
    a, b = x - f[0] + 0.5j * w[0], x - f[1] + 0.5j * w[1]
    m12, m21 = 0.5 * k21 / math.pi, 0.5 * k12 / math.pi  # from 2 into 1, from 1 into 2
    # [[a + i m21, -i m12], [-i m21, b + i m12]] inverted by hand, where the products of rates cancel
    return a, b, m12, m21, first * b + second * a + 1j * (m12 + m21), a * b + 1j * (a * m12 + b * m21)


def two_sites_slopes(
    x: Array, f: Sequence[float], w: Sequence[float], first: float, k12: float
) -> tuple[Complex, Complex]:
    """The line (n,) of :func:`two_sites` and its derivatives (6, n): both places, both widths, share, rate.

    The share is that of site 1; there must be something in site 2.
    """
    second = 1.0 - first
    a, b, m12, m21, top, low = _forms(x, f, w, first, k12)
    value = 1j / math.pi * top / low
    scale = 1j / math.pi / low

    def by(of_top: Any, of_low: Any) -> Complex:
        return np.asarray(scale * of_top - value / low * of_low)

    by_a, by_b = by(second, b + 1j * m12), by(first, a + 1j * m21)
    by_m12, by_m21 = by(1j, 1j * a), by(1j, 1j * b)
    by_share = by(b - a, 0.0) + by_m12 * m21 / second**2
    by_rate = (by_m12 * first / second + by_m21) / (2 * math.pi)
    return np.asarray(value), np.stack([-by_a, -by_b, 0.5j * by_a, 0.5j * by_b, by_share, by_rate])


def sites(x: Array, f: ArrayLike, w: ArrayLike, p: ArrayLike, k: ArrayLike) -> Complex:
    """The line (n,) of any number of sites; ``k[i, j]`` is the rate from j to i (diagonal: any)."""
    f, w, p = (np.asarray(v, dtype=np.float64) for v in (f, w, p))
    rates = np.array(k, dtype=np.float64)
    np.fill_diagonal(rates, 0.0)
    np.fill_diagonal(rates, -rates.sum(axis=0))
    still = np.diag(-f + 0.5j * w) - 0.5j * rates / math.pi
    matrix = x[:, None, None] * np.eye(f.size) + still
    inside = np.linalg.solve(matrix, np.broadcast_to(p.astype(np.complex128)[:, None], (x.size, p.size, 1)))
    return np.asarray(1j / math.pi * inside[..., 0].sum(axis=1))


def coalescence(separation_Hz: float) -> float:
    """Rate per second at which two equal lines so far apart become one: pi df / sqrt 2."""
    return math.pi * separation_Hz / math.sqrt(2)


def share_of_first(temperature_K: float, dH: float, dS: float) -> float:
    """Share in site 1 at balance, by van 't Hoff; ``dH`` kJ/mol and ``dS`` J/mol/K of 1 to 2."""
    ln_K = -dH * 1e3 / (R_GAS * temperature_K) + dS / R_GAS
    return 1 / (1 + math.exp(min(max(ln_K, -500.0), 500.0)))


def eyring(temperature_K: float, dH_act: float, dS_act: float) -> float:
    """Rate per second by Eyring; ``dH_act`` kJ/mol and ``dS_act`` J/mol/K."""
    exponent = dS_act / R_GAS - dH_act * 1e3 / (R_GAS * temperature_K)
    return K_B_J * temperature_K / H_J * math.exp(min(max(exponent, -500.0), 500.0))
