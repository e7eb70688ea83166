"""Absorption and emission of a population: lines of every size, broadened, on one energy grid.

Absorption: every transition of every dot is put on the grid with its strength over its energy, then
each transition is convolved once (Fourier) with a Gaussian of the homogeneous width and a Lorentzian
whose half width grows with the energy above 1S; the cost does not depend on the number of dots.
Emission: the 1S line only, moved by the Stokes shift.  No energy transfer between dots.

An absorbance is a number per wavelength and per energy alike; an emission is a density, so it says per
what: I(nm) = I(eV) · hc/nm².

The valley beside the first peak is no measure of size alone: disorder at the surface of a bare core
fills it too (docs/theory/light.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.constants import HBAR2_2M, HC
from epidot.dot.layers import LayeredDot, Population
from epidot.light.decay import excitation_weights
from epidot.light.parameters import number
from epidot.light.rates import stokes_eV
from epidot.light.states import LevelsTable, Options, table
from epidot.light.states.bands import bands, luttinger
from epidot.light.states.levels import outside_eps
from epidot.matter.materials import material

Array = NDArray[np.float64]

GRID = 4096
DISCRETE_EV = 1.3  # lines up to here above the lowest 1S, bulk absorption from here on
BLEND_EV = 0.15


@dataclass(frozen=True)
class LineShape:
    """Homogeneous Gaussian ``sigma_eV``, Lorentz half width per eV above 1S, Stokes shift in eV."""

    sigma_eV: float
    lorentz_slope: float
    stokes_eV: float


def line_shape(dot: LayeredDot) -> LineShape:
    """The one of ``data/light.yaml`` for this dot."""
    return LineShape(number("sigma_h_eV"), number("lorentz_slope"), stokes_eV(dot))


def absorption(
    population: Population,
    nm: ArrayLike,
    shape: LineShape | None = None,
    levels: LevelsTable | None = None,
) -> Array:
    """Absorbance of ``population`` at wavelengths ``nm`` (m,); 1 at the centre of the 1S band.

    The centre is the strength-weighted mean energy of the 1S lines.  ``levels`` may hand in a table that
    covers the population (else it is solved).
    """
    eV = HC / np.asarray(nm, dtype=np.float64)
    return absorption_eV(population, eV, shape, levels)


def absorption_eV(
    population: Population,
    eV: ArrayLike,
    shape: LineShape | None = None,
    levels: LevelsTable | None = None,
) -> Array:
    """As :func:`absorption`, at photon energies ``eV`` (m,)."""
    at = np.asarray(eV, dtype=np.float64)
    form = shape or line_shape(population.dot)
    d = population.core_diameters_nm
    known = levels or table(population.dot, d)
    E, S, _ = known.lines(d)
    first = known.quantity("E_1S_eV", d)
    top = float(first.min()) + DISCRETE_EV
    low = min(float(E.min()), float(at.min())) - 0.6
    high = max(top + 1.0, float(at.max())) + 0.6
    grid = np.linspace(low, high, GRID)
    total = _broadened(grid, E, S / E / d.size, form, float(first.mean()), top)
    total += _bulk(grid, population, top)
    centre = float(np.average(first, weights=known.quantity("K", d)))
    out: Array = np.interp(at, grid, total) / float(np.interp(centre, grid, total))
    return out


def emission(
    population: Population,
    nm: ArrayLike,
    shape: LineShape | None = None,
    levels: LevelsTable | None = None,
) -> Array:
    """Photons per nm at wavelengths ``nm`` (m,), greatest value on a fine grid 1."""
    at = np.asarray(nm, dtype=np.float64)
    fine = _emission_grid(population, shape, levels)
    per_nm = fine[1] * fine[0] ** 2 / HC
    out: Array = np.interp(HC / at, fine[0], per_nm, left=0.0, right=0.0) / per_nm.max()
    return out


def emission_eV(
    population: Population,
    eV: ArrayLike,
    shape: LineShape | None = None,
    levels: LevelsTable | None = None,
) -> Array:
    """Photons per eV at photon energies ``eV`` (m,), greatest value on a fine grid 1."""
    energy, per_eV = _emission_grid(population, shape, levels)
    out: Array = np.interp(np.asarray(eV, dtype=np.float64), energy, per_eV, left=0.0, right=0.0) / per_eV.max()
    return out


@dataclass(frozen=True)
class Peak:
    """Position and full width at half maximum in ``unit``."""

    position: float
    fwhm: float
    unit: Literal["nm", "eV"]


def emission_peak(
    population: Population,
    unit: Literal["nm", "eV"] = "nm",
    shape: LineShape | None = None,
    levels: LevelsTable | None = None,
) -> Peak:
    """The emission's peak, per nm or per eV (they differ by the Jacobian)."""
    energy, value = _emission_grid(population, shape, levels)
    x = energy
    if unit == "nm":
        x, value = (HC / energy)[::-1], (value * energy**2 / HC)[::-1]
    k = int(np.argmax(value))
    a, b, c = np.polyfit(x[k - 1 : k + 2] - x[k], value[k - 1 : k + 2], 2)
    half = (c - b * b / (4 * a)) / 2
    above = np.flatnonzero(value >= half)
    i, j = above[0], above[-1]
    left = np.interp(half, value[i - 1 : i + 1], x[i - 1 : i + 1])
    right = np.interp(half, value[j + 1 : j - 1 : -1], x[j + 1 : j - 1 : -1])
    return Peak(float(x[k] - b / (2 * a)), float(right - left), unit)


