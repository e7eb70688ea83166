"""Oracle: the electron by exact spherical Bessel functions in every layer and continuity between them.

Slow (a root search over E) and without a mesh: it tests the finite elements.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.errors import WorkError
from epidot.light.states.bands import Bands

Array = NDArray[np.float64]


def mismatch(E: float, bands: Bands, l: int) -> float:
    """Value at the outer wall of the solution that is regular at the origin (zero at a level)."""
    value, flux = 0.0, 0.0
    inner = 0.0
    for i in range(bands.regions):
        mass = float(bands.inverse_mass(E)[i])
        square = (E - float(bands.Ec[i])) / (HBAR2_2M * mass)
        outer = float(bands.radii[i])
        if i == 0:
            out = _pair(square, outer, l)[:, 0]
        else:
            at = _pair(square, inner, l)
            at[1] *= mass
            coefficients = np.linalg.solve(at, np.array([value, flux]))
            out = _pair(square, outer, l) @ coefficients
        value, flux = float(out[0]), float(out[1]) * mass
        size = abs(value) + abs(flux)
        value, flux = value / size, flux / size
        inner = outer
    return value


def _pair(square: float, r: float, l: int) -> Array:
    """[[regular, irregular], [slopes]] of the radial equation with f'' ~ −``square`` f."""
    from scipy.special import spherical_in, spherical_jn, spherical_kn, spherical_yn

    k = float(np.sqrt(abs(square)))
    first, second = (spherical_jn, spherical_yn) if square > 0 else (spherical_in, spherical_kn)
    return np.array(
        [
            [first(l, k * r), second(l, k * r)],
            [k * first(l, k * r, derivative=True), k * second(l, k * r, derivative=True)],
        ]
    )


def electron_energy(bands: Bands, l: int = 0, near: float | None = None, span_eV: float = 0.05) -> float:
    """The level of angular momentum ``l`` within ``span_eV`` of ``near`` (else the lowest).

    Raises
    ------
    WorkError
        If there is none.
    """
    from scipy.optimize import brentq

    if near is not None:
        grid = np.linspace(near - span_eV, near + span_eV, 6)
    else:
        grid = np.linspace(float(bands.Ec[0]) + 1e-3, float(bands.Ec.max()) - 1e-3, 2000)
    values = [mismatch(float(E), bands, l) for E in grid]
    for a, b, left, right in zip(grid, grid[1:], values, values[1:], strict=False):
        if left * right <= 0:
            return float(brentq(mismatch, a, b, args=(bands, l), xtol=1e-13, rtol=1e-14))
    raise WorkError("the transfer-matrix search found no electron level in its range")
