"""A polynomial over a window, quick at single places and with gradients in its coefficients."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@lru_cache(maxsize=32)
def _powers(n: int) -> Array:
    """The matrix from n Legendre coefficients to n power coefficients."""
    out = np.zeros((n, n))
    for k in range(n):
        power = np.polynomial.legendre.leg2poly(np.eye(n)[k])
        out[: power.size, k] = power
    return out


class Polynomial:
    """P(u), u = (x - centre) / half in [-1, 1], given by its Legendre coefficients, shape (degree + 1,)."""

    def __init__(self, coefficients: Array, centre: float, half: float) -> None:
        self.coefficients, self.centre, self.half = coefficients, centre, half
        # Powers of u, lowest first: quick to evaluate, and safe on [-1, 1] at the degrees used here.
        orders = [_powers(coefficients.size) @ coefficients]
        for _ in range(2):
            orders.append(orders[-1][1:] * np.arange(1, orders[-1].size) / half)
        self._orders = [tuple(float(c) for c in order) for order in orders]

    def at(self, x: float, derivative: int = 0) -> float:
        """The value at ``x``, or that of the first or second derivative in x."""
        u = (x - self.centre) / self.half
        total = 0.0
        for c in reversed(self._orders[derivative]):
            total = total * u + c
        return total

    def over(self, x: Array, derivative: int = 0) -> Array:
        """The same at many places, shape (n,)."""
        u = (x - self.centre) / self.half
        out = np.zeros(x.shape)
        for c in reversed(self._orders[derivative]):
            out = out * u + c
        return out

    def gradient(self, x: float, derivative: int = 0) -> Array:
        """Gradient of ``at(x, derivative)`` (0 or 1) in the Legendre coefficients."""
        u = (x - self.centre) / self.half
        n = len(self._orders[0])
        value, slope = [1.0, u], [0.0, 1.0]
        for k in range(1, n - 1):
            value.append(((2 * k + 1) * u * value[k] - k * value[k - 1]) / (k + 1))
            slope.append((2 * k + 1) * value[k] + slope[k - 1])
        if derivative:
            return np.array(slope[:n]) / self.half
        return np.array(value[:n])

    def roots(self, level: float = 0.0, derivative: int = 0) -> list[float]:
        """Real places inside the window where the value (or a derivative) equals ``level``."""
        c = np.array(self._orders[derivative])
        c[0] -= level
        top = np.flatnonzero(np.abs(c) > 1e-14 * float(np.max(np.abs(c), initial=0.0)))
        if top.size == 0 or top[-1] == 0:
            return []
        found = np.roots(c[: top[-1] + 1][::-1])
        real = found[np.abs(found.imag) < 1e-9].real
        return sorted(self.centre + self.half * float(u) for u in real if abs(u) <= 1)
