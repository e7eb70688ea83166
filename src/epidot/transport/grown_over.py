"""Ions in a dot whose layers have changed: they stay at their radius, and a shell grows over them."""

from __future__ import annotations

import numpy as np

from epidot.transport.mesh import Mesh
from epidot.transport.problem import SAME_NM, Array, Problem, State
from epidot.transport.system import empty

MOVED_NM = 1e-6  # layers this close are the same


def same_layers(told: Problem, edges_nm: Array) -> bool:
    """Whether cells with these edges are cells of ``told``."""
    radii = np.asarray(told.boundaries_nm)
    outer = abs(edges_nm[-1] - radii[-1]) <= MOVED_NM
    return bool(outer and all(np.min(np.abs(edges_nm - r)) <= MOVED_NM for r in radii))


def moved(state: State, told: Problem, mesh: Mesh) -> State:
    """``state`` on the cells ``mesh`` of the layers as they are now; the number of ions is kept.

    Ions in the lattice and in traps stay at their radius, each cell's spread evenly over its volume.
    Adsorbed ions are buried where they are, from the old surface outward, as far as the new lattice has
    sites for them; the others go on with the surface, and so do those of a lattice that is gone.
    """
    old, new = state.edges_nm, mesh.edges_nm
    start = empty(told, mesh)
    volumes = mesh.volumes_nm3
    mobile, gone = _binned(state.c * _volumes(old), old, new)
    adsorbed = float(state.adsorbed) + gone
    trapped = np.zeros_like(start.trapped)
    for i, row in enumerate(state.trapped):
        amount, gone = _binned(row * _volumes(old), old, new)
        adsorbed += gone
        if i < len(trapped):
            trapped[i] = amount / volumes
        else:  # traps of a zone that is no more
            mobile += amount
    interface = np.zeros_like(start.interface)
    held = float(state.interface.sum())
    if interface.size:
        interface[0] = held
    else:
        adsorbed += held
    cap = np.array([layer.cap_nm3 for layer in told.layers])[mesh.layer]
    outside = np.maximum(new[:-1], min(old[-1], new[-1]))
    fresh = 4 / 3 * np.pi * np.maximum(new[1:] ** 3 - outside**3, 0.0)
    if np.isfinite(cap).all() and new[-1] > old[-1] + SAME_NM:
        room = cap * fresh
        buried = np.minimum(room, np.maximum(adsorbed - np.concatenate([[0.0], np.cumsum(room)[:-1]]), 0.0))
        mobile += buried
        adsorbed -= float(buried.sum())
    return start.with_(
        c=mobile / volumes, trapped=trapped, interface=interface, adsorbed=adsorbed, bath=state.bath
    )


def _volumes(edges_nm: Array) -> Array:
    return np.asarray(4 / 3 * np.pi * np.diff(edges_nm**3))


def _binned(amount: Array, old: Array, new: Array) -> tuple[Array, float]:
    """``amount`` (n,) of the old cells in the new ones, and what lay beyond the new surface."""
    below = np.interp(new**3, old**3, np.concatenate([[0.0], np.cumsum(amount)]))
    return np.asarray(np.diff(below)), float(amount.sum() - below[-1])
