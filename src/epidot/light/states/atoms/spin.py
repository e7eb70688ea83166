"""Spin-orbit coupling on the anions: in the space of a few levels without spin, or in the whole matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.light.states.atoms.matrix import Model

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=np.complex128)
EVEN = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def in_space(model: Model, values: Floats, vectors: Floats) -> tuple[Floats, Complex]:
    """Levels with spin of the space of ``values`` (k,), ``vectors`` (rows, k) without: highest first.

    Energies (2k,) in eV and the vectors (k, 2, 2k), level without spin and spin first.  The term is
    (Δ/3) L·σ on every anion, with L the orbital momentum of p.
    """
    k = len(values)
    weight = np.where(model.axis >= 0, model.dso[model.atom] / 3, 0.0)
    H = np.kron(np.diag(values), np.eye(2)).astype(np.complex128)
    by_axis = [model.axis == i for i in range(3)]
    # rows of one anion stand side by side, so the same anions come in the same order for every axis
    p = [vectors[mine] for mine in by_axis]
    for i, j, m in EVEN:
        turn = (p[j].T * weight[by_axis[j]]) @ p[m]
        H += np.kron(-1j * (turn - turn.T), PAULI[i])
    energies, states = np.linalg.eigh(H)
    return energies[::-1], states[:, ::-1].reshape(k, 2, 2 * k)


def whole(model: Model) -> Any:
    """The complex matrix (2 rows, 2 rows) with spin; row 2r + s is orbital r with spin s."""
    from scipy.sparse import coo_matrix, identity, kron

    H = kron(model.H, identity(2), format="coo").astype(np.complex128)
    anions = np.flatnonzero(~model.lattice.cation)
    start, weight = model.start[anions], model.dso[anions] / 3
    rows, columns, values = [H.row], [H.col], [H.data]
    for i, j, m in EVEN:
        for a, b, sign in ((j, m, 1.0), (m, j, -1.0)):
            for s in range(2):
                for t in range(2):
                    if PAULI[i, s, t] != 0:
                        rows.append(2 * (start + a) + s)
                        columns.append(2 * (start + b) + t)
                        values.append(-1j * sign * PAULI[i, s, t] * weight)
    data = np.concatenate(values)
    place = (np.concatenate(rows), np.concatenate(columns))
    return coo_matrix((data, place), shape=H.shape).tocsc()
