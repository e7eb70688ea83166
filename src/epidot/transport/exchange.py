"""Interstitial-substitutional transport: an ion hops between the lattice's sites and its anion positions.

Four species in one material: the ion between sites (i) and on an anion site (s, which does not move), the
host's own interstitial (I) and its vacancy (V), all in ions per nm³.

    dissociative   i + V ⇌ s         k_d (i V − s i° V°/s°)
    kick-out       i ⇌ s + I         k_k (i − s I i°/(s° I°))
    pairs          I + V ⇌ nothing   k_p (I V − I° V°)
    sinks          I, V → I°, V°     k_I (I − I°), k_V (V − V°)

° marks what is in equilibrium with the surroundings; the back reactions follow from it.  The surface keeps i,
I and V there.  With everything fast and native defects in equilibrium the ion has one effective D.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from epidot.errors import Faults, WorkError
from epidot.transport.mesh import Mesh
from epidot.transport.problem import Array

V, I, S, H = range(4)  # order in each cell: vacancy, self-interstitial, substitutional, interstitial ion


@dataclass(frozen=True)
class Mover:
    """A mobile species: ``diffusion`` in nm²/s at the temperature of interest, ``equilibrium`` in nm⁻³."""

    diffusion: float
    equilibrium: float


@dataclass(frozen=True)
class Exchange:
    """The material: its four species and how fast they turn into each other (see the module's text)."""

    interstitial: Mover
    self_interstitial: Mover
    vacancy: Mover
    substitutional: float
    dissociative: float = 0.0  # k_d, nm³/s
    kick_out: float = 0.0  # k_k, 1/s
    pairs: float = 0.0  # k_p, nm³/s
    sinks_I: float = 0.0  # k_I, 1/s
    sinks_V: float = 0.0  # k_V, 1/s

    def __post_init__(self) -> None:
        found = Faults()
        for name, x in (
            ("the interstitial's D", self.interstitial.diffusion),
            ("the self-interstitial's D", self.self_interstitial.diffusion),
            ("the vacancy's D", self.vacancy.diffusion),
            ("k_d", self.dissociative),
            ("k_k", self.kick_out),
            ("k_p", self.pairs),
            ("k_I", self.sinks_I),
            ("k_V", self.sinks_V),
        ):
            if not 0 <= x < np.inf:
                found.add(f"{name} must be a number not below zero", seen=f"{x:g}")
        for name, x in (
            ("interstitial", self.interstitial.equilibrium),
            ("self-interstitial", self.self_interstitial.equilibrium),
            ("vacancy", self.vacancy.equilibrium),
            ("substitutional", self.substitutional),
        ):
            if not 0 < x < np.inf:
                found.add(f"the equilibrium concentration ({name}) must be above zero", seen=f"{x:g}")
        found.raise_if_any()


def effective_interstitial(of: Exchange) -> float:
    """D of the ion when native defects stay in equilibrium: D_i i°/(i° + s°), in nm²/s."""
    i = of.interstitial
    return i.diffusion * i.equilibrium / (i.equilibrium + of.substitutional)


@dataclass(frozen=True)
class Concentrations:
    """Species (t, 4, n) in nm⁻³ at ``times_s``, in the order vacancy, self-interstitial, substitutional, ion.

    ``balance`` is the largest relative gap between the ions found and those that came through the surfaces.
    """

    mesh: Mesh
    times_s: Array
    species: Array
    balance: float

    @property
    def substitutional(self) -> Array:
        """Ions on anion sites (t, n)."""
        return self.species[:, S]

    @property
    def interstitial(self) -> Array:
        """Ions between sites (t, n)."""
        return self.species[:, H]


def solve(
    material: Exchange,
    mesh: Mesh,
    times_s: Array,
    *,
    start: Array | None = None,
    rtol: float = 1e-6,
    atol: float = 1e-10,
) -> Concentrations:
    """Concentrations at ``times_s``, from ``start`` (4, n) or from a pure material in equilibrium.

    The ions come in at the outer face; a slab is closed at x = 0 (half of a slab fed from both sides).
    ``atol`` is relative to each species' equilibrium.  Uses scipy's VODE with the band of the Jacobian.
    """
    from scipy.integrate import ode

    n = mesh.layer.size
    held = np.array(
        [
            material.vacancy.equilibrium,
            material.self_interstitial.equilibrium,
            0.0,
            material.interstitial.equilibrium,
        ]
    )
    whole = held.copy()
    whole[S] = material.substitutional
    D = np.array(
        [
            material.vacancy.diffusion,
            material.self_interstitial.diffusion,
            0.0,
            material.interstitial.diffusion,
        ]
    )
    mid, edges, volume = mesh.centres_nm, mesh.edges_nm, mesh.volumes_nm3
    g = np.zeros(n + 1)
    g[1:-1] = mesh.conductance(mid[:-1], mid[1:])
    g[-1] = mesh.conductance(mid[-1:], edges[-1:])[0]
    kd, kk, kp = material.dissociative, material.kick_out, material.pairs
    back_d = kd * held[H] * held[V] / material.substitutional
    back_k = kk * held[H] / (material.substitutional * held[I])

    def flows(x: Array) -> Array:
        """Into each cell's inner face, per unit time (4, n + 1)."""
        padded = np.concatenate([held[:, None], x, held[:, None]], axis=1)
        out: Array = D[:, None] * g * (padded[:, :-1] - padded[:, 1:])
        return out

    def rates(t: float, y: Array) -> Array:
        del t
        x = y[:-1].reshape(n, 4).T
        v, i, s, h = x
        dissociated, kicked = kd * h * v - back_d * s, kk * h - back_k * s * i
        paired = kp * (i * v - held[I] * held[V])
        flow = flows(x)
        dx = (flow[:, :-1] - flow[:, 1:]) / volume
        dx[V] -= dissociated + paired + material.sinks_V * (v - held[V])
        dx[I] += kicked - paired - material.sinks_I * (i - held[I])
        dx[S] += dissociated + kicked
        dx[H] -= dissociated + kicked
        return np.append(dx.T.ravel(), -flow[H, -1])

    size = 4 * n + 1

    def jacobian(t: float, y: Array) -> Array:
        del t
        v, i, s, h = y[:-1].reshape(n, 4).T
        J = np.zeros((9, size))  # element (r, c) in J[r − c + 4, c]
        own = np.zeros((n, 4, 4))  # (cell, row, column)
        own[:, V, V] = -kd * h - kp * i - material.sinks_V
        own[:, V, I], own[:, V, S], own[:, V, H] = -kp * v, back_d, -kd * v
        own[:, I, V] = -kp * i
        own[:, I, I] = -back_k * s - kp * v - material.sinks_I
        own[:, I, S], own[:, I, H] = -back_k * i, kk
        own[:, S, V], own[:, S, I] = kd * h, -back_k * s
        own[:, S, S], own[:, S, H] = -back_d - back_k * i, kd * v + kk
        own[:, H] = -own[:, S]
        for q in range(4):
            own[:, q, q] -= D[q] * (g[:-1] + g[1:]) / volume
            J[0, 4 + q : 4 * n : 4] = D[q] * g[1:-1] / volume[:-1]  # row of the cell inside
            J[8, q : 4 * (n - 1) : 4] = D[q] * g[1:-1] / volume[1:]
        for row in range(4):
            for column in range(4):
                J[row - column + 4, column : 4 * n : 4] = own[:, row, column]
        J[size - 1 - (4 * (n - 1) + H) + 4, 4 * (n - 1) + H] = -D[H] * g[-1]
        return J

    y = np.append(np.repeat(np.array([held[V], held[I], 0.0, 0.0])[None], n, axis=0).ravel(), 0.0)
    if start is not None:
        y[:-1] = np.asarray(start, dtype=float).T.ravel()
    scale = atol * np.append(np.tile(whole, n), float(volume.sum()) * material.substitutional)
    solver = ode(rates, jacobian).set_integrator(
        "vode", method="bdf", lband=4, uband=4, rtol=rtol, atol=scale, nsteps=200000
    )
    solver.set_initial_value(y, 0.0)
    out = []
    for t in np.asarray(times_s, dtype=float):
        if t > solver.t:
            solver.integrate(t)
            if not solver.successful():
                raise WorkError("the exchange of ions cannot be integrated further: a rate is too large")
        out.append(solver.y.copy())
    kept = np.array(out)
    species = kept[:, :-1].reshape(len(out), n, 4).transpose(0, 2, 1)
    ions = (species[:, S] + species[:, H]) @ volume
    first = float((y[:-1].reshape(n, 4)[:, (S, H)].sum(axis=1)) @ volume)
    gap = np.abs(ions - first - kept[:, -1])
    balance = float(np.max(gap / np.maximum(ions, 1e-300), initial=0.0))
    return Concentrations(mesh, np.asarray(times_s, dtype=float), species, balance)
