"""States by other means than the package's: exact Bessel functions, and the full eight-band problem."""

from __future__ import annotations

from epidot.dot.layers import LayeredDot
from epidot.dot.strain import strain
from epidot.light.states import solve_dot
from epidot.light.states.bands import Bands, bands
from epidot.light.states.levels import LIGAND_EDGE_NM, outside_eps
from epidot.light.states.mesh import mesh
from oracle.states import bessel, eight_bands


def regions(dot: LayeredDot) -> Bands:
    """The band structure of ``dot`` as the package takes it by default."""
    elastic = strain(dot, method="shells", spread=False).regions
    return bands(dot, elastic, 1.0, outside_eps(dot.medium), None)[0]


def electron_eV(dot: LayeredDot) -> float:
    """1Se by spherical Bessel functions in every layer."""
    return bessel.electron_energy(regions(dot), near=solve_dot(dot).Ee_eV)


def pair_eV(dot: LayeredDot) -> tuple[float, float]:
    """Electron and hole of the eight-band problem; only for dots with a thick shell."""
    layers = regions(dot)
    return eight_bands.pair(mesh(layers.radii.tolist(), 1.0, 0, LIGAND_EDGE_NM, None), layers)
