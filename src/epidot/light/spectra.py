"""Absorption and emission of a population: lines of every size, broadened, on one energy grid.

Absorption: every transition of every dot is put on the grid with its cross-section, then
transitions of equal width are convolved at once (Fourier) with a Gaussian of the homogeneous width and a
Lorentzian whose half width grows with the energy above 1S; the cost does not depend on the number of dots.
Emission: the 1S line only, moved by the Stokes shift.  No energy transfer between dots.

An absorbance is a number per wavelength and per energy alike; an emission is a density, so it says per
what: I(nm) = I(eV) · hc/nm².

The valley beside the first peak is no measure of size alone: disorder at the surface of a bare core
fills it too (docs/theory/light.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.constants import ALPHA, HBAR2_2M, HC, N_A
from epidot.dot.layers import LayeredDot, Population
from epidot.light.bulk import BLEND_EV, JOIN_EV, SUM_EV, blue_side, fade
from epidot.light.members import SPECTRUM, Spots, differ, lines_of, member_levels, moved
from epidot.light.parameters import number, of_core
from epidot.light.rates import local_field, stokes_eV
from epidot.light.states import LevelsTable, Options, table
from epidot.matter.reagents import refractive_index

Array = NDArray[np.float64]

GRID = 2048
SIZES = 200  # sizes that stand for a distribution of any number of dots
WIDTH_STEP_EV = 3e-3
PER_NM2 = 1e-14 * N_A / (1000 * math.log(10))  # L/(mol cm) per nm² of cross-section


def smoothed(diameters_nm: Array) -> tuple[Array, Array]:
    """Diameters (k,) and weights of the smooth distribution that a drawn population stands for.

    Every dot becomes a small Gaussian (Silverman's width, five Gauss–Hermite points), drawn towards the
    mean so that mean and variance stay those of the population.  A few hundred dots then give a smooth
    spectrum; the result no longer depends on the luck of the draw beyond those two numbers.
    """
    d = np.asarray(diameters_nm, dtype=np.float64)
    if d.size < 2 or float(np.std(d)) < 1e-9:
        return d, np.full(d.size, 1.0 / d.size, dtype=np.float64)
    return _shared_out(*blurred(d))


def blurred(d: Array) -> tuple[Array, Array]:
    """Five spots for each of the diameters ``d`` (n,) and their weights, both (5 n,), dot by dot."""
    spread = float(np.std(d))
    width = 1.06 * spread * d.size**-0.2
    width = min(width, 0.9 * spread)
    mean = float(d.mean())
    pulled = mean + (d - mean) * np.sqrt(1 - (width / spread) ** 2)
    z, w = np.polynomial.hermite_e.hermegauss(5)
    spots = np.maximum(np.add.outer(pulled, width * z).ravel(), 0.4 * mean)
    return spots, np.tile(w / w.sum(), d.size) / d.size


def _shared_out(spots: Array, weights: Array) -> tuple[Array, Array]:
    """Spots shared out linearly over a fixed number of sizes: what follows costs the same for any number."""
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
    return table(population.dot, _sizes(population)[0], SPECTRUM)


def emission_table(population: Population) -> LevelsTable:
    """Levels over the same sizes with the 1S line alone, which is all that the emission needs."""
    return table(population.dot, _sizes(population)[0], Options())


def _sizes(population: Population) -> tuple[Array, Array, NDArray[np.intp] | None]:
    """Diameters and weights of the spots, and the member of each where members differ."""
    if not differ(population):
        return *smoothed(population.core_diameters_nm), None
    d = np.array([m.core_diameter_nm for m in population.dots])
    if np.std(d) < 1e-9:
        return d, np.full(d.size, 1.0 / d.size), np.arange(d.size)
    return *blurred(d), np.repeat(np.arange(d.size), 5)


def spots(population: Population, known: LevelsTable) -> Spots:
    """What stands for ``population`` in a spectrum: smoothed sizes, or every member by itself."""
    d, share, owner = _sizes(population)
    return Spots(d, share) if owner is None else moved(population, known, d, share, owner)


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
    return absorber(population, eV, shape, levels).absorbance(eV)


@dataclass(frozen=True)
class Absorber:
    """Mean cross-section per dot ``sigma_nm2`` at ``eV``, both (grid,); ``centre_eV`` of the 1S band."""

    eV: Array
    sigma_nm2: Array
    centre_eV: float

    @property
    def at_centre_nm2(self) -> float:
        """Cross-section at the centre of the 1S band."""
        return float(np.interp(self.centre_eV, self.eV, self.sigma_nm2))

    @property
    def extinction_1S(self) -> float:
        """Decadic molar extinction coefficient at the 1S band's centre in L/(mol cm)."""
        return self.at_centre_nm2 * PER_NM2

    def absorbance(self, eV: ArrayLike) -> Array:
        """1 at the centre of the 1S band, at ``eV`` (m,)."""
        out: Array = np.interp(np.asarray(eV, dtype=np.float64), self.eV, self.sigma_nm2) / self.at_centre_nm2
        return out


def line_area_nm2_eV(strength: float, E: ArrayLike, Ep_eV: float, n: float, F: ArrayLike) -> Array:
    """∫ σ dE of a line in nm² eV: (4π²α/3n)(ħ²/2m0)(Ep/E) F² × strength.

    A strength of 3E/Ep is an oscillator strength of 1, whose area is 2π²αħ²/(n m0) for a field that
    is not screened.  The strengths, Ep and F are those of the radiative rate.
    """
    out: Array = (
        4 * np.pi**2 * ALPHA / (3 * n) * HBAR2_2M * Ep_eV / np.asarray(E) * np.asarray(F) ** 2 * strength
    )
    return out


def line_areas(dot: LayeredDot, E: Array, S: Array, first: Array, Ep_eV: float, F: Array) -> Array:
    """Areas in nm² eV (sizes, lines) of the lines that are left below the join with the bulk.

    ``E`` in eV and strengths ``S`` (sizes, lines), ``first`` the 1S energies and ``F`` the local fields
    (sizes,).  The core's oscillator factor stands in absorption as in emission.
    """
    n = float(refractive_index(dot.medium))
    factor = of_core("oscillator_factor", dot.core).value
    area = factor * S * line_area_nm2_eV(1.0, E, Ep_eV, n, F[:, None])
    out: Array = area * fade(E, first[:, None] + JOIN_EV)
    return out


def absorber(
    population: Population,
    eV: ArrayLike = (),
    shape: LineShape | None = None,
    levels: LevelsTable | None = None,
) -> Absorber:
    """The cross-section of ``population`` on a grid that covers ``eV`` and the region of its lines."""
    at = np.asarray(eV, dtype=np.float64)
    dot, form = population.dot, shape or line_shape(population.dot)
    known = levels or spectral_table(population)
    who = spots(population, known)
    d, share = who.diameters_nm, who.share
    E, S = lines_of(population, known, who)
    Ep = known.nodes[0].Ep_core_eV
    first = known.quantity("E_1S_eV", d) + who.shift_eV
    low = min(float(E.min()), float(at.min(initial=9.0))) - 0.6
    high = max(float(first.max()) + JOIN_EV + 1.0, SUM_EV, float(at.max(initial=0.0))) + 0.6
    grid = np.linspace(low, high, GRID)
    sized = [replace(dot, core_diameter_nm=float(x)) for x in known.diameters]
    if who.owner is None:
        alone = list(zip(sized, known.nodes, strict=True))
        F_alone = np.array([local_field(x, its) for x, its in alone])
        F = known.interpolated(F_alone, d)
        # the mean over sizes is linear in what is known at the nodes
        weights = share @ known.interpolated(np.eye(known.diameters.size), d)
        E_alone, S_alone, _ = known.lines(known.diameters)
        first_alone = np.array([its.E_1S_eV for _, its in alone])
        held = line_areas(dot, E_alone, S_alone, first_alone, Ep, F_alone).sum(axis=1)
    else:
        alone = list(zip(population.dots, member_levels(population), strict=True))
        F = np.array([local_field(x, its) for x, its in alone])[who.owner]
        weights = np.full(len(alone), 1.0 / len(alone))
    areas = line_areas(dot, E, S, first, Ep, F)
    if who.owner is not None:
        held = np.bincount(who.owner, share * areas.sum(axis=1)) / np.bincount(who.owner, share)
    sigma = _broadened(grid, E, share[:, None] * areas, form, float(share @ first))
    on = grid > float(first.min()) + JOIN_EV - 5 * BLEND_EV
    matter = [
        blue_side(x, grid[on], its.E_1S_eV, float(area)) for (x, its), area in zip(alone, held, strict=True)
    ]
    sigma[on] += np.maximum(weights @ np.stack(matter), 0.0)
    centre = float(np.average(first, weights=share * known.quantity("K", d)))
    return Absorber(grid, sigma, centre)


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


@dataclass(frozen=True)
class Peak:
    """Position and full width at half maximum in ``unit``, and where on either side it is half of it."""

    position: float
    fwhm: float
    unit: Literal["nm", "eV"]
    edges: tuple[float, float]


def emission_peak(
    population: Population,
    unit: Literal["nm", "eV"] = "nm",
    shape: LineShape | None = None,
    levels: LevelsTable | None = None,
) -> Peak:
    """The emission's peak, per nm or per eV (they differ by the Jacobian)."""
    return peak_of(*_emission_grid(population, shape, levels), unit)


def peak_of(energy: Array, value: Array, unit: Literal["nm", "eV"] = "nm") -> Peak:
    """The peak of an emission ``value`` per eV at energies ``energy``, both (n,)."""
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
    return Peak(float(x[k] - b / (2 * a)), float(right - left), unit, (float(left), float(right)))


def _emission_grid(
    population: Population, shape: LineShape | None, levels: LevelsTable | None
) -> tuple[Array, Array]:
    form = shape or line_shape(population.dot)
    known = levels or emission_table(population)
    who = spots(population, known)
    d, share = who.diameters_nm, who.share
    E = known.quantity("E_1S_eV", d) + who.shift_eV - form.stokes_eV
    # far above the band edge a dot absorbs with its core's volume
    return emission_of(E, share * d**3, form)


def emission_of(E: Array, weight: Array, form: LineShape) -> tuple[Array, Array]:
    """Energies and emission per eV on a grid, of lines at ``E`` with ``weight``, both (lines,)."""
    margin = 8 * form.sigma_eV
    grid = np.linspace(float(E.min()) - margin, float(E.max()) + margin, GRID)
    spread = _broadened(grid, E[:, None], weight[:, None], form, float(E.mean()), plain=True)
    return grid, np.maximum(spread, 0.0)


def _broadened(
    grid: Array, E: Array, weight: Array, form: LineShape, first: float, plain: bool = False
) -> Array:
    """Lines at ``E`` with ``weight`` (dots, transitions) on ``grid``, each transition with its own kernel."""
    step = grid[1] - grid[0]
    size = 2 * grid.size  # room for the Lorentz tails: nothing comes round the corner
    k = 2 * np.pi * np.fft.rfftfreq(size, step)
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
