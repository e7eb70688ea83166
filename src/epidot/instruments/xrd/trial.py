"""Dots at random, and the lattice and size that the atoms behind their pattern have."""

from __future__ import annotations

import numpy as np

from epidot.dot.layers import LayeredDot, Population
from epidot.instruments.contract import Trial
from epidot.matter.materials import crystal


def trial(rng: np.random.Generator) -> Trial:
    """Bare cores of InP and CdSe of 2.2 to 4.5 nm, some hundred to some thousand counts at the highest line.

    The zero of the goniometer is known: of one that is not, a coverage over few zeros would tell nothing.
    """
    core = str(rng.choice(["InP", "CdSe"]))
    dot = LayeredDot(core, float(rng.uniform(2.2, 4.5)))
    dots = Population.drawn(dot, 60, float(rng.uniform(0.06, 0.15)), rng)
    setup = {
        "counts": float(10 ** rng.uniform(2.5, 3.7)),
        "background": float(rng.uniform(50, 500)),
        "halo": float(rng.uniform(0, 300)),
        "step_deg": 0.05,
        "dots": 6,
    }
    return Trial(dots, truths(dots, 6), setup, {"phase": core, "zero_sigma_deg": 0.0})


def truths(dots: Population, most: int) -> dict[str, float]:
    """By the atoms of the dots that are summed: spheres that hold as many atoms.

    Not the mean by number: it rests on the law of the sizes, and six dots are no lognormal.
    """
    from epidot.instruments.xrd.simulated import atoms, drawn

    a = crystal(dots.dot.core).a_nm
    number = np.array([len(atoms(dot)[0]) for dot in drawn(dots, most)])
    diameter = (number * a**3 / 8 * 6 / np.pi) ** (1 / 3)
    return {
        "a_nm": a,
        "size_nm": float(number @ diameter / number.sum()),
    }
