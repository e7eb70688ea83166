"""A transport problem on a mesh as numbers for the kernel: where each unknown stands, and the band."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from epidot.transport import kernel
from epidot.transport.arrhenius import NONE, Arrhenius
from epidot.transport.mesh import Mesh
from epidot.transport.problem import Array, Bath, Problem, State

AT_ONCE = Arrhenius(-1.0)  # stands for an infinite transfer in the kernel


@dataclass(frozen=True)
class System:
    """Arrays of the kernel for one problem on one mesh; ``size`` unknowns, ``band`` on either side."""

    problem: Problem
    mesh: Mesh
    arrays: kernel.Arrays
    size: int
    band: int

    def start(self, state: State) -> Array:
        """Unknowns (size,) of a state on this mesh."""
        a, y = self.arrays, np.zeros(self.size)
        y[a.at] = state.c
        for k in range(a.trap_n.shape[0]):
            y[a.at - 1 - k] = state.trapped[k]
        y[a.owner_at] = state.interface
        w = a.where
        if w[kernel.AT_ADSORBED] >= 0:
            y[w[kernel.AT_ADSORBED]] = state.adsorbed
        if w[kernel.AT_BELOW] >= 0:  # not part of a state: as in the cell beside it
            y[w[kernel.AT_BELOW]] = state.c[-1]
        if w[kernel.AT_BATH] >= 0:
            y[w[kernel.AT_BATH]], y[w[kernel.AT_LOST]] = state.bath, state.lost
        if w[kernel.AT_PARTNER] >= 0:
            y[w[kernel.AT_PARTNER]] = state.partner
        return y

    def state(self, y: Array, volume_nm3: float) -> State:
        """The state of unknowns (size,), the other way round."""
        a, at = self.arrays, self.positions()
        kinds = a.trap_n.shape[0]
        trapped = np.array([y[a.at - 1 - k] for k in range(kinds)]).reshape(kinds, a.at.size)
        rest = {name: float(y[at[name]]) for name in ("adsorbed", "bath", "partner", "lost") if name in at}
        return State(self.mesh.edges_nm, y[a.at], trapped, y[a.owner_at], volume_nm3=volume_nm3, **rest)

    def refilled(self, problem: Problem) -> System:
        """The same places with the numbers of another problem, alike but for its rates and amounts."""
        numbers = _numbers(problem, self.mesh)
        return replace(self, problem=problem, arrays=self.arrays._replace(**numbers))

    def at_stage(self, index: int, start_s: float, volume_nm3: float) -> kernel.Arrays:
        """The arrays with what one stage of the programme says; ``volume_nm3`` of the bath as it begins."""
        stage = self.problem.programme[index]
        tail = self.arrays.tail.copy()
        tail[kernel.START], tail[kernel.VOLUME] = start_s, volume_nm3
        tail[kernel.VOLUME_RISE], tail[kernel.INFLOW] = stage.volume_inflow_nm3_s, stage.inflow_per_s
        tail[kernel.LEVEL] += tail[kernel.RISE] * start_s
        tail[kernel.INSIDE] += tail[kernel.INSIDE_RISE] * start_s
        return self.arrays._replace(tail=tail)

    def positions(self) -> dict[str, int]:
        """Where the unknowns that are not of a cell or an interface stand, by name."""
        places = {
            "entered_inside": kernel.AT_INNER,
            "entered": kernel.AT_ENTERED,
            "adsorbed": kernel.AT_ADSORBED,
            "bath": kernel.AT_BATH,
            "lost": kernel.AT_LOST,
            "partner": kernel.AT_PARTNER,
        }
        where = self.arrays.where
        return {name: int(where[place]) for name, place in places.items() if where[place] >= 0}

    def smallest(self, ions: float) -> Array:
        """Absolute tolerance of each unknown (size,) for so many ions per dot."""
        out = np.full(self.size, ions)
        per_volume = ions / float(self.arrays.volume.sum())
        out[self.arrays.at] = per_volume
        for k in range(self.arrays.trap_n.shape[0]):
            out[self.arrays.at - 1 - k] = per_volume
        if self.arrays.where[kernel.AT_BELOW] >= 0:
            out[self.arrays.where[kernel.AT_BELOW]] = per_volume
        return out

    def blank_rates(self) -> kernel.Rates:
        """Room for the numbers at one temperature."""
        a = self.arrays
        like = (a.D, a.K, a.trap_k, a.trap_p, a.owner_k, a.owner_p, a.law)
        return kernel.Rates(*(np.zeros(x.shape[1:]) for x in like))

    def weights(self) -> Array:
        """Ions per unit of each unknown (size,); zero for what is only counted."""
        a = self.arrays
        out = np.zeros(self.size)
        out[a.at] = a.volume
        for k in range(a.trap_n.shape[0]):
            out[a.at - 1 - k] = a.volume
        out[a.owner_at] = 1.0
        for place in (kernel.AT_ADSORBED, kernel.AT_BATH, kernel.AT_LOST):
            if a.where[place] >= 0:
                out[a.where[place]] = 1.0
        if a.where[kernel.AT_BELOW] >= 0:
            out[a.where[kernel.AT_BELOW]] = a.tail[kernel.AREA] * a.tail[kernel.DEPTH]
        return out


def empty(problem: Problem, mesh: Mesh, **amounts: float) -> State:
    """No ions in the dot; ``bath``, ``adsorbed``, ``partner`` may be given in ions per dot."""
    n = mesh.layer.size
    kinds = max(len(layer.traps) for layer in problem.layers)
    out = problem.outside
    volume = out.volume_nm3 if isinstance(out, Bath) else math.inf
    nothing = State(
        mesh.edges_nm,
        np.zeros(n),
        np.zeros((kinds, n)),
        np.zeros(len(problem.interface_traps)),
        volume_nm3=volume,
    )
    return nothing.with_(**amounts)


def assemble(problem: Problem, mesh: Mesh) -> System:
    """Numbers of ``problem`` on ``mesh`` for the kernel."""
    n = mesh.layer.size
    layers = problem.layers
    kinds = max(len(layer.traps) for layer in layers)
    r, mid = mesh.edges_nm, mesh.centres_nm
    shape = np.zeros(n + 1)
    shape[1:-1] = mesh.conductance(mid[:-1], mid[1:])
    face = 1 + np.flatnonzero(np.diff(mesh.layer))
    shape[face] = 0.0
    half = np.stack([mesh.conductance(r[:-1], mid), mesh.conductance(mid, r[1:])], axis=1)
    owner = np.array(
        [int(np.argmin(np.abs(r[face] - trap.at_nm))) for trap in problem.interface_traps], dtype=np.int64
    )
    # positions, from the centre outwards
    where = np.full(7, -1, dtype=np.int64)
    position = 0
    if problem.inside is not None:
        where[kernel.AT_INNER] = position
        position += 1
    at, owner_at = np.zeros(n, dtype=np.int64), np.zeros(owner.size, dtype=np.int64)
    for i in range(n):
        for k in range(owner.size):
            if face[owner[k]] != i:
                continue
            owner_at[k] = position
            position += 1
        at[i] = position + kinds
        position += kinds + 1
    out, surface = problem.outside, problem.surface
    bath = isinstance(out, Bath)
    present = {
        kernel.AT_BELOW: surface is not None and surface.depth_nm > 0,
        kernel.AT_ENTERED: True,
        kernel.AT_ADSORBED: surface is not None,
        kernel.AT_BATH: bath,
        kernel.AT_LOST: bath,
        kernel.AT_PARTNER: isinstance(out, Bath) and out.partner_rate.prefactor > 0,
    }
    for place, there in present.items():
        if there:
            where[place] = position
            position += 1
    arrays = kernel.Arrays(
        volume=mesh.volumes_nm3,
        layer=mesh.layer.astype(np.int64),
        at=at,
        shape=shape,
        half=half,
        face=face.astype(np.int64),
        owner=owner,
        owner_at=owner_at,
        where=where,
        **_numbers(problem, mesh),
    )
    return System(problem, mesh, arrays, position, _band(arrays))


def _numbers(problem: Problem, mesh: Mesh) -> dict[str, Any]:
    """What does not decide where an unknown stands: rates, traps, surface and surroundings."""
    layers, out, surface = problem.layers, problem.outside, problem.surface
    kinds = max(len(layer.traps) for layer in layers)
    tail = np.zeros(11)
    tail[kernel.AREA] = problem.area_nm2
    laws = [NONE] * 8
    laws[kernel.TRANSFER] = AT_ONCE if out.transfer is None else out.transfer
    laws[kernel.INNER_TRANSFER] = AT_ONCE
    if surface is not None:
        tail[kernel.SITES], tail[kernel.DEPTH] = surface.sites_nm2, surface.depth_nm
        laws[kernel.ADSORB], laws[kernel.DESORB] = surface.adsorb, surface.desorb
        laws[kernel.ENTER], laws[kernel.LEAVE] = surface.enter, surface.leave
    if isinstance(out, Bath):
        tail[kernel.VOLUME] = out.volume_nm3
        laws[kernel.LOSS], laws[kernel.PARTNER] = out.loss, out.partner_rate
    else:
        tail[kernel.LEVEL], tail[kernel.RISE] = out.level, out.rise
    if problem.inside is not None:
        tail[kernel.INSIDE], tail[kernel.INSIDE_RISE] = problem.inside.level, problem.inside.rise
        if problem.inside.transfer is not None:
            area = 1.0 if mesh.shape == "slab" else 4 * math.pi * problem.inner_nm**2
            laws[kernel.INNER_TRANSFER] = problem.inside.transfer.scaled(area)
    trap_n = np.zeros((kinds, mesh.layer.size))
    trap_k, trap_p = np.zeros((2, kinds, len(layers))), np.zeros((2, kinds, len(layers)))
    for j, layer in enumerate(layers):
        for k, trap in enumerate(layer.traps):
            trap_n[k, mesh.layer == j] = trap.density_nm3
            trap_k[:, k, j] = trap.capture.prefactor, trap.capture.energy_eV
            trap_p[:, k, j] = trap.release.prefactor, trap.release.energy_eV
    return {
        "D": _two_rows([layer.diffusion for layer in layers]),
        "K": _two_rows([layer.partition for layer in layers]),
        "per_cap": np.array([1 / layer.cap_nm3 for layer in layers]),
        "trap_n": trap_n,
        "trap_k": trap_k,
        "trap_p": trap_p,
        "owner_n": np.array([trap.number for trap in problem.interface_traps], dtype=float),
        "owner_k": _two_rows([trap.capture for trap in problem.interface_traps]),
        "owner_p": _two_rows([trap.release for trap in problem.interface_traps]),
        "law": _two_rows(laws),
        "tail": tail,
    }


def _two_rows(laws: list[Arrhenius]) -> Array:
    return np.array([[law.prefactor for law in laws], [law.energy_eV for law in laws]], dtype=float)


def _band(a: kernel.Arrays) -> int:
    """Farthest pair of unknowns that know of each other."""
    w = a.where
    last = int(a.at[-1])
    pairs = [int(np.max(np.diff(a.at), initial=1)), int(a.trap_n.shape[0])]
    if w[kernel.AT_INNER] >= 0:
        pairs.append(int(a.at[0] - w[kernel.AT_INNER]))
    below, entered, adsorbed, bath = (int(p) for p in w[1:5])
    if below >= 0:
        pairs += [below - last, adsorbed - below, entered - below]
    elif adsorbed >= 0:
        pairs.append(adsorbed - last)
    elif bath >= 0:
        pairs.append(bath - last)
    pairs.append(entered - last if below < 0 else 1)
    if adsorbed >= 0:
        pairs.append(adsorbed - entered)
        if bath >= 0:
            pairs.append(bath - adsorbed)
    elif bath >= 0:
        pairs.append(bath - entered)
    if w[kernel.AT_PARTNER] >= 0:
        pairs.append(int(w[kernel.AT_PARTNER]) - bath)
    return max(pairs)
