"""Emission bands, Gaussian in energy and skewed, as counts or with analog noise white or smoothed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from coverage_cases import Case
from coverage_cases._noise import FILTERS
from epidot.constants import HC
from epidot.instruments import pl
from epidot.instruments.spectrometer import extremum
from epidot.quantities import Quantities
from epidot.signal import Signal

Array = NDArray[np.float64]
Bands = Sequence[tuple[float, float, float]]  # height, centre / eV, standard deviation / eV

SKEWED = ((1.0, 2.2, 0.06), (0.3, 2.13, 0.07))
SINGLE = ((1.0, 2.2, 0.055),)


def emission(nm: Array, bands: Bands) -> Array:
    """Photons per nm of bands Gaussian in energy."""
    E = HC / nm
    return sum((h * np.exp(-0.5 * ((E - c) / s) ** 2) * (E / c) ** 2 for h, c, s in bands), np.zeros(nm.size))


def truths(bands: Bands) -> dict[str, float]:
    """Maximum and full width of the sum from steps of 0.01 nm."""
    x = np.arange(430.0, 780.0, 0.01)
    y = emission(x, bands)
    peak, high = extremum(x, y, int(np.argmax(y)), 4.0)
    above = x[y > high / 2]
    out = {"peak_nm": peak, "peak_eV": HC / peak}
    return out | {"fwhm_nm": float(np.ptp(above)), "fwhm_eV": HC / float(above[0]) - HC / float(above[-1])}


def measured(x: Array, y: Array, kind: str) -> Quantities:
    signal = Signal("pl", x, y, "wavelength", "nm", "intensity", "", kind, "measured")  # type: ignore[arg-type]
    return pl.measure(signal)


def two(name: str, bands: Bands, counts: float) -> Case:
    """Two bands; the truth is each alone, and the quantities are those of the first."""
    x = np.arange(430.0, 760.0)
    mean = counts * emission(x, bands) + 3
    true = truths(bands[:1])
    for k, one in enumerate(bands, start=1):
        alone = truths((one,))
        true |= {f"band{k}_{name}": alone[name] for name in ("peak_nm", "fwhm_nm")}
    return Case(name, true, lambda rng: measured(x, rng.poisson(mean).astype(float), "counts"))


def counted(name: str, bands: Bands, counts: float, step: float) -> Case:
    x = np.arange(440.0, 740.0, step)
    mean = counts * emission(x, bands) + 2
    return Case(name, truths(bands), lambda rng: measured(x, rng.poisson(mean).astype(float), "counts"))


def analog(name: str, bands: Bands, noise: float, smooth: Callable[[Array], Array]) -> Case:
    x = np.arange(440.0, 740.0, 1.0)
    y = emission(x, bands)
    return Case(
        name,
        truths(bands),
        lambda rng: measured(x, y + smooth(noise * rng.standard_normal(x.size)), "analog"),
    )


CASES = [counted(f"one band, {n:g} counts", SINGLE, n, 1.0) for n in (1e3, 1e4, 1e5)]
CASES += [counted("one skewed band, 10000 counts", SKEWED, 1e4, 2.0)]
CASES += [
    two("two bands 0.3 eV apart, 10000 counts", ((1.0, 2.3, 0.05), (0.5, 2.0, 0.07)), 1e4),
    two("two bands 0.2 eV apart, 10000 counts", ((1.0, 2.3, 0.05), (0.8, 2.1, 0.06)), 1e4),
    two("two bands 0.2 eV apart, 1000 counts", ((1.0, 2.3, 0.05), (0.8, 2.1, 0.06)), 1e3),
]
CASES += [analog(f"one skewed band, 1 % noise, {w}", SKEWED, 0.01, f) for w, f in FILTERS.items()]
