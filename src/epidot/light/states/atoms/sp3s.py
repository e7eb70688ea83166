"""The sp3s* model of nearest neighbours, for what the lean model has no orbitals for: open bonds.

P. Vogl, H. P. Hjalmarson and J. D. Dow, J. Phys. Chem. Solids 44, 365 (1983): s, three p and an excited s on
every atom.  Here without spin-orbit and on the unrelaxed lattice.  A bond that is healed has its hybrid,
(s + √3 p along the bond)/2, taken out of the basis: what an infinitely strong bond to a ligand would do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.documents import data_document, top
from epidot.errors import InputError, nearest
from epidot.light.states.atoms.sites import Lattice, dissected

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ORBITALS = 5  # s, x, y, z, s*
_LEVELS = ("s", "p", "excited")
_COUPLINGS = ("ss", "xx", "xy", "sa_pc", "sc_pa", "excited_a_pc", "excited_c_pa")


@dataclass(frozen=True)
class Vogl:
    """The numbers of one crystal in eV: levels of anion and cation, couplings (four times a bond's)."""

    anion: dict[str, float]
    cation: dict[str, float]
    coupling: dict[str, float]
    source: str


@lru_cache(maxsize=1)
def _known() -> dict[str, Vogl]:
    page = top(data_document("atoms.yaml"))
    found = {}
    for name, one in page["vogl"].table("sp3s* of").items():
        source, _, _ = one.provenance()
        parts = ((one["anion"], _LEVELS), (one["cation"], _LEVELS), (one["coupling"], _COUPLINGS))
        anion, cation, coupling = ({key: part[key].number() for key in keys} for part, keys in parts)
        found[name] = Vogl(anion, cation, coupling, source)
    page.faults.raise_if_any()
    return found


def vogl(name: str) -> Vogl:
    """The numbers of a crystal.

    Raises
    ------
    InputError
        If there are none of it.
    """
    known = _known()
    if name not in known:
        raise InputError(
            "no sp3s* numbers of this crystal", seen=name, nearest=nearest(name, known) or tuple(known)
        )
    return known[name]


def block(numbers: Vogl, way: Ints) -> Floats:
    """<anion| H |cation> of one bond (5, 5) in eV; ``way`` (3,) are the signs from anion to cation."""
    V = {key: value / 4 for key, value in numbers.coupling.items()}
    out = np.zeros((ORBITALS, ORBITALS))
    out[0, 0] = V["ss"]
    out[1:4, 1:4] = V["xy"] * np.outer(way, way)
    out[(1, 2, 3), (1, 2, 3)] = V["xx"]
    out[0, 1:4], out[1:4, 0] = V["sa_pc"] * way, -V["sc_pa"] * way
    out[4, 1:4], out[1:4, 4] = V["excited_a_pc"] * way, -V["excited_c_pa"] * way
    return out


@dataclass(frozen=True)
class Sp3s:
    """A dot's matrix ``H`` (rows, rows) in eV, and ``atom`` (rows,): whose each row is."""

    H: Any
    atom: Ints


def sp3s(where: Lattice, numbers: Vogl, bare: dict[int, int] | None = None) -> Sp3s:
    """The matrix of atoms of one crystal on ``where``, every open bond healed but for those ``bare``.

    ``bare`` says how many of its open bonds an atom keeps.
    """
    from scipy.sparse import coo_matrix

    n = len(where)
    order = dissected(where.place)
    start = np.empty(n, dtype=np.int64)
    start[order] = ORBITALS * np.arange(n)
    cation, anion = where.first.T
    local = np.arange(ORBITALS)
    rows = np.broadcast_to((start[anion, None] + local)[:, :, None], (len(anion), ORBITALS, ORBITALS))
    columns = np.broadcast_to((start[cation, None] + local)[:, None, :], rows.shape)
    values = np.empty(rows.shape)
    for way in np.unique(where.way, axis=0):
        values[(where.way == way).all(axis=1)] = block(numbers, -way)
    keys = ("s", "p", "p", "p", "excited")
    own = np.where(
        where.cation[:, None],
        np.array([numbers.cation[key] for key in keys]),
        np.array([numbers.anion[key] for key in keys]),
    )
    diagonal = (start[:, None] + local).ravel()
    i = np.concatenate([rows.ravel(), columns.ravel(), diagonal])
    j = np.concatenate([columns.ravel(), rows.ravel(), diagonal])
    data = np.concatenate([values.ravel(), values.ravel(), own.ravel()])
    H = coo_matrix((data, (i, j)), shape=(ORBITALS * n,) * 2).tocsc()
    kept, atom = _kept(where, order, start, bare or {})
    return Sp3s((kept.T @ H @ kept).tocsc(), atom)


def _kept(where: Lattice, order: Ints, start: Ints, bare: dict[int, int]) -> tuple[Any, Ints]:
    """The basis without healed hybrids, orthonormal columns (rows, kept), and whose each column is."""
    from scipy.sparse import coo_matrix

    ends = [where.first[:, side] for side in (0, 1)]
    signs = [where.way, -where.way]  # from the atom to its neighbour
    tetra = {kind: np.unique(signs[side], axis=0) for side, kind in ((0, True), (1, False))}
    made: list[set[tuple[int, ...]]] = [set() for _ in range(len(where))]
    for end, sign in zip(ends, signs, strict=True):
        for i, way in zip(end.tolist(), sign.tolist(), strict=True):
            made[i].add(tuple(way))
    rows: list[Ints] = []
    columns: list[Ints] = []
    values: list[Floats] = []
    atom: list[Ints] = []
    count = 0
    for i in order.tolist():
        open_ = [way for way in tetra[bool(where.cation[i])].tolist() if tuple(way) not in made[i]]
        own = _complement(tuple(map(tuple, open_[bare.get(i, 0) :])))
        r, c = np.nonzero(own)
        rows.append(start[i] + r)
        columns.append(count + c)
        values.append(own[r, c])
        atom.append(np.full(own.shape[1], i, dtype=np.int64))
        count += own.shape[1]
    place = (np.concatenate(rows), np.concatenate(columns))
    kept = coo_matrix((np.concatenate(values), place), shape=(ORBITALS * len(where), count)).tocsc()
    return kept, np.concatenate(atom)


@lru_cache(maxsize=64)
def _complement(healed: tuple[tuple[int, ...], ...]) -> Floats:
    """Orthonormal columns (5, 5 - healed) of what the hybrids towards ``healed`` leave."""
    if not healed:
        return np.eye(ORBITALS)
    hybrids = np.array([[0.5, *(np.array(way) / 2), 0.0] for way in healed])
    basis = np.linalg.svd(hybrids)[2][len(healed) :].T
    return np.where(np.abs(basis) < 1e-12, 0.0, basis)
