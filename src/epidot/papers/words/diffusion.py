"""Eqs 1-3 of yuan2023 as printed, and the constants of halide transport."""

from __future__ import annotations

import math

import numpy as np

from epidot.constants import ZERO_CELSIUS
from epidot.errors import InputError
from epidot.papers.words.registry import word


@word("diffusion.D")
def diffusivity(D0: float, dH_eV: float, T_K: float) -> float:
    """Eq 1 of yuan2023: D from its prefactor and the enthalpy of diffusion, in the unit of D0."""
    from epidot.transport import arrhenius

    return arrhenius.diffusivity(D0, dH_eV, T_K)


@word("diffusion.D0")
def prefactor(g: float, f: float, nu0_per_s: float, a_nm: float, dS_eV_K: float) -> float:
    """Eq 2 of yuan2023: the prefactor (nm²/s) of geometry, correlation, attempts, jump and entropy."""
    from epidot.transport import arrhenius

    return arrhenius.prefactor(g, f, nu0_per_s, a_nm, dS_eV_K)


@word("diffusion.D_of_jump")
def jump_diffusivity(g: float, f: float, nu0_per_s: float, a_nm: float, dG_eV: float, T_K: float) -> float:
    """Eq 3 of yuan2023: D (nm²/s) from the free enthalpy of a jump."""
    from epidot.transport import arrhenius

    return arrhenius.jump_diffusivity(g, f, nu0_per_s, a_nm, dG_eV, T_K)


@word("halide.D", model=True)
def halide_diffusion(halide: str, material: str, temperature_C: float, hypothesis: str = "H1") -> float:
    """Diffusion coefficient (cm²/s) of a halide in a material at a temperature (°C)."""
    from epidot.transport.constants import constants

    law = constants(hypothesis).diffusion(halide, material)
    return 1e-14 * law.at(temperature_C + ZERO_CELSIUS)


@word("halide.dH", model=True)
def halide_enthalpy(halide: str, material: str) -> float:
    """Its activation enthalpy (eV)."""
    from epidot.transport.constants import constants

    return constants().diffusion(halide, material).energy_eV


@word("halide.constant", model=True)
def halide_constant(name: str, hypothesis: str = "H1") -> float:
    """A constant of halide transport, in the unit of its table."""
    from epidot.transport.constants import constants

    return constants(hypothesis).of(name)


@word("diffusion.by_exchange")
def by_exchange(how: str) -> float:
    """Uptake by fast exchange with lattice sites (dissociative or kick-out) over that of its effective D."""
    from epidot.transport.exchange import Exchange, Mover, effective_interstitial, solve
    from epidot.transport.mesh import Mesh

    ion, idle, native = Mover(1.0, 0.05), Mover(0.0, 1e-8), Mover(0.0, 1.0)
    ways = {
        "dissociative": Exchange(ion, idle, native, 1.0, dissociative=1e5, sinks_V=1e7),
        "kick-out": Exchange(ion, native, idle, 1.0, kick_out=1e5, sinks_I=1e7),
    }
    if how not in ways:
        raise InputError("no such exchange", seen=how, nearest=tuple(ways))
    cells, part = 80, 0.02  # of a slab, and D t in units of its depth squared
    mesh = Mesh(np.linspace(0, 1, cells + 1), np.zeros(cells, dtype=np.int64), "slab")
    found = solve(ways[how], mesh, np.array([part / effective_interstitial(ways[how])]))
    taken = float((found.substitutional[-1] + found.interstitial[-1]) @ mesh.volumes_nm3)
    return taken / (2 * math.sqrt(part / math.pi) * (1 + ion.equilibrium))
