"""What a fit of one or several curves says: values, covariance, how it ended, and its curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal.poisson import residuals
from epidot.signal.signal import Signal

Array = NDArray[np.float64]

_DARKEST = 1e-9  # counts at every point beside those of a model, so that none is impossible


@dataclass(frozen=True)
class Fitted:
    """Best values with their covariance, in the order of ``names``.

    ``status`` is ``converged``, ``at a bound`` or ``failed``; ``message`` names the parameters that stand
    at a bound or are not determined.  At a bound of the search, and where it failed, there are no
    errors.  What is ``held`` has none either: it is taken as it was given.
    """

    names: tuple[str, ...]
    values: Array
    covariance: Array
    curve: Array
    status: str
    message: str
    statistics: dict[str, float]
    units: tuple[str, ...]
    held: frozenset[str] = frozenset()

    def value(self, name: str) -> float:
        return float(self.values[self.names.index(name)])

    def sigma(self, name: str) -> float | None:
        """Standard error, or ``None`` if the data do not determine the parameter or it was held."""
        i = self.names.index(name)
        variance = float(self.covariance[i, i])
        stated = np.isfinite(variance) and variance >= 0 and name not in self.held
        return float(np.sqrt(variance)) if stated else None

    @property
    def misfit(self) -> float:
        """By which fits of one signal compare: reduced deviance, or variance of the residuals."""
        return next(
            self.statistics[n] for n in ("reduced_deviance", "residual_variance") if n in self.statistics
        )

    def quantities(self, how: str) -> dict[str, Quantity]:
        """Every parameter by its name, obtained by the method ``how``."""
        return {
            name: Quantity(self.value(name), self.sigma(name), unit, how, "held" if name in self.held else "")
            for name, unit in zip(self.names, self.units, strict=True)
        }

    def _residuals(self, signal: Signal) -> Signal:
        """Data minus curve in standard errors."""
        if signal.kind == "analog":
            common = self.statistics.get("residual_variance", 1.0) or 1.0  # nothing is left of exact values
            off = (signal.y - self.curve) / (
                np.sqrt(common) if signal.known_sigma is None else signal.known_sigma
            )
        else:
            off = -signed_deviance(signal, self.curve)[0]
        plain = replace(signal, kind="analog", sigma=None, companions={}, warnings=(), meta={})
        return replace(plain, y=off, y_name="residual", y_unit="standard errors")

    def told(self, signal: Signal, quantities: dict[str, Quantity], warnings: Sequence[str]) -> Quantities:
        """``quantities`` of its curve, with the curves of model and residuals."""
        curve = self.curve if signal.kind == "analog" else np.maximum(self.curve, 0.0)
        curves = {"model": signal.with_values(signal.x, curve), "residuals": self._residuals(signal)}
        said = tuple(warnings) if self.message == "converged" else (*warnings, self.message)
        return Quantities(signal.technique, quantities, signal.source, said, curves=curves)

    def packed(
        self, model: str, signal: Signal, quantities: dict[str, Quantity], warnings: Sequence[str]
    ) -> Fit:
        """What an instrument's ``fit`` returns: the ``quantities``, how it ended, and the curve."""
        return Together.of(self).packed(model, [self.told(signal, quantities, warnings)])


@dataclass(frozen=True)
class Together:
    """A fit of one or several curves: ``each`` by itself, and the ``parameters`` of all.

    ``covariance`` (p, p) is that of the free ones, in the order of ``names``; that of the second curve alone
    is called ``name[2]``.  ``cost`` is the sum of squares, in units of the errors where they are known.
    """

    each: tuple[Fitted, ...]
    names: tuple[str, ...]
    covariance: Array
    parameters: dict[str, Determined]
    statistics: dict[str, float]
    cost: float

    @classmethod
    def of(cls, one: Fitted) -> Together:
        """A fit of one curve without limits."""
        parameters = {
            name: Determined.around(one.value(name), one.sigma(name), unit)
            for name, unit in zip(one.names, one.units, strict=True)
        }
        cost = one.misfit * one.statistics["degrees_of_freedom"]
        return cls((one,), one.names, one.covariance, parameters, one.statistics, cost)

    def packed(self, model: str, each: Sequence[Quantities]) -> Fit:
        """What an instrument's ``fit`` returns, from what follows for each curve."""
        first, several = self.each[0], len(each) > 1
        said = dict.fromkeys(warning for one in each for warning in one.warnings)
        return Fit(
            model,
            Quantities(each[0].technique, {}, warnings=tuple(said)) if several else each[0],
            first.status,
            first.message,
            self.statistics,
            self.names,
            self.covariance,
            each[0].curves,
            self.parameters,
            tuple(each) if several else (),
        )


def signed_deviance(signal: Signal, y: Array) -> tuple[Array, Array]:
    """Signed roots of the deviance and their derivatives in ``y``, each of shape (n,)."""
    seconds = signal.seconds
    off, slope = residuals(signal.y * seconds, np.maximum(y * seconds, 0.0) + _DARKEST)
    return off, np.where(y > 0, slope * seconds, 0.0)
