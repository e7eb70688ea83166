"""Rates that follow Arrhenius, and D⁰ from the jump of an ion (eqs 1-3 of yuan2023)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from epidot.constants import K_B


@dataclass(frozen=True)
class Arrhenius:
    """``prefactor`` · exp(−``energy_eV``/kT); a negative energy makes it fall with temperature.

    The prefactor's unit is the quantity's own (nm²/s for D, nm³/s for a capture, 1 for a partition).
    """

    prefactor: float
    energy_eV: float = 0.0

    def at(self, T_K: float) -> float:
        """The value at a temperature in K."""
        return self.prefactor * math.exp(-self.energy_eV / (K_B * T_K))

    @classmethod
    def through(cls, value: float, T_K: float, energy_eV: float = 0.0) -> Arrhenius:
        """The law of this energy that has ``value`` at ``T_K``."""
        return cls(value * math.exp(energy_eV / (K_B * T_K)), energy_eV)

    def scaled(self, factor: float) -> Arrhenius:
        """The same law, ``factor`` times as large (a vacancy or stoichiometry multiplier)."""
        return Arrhenius(factor * self.prefactor, self.energy_eV)


NONE = Arrhenius(0.0)
ONE = Arrhenius(1.0)


def diffusivity(D0: float, dH_eV: float, T_K: float) -> float:
    """Eq 1 of yuan2023: D = D⁰ exp(−ΔH/kT), in the unit of ``D0``."""
    return D0 * math.exp(-dH_eV / (K_B * T_K))


def prefactor(g: float, f: float, nu0_per_s: float, a_nm: float, dS_eV_K: float) -> float:
    """Eq 2 of yuan2023: D⁰ = g f ν⁰ a² exp(ΔS/k), in nm²/s.

    ``g`` geometrical factor, ``f`` correlation factor, ``nu0_per_s`` attempt frequency, ``a_nm`` lattice
    parameter, ``dS_eV_K`` diffusion entropy.
    """
    return g * f * nu0_per_s * a_nm**2 * math.exp(dS_eV_K / K_B)


def jump_diffusivity(g: float, f: float, nu0_per_s: float, a_nm: float, dG_eV: float, T_K: float) -> float:
    """Eq 3 of yuan2023: D = g f ν⁰ a² exp(−ΔG/kT) with ΔG = ΔH − TΔS, in nm²/s."""
    return g * f * nu0_per_s * a_nm**2 * math.exp(-dG_eV / (K_B * T_K))
