"""Models fitted to signals: the least sum of squares, its errors, and words for how it ended.

A value that nature bounds (a height is not negative) may end at its bound: how far it could lie inside is
then read off the profile of the sum of squares, and what that would move the others by is in their errors.  A
fit that ends at a bound of the search is at no optimum and states no errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.errors import InputError
from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal.correlation import Noise
from epidot.signal.local import believed
from epidot.signal.optimum import Optimum, least
from epidot.signal.poisson import residuals
from epidot.signal.signal import Signal
from epidot.signal.slopes import slopes

Array = NDArray[np.float64]

_DARKEST = 1e-9  # counts at every point beside those of a model, so that none is impossible


@dataclass(frozen=True)
class Free:
    """One fitted parameter: its name and unit, where the search starts and its bounds.

    ``natural`` if nothing can lie below ``low``; the other bounds are those of the search.
    """

    name: str
    unit: str
    start: float
    low: float
    high: float
    natural: bool = False


@dataclass(frozen=True)
class Fitted:
    """Best values with their covariance, in the order of ``names``.

    ``status`` is ``converged``, ``at a bound`` (of the search) or ``failed``, which state no errors;
    ``message`` names the parameters that stand at a bound or are not determined.
    """

    names: tuple[str, ...]
    values: Array
    covariance: Array
    curve: Array
    status: str
    message: str
    statistics: dict[str, float]
    units: tuple[str, ...]

    def value(self, name: str) -> float:
        return float(self.values[self.names.index(name)])

    def sigma(self, name: str) -> float | None:
        """Standard error, or ``None`` if the data do not determine the parameter."""
        i = self.names.index(name)
        variance = float(self.covariance[i, i])
        return float(np.sqrt(variance)) if np.isfinite(variance) and variance >= 0 else None

    @property
    def misfit(self) -> float:
        """By which fits of one signal compare: reduced deviance, or variance of the residuals."""
        return next(
            self.statistics[n] for n in ("reduced_deviance", "residual_variance") if n in self.statistics
        )

    def quantities(self, how: str) -> dict[str, Quantity]:
        """Every parameter by its name, obtained by the method ``how``."""
        return {
            name: Quantity(self.value(name), self.sigma(name), unit, how)
            for name, unit in zip(self.names, self.units, strict=True)
        }

    def _residuals(self, signal: Signal) -> Signal:
        """Data minus curve in standard errors."""
        if signal.kind == "analog":
            common = self.statistics.get("residual_variance", 1.0)
            off = (signal.y - self.curve) / (
                np.sqrt(common) if signal.known_sigma is None else signal.known_sigma
            )
        else:
            off = -_deviance(signal, self.curve)[0]
        plain = replace(signal, kind="analog", sigma=None, companions={}, warnings=(), meta={})
        return replace(plain, y=off, y_name="residual", y_unit="standard errors")

    def packed(
        self, model: str, signal: Signal, quantities: dict[str, Quantity], warnings: Sequence[str]
    ) -> Fit:
        """What an instrument's ``fit`` returns: the ``quantities``, how it ended, and the curve."""
        curve = self.curve if signal.kind == "analog" else np.maximum(self.curve, 0.0)
        curves = {"model": signal.with_values(signal.x, curve), "residuals": self._residuals(signal)}
        said = tuple(warnings) if self.message == "converged" else (*warnings, self.message)
        found = Quantities(signal.technique, quantities, signal.source, said, curves=curves)
        parameters = {
            name: Determined.around(self.value(name), self.sigma(name), unit)
            for name, unit in zip(self.names, self.units, strict=True)
        }
        return Fit(
            model,
            found,
            self.status,
            self.message,
            self.statistics,
            self.names,
            self.covariance,
            curves,
            parameters,
        )


