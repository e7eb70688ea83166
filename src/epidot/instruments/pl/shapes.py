"""A sum of emission bands: Gaussians in photon energy, or with a half width on either side, and an offset.

A band is a law of energy, the spectrum photons per nm: the Jacobian E²/hc stands in the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import FWHM, HC

Array = NDArray[np.float64]

NAMES = ("peak_nm", "peak_eV", "fwhm_nm", "fwhm_eV", "area")


@dataclass(frozen=True, eq=False)
class Sum:
    """Bands and offset by their free ``values``: height, centre / eV and standard deviation / eV of every
    band (both standard deviations, towards low energy first, if ``split``), and last the offset.
    """

    values: Array
    split: bool

    @property
    def free_of_each(self) -> int:
        """Free values of one band."""
        return 4 if self.split else 3

    @property
    def bands(self) -> Array:
        """Height, centre and both standard deviations of every band, shape (number, 4)."""
        rows = self.values[:-1].reshape(-1, self.free_of_each)
        return rows if self.split else rows[:, [0, 1, 2, 2]]

    @property
    def photons(self) -> Array:
        """Integral of every band over the wavelength / nm, shape (number,)."""
        height, centre, low, high = self.bands.T
        return np.asarray(height * (low + high) * math.sqrt(math.pi / 2) * HC / centre**2)

    def alone(self, nm: Array, k: int) -> Array:
        """Band ``k`` without the others and the offset, shape (n,)."""
        height, centre, low, high = self.bands[k]
        E = HC / nm
        inside = np.exp(-0.5 * ((E - centre) / np.where(E < centre, low, high)) ** 2)
        return np.asarray(height * inside * (E / centre) ** 2)

    def curve(self, nm: Array) -> Array:
        """The whole sum, shape (n,)."""
        out = np.full(nm.size, float(self.values[-1]))
        for k in range(len(self.bands)):
            out += self.alone(nm, k)
        return out

    def design(self, nm: Array) -> Array:
        """Derivatives of the sum in its free values, shape (n, p)."""
        E = HC / nm
        columns = []
        for k, (height, centre, low, high) in enumerate(self.bands):
            band = self.alone(nm, k)
            below = centre > E
            off, width = E - centre, np.where(below, low, high)
            columns += [band / height if height else self._unit(nm, k)]
            columns += [band * (off / width**2 - 2 / centre)]
            wider = band * off**2 / width**3
            columns += [np.where(below, wider, 0.0), np.where(below, 0.0, wider)] if self.split else [wider]
        return np.stack([*columns, np.ones(nm.size)], axis=1)

    def _unit(self, nm: Array, k: int) -> Array:
        values = self.values.copy()
        values[k * self.free_of_each] = 1.0
        return Sum(values, self.split).alone(nm, k)

    def read_off(self, k: int, density: str) -> Array:
        """``NAMES`` of band ``k``: maximum, widths, share of the photons; in eV those of ``density``."""
        from scipy.optimize import brentq

        _, centre, low, high = (float(v) for v in self.bands[k])
        # d/dE [ln G + 2 ln E] = 0: photons per nm lie to the blue of the band's centre.
        top = (centre + math.sqrt(centre**2 + 8 * high**2)) / 2

        def level(E: float) -> float:
            width = low if E < centre else high
            return -0.5 * ((E - centre) / width) ** 2 + 2 * math.log(E / centre)

        half = level(top) - math.log(2.0)
        first, last = (
            brentq(lambda E: level(E) - half, top, end, xtol=1e-12)
            for end in (max(centre - 12 * low, 0.01 * centre), top + 12 * high)
        )
        per_eV = density == "per eV"
        return np.array(
            [
                HC / top,
                centre if per_eV else top,
                HC / first - HC / last,
                (low + high) * FWHM / 2 if per_eV else last - first,
                self.photons[k] / np.sum(self.photons),
            ]
        )
