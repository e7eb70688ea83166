"""A stiff integrator for band systems: variable order (1 to 5) and step, compiled with the kernel it drives.

The formulas are the numerical differentiation formulas of Shampine and Reichelt (SIAM J. Sci. Comput. 18,
1 (1997)) on backward differences.  Newton's corrections use the exact Jacobian of the same time, so what the
rates conserve is conserved to rounding, at any tolerance.  The matrix is dominated by its diagonal (ions
leave an unknown only to arrive in another), so its factors need no exchange of rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.transport import kernel
from epidot.transport.jit import compiled
from epidot.transport.kernel import Array, Arrays, Rates

HIGHEST = 5
MOST_STEPS = (
    100_000  # in one stage; a problem that needs more is asked for digits that rounding does not leave
)
_KAPPA = np.array([0.0, -0.1850, -1 / 9, -0.0823, -0.0415, 0.0])
_GAMMA = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, HIGHEST + 1))])
_ALPHA = (1 - _KAPPA) * _GAMMA
_ERROR = _KAPPA * _GAMMA + 1 / np.arange(1, HIGHEST + 2)
CONSTANTS = np.stack([_GAMMA, _ALPHA, _ERROR])

# Places in what `advance` reports
(STEPS, REJECTED, CALLS, FACTORED, FAILED) = range(5)


@compiled
def factor(A: Array, band: int) -> None:
    """LU factors in place of the band matrix with element (i, j) in ``A[j, i − j + band]``; 1/pivots kept."""
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
def norm(x: Array, scale: Array) -> float:
    """Root mean square of x/scale."""
    total = 0.0
    for i in range(x.size):
        total += (x[i] / scale[i]) ** 2
    return float(np.sqrt(total / x.size))


@compiled
def rescale(D: Array, order: int, ratio: float, R: Array, U: Array, W: Array) -> None:
    """Backward differences for a step ``ratio`` times as long."""
    for M, f in ((R, ratio), (U, 1.0)):
        for j in range(order + 1):
            M[0, j] = 1.0
        for i in range(1, order + 1):
            M[i, 0] = 0.0
            for j in range(1, order + 1):
                M[i, j] = M[i - 1, j] * (i - 1 - f * j) / i
    for i in range(order + 1):
        for j in range(order + 1):
            total = 0.0
            for k in range(order + 1):
                total += R[i, k] * U[k, j]
            W[i, j] = total
    old = np.empty(order + 1)
    for m in range(D.shape[0]):
        for i in range(1, order + 1):
            old[i] = D[m, i]
        for j in range(1, order + 1):  # the value itself stays: W[i, 0] is 1 for i = 0 and 0 otherwise
            total = 0.0
            for i in range(1, order + 1):
                total += W[i, j] * old[i]
            D[m, j] = total


@compiled
def advance(
    a: Arrays,
    r: Rates,
    band: int,
    y: Array,
    start_s: float,
    end_s: float,
    kT_start: float,
    kT_rise: float,
    wanted: Array,
    out: Array,
    rtol: float,
    atol: Array,
    constants: Array,
    report: NDArray[np.int64],
) -> None:
    """Carry ``y`` from ``start_s`` to ``end_s``; kT (eV) starts at ``kT_start``, rises ``kT_rise`` per s.

    ``out`` (times, N) receives y at the ``wanted`` times within, ``report`` the counts of the work.
    """
    n = y.size
    gamma, alpha, error_of = constants[0], constants[1], constants[2]
    duration = end_s - start_s
    D = np.zeros((n, HIGHEST + 3))
    J, A = np.zeros((n, 2 * band + 1)), np.zeros((n, 2 * band + 1))
    R, U, W = np.zeros((6, 6)), np.zeros((6, 6)), np.zeros((6, 6))
    f, psi, d, x, new, scale = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    t = start_s
    kernel.at_temperature(a, 1 / kT_start, r)
    kernel.rates(t, a, r, y, f)
    for i in range(n):
        scale[i] = atol[i] + rtol * abs(y[i])
    h = duration
    speed = norm(f, scale)
    if speed * duration > 0.01:  # from how fast the rates themselves change: the error of a first-order step
        probe = 0.01 / speed
        for i in range(n):
            x[i] = y[i] + probe * f[i]
        kernel.rates(t, a, r, x, new)
        for i in range(n):
            x[i] = new[i] - f[i]
        bend = norm(x, scale) / probe
        h = min(duration, max(probe, (0.1 / bend) ** 0.5 if bend > 0 else duration))
    for i in range(n):
        D[i, 0], D[i, 1] = y[i], h * f[i]
    order, equal, next_out = 1, 0, 0
    newton = max(10 * 2.2e-16 / rtol, min(0.03, rtol**0.5))
    factored = -1.0  # the h/alpha that A holds; below zero: none
    for i in range(wanted.size):
        if wanted[i] <= t:
            out[i] = y
            next_out = i + 1
    while t < end_s:
        if not t + h > t or report[STEPS] + report[REJECTED] > MOST_STEPS:
            report[FAILED] = 1
            return
        t_new = t + h
        if t_new >= end_s - 1e-12 * duration:
            ratio = (end_s - t) / h
            if ratio != 1.0:
                rescale(D, order, ratio, R, U, W)
                equal, factored = 0, -1.0
                h = end_s - t
            t_new = end_s
        if kT_rise != 0.0:
            kernel.at_temperature(a, 1 / (kT_start + kT_rise * (t_new - start_s)), r)
        for i in range(n):
            total, other = D[i, 0], 0.0
            for k in range(1, order + 1):
                total += D[i, k]
                other += D[i, k] * gamma[k]
            new[i], psi[i], d[i] = total, other / alpha[order], 0.0
            scale[i] = atol[i] + rtol * abs(total)
        c = h / alpha[order]
        converged, turns = False, 0
        for attempt in range(2):
            fresh = factored != c or attempt == 1
            if fresh:
                if attempt == 1:
                    for i in range(n):
                        new[i] -= d[i]
                        d[i] = 0.0
                kernel.jacobian(t_new, a, r, new, band, J)
                for j in range(n):
                    for i in range(2 * band + 1):
                        A[j, i] = -c * J[j, i]
                    A[j, band] += 1.0
                factor(A, band)
                factored = c
                report[FACTORED] += 1
            before = -1.0
            for turn in range(4):
                kernel.rates(t_new, a, r, new, f)
                report[CALLS] += 1
                for i in range(n):
                    x[i] = c * f[i] - psi[i] - d[i]
                substitute(A, band, x)
                size = norm(x, scale)
                rate = size / before if before > 0 else -1.0
                if not np.isfinite(size) or (
                    rate >= 0 and (rate >= 1 or rate ** (4 - turn) / (1 - rate) * size > newton)
                ):
                    break
                for i in range(n):
                    new[i] += x[i]
                    d[i] += x[i]
                turns = turn + 1
                if size == 0 or (rate >= 0 and rate / (1 - rate) * size < newton):
                    converged = True
                    break
                before = size
            if converged or fresh:
                break
        if not converged:
            rescale(D, order, 0.5, R, U, W)
            h, equal, factored = 0.5 * h, 0, -1.0
            report[REJECTED] += 1
            continue
        safety = 0.9 * 9 / (8 + turns)
        for i in range(n):
            scale[i] = atol[i] + rtol * abs(new[i])
        error = error_of[order] * norm(d, scale)
        if error > 1:
            ratio = max(0.2, safety * error ** (-1 / (order + 1)))
            rescale(D, order, ratio, R, U, W)
            h, equal, factored = ratio * h, 0, -1.0
            report[REJECTED] += 1
            continue
        report[STEPS] += 1
        equal += 1
        t = t_new
        for i in range(n):
            D[i, order + 2] = d[i] - D[i, order + 1]
            total = d[i]
            D[i, order + 1] = total
            for k in range(order, -1, -1):
                total += D[i, k]
                D[i, k] = total
        while next_out < wanted.size and wanted[next_out] <= t:
            for i in range(n):
                out[next_out, i] = D[i, 0]
            p = 1.0
            for k in range(1, order + 1):
                p *= (wanted[next_out] - (t - h * (k - 1))) / (h * k)
                for i in range(n):
                    out[next_out, i] += D[i, k] * p
            next_out += 1
        if equal < order + 1:
            continue
        best, change = error ** (-1 / (order + 1)) if error > 0 else 10.0, 0
        if order > 1:
            lower = error_of[order - 1] * norm(D[:, order], scale)
            size = lower ** (-1 / order) if lower > 0 else 10.0
            if size > best:
                best, change = size, -1
        if order < HIGHEST:
            higher = error_of[order + 1] * norm(D[:, order + 2], scale)
            size = higher ** (-1 / (order + 2)) if higher > 0 else 10.0
            if size > best:
                best, change = size, 1
        order += change
        ratio = min(10.0, safety * best)
        rescale(D, order, ratio, R, U, W)
        h, equal, factored = ratio * h, 0, -1.0
    for i in range(n):
        y[i] = D[i, 0]
