"""What instruments smooth their readings with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import savgol_filter

Array = NDArray[np.float64]

FILTERS: dict[str, Callable[[Array], Array]] = {
    "white": lambda e: e,
    "mean of 3 points": lambda e: uniform_filter1d(e, 3),
    "mean of 5 points": lambda e: uniform_filter1d(e, 5),
    "mean of 9 points": lambda e: uniform_filter1d(e, 9),
    "Savitzky-Golay of 11 points": lambda e: np.asarray(savgol_filter(e, 11, 2)),
    "Savitzky-Golay of 21 points": lambda e: np.asarray(savgol_filter(e, 21, 2)),
    "Gaussian of 4.7 points": lambda e: np.asarray(gaussian_filter1d(e, 2.0)),
}
