"""Dots at random with their oleates, ferrocene and some free acid, and what eq 2 must give of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from epidot.dot.layers import Population
from epidot.instruments.contract import Trial
from epidot.instruments.symmetry import random_dots


def trial(rng: np.random.Generator) -> Trial:
    """The amounts and the diameter are told without error: their errors would repeat in every noise."""
    dots = random_dots(rng)
    one = dots.dot
    surface = float(np.pi * one.diameter_nm**2)
    density = float(rng.uniform(2.5, 4.5))
    same = replace(one, ligands={"OA": density * surface})
    dots = Population(same, np.full(3, same.core_diameter_nm))
    setup = {
        "dots_nmol": float(rng.uniform(2, 8)),
        "standard_nmol": float(rng.uniform(200, 1000)),
        "noise": float(10 ** rng.uniform(-3.3, -2.5)),
        "phase_deg": float(rng.uniform(-8, 8)),
        "from_ppm": 3.6,
        "to_ppm": 6.0,
        "step_Hz": 0.6,
    }
    known = {
        "standard": "ferrocene", "standard_nmol": setup["standard_nmol"], "dots_nmol": setup["dots_nmol"],
        "diameter_nm": same.diameter_nm, "standard_sigma": 0.0, "dots_sigma": 0.0, "diameter_sigma_nm": 0.0,
    }  # fmt: skip
    truths = {
        "ligands_per_dot": density * surface,
        "coverage_per_nm2": density,
        "ferrocene_ppm": 4.16,
    }
    return Trial(dots, truths, setup, known)
