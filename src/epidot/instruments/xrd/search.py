"""What the models of a pattern share: the ground under it, weights of its readings, bounds, one more step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from epidot.signal import Signal
from epidot.signal.fitting import Free
from epidot.signal.variance import standard_errors

Array = NDArray[np.float64]
Limits = tuple[str, str, float, float, bool]  # name, unit, bounds, and whether the lower one is nature's


class Bent(Protocol):
    """A curve (n,) of parameters (p,) and its derivatives (n, p)."""

    def __call__(self, v: Array) -> Array: ...

    def jacobian(self, v: Array) -> Array: ...


def smooth(angle: Array, order: int) -> Array:
    """Polynomials of the background, shape (n, order + 1)."""
    t = 2 * (angle - angle[0]) / (angle[-1] - angle[0]) - 1
    return np.asarray(np.polynomial.chebyshev.chebvander(t, order))


def ground(used: Signal, order: int) -> list[Limits]:
    """Bounds of the background's parameters."""
    top = 10 * float(np.max(used.y))
    return [(f"background{n}", used.y_unit, -top, top, False) for n in range(order + 1)]


def bounded(limits: Iterable[Limits], start: Array) -> list[Free]:
    """Parameters within their limits, a search to begin at ``start``."""
    return [
        Free(name, unit, float(x), low, high, natural)
        for (name, unit, low, high, natural), x in zip(limits, start, strict=True)
    ]


def weight(used: Signal, counts: Array) -> Array:
    """One over the standard error of each reading where ``counts`` are expected; 1 where none is known."""
    known = standard_errors(used, counts)
    return np.ones(len(used)) if known is None else 1 / known


@dataclass(frozen=True)
class Step:
    """Where one Gauss-Newton step ends: values (p,), and their standard errors by what is left over."""

    values: Array
    sigmas: Array


def stepped(model: Bent, free: Sequence[Free], v: Array, used: Signal, still: Sequence[int] = ()) -> Step:
    """One step from ``v`` (p,), within the bounds; ``still`` are not moved."""
    there, jacobian = model(v), model.jacobian(v)
    jacobian[:, list(still)] = 0.0
    by = weight(used, there)
    weighted = jacobian * by[:, None]
    norm = np.maximum(np.linalg.norm(weighted, axis=0), 1e-300)
    left, singular, rows = np.linalg.svd(weighted / norm, full_matrices=False)
    seen = singular > 1e-6 * singular[0]
    left, rows = left[:, seen], rows[seen] / singular[seen, None]
    off = (used.y - there) * by
    step = rows.T @ (left.T @ off)
    remaining = off - left @ (left.T @ off)
    variance = float(remaining @ remaining) / max(off.size - int(seen.sum()), 1)
    if used.kind != "analog":
        variance = max(variance, 1.0)
    sigmas = np.sqrt(variance * np.sum(rows**2, axis=0)) / norm
    low, high = (np.array([getattr(one, end) for one in free]) for end in ("low", "high"))
    return Step(np.asarray(np.clip(v + step / norm, low, high), dtype=np.float64), np.asarray(sigmas))


def beyond_noise(value: float, sigma: float) -> float:
    """Share of what one more parameter moves that the noise does not: 1 - (sigma/value)^2, at least 0.

    Where the parameter is not needed, noise alone gives it a value of about its standard error, and the
    others move with it: that is no fault of the model without it, whose own errors hold the noise.
    """
    return max(0.0, 1 - (sigma / value) ** 2) if value else 0.0
