"""A layered sphere, far smaller than the wavelength, in a uniform field (static limit)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def field_factors(radii: ArrayLike, eps: ArrayLike) -> Array:
    """Uniform part of the field in each region over the applied field, shape (n + 1,).

    ``radii`` (n,) are outer radii, ``eps`` (n + 1,) dielectric constants, the last one outside.  In a
    shell the other part of the field is that of a dipole; its mean over directions vanishes, so it does
    not act on a spherical transition density.
    """
    uniform, _ = _regions(np.asarray(radii, dtype=np.float64), np.asarray(eps, dtype=np.float64))
    out: Array = uniform / uniform[-1]
    return out


def polarisability(radii: ArrayLike, eps: ArrayLike) -> NDArray[np.complex128]:
    """Dipole moment over the applied field and ε0 ε_out, in nm³ (4π R³ for a perfect conductor).

    ``eps`` (n + 1, ...) may be complex and depend on more than the region, for instance on the energy.
    """
    uniform, dipole = _regions(np.asarray(radii, dtype=np.float64), np.asarray(eps, dtype=np.complex128))
    out: NDArray[np.complex128] = -4 * np.pi * dipole[-1] / uniform[-1]
    return out


def _regions(R: Array, e: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """A, B of the potential (A r + B/r²) cos θ in every region, with A = 1 in the core."""
    A, B = [np.ones_like(e[0])], [np.zeros_like(e[0])]
    for i in range(R.size):
        ratio, cube = e[i] / e[i + 1], R[i] ** 3
        value, slope = A[-1] + B[-1] / cube, ratio * (A[-1] - 2 * B[-1] / cube)
        A.append((2 * value + slope) / 3)
        B.append((value - slope) / 3 * cube)
    return np.stack(A), np.stack(B)
