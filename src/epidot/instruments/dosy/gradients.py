"""From gradients to b: what one pair of gradient pulses does to spins that diffuse.

A line is attenuated by exp(-D b) with b = (γ g δ σ)² (Δ + 2 (κ - λ) δ), where σ, λ and κ are integrals of the
pulse's shape (Stejskal and Tanner, J. Chem. Phys. 42, 288 (1965); general shapes: Sinnaeve, Concepts Magn.
Reson. A 40A, 39 (2012)).  A rectangle gives the familiar (γ g δ)² (Δ - δ/3).  Bipolar pairs, two half pulses
τ apart, see the time shorter by τ/2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.matter.nuclei import nucleus

Array = NDArray[np.float64]

SHAPES = ("rectangle", "sine", "smoothed square")
# Where a time of the sequence stands in the vendors' parameters.
WHERE = {
    "delta_ms": "Bruker: P30 (twice that for bipolar pulses), Varian/Agilent: gt1, JEOL: delta",
    "big_delta_ms": "Bruker: D20, Varian/Agilent: del, JEOL: diffusion_time",
    "gradient_unit": "Bruker's difflist is in G/cm; percent of the amplifier must be turned into T/m first",
}
_RAMP = 0.1  # of the pulse: rise and fall of Bruker's SMSQ10.100
_POINTS = 20_001


def _rectangle(t: Array) -> Array:
    return np.ones_like(t)


def _sine(t: Array) -> Array:
    return np.sin(np.pi * t)


def _smoothed(t: Array) -> Array:
    edge = np.minimum(np.minimum(t, 1 - t) / _RAMP, 1.0)
    return np.asarray(np.sin(0.5 * np.pi * edge) ** 2)


_OF: dict[str, Callable[[Array], Array]] = dict(zip(SHAPES, (_rectangle, _sine, _smoothed), strict=True))


@cache
def integrals(shape: str) -> tuple[float, float, float]:
    """σ, λ and κ of a pulse ``shape``: its area, and the moments of the share that has passed so far."""
    t = np.linspace(0.0, 1.0, _POINTS)
    s = _OF[shape](t)
    step = t[1]
    passed = np.concatenate([[0.0], np.cumsum(0.5 * (s[1:] + s[:-1])) * step])
    area = float(passed[-1])
    first, second = (float(np.trapezoid((passed / area) ** k, dx=step)) for k in (1, 2))
    return area, first, second


def b_values(
    gradient_T_per_m: ArrayLike,
    gamma: float,
    delta_s: float,
    big_delta_s: float,
    shape: str = "rectangle",
    tau_s: float = 0.0,
) -> Array:
    """b in s/m², shape (n,), of gradients (n,) in T/m; ``gamma`` in rad/(s T), times in s."""
    area, first, second = integrals(shape)
    time = big_delta_s + 2 * (second - first) * delta_s - tau_s / 2
    g = np.asarray(gradient_T_per_m, dtype=np.float64)
    return np.asarray((gamma * g * delta_s * area) ** 2 * time)


def sequence_b(g: Array, name: str, delta_ms: float, big_delta_ms: float, chosen: Settings) -> Array:
    """b in s/m² of gradients in T/m, by the shape and the time between halves that were chosen.

    Raises
    ------
    InputError
        If the diffusion time is shorter than the pulses.
    """
    if not big_delta_ms > delta_ms + chosen["tau_ms"]:
        what = "the diffusion time must be longer than the gradient pulses and what lies between their halves"
        seen = f"big_delta_ms {big_delta_ms:g}, delta_ms {delta_ms:g}, tau_ms {chosen['tau_ms']:g}"
        raise InputError(what, seen=seen)
    return b_values(
        g, nucleus(name).gamma, delta_ms * 1e-3, big_delta_ms * 1e-3, chosen["shape"], chosen["tau_ms"] * 1e-3
    )
