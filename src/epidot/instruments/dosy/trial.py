"""Dots at random, and how fast they and the ligands beside them diffuse."""

from __future__ import annotations

import numpy as np

from epidot.instruments.contract import Trial
from epidot.instruments.symmetry import random_dots
from epidot.recipe.planned_flask import ROOM_K


def trial(rng: np.random.Generator) -> Trial:
    """Dots with a tenth to half of their ligands free, in one of three solvents.

    The viscosity is told, because of one that is not a coverage over few solvents would tell nothing; and so
    is how fast free ligand diffuses.
    """
    from epidot.instruments.dosy.simulated import diffusion, free_diffusion, viscosity
    from epidot.matter.solvents import radius_nm

    dots = random_dots(rng)
    free = float(rng.uniform(0.1, 0.5))
    setup = {
        "solvent": str(rng.choice(["CDCl3", "C6D6", "toluene-d8"])),
        "temperature_K": ROOM_K,
        "free_fraction": free,
        "free_molar_mass": 282.46,
        "noise": float(10 ** rng.uniform(-2.7, -1.7)),
        "gradient_T_per_m": float(rng.uniform(0.5, 0.8)),
        "steps": int(rng.integers(12, 33)),
        "ligand_nm": float(rng.uniform(1.2, 2.2)),
    }
    D, share = diffusion(dots, setup)
    middle, eta = float(share @ D), viscosity(setup)
    truths = {
        "D_m2_per_s": middle,
        "r_h_nm": radius_nm(middle, ROOM_K, eta),
        "bound_fraction": 1 - free,
    }
    known = {"free_D_m2_per_s": free_diffusion(setup), "viscosity_mPa_s": eta * 1e3, "gradient_sigma": 0.0}
    return Trial(dots, truths, setup, known)
