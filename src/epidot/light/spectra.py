"""Absorption and emission of a population: lines of every size, broadened, on one energy grid.

Absorption: every transition of every dot is put on the grid with its strength over its energy, then
transitions of equal width are convolved at once (Fourier) with a Gaussian of the homogeneous width and a
Lorentzian whose half width grows with the energy above 1S; the cost does not depend on the number of dots.
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
from epidot.light.parameters import number
from epidot.light.rates import stokes_eV
from epidot.light.states import LevelsTable, Options, table
from epidot.light.states.bands import REMOTE, bands, luttinger
from epidot.light.states.levels import outside_eps
from epidot.matter.materials import material

Array = NDArray[np.float64]

GRID = 4096
SIZES = 200  # sizes that stand for a distribution of any number of dots
WIDTH_STEP_EV = 1e-3
BLEND_EV = 0.15  # over this the lines give way to the bulk, below the energy where the list of lines ends


def smoothed(diameters_nm: Array) -> tuple[Array, Array]:
    """Diameters (k,) and weights of the smooth distribution that a drawn population stands for.

    Every dot becomes a small Gaussian (Silverman's width, five Gauss–Hermite points), drawn towards the
    mean so that mean and variance stay those of the population.  A few hundred dots then give a smooth
    spectrum; the result no longer depends on the luck of the draw beyond those two numbers.
    """
    d = np.asarray(diameters_nm, dtype=np.float64)
    spread = float(np.std(d))
    if d.size < 2 or spread < 1e-9:
        return d, np.full(d.size, 1.0 / d.size, dtype=np.float64)
    width = 1.06 * spread * d.size**-0.2
    width = min(width, 0.9 * spread)
    mean = float(d.mean())
    pulled = mean + (d - mean) * np.sqrt(1 - (width / spread) ** 2)
    z, w = np.polynomial.hermite_e.hermegauss(5)
    spots = np.maximum(np.add.outer(pulled, width * z).ravel(), 0.4 * mean)
    weights = np.tile(w / w.sum(), d.size) / d.size
    # Shared out linearly over a fixed number of sizes: what follows costs the same for any population.
    places = np.linspace(spots.min(), spots.max(), SIZES)
    cell = np.clip(np.searchsorted(places, spots, side="right") - 1, 0, SIZES - 2)
    part = (spots - places[cell]) / (places[1] - places[0])
    share = np.zeros(SIZES)
    np.add.at(share, cell, weights * (1 - part))
    np.add.at(share, cell + 1, weights * part)
    keep = share > 0
    return places[keep], share[keep]


@dataclass(frozen=True)
class LineShape:
    """Homogeneous Gaussian ``sigma_eV``, Lorentz half width per eV above 1S, Stokes shift in eV."""

    sigma_eV: float
    lorentz_slope: float
    stokes_eV: float


def spectral_table(population: Population) -> LevelsTable:
    """Levels over all sizes the smoothed population reaches, with every line the absorption needs."""
    return table(population.dot, smoothed(population.core_diameters_nm)[0], Options(excited=True))


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
    d, share = smoothed(population.core_diameters_nm)
    known = levels or spectral_table(population)
    E, S, _ = known.lines(d)
    first = known.quantity("E_1S_eV", d)
    top = float(first.min()) + Options().reach_eV - BLEND_EV
    low = min(float(E.min()), float(at.min())) - 0.6
    high = max(top + 1.0, float(at.max())) + 0.6
    grid = np.linspace(low, high, GRID)
    total = _broadened(grid, E, share[:, None] * S / E, form, float(share @ first), top)
    total += _bulk(grid, population, top)
    centre = float(np.average(first, weights=share * known.quantity("K", d)))
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
    out: Array = (
        np.interp(np.asarray(eV, dtype=np.float64), energy, per_eV, left=0.0, right=0.0) / per_eV.max()
    )
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
    d, share = smoothed(population.core_diameters_nm)
    known = levels or table(population.dot, d, Options())
    E = known.quantity("E_1S_eV", d) - form.stokes_eV
    margin = 8 * form.sigma_eV
    grid = np.linspace(float(E.min()) - margin, float(E.max()) + margin, GRID)
    weights = (share * d**3)[:, None]  # far above the band edge a dot absorbs with its core's volume
    return grid, np.maximum(
        _broadened(grid, E[:, None], weights, form, float(E.mean()), np.inf, plain=True), 0.0
    )


def _broadened(
    grid: Array, E: Array, S: Array, form: LineShape, first: float, top: float, plain: bool = False
) -> Array:
    """Lines ``E``, ``S`` (dots, transitions) on ``grid``, each transition with its own kernel."""
    step = grid[1] - grid[0]
    size = 2 * grid.size  # room for the Lorentz tails: nothing comes round the corner
    k = 2 * np.pi * np.fft.rfftfreq(size, step)
    fade = np.ones_like(E) if np.isinf(top) else _fade(E, top)
    weight = S * fade
    strength = weight.sum(axis=0)
    mean = np.divide(
        (weight * E).sum(axis=0), strength, out=np.full(strength.size, first), where=strength > 0
    )
    widths = np.zeros_like(mean) if plain else form.lorentz_slope * np.maximum(mean - first, 0.0)
    place = (E - grid[0]) / step
    weight = np.where((place >= 0) & (place < grid.size - 1), weight, 0.0)
    cell = np.clip(place.astype(np.intp), 0, grid.size - 2)
    part = place - cell
    # Widths on a fixed ladder, each line shared linearly by the rungs beside it: one transform per rung.
    rung = np.floor(widths / WIDTH_STEP_EV).astype(np.intp)
    upper = widths / WIDTH_STEP_EV - rung
    spectrum = np.zeros(k.size, dtype=np.complex128)
    for kind in np.union1d(rung, rung + 1):
        on = np.where(rung == kind, 1 - upper, np.where(rung + 1 == kind, upper, 0.0))
        these = on > 0
        if not these.any():
            continue
        place_here, here = cell[:, these].ravel(), weight[:, these] * on[these]
        deposit = np.bincount(place_here, (here * (1 - part[:, these])).ravel(), size)
        deposit += np.bincount(place_here + 1, (here * part[:, these]).ravel(), size)
        spectrum += np.fft.rfft(deposit) * np.exp(-kind * WIDTH_STEP_EV * k)
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

    Pairs of equal k, with the Kane electron of the states and parabolic holes: per volume, spin and
    valence band k³/6π² of them below the energy of k, each of strength 1 times the electron's
    s-character.  All of it follows from the same constants as the lines.
    """
    dot = population.dot
    layers, _ = bands(dot, [0.0] * (1 + len(dot.shells)), 0.0, outside_eps(dot.medium))
    cores = population.core_diameters_nm / 2
    outer = np.cumsum([0.0, *(layer.thickness_nm for layer in dot.shells)])
    spheres = 4 / 3 * np.pi * np.array([np.mean((cores + t) ** 3) for t in outer])
    volumes = np.diff(np.concatenate([[0.0], spheres]))
    out = np.zeros_like(grid)
    for i, name in enumerate([dot.core, *(layer.material for layer in dot.shells)]):
        m = material(name)
        heavy, light = luttinger(m["gamma1"], m["gamma2"], m["gamma3"])
        gap, split, Ep = m["Eg_eV"], m["dso_eV"], layers.Ep[i]
        E = gap + np.linspace(0.0, 6.0, 1200) ** 2 / 6.0
        k2 = (E - gap) / (HBAR2_2M * (REMOTE + Ep / 3 * (2 / E + 1 / (E + split))))
        s_character = 1 / (1 + HBAR2_2M * k2 * Ep / 3 * (2 / E**2 + 1 / (E + split) ** 2))
        for inverse, below in ((heavy, 0.0), ((2 * light + heavy) / 3, 0.0), (m["gamma1"], split)):
            pair = E + HBAR2_2M * inverse * k2 + below
            density = s_character * np.gradient(k2**1.5 / (3 * np.pi**2), pair)
            out += volumes[i] * np.interp(grid, pair, density, left=0.0)
    return out / np.maximum(grid, 0.1) * (1 - _fade(grid, top))
