"""Nonlinear least squares with bounds, covariance, and words for how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.errors import InputError
from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal.correlation import Noise
from epidot.signal.poisson import residuals
from epidot.signal.signal import Signal

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Free:
    """One fitted parameter: its name and unit, where the search starts and its bounds."""

    name: str
    unit: str
    start: float
    low: float
    high: float


@dataclass(frozen=True)
class Fitted:
    """Best values with their covariance, in the order of ``names``.

    ``status`` is ``converged``, ``at a bound`` or ``failed``; ``message`` names the parameter that stands
    at a bound or is not determined.  ``noise`` is the standard error per point that was used or found.
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
            off = -_deviance(signal, self.curve)
        plain = replace(signal, kind="analog", sigma=None, companions={}, warnings=(), meta={})
        return replace(plain, y=off, y_name="residual", y_unit="standard errors")

    def packed(
        self, model: str, signal: Signal, quantities: dict[str, Quantity], warnings: Sequence[str]
    ) -> Fit:
        """What an instrument's ``fit`` returns: the ``quantities``, how it ended, and the curve."""
        curve = self.curve if signal.kind == "analog" else np.maximum(self.curve, 0.0)
        curves = {"model": signal.with_values(signal.x, curve), "residuals": self._residuals(signal)}
        said = tuple(warnings) if self.status == "converged" else (*warnings, self.message)
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
    signal: Signal, model: Callable[[Array], Array], free: Sequence[Free], noise: Noise | None = None
) -> Fitted:
    """Fit ``model(values) -> y`` of shape (n,) to a signal.

    Counts and rates are fitted by their Poisson deviance (residuals signed, squares summing to the
    deviance), analog values by least squares with the signal's own standard errors, or with one common
    error found from the residuals.  ``noise`` says how the readings of neighbouring points hang together
    (white by default); it widens the errors.

    Raises
    ------
    InputError
        If there are not more points than parameters.
    """
    from scipy.optimize import least_squares

    if len(signal) <= len(free):
        what = f"{len(free)} parameters need more points"
        raise InputError(what, signal.source or None, seen=str(len(signal)))
    low = np.array([f.low for f in free])
    high = np.array([f.high for f in free])
    span = high - low
    start = np.clip([f.start for f in free], low + 1e-6 * span, high - 1e-6 * span)
    known = signal.kind != "analog" or signal.known_sigma is not None

    def residuals(values: Array) -> Array:
        y = model(values)
        if signal.kind != "analog":
            return _deviance(signal, y)
        return (y - signal.y) / (1.0 if signal.known_sigma is None else signal.known_sigma)

    scale = np.maximum(np.abs(start), 1e-3 * np.where(np.isfinite(span), span, 1.0))
    found = least_squares(residuals, start, bounds=(low, high), x_scale=scale, max_nfev=400)
    freedom = len(signal) - len(free)
    reduced = float(2 * found.cost) / freedom
    covariance, loose = _covariance(found.jac, scale)
    if noise is not None and not noise.white:
        answers = noise.answers(found.jac)
        seen = answers @ answers.T * noise.variance(found.fun, found.jac)[0]
        covariance = np.where(np.isfinite(covariance), seen, covariance)
    elif not known:
        covariance = covariance * reduced
    at_bound = [
        f.name
        for f, v, s in zip(free, found.x, span, strict=True)
        if min(v - f.low, f.high - v) < 1e-6 * (s if np.isfinite(s) else 1.0)
    ]
    undetermined = [free[i].name for i in loose]
    if not found.success:
        status, message = "failed", "the search did not settle within 400 evaluations"
    elif at_bound:
        status, message = "at a bound", "at its bound: " + ", ".join(at_bound)
    else:
        status, message = "converged", "converged"
    if undetermined:
        message += "; not determined by these data: " + ", ".join(undetermined)
    statistics = {
        "reduced_deviance" if known else "residual_variance": reduced,
        "degrees_of_freedom": freedom,
    }
    names = tuple(f.name for f in free)
    units = tuple(f.unit for f in free)
    return Fitted(names, found.x, covariance, model(found.x), status, message, statistics, units)


def with_gradient(function: Callable[[Array], ArrayLike], values: Array) -> tuple[Array, Array]:
    """What is read off a model, shape (...), and its derivatives (..., p) in the model's ``values`` (p,).

    By central differences.
    """
    columns = []
    for i, v in enumerate(values):
        step = 1e-4 * max(abs(float(v)), 1e-6)
        up, down = values.copy(), values.copy()
        up[i] += step
        down[i] -= step
        columns.append((np.asarray(function(up)) - np.asarray(function(down))) / (2 * step))
    return np.asarray(function(values), dtype=np.float64), np.stack(columns, axis=-1)


def _deviance(signal: Signal, y: Array) -> Array:
    seconds = float(signal.live_time or 1.0) if signal.kind == "rate" else 1.0
    return residuals(signal.y * seconds, np.maximum(y * seconds, 1e-9))[0]


def _covariance(jacobian: Array, scale: Array) -> tuple[Array, list[int]]:
    """Inverse of JᵀJ; parameters along which nothing changes get infinite variance."""
    scaled = jacobian * scale
    _, singular, rows = np.linalg.svd(scaled, full_matrices=False)
    if singular.size == 0 or singular[0] == 0:
        return np.full((scale.size, scale.size), np.inf), list(range(scale.size))
    good = singular > 1e-9 * singular[0]
    covariance = (rows[good].T / singular[good] ** 2) @ rows[good]
    loose = sorted({int(np.argmax(np.abs(row))) for row in rows[~good]})
    covariance = covariance * np.outer(scale, scale)
    for i in loose:
        covariance[i, i] = np.inf
    return covariance, loose
