"""Where the level of an open bond lies: by element, by the number of bonds left, and by how many are open.

One atom on the surface of a dot is left bare while all others are healed.  Its level hardly knows the size of
the dot.  An atom that keeps three bonds is nearly harmless, one that keeps two is a deep trap; reconstruction
and what ligands add are not in the model, and depths are good to 0.3 eV (docs/theory/states.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError, WorkError
from epidot.given import remembered
from epidot.light.states.atoms.sites import Lattice, lattice
from epidot.light.states.atoms.solve import shifted
from epidot.light.states.atoms.sp3s import Sp3s, sp3s, vogl
from epidot.matter.materials import crystal

Floats = NDArray[np.float64]

DIAMETER_NM = 2.4
SMALLEST_NM, LARGEST_NM = 1.8, 5.0
LEVELS = 8  # on either side of the gap's middle
ERROR_EV = 0.3  # of a depth


@dataclass(frozen=True)
class OpenBond:
    """The level of an atom with open bonds, in eV above the crystal's own valence top without spin-orbit.

    ``weight`` is the share of the state on the atom; where it is small, there is no state of its own.
    ``valence_eV`` and ``conduction_eV`` are the edges of the same dot, all healed, in the same model: its
    conduction edge lies 0.1 to 0.4 eV too low, so measure depths from the edges of a better one.
    ``error_eV`` is what a depth may be off by.
    """

    element: str
    bonds: int
    open: int
    level_eV: float
    weight: float
    valence_eV: float
    conduction_eV: float
    error_eV: float = ERROR_EV


@remembered(64)
def open_bond(
    element: str, bonds: int, open_: int | None = None, core: str = "InP", diameter_nm: float = DIAMETER_NM
) -> OpenBond:
    """The level of ``element`` on the surface of ``core``: ``bonds`` are left, ``open_`` open (all others).

    Of the states near the gap it is the one with the largest share on the atom.

    Raises
    ------
    InputError
        If the crystal has no sp3s* numbers or no such element, the bonds are not 2 or 3, no more can be open
        than are missing, or the dot is too small or too large.
    """
    numbers = vogl(core)
    made = crystal(core)
    missing = 4 - bonds
    keep = missing if open_ is None else open_
    if element not in (*made.cations, *made.anions):
        raise InputError(f"{core} has no such element", seen=element, nearest=(*made.cations, *made.anions))
    if bonds not in (2, 3):
        raise InputError("an atom of a surface keeps 2 or 3 bonds", seen=str(bonds))
    if not 1 <= keep <= missing:
        raise InputError(f"of {missing} missing bonds 1 to {missing} can be open", seen=str(keep))
    if not SMALLEST_NM <= diameter_nm <= LARGEST_NM:
        raise InputError(
            f"dots of {SMALLEST_NM:g} to {LARGEST_NM:g} nm show the level; it does not depend on the size",
            seen=f"{diameter_nm:g} nm",
        )
    where = ball(core, diameter_nm)
    mine = np.flatnonzero((where.species == element) & (where.bonds == bonds))
    if not len(mine):
        raise WorkError(f"no {element} with {bonds} bonds lies on a {core} sphere of {diameter_nm:g} nm")
    atom = int(mine[0])
    valence, conduction = _edges(core, diameter_nm)
    values, weights = _near(sp3s(where, numbers, {atom: keep}), atom, (valence + conduction) / 2)
    best = int(np.argmax(weights))
    return OpenBond(
        element, bonds, keep, float(values[best]), float(weights[best]), valence, conduction
    )  # fmt: skip


def open_bonds(core: str = "InP") -> tuple[OpenBond, ...]:
    """All kinds of atoms with open bonds on ``core``: anion, cation; three bonds, two; all open or one."""
    made = crystal(core)
    kinds = ((3, 1), (2, 2), (2, 1))
    return tuple(
        open_bond(el, bonds, open_, core) for el in (*made.anions, *made.cations) for bonds, open_ in kinds
    )


def ball(core: str, diameter_nm: float) -> Lattice:
    """A sphere of ``core`` about a cation, atoms with fewer than two bonds dropped until none is left."""
    made = crystal(core)
    reach = 2 * diameter_nm / made.a_nm
    n = int(reach) + 1
    grid = np.array(list(product(range(-n, n + 1), repeat=3)))
    grid = grid[(grid**2).sum(axis=1) <= reach**2 * (1 + 1e-12)]
    cation = (grid % 2 == 0).all(axis=1) & (grid.sum(axis=1) % 4 == 0)
    anion = (grid % 2 == 1).all(axis=1) & (grid.sum(axis=1) % 4 == 3)
    grid, cation = grid[cation | anion], cation[cation | anion]
    while True:
        species = np.where(cation, next(iter(made.cations)), next(iter(made.anions)))
        where = lattice(species, grid * made.a_nm / 4, made.a_nm)
        good = where.bonds >= 2
        if good.all():
            return where
        grid, cation = grid[good], cation[good]


@remembered(8)
def _edges(core: str, diameter_nm: float) -> tuple[float, float]:
    """Valence and conduction edge of the healed dot."""
    of = sp3s(ball(core, diameter_nm), vogl(core))
    middle = shifted(of.H, 0.5)
    below, _ = middle.first("below", 1)
    above, _ = middle.first("above", 1)
    return float(below[0]), float(above[0])


def _near(of: Sp3s, atom: int, middle_eV: float) -> tuple[Floats, Floats]:
    """Levels on both sides of ``middle_eV`` and the share of each on ``atom``."""
    at = shifted(of.H, middle_eV)
    found = [at.first(side, LEVELS) for side in ("below", "above")]
    values = np.concatenate([v for v, _ in found])
    vectors = np.concatenate([x for _, x in found], axis=1)
    return values, np.asarray((vectors[of.atom == atom] ** 2).sum(axis=0))
