"""Zinc-blende spheres and tetrahedra cut by the plainest rule, for the exact cases of the atomistic states.

Cations stand on the even face-centred lattice, anions at +(1, 1, 1) quarters of a; every atom within half the
diameter is kept, then atoms with fewer than two bonds are dropped until none is left.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.dot.atoms import Atoms
from epidot.dot.lattice import build
from epidot.dot.layers import LayeredDot
from epidot.dot.shapes import Body
from epidot.light.states.atoms.parameters import remote_of
from epidot.light.states.atoms.sites import Lattice, lattice
from epidot.light.states.bands import Bands, bands, kane_energy
from epidot.light.states.mesh import mesh
from epidot.matter.materials import crystal
from oracle.states import eight_bands


def atoms_of(species: NDArray[np.str_], position_nm: NDArray[np.float64], a_nm: float) -> Atoms:
    """Atoms without ligands, all of them of the core, those with one bond or none dropped."""
    while True:
        good = lattice(species, position_nm, a_nm).bonds >= 2
        if good.all():
            break
        species, position_nm = species[good], position_nm[good]
    n = len(species)
    return Atoms(species, position_nm, np.zeros(n, np.int64), np.full(n, "core", "<U6"), np.zeros(n), a_nm)


def sphere(diameter_nm: float, core: str = "InP", centre: str = "cation") -> Atoms:
    """A sphere of ``core`` about a cation or an anion."""
    a = crystal(core).a_nm
    reach = 2 * diameter_nm / a
    n = int(reach) + 2
    grid = np.array(np.meshgrid(*[np.arange(-n, n + 1)] * 3, indexing="ij")).reshape(3, -1).T
    shift = 0 if centre == "cation" else 1
    grid = grid + shift
    cation = (grid % 2 == 0).all(axis=1) & (grid.sum(axis=1) % 4 == 0)
    anion = ((grid - 1) % 2 == 0).all(axis=1) & ((grid - 1).sum(axis=1) % 4 == 0)
    inside = ((grid - shift) ** 2).sum(axis=1) <= reach**2 * (1 + 1e-12)
    keep = (cation | anion) & inside
    return atoms_of(_named(core, cation[keep]), (grid[keep] - shift) * a / 4, a)


def tetrahedron(edge: int, ends_in: str, core: str = "InP") -> Atoms:
    """A {111} tetrahedron, ``edge`` ions of the inner kind along its edge, the faces of the other kind."""
    body = Body("tetrahedron", edge)
    made = crystal(core)
    dot = LayeredDot(core, body.diameter_nm(made.a_nm))
    cut = build(dot, np.random.default_rng(0), centre=body.centre, shape=body.shape)
    cation = np.isin(cut.species, list(made.cations))
    return atoms_of(_named(core, cation if ends_in == "cation" else ~cation), cut.position_nm, made.a_nm)


def shelled(core_nm: float, shell: str, layers: int, core: str = "InP") -> Atoms:
    """A sphere of ``core`` in a ball of ``shell``, each layer one {111} bilayer of the core thick."""
    a = crystal(core).a_nm
    ball = sphere(core_nm + 2 * layers * a / 3**0.5, core)
    outside = np.linalg.norm(ball.position_nm, axis=1) > core_nm / 2 * (1 + 1e-9)
    cation = np.isin(ball.species, list(crystal(core).cations))
    species = np.where(outside, _named(shell, cation), ball.species)
    return replace(
        ball, species=species, layer=outside.astype(np.int64), role=np.where(outside, "shell", "core")
    )


def _named(material: str, cation: NDArray[np.bool_]) -> NDArray[np.str_]:
    one = crystal(material)
    return np.where(cation, next(iter(one.cations)), next(iter(one.anions))).astype("<U2")


def radius_nm(atoms: Atoms) -> float:
    """Radius of the sphere with the volume of the atoms, eight to a cell."""
    return float((3 / (4 * np.pi) * len(atoms) * atoms.a_nm**3 / 8) ** (1 / 3))


def sites_of(atoms: Atoms) -> Lattice:
    """Their lattice."""
    return lattice(atoms.species, atoms.position_nm, atoms.a_nm)


def hard_wall(radius_nm: float, core: str = "InP", remote: float | None = None) -> tuple[float, float]:
    """Electron and hole in eV of eight-band spherical k·p with an infinite wall at ``radius_nm``."""
    m = crystal(core)
    A = remote_of(m).value if remote is None else remote
    layers = bands(LayeredDot(core, 2 * radius_nm), [0.0], 0.0, 2.0)[0]
    coupled: Bands = replace(layers, Ep=np.array([kane_energy(m["m_e"], m["Eg_eV"], m["dso_eV"], A)]))
    return eight_bands.pair(mesh([radius_nm], 0.5, 0, 0.0, None), coupled, A)


def wall_offset(level_eV: float, radius_nm: float, which: int, core: str = "InP") -> float:
    """How far outside ``radius_nm`` the wall of :func:`hard_wall` gives ``level_eV`` (0 electron, 1 hole)."""
    from scipy.optimize import brentq

    def off(more: float) -> float:
        return hard_wall(radius_nm + more, core)[which] - level_eV

    return float(brentq(off, -0.1, 0.9, xtol=1e-4))
