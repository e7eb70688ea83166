"""The absorption spectrum an instrument would show of given dots."""

from __future__ import annotations

import numpy as np

from epidot.instruments.contract import Dots
from epidot.instruments.options import Settings
from epidot.instruments.spectrometer import populations, spectrum, wavelengths
from epidot.signal import Signal
from epidot.signal.noise import noisy


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
    y = float(setup["absorbance"]) * y + float(setup["offset"]) + float(setup["scatter"]) * (500.0 / nm) ** 4
    noise = float(setup["noise"])
    sigma = np.full(nm.size, noise) if noise > 0 else None
    clean = spectrum("uvvis", "absorbance", nm, y, setup, y_unit="", kind="analog", sigma=sigma)
    return clean if rng is None or clean.sigma is None else noisy(clean, rng)
