"""Concentric elastic spheres under misfit strain, in plain numbers.

Every region i (0 = core) is isotropic, with displacement u = A_i r + B_i / r^2 measured from the core's
own lattice.  e_i is the strain it would have if it were free (its eigenstrain, 0 for the core), so
A_i - e_i is its hydrostatic elastic strain, the same everywhere in the region, and
sigma_rr = 3 K_i (A_i - e_i) - 4 G_i B_i / r^3.  u and sigma_rr are continuous, the outer surface is free,
and B_0 = 0.  A sphere is the textbook problem of J. D. Eshelby, Proc. R. Soc. A 241, 376 (1957),
doi:10.1098/rspa.1957.0133.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Average = Literal["vrh", "voigt", "reuss"]
AVERAGES: tuple[Average, ...] = ("vrh", "voigt", "reuss")


def isotropic_moduli(c11: float, c12: float, c44: float, average: Average = "vrh") -> tuple[float, float]:
    """Bulk and shear modulus of a polycrystal of a cubic material, in the unit of the constants.

    ``voigt`` takes equal strain, ``reuss`` equal stress in all grains, ``vrh`` their mean
    (R. Hill, Proc. Phys. Soc. A 65, 349 (1952), doi:10.1088/0370-1298/65/5/307).
    """
    bulk = (c11 + 2 * c12) / 3
    voigt = (c11 - c12 + 3 * c44) / 5
    reuss = 5 * (c11 - c12) * c44 / (4 * c44 + 3 * (c11 - c12))
    return bulk, {"voigt": voigt, "reuss": reuss, "vrh": (voigt + reuss) / 2}[average]


def poisson_ratio(bulk: float, shear: float) -> float:
    """nu = (3K - 2G) / (6K + 2G)."""
    return (3 * bulk - 2 * shear) / (6 * bulk + 2 * shear)


@dataclass(frozen=True)
class Spheres:
    """The solution: arrays over the regions, core first; lengths in the unit of the radii."""

    radii: NDArray[np.float64]
    bulk: NDArray[np.float64]
    shear: NDArray[np.float64]
    eigenstrain: NDArray[np.float64]
    A: NDArray[np.float64]
    B: NDArray[np.float64]

    @property
    def hydrostatic(self) -> NDArray[np.float64]:
        """Hydrostatic elastic strain A_i - e_i of each region (a third of the trace)."""
        return np.asarray(self.A - self.eigenstrain)

    def displacement(self, r: ArrayLike, region: int) -> NDArray[np.float64]:
        """u(r) by the formula of ``region``."""
        x = np.asarray(r, dtype=np.float64)
        outer = self.B[region] / np.square(x) if region else 0.0
        return np.asarray(self.A[region] * x + outer)


def solve(
    radii: Sequence[float] | NDArray[np.float64],
    bulk: Sequence[float] | NDArray[np.float64],
    shear: Sequence[float] | NDArray[np.float64],
    eigenstrain: Sequence[float] | NDArray[np.float64],
) -> Spheres:
    """Solve the spheres.

    Parameters
    ----------
    radii : shape (n,), outer radius of each region, increasing.
    bulk, shear : shape (n,), moduli, all in one unit.
    eigenstrain : shape (n,), free strain of each region relative to the core's lattice; the first is
        that of the core itself, 0 when the core is the reference.

    Raises
    ------
    ValueError
        If the shapes differ, the radii do not increase or a modulus is not positive.
    """
    r, k, g, e = (np.asarray(x, dtype=np.float64) for x in (radii, bulk, shear, eigenstrain))
    n = r.size
    if not (r.shape == k.shape == g.shape == e.shape == (n,)) or n == 0:
        raise ValueError("radii, bulk, shear and eigenstrain need the same length")
    if r[0] <= 0 or np.any(np.diff(r) <= 0):
        raise ValueError("radii must be positive and increase")
    if np.any(k <= 0) or np.any(g <= 0):
        raise ValueError("moduli must be positive")
    # Unknowns: A_0..A_(n-1), then b_1..b_(n-1) with B_i = b_i r_(i-1)^3, which keeps all of them near e.
    matrix = np.zeros((2 * n - 1, 2 * n - 1))
    right = np.zeros(2 * n - 1)
    unit = k[0]
    for i in range(1, n):  # interface between regions i-1 and i, at r_(i-1)
        b_out, row = n + i - 1, 2 * (i - 1)
        matrix[row, i - 1], matrix[row, i], matrix[row, b_out] = 1.0, -1.0, -1.0
        matrix[row + 1, i - 1], matrix[row + 1, i] = 3 * k[i - 1] / unit, -3 * k[i] / unit
        matrix[row + 1, b_out] = 4 * g[i] / unit
        right[row + 1] = 3 * (k[i - 1] * e[i - 1] - k[i] * e[i]) / unit
        if i > 1:
            shrink = (r[i - 2] / r[i - 1]) ** 3
            matrix[row, b_out - 1] = shrink
            matrix[row + 1, b_out - 1] = -4 * g[i - 1] * shrink / unit
    matrix[-1, n - 1] = 3 * k[-1] / unit
    right[-1] = 3 * k[-1] * e[-1] / unit
    if n > 1:
        matrix[-1, -1] = -4 * g[-1] * (r[-2] / r[-1]) ** 3 / unit
    x = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    b = np.zeros(n)
    b[1:] = x[n:] * r[:-1] ** 3
    return Spheres(r, k, g, e, x[:n], b)
