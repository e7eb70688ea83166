"""Laws of sizes fitted to the particles of images, each read with its own error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.tem import found, sizes
from epidot.instruments.tem.measured import counted, mask_of, reported
from epidot.quantities import Determined, Fit, Quantities, Quantity
from epidot.signal import Signal

Array = NDArray[np.float64]
_FEWEST = 8  # particles


@dataclass(frozen=True)
class _Law:
    """Centre and width of a normal law (of the logarithm, if ``log``) and their standard errors."""

    log: bool
    centre: float
    width: float
    centre_error: float
    width_error: float | None
    likelihood: float

    def density(self, d: Array, reading: float) -> Array:
        """Of the diameters as they are read with the error ``reading``."""
        z = np.log(d) if self.log else d
        width = math.hypot(self.width, reading / math.exp(self.centre) if self.log else reading)
        bell = np.exp(-0.5 * ((z - self.centre) / width) ** 2) / (width * math.sqrt(2 * math.pi))
        return np.asarray(bell / d if self.log else bell)


def fitted(signals: Sequence[Signal], model: str, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.tem.fit`; ``chosen`` are the settled options of ``measure``."""
    seen = [(signal, found.particles(signal, chosen)) for signal in signals]
    d = np.concatenate([one.diameter[one.whole] for _, one in seen])
    errors = np.concatenate([one.error[one.whole] for _, one in seen])
    weights = np.concatenate([_weights(signal, one) for signal, one in seen])
    common = math.sqrt(sum((one.common * len(one.whole)) ** 2 for _, one in seen)) / max(d.size, 1)
    source = ", ".join(signal.source for signal in signals)
    if d.size < _FEWEST:
        remedy = "take larger images, or several in one fit"
        raise InputError(
            "too few whole particles for a law of sizes", source or None, seen=str(d.size), remedy=remedy
        )
    law = _fitted(d, errors, weights, model == "lognormal")
    other = _fitted(d, errors, weights, model != "lognormal")
    common = math.hypot(common, float(chosen["scale_error"]) / 100 * float(np.mean(d)))
    settled = all(one.settled for _, one in seen)
    parameters = _parameters(law, common)
    status = "failed" if not settled else "converged" if law.width_error is not None else "at a bound"
    message = {
        "failed": "the particles themselves could not be fitted to an end",
        "converged": "the likelihood is at its maximum",
        "at a bound": "the errors of reading explain the whole spread: the width is zero",
    }[status]
    warnings = tuple(dict.fromkeys(w for signal in signals for w in signal.warnings))
    names = tuple(parameters)
    curves = _curves(d, errors, law, signals[0])
    if len(seen) == 1:
        curves["mask"] = mask_of(*seen[0])
    errors_ = [p.sigma or 0.0 for p in parameters.values()]
    return Fit(
        model,
        Quantities("tem", _quantities(law, parameters, model, common), source, warnings, curves=curves),
        status,
        message,
        {
            "particles": float(d.size),
            "images": float(len(signals)),
            "log_likelihood": law.likelihood,
            "log_likelihood_of_the_other_law": other.likelihood,
        },
        names,
        np.diag(np.square(errors_)) if law.width_error is not None else None,
        curves,
        parameters,
        tuple(reported(signal, one, chosen) for signal, one in seen) if len(seen) > 1 else (),
    )


def _weights(signal: Signal, seen: found.Particles) -> Array:
    assert signal.rows is not None
    d = seen.diameter[seen.whole]
    return sizes.chances(d, float(np.ptp(signal.rows)), float(np.ptp(signal.x))) if d.size else d


def _fitted(d: Array, errors: Array, weights: Array, log: bool) -> _Law:
    """The likeliest law: the likeliest centre is a weighted mean, so one number, the width, is looked for."""
    x, e = (np.log(d), errors / d) if log else (d, errors)
    spread = float(np.std(x))

    def centre(width: float) -> float:
        share = weights / (width**2 + e**2)
        return float(share @ x / share.sum())

    def loss(width: float) -> float:
        variance = width**2 + e**2
        return float(weights @ (np.log(variance) + (x - centre(width)) ** 2 / variance)) / 2

    end = minimize_scalar(loss, bounds=(0.0, 3 * spread), method="bounded", options={"xatol": 1e-8 * spread})
    width = float(end.x) if loss(float(end.x)) < loss(1e-9 * spread) else 0.0
    variance = width**2 + e**2
    centre_error = 1 / math.sqrt(float(np.sum(weights / variance)))
    width_error = None
    if width > 1e-3 * spread:
        width_error = 1 / math.sqrt(2 * width**2 * float(np.sum(weights / variance**2)))
    constant = d.size * math.log(2 * math.pi) / 2 + (float(weights @ np.log(d)) if log else 0.0)
    return _Law(log, centre(width), width, centre_error, width_error, -loss(width) - constant)


def _parameters(law: _Law, common: float) -> dict[str, Determined]:
    if law.log:
        median = math.exp(law.centre)
        error = math.hypot(median * law.centre_error, common)
        return {
            "median_nm": Determined.around(median, error, "nm"),
            "sigma_log": Determined.around(law.width, law.width_error, "", "standard deviation of ln d"),
        }
    return {
        "mean_nm": Determined.around(law.centre, math.hypot(law.centre_error, common), "nm"),
        "sd_nm": Determined.around(law.width, law.width_error, "nm"),
    }


def _quantities(
    law: _Law, parameters: dict[str, Determined], model: str, common: float
) -> dict[str, Quantity]:
    """Mean and standard deviation of the diameters by the law."""
    how = f"{model} law of the diameters, each read with its own error"
    if not law.log:
        mean, sd = parameters["mean_nm"], parameters["sd_nm"]
        return {
            "diameter_nm": Quantity(mean.value, mean.sigma, "nm", how),
            "diameter_sd_nm": Quantity(sd.value, sd.sigma, "nm", how),
        }
    s2 = law.width**2
    mean_ = math.exp(law.centre + s2 / 2)
    width_error = law.width_error or 0.0
    mean_error = math.sqrt(
        (mean_ * law.centre_error) ** 2 + (mean_ * law.width * width_error) ** 2 + common**2
    )
    sd_ = mean_ * math.sqrt(math.expm1(s2))
    sd_error = None if law.width_error is None else mean_ * (1 + 1.5 * s2) * law.width_error
    return {
        "diameter_nm": Quantity(mean_, mean_error, "nm", how),
        "diameter_sd_nm": Quantity(sd_, sd_error, "nm", how),
    }


def _curves(d: Array, errors: Array, law: _Law, signal: Signal) -> dict[str, Signal]:
    reading = float(np.sqrt(np.mean(errors**2)))
    return counted(d, lambda x: law.density(x, reading), signal)
