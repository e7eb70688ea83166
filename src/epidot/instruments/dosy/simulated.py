"""How the ligands' line of given dots falls with the gradient."""

from __future__ import annotations

import numpy as np

from epidot.dot.layers import Population
from epidot.errors import InputError
from epidot.instruments.contract import Dots
from epidot.instruments.dosy.gradients import sequence_b
from epidot.instruments.options import Settings
from epidot.matter.solvents import small_molecule, solvent, stokes_einstein
from epidot.signal import Signal
from epidot.signal.noise import noisy


def diffusion(dots: Dots, setup: Settings) -> tuple[np.ndarray, np.ndarray]:
    """D in m²/s and share of the bound ligands of every dot, each (n,): ligands go with the surface."""
    each = dots.dots if isinstance(dots, Population) else dots
    eta = viscosity(setup)
    r = np.array([dot.diameter_nm / 2 for dot in each])
    D = stokes_einstein(1.0, setup["temperature_K"], eta) / (r + setup["ligand_nm"])
    return D, r**2 / np.sum(r**2)


def viscosity(setup: Settings) -> float:
    """η of the solvent in Pa s."""
    return solvent(setup["solvent"]).viscosity(setup["temperature_K"])[0]


def free_diffusion(setup: Settings) -> float:
    """D of free ligand in m²/s, by its molar mass."""
    mass = solvent(setup["solvent"]).molar_mass
    return small_molecule(setup["free_molar_mass"], mass, setup["temperature_K"], viscosity(setup))


def simulated(dots: Dots, setup: Settings, rng: np.random.Generator | None) -> Signal:
    """See :func:`epidot.instruments.dosy.simulate`; ``setup`` are the settled options."""
    g = np.linspace(setup["least_gradient_T_per_m"], setup["gradient_T_per_m"], int(setup["steps"]))
    if not g[-1] > g[0]:
        what = "the strongest gradient must be stronger than the weakest"
        raise InputError(what, seen=f"gradient_T_per_m {g[-1]:g}, least_gradient_T_per_m {g[0]:g}")
    b = sequence_b(g, setup["nucleus"], setup["delta_ms"], setup["big_delta_ms"], setup)
    D, share = diffusion(dots, setup)
    bound = share @ np.exp(-D[:, None] * b)
    free = float(setup["free_fraction"])
    y = (1 - free) * bound + free * np.exp(-free_diffusion(setup) * b)
    noise = float(setup["noise"])
    clean = Signal(
        "dosy", b, y, "b", "s/m2", "intensity", "", "analog", "simulated",
        sigma=np.full(b.size, noise) if noise > 0 else None,
        meta={
            "setup": dict(setup), "gradient_T_per_m": g.tolist(), "nucleus": setup["nucleus"],
            "temperature_K": setup["temperature_K"], "solvent": setup["solvent"],
            "column": "intensity", "columns": ["intensity"],
        },
    )  # fmt: skip
    return clean if rng is None or noise == 0 else noisy(clean, rng)
