"""Absorption of a first exciton over a second band and a continuum, its noise white or smoothed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverage_cases import Case
from coverage_cases._noise import FILTERS
from epidot.constants import HC
from epidot.instruments import uvvis
from epidot.instruments.spectrometer import extremum
from epidot.quantities import Quantities
from epidot.signal import Signal

Array = NDArray[np.float64]


def absorbance(nm: Array) -> Array:
    E = HC / nm
    y = 0.3 * np.exp(-0.5 * ((E - 2.15) / 0.06) ** 2) + 0.3 * np.exp(-0.5 * ((E - 2.5) / 0.12) ** 2)
    return np.asarray(y + 0.5 / (1 + np.exp(-(E - 2.75) / 0.1)))


def truths() -> dict[str, float]:
    """First maximum, valley and red half maximum from steps of 0.01 nm."""
    x = np.arange(380.0, 760.0, 0.01)
    y = absorbance(x)
    rising = np.diff(y) > 0
    top = int(np.flatnonzero(rising[:-1] & ~rising[1:])[-1]) + 1
    low = int(np.flatnonzero(~rising[:top] & rising[1 : top + 1])[-1]) + 1
    peak, high = extremum(x, y, top, 4.0)
    _, least = extremum(x, y, low, 4.0)
    half = float(x[top:][np.argmax(y[top:] < high / 2)])
    return {"first_exciton_nm": peak, "valley_depth": 1 - least / high, "hwhm_eV": HC / peak - HC / half}


def case(
    name: str,
    noise: float,
    smooth: Callable[[Array], Array],
    step: float = 1.0,
    scatter: float = 0.0,
    **options: Any,
) -> Case:
    """Spectra over ``scatter`` / absorbance at 500 nm and as much below zero, measured with ``options``."""
    x = np.arange(380.0, 760.0, step)
    y = absorbance(x) + scatter * ((500.0 / x) ** 4 - 1)

    def measured(rng: np.random.Generator) -> Quantities:
        values = y + smooth(noise * rng.standard_normal(x.size))
        return uvvis.measure(
            Signal("uvvis", x, values, "wavelength", "nm", "absorbance", "", "analog", "measured"), **options
        )

    return Case(name, truths(), measured)


CASES = [case(f"noise 0.001, {words}", 1e-3, smooth) for words, smooth in FILTERS.items()]
CASES += [case("noise 0.0003, white, steps of 2 nm", 3e-4, FILTERS["white"], 2.0)]
CASES += [
    case(
        f"noise {noise:g}, white, on 0.05 of scattering, --baseline scatter",
        noise,
        FILTERS["white"],
        scatter=0.05,
        baseline="scatter",
    )
    for noise in (3e-4, 1e-3)
]
