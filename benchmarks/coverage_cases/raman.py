"""InP in ZnSe with oxide: few and many counts, backgrounds of unknown order, tails of confinement."""

from __future__ import annotations

import numpy as np

from coverage_cases import Case
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments import raman
from epidot.instruments.raman.simulated import lines_of
from epidot.instruments.raman.trial import place_and_width, truths
from epidot.quantities import Quantities


def dots(name: str, oxide: float, counts: float, background: float, law: str = "wave") -> Case:
    dot = LayeredDot("InP", 3.3, (Layer("ZnSe", 0.65),), oxide=oxide)
    sample = Population.drawn(dot, 200, 0.08, np.random.default_rng(0))
    bare = Population(LayeredDot("InP", 3.3), sample.core_diameters_nm)
    reference, _ = place_and_width(lines_of(bare, law)["InP_LO"])
    setup = {"counts": counts, "background": background, "confinement": law}

    def measured(rng: np.random.Generator) -> Quantities:
        return raman.measure(raman.simulate(sample, setup, rng=rng), reference=reference)

    return Case(name, truths(sample, law), measured)


CASES = [
    dots("3000 counts on a background of 1000", 100.0, 3000.0, 1000.0),
    dots("600 counts on a background of 2000", 150.0, 600.0, 2000.0),
    dots("confined as by Richter, 3000 counts", 100.0, 3000.0, 1000.0, "richter"),
    dots("confined as by Campbell, 3000 counts", 100.0, 3000.0, 1000.0, "campbell"),
]
