"""Oracle: the full eight-band problem (s channel coupled to the valence channels by P), same mesh.

With the coupling explicit, the valence band keeps only its remote part, L' = L − Ep/Eg, and the
conduction band the free-electron mass.  In the ligand P = 0, which pins the electron's valence part:
bare dots come out wrong by 0.3 eV and more, so this is an oracle for thick shells only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.light.states.bands import REMOTE, Bands
from epidot.light.states.hole import channels, regular, valence_matrix
from epidot.light.states.mesh import Mesh

Array = NDArray[np.float64]


def block(mesh: Mesh, bands: Bands, twoF: int, Ln: int) -> tuple[Array, Array]:
    """(H, overlap) of block (F, Ln); the unknowns are the valence channels, then s with l = Ln."""
    bulk_gap = np.where(bands.Ep > 0, bands.Ec - bands.Ev, 1.0)
    minus_H, S = valence_matrix(mesh, bands, twoF, Ln, bands.L - bands.Ep / bulk_gap)
    those = channels(twoF, Ln)
    size = mesh.size
    kinetic = HBAR2_2M * REMOTE * (mesh.stiff + Ln * (Ln + 1) * mesh.plain).sum(axis=0)
    s_block = kinetic + np.tensordot(bands.Ec, mesh.mass, 1)
    P = bands.coupling()
    mixed = np.tensordot(P, mesh.mixed, 1)  # ∫ φ'φ r: the 1/r part of div needs ∫ φφ r, the slope ∫ φφ' r²
    slope = np.zeros((size, size))
    over_r = np.zeros((size, size))
    weight = mesh.w * P[mesh.region]
    slope = np.einsum("q,qi,qj->ij", weight * mesh.r**2, mesh.value, mesh.slope)
    over_r = np.einsum("q,qi,qj->ij", weight * mesh.r, mesh.value, mesh.value)
    del mixed
    coupling = np.zeros((size, len(those), size))
    for k, c in enumerate(those):
        if c.divergence is not None:
            a, ca = c.divergence
            coupling[:, k] = a * (slope + ca * over_r)
    first = 1 if Ln else 0
    across = coupling.reshape(size, -1)[first:, regular(mesh, those)]
    mass = mesh.mass.sum(axis=0)[first:, first:]
    nv, ns = minus_H.shape[0], mass.shape[0]
    H, overlap = np.zeros((nv + ns, nv + ns)), np.zeros((nv + ns, nv + ns))
    H[:nv, :nv], H[nv:, nv:] = -minus_H, s_block[first:, first:]
    H[nv:, :nv], H[:nv, nv:] = across, across.T
    overlap[:nv, :nv], overlap[nv:, nv:] = S, mass
    return H, overlap


def pair(mesh: Mesh, bands: Bands, near: tuple[float, float]) -> tuple[float, float]:
    """(Ee, Eh) of the 1S pair: the state above the middle of the gap in block (1/2, 0), below it in (3/2, 1)."""
    from scipy.linalg import eigh

    middle = bands.Ev[0] + bands.gap_core / 2
    del near
    conduction = eigh(*block(mesh, bands, 1, 0), eigvals_only=True)
    valence = eigh(*block(mesh, bands, 3, 1), eigvals_only=True)
    return float(conduction[conduction > middle][0]), float(valence[valence < middle][-1])
