"""The diffractometer: wavelengths, from 2theta to Q, polarisation, and the width of its own lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import FWHM
from epidot.errors import InputError, nearest
from epidot.instruments.xrd.between import around
from epidot.signal.axis import convert

Array = NDArray[np.float64]

# K-alpha 1, K-alpha 2 in nm: G. Hölzer et al., Phys. Rev. A 56, 4554 (1997), doi:10.1103/PhysRevA.56.4554 (Cr
# to Cu), Mo: J. A. Bearden, Rev. Mod. Phys. 39, 78 (1967), doi:10.1103/RevModPhys.39.78.
ANODES: Mapping[str, tuple[float, float]] = {
    "Cu": (0.15405929, 0.15444274),
    "Co": (0.17889961, 0.17928350),
    "Fe": (0.19360412, 0.19399730),
    "Cr": (0.22897260, 0.22936510),
    "Mo": (0.07093172, 0.07136070),
}
_ALIKE = 5e-3  # two wavelengths that differ by less are the same anode's, with its lines or their mean
RATIO = 0.5  # of K-alpha 2 to K-alpha 1 without a monochromator that favours one
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)


@dataclass(frozen=True)
class Beam:
    """Wavelengths in nm with their shares of the intensity, the Bragg angle of a monochromator's
    crystal in the diffracted beam (0: none), and the FWHM of the instrument's own lines, both in degrees."""

    lines: tuple[tuple[float, float], ...]
    monochromator_deg: float = 0.0
    fwhm_deg: float = 0.0

    @property
    def mean_nm(self) -> float:
        """Mean wavelength."""
        return sum(nm * share for nm, share in self.lines)

    def polarised(self, two_theta: Array) -> Array:
        """What an unpolarised beam keeps after scattering, 1 forward."""
        through = float(np.cos(np.radians(2 * self.monochromator_deg)) ** 2)
        return np.asarray((1 + through * np.cos(np.radians(two_theta)) ** 2) / (1 + through))

    def footprint(self, q: Array, two_theta: Array, zero_deg: float = 0.0) -> Any:
        """What a counter at ``two_theta`` (m,) / degrees sees of a law of scattering at the even ``q`` (n,).

        A sparse matrix (m, n): both wavelengths, the instrument's width and the polarisation; between the
        values of ``q`` lies a quintic.  ``zero_deg`` is what the scale of the goniometer shows where the beam
        goes straight on.
        """
        from scipy.sparse import csr_array

        sigma = self.fwhm_deg / FWHM
        nodes = zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True) if sigma else ((0.0, 1.0),)
        rows, columns, values = [], [], []
        polarised = self.polarised(two_theta)
        for node, weight in nodes:
            for nm, share in self.lines:
                at = q_of(two_theta - zero_deg + sigma * node, nm)
                first, six_weights = around((at - q[0]) / (q[1] - q[0]))
                rows.append(np.repeat(np.arange(two_theta.size), 6))
                columns.append((first[:, None] + np.arange(6)).ravel())
                values.append((weight * share * polarised[:, None] * six_weights).ravel())
        where = (np.concatenate(rows), np.concatenate(columns))
        return csr_array((np.concatenate(values), where), shape=(two_theta.size, q.size))

    def q_range(self, two_theta: Array) -> tuple[float, float]:
        """The lowest and highest Q (per nm) that these angles see, with some room for the zero."""
        span = 3 * self.fwhm_deg + 0.5
        low = max(float(two_theta[0]) - span, 0.1)
        return (
            float(q_of(np.array([low]), max(nm for nm, _ in self.lines))[0]),
            float(q_of(np.array([float(two_theta[-1]) + span]), min(nm for nm, _ in self.lines))[0]),
        )


def q_of(two_theta: Array, nm: float) -> Array:
    """Q = 4 pi sin(theta) / lambda, per nm."""
    return convert(two_theta, "2theta", "degrees", "scattering vector", reference=nm)


def two_theta_of(d_nm: Array, nm: float) -> Array:
    """Where planes of that spacing reflect, degrees; NaN beyond the reach of the wavelength."""
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * np.degrees(np.arcsin(nm / (2 * d_nm))))


def alike(one: str, other: str) -> bool:
    """Whether two texts of a radiation mean lines of the same anode.

    Raises
    ------
    InputError
        If either is none.
    """
    first, second = (max(beam(text).lines, key=lambda line: line[1])[0] for text in (one, other))
    return abs(first / second - 1) < _ALIKE


def beam(radiation: str, monochromator_deg: float = 0.0, fwhm_deg: float = 0.0) -> Beam:
    """The beam of an anode (``Cu``, with both K-alpha lines; ``Cu Ka1``: the first alone; ``Cu mean``: their
    mean as one line) or of wavelengths in nm, ``0.15406`` or with shares ``0.15406:1, 0.15444:0.5``.

    Raises
    ------
    InputError
        If it is neither.
    """
    anode, _, which = radiation.strip().partition(" ")
    if anode in ANODES and which in ("", "Ka1", "mean"):
        one, two = ANODES[anode]
        whole = ((one, 1 / (1 + RATIO)), (two, RATIO / (1 + RATIO)))
        lines = {"": whole, "Ka1": ((one, 1.0),), "mean": ((sum(nm * s for nm, s in whole), 1.0),)}[which]
        return Beam(lines, monochromator_deg, fwhm_deg)
    try:
        pairs = [part.partition(":") for part in radiation.split(",")]
        lines = tuple((float(nm), float(share or 1)) for nm, _, share in pairs)
    except ValueError:
        lines = ()
    total = sum(share for _, share in lines)
    if not lines or not all(0.01 <= nm <= 0.5 and share >= 0 for nm, share in lines) or not total > 0:
        raise InputError(
            "not a radiation",
            seen=radiation,
            nearest=nearest(radiation, ANODES),
            remedy='name the anode ("Cu", "Cu Ka1", "Cu mean") or give wavelengths in nm: "0.15406", or with '
            'their shares "0.15406:1, 0.15444:0.5"',
        )
    return Beam(tuple((nm, share / total) for nm, share in lines), monochromator_deg, fwhm_deg)
