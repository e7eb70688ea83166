"""Levels of a large sparse symmetric matrix beside an energy, and proof that none is missing.

The factor of H − σ without pivoting has as many negative pivots as H has levels below σ (Sylvester's law of
inertia), so two factors say how many levels lie between their shifts.  Every pair is checked by its residual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from epidot.errors import WorkError

Floats = NDArray[np.float64]

TOLERANCE_EV = 1e-5  # of a residual; the error of a level is smaller still
# Arnoldi finds the equal levels of a multiplet by rounding alone, and late: 1e-6 loses some of them
_ARPACK = (1e-9, 0.0)
_LAST = 8  # levels among which a set is ended, where they lie farthest apart


class NotSolved(WorkError):
    """Levels that are not what they should be: too large a residual, or one is missing."""


@dataclass(frozen=True)
class Shifted:
    """H − ``sigma`` in triangular factors; ``below`` is the number of levels of H below ``sigma``."""

    H: Any
    sigma: float
    factor: Any
    below: int

    @property
    def entries(self) -> int:
        """Numbers kept in the two factors."""
        return int(self.factor.L.nnz + self.factor.U.nnz)

    def nearest(self, side: Literal["above", "below"], count: int) -> tuple[Floats, NDArray[Any]]:
        """The levels next to ``sigma`` on one side, nearest first, and their vectors (rows, k).

        About ``count``, so that no multiplet is torn: the set ends at the widest gap between its last levels.
        That none is missing is proved by a factor in that gap.

        Raises
        ------
        NotSolved
            If they do not converge, a residual is above :data:`TOLERANCE_EV` or levels are missing.
        """
        for tolerance in _ARPACK:
            values, vectors = self._next(side, count, tolerance)
            kept, end = _ended(values)
            between = abs(shifted(self.H, end).below - self.below)
            if between == kept:
                return values[:kept], vectors[:, :kept]
        raise NotSolved(f"{between} levels lie {side} {self.sigma:.3f} eV up to {end:.3f} eV, found {kept}")

    def first(self, side: Literal["above", "below"], count: int) -> tuple[Floats, NDArray[Any]]:
        """As :meth:`nearest`, ``count`` levels, without the proof: one alone next to ``sigma`` needs none."""
        return self._next(side, count, _ARPACK[0])

    def _next(self, side: str, count: int, tolerance: float) -> tuple[Floats, NDArray[Any]]:
        from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

        n = self.H.shape[0]
        count = min(count, n - self.below if side == "above" else self.below, n - 2)
        if count < 1:
            raise NotSolved(f"no level lies {side} {self.sigma:.3f} eV")
        inverse = LinearOperator(self.H.shape, matvec=self.factor.solve, dtype=self.H.dtype)
        which = "LA" if side == "above" else "SA"
        start = np.random.default_rng(n).standard_normal(n).astype(self.H.dtype)  # the same every time
        try:
            values, vectors = eigsh(
                self.H, count, sigma=self.sigma, which=which, OPinv=inverse, tol=tolerance, v0=start
            )
        except ArpackNoConvergence as stopped:
            found = len(stopped.eigenvalues)
            raise NotSolved(f"only {found} of {count} levels {side} {self.sigma:.3f} eV converged") from None
        order = np.argsort(np.abs(values - self.sigma), kind="stable")
        values, vectors = values[order], vectors[:, order]
        insist(residuals(self.H, values, vectors))
        return values, vectors


def _ended(values: Floats) -> tuple[int, float]:
    """How many of ``values`` (k,), in their order, end at the widest gap between the last, and its middle."""
    if len(values) < 2:
        return 1, float(values[0] + np.sign(values[0] or 1.0) * 1e-6)
    tail = values[-_LAST:]
    at = int(np.argmax(np.abs(np.diff(tail))))
    return len(values) - len(tail) + at + 1, float((tail[at] + tail[at + 1]) / 2)


def shifted(H: Any, sigma: float) -> Shifted:
    """The factors of ``H`` (sparse, symmetric or Hermitian, in an order of little fill) less ``sigma``.

    Raises
    ------
    NotSolved
        If ``sigma`` is a level, or the factors needed an exchange of rows.
    """
    from scipy.sparse import identity
    from scipy.sparse.linalg import splu

    n = H.shape[0]
    try:
        factor = splu(
            (H - sigma * identity(n, format="csc", dtype=H.dtype)).tocsc(),
            permc_spec="NATURAL",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True, "Equil": False},
        )
    except RuntimeError:
        raise NotSolved(f"{sigma:.6f} eV is a level itself; take another shift") from None
    if not np.array_equal(factor.perm_r, np.arange(n)):
        raise NotSolved(f"the factors at {sigma:.3f} eV needed pivoting: levels cannot be counted")
    return Shifted(H, sigma, factor, int((factor.U.diagonal().real < 0).sum()))


def residuals(H: Any, values: Floats, vectors: NDArray[Any]) -> Floats:
    """|H x − E x| of unit vectors (rows, k), in eV, shape (k,)."""
    return np.asarray(
        np.linalg.norm(H @ vectors - vectors * values, axis=0) / np.linalg.norm(vectors, axis=0)
    )


def insist(residual: Floats) -> None:
    """Refuse residuals above :data:`TOLERANCE_EV`, and those that are no numbers."""
    worst = float(np.max(residual, initial=0.0))
    if not worst <= TOLERANCE_EV:
        raise NotSolved(f"a level has a residual of {worst:.2g} eV; {TOLERANCE_EV:g} eV is the most allowed")
