"""The band structure of every region of a dot: core, shells and the ligand layer around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.dot.layers import LayeredDot
from epidot.dot.strain import ELASTIC
from epidot.errors import Gap
from epidot.light.parameters import parameters
from epidot.matter.compound import Material, require
from epidot.matter.materials import material
from epidot.parameter import Parameter

Array = NDArray[np.float64]

REMOTE = 1.0  # the free-electron part of the conduction band's inverse mass; the rest is the Kane coupling
OUTSIDE = ("vacuum_eV", "hole_barrier_eV", "ligand_mass")  # of data/light.yaml: what a dot is surrounded by
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
    high-frequency dielectric constant; the last entry is the ligand's and the solvent's.  ``remote`` is the
    part of the electron's inverse mass that does not depend on its energy: 1 in a crystal.
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
    remote: Array

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
        out: Array = self.remote + self.Ep / 3 * (2 / (E - self.Ev) + 1 / (E - self.Ev + self.dso))
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


def insist(dot: LayeredDot, strained: bool) -> None:
    """Insist on every number that the levels of ``dot`` rest on, before one is used.

    Raises
    ------
    Gap
        That names what every material lacks, also for the lifetimes and the absorption that come next.
    """
    elastic = ELASTIC if strained and dot.shells else ()
    needs = [(material(name), (*KEYS, *elastic)) for name in dict.fromkeys(_names(dot))]
    try:
        require(needs, "the levels of a dot need")
    except Gap as gap:
        faults = list(gap.faults)
        try:
            require([(m, ("eps_opt",)) for m, _ in needs], "lifetimes and absorption need")
        except Gap as further:
            faults += further.faults
        raise Gap(faults) from None


def _used(stuff: Sequence[Material], ligand_nm: float) -> dict[str, Parameter]:
    """Every number the levels rest on, by name."""
    core = stuff[0]
    used = {f"{m.name}.{key}": m.parameter(key) for m in dict.fromkeys(stuff) for key in KEYS}
    used |= dipoles(stuff)
    if ligand_nm > 0:
        used |= {f"light.{key}": parameters()[key] for key in OUTSIDE}
        used |= {f"{core.name}.{key}": core.parameters[key] for key in ("V_e_eV", "V_h_eV") if key in core}
    return used


def _shared(
    stuff: Sequence[Material], used: Mapping[str, Parameter], override: Mapping[str, float]
) -> dict[str, float]:
    """``override`` of what is used; that of an end of a mixed crystal moves the mixture by its share."""
    out = {name: value for name, value in override.items() if name in used}
    for m in (m for m in stuff if m.name not in m.ends):
        for key in KEYS:
            change = sum(
                share * (override[f"{end}.{key}"] - material(end)[key])
                for end, share in m.ends.items()
                if f"{end}.{key}" in override
            )
            if change and f"{m.name}.{key}" not in override:
                out[f"{m.name}.{key}"] = used[f"{m.name}.{key}"].value + change
    return out


def _dipole(of: Material, on: Material) -> str:
    return f"{of.name}.dipole_eV on {on.name}"


def dipoles(stuff: Sequence[Material]) -> dict[str, Parameter]:
    """What the files say of the interfaces between neighbours of ``stuff``, by name."""
    found = {}
    for inner, outer in pairwise(stuff):
        for one, other in ((outer, inner), (inner, outer)):
            if "dipole_eV" in one.interfaces.get(other.name, {}):
                found[_dipole(one, other)] = one.interfaces[other.name]["dipole_eV"]
    return found


def potentials(stuff: Sequence[Material], used: Mapping[str, Parameter]) -> Array:
    """Potential in eV of every layer against the core's, from the dipoles of all interfaces below it."""
    steps = [0.0]
    for inner, outer in pairwise(stuff):
        here, back = used.get(_dipole(outer, inner)), used.get(_dipole(inner, outer))
        steps.append((here.value if here else 0.0) - (back.value if back else 0.0))
    return np.cumsum(steps)


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

    Beyond the dot lies one vacuum level for every core, ``vacuum_eV`` above the top of InP's valence band,
    and one barrier for holes.  ``override`` replaces values by name (``{"InP.Eg_eV": 1.34,
    "light.vacuum_eV": 5.5}``), for fits and sensitivities.  Also returns every parameter that was used, by
    the same names.
    """
    stuff = [material(name) for name in _names(dot)]
    used = _used(stuff, ligand_nm)
    for name, value in _shared(stuff, used, override or {}).items():
        used[name] = replace(used[name], value=value, low=-inf, high=inf, source="given by the caller")
    eps = np.asarray(strain, dtype=np.float64)
    if eps.shape != (len(stuff),):
        raise ValueError(f"strain must have one entry per layer ({len(stuff)}), got {eps.shape}")

    def each(key: str) -> Array:
        return np.array([used[f"{m.name}.{key}"].value for m in stuff])

    gap, dso, masses = each("Eg_eV"), each("dso_eV"), each("m_e")
    steps = potentials(stuff, used)
    top = each("Ev_eV") - each("Ev_eV")[0] + steps
    Ev = top + 3 * each("av_eV") * eps
    Ec = top + gap + 3 * each("ac_eV") * eps
    # The coupling is a bulk property: it follows from the unstrained gap and stays.
    Ep = np.array([kane_energy(*v) for v in zip(masses, gap, dso, strict=True)])
    sets = zip(each("gamma1"), each("gamma2"), each("gamma3"), strict=True)
    heavy, light = (np.array(v) for v in zip(*(luttinger(*g) for g in sets), strict=True))
    dielectric = np.append(each("eps_inf"), eps_outside)
    radii, remote = dot.radii_nm, np.full(len(stuff), REMOTE)
    if ligand_nm > 0:
        radii = np.append(radii, radii[-1] + ligand_nm)
        V_e, V_h = barriers(stuff[0].name, used)
        Ec, Ev = np.append(Ec, gap[0] + V_e + steps[-1]), np.append(Ev, steps[-1] - V_h)
        remote = np.append(remote, 1 / used["light.ligand_mass"].value)
        dso, Ep = np.append(dso, 0.0), np.append(Ep, 0.0)
        heavy, light = np.append(heavy, 1.0), np.append(light, 1.0)
    return Bands(radii, Ec, Ev, dso, Ep, heavy, light, dielectric, float(gap[0]), remote), used


def barriers(core: str, used: Mapping[str, Parameter]) -> tuple[float, float]:
    """Barriers in eV of the ligands for the electron and the hole of a core of the material ``core``.

    From the vacuum level and the depth below InP's valence band, unless the material's file has its own.
    """
    top = used[f"{core}.Ev_eV"].value
    V_e = used["light.vacuum_eV"].value - top - used[f"{core}.Eg_eV"].value
    V_h = used["light.hole_barrier_eV"].value + top
    own = [used.get(f"{core}.{key}") for key in ("V_e_eV", "V_h_eV")]
    return (own[0].value if own[0] else V_e, own[1].value if own[1] else V_h)
