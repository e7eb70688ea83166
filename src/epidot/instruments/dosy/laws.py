"""How a line falls with b: one species, one of spread sizes, two species.

The mean of exp(-D b) over a gamma law of D with mean D and relative width s is (1 + s² D b)^(-1/s²): one
exponential for small s, and in closed form near enough to what dots of different sizes give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.signal import Signal
from epidot.signal.fitting import Fitted, Free, fit_curve

Array = NDArray[np.float64]

LEAST = 5  # points of a decay
LAWS = ("one", "spread", "two")
SMOOTH = "maxent"
_NONE = 1e-6  # of s² D b, below which a spread is none
_WIDEST = 4.0  # s²: a gamma law wider than its mean by so much is no one species
_SLOWEST, _FASTEST = 1e-3, 30.0  # D times the largest and the smallest b that a search looks at


@dataclass(frozen=True)
class Law:
    """A sum of species, each with ``intensity``, D and perhaps a spread, over b (n,) in s/m²."""

    name: str
    free: tuple[Free, ...]
    curve: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]
    starts: tuple[Array, ...] = ()

    def fitted(self, signal: Signal, near: Fitted | None = None) -> Fitted:
        """The law at its best; the search begins at the end of a fit with the same parameters, ``near``."""
        if near is None:
            return fit_curve(signal, self.curve, self.free, jacobian=self.jacobian, starts=self.starts)
        free = [replace(f, start=near.value(f.name)) for f in self.free]
        return fit_curve(signal, self.curve, free, jacobian=self.jacobian, further=False, tight=False)


def spread(x: Array, s2: float) -> tuple[Array, Array, Array]:
    """(1 + s² x)^(-1/s²) at x = D b (n,), and its derivatives in x and in s²."""
    w = s2 * x
    small = np.abs(w) < _NONE
    safe = np.where(small, 1.0, w)
    # ln f = -x ln(1 + w)/w
    ratio = np.where(small, 1 - w / 2 + w * w / 3, np.log1p(safe) / safe)
    value = np.exp(-x * ratio)
    slope = np.where(small, -0.5 + 2 * w / 3, (1 / (1 + safe) - np.log1p(safe) / safe) / safe)
    return value, -value / (1 + w), -value * x * x * slope


def law(name: str, signal: Signal, free_D: float | None = None, width: float = 0.0) -> Law:
    """The law ``name`` of :data:`LAWS` for the decay ``signal``.

    With ``free_D`` in m²/s the second species of ``two`` diffuses as fast as that; ``width`` is a relative
    spread of D that the first one has and that is not fitted.
    """
    b, y = signal.x, signal.y
    top = max(float(np.max(y)), 1e-300)
    low, high = _SLOWEST / float(b[-1]), _FASTEST / float(b[1] if b[0] <= 0 else b[0])
    start = float(np.clip(_initial(b, y), 2 * low, high / 2))
    free = [
        Free("intensity", "", top, 0.0, 10 * top, natural=True),
        Free("D_m2_per_s", "m2/s", start, low, high),
    ]
    if name == "spread":
        free.append(Free("spread_squared", "", 0.02, 0.0, _WIDEST, natural=True))
    starts: list[Array] = []
    if name == "two":
        free.append(Free("free_intensity", "", 0.2 * top, 0.0, 10 * top, natural=True))
        if free_D is None:
            free.append(Free("free_D_m2_per_s", "m2/s", min(4 * start, high / 1.01), low, high))
            starts = [
                _values(free, {"D_m2_per_s": k * start, "free_D_m2_per_s": m * start})
                for k, m in ((0.9, 10.0), (0.3, 1.5), (0.05, 1.2))
            ]
            starts = [np.clip(s, [f.low for f in free], [f.high for f in free]) for s in starts]
    at = {f.name: i for i, f in enumerate(free)}

    def parts(v: Array) -> tuple[Array, Array]:
        D = v[at["D_m2_per_s"]]
        s2 = v[at["spread_squared"]] if "spread_squared" in at else width**2
        fall, by_x, by_s2 = spread(D * b, float(s2))
        columns = [fall, v[0] * by_x * b]
        if "spread_squared" in at:
            columns.append(v[0] * by_s2)
        total = v[0] * fall
        if "free_intensity" in at:
            other = v[at["free_intensity"]]
            fast = v[at["free_D_m2_per_s"]] if free_D is None else free_D
            gone = np.exp(-fast * b)
            total = total + other * gone
            columns.append(gone)
            if free_D is None:
                columns.append(-other * b * gone)
        return total, np.stack(columns, axis=1)

    return Law(name, tuple(free), lambda v: parts(v)[0], lambda v: parts(v)[1], tuple(starts))


def weights(signal: Signal) -> Array:
    """What the points (n,) are multiplied by for errors of 1: 1/sigma where that is known, else 1."""
    return np.ones(len(signal)) if signal.known_sigma is None else 1 / signal.known_sigma


def lack(signal: Signal, left: ArrayLike) -> Array:
    """Twice the negative logarithm of the likelihood, but for a constant, of sums of squares ``left``."""
    squares, n = np.asarray(left, dtype=np.float64), len(signal)
    return squares if signal.known_sigma is not None else n * np.log(np.maximum(squares / n, 1e-300))


def grid(b: Array, step: float) -> Array:
    """D (m,) in m²/s, even in ln D, of all that a decay over ``b`` (n,) could show."""
    first = float(b[1] if b[0] <= 0 else b[0])
    low, high = 0.1 / float(b[-1]), 1.0 / first
    return np.asarray(low * np.exp(step * np.arange(math.ceil(math.log(high / low) / step) + 1)))


def _values(free: Sequence[Free], known: dict[str, float]) -> Array:
    return np.array([known.get(f.name, f.start) for f in free])


def _initial(b: Array, y: Array) -> float:
    """D from where the line has fallen to about 1/e of its first value, or from its end if it never does."""
    level = float(y[0])
    below = np.flatnonzero(y < 0.4 * level)
    i = int(below[0]) if below.size else y.size - 1
    share = min(max(float(y[i]) / level, 1e-2), 0.98) if level > 0 else 0.4
    return -math.log(share) / max(float(b[i] - b[0]), 1e-300)
