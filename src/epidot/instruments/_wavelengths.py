"""The wavelength axis of a simulated spectrometer, from its set-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Fault, InputError


def wavelengths(setup: Mapping[str, Any]) -> NDArray[np.float64]:
    """``start_nm`` to ``stop_nm`` in steps of ``step_nm``, shape (n,).

    Raises
    ------
    InputError
        If fewer than 6 points are left.
    """
    start, stop, step = (float(setup[n]) for n in ("start_nm", "stop_nm", "step_nm"))
    if stop - start < 5 * step:
        raise InputError(
            Fault(
                "start_nm, stop_nm and step_nm leave fewer than 6 points",
                seen=f"{start:g}, {stop:g}, {step:g}",
            )
        )
    return start + step * np.arange(int((stop - start) / step + 1.5), dtype=np.float64)
