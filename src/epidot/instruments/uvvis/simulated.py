"""The absorption spectrum an instrument would show of given dots."""

from __future__ import annotations

import numpy as np

from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.options import Settings
from epidot.instruments.spectrometer import ends_told, populations, spectrum, wavelengths
from epidot.signal import Signal
from epidot.signal.noise import noisy

_REACHED = 0.9  # of the absorbance at the first exciton


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.uvvis.simulate`; ``setup`` are the settled options."""
    from epidot.light.spectra import absorption

    nm = wavelengths(setup)
    members = populations(dots)
    total = sum(number for _, number in members)
    y = sum(
        (number / total * np.asarray(absorption(population, nm)) for population, number in members),
        np.zeros(nm.size),
    )
    highest = float(np.max(y))
    if highest < _REACHED:
        raise InputError(
            "the range lies to the red of the first exciton",
            seen=f"{setup['start_nm']:g} to {setup['stop_nm']:g} nm",
            remedy="choose a smaller start_nm",
        )
    warnings = ends_told(nm, y, red="the first exciton")
    y = float(setup["absorbance"]) * y + float(setup["offset"]) + float(setup["scatter"]) * (500.0 / nm) ** 4
    noise = float(setup["noise"])
    sigma = np.full(nm.size, noise) if noise > 0 else None
    clean = spectrum(
        "uvvis", "absorbance", nm, y, setup, y_unit="", kind="analog", sigma=sigma, warnings=warnings
    )
    return clean if rng is None or clean.sigma is None else noisy(clean, rng)
