"""Dots at random, and where their emission truly has its maximum and half maxima."""

from __future__ import annotations

import numpy as np

from epidot.constants import HC
from epidot.dot.layers import Population
from epidot.instruments.contract import Trial
from epidot.instruments.spectrometer import extremum
from epidot.instruments.symmetry import random_dots


def trial(rng: np.random.Generator) -> Trial:
    """Scans in steps of 0.5 to 2 nm with some hundred to some ten thousand counts, both densities."""
    dots = random_dots(rng)
    setup = {
        "start_nm": 450.0,
        "stop_nm": 780.0,
        "step_nm": float(rng.choice([0.5, 1.0, 2.0])),
        "counts": float(10 ** rng.uniform(2.8, 4.6)),
    }
    density = str(rng.choice(["per nm", "per eV"]))
    return Trial(dots, truths(dots, density), setup, {"density": density})


def truths(dots: Population, density: str) -> dict[str, float]:
    """Maximum and full width of the noise-free emission, from a scan in steps of 0.05 nm."""
    from epidot.light.spectra import emission

    x = np.arange(430.0, 850.0, 0.05)
    y = np.asarray(emission(dots, x))
    out = {}
    for unit, values in (("nm", y), ("eV", y * x**2)):
        peak, height = extremum(x, values, int(np.argmax(values)), 4.0)
        inside = np.flatnonzero(values >= height / 2)
        i, j = inside[0], inside[-1]
        low = np.interp(height / 2, values[i - 1 : i + 1], x[i - 1 : i + 1])
        high = np.interp(-height / 2, -values[j : j + 2], x[j : j + 2])
        if unit == "nm":
            out["peak_nm"], out["fwhm_nm"] = peak, float(high - low)
        if density == f"per {unit}":
            out["peak_eV"], out["fwhm_eV"] = HC / peak, float(HC / low - HC / high)
    return out
