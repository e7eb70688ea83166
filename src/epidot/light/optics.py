"""Everything light says about a population, each part computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.dot import coherency
from epidot.dot.layers import Population
from epidot.dot.strain import strain
from epidot.errors import Gap
from epidot.given import held, now
from epidot.light import pulls
from epidot.light.decay import member_decays, population_decay, put_together
from epidot.light.parameters import all_of
from epidot.light.rates import radiative_rate
from epidot.light.spectra import (
    Absorber,
    Peak,
    absorber,
    emission,
    emission_peak,
    emission_table,
    spectral_table,
)
from epidot.light.states import Levels, LevelsTable, solve_dot
from epidot.light.traps import Components, trap_means, without_law
from epidot.parameter import rests_on

Array = NDArray[np.float64]

SHORTEST_NM = 300.0
MOST_OPEN = 1.0  # cations of a core's surface without a law of traps: from one on, a dot may well be dark
WITHHELD = "Yield and decay are withheld"  # how the reason begins, which comes before any number of a run


class Optics:
    """Light of a population; nothing is computed that nobody asks for.

    ``first_exciton_nm``, ``first_exciton_eV``, ``electron_outside_core`` (its share of the 1S electron),
    ``k_r_per_ns`` and ``strain_core`` are of the representative dot.  ``pl_peak_nm`` and ``pl_fwhm_nm``: of
    the emission per nm.  ``plqy``, ``tau_amplitude_ns`` (∫ I dt / I(0)) and ``tau_intensity_ns``
    (∫ t I dt / ∫ I dt): exact averages.  ``absorption`` (1 at the 1S band) and ``emission`` (per nm,
    greatest value 1) over ``nm``; ``decay`` (1 at 0) over ``t_ns``.  ``extinction_1S`` (decadic, L/(mol cm),
    per dot, at the centre of the 1S band) is predicted: nothing was fitted to an absorbance.  ``notes``
    say what to be careful with.

    Raises
    ------
    InputError
        From any of them, for an unknown material or medium, or a core too small to bind a pair.
    Gap
        From the yield and the decay, where no shell covers a core whose open surface has no law of traps (or
        one that ``first_layer`` says is not closed: how full it is), or where ``untold`` (a mechanism's
        reason) says why they cannot be told.
    """

    def __init__(self, population: Population, untold: str = "", first_layer: float = 1.0) -> None:
        self.population = population
        self._untold = untold
        self._first_layer = first_layer
        self.given = now()

    # ------------------------------------------------------------ the representative dot
    @held
    def levels(self) -> Levels:
        """Its states."""
        return solve_dot(self.population.dot)

    @property
    def first_exciton_nm(self) -> float:
        """Its 1S transition."""
        return self.levels.first_exciton_nm

    @property
    def first_exciton_eV(self) -> float:
        """The same as an energy."""
        return HC / self.levels.first_exciton_nm

    @property
    def electron_outside_core(self) -> float:
        """Share of its 1S electron outside the core."""
        return 1 - float(np.asarray(self.levels.P_e)[0])

    @held
    def k_r_per_ns(self) -> float:
        """Its radiative rate."""
        return float(radiative_rate(self.population.dot, self.levels).k_r)

    @held
    def strain_core(self) -> float:
        """Hydrostatic da/a of its core."""
        return strain(self.population.dot, spread=False).core

    # ------------------------------------------------------------ decay of the population
    @held
    def components(self) -> Components:
        """The decay as a sum of exponentials."""
        if self.untold:
            raise Gap(self.untold)
        if self.population.members is not None:
            return put_together(*self._decays)
        return population_decay(self.population)

    @held
    def _decays(self) -> tuple[Array, Sequence[Components]]:
        return member_decays(self.population)

    @property
    def untold(self) -> str:
        """Why yield and decay cannot be said; empty where they can."""
        dot = self.population.dot
        if self._untold:
            return f"{WITHHELD}: {self._untold} (0 to 100 % are possible)."
        if without_law(dot, self._first_layer) < MOST_OPEN:
            return ""
        return (
            f"{WITHHELD} where no closed shell covers the core: how an open surface of {dot.core} traps is "
            "neither fitted nor given (0 to 100 % are possible)."
        )

    @property
    def plqy(self) -> float:
        """Emitted over excited."""
        return float(self.components.plqy)

    @property
    def tau_amplitude_ns(self) -> float:
        """Integral of I over I(0)."""
        return float(self.components.tau_amplitude_ns)

    @property
    def tau_intensity_ns(self) -> float:
        """Integral of t I over integral of I."""
        return float(self.components.tau_intensity_ns)

    @held
    def t_ns(self) -> Array:
        """Times of ``decay``, ten lifetimes."""
        return np.linspace(0.0, 10 * max(self.tau_intensity_ns, 1.0), 1001)

    @held
    def decay(self) -> Array:
        """Emission after a short pulse, 1 at 0."""
        return self.components.intensity(self.t_ns)

    # ------------------------------------------------------------ spectra of the population
    @held
    def _table(self) -> LevelsTable:
        return spectral_table(self.population)

    @held
    def peak(self) -> Peak:
        """Position and width of the emission per nm; it has the 1S line only and asks for no other."""
        return emission_peak(self.population)

    @property
    def pl_peak_nm(self) -> float:
        """Where the emission per nm is greatest."""
        return float(self.peak.position)

    @property
    def pl_fwhm_nm(self) -> float:
        """Its full width at half maximum."""
        return float(self.peak.fwhm)

    @held
    def nm(self) -> Array:
        """Wavelengths of ``absorption`` and ``emission``."""
        return np.arange(SHORTEST_NM, np.ceil(self.peak.position + 150.0) + 1, 1.0)

    @held
    def _matter(self) -> Absorber:
        return absorber(self.population, HC / self.nm, levels=self._table)

    @held
    def absorption(self) -> Array:
        """Absorbance, 1 at the 1S band."""
        return self._matter.absorbance(HC / self.nm)

    @held
    def emission(self) -> Array:
        """Emission per nm, greatest value 1."""
        return emission(self.population, self.nm, levels=self._table)

    @held
    def extinction_1S(self) -> float:
        """Decadic, L/(mol cm), per dot, at the centre of the 1S band."""
        return float(self._matter.extinction_1S)

    @property
    def valley_depth(self) -> float:
        """1 - (first minimum)/(first maximum) of the absorption, from the red side."""
        return valley_depth(self.nm, self.absorption)

    # ------------------------------------------------------------ how well these dots tell it
    @held
    def pulls(self) -> Mapping[str, Array]:
        """What each dot pulls at the quantities (:mod:`epidot.light.pulls`), each (dots,).

        Nothing where single dots are not known.
        """
        if self.population.members is None:
            return {}
        known = emission_table(self.population)
        found = {**pulls.of_dots(self.population, known), **pulls.of_emission(self.population, known)}
        if not self.untold:
            found |= pulls.of_decay(*self._decays)
        return found

    @held
    def off_by_few_sizes(self) -> Mapping[str, float]:
        """What the emission is off by, in nm, because its sizes are few."""
        return pulls.of_few_sizes(self.population, emission_table(self.population))

    # ------------------------------------------------------------ what to know of it
    @held
    def notes(self) -> tuple[str, ...]:
        """What to be careful with."""
        dot = self.population.dot
        notes = [*filter(None, [self.untold]), *self._table.nodes[0].warnings]
        if not trap_means(dot).known:
            notes.append(
                "nothing is known of this dot's surface: PLQY and decay are those of a dot without traps"
            )
        if not dot.shells:
            notes.append(
                "bare core: its valley depth also holds surface disorder and is no measure of size alone"
            )
        return tuple(notes)

    @held
    def rests_on(self) -> Mapping[str, list[str]]:
        """Parameters by status."""
        dot = self.population.dot
        of_strain = {f"strain.{k}": p for k, p in coherency.parameters().items()} if dot.shells else {}
        return rests_on({**self.levels.parameters, **all_of(dot.core), **of_strain})


def optics(population: Population, medium: str | None = None) -> Optics:
    """Absorption, emission, quantum yield and decay of ``population`` in ``medium`` (else the dot's own)."""
    return Optics(population if medium is None else population.in_medium(medium))


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
