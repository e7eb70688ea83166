"""Band models fitted to a whole emission spectrum."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.constants import FWHM, HC
from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.pl.band import Band, find_band
from epidot.instruments.pl.measured import errors, noise_in, prepared, strongest
from epidot.quantities import Fit, Quantity
from epidot.signal import Signal
from epidot.signal.correlation import Noise
from epidot.signal.degrees import unexplained
from epidot.signal.fitting import Fitted, Free, fit_curve, with_gradient

Array = NDArray[np.float64]


def fitted(signal: Signal, model: str, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.pl.fit`; ``chosen`` are the settled options of ``measure``."""
    signal, warnings, _ = prepared(signal, chosen)
    noise = noise_in(signal)
    found = strongest(signal, noise, float(chosen["narrowest_nm"]), warnings)
    if isinstance(found, str):
        raise InputError("there is no band to fit", signal.source or None, seen=found)
    signal, shape, top = found
    free = _start(signal, shape, top, model)
    outcome = fit_curve(signal, lambda v: _model(model, v, signal.x), free, noise)
    known = replace(noise, sigma=errors(signal, shape))
    rest = signal.y - outcome.values[-1]
    seen = find_band(signal.x, rest, known, shape, top, "per eV")
    quantities = _quantities(outcome, model, (float(signal.x[0]), float(signal.x[-1])), seen, known)
    return outcome.packed(model, signal, quantities, warnings)


def _start(signal: Signal, shape: Array, top: int, model: str) -> list[Free]:
    x = signal.x
    above = np.flatnonzero(shape >= 0.5 * shape[top])
    width = max(float(HC / x[above[0]] - HC / x[above[-1]]), 1e-3) / FWHM
    energy, height = float(HC / x[top]), float(shape[top])
    span = float(HC / x[0] - HC / x[-1])
    low = float(np.min(shape))
    free = [
        Free("height", signal.y_unit, height, 0.0, 1e3 * height, natural=True),
        Free("centre_eV", "eV", energy, float(HC / x[-1]) - span, float(HC / x[0]) + span),
        Free("sigma_eV", "eV", width, 1e-4, 2 * span),
    ]
    if model == "split":
        free[2] = Free("sigma_low_eV", "eV", width, 1e-4, 2 * span)
        free.append(Free("sigma_high_eV", "eV", width, 1e-4, 2 * span))
    if model == "exgauss":
        # Positive: towards high photon energy.  The wider side of the band decides.
        blue, red = float(HC / x[above[0]] - energy), float(energy - HC / x[above[-1]])
        sign = 1.0 if blue > red else -1.0
        ends = sorted((sign * 1e-4, sign * 2 * span))
        free.append(Free("tail_eV", "eV", sign * 0.5 * width, ends[0], ends[1]))
    floor = 0.0 if signal.kind != "analog" else -height
    free.append(Free("offset", signal.y_unit, max(low, floor), floor, height, natural=floor == 0))
    return free


def _model(model: str, v: Array, nm: Array) -> Array:
    """Photons per nm; the band itself is a law of photon energy, so the Jacobian E²/hc comes in."""
    E = HC / nm
    if model == "split":
        height, centre, low, high, offset = v
        width = np.where(E < centre, low, high)
        band = np.exp(-0.5 * ((E - centre) / width) ** 2)
    elif model == "exgauss":
        height, centre, sigma, tail, offset = v
        band = _exgauss((centre - E) * np.sign(tail), sigma, abs(tail))
    else:
        height, centre, sigma, offset = v
        band = np.exp(-0.5 * ((E - centre) / sigma) ** 2)
    return np.asarray(height * band * (E / centre) ** 2 + offset, dtype=np.float64)


def _exgauss(e: Array, sigma: float, tail: float) -> Array:
    """A Gaussian smeared towards negative ``e`` by an exponential of decay ``tail`` (not normalised)."""
    from scipy.special import erfcx

    z = (sigma / tail + e / sigma) / math.sqrt(2)
    # exp(-e²/2σ²) erfcx(z) = exp(σ²/2τ² + e/τ) erfc(z): no overflow on the far side for z > -20.
    out = np.empty_like(e)
    near = z > -20
    out[near] = np.exp(-0.5 * (e[near] / sigma) ** 2) * erfcx(z[near])
    out[~near] = 2 * np.exp(np.minimum(0.5 * (sigma / tail) ** 2 + e[~near] / tail, 0.0))
    return out * sigma / tail


def _quantities(
    outcome: Fitted, model: str, span: tuple[float, float], top: Band | None, noise: Noise
) -> dict[str, Quantity]:
    """What the fitted band shows, its error with what the top of the band says otherwise beyond noise."""
    how = f"{model} in energy with an offset, fitted to the whole spectrum"
    out = outcome.quantities(how)
    for name, unit, density in (
        ("peak_nm", "nm", True),
        ("fwhm_nm", "nm", True),
        ("peak_eV", "eV", False),
        ("fwhm_eV", "eV", False),
    ):
        what = how + (", photons per nm" if density else ", photons per eV")
        index = 0 if name.startswith("peak") else 1

        def place(v: Array, density: bool = density, index: int = index) -> float:
            return _shape(model, v, density)[index]

        seen, gradient = with_gradient(place, outcome.values)
        value = float(seen)
        variance = (
            math.inf if outcome.status != "converged" else float(gradient @ outcome.covariance @ gradient)
        )
        read = None if top is None else getattr(top, name)
        if top is not None and read is not None:
            by_noise = top.variance * noise.through(top.responses[name]) ** 2
            variance += unexplained(read.value - value, by_noise)
        sigma = math.sqrt(max(variance, 0.0)) if math.isfinite(variance) else None
        out[name] = Quantity(value, sigma, unit, what)
    if not span[0] <= (out["peak_nm"].value or 0.0) <= span[1]:
        out["peak_nm"] = Quantity(None, None, "nm", how, "the fitted maximum lies outside the data")
    return out


def _shape(model: str, v: Array, per_nm: bool) -> tuple[float, float]:
    """Position and FWHM of the fitted band without its offset, in nm (per nm) or eV (per eV)."""
    widths = float(np.sum(np.abs(v[2:-1])))
    centre = float(v[1])
    E = np.linspace(max(centre - 6 * widths, 0.05), centre + 6 * widths, 4001)
    alone = v.copy()
    alone[-1], alone[0] = 0.0, 1.0
    y = _model(model, alone, HC / E)
    if per_nm:
        x, y = (HC / E)[::-1], y[::-1]
    else:
        x, y = E, y / E**2
    k = int(np.clip(np.argmax(y), 1, y.size - 2))
    a, b, _ = np.polyfit(x[k - 1 : k + 2] - x[k], y[k - 1 : k + 2], 2)
    peak = float(x[k] - b / (2 * a))
    half = (float(y[k]) - b * b / (4 * a)) / 2
    above = np.flatnonzero(y >= half)
    i, j = max(int(above[0]), 1), min(int(above[-1]), y.size - 2)
    left = float(np.interp(half, [y[i - 1], y[i]], [x[i - 1], x[i]]))
    right = float(np.interp(half, [y[j + 1], y[j]], [x[j + 1], x[j]]))
    return peak, right - left
