"""The radiative rate of the 1S exciton: Kane coupling, overlap, local field, fine structure.

k_r = f (2 α ω Ep / 3 m0c²) n F² · 4K / (3 + 5 exp(d/kT))

F is the field in the dot over the field far away, for the layered sphere in its solvent, averaged with
the transition density.  The prefactor is right within a factor of two only; f, one oscillator factor for each
core material, is fitted on literature and stands in absorption alike (Einstein).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epidot.constants import ALPHA, HBAR, K_B, M_E_C2
from epidot.dot.layers import LayeredDot
from epidot.light.fields import field_factors
from epidot.light.parameters import of_core
from epidot.light.states.levels import ROOM_K, Levels, without_traces
from epidot.matter.materials import material
from epidot.matter.reagents import refractive_index


@dataclass(frozen=True)
class RadiativeRate:
    """``k_r`` in 1/ns with the oscillator factor, ``uncalibrated`` without it; its factors beside."""

    k_r: float
    uncalibrated: float
    local_field: float
    thermal_share: float


def local_field(dot: LayeredDot, levels: Levels) -> float:
    """F: the field in the dot over the field far away, averaged with the 1S transition density."""
    dot = without_traces(dot)
    n = float(refractive_index(dot.medium))
    names = [dot.core, *(layer.material for layer in dot.shells)]
    eps = np.array([material(name)["eps_opt"] for name in names] + [n * n])
    factors = field_factors(dot.radii_nm, eps)
    # The ligand layer, where the carriers still reach, is medium.
    weights = levels.overlap_by_region
    return float(factors[: weights.size] @ weights / weights.sum())


def bright_share(splitting_eV: float, temperature_K: float) -> float:
    """Share of the strength 4K in one exciton on average: 3 bright states ``splitting_eV`` above 5 dark."""
    return 1 / (3 + 5 * math.exp(splitting_eV / (K_B * temperature_K)))


def radiative_rate(
    dot: LayeredDot,
    levels: Levels,
    temperature_K: float = ROOM_K,
    choice: Mapping[str, float] | None = None,
) -> RadiativeRate:
    """Radiative rate of one dot from its ``levels``.

    ``choice`` overrides constants by name (``oscillator_factor``, ``exchange_splitting_eV``).
    """
    chosen = {k: of_core(k, dot.core).value for k in ("oscillator_factor", "exchange_splitting_eV")}
    chosen |= choice or {}
    n = float(refractive_index(dot.medium))
    F = local_field(dot, levels)
    photon = levels.E_1S_eV - stokes_eV(dot)
    per_second = 2 * ALPHA * photon / HBAR * levels.Ep_core_eV / (3 * M_E_C2)
    share = bright_share(chosen["exchange_splitting_eV"], temperature_K)
    bare = per_second * 1e-9 * n * F * F * 4 * levels.K * share
    return RadiativeRate(bare * chosen["oscillator_factor"], bare, F, share)


def stokes_eV(dot: LayeredDot) -> float:
    """1S absorption minus emission energy: a constant of the core's material, larger for a bare core."""
    return of_core("stokes_shell_eV" if dot.shells else "stokes_bare_eV", dot.core).value
