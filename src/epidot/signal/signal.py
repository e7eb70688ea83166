"""The Signal: axes, values, noise kind, units and origin of one trace."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

NoiseKind = Literal["counts", "rate", "analog"]
Origin = Literal["measured", "simulated"]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Signal:
    """One trace ``y`` over ``x``, both of shape (n,), measured or simulated.

    ``kind`` says how the noise behaves: ``counts`` (Poisson), ``rate`` (Poisson after multiplication
    by ``live_time`` seconds) or ``analog`` (least squares; ``sigma`` of shape (n,) where it is known).
    ``x`` is strictly ascending.  ``meta`` holds plain JSON values only (instrument settings, what the
    reader understood and guessed); ``companions`` other signals that belong to this one, such as the
    ``irf`` of a decay.
    """

    technique: str
    x: Array
    y: Array
    x_name: str
    x_unit: str
    y_name: str
    y_unit: str
    kind: NoiseKind
    origin: Origin
    sigma: Array | None = None
    live_time: float | None = None
    source: str = ""
    warnings: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
    companions: dict[str, Signal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        x, y = _vector(self.x), _vector(self.y)
        if x.shape != y.shape:
            raise ValueError(f"x has shape {x.shape}, y {y.shape}")
        if x.size > 1 and not np.all(np.diff(x) > 0):
            raise ValueError("x must be strictly ascending")
        if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y))):
            raise ValueError("x and y must be finite")
        if self.kind not in get_args(NoiseKind):
            raise ValueError(f"kind must be one of {get_args(NoiseKind)}")
        if self.kind == "counts" and np.any(y < 0):
            raise ValueError("counts cannot be negative")
        if self.kind == "rate" and not (self.live_time and self.live_time > 0):
            raise ValueError("a rate needs its live_time in seconds")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
        if self.sigma is not None:
            sigma = _vector(self.sigma)
            if sigma.shape != y.shape:
                raise ValueError(f"sigma has shape {sigma.shape}, y {y.shape}")
            object.__setattr__(self, "sigma", sigma)

    def __len__(self) -> int:
        return int(self.x.size)

    def __eq__(self, other: object) -> bool:
        """Equal in every field; the place it was read from (``source``) does not count."""
        if not isinstance(other, Signal):
            return NotImplemented
        same_sigma = (self.sigma is None) == (other.sigma is None) and (
            self.sigma is None or other.sigma is None or bool(np.array_equal(self.sigma, other.sigma))
        )
        names = (
            "technique",
            "x_name",
            "x_unit",
            "y_name",
            "y_unit",
            "kind",
            "origin",
            "live_time",
            "warnings",
            "meta",
        )
        return (
            all(getattr(self, n) == getattr(other, n) for n in names)
            and bool(np.array_equal(self.x, other.x))
            and bool(np.array_equal(self.y, other.y))
            and same_sigma
            and self.companions == other.companions
        )

    __hash__ = None  # type: ignore[assignment]

    def between(self, low: float, high: float) -> Signal:
        """The part with ``low <= x <= high``."""
        return self.kept((self.x >= low) & (self.x <= high))

    def kept(self, keep: NDArray[np.bool_]) -> Signal:
        """The points that ``keep``, of shape (n,), marks."""
        return self.with_values(self.x[keep], self.y[keep], None if self.sigma is None else self.sigma[keep])

    @property
    def known_sigma(self) -> Array | None:
        """``sigma`` where every point has one above zero, else ``None``."""
        return self.sigma if self.sigma is not None and bool(np.all(self.sigma > 0)) else None

    def with_values(self, x: ArrayLike, y: ArrayLike, sigma: ArrayLike | None = None) -> Signal:
        """The same signal with other values."""
        return replace(self, x=_vector(x), y=_vector(y), sigma=None if sigma is None else _vector(sigma))


def _vector(a: ArrayLike) -> Array:
    out = np.array(a, dtype=np.float64)
    if out.ndim != 1:
        raise ValueError(f"expected shape (n,), got {out.shape}")
    out.setflags(write=False)
    return out
