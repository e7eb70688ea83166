"""What a spectrometer's file holds before it is a spectrum over ppm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Decays:
    """``values`` (m, n): free decays, or spectra where ``spectra``; ``width_Hz``, middle in ppm.

    ``referenced`` unless zero on the axis is only where the transmitter stood.
    """

    values: Complex
    width_Hz: float
    MHz: float
    middle_ppm: float
    nucleus: str
    temperature_K: float | None
    solvent: str
    spectra: bool = False
    warnings: tuple[str, ...] = ()
    referenced: bool = True


def number(value: Any) -> float | None:
    """A finite number, or ``None``."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def without_filter(library: Any, values: Complex, delay: float) -> Complex:
    """Decays (m, n) without the ``delay`` (in points) that a digital filter puts before them."""
    if not delay > 0:
        return values
    plain = library.bruker.remove_digital_filter(
        {"acqus": {"GRPDLY": delay, "DECIM": 1, "DSPFVS": 0}}, values
    )
    return np.atleast_2d(np.asarray(plain, dtype=np.complex128))


def between(low: float, high: float, values: Complex, MHz: float) -> tuple[float, float]:
    """Width in Hz and middle in ppm of spectra whose points run from ``low`` to ``high`` ppm."""
    n = values.shape[1]
    return (high - low) * MHz * n / (n - 1), low + (n // 2) * (high - low) / (n - 1)
