"""A quick integration of the same rates and Jacobian, for the thousands of solves an inversion takes.

A few tens of steps, given beforehand, of an L-stable two-stage Runge-Kutta method (Alexander 1977), compiled
with the kernel.  On few cells it gives the amounts per etch round to about one per cent; the tests hold it
against :func:`epidot.transport.radial.solve`.
"""

from __future__ import annotations

import numpy as np

from epidot.constants import K_B
from epidot.jit import compiled
from epidot.transport import kernel
from epidot.transport.kernel import Array, Arrays, Rates
from epidot.transport.problem import State
from epidot.transport.system import System

GAMMA = 1 - 0.5**0.5
NEWTON = 12
LEVEL = 1e-2  # a correction above this, relative, asks for a new Jacobian
TOLERANCE = 1e-6
SHORTEST = 0.02  # of a given step: shorter ones are not tried


@compiled
def factor(A: Array, band: int) -> None:
    """LU factors in place of the band matrix with element (i, j) in ``A[j, i − j + band]``; 1/pivots kept.

    The matrix is dominated by its diagonal (ions leave an unknown only to arrive in another): no exchange
    of rows.
    """
    n = A.shape[0]
    for k in range(n):
        pivot = 1 / A[k, band]
        A[k, band] = pivot
        below = min(band, n - 1 - k)
        for i in range(1, below + 1):
            A[k, band + i] *= pivot
        for m in range(1, below + 1):
            f = A[k + m, band - m]
            if f != 0.0:
                for i in range(1, below + 1):
                    A[k + m, band - m + i] -= A[k, band + i] * f


@compiled
def substitute(A: Array, band: int, x: Array) -> None:
    """Solve in place with the factors of :func:`factor`."""
    n = A.shape[0]
    for k in range(n):
        v = x[k]
        for i in range(1, min(band, n - 1 - k) + 1):
            x[k + i] -= A[k, band + i] * v
    for k in range(n - 1, -1, -1):
        v = x[k] * A[k, band]
        x[k] = v
        for i in range(1, min(band, k) + 1):
            x[k - i] -= A[k, band - i] * v


@compiled
def march(
    a: Arrays, r: Rates, band: int, y: Array, times: Array, kelvin: Array, inflow: Array, small: Array
) -> None:
    """Carry ``y`` through the steps between ``times``; ``inflow`` (steps,) ions per s into the bath.

    ``kelvin`` (times,) is linear within a step, ``small`` (N,) is as good as nothing.
    """
    n = y.size
    J, A = np.zeros((n, 2 * band + 1)), np.zeros((n, 2 * band + 1))
    f, x, base, middle, before = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    was = 0.0
    for step in range(times.size - 1):
        whole = times[step + 1] - times[step]
        slope = (kelvin[step + 1] - kelvin[step]) / whole
        a.tail[kernel.INFLOW] = inflow[step]
        done, dt = 0.0, whole
        while done < whole:
            h = GAMMA * dt
            base[:] = y
            before[:] = y
            solved = True
            for stage in range(2):
                since = done + (GAMMA if stage == 0 else 1.0) * dt
                T = kelvin[step] + since * slope
                stale = stage == 0 or was != T
                if was != T:
                    kernel.at_temperature(a, 1 / (K_B * T), r)
                    was = T
                if stage == 1:
                    for i in range(n):
                        base[i] += (1 - GAMMA) / GAMMA * (middle[i] - base[i])
                size = 0.0
                for _ in range(NEWTON):
                    kernel.rates(times[step] + since, a, r, y, f)
                    if stale:
                        kernel.jacobian(times[step] + since, a, r, y, band, J)
                        for j in range(n):
                            for i in range(2 * band + 1):
                                A[j, i] = -h * J[j, i]
                            A[j, band] += 1.0
                        factor(A, band)
                    for i in range(n):
                        x[i] = base[i] + h * f[i] - y[i]
                    substitute(A, band, x)
                    size = 0.0
                    for i in range(n):
                        y[i] += x[i]
                        part = abs(x[i]) / (small[i] + abs(y[i]))
                        size = max(size, part) if part >= 0 else np.inf  # what is not a number does not pass
                    stale = size > LEVEL
                    if size < TOLERANCE:
                        break
                solved = solved and size < LEVEL
                if stage == 0:
                    middle[:] = y
            if not solved and dt < whole * SHORTEST:
                y[:] = np.nan  # no answer, and none sought at length: the search goes elsewhere
                return
            if solved:
                done = whole if dt >= whole - done else done + dt
            else:  # a front of trapped ions runs over several cells in one step: shorter ones
                y[:] = before
                dt /= 4
            dt = min(dt, whole - done) if done < whole else dt


def marched(system: System, start: State, times_s: Array, kelvin: Array, inflow_per_s: Array) -> State:
    """The state after the steps between ``times_s`` (n,), at ``kelvin`` (n,) with ``inflow_per_s`` (n − 1,).

    The programme of the system's problem is not looked at; its bath keeps its volume.
    """
    y = system.start(start)
    arrays = system.at_stage(0, 0.0, start.volume_nm3)
    march(arrays, system.blank_rates(), system.band, y, times_s, kelvin, inflow_per_s, system.smallest(0.3))
    return system.state(y, start.volume_nm3)
