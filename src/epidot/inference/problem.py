"""What is to be inferred: free parameters with priors, measured numbers, and a model that takes its time.

Every search works in coordinates ``u`` in which the priors have one size: of a uniform prior its range is 0
to 1, of a normal one its standard deviation is 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

Array = NDArray[np.float64]
Model = Callable[[Array], Array]  # values (k, p) -> predictions (k, m), NaN where a point gave nothing
Kind = Literal["=", ">=", "<="]
_WIDE = 5.0  # standard deviations of a normal prior within which is searched


@dataclass(frozen=True)
class Prior:
    """What is known of a parameter before: uniform (``low`` to ``high``) or normal (``mean``, ``sigma``).

    With ``log`` its logarithm is: uniform between those of ``low`` and ``high``, or normal about that of
    ``mean`` with ``sigma``.
    """

    name: str
    unit: str
    low: float
    high: float
    mean: float = math.nan
    sigma: float = math.nan
    log: bool = False

    @property
    def normal(self) -> bool:
        """Whether it is normal."""
        return math.isfinite(self.sigma)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what ``u`` is searched."""
        if not self.normal:
            return 0.0, 1.0
        ends = (
            (self._on_scale(end) - self._on_scale(self.mean)) / self.sigma for end in (self.low, self.high)
        )
        low, high = (min(max(end, -_WIDE), _WIDE) for end in ends)
        return low, high

    @property
    def variance(self) -> float:
        """Of ``u``."""
        return 1.0 if self.normal else 1 / 12

    def value(self, u: Array | float) -> Array:
        """The parameter at ``u``."""
        first = self._on_scale(self.mean if self.normal else self.low)
        found = first + self.scale * np.asarray(u)
        return np.asarray(np.exp(found) if self.log else found, dtype=np.float64)

    @property
    def scale(self) -> float:
        """One step of ``u`` in the parameter's unit, or of its logarithm."""
        return self.sigma if self.normal else self._on_scale(self.high) - self._on_scale(self.low)

    def _on_scale(self, value: float) -> float:
        if not self.log:
            return value
        return math.log(value) if value > 0 else -math.inf


@dataclass(frozen=True)
class Datum:
    """A measured number with its standard error; ``>=`` and ``<=``: it is at least, or at most, that."""

    name: str
    value: float
    sigma: float
    kind: Kind = "="

    def residual(self, predicted: Array) -> Array:
        """What the squares of add up to -2 ln likelihood, for predictions of any shape."""
        z = (predicted - self.value) / self.sigma
        if self.kind == "=":
            return z
        side = z if self.kind == ">=" else -z
        left: Array = np.sqrt(np.maximum(-2 * log_ndtr(side), 0.0))
        return -left if self.kind == ">=" else left


@dataclass
class Problem:
    """Parameters, data and the model between them; ``calls`` counts the points that the model was asked."""

    priors: Sequence[Prior]
    data: Sequence[Datum]
    model: Model
    calls: int = 0
    _known: dict[bytes, Array] = field(default_factory=dict)

    @property
    def low(self) -> Array:
        """Lower bounds of ``u`` (p,)."""
        return np.array([p.bounds[0] for p in self.priors])

    @property
    def high(self) -> Array:
        """Upper bounds of ``u`` (p,)."""
        return np.array([p.bounds[1] for p in self.priors])

    @property
    def variance(self) -> Array:
        """Prior variance of ``u`` (p,)."""
        return np.array([p.variance for p in self.priors])

    @property
    def normal(self) -> NDArray[np.bool_]:
        """Which priors are normal (p,)."""
        return np.array([p.normal for p in self.priors])

    def values(self, u: Array) -> Array:
        """The parameters (..., p) at ``u``."""
        return np.stack([p.value(u[..., i]) for i, p in enumerate(self.priors)], axis=-1)

    def predictions(self, u: Array) -> Array:
        """What the model gives (k, m) at ``u`` (k, p); every point is asked once."""
        rows = [np.ascontiguousarray(row, dtype=np.float64) for row in np.atleast_2d(u)]
        new = {row.tobytes(): row for row in rows if row.tobytes() not in self._known}
        if new:
            self.calls += len(new)
            found = self.model(self.values(np.stack(list(new.values()))))
            self._known.update(zip(new, found, strict=True))
        return np.stack([self._known[row.tobytes()] for row in rows])

    def known(self) -> tuple[Array, Array]:
        """Points within bounds that gave something, as asked: ``u`` (n, p) and predictions (n, m)."""
        u = np.stack([np.frombuffer(key) for key in self._known])
        found = np.stack(list(self._known.values()))
        kept = np.isfinite(self.deviance(u)) & np.all(np.isfinite(found), axis=1)
        return u[kept], found[kept]

    def residuals(self, u: Array) -> Array:
        """Of the data, then of the normal priors (k, m + q); NaN where a point gave nothing."""
        u = np.atleast_2d(u)
        found = self.predictions(u)
        data = [d.residual(found[:, i]) for i, d in enumerate(self.data)]
        return np.stack([*data, *(u[:, i] for i in np.flatnonzero(self.normal))], axis=-1)

    def deviance(self, u: Array) -> Array:
        """-2 ln posterior (k,), less a constant; infinite where a point gave nothing or is out of bounds."""
        u = np.atleast_2d(u)
        total = np.sum(self.residuals(u) ** 2, axis=1)
        inside = np.all((u >= self.low - 1e-12) & (u <= self.high + 1e-12), axis=1)
        return np.where(inside & np.isfinite(total), total, np.inf)
