"""What a dot absorbs far above its first exciton: core and shells with the measured dielectric functions."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot import documents
from epidot.constants import HC
from epidot.dot.layers import LayeredDot
from epidot.errors import Fault, InputError, nearest
from epidot.light.fields import polarisability
from epidot.light.states.levels import without_traces
from epidot.matter import formulas
from epidot.matter.reagents import refractive_index

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


@lru_cache(maxsize=1)
def tables() -> dict[str, tuple[Array, Complex]]:
    """Energies in eV (m,) and ε (m,) of every material in ``data/light.yaml``."""
    resource = files("epidot") / "data" / "light.yaml"
    measured = documents.read(str(resource), where="data/light.yaml").data["optical_constants"]
    eV = np.array([float(x) for x in measured["eV"]])
    out = {}
    for name, entry in measured["materials"].items():
        index = np.array([float(x) for x in entry["n"]]) + 1j * np.array([float(x) for x in entry["k"]])
        out[str(name)] = (eV, index**2)
    return out


@lru_cache(maxsize=64)
def _shares(material: str) -> tuple[tuple[str, float], ...]:
    """The tabulated materials that make up ``material``, a mixed crystal by the elements only one end has."""
    known = tables()
    if material in known:
        return ((material, 1.0),)
    counts = formulas.elements(material)
    ends = {name: formulas.elements(name) for name in known}
    inside = [name for name, of in ends.items() if set(of) <= set(counts)]
    shares = []
    for name in inside:
        own = [x for x in ends[name] if not any(x in ends[other] for other in inside if other != name)]
        if len(own) == 1:
            shares.append((name, counts[own[0]] / ends[name][own[0]]))
    total = sum(share for _, share in shares)
    if not shares or not 0.99 < total < 1.01:
        raise InputError(
            Fault(
                "no optical constants of this material above its gap",
                seen=material,
                nearest=nearest(material, known),
                remedy="epidot knows those of " + ", ".join(sorted(known)),
            )
        )
    return tuple(shares)


def dielectric(material: str, eV: ArrayLike) -> Complex:
    """ε of ``material`` at photon energies ``eV`` (m,); the ends of the table hold beyond it.

    Mixed crystals are the mean of their ends at the same energy (assumed: their edges do not move).

    Raises
    ------
    InputError
        If no table covers the material.
    """
    at = np.asarray(eV, dtype=np.float64)
    out = np.zeros(at.shape, dtype=np.complex128)
    for name, share in _shares(material):
        energy, eps = tables()[name]
        out += share * np.interp(at, energy, eps)
    return out


def cross_section(dot: LayeredDot, eV: ArrayLike) -> Array:
    """Absorption cross-section of one dot in nm² at ``eV`` (m,), all its matter taken as bulk.

    σ = k Im α with the wave number k in the medium: the whole layered sphere with complex ε, so that
    core and shells screen each other.
    """
    at = np.asarray(eV, dtype=np.float64)
    plain = without_traces(dot)
    n = float(refractive_index(plain.medium))
    names = [plain.core, *(layer.material for layer in plain.shells)]
    eps = np.stack([*(dielectric(name, at) for name in names), np.full(at.shape, n * n + 0j)])
    out: Array = 2 * np.pi * n * at / HC * polarisability(plain.radii_nm, eps).imag
    return out
