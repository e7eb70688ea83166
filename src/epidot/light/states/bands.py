"""The band structure of every region of a dot: core, shells and the ligand layer around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.dot.layers import LayeredDot
from epidot.dot.strain import ELASTIC
from epidot.errors import Gap
from epidot.matter.compound import Material, require
from epidot.matter.materials import material
from epidot.parameter import Parameter

Array = NDArray[np.float64]

REMOTE = 1.0  # the free-electron part of the conduction band's inverse mass; the rest is the Kane coupling
KEYS = (
    "Eg_eV",
    "dso_eV",
    "m_e",
    "gamma1",
    "gamma2",
    "gamma3",
    "ac_eV",
    "av_eV",
    "eps_inf",
    "Ev_eV",
)


def kane_energy(m_e: float, gap_eV: float, split_off_eV: float, remote: float = REMOTE) -> float:
    """Kane energy Ep in eV that gives the conduction-band mass ``m_e`` (in electron masses).

    Solves 1/m_e = remote + (Ep/3) [2/Eg + 1/(Eg + Δ)].  The tabulated Ep of InP (20.7 eV) would need a
    negative remote term and makes the eight-band problem lose its ellipticity.
    """
    return float((1 / m_e - remote) * 3 / (2 / gap_eV + 1 / (gap_eV + split_off_eV)))


@dataclass(frozen=True)
class Bands:
    """Band edges and couplings per region, each of shape (regions,); the last region is the ligand.

    Energies in eV from the unstrained core's valence-band top.  ``M`` and ``L`` are the inverse masses
    of the transverse (heavy) and longitudinal valence band of the spherical model.  ``eps`` is the
    high-frequency dielectric constant; the last entry is the ligand's and the solvent's.
    """

    radii: Array
    Ec: Array
    Ev: Array
    dso: Array
    Ep: Array
    M: Array
    L: Array
    eps: Array
    gap_core: float

    @property
    def regions(self) -> int:
        """Number of regions, the ligand layer included."""
        return int(self.Ec.size)

    @property
    def has_ligand(self) -> bool:
        """Whether the last region is a ligand layer (else the wall is infinite)."""
        return bool(self.Ep[-1] == 0.0)

    def inverse_mass(self, E: float) -> Array:
        """m0/m(E) of the electron per region."""
        out: Array = REMOTE + self.Ep / 3 * (2 / (E - self.Ev) + 1 / (E - self.Ev + self.dso))
        return out

    def inverse_mass_slope(self, E: float) -> Array:
        """−d(m0/m)/dE per region: the weight of the valence part of the electron's norm."""
        out: Array = self.Ep / 3 * (2 / (E - self.Ev) ** 2 + 1 / (E - self.Ev + self.dso) ** 2)
        return out

    def coupling(self) -> Array:
        """P per region in eV nm, P² = (ħ²/2m0) Ep."""
        return np.sqrt(HBAR2_2M * self.Ep)


def luttinger(gamma1: float, gamma2: float, gamma3: float) -> tuple[float, float]:
    """(M, L): spherical average γ = (2γ2 + 3γ3)/5; M = γ1 − 2γ, L = γ1 + 4γ."""
    mean = (2 * gamma2 + 3 * gamma3) / 5
    return gamma1 - 2 * mean, gamma1 + 4 * mean


def insist(dot: LayeredDot, ligand_nm: float, strained: bool) -> None:
    """Insist on every number that the levels of ``dot`` rest on, before one is used.

    Raises
    ------
    Gap
        That names what every material lacks, also for the lifetimes and the absorption that come next.
    """
    elastic = ELASTIC if strained and dot.shells else ()
    needs = [(m, (*keys, *elastic)) for m, keys in _needs(dot, ligand_nm)]
    try:
        require(needs, "the levels of a dot need")
    except Gap as gap:
        faults = list(gap.faults)
        try:
            require([(m, ("eps_opt",)) for m, _ in needs], "lifetimes and absorption need")
        except Gap as further:
            faults += further.faults
        raise Gap(faults) from None


def _needs(dot: LayeredDot, ligand_nm: float) -> list[tuple[Material, tuple[str, ...]]]:
    walls = ("V_e_eV", "V_h_eV") if ligand_nm > 0 else ()  # of the core, towards its ligands
    stuff = [material(name) for name in dict.fromkeys(_names(dot))]
    return [(m, (*KEYS, *(walls if m.name == dot.core else ()))) for m in stuff]


def _names(dot: LayeredDot) -> tuple[str, ...]:
    return (dot.core, *(layer.material for layer in dot.shells))


def bands(
    dot: LayeredDot,
    strain: Sequence[float],
    ligand_nm: float,
    eps_outside: float,
    override: Mapping[str, float] | None = None,
) -> tuple[Bands, dict[str, Parameter]]:
    """The band structure of ``dot`` under the hydrostatic elastic ``strain`` of its layers.

    ``override`` replaces values by ``material.key`` (``{"InP.V_e_eV": 5.0}``), for fits and
    sensitivities.  Also returns every material parameter that was used, by the same names.
    """
    stuff = [material(name) for name in _names(dot)]
    used = {f"{m.name}.{key}": m.parameter(key) for m, keys in _needs(dot, ligand_nm) for key in keys}
    for name, value in (override or {}).items():
        if name in used:
            used[name] = replace(used[name], value=value, low=-inf, high=inf, source="given by the caller")
    eps = np.asarray(strain, dtype=np.float64)
    if eps.shape != (len(stuff),):
        raise ValueError(f"strain must have one entry per layer ({len(stuff)}), got {eps.shape}")

    def each(key: str) -> Array:
        return np.array([used[f"{m.name}.{key}"].value for m in stuff])

    gap, dso, masses = each("Eg_eV"), each("dso_eV"), each("m_e")
    top = each("Ev_eV") - each("Ev_eV")[0]
    Ev = top + 3 * each("av_eV") * eps
    Ec = top + gap + 3 * each("ac_eV") * eps
    # The coupling is a bulk property: it follows from the unstrained gap and stays.
    Ep = np.array([kane_energy(*v) for v in zip(masses, gap, dso, strict=True)])
    sets = zip(each("gamma1"), each("gamma2"), each("gamma3"), strict=True)
    heavy, light = (np.array(v) for v in zip(*(luttinger(*g) for g in sets), strict=True))
    dielectric = np.append(each("eps_inf"), eps_outside)
    radii = dot.radii_nm
    if ligand_nm > 0:
        core = stuff[0].name
        radii = np.append(radii, radii[-1] + ligand_nm)
        Ec = np.append(Ec, gap[0] + used[f"{core}.V_e_eV"].value)
        Ev = np.append(Ev, -used[f"{core}.V_h_eV"].value)
        dso, Ep = np.append(dso, 0.0), np.append(Ep, 0.0)
        heavy, light = np.append(heavy, 1.0), np.append(light, 1.0)
    return Bands(radii, Ec, Ev, dso, Ep, heavy, light, dielectric, float(gap[0])), used
