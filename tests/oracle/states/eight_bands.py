"""Oracle: the full eight-band problem (s channel coupled to the valence channels by P), same mesh.

With the coupling explicit, the valence band keeps only its remote part, L' = L − Ep/Eg, and the
conduction band the free-electron mass.  In the ligand P = 0, which pins the electron's valence part:
bare dots come out wrong by 0.3 eV and more, so this is an oracle for thick shells only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.light.states.bands import Bands
from epidot.light.states.hole import channels, origin, valence
from epidot.light.states.mesh import Mesh, combined

Array = NDArray[np.float64]


def block(mesh: Mesh, bands: Bands, twoF: int, Ln: int, remote: float | None = None) -> tuple[Array, Array]:
    """(H, overlap) of block (F, Ln); the unknowns are the valence channels, then s with l = Ln."""
    gap = np.where(bands.Ep > 0, bands.Ec - bands.Ev, 1.0)
    minus = valence(mesh, bands, bands.L - bands.Ep / gap).block(twoF, Ln)
    those = channels(twoF, Ln)
    first = 1 if Ln else 0
    every = bands.remote if remote is None else np.full(bands.regions, remote)
    kinetic = HBAR2_2M * combined(every, mesh.stiff + Ln * (Ln + 1) * mesh.plain)
    s_block = (kinetic + combined(bands.Ec, mesh.mass))[first:, first:]
    s_mass = mesh.mass.sum(axis=0)[first:, first:]
    # <s| P div |V>: ∫ f P (a' + c a/r) r² dr
    weight = mesh.w * bands.coupling()[mesh.region]
    by_slope = np.einsum("q,qi,qj->ij", weight * mesh.r**2, mesh.value, mesh.slope)
    by_value = np.einsum("q,qi,qj->ij", weight * mesh.r, mesh.value, mesh.value)
    across = np.zeros((mesh.size, mesh.size, len(those)))
    for k, channel in enumerate(reversed(those)):
        if channel.divergence is not None:
            a, c = channel.divergence
            across[:, :, k] = a * (by_slope + c * by_value)
    coupling = across.reshape(mesh.size, -1)[first:, origin(those) :]
    zero = np.zeros_like(coupling)
    H = np.block([[-minus.H, coupling.T], [coupling, s_block]])
    return H, np.block([[minus.S, zero.T], [zero, s_mass]])


def pair(mesh: Mesh, bands: Bands, remote: float | None = None) -> tuple[float, float]:
    """(Ee, Eh) of 1S: the first state above the middle of the gap in block (1/2, 0), below it in (3/2, 1)."""
    from scipy.linalg import eigh

    middle = float(bands.Ev[0]) + bands.gap_core / 2
    conduction = eigh(*block(mesh, bands, 1, 0, remote), eigvals_only=True)
    valence = eigh(*block(mesh, bands, 3, 1, remote), eigvals_only=True)
    return float(conduction[conduction > middle][0]), float(valence[valence < middle][-1])
