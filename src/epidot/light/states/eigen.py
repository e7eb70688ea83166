"""The lowest eigenpairs of H x = λ S x with banded H and S: all at once, or from those of a similar dot.

Following from a similar dot is what makes a table of sizes cheap: the vectors of one size span nearly
the space of the next, and two steps of block inverse iteration do the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SETTLED_EV = 3e-6  # what is left of a level's error, by its residual
PASSES = 6


@dataclass(frozen=True)
class Pencil:
    """Symmetric ``H`` in eV and positive ``S``, (n, n); no eigenvalue lies below ``floor``; the half band
    width is ``width``."""

    H: Array
    S: Array
    floor: float
    width: int


def lowest(pencil: Pencil, count: int) -> tuple[Array, Array]:
    """The ``count`` lowest eigenvalues (count,) and vectors (n, count), SᵀS-normalised."""
    from scipy.linalg import eigh

    values, vectors = eigh(pencil.H, pencil.S, subset_by_index=(0, count - 1), check_finite=False)
    return values, vectors


def below(pencil: Pencil, limit: float) -> tuple[Array, Array]:
    """All eigenvalues up to ``limit`` and their vectors."""
    from scipy.linalg import eigh

    values, vectors = eigh(pencil.H, pencil.S, subset_by_value=(-np.inf, limit), check_finite=False)
    return values, vectors


def follow(pencil: Pencil, start: Array, count: int) -> tuple[Array, Array]:
    """As many lowest pairs as ``start`` (n, p) has columns; the first ``count`` are converged.

    Block inverse iteration with two powers of (H − floor S)⁻¹ S and a Rayleigh–Ritz step, until the
    residuals of the first ``count`` bound their errors.  If they do not settle, everything is solved anew.
    """
    from scipy.linalg import (
        lapack,
    )  # without the checks of the friendlier names: they cost more than the work

    H, S = pencil.H, pencil.S
    count_all = start.shape[1]
    where, inside = _band(H.shape[0], pencil.width)
    shifted = (H - pencil.floor * S).ravel()
    factor, _ = lapack.dpbtrf(shifted[where] * inside, lower=1, overwrite_ab=1)
    x, Sx, Hx = start, S @ start, H @ start
    values = np.full(count_all, np.nan)
    for done in range(PASSES):
        y, _ = lapack.dpbtrs(factor, Sx, lower=1)
        if done:
            # rᵀ(H − floor S)⁻¹r of every pair, from y alone: r is orthogonal to x
            residual = (Hx - Sx * values)[:, :count]
            left = (pencil.floor - values[:count]) * np.einsum("ij,ij->j", residual, y[:, :count])
            if float(left.max()) < SETTLED_EV:
                return values, x
        z, _ = lapack.dpbtrs(factor, S @ y, lower=1)
        reflections, scales, *_ = lapack.dgeqrf(np.concatenate([y, z], axis=1), overwrite_a=1)
        basis, *_ = lapack.dorgqr(reflections, scales, overwrite_a=1)
        Hb, Sb = H @ basis, S @ basis
        values, small, fault = lapack.dsygvd(basis.T @ Hb, basis.T @ Sb)
        if fault:
            break
        values, small = values[:count_all], small[:, :count_all]
        x, Hx, Sx = basis @ small, Hb @ small, Sb @ small
    return lowest(pencil, count_all)


@lru_cache(maxsize=64)
def _band(size: int, width: int) -> tuple[NDArray[np.intp], Array]:
    """Where the lower band storage of a full matrix is found in its flat array, and 1 where it exists."""
    row = np.arange(width + 1)[:, None] + np.arange(size)
    inside = row < size
    return np.where(inside, row, 0) * size + np.arange(size), inside.astype(np.float64)
