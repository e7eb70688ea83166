"""Rates and their exact band Jacobian, written for compilation; called uncompiled they are the plain twin.

Unknowns, interleaved from the centre outwards: [entered at the inner face] then for each cell [traps of the
interface below it, trapped ions of each kind, mobile ions], then [just below the surface], entered at the
surface, [adsorbed], [bath, lost, [partner]].  What is in brackets may be absent (position −1).
Every column of the Jacobian, weighted by volume, sums to zero, so ions are kept to rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from epidot.jit import compiled

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Places in `Arrays.tail`
(AREA, SITES, DEPTH, LEVEL, RISE, VOLUME, VOLUME_RISE, INFLOW, INSIDE, INSIDE_RISE, START) = range(11)
# Places in `Arrays.law` of the laws that are not of a layer or a trap; of two rows, prefactor and energy
(ADSORB, DESORB, ENTER, LEAVE, TRANSFER, LOSS, PARTNER, INNER_TRANSFER) = range(8)
# Places in `Arrays.where`: positions of unknowns, −1 where there is none
(AT_INNER, AT_BELOW, AT_ENTERED, AT_ADSORBED, AT_BATH, AT_LOST, AT_PARTNER) = range(7)


class Arrays(NamedTuple):
    """A problem on a mesh of n cells, m layers and k traps per cell, as numbers."""

    volume: Array  # (n,) nm³
    layer: Ints  # (n,)
    at: Ints  # (n,) position of each cell's mobile ions
    shape: Array  # (n + 1,) conductance of each face between cells of one layer, over D; 0 at interfaces
    half: Array  # (n, 2) conductance from the cell to its inner and outer face, over D
    D: Array  # (2, m)
    K: Array  # (2, m)
    per_cap: Array  # (m,) 1/cap
    trap_n: Array  # (k, n)
    trap_k: Array  # (2, k, m)
    trap_p: Array  # (2, k, m)
    face: Ints  # (f,) cell outside each interface
    owner: Ints  # (i,) interface of each interface trap
    owner_at: Ints  # (i,)
    owner_n: Array  # (i,)
    owner_k: Array  # (2, i)
    owner_p: Array  # (2, i)
    law: Array  # (2, 8)
    tail: Array  # (11,)
    where: Ints  # (7,)


class Rates(NamedTuple):
    """The temperature-dependent numbers of :class:`Arrays` at one temperature."""

    D: Array
    K: Array
    trap_k: Array
    trap_p: Array
    owner_k: Array
    owner_p: Array
    law: Array


@compiled
def at_temperature(a: Arrays, per_kT: float, r: Rates) -> None:
    """Fill ``r`` for 1/kT in 1/eV."""
    for j in range(a.D.shape[1]):
        r.D[j] = a.D[0, j] * np.exp(-a.D[1, j] * per_kT)
        r.K[j] = a.K[0, j] * np.exp(-a.K[1, j] * per_kT)
        for t in range(a.trap_k.shape[1]):
            r.trap_k[t, j] = a.trap_k[0, t, j] * np.exp(-a.trap_k[1, t, j] * per_kT)
            r.trap_p[t, j] = a.trap_p[0, t, j] * np.exp(-a.trap_p[1, t, j] * per_kT)
    for i in range(a.owner_k.shape[1]):
        r.owner_k[i] = a.owner_k[0, i] * np.exp(-a.owner_k[1, i] * per_kT)
        r.owner_p[i] = a.owner_p[0, i] * np.exp(-a.owner_p[1, i] * per_kT)
    for q in range(a.law.shape[1]):
        r.law[q] = a.law[0, q] * np.exp(-a.law[1, q] * per_kT)


@compiled
def empty_places(a: Arrays, k: int, y: Array) -> float:
    """Places left in interface trap ``k``: none where a step of the integration left it over-full.

    Below zero they would make the balance at a cold interface singular.
    """
    return float(max(a.owner_n[k] - y[a.owner_at[k]], 0.0))


@compiled
def meeting(a: Arrays, r: Rates, f: int, y: Array) -> float:
    """Activity at interface ``f``: what flows in on one side flows out on the other or into its traps.

    The balance falls with the activity and is convex, so Newton's method reaches its one root from anywhere;
    without caps the first step is exact.
    """
    i = a.face[f]
    inner, outer = a.layer[i - 1], a.layer[i]
    Ka, Kb, qa, qb = r.K[inner], r.K[outer], a.per_cap[inner], a.per_cap[outer]
    ga, gb = a.half[i - 1, 1] * r.D[inner], a.half[i, 0] * r.D[outer]
    ca, cb = y[a.at[i - 1]], y[a.at[i]]
    least = -np.inf
    if qa * Ka > 0 or qb * Kb > 0:
        least = -0.5 / max(qa * Ka, qb * Kb)
    mu = max((ga * ca + gb * cb) / (ga * Ka + gb * Kb), least)
    for _ in range(60):
        sa, sb = Ka * mu / (1 + Ka * mu * qa), Kb * mu / (1 + Kb * mu * qb)
        da, db = Ka / (1 + Ka * mu * qa) ** 2, Kb / (1 + Kb * mu * qb) ** 2
        balance = ga * (ca - sa) + gb * (cb - sb)
        slope = ga * da + gb * db
        for k in range(a.owner.size):
            if a.owner[k] == f:
                left = empty_places(a, k, y)
                balance -= r.owner_k[k] * sb * left - r.owner_p[k] * y[a.owner_at[k]]
                slope += r.owner_k[k] * left * db
        step = balance / slope
        new = max(mu + step, least)
        done = abs(new - mu) <= 4e-16 * abs(new) + 1e-300
        mu = new
        if done:
            break
    return float(mu)


@compiled
def below_surface(a: Arrays, r: Rates, y: Array) -> float:
    """Concentration just below an adsorbed layer that stores nothing there, from the balance of the flux."""
    n = a.volume.size - 1
    g = a.half[n, 1] * r.D[a.layer[n]]
    G = y[a.where[AT_ADSORBED]] / a.tail[AREA]
    into = a.tail[AREA] * r.law[ENTER] * G
    out = a.tail[AREA] * r.law[LEAVE] * (1 - G / a.tail[SITES])
    return float((g * y[a.at[n]] + into) / (g + into * a.per_cap[a.layer[n]] + out))


@compiled
def series(g: float, transfer: float, area: float) -> float:
    """Conductance of the outermost half cell and a transfer outside it (below zero: at once)."""
    return g if transfer < 0 else g * area * transfer / (g + area * transfer)


@compiled
def rates(t: float, a: Arrays, r: Rates, y: Array, dy: Array) -> None:
    """dy/dt at time ``t`` (s) into ``dy``."""
    n = a.volume.size
    dy[:] = 0.0
    for i in range(n):
        p = a.at[i]
        c = y[p]
        j = a.layer[i]
        if i > 0 and a.shape[i] > 0:
            flow = a.shape[i] * r.D[j] * (y[a.at[i - 1]] - c)
            dy[a.at[i - 1]] -= flow / a.volume[i - 1]
            dy[p] += flow / a.volume[i]
        for k in range(a.trap_n.shape[0]):
            if a.trap_n[k, i] > 0:
                w = y[p - 1 - k]
                caught = r.trap_k[k, j] * c * (a.trap_n[k, i] - w) - r.trap_p[k, j] * w
                dy[p - 1 - k] = caught
                dy[p] -= caught
    for f in range(a.face.size):
        i = a.face[f]
        inner, outer = a.layer[i - 1], a.layer[i]
        mu = meeting(a, r, f, y)
        sa = r.K[inner] * mu / (1 + r.K[inner] * mu * a.per_cap[inner])
        sb = r.K[outer] * mu / (1 + r.K[outer] * mu * a.per_cap[outer])
        away = a.half[i - 1, 1] * r.D[inner] * (y[a.at[i - 1]] - sa)
        onward = away
        for k in range(a.owner.size):
            if a.owner[k] == f:
                q = a.owner_at[k]
                dy[q] = r.owner_k[k] * sb * empty_places(a, k, y) - r.owner_p[k] * y[q]
                onward -= dy[q]
        dy[a.at[i - 1]] -= away / a.volume[i - 1]
        dy[a.at[i]] += onward / a.volume[i]
    edge(t, a, r, y, dy)


@compiled
def edge(t: float, a: Arrays, r: Rates, y: Array, dy: Array) -> None:
    """The inner and outer boundary, the adsorbed layer and the surroundings."""
    n = a.volume.size - 1
    area = a.tail[AREA]
    passed = t - a.tail[START]
    if a.where[AT_INNER] >= 0:
        j = a.layer[0]
        K = r.K[j]
        mu = a.tail[INSIDE] + a.tail[INSIDE_RISE] * passed
        flow = series(a.half[0, 0] * r.D[j], r.law[INNER_TRANSFER], 1.0) * (
            K * mu / (1 + K * mu * a.per_cap[j]) - y[a.at[0]]
        )
        dy[a.where[AT_INNER]] = flow
        dy[a.at[0]] += flow / a.volume[0]
    j = a.layer[n]
    g = a.half[n, 1] * r.D[j]
    bath = a.where[AT_BATH]
    volume = a.tail[VOLUME] + a.tail[VOLUME_RISE] * passed
    b = y[bath] / volume if bath >= 0 else a.tail[LEVEL] + a.tail[RISE] * passed
    taken = 0.0  # from the surroundings
    if a.where[AT_ADSORBED] >= 0:
        q = a.where[AT_ADSORBED]
        G = y[q] / area
        taken = r.law[ADSORB] * b * (a.tail[SITES] * area - y[q]) - r.law[DESORB] * y[q]
        if a.where[AT_BELOW] >= 0:
            s = a.where[AT_BELOW]
            down = area * (
                r.law[ENTER] * G * (1 - y[s] * a.per_cap[j]) - r.law[LEAVE] * y[s] * (1 - G / a.tail[SITES])
            )
            flow = g * (y[s] - y[a.at[n]])
            dy[s] = (down - flow) / (area * a.tail[DEPTH])
        else:
            down = flow = g * (below_surface(a, r, y) - y[a.at[n]])
        dy[q] = taken - down
        dy[a.where[AT_ENTERED]] = down
    else:
        s = r.K[j] * b
        s = s / (1 + s * a.per_cap[j])
        flow = taken = series(g, r.law[TRANSFER], area) * (s - y[a.at[n]])
        dy[a.where[AT_ENTERED]] = flow
    dy[a.at[n]] += flow / a.volume[n]
    if bath >= 0:
        eaten = r.law[LOSS] * y[bath]
        if a.where[AT_PARTNER] >= 0:
            x = a.where[AT_PARTNER]
            dy[x] = -r.law[PARTNER] * y[x] * b
            eaten -= dy[x]
        dy[a.where[AT_LOST]] = eaten
        dy[bath] = a.tail[INFLOW] - eaten - taken


@compiled
def jacobian(t: float, a: Arrays, r: Rates, y: Array, band: int, J: Array) -> None:
    """∂(dy_i/dt)/∂y_j into ``J[j, i − j + band]``."""
    n = a.volume.size
    J[:] = 0.0
    for i in range(n):
        p = a.at[i]
        c = y[p]
        j = a.layer[i]
        if i > 0 and a.shape[i] > 0:
            q = a.at[i - 1]
            g = a.shape[i] * r.D[j]
            J[q, band] -= g / a.volume[i - 1]
            J[p, q - p + band] += g / a.volume[i - 1]
            J[q, p - q + band] += g / a.volume[i]
            J[p, band] -= g / a.volume[i]
        for k in range(a.trap_n.shape[0]):
            if a.trap_n[k, i] > 0:
                w = p - 1 - k
                by_c = r.trap_k[k, j] * (a.trap_n[k, i] - y[w])
                by_w = -r.trap_k[k, j] * c - r.trap_p[k, j]
                J[p, w - p + band] = by_c
                J[p, band] -= by_c
                J[w, band] = by_w
                J[w, p - w + band] = -by_w
    for f in range(a.face.size):
        i = a.face[f]
        p, q = a.at[i - 1], a.at[i]
        inner, outer = a.layer[i - 1], a.layer[i]
        mu = meeting(a, r, f, y)
        Ka, Kb, ha, hb = r.K[inner], r.K[outer], a.per_cap[inner], a.per_cap[outer]
        sb = Kb * mu / (1 + Kb * mu * hb)
        da, db = Ka / (1 + Ka * mu * ha) ** 2, Kb / (1 + Kb * mu * hb) ** 2
        ga, gb = a.half[i - 1, 1] * r.D[inner], a.half[i, 0] * r.D[outer]
        slope = ga * da + gb * db
        for k in range(a.owner.size):
            if a.owner[k] == f:
                slope += r.owner_k[k] * empty_places(a, k, y) * db
        # flow away from the inner cell and into the outer one, by each of the unknowns they depend on
        by_p, by_q = ga / slope, gb / slope  # of the activity
        J[p, band] -= ga * (1 - da * by_p) / a.volume[i - 1]
        J[q, p - q + band] += ga * da * by_q / a.volume[i - 1]
        J[p, q - p + band] += gb * db * by_p / a.volume[i]
        J[q, band] -= gb * (1 - db * by_q) / a.volume[i]
        for k in range(a.owner.size):
            if a.owner[k] != f:
                continue
            w = a.owner_at[k]
            left = empty_places(a, k, y)
            out = (r.owner_k[k] * sb if left > 0 else 0.0) + r.owner_p[k]
            by_w = out / slope
            J[w, p - w + band] += ga * da * by_w / a.volume[i - 1]
            J[w, q - w + band] += gb * db * by_w / a.volume[i]
            take = r.owner_k[k] * left * db
            J[p, w - p + band] += take * by_p
            J[q, w - q + band] += take * by_q
            J[w, band] -= out
            for m in range(a.owner.size):
                if a.owner[m] == f:
                    v = a.owner_at[m]
                    back = (r.owner_k[m] * sb if empty_places(a, m, y) > 0 else 0.0) + r.owner_p[m]
                    J[v, w - v + band] += take * back / slope
    edge_jacobian(t, a, r, y, band, J)


@compiled
def edge_jacobian(t: float, a: Arrays, r: Rates, y: Array, band: int, J: Array) -> None:
    """The part of the Jacobian that belongs to :func:`edge`."""
    n = a.volume.size - 1
    area = a.tail[AREA]
    passed = t - a.tail[START]
    if a.where[AT_INNER] >= 0:
        g = series(a.half[0, 0] * r.D[a.layer[0]], r.law[INNER_TRANSFER], 1.0)
        p, q = a.at[0], a.where[AT_INNER]
        J[p, q - p + band] -= g
        J[p, band] -= g / a.volume[0]
    j = a.layer[n]
    p = a.at[n]
    g = a.half[n, 1] * r.D[j]
    bath = a.where[AT_BATH]
    volume = a.tail[VOLUME] + a.tail[VOLUME_RISE] * passed
    b = y[bath] / volume if bath >= 0 else a.tail[LEVEL] + a.tail[RISE] * passed
    e = a.where[AT_ENTERED]
    if a.where[AT_ADSORBED] >= 0:
        q = a.where[AT_ADSORBED]
        sites = a.tail[SITES]
        by_q = -r.law[ADSORB] * b - r.law[DESORB]  # of what is taken from the surroundings
        J[q, band] += by_q
        if bath >= 0:
            by_bath = r.law[ADSORB] * (sites * area - y[q]) / volume
            J[bath, q - bath + band] += by_bath
            J[bath, band] -= by_bath
            J[q, bath - q + band] -= by_q
        if a.where[AT_BELOW] >= 0:
            s = a.where[AT_BELOW]
            store = area * a.tail[DEPTH]
            down_s = area * (
                -r.law[ENTER] * y[q] / area * a.per_cap[j] - r.law[LEAVE] * (1 - y[q] / area / sites)
            )
            down_q = r.law[ENTER] * (1 - y[s] * a.per_cap[j]) + r.law[LEAVE] * y[s] / sites
            J[s, band] += (down_s - g) / store
            J[q, s - q + band] += down_q / store
            J[p, s - p + band] += g / store
            J[s, p - s + band] += g / a.volume[n]
            J[p, band] -= g / a.volume[n]
            J[s, q - s + band] -= down_s
            J[q, band] -= down_q
            J[s, e - s + band] += down_s
            J[q, e - q + band] += down_q
        else:
            G = y[q] / area
            into, out = area * r.law[ENTER] * G, area * r.law[LEAVE] * (1 - G / sites)
            whole = g + into * a.per_cap[j] + out
            s_value = (g * y[p] + into) / whole
            flow_p = g * (g / whole - 1)
            flow_q = (
                g * (r.law[ENTER] * (1 - s_value * a.per_cap[j]) + r.law[LEAVE] / sites * s_value) / whole
            )
            J[p, band] += flow_p / a.volume[n]
            J[q, p - q + band] += flow_q / a.volume[n]
            J[p, q - p + band] -= flow_p
            J[q, band] -= flow_q
            J[p, e - p + band] += flow_p
            J[q, e - q + band] += flow_q
    else:
        g = series(g, r.law[TRANSFER], area)
        J[p, band] -= g / a.volume[n]
        J[p, e - p + band] -= g
        if bath >= 0:
            K = r.K[j]
            by_bath = g * K / (1 + K * b * a.per_cap[j]) ** 2 / volume
            J[bath, p - bath + band] += by_bath / a.volume[n]
            J[bath, e - bath + band] += by_bath
            J[bath, band] -= by_bath
            J[p, bath - p + band] += g
    if bath >= 0:
        lost = a.where[AT_LOST]
        eaten = r.law[LOSS]
        if a.where[AT_PARTNER] >= 0:
            x = a.where[AT_PARTNER]
            by_x, by_b = r.law[PARTNER] * b, r.law[PARTNER] * y[x] / volume
            J[x, band] -= by_x
            J[bath, x - bath + band] -= by_b
            J[x, lost - x + band] += by_x
            J[x, bath - x + band] -= by_x
            eaten += by_b
        J[bath, lost - bath + band] += eaten
        J[bath, band] -= eaten
