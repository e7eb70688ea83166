"""The emission spectrum an instrument would show of given dots."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import FWHM
from epidot.dot.layers import Population
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.options import Settings
from epidot.instruments.spectrometer import ends_told, populations, spectrum, wavelengths
from epidot.signal import Signal
from epidot.signal.noise import noisy

Array = NDArray[np.float64]


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.pl.simulate`; ``setup`` are the settled options."""
    from epidot.light.spectra import emission

    nm = wavelengths(setup)
    curve = np.zeros(nm.size)
    for population, number in populations(dots):
        # Each dot's share of the light goes with its absorption far above the edge: with its volume.
        weight = number * float(np.mean(population.core_diameters_nm**3))
        curve += weight * _through_slits(population, nm, float(setup["bandpass_nm"]), emission)
    highest = float(np.max(curve))
    if not highest > 0:
        raise InputError(
            "these dots do not emit inside the range",
            seen=f"{setup['start_nm']:g} to {setup['stop_nm']:g} nm",
            remedy="choose start_nm and stop_nm around their emission",
        )
    mean = curve / highest * float(setup["counts"]) + float(setup["background"])
    warnings = _cut_off(nm, curve / highest, setup)
    clean = spectrum("pl", "intensity", nm, mean, setup, y_unit="counts", kind="counts", warnings=warnings)
    return clean if rng is None else noisy(clean, rng)


def _cut_off(nm: Array, share: Array, setup: Settings) -> tuple[str, ...]:
    """What is to be said where the band, in parts of its highest point, leaves the range of the scan.

    Raises
    ------
    InputError
        If it is highest at an end: its maximum lies outside, the counts asked for would be those of a flank.
    """
    top = int(np.argmax(share))
    ends = {"start_nm": (0, "blue", "smaller"), "stop_nm": (share.size - 1, "red", "larger")}
    for option, (at, side, other) in ends.items():
        if top == at:
            raise InputError(
                f"the emission is highest at the {side} end of the range: its maximum lies outside",
                seen=f"{option}={setup[option]:g}",
                remedy=f"choose a {other} {option}",
            )
    return ends_told(nm, share, blue="the band", red="the band")


def _through_slits(population: Population, nm: Array, fwhm: float, emission: Any) -> Array:
    if fwhm == 0:
        return np.asarray(emission(population, nm), dtype=np.float64)
    # Gauss-Hermite points of the slit's Gaussian: exact for any spectrum smooth on its scale.
    z, w = np.polynomial.hermite_e.hermegauss(9)
    sigma = fwhm / FWHM
    seen = [weight * emission(population, nm + sigma * at) for at, weight in zip(z, w, strict=True)]
    return np.asarray(sum(seen) / w.sum(), dtype=np.float64)
