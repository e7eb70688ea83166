"""Keating's valence force field of zinc blende: force constants, energy and forces.

P. N. Keating, Phys. Rev. 145, 637 (1966), doi:10.1103/PhysRev.145.637.  For every bond and every pair of
bonds at an atom,

    E = sum_bonds 3/8 alpha/d0^2 (r.r - d0^2)^2
      + sum_pairs 3/8 sqrt(beta_j beta_k)/(d0_j d0_k) (r_j.r_k + d0_j d0_k/3)^2,

each bond counted once.  The two constants of a crystal follow from its own elastic constants, so that its
bulk modulus and C11 - C12 come back exactly and C44 is what the model gives (too soft: 38.6 GPa for
InP's 45.6).  There is no Coulomb term, and the energy is harmonic in the squares of the lengths.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.constants import E_CHARGE
from epidot.errors import InputError
from epidot.jit import compiled
from epidot.matter.compound import Material

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EV_PER_NM2 = 1e-18 / E_CHARGE  # of 1 N/m
NONE = -1  # in a table of neighbours: no bond here


@dataclass(frozen=True)
class ForceConstants:
    """Constants of one kind of bond: ``alpha`` and ``beta`` in N/m, free length ``d0_nm``."""

    alpha: float
    beta: float
    d0_nm: float

    @classmethod
    def of(cls, crystal: Material) -> ForceConstants:
        """From a, C11 and C12: beta = a (C11 - C12)/4 and alpha = a K - beta/3.

        Raises
        ------
        Gap
            If the material lacks one of the three.
        InputError
            If C11, C12 make no stable crystal of central and angular springs.
        """
        crystal.require(("a_nm", "C11_GPa", "C12_GPa"), "the relaxation of its atoms needs")
        a, c11, c12 = crystal["a_nm"], crystal["C11_GPa"], crystal["C12_GPa"]
        beta = a * (c11 - c12) / 4  # nm GPa = N/m
        alpha = a * (c11 + 2 * c12) / 3 - beta / 3
        if not (alpha > 0 and beta > 0):
            raise InputError(
                f"no force field of {crystal.name}: C11 must lie above C12",
                seen=f"C11 = {c11:g} GPa, C12 = {c12:g} GPa",
                remedy="check the unit and the order of the elastic constants",
            )
        return cls(alpha, beta, math.sqrt(3) / 4 * a)

    @property
    def a_nm(self) -> float:
        """Lattice constant of the crystal that has only such bonds."""
        return 4 / math.sqrt(3) * self.d0_nm

    @property
    def moduli_GPa(self) -> dict[str, float]:
        """C11, C12, C44 and K of that crystal, by Keating's closed forms."""
        a, al, be = self.a_nm, self.alpha, self.beta
        return {
            "C11": (al + 3 * be) / a,
            "C12": (al - be) / a,
            "C44": 4 * al * be / ((al + be) * a),
            "K": (3 * al + be) / (3 * a),
        }


@dataclass(frozen=True)
class Network:
    """Who is bonded to whom: up to four bonds of each of n atoms, m bonds in all.

    ``neighbour`` and ``bond`` have shape (n, 4), filled from the left, ``NONE`` beyond; ``alpha``, ``beta``
    (eV/nm2) and ``d0`` (nm) have shape (m,).
    """

    neighbour: Ints
    bond: Ints
    alpha: Floats
    beta: Floats
    d0: Floats

    @property
    def coordination(self) -> Ints:
        """Bonds of each atom, shape (n,)."""
        return np.asarray((self.neighbour != NONE).sum(axis=1))


def energy_and_gradient(x: Floats, net: Network) -> tuple[float, Floats]:
    """Energy in eV and its gradient in eV/nm at the positions ``x`` (n, 3), nm."""
    gradient = np.zeros_like(x)
    energy = _kernel()(x, net.neighbour, net.bond, net.alpha, net.beta, net.d0, gradient)
    return float(energy), gradient


def energy_and_gradient_plain(x: Floats, net: Network) -> tuple[float, Floats]:
    """:func:`energy_and_gradient` without a compiler: the same numbers, slower."""
    gradient = np.zeros_like(x)
    return _sum(x, net.neighbour, net.bond, net.alpha, net.beta, net.d0, gradient), gradient


def _sum(x: Floats, neighbour: Ints, bond: Ints, alpha: Floats, beta: Floats, d0: Floats, g: Floats) -> float:
    """The energy; the gradient is added to ``g``."""
    energy = 0.0
    for i in range(x.shape[0]):
        for p in range(4):
            j = neighbour[i, p]
            if j < 0:
                break
            b = bond[i, p]
            ax, ay, az = x[j, 0] - x[i, 0], x[j, 1] - x[i, 1], x[j, 2] - x[i, 2]
            if i < j:
                off = ax * ax + ay * ay + az * az - d0[b] * d0[b]
                stiff = 0.375 * alpha[b] / (d0[b] * d0[b])
                energy += stiff * off * off
                f = 4 * stiff * off
                g[j, 0] += f * ax
                g[j, 1] += f * ay
                g[j, 2] += f * az
                g[i, 0] -= f * ax
                g[i, 1] -= f * ay
                g[i, 2] -= f * az
            for q in range(p + 1, 4):
                k = neighbour[i, q]
                if k < 0:
                    break
                c = bond[i, q]
                bx, by, bz = x[k, 0] - x[i, 0], x[k, 1] - x[i, 1], x[k, 2] - x[i, 2]
                dd = d0[b] * d0[c]
                off = ax * bx + ay * by + az * bz + dd / 3
                stiff = 0.375 * math.sqrt(beta[b] * beta[c]) / dd
                energy += stiff * off * off
                f = 2 * stiff * off
                g[j, 0] += f * bx
                g[j, 1] += f * by
                g[j, 2] += f * bz
                g[k, 0] += f * ax
                g[k, 1] += f * ay
                g[k, 2] += f * az
                g[i, 0] -= f * (ax + bx)
                g[i, 1] -= f * (ay + by)
                g[i, 2] -= f * (az + bz)
    return energy


@lru_cache(maxsize=1)
def _kernel() -> Callable[..., float]:
    return compiled(_sum)
