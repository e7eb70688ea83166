"""A dot's own atoms at rest under Keating's forces, and the strain each of them bears.

What a force field of two constants knows nothing of stays where its neighbour takes it: ligands' anchors
and the oxygen of oxide move with the atom they hang on and push nobody.  Vacancies, missing layers and alloys
need nothing of their own: a bond that is not there exerts no force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.dot.atoms import Atoms
from epidot.dot.bonds import Constants, network, of_files
from epidot.dot.keating import Floats, Network, energy_and_gradient
from epidot.errors import WorkError

FORCE_EV_PER_NM = 1e-3  # the largest that is left on any atom at rest
MOST_STEPS = 5000
INNER_NM = 1.0


class NotAtRest(WorkError):
    """The atoms did not come to rest."""


@dataclass(frozen=True)
class Relaxed:
    """Atoms at rest.

    ``strain`` (n,): hydrostatic elastic strain of each atom, a third of the trace: the cube root of the
    volume of its four neighbours' tetrahedron over the volume that its own bonds would span at their free
    lengths, less one; of an atom with fewer bonds the mean of its neighbours', of one without bonds NaN.
    ``start_nm`` are the positions on the lattice; ``evaluations`` counts those of the energy.
    """

    atoms: Atoms
    energy_eV: float
    strain: Floats
    start_nm: Floats
    force_eV_per_nm: float
    evaluations: int
    net: Network
    moving: NDArray[np.bool_]

    @property
    def core(self) -> float:
        """Mean strain of the core's own lattice: of core atoms with four bonds, all within the core.

        NaN where the core has none such.
        """
        return float(np.mean(self.strain[self.inside])) if self.inside.any() else float("nan")

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Core atoms whose four neighbours are the core's, shape (n,)."""
        mine = np.flatnonzero(self.moving)
        core = self.atoms.role[mine] == "core"
        whole = (self.net.coordination == 4) & core
        out = np.zeros(len(self.atoms), dtype=bool)
        out[mine[whole]] = core[self.net.neighbour[whole]].all(axis=1)
        return out

    @property
    def layers(self) -> Mapping[int, float]:
        """Mean strain of the atoms of each layer, the core (0) first."""
        counted = np.isfinite(self.strain)
        return {
            int(n): float(np.mean(self.strain[counted & (self.atoms.layer == n)]))
            for n in np.unique(self.atoms.layer[counted])
        }

    def lattice(self, within_nm: float = INNER_NM) -> float:
        """Strain of the lattice within ``within_nm`` of the centre: its deformation gradient's trace / 3.

        Relative to the lattice the dot was built on; NaN where fewer than four atoms lie there.
        """
        inner = self.moving & (np.linalg.norm(self.start_nm, axis=1) < within_nm)
        if inner.sum() < 4:
            return float("nan")
        before, after = self.start_nm[inner], self.atoms.position_nm[inner]
        gradient, *_ = np.linalg.lstsq(before - before.mean(0), after - after.mean(0), rcond=None)
        return float(np.trace(gradient) / 3 - 1)


def relax(atoms: Atoms, constants: Constants = of_files) -> Relaxed:
    """Bring ``atoms`` to rest; ``constants`` gives the force constants of a cation and an anion.

    Raises
    ------
    InputError, Gap
        As :func:`epidot.dot.bonds.network`.
    NotAtRest
        If forces are left on the atoms after many steps.
    """
    from scipy.optimize import minimize

    moving = np.isin(atoms.role, ("core", "shell"))
    start = np.ascontiguousarray(atoms.position_nm[moving])
    net = network(atoms.species[moving], start, constants)

    def slope(x: Floats) -> tuple[float, Floats]:
        energy, gradient = energy_and_gradient(x.reshape(-1, 3), net)
        return energy, gradient.ravel()

    limits = {"gtol": FORCE_EV_PER_NM, "ftol": 0.0, "maxiter": MOST_STEPS, "maxfun": MOST_STEPS}
    found = minimize(slope, start.ravel(), jac=True, method="L-BFGS-B", options={"maxcor": 20, **limits})
    force = float(np.max(np.abs(found.jac)))
    # at the end of what doubles can tell the search stops a little early; ten times more is not at rest
    if force > 10 * FORCE_EV_PER_NM:
        raise NotAtRest(
            f"the atoms are not at rest: forces of {force:.2g} eV/nm are left after {found.nfev} evaluations"
        )
    rest = found.x.reshape(-1, 3)
    position = atoms.position_nm.copy()
    position[moving] = rest
    if not moving.all():
        position[~moving] += _carried(start, rest - start, atoms.position_nm[~moving])
    strain = np.full(len(atoms), np.nan)
    strain[moving] = _strain(rest, net)
    return Relaxed(
        replace(atoms, position_nm=position), float(found.fun), strain, atoms.position_nm, force,
        int(found.nfev), net, moving,
    )  # fmt: skip


def _carried(start: Floats, moved: Floats, hung: Floats) -> Floats:
    """How far what hangs at ``hung`` goes with the nearest atom."""
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(start).query(hung)
    return np.asarray(moved[nearest])


def _strain(x: Floats, net: Network) -> Floats:
    """Strain of every atom of the network, shape (n,)."""
    whole = net.coordination == 4
    corner = x[net.neighbour[whole]]
    volume = np.abs(np.linalg.det(corner[:, 1:] - corner[:, :1])) / 6
    d0 = net.d0[net.bond[whole]].mean(axis=1)
    free = 8 / (9 * np.sqrt(3)) * d0**3  # of a regular tetrahedron of that radius
    out = np.full(len(x), np.nan)
    out[whole] = np.cbrt(volume / free) - 1
    while True:  # inwards out: an atom at the surface bears what its neighbours bear
        open_ = np.flatnonzero(np.isnan(out) & (net.coordination > 0))
        beside = np.where(net.neighbour[open_] < 0, np.nan, out[net.neighbour[open_]])
        told = np.isfinite(beside).any(axis=1)
        if not told.any():
            return out
        out[open_[told]] = np.nanmean(beside[told], axis=1)
