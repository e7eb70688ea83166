"""The zero of a goniometer by a crystal of known lattice: its measured pattern against its certified cell.

All lines are fitted at once, K-alpha 2 and the axial divergence with them; what the scale shows too much is
the zero at which the lattice comes out as certified.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.xrd.beam import two_theta_of
from epidot.instruments.xrd.by_lines import UNLIKE, left_over, unlike_models
from epidot.instruments.xrd.crystals import powder_crystal
from epidot.instruments.xrd.lines import AXIAL_DEG, Lattice, fitted_lines
from epidot.instruments.xrd.measured import prepared, rays_of
from epidot.signal import Signal
from epidot.signal.calibration import Offset

Array = NDArray[np.float64]


def zero_by(signal: Signal, name: str, chosen: Settings) -> Offset:
    """How far the scale of ``signal``, the pattern of the standard ``name``, is off.

    The sample's radiation and instrument width are taken; its mask and window are not the standard's.

    Raises
    ------
    InputError
        If the pattern is not that of the standard, or its lines are too wide to tell the zero.
    """
    used, warnings = prepared(signal, {**chosen, "mask": None, "window": None})
    crystal = powder_crystal(name)
    best = fitted_lines(used, rays_of(signal, chosen), crystal, int(chosen["background"]), 0.0, AXIAL_DEG)
    left = left_over(used, best)
    where = signal.source or None
    if best.fit.status != "converged" or left > UNLIKE or not best.model.sharp:
        seen = best.fit.message if best.fit.status != "converged" else f"{left:.0%} of the pattern is left"
        if left <= UNLIKE and not best.model.sharp:
            seen = "lines too wide to tell the zero"
        what = f"this is not the pattern of {name} as a standard shows it"
        raise InputError(what, where, seen=seen, remedy="measure the standard alone, over several lines")
    names = best.model.names
    at, cells = names.index("zero_deg"), [k for k, one in enumerate(names) if one in ("a_nm", "c_nm")]
    known = np.array([getattr(crystal, names[k]) for k in cells])
    covariance = best.fit.covariance
    # the zero on condition of the lattice
    follow = np.linalg.solve(covariance[np.ix_(cells, cells)], covariance[cells, at])
    variance = float(covariance[at, at] - follow @ covariance[cells, at])

    def zero(v: Array) -> float:
        return float(v[at] - follow @ (v[cells] - known))

    value = zero(best.fit.values)
    others = unlike_models(best, used, 0.0)
    variance += sum(counts * (zero(v) - value) ** 2 for _, v, counts in others)
    places = tuple((place, place + value) for place in _places(best.model, used))
    return Offset(name, value, math.sqrt(variance), "deg", places, tuple(warnings))


def _places(model: Lattice, used: Signal) -> list[float]:
    """Where the certified lines within the pattern stand, degrees."""
    at = model.lines.q(model.crystal.a_nm, model.crystal.c_nm)
    found = two_theta_of(2 * np.pi / at, model.rays.lines[0][0])
    return [float(x) for x in found if used.x[0] < x < used.x[-1]]
