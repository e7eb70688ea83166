"""Dots at random, and what their Raman lines truly are: places, widths, areas, strain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.dot.strain import strain
from epidot.instruments.contract import Trial

if TYPE_CHECKING:
    from epidot.instruments.raman.phonons import Vibration

_STEP = 0.02  # cm-1


def trial(rng: np.random.Generator) -> Trial:
    """InP in ZnSe of 0.5 to 1 nm with oxide, some hundred to some thousand counts on a background.

    The strain is counted from the line of the same cores without their shell.
    """
    from epidot.instruments.raman.simulated import lines_of

    shell = Layer("ZnSe", float(rng.uniform(0.5, 1.0)))
    dot = LayeredDot("InP", float(rng.uniform(2.8, 3.6)), (shell,), oxide=float(rng.uniform(60, 150)))
    dots = Population.drawn(dot, 200, float(rng.uniform(0.05, 0.1)), rng)
    setup = {
        "start_cm1": 90.0,
        "stop_cm1": 1120.0,
        "step_cm1": float(rng.choice([0.8, 1.0, 1.6])),
        "counts": float(10 ** rng.uniform(2.8, 3.8)),
        "background": float(10 ** rng.uniform(2.0, 3.7)),
        "resolution_cm1": float(rng.choice([2.0, 4.0, 6.0])),
    }
    bare = Population(LayeredDot("InP", dot.core_diameter_nm), dots.core_diameters_nm)
    reference, _ = place_and_width(lines_of(bare, "wave")["InP_LO"])
    return Trial(dots, truths(dots), setup, {"reference": reference})


def truths(dots: Population, law: str = "wave") -> dict[str, float]:
    """Of the two LO and of the oxide, free of noise and before the spectrometer, confined by a ``law``."""
    from epidot.instruments.raman.simulated import lines_of, representatives

    lines = lines_of(dots, law)
    out = {}
    for name in ("InP_LO", "ZnSe_LO"):
        out[f"{name}_cm1"], out[f"{name}_width_cm1"] = place_and_width(lines[name])
    unit = lines["InP_LO"].area
    for name in ("ZnSe_LO", "oxide"):
        out[f"{name}_area"] = lines[name].area / unit
    each = representatives(dots)
    weights = np.array([one.core_diameter_nm**3 for one in each])
    strains = np.array([strain(one, spread=False).core for one in each])
    out["strain"] = float(weights @ strains / weights.sum())
    return out


def place_and_width(one: Vibration) -> tuple[float, float]:
    """Maximum and full width at half of it, from steps of 0.02 cm-1."""
    from epidot.instruments.raman.simulated import curve_of

    middle = float(one.places @ one.shares)
    x = middle + np.arange(-2 * one.width, 2 * one.width, _STEP)
    y = curve_of(x, one, 0.0)
    above = x[y > y.max() / 2]
    return float(x[np.argmax(y)]), float(above[-1] - above[0])
