"""Lines of ligands, free ones of known D among them, one species alone, two told apart, few gradients."""

from __future__ import annotations

import numpy as np

from coverage_cases import Case
from epidot.dot.layers import Layer, LayeredDot, Population
from epidot.instruments import dosy
from epidot.instruments.dosy.simulated import diffusion, free_diffusion, viscosity
from epidot.signal import Signal
from epidot.signal.noise import noisy

B = np.linspace(0.05, 1, 24) ** 2 * 3e10


def ligands(name: str, free: float, noise: float, steps: int, known: bool = True) -> Case:
    dot = LayeredDot("InP", 3.0, (Layer("ZnSe", 0.6),))
    dots = Population.drawn(dot, 200, 0.08, np.random.default_rng(1))
    setup = {
        "solvent": "CDCl3", "temperature_K": 298.15, "free_fraction": free, "noise": noise, "steps": steps,
        "gradient_T_per_m": 0.6, "ligand_nm": 1.8, "free_molar_mass": 282.46,
    }  # fmt: skip
    clean = dosy.simulate(dots, setup)
    D, share = diffusion(dots, setup)
    told = {"gradient_sigma": 0.0, "viscosity_mPa_s": viscosity(setup) * 1e3}
    truths = {"D_m2_per_s": float(share @ D)}
    if known:
        told["free_D_m2_per_s"] = free_diffusion(setup)
        truths["bound_fraction"] = 1 - free
    return Case(name, truths, lambda rng: dosy.measure(noisy(clean, rng), **told))


def species(name: str, ratio: float, noise: float) -> Case:
    y = 0.6 * np.exp(-1e-10 * B) + 0.4 * np.exp(-ratio * 1e-10 * B)
    clean = Signal("dosy", B, y, "b", "s/m2", "intensity", "", "analog", "simulated", np.full(B.size, noise))
    truths = {"D_m2_per_s": 1e-10, "free_D_m2_per_s": ratio * 1e-10, "bound_fraction": 0.6}

    def measured(rng: np.random.Generator):  # type: ignore[no-untyped-def]
        seen = noisy(clean, rng)
        return dosy.measure(seen.with_values(seen.x, seen.y), gradient_sigma=0.0)  # its error is found

    return Case(name, truths, measured)


CASES = [
    ligands("ligands, none free, 0.5 % noise", 0.0, 0.005, 16, known=False),
    ligands("ligands, 30 % free, 0.5 % noise", 0.3, 0.005, 16),
    ligands("ligands, 30 % free, 2 % noise, 12 gradients", 0.3, 0.02, 12),
    species("two species of ratio 3, 0.5 % noise", 3.0, 0.005),
    species("two species of ratio 6, 1 % noise", 6.0, 0.01),
]
