"""Powder scattering of the very atoms of a dot: Debye's sum over all pairs, through bins that lose nothing.

    I(Q) = sum_i f_i^2 + 2 sum_(i<j) f_i f_j sin(Q r_ij)/(Q r_ij)

(P. Debye, Ann. Phys. 351, 809 (1915), doi:10.1002/andp.19153510606).  Distances are sorted into bins of
``STEP_NM`` per pair of elements, and each bin keeps the number, the mean offset and the mean square offset of
its distances from its middle: sin(Qr) follows to third order inside a bin, so that the bins may be a hundred
times wider than with counts alone.  The bins lie on a line, so the sum over them is a chirp z transform.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.jit import compiled

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP_NM = 3.5e-4  # (Q STEP/2)^3/6 is 5e-7 at 80 per nm
TILE = 512  # atoms
Factors = Callable[[str, Array], Array]  # scattering factor of an element at Q (per nm)


def debye(species: NDArray[np.str_], position_nm: Array, q_per_nm: Array, factor: Factors) -> Array:
    """I(Q) of one dot in electron units, shape of ``q_per_nm``, which must be evenly spaced.

    ``species`` (n,), ``position_nm`` (n, 3).

    Raises
    ------
    ValueError
        If there are no atoms, or Q is not positive and evenly spaced.
    """
    names, kind = np.unique(species, return_inverse=True)
    moments = pair_moments(position_nm, kind, len(names))
    return sum_over_pairs(list(names), np.bincount(kind), moments, q_per_nm, factor)


def sum_over_pairs(
    names: list[str],
    numbers: Ints,
    moments: Array,
    q_per_nm: Array,
    factor: Factors,
    step_nm: float = STEP_NM,
) -> Array:
    """I(Q) from the moments of :func:`pair_moments`; ``numbers`` counts the atoms of each element.

    Moments may be sums over dots: the result is then that of all of them.
    """
    q = np.asarray(q_per_nm, dtype=np.float64)
    _check(q)
    f = {name: factor(name, q) for name in names}
    total = np.zeros(q.size)
    for name, number in zip(names, numbers, strict=True):
        total += number * f[name] ** 2
    pair = 0
    for i, one in enumerate(names):
        for other in names[i:]:
            total += 2 * f[one] * f[other] * _sines(moments[pair], step_nm, q) / q
            pair += 1
    return total


def _check(q: Array) -> None:
    if q.size < 2 or q[0] <= 0 or not np.allclose(np.diff(q), q[1] - q[0], rtol=1e-6):
        raise ValueError("Q must be positive and evenly spaced")


def _sines(moments: Array, step_nm: float, q: Array) -> Array:
    """sum sin(Q r)/r over the pairs of one kind; ``moments`` (bins, 3): number, offsets, squared offsets."""
    middle = (np.arange(len(moments)) + 0.5) * step_nm
    number, first, second = moments.T
    # 1/r to second order in the offset, then what stands before sin(Qr), Q cos(Qr) and -Q^2/2 sin(Qr)
    plain = (number - first / middle + second / middle**2) / middle
    slope = (first - second / middle) / middle
    curve = second / middle
    transform = _transform(len(moments), q.size, float(q[0]), float(q[1] - q[0]), step_nm)
    a, b, c = transform(np.stack([plain, slope, curve])) * np.exp(-0.5j * q * step_nm)
    return np.asarray(-a.imag + q * b.real + 0.5 * q**2 * c.imag)


@lru_cache(maxsize=8)
def _transform(bins: int, m: int, first: float, step: float, step_nm: float) -> Callable[[Array], Array]:
    """sum_k x_k exp(-i Q_j k step_nm) for the m values Q_j = first + j step, along the last axis."""
    from scipy.signal import CZT

    found: Callable[[Array], Array]
    found = CZT(bins, m, np.exp(-1j * step * step_nm), np.exp(1j * first * step_nm))
    return found


def pair_moments(position_nm: Array, kind: Ints, kinds: int) -> Array:
    """Number, sum of offsets and of squared offsets of the distances in every bin, by pair of elements.

    Shape (kinds (kinds+1)/2, bins, 3); pairs in the order (0, 0), (0, 1) ... (1, 1), (1, 2) ...
    """
    x, order = _sorted(position_nm, kind)
    out = np.zeros(_shape(x, kinds))
    _kernel()(x, np.searchsorted(kind[order], np.arange(kinds + 1)), 1 / STEP_NM, out)
    return out


def pair_moments_plain(position_nm: Array, kind: Ints, kinds: int) -> Array:
    """:func:`pair_moments` without a compiler: the same numbers, slower."""
    x, order = _sorted(position_nm, kind)
    out = np.zeros(_shape(x, kinds))
    _walk(x, np.searchsorted(kind[order], np.arange(kinds + 1)), 1 / STEP_NM, out)
    return out


def _sorted(position_nm: Array, kind: Ints) -> tuple[Array, Ints]:
    """Positions (3, n) by element and within an element by place, so that near atoms stand together."""
    from scipy.spatial import cKDTree

    if not len(position_nm):
        raise ValueError("there are no atoms")
    place = np.empty(len(position_nm), dtype=np.int64)
    place[cKDTree(position_nm, leafsize=TILE // 4).indices] = np.arange(len(position_nm))
    order = np.lexsort((place, kind))
    return np.ascontiguousarray(position_nm[order].T), order


def _shape(x: Array, kinds: int) -> tuple[int, int, int]:
    reach = float(np.linalg.norm(np.ptp(x, axis=1)))
    return kinds * (kinds + 1) // 2, int(reach / STEP_NM) + 2, 3


def _walk(x: Array, first: Ints, per_nm: float, out: Array) -> None:
    """Every pair once, in tiles of near atoms: their distances fall into few bins, which stay cached."""
    kinds = first.size - 1
    r = np.empty(TILE)
    pair = 0
    for a in range(kinds):
        for b in range(a, kinds):
            bins = out[pair]
            pair += 1
            for top in range(first[a], first[a + 1], TILE):
                below = min(top + TILE, first[a + 1])
                for left in range(top if a == b else first[b], first[b + 1], TILE):
                    right = min(left + TILE, first[b + 1])
                    for i in range(top, below):
                        start = max(left, i + 1) if a == b else left
                        px, py, pz = x[0, i], x[1, i], x[2, i]
                        for j in range(start, right):
                            dx, dy, dz = x[0, j] - px, x[1, j] - py, x[2, j] - pz
                            r[j - start] = np.sqrt(dx * dx + dy * dy + dz * dz) * per_nm
                        for j in range(right - start):
                            k = int(r[j])
                            off = r[j] - k - 0.5
                            bins[k, 0] += 1.0
                            bins[k, 1] += off
                            bins[k, 2] += off * off
    out[:, :, 1] /= per_nm
    out[:, :, 2] /= per_nm * per_nm


@lru_cache(maxsize=1)
def _kernel() -> Callable[[Array, Ints, float, Array], None]:
    return compiled(_walk)
