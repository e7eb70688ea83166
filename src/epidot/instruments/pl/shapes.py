"""A sum of emission bands of one shape over a background, as photons per nm.

The background is one of the laws of :mod:`epidot.instruments.pl.background`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.pl.background import LAWS
from epidot.instruments.pl.laws import SPLIT, Shape

Array = NDArray[np.float64]

NAMES = ("peak_nm", "peak_eV", "fwhm_nm", "fwhm_eV", "area")
_HALVINGS = 46  # of a bracket some 0.1 eV wide: down to rounding


@dataclass(frozen=True, eq=False)
class Sum:
    """Bands and background by their free ``values`` (p,).

    Height, centre / eV and the ``shape``'s own parameters of every band, then those of the background over
    the wavelengths from ``span[0]`` to ``span[1]`` / nm.  What stands at a bound is ``held``.
    """

    values: Array
    shape: Shape
    span: tuple[float, float]
    under: str = "level"
    held: tuple[int, ...] = ()
    cost: float = math.nan
    optimal: bool = True

    @property
    def bands(self) -> Array:
        """Height, centre and own parameters of every band, shape (number, 2 + own)."""
        return np.asarray(self.values[: self.beside].reshape(-1, self.shape.free))

    @property
    def beside(self) -> int:
        """Where in ``values`` the background begins."""
        return int(self.values.size - len(LAWS[self.under].names))

    @property
    def photons(self) -> Array:
        """Integral of every band over the wavelength / nm, shape (number,)."""
        height, centre, *own = self.bands.T
        return np.asarray(height * self.shape.integral(*own) * HC / centre**2)

    def alone(self, nm: Array, k: int) -> Array:
        """Band ``k`` without the others and the background, shape (n,)."""
        height, centre, *own = self.bands[k]
        return np.asarray(height * self.shape.law(HC / nm, centre, *own)[0])

    def sides(self, k: int) -> tuple[float, float]:
        """Standard deviation / eV of band ``k``, and what its high side is wider by, in parts of it."""
        own = self.bands[k][2:]
        if self.shape is SPLIT:
            return float(np.mean(own)), float((own[1] - own[0]) / np.mean(own))
        return float(own[0]), 0.0

    def background(self, nm: Array) -> Array:
        """What lies under the bands, shape (n,)."""
        return np.asarray(self._under(nm)[0])

    def curve(self, nm: Array) -> Array:
        """The whole sum, shape (n,)."""
        return self.background(nm) + sum(self.alone(nm, k) for k in range(len(self.bands)))

    def design(self, nm: Array) -> Array:
        """Derivatives of the sum in its free values, shape (n, p); 0 in those held."""
        return self.both(nm)[1]

    def both(self, nm: Array) -> tuple[Array, Array]:
        """``curve`` and ``design``, which cost no more together than one of them."""
        columns: list[Array] = []
        curve, under = self._under(nm)
        for height, centre, *own in self.bands:
            band, _, others = self.shape.law(HC / nm, centre, *own)
            curve = curve + height * band
            columns += [band, *(height * one for one in others)]
        out = np.stack([*columns, *under], axis=1)
        out[:, list(self.held)] = 0.0
        return curve, out

    def _under(self, nm: Array) -> tuple[Array, list[Array]]:
        return LAWS[self.under].over(nm, self.span, self.values[self.beside :])

    def read_off(self, k: int, density: str) -> tuple[Array, Array]:
        """``NAMES`` of band ``k`` (5,), and their derivatives (5, p) in the free values.

        In eV they are those of ``density``.
        """
        at, free = self.values, self.shape.free
        mine = np.arange(k * free + 1, (k + 1) * free)
        step = 1e-4 * np.maximum(np.abs(at[mine]), 0.01)
        shifted = np.tile(at[mine], (2 * mine.size + 1, 1))
        for i in range(mine.size):
            shifted[2 * i + 1, i] += step[i]
            shifted[2 * i + 2, i] -= step[i]
        read = self._places(shifted, density)
        gradient = np.zeros((5, at.size))
        gradient[:4, mine] = (read[1::2] - read[2::2]).T / (2 * step)
        photons = self.photons
        for j in range(len(photons)):
            by = self._photons_by(j)
            share = (float(j == k) - photons[k] / np.sum(photons)) / np.sum(photons)
            gradient[4, j * free : (j + 1) * free] = share * by
        return np.append(read[0], photons[k] / np.sum(photons)), gradient

    def _photons_by(self, k: int) -> Array:
        """Derivatives (free,) of the photons of band ``k`` in its own values."""
        own = self.bands[k]
        out = np.empty(own.size)
        for i in range(own.size):
            step = 1e-5 * max(abs(float(own[i])), 1e-3)
            ends = []
            for sign in (1, -1):
                moved = own.copy()
                moved[i] += sign * step
                ends.append(float(moved[0] * self.shape.integral(*moved[2:]) / moved[1] ** 2))
            out[i] = HC * (ends[0] - ends[1]) / (2 * step)
        return out

    def _places(self, own: Array, density: str) -> Array:
        """Maximum / nm and eV, full width / nm and eV of bands with the parameters ``own`` (m, own + 1)."""
        law = self.shape.law
        centre, *more = own.T
        reach = np.maximum(self.shape.reach(*more), 1e-4)

        def band(E: Array, power: float) -> tuple[Array, Array]:
            y, slope, _ = law(E, centre, *more)
            return y / E**power, (slope - power * y / E) / E**power

        def read(power: float) -> tuple[Array, Array, Array]:
            top = _crossing(
                lambda E: -band(E, power)[1], np.maximum(centre - reach, 0.3 * centre), centre + reach
            )
            half = band(top, power)[0] / 2
            low = _crossing(lambda E: band(E, power)[0] - half, np.maximum(top - 4 * reach, 0.05 * top), top)
            high = _crossing(lambda E: half - band(E, power)[0], top, top + 4 * reach)
            return top, low, high

        top, low, high = read(0.0)
        in_eV = read(2.0) if density == "per eV" else (top, low, high)
        return np.stack([HC / top, in_eV[0], HC / low - HC / high, in_eV[2] - in_eV[1]], axis=1)


def _crossing(function: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where a function that is negative at ``low`` and positive at ``high`` (m,) changes its sign."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = function(middle) > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray((low + high) / 2)
