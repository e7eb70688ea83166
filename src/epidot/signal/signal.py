"""The Signal: axes, values, noise kind, units and origin of one trace or one image."""

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
    """One trace ``y`` over ``x``, both of shape (n,), measured or simulated; or one image.

    An image has a second axis: ``rows`` of shape (m,), in the unit of ``x``; its ``y`` has shape (m, n), row
    0 on top.  ``kind`` says how the noise behaves: ``counts`` (Poisson), ``rate`` (Poisson after
    multiplication by ``live_time`` seconds) or ``analog`` (least squares; ``sigma`` of the shape of ``y``
    where it is known).  ``x`` and ``rows`` are strictly ascending.  ``meta`` holds plain JSON values only
    (instrument settings, what the reader understood and guessed); ``companions`` other signals that belong
    to this one, such as the ``irf`` of a decay.
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
    rows: Array | None = None

    def __post_init__(self) -> None:
        axes = (self.x,) if self.rows is None else (self.rows, self.x)
        shape = tuple(map(len, axes))
        x, y = _fixed(self.x, 1), _fixed(self.y, len(axes))
        if y.shape != shape:
            raise ValueError(f"the axes have shape {shape}, y {y.shape}")
        if not all(np.all(axis[1:] > axis[:-1]) for axis in map(np.asarray, axes)):
            raise ValueError("x must be strictly ascending" + ("" if self.rows is None else ", rows too"))
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
        if self.rows is not None:
            object.__setattr__(self, "rows", _fixed(self.rows, 1))
        if self.sigma is not None:
            sigma = _fixed(self.sigma, y.ndim)
            if sigma.shape != y.shape:
                raise ValueError(f"sigma has shape {sigma.shape}, y {y.shape}")
            object.__setattr__(self, "sigma", sigma)

    def __len__(self) -> int:
        """Readings: points of a trace, pixels of an image."""
        return int(self.y.size)

    def __eq__(self, other: object) -> bool:
        """Equal in every field; the place it was read from (``source``) does not count."""
        if not isinstance(other, Signal):
            return NotImplemented
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
            and all(_alike(getattr(self, n), getattr(other, n)) for n in ("x", "y", "sigma", "rows"))
            and self.companions == other.companions
        )

    __hash__ = None  # type: ignore[assignment]

    def between(self, low: float, high: float) -> Signal:
        """The part with ``low <= x <= high``."""
        return self.kept((self.x >= low) & (self.x <= high))

    def kept(self, keep: NDArray[np.bool_]) -> Signal:
        """The points that ``keep``, of shape (n,), marks; of an image those columns."""
        sigma = None if self.sigma is None else self.sigma[..., keep]
        return self.with_values(self.x[keep], self.y[..., keep], sigma)

    @property
    def seconds(self) -> float:
        """By which ``y`` becomes counts: the ``live_time`` of a rate, 1 for counts."""
        return float(self.live_time or 1.0) if self.kind == "rate" else 1.0

    @property
    def known_sigma(self) -> Array | None:
        """``sigma`` where every point has one above zero, else ``None``."""
        return self.sigma if self.sigma is not None and bool(np.all(self.sigma > 0)) else None

    @property
    def knows_noise(self) -> bool:
        """Whether the kind of noise, or ``sigma``, gives the standard errors of the points."""
        return self.kind != "analog" or self.known_sigma is not None

    def with_values(self, x: ArrayLike, y: ArrayLike, sigma: ArrayLike | None = None) -> Signal:
        """The same signal with other values."""
        return replace(
            self,
            x=np.asarray(x, dtype=np.float64),
            y=np.asarray(y, dtype=np.float64),
            sigma=None if sigma is None else np.asarray(sigma, dtype=np.float64),
        )


def _alike(one: Array | None, other: Array | None) -> bool:
    return one is other or (one is not None and other is not None and bool(np.array_equal(one, other)))


def _fixed(a: ArrayLike, dimensions: int) -> Array:
    out = np.array(a, dtype=np.float64)
    if out.ndim != dimensions:
        raise ValueError(f"expected shape {('(n,)', '(m, n)')[dimensions - 1]}, got {out.shape}")
    out.setflags(write=False)
    return out
