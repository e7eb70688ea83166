"""A quick solver of the halide transport problem, for the thousands of solves an inversion takes.

The same equations as :mod:`epidot.transport.problem` (activity, cap, adsorbed layer, finite bath with loss,
one kind of trap per cell, interface traps) in spherical cells outside a closed core.  A few tens of cells
and tens of steps of an L-stable two-stage Runge-Kutta method (Alexander 1977) give the amounts per round to
about one per cent; the tests hold it against the room's own solver.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
GAMMA = 1 - 1 / math.sqrt(2)
NEWTON = 12
FASTEST = 1e6  # nm²/s: a dot is level in a microsecond; more only spoils the arithmetic
TOLERANCE = 3e-6  # Newton's last step; its error is the square of that


def _march(
    times: Array,
    kelvin: Array,
    inflow: Array,
    volumes: Array,
    shape: Array,
    half: Array,
    step_at: int,
    ratio: float,
    traps: Array,
    law: Array,
    area: float,
    bath_nm3: float,
    cap: float,
    sites: float,
    oxide: float,
) -> Array:
    """Ions at the end: cells (mobile and trapped), then adsorbed, interface and bath, per dot.

    ``shape`` (n - 1,) the conductance between neighbouring cells over D, ``half`` (n, 2) from each cell to
    its faces; between cells ``step_at`` and the next the partition changes by ``ratio``.  ``law`` (9, 2)
    holds prefactor and energy of: D, adsorb, desorb, enter, leave, loss, trap capture, trap release, repair.
    """
    n = volumes.size
    c = np.zeros(n)
    w = np.zeros(n)
    base_c = np.zeros(n)
    base_w = np.zeros(n)
    mid_c = np.zeros(n)
    mid_w = np.zeros(n)
    g = b = o = 0.0
    rate = np.zeros(law.shape[0])
    low = np.zeros(n + 2)
    diag = np.zeros(n + 2)
    up = np.zeros(n + 2)
    rhs = np.zeros(n + 2)
    for step in range(times.size - 1):
        dt = times[step + 1] - times[step]
        h = GAMMA * dt
        mid_g = mid_b = mid_o = 0.0
        start_g, start_b, start_o = g, b, o
        for stage in range(2):
            part = GAMMA if stage == 0 else 1.0
            T = kelvin[step] + part * (kelvin[step + 1] - kelvin[step])
            for i in range(rate.size):
                rate[i] = law[i, 0] * math.exp(-law[i, 1] / (8.617333262e-5 * T))
            rate[0] = min(rate[0], FASTEST)
            D, ka, kd, kin, kout, loss, catch, free, repair = (
                rate[0], rate[1], rate[2], rate[3], rate[4], rate[5], rate[6], rate[7], rate[8],
            )  # fmt: skip
            if stage == 0:
                for i in range(n):
                    base_c[i] = c[i]
                    base_w[i] = w[i]
                base_g, base_b, base_o = g, b, o
            else:
                k = (1 - GAMMA) / GAMMA
                for i in range(n):
                    base_c[i] += k * (mid_c[i] - base_c[i])
                    base_w[i] += k * (mid_w[i] - base_w[i])
                base_g = start_g + k * (mid_g - start_g)
                base_b = start_b + k * (mid_b - start_b)
                base_o = start_o + k * (mid_o - start_o)
            for _ in range(NEWTON):
                for i in range(n):
                    x = c[i]
                    den = 1 + h * (catch * x + free)
                    nt = traps[i]
                    caught = (base_w[i] + h * catch * x * nt) / den
                    dcaught = (h * catch * nt - h * catch * caught) / den
                    rhs[i] = volumes[i] * (x - base_c[i] + caught - base_w[i])
                    diag[i] = volumes[i] * (1 + dcaught)
                    low[i] = 0.0
                    up[i] = 0.0
                    w[i] = caught
                den = 1 + h * repair * c[0]
                o = (base_o + h * repair * c[0] * oxide) / den
                rhs[0] += o - base_o
                diag[0] += h * repair * (oxide - o) / den
                for i in range(n - 1):
                    if i == step_at:
                        # The activity where the layers meet, from the balance of the flux.
                        ga = h * D * half[i, 1]
                        gb = h * D * half[i + 1, 0]
                        ca, cb = c[i], c[i + 1]
                        mu = (ga * ca + gb * cb) / (ga * ratio + gb)
                        da = db = 1.0
                        sa = 0.0
                        for _ in range(30):
                            pa, pb = 1 + ratio * mu / cap, 1 + mu / cap
                            sa, sb = ratio * mu / pa, mu / pb
                            da, db = ratio / (pa * pa), 1 / (pb * pb)
                            change = (ga * (ca - sa) + gb * (cb - sb)) / (ga * da + gb * db)
                            mu = max(mu + change, -0.5 * cap / ratio)
                            if abs(change) < 1e-12 * abs(mu) + 1e-14:
                                break
                        slope = ga * da + gb * db
                        flow = ga * (ca - sa)
                        d1 = ga - ga * da * ga / slope
                        d2 = ga * da * gb / slope
                    else:
                        d1 = d2 = h * D * shape[i]
                        flow = d1 * (c[i] - c[i + 1])
                    rhs[i] += flow
                    rhs[i + 1] -= flow
                    diag[i] += d1
                    up[i] -= d2
                    low[i + 1] -= d1
                    diag[i + 1] += d2
                # Just below the adsorbed layer, from the balance of the flux there.
                ga = D * half[n - 1, 1]
                into, out_ = area * kin * g, area * kout * (1 - g / sites)
                whole = ga + into / cap + out_
                cs = (ga * c[n - 1] + into) / whole
                cs_g = area * (kin * (1 - cs / cap) + kout * cs / sites) / whole
                J = ga * (cs - c[n - 1]) / area
                Jx = ga * (ga / whole - 1) / area
                Jg = ga * cs_g / area
                ha = h * area
                rhs[n - 1] -= ha * J
                diag[n - 1] -= ha * Jx
                up[n - 1] -= ha * Jg
                on = ka * b / bath_nm3 * (sites - g) - kd * g
                on_g = -ka * b / bath_nm3 - kd
                on_b = ka / bath_nm3 * (sites - g)
                rhs[n] = area * (g - base_g) - ha * (on - J)
                low[n] = ha * Jx
                diag[n] = area - ha * (on_g - Jg)
                up[n] = -ha * on_b
                rhs[n + 1] = b - base_b - h * (inflow[step] - loss * b) + ha * on
                low[n + 1] = ha * on_g
                diag[n + 1] = 1 + h * loss + ha * on_b
                # Thomas
                for i in range(1, n + 2):
                    m = low[i] / diag[i - 1]
                    diag[i] -= m * up[i - 1]
                    rhs[i] -= m * rhs[i - 1]
                rhs[n + 1] /= diag[n + 1]
                for i in range(n, -1, -1):
                    rhs[i] = (rhs[i] - up[i] * rhs[i + 1]) / diag[i]
                worst = 0.0
                for i in range(n):
                    new = c[i] - rhs[i]
                    worst = max(worst, abs(new - c[i]) / (1e-3 + abs(new)))
                    c[i] = new
                worst = max(worst, abs(rhs[n]) / sites, abs(rhs[n + 1]) / (1 + abs(b)))
                g -= rhs[n]
                b -= rhs[n + 1]
                if worst < TOLERANCE:
                    break
            # What the last Newton step left: traps belong to the final concentrations.
            for i in range(n):
                w[i] = (base_w[i] + h * catch * c[i] * traps[i]) / (1 + h * (catch * c[i] + free))
            o = (base_o + h * repair * c[0] * oxide) / (1 + h * repair * c[0])
            if stage == 0:
                for i in range(n):
                    mid_c[i] = c[i]
                    mid_w[i] = w[i]
                mid_g, mid_b, mid_o = g, b, o
    out = np.zeros(n + 3)
    for i in range(n):
        out[i] = volumes[i] * (c[i] + w[i])
    out[n] = area * g
    out[n + 1] = o
    out[n + 2] = b
    return out


@lru_cache(maxsize=1)
def march() -> Callable[..., Any]:
    """:func:`_march` compiled; the first call on a machine takes a few seconds."""
    from numba import njit

    compiled: Callable[..., Any] = njit(
        cache=True, error_model="numpy", fastmath={"arcp", "contract", "reassoc"}
    )(_march)
    return compiled
