"""The electron: one envelope with the Kane energy-dependent mass, through every layer into the ligand.

−(ħ²/2m0) (1/r²) d/dr [ r² (m0/m(E, r)) f' ] + (ħ²/2m0) (m0/m) l(l+1)/r² f + Ec f = E f, with
f and (m0/m) f' continuous at every interface (BenDaniel–Duke; natural in the weak form).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.errors import WorkError
from epidot.light.states.bands import Bands
from epidot.light.states.mesh import Mesh, combined

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Electron:
    """One electron level.

    ``f`` (q,) is the s-like envelope at the Gauss points, normalised together with its valence part;
    ``density`` (q,) is r² times the whole probability density (it integrates to 1).
    """

    l: int
    n: int
    E: float
    f: Array
    density: Array
    s_character: float

    @property
    def label(self) -> str:
        """Spectroscopic name, for instance ``1Pe``."""
        return f"{self.n}{'SPDFGHIK'[self.l]}e"


def solve_electron(mesh: Mesh, bands: Bands, l: int = 0, n: int = 1, tolerance_eV: float = 1e-10) -> Electron:
    """The ``n``-th level of angular momentum ``l``.

    Newton's method on E: the n-th eigenvalue w(E) of the Hamiltonian with the masses at E falls with
    E, so w(E) = E has one root; dw/dE comes from the eigenvector.

    Raises
    ------
    WorkError
        If the iteration does not settle (never seen for physical input).
    """
    from scipy.linalg import eigh

    kinetic = HBAR2_2M * (mesh.stiff + l * (l + 1) * mesh.plain)
    mass = mesh.mass.sum(axis=0)
    potential = combined(bands.Ec, mesh.mass)
    keep = slice(1 if l else 0, None)  # regular at the origin: f ~ r^l
    kinetic, mass, potential = kinetic[:, keep, keep], mass[keep, keep], potential[keep, keep]
    E = float(bands.Ec[0]) + 0.6
    for _ in range(40):
        hamiltonian = combined(bands.inverse_mass(E), kinetic) + potential
        value, vector = eigh(hamiltonian, mass, subset_by_index=(n - 1, n - 1), check_finite=False)
        c = vector[:, 0]
        per_region = np.einsum("rij,i,j->r", kinetic, c, c)
        slope = -float(bands.inverse_mass_slope(E) @ per_region)
        step = (float(value[0]) - E) / (1 - slope)
        E = max(E + step, 0.5 * (E + float(bands.Ev[:-1].max(initial=bands.Ev[0]))))
        if abs(step) < tolerance_eV:
            break
    else:
        raise WorkError(f"the electron level {n}, l = {l} did not converge")
    full = np.zeros(mesh.size)
    full[keep] = c
    f, df = mesh.value @ full, mesh.slope @ full
    if f[np.argmax(np.abs(f))] < 0:
        f, df = -f, -df
    valence = HBAR2_2M * bands.inverse_mass_slope(E)[mesh.region] * ((mesh.r * df) ** 2 + l * (l + 1) * f**2)
    density = (mesh.r * f) ** 2 + valence
    norm = float(mesh.w @ density)
    f, density = f / np.sqrt(norm), density / norm
    return Electron(l, n, E, f, density, float(mesh.w @ (mesh.r * f) ** 2))
