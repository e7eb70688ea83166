"""What a dot absorbs above its first exciton: core and shells with the measured dielectric functions.

From its 1S + :data:`JOIN_EV` on a dot absorbs like the bulk of its layers.  Confinement moves strength but
makes none: what the bulk would hold below the join and the lines there do not hold is spread over the bulk
above it, in proportion, up to :data:`SUM_EV`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.constants import HC
from epidot.dot.layers import LayeredDot
from epidot.errors import Fault, Gap
from epidot.light.fields import polarisability
from epidot.light.states.levels import without_traces
from epidot.matter.materials import material as find
from epidot.matter.materials import names
from epidot.matter.reagents import refractive_index

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

JOIN_EV = 0.35  # above its 1S a dot absorbs like the bulk of its layers (assumed, 0.25 to 0.45)
BLEND_EV = 0.08  # the standard deviation of the step from one to the other (assumed, 0.05 to 0.11)
SUM_EV = 4.5  # up to here lines and bulk together hold what the bulk alone would hold (assumed)
LOWEST_EV, STEPS = 0.5, 500  # of the sum over the bulk's spectrum


def dielectric(material: str, eV: ArrayLike) -> Complex:
    """ε of ``material`` at photon energies ``eV`` (m,); the ends of the table hold beyond it.

    Mixed crystals are the mean of their ends at the same energy (assumed: their edges do not move).

    Raises
    ------
    Gap
        If the material or an end of the mixture has no optical constants.
    """
    at = np.asarray(eV, dtype=np.float64)
    out = np.zeros(at.shape, dtype=np.complex128)
    for name, share in find(material).ends.items():
        optics = find(name).optics
        if optics is None:
            known = [other for other in names() if find(other).optics is not None]
            raise Gap(
                Fault(
                    f"no optical constants of {name} above its gap",
                    remedy="write optics into its file; epidot knows those of " + ", ".join(sorted(known)),
                )
            )
        out += share * np.interp(at, optics.eV, optics.eps)
    return out


def cross_section(dot: LayeredDot, eV: ArrayLike) -> Array:
    """Absorption cross-section of one dot in nm² at ``eV`` (m,), all its matter taken as bulk.

    σ = k Im α with the wave number k in the medium: the whole layered sphere with complex ε, so that
    core and shells screen each other.
    """
    at = np.asarray(eV, dtype=np.float64)
    plain = without_traces(dot)
    n = float(refractive_index(plain.medium))
    regions = [plain.core, *(layer.material for layer in plain.shells)]
    eps = np.stack([*(dielectric(name, at) for name in regions), np.full(at.shape, n * n + 0j)])
    out: Array = 2 * np.pi * n * at / HC * polarisability(plain.radii_nm, eps).imag
    return out


def fade(E: ArrayLike, top: ArrayLike) -> Array:
    """1 well below ``top``, 0 well above: the bulk takes over from the lines."""
    from scipy.special import erfc

    out: Array = 0.5 * erfc((np.asarray(E) - np.asarray(top)) / (np.sqrt(2) * BLEND_EV))
    return out


def blue_side(dot: LayeredDot, eV: ArrayLike, first_eV: float, lines_nm2_eV: float) -> Array:
    """Cross-section of one dot in nm² at ``eV`` (m,) without its lines, which have the area ``lines_nm2_eV``.

    The bulk above ``first_eV`` + :data:`JOIN_EV`, raised up to :data:`SUM_EV` (or 1 eV above the join, for a
    dot whose 1S lies that high) so that ∫ σ dE over lines and bulk is that of the bulk alone.
    """
    join = first_eV + JOIN_EV
    top = max(SUM_EV, join + 1.0)
    fine = np.linspace(LOWEST_EV, top + 6 * BLEND_EV, STEPS)
    bulk, on = cross_section(dot, fine), 1 - fade(fine, join)
    below = float(np.trapezoid(bulk * (1 - on), fine))
    raised = float(np.trapezoid(bulk * on * fade(fine, top), fine))
    more = max((below - lines_nm2_eV) / raised, -1.0)
    at = np.asarray(eV, dtype=np.float64)
    out: Array = cross_section(dot, at) * (1 - fade(at, join)) * (1 + more * fade(at, top))
    return out
