"""What a decoder of image files hands over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_PIXELS = 26_000_000  # 5760 x 4092 cameras, and what one gigabyte holds of them
METRES = {"m": 1e9, "cm": 1e7, "mm": 1e6, "µm": 1e3, "um": 1e3, "micron": 1e3, "microns": 1e3, "μm": 1e3,
          "nm": 1.0, "å": 0.1, "a": 0.1, "angstrom": 0.1, "pm": 1e-3}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Read:
    """What a file holds: grey values (m, n) and, where it says so, nm per pixel and where that stood."""

    values: Array
    scale_nm: float | None = None
    scale_from: str = ""
    warnings: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
