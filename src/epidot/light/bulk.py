"""What a dot absorbs far above its first exciton: core and shells with the measured dielectric functions."""

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
