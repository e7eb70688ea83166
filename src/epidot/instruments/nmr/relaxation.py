"""How wide a bound line is because the dot that carries it tumbles slowly.

Transverse relaxation of a spin 1/2 by dipoles and by the anisotropy of its shift, for a sphere that turns in
a liquid (Abragam, Principles of Nuclear Magnetism, ch. VIII; time by Stokes, Einstein and Debye):
tau = 4 pi eta r^3 / 3kT, J(w) = (2/5) tau / (1 + (w tau)^2).  What turns inside a ligand would make lines
narrower; different sites make them wider: ``spread`` of a resonance.
"""

from __future__ import annotations

import math

from epidot.constants import H_J, K_B_J, MU_0
from epidot.instruments.nmr.species import Resonance
from epidot.matter.nuclei import nucleus


def turning_s(radius_nm: float, temperature_K: float, viscosity_Pa_s: float) -> float:
    """Time in s in which a sphere turns."""
    return 4 * math.pi * viscosity_Pa_s * (radius_nm * 1e-9) ** 3 / (3 * K_B_J * temperature_K)


def width_Hz(line: Resonance, MHz: float, tau_s: float) -> float:
    """Full Lorentzian width that tumbling with ``tau_s`` adds to ``line`` at ``MHz``."""
    own, proton = nucleus(line.nucleus), nucleus("1H")
    w = 2e6 * math.pi * MHz
    rate = 0.0
    if line.anisotropy:
        c = w * line.anisotropy * 1e-6 / math.sqrt(3)
        rate += c**2 / 6 * (4 * _density(0.0, tau_s) + 3 * _density(w, tau_s))
    if line.protons and line.distance_nm:
        d = (
            MU_0
            / (4 * math.pi)
            * H_J
            / (2 * math.pi)
            * own.gamma
            * proton.gamma
            / (line.distance_nm * 1e-9) ** 3
        )
        if line.nucleus == "1H":  # like spins
            each = (
                3
                / 8
                * d**2
                * (3 * _density(0.0, tau_s) + 5 * _density(w, tau_s) + 2 * _density(2 * w, tau_s))
            )
        else:
            h = w * proton.gamma / own.gamma
            seen = (
                4 * _density(0.0, tau_s) + _density(h - w, tau_s) + 3 * _density(w, tau_s)
                + 6 * _density(h, tau_s) + 6 * _density(h + w, tau_s)
            )  # fmt: skip
            each = d**2 / 8 * seen
        rate += line.protons * each
    return rate / math.pi


def _density(w: float, tau_s: float) -> float:
    return 0.4 * tau_s / (1 + (w * tau_s) ** 2)
