"""How far each dot of a population pulls what its light says, so that few dots can tell their error.

A dot's pull is the number of dots times what the quantity changes by with it, to the first order.  The
scatter of the pulls over the root of their number is then the error of the quantity.  On yield and lifetimes
the whole dot pulls, by its share (the infinitesimal jackknife; Efron, The Jackknife, the Bootstrap and Other
Resampling Plans, 1982, ch. 6).  On the emission it pulls by what its 1S differs from that of the mean dot
with the same core: sizes of cores are chosen, and the error that their number leaves is told by itself
(:func:`of_few_sizes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.dot.layers import Population, mid_quantiles
from epidot.dot.strain import strain
from epidot.light.members import differ, member_levels
from epidot.light.rates import radiative_rate
from epidot.light.spectra import Peak, blurred, emission_of, emission_peak, line_shape, peak_of
from epidot.light.states import LevelsTable
from epidot.light.traps import Components

Array = NDArray[np.float64]

LAW = 2000  # sizes that are as good as the law
_OF_DOTS = (
    "first_exciton_nm",
    "first_exciton_eV",
    "electron_outside_core",
    "k_r_per_ns",
    "strain_core",
)


def of_dots(population: Population, levels: LevelsTable) -> Mapping[str, Array]:
    """Pulls (dots,) on the quantities of the representative dot, each up to a constant.

    Dots that differ in nothing but their cores, whose sizes are chosen, pull nothing.
    """
    if not differ(population):
        return dict.fromkeys(_OF_DOTS, np.zeros(len(population.dots)))
    dots, own = population.dots, member_levels(population)
    eV = _beside_the_mean(population, levels)
    first = float(np.mean([one.E_1S_eV for one in own]))
    outside = np.array([1 - float(np.asarray(one.P_e)[0]) for one in own])
    k_r = np.array([radiative_rate(d, one).k_r for d, one in zip(dots, own, strict=True)])
    strains = np.array([strain(dot, spread=False).core for dot in dots])
    return dict(zip(_OF_DOTS, (-HC / first**2 * eV, eV, outside, k_r, strains), strict=True))


def of_decay(weights: Array, parts: Sequence[Components]) -> Mapping[str, Array]:
    """Pulls (dots,) on yield and lifetimes of dots that decay as ``parts``, excited by ``weights`` (dots,).

    All three are ratios of sums over dots.
    """
    emitted, at_once, late = (
        np.array([float(np.sum(p.amplitude / p.rate**power)) for p in parts]) for power in (1, 0, 2)
    )
    Q, A, L = (float(weights @ x) for x in (emitted, at_once, late))
    share = len(parts) * weights
    out = {"plqy": share * (emitted - Q)}
    if A > 0 and Q > 0:
        out["tau_amplitude_ns"] = share * (emitted - Q / A * at_once) / A
        out["tau_intensity_ns"] = share * (late - L / Q * emitted) / Q
    return out


def of_emission(population: Population, levels: LevelsTable) -> Mapping[str, Array]:
    """Pulls (dots,) on the maximum of the emission per nm and on its full width at half of it, in nm."""
    by_eV = nm_per_eV(population, levels)
    shift = _beside_the_mean(population, levels)
    return {name: len(shift) * slope * shift for name, slope in by_eV.items()}


def nm_per_eV(population: Population, levels: LevelsTable) -> Mapping[str, Array]:
    """What peak and width of the emission move by when the 1S of one dot does, in nm per eV, (dots,).

    The emission per nm is h(E) = E² Σ w exp(-x²/2) with x = (E - e)/σ over the spots of the dots.  At its
    maximum h' stays zero, on its edges h stays half of the maximum.
    """
    sigma = line_shape(population.dot).sigma_eV
    e, weight, owner = _lines(population, levels)
    found = emission_peak(population, levels=levels)
    top, blue, red = (HC / x for x in (found.position, *found.edges))

    def summed(per_spot: Array) -> Array:
        out: Array = np.bincount(owner, per_spot, len(population.core_diameters_nm)).astype(np.float64)
        return out

    def part(E: float) -> tuple[Array, Array]:
        x = (E - e) / sigma
        return x, weight * np.exp(-(x**2) / 2)

    def by_spot(E: float) -> Array:
        """What h changes by with e, dot by dot."""
        x, g = part(E)
        return summed(g * E**2 * x / sigma)

    def slope(E: float) -> float:
        x, g = part(E)
        return float(np.sum(g * (2 * E - E**2 * x / sigma)))

    x, g = part(top)
    bend = float(np.sum(g * (2 - 4 * top * x / sigma + top**2 * (x**2 - 1) / sigma**2)))
    half = by_spot(top) / 2
    moved = {
        top: -summed(g * (top**2 * (1 - x**2) / sigma**2 + 2 * top * x / sigma)) / bend,
        blue: (half - by_spot(blue)) / slope(blue),
        red: (half - by_spot(red)) / slope(red),
    }
    nm = {E: -HC / E**2 * by for E, by in moved.items()}
    return {"pl_peak_nm": nm[top], "pl_fwhm_nm": nm[red] - nm[blue]}


def of_few_sizes(population: Population, levels: LevelsTable) -> Mapping[str, float]:
    """What the emission of ``population`` is off by, in nm, since its sizes are few; nothing for one size.

    The mean dot, its 1S moved by what follows the size by a straight line, in as many sizes at equal steps of
    probability against :data:`LAW` of them.  A bias, whose sign is not told.
    """
    n, sigma = len(population.core_diameters_nm), population.sigma_rel
    if n < 2 or n >= LAW or sigma < 1e-9:
        return {}
    form = line_shape(population.dot)
    own = np.array([dot.core_diameter_nm for dot in population.dots])
    shift = _beside_the_mean(population, levels) if population.members is not None else np.zeros(n)
    line = np.polyfit(own, shift, 1 if n > 3 else 0)  # of two or three dots it would be chance

    def peak(sizes: int) -> Peak:
        d, share = blurred(mid_quantiles(float(own.mean()), sigma, sizes))
        E = levels.quantity("E_1S_eV", d) + np.polyval(line, d) - form.stokes_eV
        return peak_of(*emission_of(E, share * d**3, form))

    few, many = peak(n), peak(LAW)
    return {"pl_peak_nm": abs(few.position - many.position), "pl_fwhm_nm": abs(few.fwhm - many.fwhm)}


def _beside_the_mean(population: Population, levels: LevelsTable) -> Array:
    """1S of every dot (dots,) less that of the mean dot with the same core, eV."""
    if not differ(population):
        return np.zeros(len(population.dots))
    own = np.array([one.E_1S_eV for one in member_levels(population)])
    return own - levels.quantity("E_1S_eV", [dot.core_diameter_nm for dot in population.dots])


def _lines(population: Population, levels: LevelsTable) -> tuple[Array, Array, NDArray[np.intp]]:
    """Energies and weights (spots,) of what the emission is put together from, and the dot of each."""
    d = np.array([dot.core_diameter_nm for dot in population.dots])
    owner, share = np.arange(len(d)), np.full(len(d), 1 / len(d))
    if float(np.std(d)) >= 1e-9:
        (d, share), owner = blurred(d), np.repeat(owner, 5)
    E = levels.quantity("E_1S_eV", d) + _beside_the_mean(population, levels)[owner]
    return E - line_shape(population.dot).stokes_eV, share * d**3, owner
