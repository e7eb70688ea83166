"""Surface-optical modes of a shell: polar vibrations at its two faces, between its TO and its LO.

In a sphere of ε1 under a shell of ε2 in a medium of ε3, the potential of order l has a solution without any
field from outside where

    [l ε2 + (l+1) ε3] [l ε1 + (l+1) ε2] + β^(2l+1) l (l+1) (ε2 - ε3) (ε1 - ε2) = 0,    β = r1/r2

(the pole of the coated sphere, C. F. Bohren, D. R. Huffman, Absorption and Scattering of Light by Small
Particles, 1983, section 5.4, for any l; of one sphere R. Ruppin, R. Englman, Rep. Prog. Phys. 33, 149
(1970)), with ε(ω) = ε∞ (ω² - LO²)/(ω² - TO²) of each crystal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial

from epidot.dot.layers import LayeredDot
from epidot.dot.strain import phonon_shift
from epidot.matter.compound import Material
from epidot.matter.reagents import refractive_index

NEEDED = ("eps_inf", "LO_cm1", "TO_cm1")


@dataclass(frozen=True)
class Polar:
    """What answers to a slow field: ``eps_inf``, and LO and TO / cm-1 (the same where nothing vibrates)."""

    eps_inf: float
    LO: float = 1.0
    TO: float = 1.0

    def parts(self, unit: float) -> tuple[Polynomial, Polynomial]:
        """Numerator and denominator of ε, of (ω/unit)²."""
        x = Polynomial([0.0, 1.0])
        if self.LO == self.TO:
            return Polynomial([self.eps_inf]), Polynomial([1.0])
        return self.eps_inf * (x - (self.LO / unit) ** 2), x - (self.TO / unit) ** 2


def polar(stuff: Material, strain: float = 0.0) -> Polar | None:
    """Of a crystal under a hydrostatic ``strain``; ``None`` where its LO, TO or ε∞ is not known."""
    if any(name not in stuff for name in NEEDED):
        return None
    moved = [
        stuff[f"{kind}_cm1"] * (1 + (phonon_shift(strain, stuff[gamma]) if gamma in stuff else 0.0))
        for kind, gamma in (("LO", "gruneisen"), ("TO", "gruneisen_TO"))
    ]
    return Polar(stuff["eps_inf"], *moved)


def surface_optical(
    inside: Polar, shell: Polar, outside: Polar, ratio: float, order: int = 1
) -> tuple[float, ...]:
    """Places / cm-1 between TO and LO of the ``shell``, ascending: two, one for each of its faces.

    ``ratio`` is the inner over the outer radius, ``order`` the number l of nodes about the sphere, from 1.
    """
    l, unit = order, shell.TO
    (n1, d1), (n2, d2), (n3, d3) = (one.parts(unit) for one in (inside, shell, outside))
    outer = l * n2 * d3 + (l + 1) * n3 * d2
    inner = l * n1 * d2 + (l + 1) * n2 * d1
    both = (n2 * d3 - n3 * d2) * (n1 * d2 - n2 * d1)
    roots = np.asarray((outer * inner + ratio ** (2 * l + 1) * l * (l + 1) * both).roots())
    real = np.sort(roots[np.abs(roots.imag) < 1e-7].real)
    places = np.sqrt(real[real > 0]) * unit
    return tuple(float(w) for w in places if shell.TO * (1 + 1e-9) < w < shell.LO * (1 - 1e-9))


def of_shells(dot: LayeredDot, stuff: list[Material], strains: list[float]) -> dict[int, tuple[float, ...]]:
    """Those of every shell of ``dot`` by its number, for order 1.

    ``stuff`` and ``strains`` are of core and shells.  What lies inside a shell counts as all of its inner
    neighbour's crystal, what lies outside as all of its outer one's, or of the medium.
    """
    each = [polar(one, strained) for one, strained in zip(stuff, strains, strict=True)]
    medium = Polar(refractive_index(dot.medium) ** 2)
    out, radius = {}, dot.core_diameter_nm / 2
    for k, layer in enumerate(dot.shells, 1):
        inner, radius = radius, radius + layer.thickness_nm
        inside, own, outside = each[k - 1], each[k], each[k + 1] if k < len(dot.shells) else medium
        if inside and own and outside and layer.crystalline > 0:
            out[k] = surface_optical(inside, own, outside, inner / radius)
    return out
