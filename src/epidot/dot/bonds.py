"""The bonds of a dot's atoms, and the force constants of each.

A bond of two elements that make a crystal known by a file (In-P, Zn-Se) has that crystal's constants.  One
across an interface that belongs to no crystal (In-Se, Zn-P) has the mean of what its two atoms are made of:
of each, the mean over its other bonds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from epidot.dot.keating import EV_PER_NM2, NONE, Floats, ForceConstants, Ints, Network
from epidot.errors import InputError
from epidot.matter.compound import charges
from epidot.matter.materials import compound_of, crystal

REACH = 1.15  # times the longest bond of the crystals at hand: far below the second neighbours' 1.63
TOO_NEAR = 0.5  # of that reach: no two ions of a crystal come so close
BONDS = 4  # of an atom of zinc blende

Constants = Callable[[str, str], ForceConstants | None]  # of a cation and an anion


def of_files(cation: str, anion: str) -> ForceConstants | None:
    """The constants of the crystal of these two ions by its material file; ``None`` where there is none."""
    name = compound_of(cation, anion)
    return ForceConstants.of(crystal(name)) if name else None


def network(species: NDArray[np.str_], position_nm: Floats, constants: Constants = of_files) -> Network:
    """Bonds between the cations and anions of one dot; ``species`` (n,), ``position_nm`` (n, 3).

    Raises
    ------
    InputError
        If no two of the elements make a crystal whose constants are known, or two atoms lie on each other.
    Gap
        If a crystal of the dot has no elastic constants.
    """
    sign = np.array([np.sign(charges().get(str(s), 0)) for s in species])
    cations, anions = (sorted({str(s) for s in species[sign == which]}) for which in (1, -1))
    known = {(c, a): found for c in cations for a in anions if (found := constants(c, a)) is not None}
    if not known:
        raise InputError(
            "no two elements of this dot make a crystal that epidot has elastic constants of",
            seen=", ".join([*cations, *anions]),
            remedy="write a file of the material, with C11_GPa and C12_GPa (docs/first-change.md)",
        )
    pairs = _bonded(position_nm, sign, REACH * max(one.d0_nm for one in known.values()))
    neighbour, bond = _tables(len(species), pairs)
    values = _constants(species, sign, pairs, known)
    alpha, beta, d0 = values.T
    return Network(neighbour, bond, alpha * EV_PER_NM2, beta * EV_PER_NM2, d0)


def _bonded(position_nm: Floats, sign: Floats, reach_nm: float) -> Ints:
    """Pairs of a cation and an anion, each among the other's four nearest; shape (m, 2), in order.

    On a lattice these are the neighbours within reach.  A distorted surface, say one relaxed by another
    program, may bring a fifth ion as near: it is no bond of zinc blende.
    """
    from scipy.spatial import cKDTree

    pairs = cKDTree(position_nm).query_pairs(reach_nm, output_type="ndarray").astype(np.int64)
    pairs = np.sort(pairs[sign[pairs[:, 0]] * sign[pairs[:, 1]] < 0], axis=1)
    length = np.linalg.norm(position_nm[pairs[:, 0]] - position_nm[pairs[:, 1]], axis=1)
    if len(length) and length.min() < TOO_NEAR * reach_nm:
        i, j = pairs[int(length.argmin())].tolist()
        raise InputError(
            "two atoms lie on each other",
            seen=f"atoms {i} and {j}, {length.min():.3g} nm apart",
            remedy="check the positions: they must be in nm, each atom once",
        )
    pairs = pairs[np.argsort(length, kind="stable")]
    end, turn = _turns(len(position_nm), pairs)
    late = np.zeros(len(pairs), dtype=bool)
    late[end[turn >= BONDS] // 2] = True
    pairs = pairs[~late]
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])


def _turns(n: int, pairs: Ints) -> tuple[Ints, Ints]:
    """Places in ``pairs.ravel()``, atom by atom, and the how-many-th of its atom each is."""
    atom = pairs.ravel()
    order = np.argsort(atom, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(atom, minlength=n))])
    return order, np.arange(atom.size) - first[atom[order]]


def _tables(n: int, pairs: Ints) -> tuple[Ints, Ints]:
    """Neighbours and bonds of every atom, filled from the left."""
    end, slot = _turns(n, pairs)
    atom, other = pairs.ravel()[end], pairs[:, ::-1].ravel()[end]
    neighbour = np.full((n, BONDS), NONE, dtype=np.int64)
    bond = np.full((n, BONDS), NONE, dtype=np.int64)
    neighbour[atom, slot] = other
    bond[atom, slot] = end // 2
    return neighbour, bond


def _constants(
    species: NDArray[np.str_],
    sign: NDArray[np.float64],
    pairs: Ints,
    known: Mapping[tuple[str, str], ForceConstants],
) -> Floats:
    """alpha, beta (N/m) and d0 (nm) of every bond, shape (m, 3)."""
    cation = np.where(sign[pairs[:, 0]] > 0, pairs[:, 0], pairs[:, 1])
    anion = pairs.sum(axis=1) - cation
    out = np.full((len(pairs), 3), np.nan)
    for (c, a), one in known.items():
        out[(species[cation] == c) & (species[anion] == a)] = one.alpha, one.beta, one.d0_nm
    found = ~np.isnan(out[:, 0])
    if found.all():
        return out
    of_atom = _mean_of_bonds(len(species), pairs[found], out[found])
    lone = np.isnan(of_atom[:, 0])  # an ion with none but foreign bonds is of the crystals it can make
    for element in np.unique(species[lone]):
        mine = [(k.alpha, k.beta, k.d0_nm) for pair, k in known.items() if element in pair]
        of_atom[lone & (species == element)] = np.mean(mine or list(out[found]), axis=0)
    out[~found] = (of_atom[cation[~found]] + of_atom[anion[~found]]) / 2
    return out


def _mean_of_bonds(n: int, pairs: Ints, values: Floats) -> Floats:
    """Mean of ``values`` (m, k) over the bonds of each atom, NaN where it has none; shape (n, k)."""
    total = np.zeros((n, values.shape[1]))
    for side in (0, 1):
        np.add.at(total, pairs[:, side], values)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / np.bincount(pairs.ravel(), minlength=n)[:, None])
