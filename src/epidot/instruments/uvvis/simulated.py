"""The absorption spectrum an instrument would show of given dots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import Fault, InputError
from epidot.instruments._members import populations
from epidot.signal import Signal
from epidot.signal.noise import noisy

Array = NDArray[np.float64]


def simulated(
    dots: Population | Iterable[LayeredDot], setup: dict[str, Any], rng: np.random.Generator | None
) -> Signal:
    """See :func:`epidot.instruments.uvvis.simulate`; ``setup`` are the settled options."""
    from epidot.light.spectra import absorption

    start, stop, step = (float(setup[n]) for n in ("start_nm", "stop_nm", "step_nm"))
    if stop - start < 5 * step:
        raise InputError(
            Fault(
                "start_nm, stop_nm and step_nm leave fewer than 6 points",
                seen=f"{start:g}, {stop:g}, {step:g}",
            )
        )
    nm = start + step * np.arange(int((stop - start) / step + 1.5), dtype=np.float64)
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
