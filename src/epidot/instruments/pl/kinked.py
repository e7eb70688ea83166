"""The top of a band whose two sides meet in a kink of the curvature: another width on either side.

Polynomials come near such a top only slowly (the error of the place falls with 1/degree), so what the next
degree would change says little about what is left.  This curve is offered beside them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Kinked:
    """q(u) = h + a u² (u < 0) or b u² (u ≥ 0) + c u³ + d u⁴, u = (x - place) / half.

    ``coefficients`` are h, a, b, c, d and the place of the kink, in units of ``half`` from ``centre``.
    """

    def __init__(self, coefficients: Array, centre: float, half: float) -> None:
        self.coefficients, self.centre, self.half = coefficients, centre, half

    def _u(self, x: Array) -> Array:
        return np.asarray((x - self.centre) / self.half - self.coefficients[5], dtype=np.float64)

    def over(self, x: Array, derivative: int = 0) -> Array:
        """The values at ``x`` (n,), or those of the first or second derivative in x."""
        h, a, b, c, d, _ = self.coefficients
        u = self._u(x)
        side = np.where(u < 0, a, b)
        if derivative == 0:
            return np.asarray(h + u**2 * (side + u * (c + u * d)))
        if derivative == 1:
            return np.asarray(u * (2 * side + u * (3 * c + u * 4 * d)) / self.half)
        return np.asarray((2 * side + u * (6 * c + u * 12 * d)) / self.half**2)

    def at(self, x: float, derivative: int = 0) -> float:
        """The value at one place."""
        h, a, b, c, d, place = (float(v) for v in self.coefficients)
        u = (x - self.centre) / self.half - place
        side = a if u < 0 else b
        if derivative == 0:
            return h + u * u * (side + u * (c + u * d))
        if derivative == 1:
            return u * (2 * side + u * (3 * c + u * 4 * d)) / self.half
        return (2 * side + u * (6 * c + u * 12 * d)) / self.half**2

    def design(self, x: Array) -> Array:
        """Derivatives of the values in the coefficients, shape (n, 6)."""
        _, a, b, c, d, _ = self.coefficients
        u = self._u(x)
        below, above = np.minimum(u, 0.0), np.maximum(u, 0.0)
        square = u * u
        out = np.empty((x.size, 6))
        out[:, 0] = 1.0
        out[:, 1], out[:, 2] = below * below, above * above
        out[:, 3], out[:, 4] = square * u, square * square
        out[:, 5] = -(2 * (a * below + b * above) + square * (3 * c + 4 * d * u))  # moving the kink moves u
        return out

    def gradient(self, x: float, derivative: int = 0) -> Array:
        """Derivatives of ``at(x, derivative)`` (0 or 1) in the coefficients, shape (6,)."""
        if derivative == 0:
            return np.asarray(self.design(np.array([x]))[0])
        u = float(self._u(np.array([x]))[0])
        below, above = (u, 0.0) if u < 0 else (0.0, u)
        slope = [0.0, 2 * below, 2 * above, 3 * u**2, 4 * u**3, -self.at(x, 2) * self.half**2]
        return np.array(slope) / self.half
