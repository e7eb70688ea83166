"""Eqs 1-3 of yuan2023 as printed."""

from __future__ import annotations

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
