"""Electron–hole attraction and the dielectric self-energy, to first order in a layered sphere.

Both contain a part that is uniform to lowest order and cancels between them (the l = 0 image): never
use one without the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.constants import COULOMB
from epidot.light.states.mesh import Mesh

Array = NDArray[np.float64]

SMEARING_NM = 0.1  # the dielectric step is not sharper than this; cuts off the image sum at a surface
HIGHEST = 200


def attraction(mesh: Mesh, electron: Array, hole: Array, eps: Array) -> float:
    """J = e² ∫ Qe Qh / (ε r²) dr in eV (positive), the space outside the dot included.

    ``electron`` and ``hole`` are radial densities (q,) that integrate to 1; ``eps`` the dielectric
    constant per region of the mesh, then outside.
    """
    charge = mesh.enclosed(electron) * mesh.enclosed(hole)
    inside = mesh.w @ (charge / (eps[mesh.region] * mesh.r**2))
    return float(COULOMB * (inside + 1 / (eps[-1] * mesh_end(mesh))))


def mesh_end(mesh: Mesh) -> float:
    """Outer radius of the mesh in nm."""
    return float(mesh.lengths.sum())


def self_energy(r: Array, radii: Array, eps: Array) -> Array:
    """Polarisation energy in eV of a charge at ``r`` (q,) in spheres ``radii`` (n,), ``eps`` (n + 1,).

    Half the potential the charge induces at its own place, summed over multipoles with all interfaces
    (reflection factors from outside and from inside).  Multipole l is damped by exp(−l a/R), R the
    outer radius, as if the steps were smeared over a.
    """
    R = radii
    n = R.size
    l = np.arange(min(HIGHEST, int(np.ceil(6 * R[-1] / SMEARING_NM))) + 1, dtype=np.float64)
    # Region i: potential A r^l + B r^-(l+1); a source's own field is reflected from the interfaces outside
    # it, A = rho B, and inside it, B = sigma A.  Both are kept in units of the interface that reflects, so
    # that only ratios of radii <= 1 are raised to high powers.
    step = [np.exp((2 * l + 1) * np.log(R[i - 1] / R[i])) if i else np.zeros_like(l) for i in range(n)]
    rho, sigma = np.zeros((n + 1, l.size)), np.zeros((n + 1, l.size))
    for i in range(n - 1, -1, -1):
        back = rho[i + 1] * step[i + 1] if i + 1 < n else np.zeros_like(l)
        value, flux = back + 1, eps[i + 1] * (l * back - (l + 1))
        rho[i] = (flux + eps[i] * (l + 1) * value) / (eps[i] * l * value - flux)
    for i in range(1, n + 1):
        back = sigma[i - 1] * step[i - 1]
        value, flux = 1 + back, eps[i - 1] * (l - (l + 1) * back)
        sigma[i] = (eps[i] * l * value - flux) / (flux + eps[i] * (l + 1) * value)
    damping = np.exp(-l * SMEARING_NM / R[-1])
    where = np.searchsorted(R, r)
    out = np.zeros_like(r)
    for i in range(n + 1):
        here = np.flatnonzero(where == i)
        if not here.size:
            continue
        x = r[here, None]
        up = rho[i] * np.exp((2 * l + 1) * np.log(x / R[i])) if i < n else 0.0
        down = sigma[i] * np.exp((2 * l + 1) * np.log(R[i - 1] / x)) if i else 0.0
        both = rho[i] * sigma[i] * step[i] if 0 < i < n else 0.0
        induced = (up + down + 2 * both) / (1 - both)
        out[here] = COULOMB / 2 * (induced @ damping) / (eps[i] * r[here])
    return out