def _emission_grid(
    population: Population, shape: LineShape | None, levels: LevelsTable | None
) -> tuple[Array, Array]:
    form = shape or line_shape(population.dot)
    d = population.core_diameters_nm
    known = levels or table(population.dot, d, Options())
    E = known.quantity("E_1S_eV", d) - form.stokes_eV
    margin = 8 * form.sigma_eV
    grid = np.linspace(float(E.min()) - margin, float(E.max()) + margin, GRID)
    weights = excitation_weights(d)[:, None]
    return grid, np.maximum(_broadened(grid, E[:, None], weights, form, float(E.mean()), np.inf, plain=True), 0.0)


def _broadened(
    grid: Array, E: Array, S: Array, form: LineShape, first: float, top: float, plain: bool = False
) -> Array:
    """Lines ``E``, ``S`` (dots, transitions) on ``grid``, each transition with its own kernel."""
    step = grid[1] - grid[0]
    size = 2 * grid.size  # room for the Lorentz tails: nothing comes round the corner
    k = 2 * np.pi * np.fft.rfftfreq(size, step)
    fade = np.ones_like(E) if np.isinf(top) else _fade(E, top)
    spectrum = np.zeros(k.size, dtype=np.complex128)
    for t in range(E.shape[1]):
        weight = S[:, t] * fade[:, t]
        strength = float(weight.sum())
        if strength <= 0:
            continue
        place = (E[:, t] - grid[0]) / step
        inside = (place >= 0) & (place < grid.size - 1)
        cell = place[inside].astype(np.intp)
        part = place[inside] - cell
        deposit = np.bincount(cell, weights=weight[inside] * (1 - part), minlength=size)
        deposit += np.bincount(cell + 1, weights=weight[inside] * part, minlength=size)
        above = max(float(np.average(E[:, t], weights=weight)) - first, 0.0)
        width = 0.0 if plain else form.lorentz_slope * above
        spectrum += np.fft.rfft(deposit) * np.exp(-width * k)
    gauss = np.exp(-0.5 * (form.sigma_eV * k) ** 2)
    out: Array = np.fft.irfft(spectrum * gauss, size)[: grid.size] / step
    return out


def _fade(E: Array, top: float) -> Array:
    """1 for lines well below ``top``, 0 well above: the bulk term takes over."""
    from scipy.special import erfc

    out: Array = 0.5 * erfc((E - top) / (np.sqrt(2) * BLEND_EV))
    return out


def _bulk(grid: Array, population: Population, top: float) -> Array:
    """Absorption of the core's and the shells' bulk above ``top``, in the units of the lines.

    Per volume and both spins, each valence band b gives (1/2π²)(2μ_b/ħ²)^(3/2) √(E − Eg) pairs of
    strength 1, so all of it follows from the same constants as the lines.
    """
    dot = population.dot
    layers, _ = bands(dot, [0.0] * (1 + len(dot.shells)), 0.0, outside_eps(dot.medium))
    cores = population.core_diameters_nm / 2
    outer = np.cumsum([0.0, *(layer.thickness_nm for layer in dot.shells)])
    spheres = 4 / 3 * np.pi * np.array([np.mean((cores + t) ** 3) for t in outer])
    volumes = np.diff(np.concatenate([[0.0], spheres]))
    names = [dot.core, *(layer.material for layer in dot.shells)]
    out = np.zeros_like(grid)
    for name, volume, gap, split in zip(names, volumes, layers.Ec - layers.Ev, layers.dso, strict=True):
        m = material(name)
        heavy, light = luttinger(m)
        for inverse, edge in ((heavy, gap), ((2 * light + heavy) / 3, gap), (m["gamma1"], gap + split)):
            joint = HBAR2_2M * (1 / m["m_e"] + inverse)
            density = np.sqrt(np.maximum(grid - edge, 0.0)) / joint**1.5 / (2 * np.pi**2)
            out += volume * density
    return out / np.maximum(grid, 0.1) * (1 - _fade(grid, top))