def fit_curve(
    signal: Signal,
    model: Callable[[Array], Array],
    free: Sequence[Free],
    noise: Noise | None = None,
    *,
    jacobian: Callable[[Array], Array] | None = None,
    starts: Sequence[Array] = (),
    further: bool = True,
    tight: bool = True,
) -> Fitted:
    """Fit ``model(values) -> y`` of shape (n,) to a signal.

    Counts and rates are fitted by their Poisson deviance (residuals signed, squares summing to the
    deviance), analog values by least squares with the signal's own standard errors, or with one common
    error found from the residuals.  ``noise`` says how the readings of neighbouring points hang together
    (white by default).  Residuals that contradict the errors, or hang together, widen the covariance.

    ``jacobian`` are the derivatives (n, p) of the model; ``starts`` more places for the search to begin;
    ``further`` and ``tight`` as in :func:`epidot.signal.optimum.least`.

    Raises
    ------
    InputError
        If there are not more points than parameters.
    """
    if len(signal) <= len(free):
        what = f"{len(free)} parameters need more points"
        raise InputError(what, signal.source or None, seen=str(len(signal)))
    low, high, start = (np.array([getattr(f, n) for f in free]) for n in ("low", "high", "start"))
    known = signal.kind != "analog" or signal.known_sigma is not None
    error = signal.known_sigma if signal.known_sigma is not None else np.ones(len(signal))

    def off(values: Array) -> Array:
        y = model(values)
        return (y - signal.y) / error if signal.kind == "analog" else _deviance(signal, y)[0]

    def derivatives(values: Array) -> Array:
        assert jacobian is not None
        by = 1 / error if signal.kind == "analog" else _deviance(signal, model(values))[1]
        return np.asarray(jacobian(values) * by[:, None], dtype=np.float64)

    found = least(
        off, [start, *starts], low, high, derivatives if jacobian else None, further=further, tight=tight
    )
    freedom = len(signal) - int(np.sum(found.free))
    reduced = found.cost / freedom
    plain = replace(noise or Noise(), sigma=np.ones(len(signal)) if known else None)
    covariance = _covariance(found, plain, np.array([f.natural for f in free]), high - low)
    names = tuple(f.name for f in free)
    status, message = _ended(found, free)
    if status != "converged":
        covariance = np.full_like(covariance, np.inf)
    statistics = {
        "reduced_deviance" if known else "residual_variance": reduced,
        "degrees_of_freedom": freedom,
    }
    units = tuple(f.unit for f in free)
    return Fitted(names, found.values, covariance, model(found.values), status, message, statistics, units)


def _ended(found: Optimum, free: Sequence[Free]) -> tuple[str, str]:
    """Status and message; a bound of nature is an end like another, and is told."""
    searched = [
        f.name for f, a, b in zip(free, found.low, found.high, strict=True) if b or (a and not f.natural)
    ]
    natural = [f.name for f, a in zip(free, found.low, strict=True) if a and f.natural]
    status, said = "converged", ["converged"]
    if not found.settled:
        status, said = "failed", ["the search did not settle: no errors are stated"]
    elif searched:
        where = ", ".join(searched)
        status, said = "at a bound", [f"at its bound: {where}; the optimum lies beyond, no errors are stated"]
    if natural:
        said.append("at its natural bound: " + ", ".join(natural))
    if found.flat:
        said.append("not determined by these data: " + ", ".join(free[i].name for i in found.flat))
    return status, "; ".join(said)


def with_gradient(function: Callable[[Array], ArrayLike], values: Array) -> tuple[Array, Array]:
    """What is read off a model, shape (...), and its derivatives (..., p) in the model's ``values`` (p,)."""
    return np.asarray(function(values), dtype=np.float64), slopes(function, values, step=1e-4)


def _deviance(signal: Signal, y: Array) -> tuple[Array, Array]:
    """Signed roots of the deviance and their derivatives in ``y``, each of shape (n,)."""
    seconds = float(signal.live_time or 1.0) if signal.kind == "rate" else 1.0
    off, slope = residuals(signal.y * seconds, np.maximum(y * seconds, 0.0) + _DARKEST)
    return off, np.where(y > 0, slope * seconds, 0.0)


def _covariance(found: Optimum, noise: Noise, natural: NDArray[np.bool_], span: Array) -> Array:
    """Covariance (p, p) at the optimum; what the data do not determine has infinite variance."""
    free = found.free
    inside = found.jacobian[:, free]
    length = np.sqrt(np.sum(inside**2, axis=0))
    length = np.where(length > 0, length, 1.0)
    answers = np.zeros((free.size, found.residuals.size))
    if np.any(free):
        variance = believed(noise, found.residuals, inside)
        answers[free] = noise.answers(inside / length) / length[:, None] * np.sqrt(variance)
    else:
        variance = found.cost / found.residuals.size
    out = answers @ answers.T
    plain = np.linalg.pinv(inside / length) / length[:, None]
    for i in np.flatnonzero(found.low & natural):
        # The others follow: what they do not take up of this column is what speaks against a move inside.
        follow = -plain @ found.jacobian[:, i]
        left = found.jacobian[:, i] + inside @ follow
        slope, bend = float(found.jacobian[:, i] @ found.residuals), float(left @ left)
        # Half of the sum of squares rises by slope δ + bend δ²/2; its interval ends where that is variance/2.
        rise = np.sqrt(slope**2 + bend * variance) - slope
        reach = min(rise / bend, float(span[i])) if bend > 0 else float(span[i])
        move = np.zeros(free.size)
        move[free], move[i] = follow, 1.0
        out += np.outer(move, move) * reach**2
    out[found.flat, found.flat] = np.inf
    return out
