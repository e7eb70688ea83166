"""The absorption spectrum an instrument would show of given dots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import LayeredDot, Population
from epidot.instruments._members import populations
from epidot.instruments._wavelengths import wavelengths
from epidot.signal import Signal
from epidot.signal.noise import noisy

Array = NDArray[np.float64]


def simulated(
    dots: Population | Iterable[LayeredDot], setup: dict[str, Any], rng: np.random.Generator | None
) -> Signal:
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
    clean = Signal(
        technique="uvvis",
        x=nm,
        y=y,
        x_name="wavelength",
        x_unit="nm",
        y_name="absorbance",
        y_unit="",
        kind="analog",
        origin="simulated",
        sigma=np.full(nm.size, float(setup["noise"])) if float(setup["noise"]) > 0 else None,
        meta={"setup": dict(setup), "column": "absorbance", "columns": ["absorbance"]},
    )
    return clean if rng is None or clean.sigma is None else noisy(clean, rng)
