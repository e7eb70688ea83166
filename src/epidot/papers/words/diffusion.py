"""Eqs 1-3 of yuan2023 as printed, and the constants of halide transport."""

from __future__ import annotations

from epidot.constants import ZERO_CELSIUS
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
