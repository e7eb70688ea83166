"""The matrix of a dot: each atom's own numbers, each pair's mean; sparse, ordered to fill in little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Fault, Gap, InputError
from epidot.light.states.atoms.parameters import Hopping, bulk, hopping
from epidot.light.states.atoms.sites import Lattice, dissected
from epidot.matter.materials import compound_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIELDS = tuple(Hopping.__dataclass_fields__)
ON_SITE = [FIELDS.index("Es"), FIELDS.index("Ep")]
ORBITALS = {True: 1, False: 3}  # of a cation, of an anion


@dataclass(frozen=True)
class Model:
    """A dot's matrix without spin.

    ``H`` (rows, rows) is real, symmetric and sparse, in eV; row ``start[i]`` is the first orbital of atom i;
    ``atom`` (rows,) says whose a row is and ``axis`` (rows,) which p, -1 for s; ``dso`` (n,) is the split-off
    energy on each atom.  ``crystals`` are those whose numbers were used, with the bonds that each has;
    ``foreign`` counts by element the atoms of no such crystal, which are taken for the dot's own.
    """

    lattice: Lattice
    H: Any
    start: Ints
    atom: Ints
    axis: Ints
    dso: Floats
    crystals: Mapping[str, int]
    foreign: Mapping[str, int]

    @cached_property
    def rows(self) -> int:
        """Number of orbitals."""
        return int(self.H.shape[0])

    def velocity(self, axis: int) -> Any:
        """[H, x] along ``axis`` in eV nm, (rows, rows), antisymmetric: the coupling to light."""
        coordinate = self.lattice.place[self.atom, axis] * self.lattice.a_nm / 4
        H = self.H.tocoo()
        from scipy.sparse import csr_matrix

        values = H.data * (coordinate[H.col] - coordinate[H.row])
        return csr_matrix((values, (H.row, H.col)), shape=H.shape)


def model(
    where: Lattice,
    strain: Floats | None = None,
    closure: float = 0.0,
    remote: Mapping[str, float] | None = None,
    potential: Mapping[str, float] | None = None,
) -> Model:
    """The matrix of atoms on ``where``; ``strain`` (n,) is each one's hydrostatic strain, NaN counts as 0.

    ``closure`` shifts a cation's level by that many times :attr:`Hopping.closure` for each anion it lacks;
    ``remote`` replaces the remote term A of crystals by name; ``potential`` in eV lifts all levels of one.

    Raises
    ------
    Gap, InputError
        As :func:`hopping`, of every crystal at once; if no two bonded elements make a known crystal.
    """
    values, used, foreign = _of_atoms(where, remote or {}, potential or {})
    own = dict(zip(FIELDS, values.T, strict=True))
    eps = np.zeros(len(where)) if strain is None else np.nan_to_num(strain)
    order = dissected(where.place)
    size = np.where(where.cation, ORBITALS[True], ORBITALS[False])
    start = np.empty(len(where), dtype=np.int64)
    start[order] = np.concatenate([[0], np.cumsum(size[order])[:-1]])
    total = int(size.sum())
    atom = np.empty(total, dtype=np.int64)
    axis = np.full(total, -1, dtype=np.int64)
    for k in range(3):
        mine = np.flatnonzero(size > k)
        atom[start[mine] + k] = mine
    anions = np.flatnonzero(~where.cation)
    for k in range(3):
        axis[start[anions] + k] = k

    rows, columns, entries = _pairs(where, values, start)
    missing = np.maximum(4 - where.bonds, 0)
    s = own["Es"] + 3 * own["ac"] * eps + closure * own["closure"] * missing
    p = own["Ep"] + 3 * own["av"] * eps
    diagonal = np.where(where.cation, s, p)[atom]
    from scipy.sparse import coo_matrix

    i, j, h = np.concatenate(rows), np.concatenate(columns), np.concatenate(entries)
    kept = h != 0
    i, j, h = i[kept], j[kept], h[kept]
    whole = np.arange(total)
    H = coo_matrix(
        (np.concatenate([h, h, diagonal]), (np.concatenate([i, j, whole]), np.concatenate([j, i, whole]))),
        shape=(total, total),
    ).tocsc()
    return Model(where, H, start, atom, axis, own["dso"], used, foreign)


def _pairs(where: Lattice, values: Floats, start: Ints) -> tuple[list[Ints], list[Ints], list[Floats]]:
    """Rows, columns and values of half of the matrix, without its diagonal."""
    own = dict(zip(FIELDS, values.T, strict=True))
    rows: list[Ints] = []
    columns: list[Ints] = []
    entries: list[Floats] = []

    def put(i: Ints, j: Ints, h: Floats) -> None:
        rows.append(i)
        columns.append(j)
        entries.append(h)

    cation, anion = where.first.T
    V = (own["V"][cation] + own["V"][anion]) / 2
    for k in range(3):
        put(start[cation], start[anion] + k, V * where.way[:, k])
    of_cations = where.cation[where.second[:, 0]]
    i, j = where.second[of_cations].T
    put(start[i], start[j], (own["Vss"][i] + own["Vss"][j]) / 2)
    i, j = where.second[~of_cations].T
    over = where.over[~of_cations]
    E1, E2, E3 = ((own[name][i] + own[name][j]) / 2 for name in ("E1", "E2", "E3"))
    for k in range(3):
        put(start[i] + k, start[j] + k, np.where(over[:, k] != 0, E1, E2))
        for l in range(3):
            if l != k:
                put(start[i] + k, start[j] + l, E3 * over[:, k] * over[:, l])
    return rows, columns, entries


def _of_atoms(
    where: Lattice, remote: Mapping[str, float], potential: Mapping[str, float]
) -> tuple[Floats, dict[str, int], dict[str, int]]:
    """The numbers of every atom (n, fields): the mean over its bonds that are those of a known crystal.

    An atom with none such is of the crystals of this dot that hold its element.  ``potential`` in eV lifts
    every level of a crystal.
    """
    species = where.species
    cation, anion = where.first.T
    pairs = np.char.add(np.char.add(species[cation], " "), species[anion])
    kinds, kind = np.unique(pairs, return_inverse=True)
    table = np.full((len(kinds), len(FIELDS)), np.nan)
    used: dict[str, int] = {}
    gaps: list[Fault] = []
    faults: list[Fault] = []
    for number, text in enumerate(kinds.tolist()):
        name = compound_of(*text.split())
        if name is None:
            continue
        try:
            table[number] = hopping(bulk(name), remote.get(name)).row
            table[number, ON_SITE] += potential.get(name, 0.0)
        except Gap as gap:
            gaps += gap.faults
        except InputError as error:
            faults += error.faults
        used[name] = used.get(name, 0) + int((kind == number).sum())
    for name in remote:
        if name not in used:
            faults.append(
                Fault("a remote term of a crystal this dot has not", seen=name, nearest=tuple(used))
            )
    if faults or gaps:
        raise InputError([*faults, *gaps]) if faults else Gap(gaps)
    if not used:
        raise InputError(
            "no two bonded elements of this dot make a crystal that epidot knows",
            seen=", ".join(kinds.tolist()),
        )
    known = ~np.isnan(table[kind, 0])
    total, number_of = np.zeros((len(where), len(FIELDS))), np.zeros(len(where))
    for side in (cation, anion):
        np.add.at(total, side[known], table[kind[known]])
        np.add.at(number_of, side[known], 1)
    values = np.full_like(total, np.nan)
    values[number_of > 0] = total[number_of > 0] / number_of[number_of > 0, None]
    good = ~np.isnan(table[:, 0])
    foreign: dict[str, int] = {}
    for element in np.unique(species[number_of == 0]).tolist():
        lone = (number_of == 0) & (species == element)
        mine = good & np.array([element in text.split() for text in kinds.tolist()])
        rows = table[mine if mine.any() else good]
        values[lone] = rows.mean(axis=0)
        if not mine.any():
            foreign[element] = int(lone.sum())
    return values, used, foreign
