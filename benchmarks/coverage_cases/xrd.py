"""Powders of bare dots, six of each summed atom by atom: few counts, smaller and larger dots, a halo."""

from __future__ import annotations

import numpy as np

from coverage_cases import Case
from epidot.dot.layers import LayeredDot, Population
from epidot.instruments import xrd
from epidot.instruments.xrd.trial import truths
from epidot.signal.noise import noisy

DOTS = 6


def powder(name: str, core: str, diameter_nm: float, spread: float, counts: float, halo: float) -> Case:
    dots = Population.drawn(LayeredDot(core, diameter_nm), 60, spread, np.random.default_rng(1))
    setup = {
        "counts": counts,
        "background": 0.1 * counts,
        "halo": halo * counts,
        "step_deg": 0.05,
        "dots": DOTS,
    }
    clean = xrd.simulate(dots, setup)
    return Case(
        name,
        truths(dots, DOTS),
        lambda rng: xrd.measure(noisy(clean, rng), phase=core, zero_sigma_deg=0.0),
    )


CASES = [
    powder("InP 3.3 nm, 500 counts", "InP", 3.3, 0.1, 500, 0.0),
    powder("InP 3.3 nm, 5000 counts", "InP", 3.3, 0.1, 5000, 0.0),
    powder("InP 2.6 nm, 1000 counts", "InP", 2.6, 0.1, 1000, 0.0),
    powder("InP 3.3 nm, 1000 counts, a halo of a fifth", "InP", 3.3, 0.1, 1000, 0.2),
    powder("CdSe 4.2 nm, 500 counts", "CdSe", 4.2, 0.08, 500, 0.0),
]
