"""Dots at random on a small image, and the mean and spread of their diameters."""

from __future__ import annotations

import math

import numpy as np

from epidot.instruments.contract import Trial
from epidot.instruments.symmetry import random_dots

_COVERED = 0.25  # share of the field


def trial(rng: np.random.Generator) -> Trial:
    """Some sixty dots of 12 to 16 pixels, apart or in touch, bright or dark, a few over others."""
    dots = random_dots(rng)
    d = dots.diameters_nm
    mean = float(d.mean())
    across = float(rng.uniform(12, 16))
    n = int(rng.integers(52, 65))
    pixels = int(across * math.sqrt(n * math.pi / 4 / _COVERED))
    haadf = bool(rng.random() < 0.7)
    setup = {
        "mode": "haadf" if haadf else "bright field",
        "particles": n,
        "pixels": pixels,
        "scale_nm": mean / across,
        "gap_nm": float(rng.uniform(0.2, 1.0)),
        "touching": float(rng.choice([0.0, 20.0])),
        "overlapping": float(rng.choice([0.0, 3.0])),
        "film_nm": float(rng.uniform(3, 10)),
        "blur_nm": max(float(rng.uniform(0.2, 0.4)), 1.5 * mean / across),
        "counts": float(10 ** (rng.uniform(2, 3) if haadf else rng.uniform(3, 4))),
    }
    return Trial(dots, {"diameter_nm": mean, "diameter_sd_nm": float(d.std())}, setup)
