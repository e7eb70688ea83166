"""Complex lines of NMR: absorption and dispersion of a Voigt profile, of unit area.

A line of full Lorentzian width w and Gaussian width g (both FWHM, same unit as x) is the Faddeeva function
of z = (x - x0 + i w/2)/(s sqrt 2), divided by s sqrt(2 pi), with s = g / 2.3548.  Its real part is
absorption, its imaginary part dispersion: what a phase mixes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.constants import FWHM

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_SHARP = 1e-4  # of the Lorentzian width: a Gaussian width below is none


def line(x: Array, at: float, width: float, gauss: float = 0.0) -> Complex:
    """The line at every x (n,), per unit of x."""
    u = x - at
    if gauss <= _SHARP * width:
        return np.asarray(1j / (np.pi * (u + 0.5j * width)))
    from scipy.special import wofz

    s = gauss / FWHM
    return np.asarray(wofz((u + 0.5j * width) / (s * np.sqrt(2))) / (s * np.sqrt(2 * np.pi)))


def slopes(
    x: Array, at: float, width: float, gauss: float = 0.0
) -> tuple[Complex, Complex, Complex, Complex]:
    """The line (n,) and its derivatives in place, Lorentzian and Gaussian width."""
    u = x - at
    if gauss <= _SHARP * width:
        value: Complex = np.asarray(1j / (np.pi * (u + 0.5j * width)))
        by_u = -value / (u + 0.5j * width)
        # the Gaussian is a convolution: half its variance times the second derivative
        curved = 2 * value / (u + 0.5j * width) ** 2
        return value, -by_u, 0.5j * by_u, np.asarray(curved * gauss / FWHM**2)
    from scipy.special import wofz

    s = gauss / FWHM
    z = (u + 0.5j * width) / (s * np.sqrt(2))
    scale = 1 / (s * np.sqrt(2 * np.pi))
    w = wofz(z)
    by_z = (-2 * z * w + 2j / np.sqrt(np.pi)) * scale
    by_u = by_z / (s * np.sqrt(2))
    value = w * scale
    by_gauss = (-value / s - by_z * z / s) / FWHM
    return value, -by_u, 0.5j * by_u, by_gauss


def width_of(width: float, gauss: float) -> float:
    """FWHM of a Voigt profile, good to 2e-4 (Olivero and Longbothum 1977)."""
    return 0.5346 * width + float(np.sqrt(0.2166 * width**2 + gauss**2))
