"""The s_c p_a³ model of one crystal, in closed form from its bulk numbers.

One s orbital on every cation and three p orbitals on every anion, with spin: first neighbours couple s and p,
second neighbours s and s, p and p; the anions carry the spin-orbit term.  The idea, and its use for dots, is
that of S. Schulz and G. Czycholl, Phys. Rev. B 72, 165317 (2005), arXiv:cond-mat/0507052.  Expanded about the
zone centre its matrix is the eight-band k·p of the same crystal, so that gap, split-off energy, electron mass
and the hole masses along [100] and [111] come back exactly (:func:`hopping`).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.documents import data_document, top
from epidot.errors import Fault, InputError
from epidot.light.states.bands import kane_energy
from epidot.matter.compound import Material
from epidot.matter.materials import crystal, own
from epidot.parameter import Parameter

KEYS = ("a_nm", "Eg_eV", "dso_eV", "m_e", "gamma1", "gamma2", "gamma3", "ac_eV", "av_eV", "Ev_eV")
DEFAULT = "default"  # of the remote terms: that of materials without one of their own


@dataclass(frozen=True)
class Hopping:
    """One crystal's matrix elements, all in eV; energies from the top of InP's valence band.

    ``Es`` and ``Ep`` are the levels of s and p; ``V`` couples s to the p of a neighbour, by the signs of the
    way from cation to anion; ``Vss`` two cations; ``E1`` two equal p whose axis the way has a share in,
    ``E2`` two whose axis it has none in, ``E3`` two different p by the signs of the way.  ``dso`` is the
    split-off energy, ``ac`` and ``av`` the deformation potentials (an edge moves by 3 a strain),
    ``closure`` what a missing anion neighbour is worth on an s level: 3V²/(Es − Ep).
    """

    Es: float
    Ep: float
    V: float
    Vss: float
    E1: float
    E2: float
    E3: float
    dso: float
    ac: float
    av: float
    closure: float

    @property
    def row(self) -> NDArray[np.float64]:
        """All of them, in their order."""
        return np.array(astuple(self))


@lru_cache(maxsize=1)
def constants() -> dict[str, dict[str, Parameter]]:
    """Numbers of ``data/atoms.yaml``: ``remote``, ``closure``, and by crystal what stands ``instead``."""
    page = top(data_document("atoms.yaml"))
    found = {name: page[name].parameters() for name in ("remote", "closure")}
    found |= {name: one.parameters() for name, one in page["instead"].table().items()}
    page.faults.raise_if_any()
    return found


def bulk(name: str) -> Material:
    """A crystal with this model's numbers: those of its file but for ``instead`` of ``data/atoms.yaml``.

    A file of one's own is taken as it is.

    Raises
    ------
    InputError
        As :func:`epidot.matter.materials.crystal`.
    """
    found = crystal(name)
    if name in own() or name not in constants():
        return found
    return replace(found, parameters={**found.parameters, **constants()[name]})


def remote_of(material: Material) -> Parameter:
    """The remote term A of ``material``; of a mixed crystal by the shares of its ends."""
    known = constants()["remote"]
    ends = [known.get(name, known[DEFAULT]) for name in material.ends]
    if len(ends) == 1:
        return ends[0]
    value = sum(one.value * share for one, share in zip(ends, material.ends.values(), strict=True))
    return Parameter("remote", value, "1", "; ".join(one.source for one in ends), "assumed")


def least_remote(material: Material) -> float:
    """The remote term below which the valence band bends up along [100] before the gap is coupled in.

    From L' < 0: A > 1/m_e − (γ1 + 4γ2) Eg [2/Eg + 1/(Eg + Δ)]/3.  Below it every surface binds states in the
    gap that no real dot has.
    """
    gap, dso = material["Eg_eV"], material["dso_eV"]
    steep = material["gamma1"] + 4 * material["gamma2"]
    return 1 / material["m_e"] - steep * gap * (2 / gap + 1 / (gap + dso)) / 3


def hopping(material: Material, remote: float | None = None) -> Hopping:
    """The model of a crystal; ``remote`` is A, by default that of ``data/atoms.yaml``.

    Raises
    ------
    Gap
        If the material lacks a number.
    InputError
        If A lies below its bound or not below 1/m_e, so that the model would bind spurious states.
    """
    material.require(KEYS, "the atomistic states need")
    A = remote_of(material).value if remote is None else remote
    m = material
    gap, dso = m["Eg_eV"], m["dso_eV"]
    Ep = kane_energy(m["m_e"], gap, dso, A)
    g1, g2, g3 = (m[f"gamma{i}"] for i in (1, 2, 3))
    L, M, N = -(g1 + 4 * g2) + Ep / gap, -(g1 - 2 * g2), -6 * g3 + Ep / gap
    _insist_on_ellipticity(m, A, L, M, N)
    t = HBAR2_2M / m.a_nm**2
    V, Vss = float(np.sqrt(HBAR2_2M * Ep)) / m.a_nm, -A * t
    E1 = -L * t
    E2 = -2 * M * t - E1
    Es, p = m["Ev_eV"] + gap - 12 * Vss, m["Ev_eV"] - dso / 3 - 8 * E1 - 4 * E2
    return Hopping(
        Es, p, V, Vss, E1, E2, -N * t, dso, m["ac_eV"], m["av_eV"], 3 * V**2 / (Es - p)
    )  # fmt: skip


def _insist_on_ellipticity(m: Material, A: float, L: float, M: float, N: float) -> None:
    """Every valence band must bend down, with what the gap adds taken out; see :func:`least_remote`."""
    least = least_remote(m)
    faults = []
    if not least < A < 1 / m["m_e"]:
        faults.append(
            Fault(
                f"no atomistic states of {m.name}: the remote term of its conduction band must lie between "
                f"{least:.2f} and 1/m_e = {1 / m['m_e']:.2f}",
                seen=f"{A:.2f}",
                remedy=f"give remote={{{m.name!r}: {least + 0.3:.1f}}}, or use the radial states: hole "
                "masses that were fitted for one model with one gap may leave none that is any good",
            )
        )
    for what, value in (("M", M), ("L' + 2M + 2N'", L + 2 * M + 2 * N), ("L' + 2M - N'", L + 2 * M - N)):
        if value >= 0:
            faults.append(
                Fault(
                    f"no atomistic states of {m.name}: its valence band bends up ({what} must be negative)",
                    seen=f"{value:.2f}",
                    remedy="check gamma1, gamma2 and gamma3",
                )
            )
    if faults:
        raise InputError(faults)
