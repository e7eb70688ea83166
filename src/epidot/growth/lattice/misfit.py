"""What misfit costs a unit that is added to the shell, and so how much more easily it leaves."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from epidot.constants import E_CHARGE
from epidot.dot.coherency import coherency
from epidot.dot.elasticity import isotropic_moduli, poisson_ratio, solve
from epidot.given import remembered
from epidot.matter.materials import material as stuff


@remembered(4096)
def energy_eV(
    core: str, core_diameter_nm: float, shells: tuple[tuple[str, float], ...], material: str
) -> float:
    """Elastic energy of one formula unit of ``material`` added coherently on top, eV.

    The dot is a sphere of ``core`` with ``shells`` (material, units per dot) laid on it, isotropic and
    elastic (:mod:`epidot.dot.elasticity`), each with the coherent part of its misfit.  A layer added in
    register with a free surface costs, per volume, the energy of the equal biaxial strain it needs there,
    2 G (1 + nu)/(1 - nu) epsilon^2: at first all of the misfit, less and less as the shell gets thicker
    and stretches or squeezes the core in its turn.

    Raises
    ------
    InputError
        For an unknown material.
    """
    inside = stuff(core)
    radii, bulk, shear, free = [core_diameter_nm / 2], [], [], [0.0]
    for name in (core, *(m for m, _ in shells)):
        m = stuff(name)
        K, G = isotropic_moduli(m["C11_GPa"], m["C12_GPa"], m["C44_GPa"])
        bulk.append(K)
        shear.append(G)
    for name, units in shells:
        m = stuff(name)
        radii.append((radii[-1] ** 3 + 3 * units * m["a_nm"] ** 3 / (16 * math.pi)) ** (1 / 3))
        free.append(coherency(inside, m) * (m["a_nm"] / inside["a_nm"] - 1))
    stretched = 0.0  # of the outer surface, seen from the core's lattice
    if shells:
        sphere = solve(np.array(radii), np.array(bulk), np.array(shear), np.array(free))
        stretched = float(sphere.displacement(radii[-1], len(shells))) / radii[-1]
    m = stuff(material)
    K, G = isotropic_moduli(m["C11_GPa"], m["C12_GPa"], m["C44_GPa"])
    nu = poisson_ratio(K, G)
    strain = stretched - coherency(inside, m) * (m["a_nm"] / inside["a_nm"] - 1)
    volume_m3 = (m["a_nm"] * 1e-9) ** 3 / 4
    joule = 2 * G * 1e9 * (1 + nu) / (1 - nu) * strain**2 * volume_m3
    return joule / E_CHARGE


def shells_of(per_dot: Mapping[str, float], materials: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
    """Shells in the order of ``materials`` (chalcogen -> material); half a unit per dot is none."""
    units = {m: round(per_dot.get(el, 0.0), 1) for el, m in materials.items()}
    return tuple((m, n) for m, n in units.items() if n > 0.5)
