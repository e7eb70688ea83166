"""The light of a sample or described dot, one quantity at a time: nothing is computed that no claim needs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.dot.layers import LayeredDot, Population
from epidot.errors import Fault, InputError, nearest

if TYPE_CHECKING:
    from epidot.light.optics import Optics
    from epidot.light.states import Levels
    from epidot.light.traps import Components

Array = NDArray[np.float64]
DOTS = 41  # members of a population that is lit: equally likely diameters, no random draw

_OF_ONE_DOT = ("first_exciton_nm", "first_exciton_eV", "k_r_per_ns", "strain_core", "electron_outside_core")
_OF_DECAY = ("plqy", "tau_amplitude_ns", "tau_intensity_ns")
_OF_SPECTRA = ("pl_peak_nm", "pl_fwhm_nm", "valley_depth")
QUANTITIES = (*_OF_ONE_DOT, *_OF_DECAY, *_OF_SPECTRA)


def even_diameters(mean_nm: float, sigma_rel: float, n: int) -> Array:
    """``n`` diameters at equal steps of probability of the log-normal law, with its mean and width.

    One is the mean; two lie a standard deviation below and above it.
    """
    from scipy.special import ndtri

    if n == 1 or sigma_rel <= 0:
        return np.full(n, mean_nm)
    s = np.sqrt(np.log1p(sigma_rel**2))
    steps = ndtri((np.arange(n) + 0.5) / n)
    steps = steps / np.std(steps)  # the ends cut off would make the spread too small
    return np.asarray(mean_nm * np.exp(s * steps - s * s / 2))


class Lit:
    """A population of dots ``dot`` with a relative spread of core diameters, and its light.

    The same functions as :func:`epidot.light.optics.optics` calls, each only when it is needed.
    """

    def __init__(self, dot: LayeredDot, sigma_rel: float) -> None:
        self.dot = dot
        self.sigma_rel = sigma_rel

    def __getitem__(self, name: str) -> float:
        if name not in QUANTITIES:
            raise InputError(
                Fault("light has no such quantity", seen=name, nearest=nearest(name, QUANTITIES))
            )
        match name:
            case "first_exciton_nm":
                return self.levels.first_exciton_nm
            case "first_exciton_eV":
                return HC / self.levels.first_exciton_nm
            case "electron_outside_core":
                return 1 - float(np.asarray(self.levels.P_e)[0])
            case "k_r_per_ns":
                from epidot.light.rates import radiative_rate

                return float(radiative_rate(self.dot, self.levels).k_r)
            case "strain_core":
                from epidot.dot.strain import strain

                return strain(self.dot, spread=False).core
            case "valley_depth":
                return valley_depth(self.optics.nm, self.optics.absorption)
            case "pl_peak_nm" | "pl_fwhm_nm":
                return float(getattr(self.optics, name))
        return float(getattr(self.decay, name))

    @cached_property
    def levels(self) -> Levels:
        """States of the mean dot."""
        from epidot.light.states import solve_dot

        return solve_dot(self.dot)

    @cached_property
    def population(self) -> Population:
        """Log-normal diameters at equal steps of probability: the same every time, without a random draw."""
        sizes = even_diameters(self.dot.core_diameter_nm, self.sigma_rel, DOTS if self.sigma_rel > 0 else 1)
        return Population(self.dot, sizes)

    @cached_property
    def decay(self) -> Components:
        """Decay of the population."""
        from epidot.light.decay import population_decay

        return population_decay(self.population)

    @cached_property
    def optics(self) -> Optics:
        """Spectra of the population."""
        from epidot.light.optics import optics

        return optics(self.population)


def valley_depth(nm: Array, absorption: Array) -> float:
    """1 - (first minimum)/(first maximum) from the red side, as yuan2023 defines it; 0 without a valley."""
    y = absorption[np.argsort(nm)[::-1]]
    rising = np.diff(y) > 0
    tops = np.flatnonzero(rising[:-1] & ~rising[1:]) + 1
    tops = tops[y[tops] > 0.01 * y.max()]
    if tops.size == 0:
        return 0.0
    dips = np.flatnonzero(~rising[:-1] & rising[1:]) + 1
    dips = dips[dips > tops[0]]
    return 0.0 if dips.size == 0 else float(1 - y[dips[0]] / y[tops[0]])
