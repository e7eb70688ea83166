"""Everything light says about a population, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.dot.layers import Population
from epidot.light.decay import population_decay
from epidot.light.parameters import parameters
from epidot.light.rates import radiative_rate
from epidot.light.spectra import absorber, emission, emission_peak, spectral_table
from epidot.light.states import solve_dot
from epidot.light.traps import trap_means
from epidot.parameter import Parameter, rests_on

Array = NDArray[np.float64]

SHORTEST_NM = 300.0


@dataclass(frozen=True)
class Optics:
    """Light of a population.

    ``first_exciton_nm``: 1S of the representative dot.  ``pl_peak_nm`` and ``pl_fwhm_nm``: of the
    emission per nm.  ``plqy``, ``tau_amplitude_ns`` (∫ I dt / I(0)) and ``tau_intensity_ns``
    (∫ t I dt / ∫ I dt): exact averages.  ``absorption`` (1 at the 1S band) and ``emission`` (per nm,
    greatest value 1) over ``nm``; ``decay`` (1 at 0) over ``t_ns``.  ``extinction_1S`` (decadic, L/(mol cm),
    per dot, at the centre of the 1S band) is predicted: nothing was fitted to an absorbance.  ``notes``
    say what to be careful with.
    """

    first_exciton_nm: float
    pl_peak_nm: float
    pl_fwhm_nm: float
    plqy: float
    tau_amplitude_ns: float
    tau_intensity_ns: float
    k_r_per_ns: float
    strain_core: float
    extinction_1S: float
    nm: Array
    absorption: Array
    emission: Array
    t_ns: Array
    decay: Array
    notes: tuple[str, ...] = ()
    rests_on: Mapping[str, list[str]] = field(default_factory=dict)


def optics(population: Population, medium: str | None = None) -> Optics:
    """Absorption, emission, quantum yield and decay of ``population`` in ``medium`` (else the dot's own).

    Raises
    ------
    InputError
        For an unknown material or medium, or a core too small to bind a pair.
    """
    from epidot.dot.strain import strain

    group = population if medium is None else population.in_medium(medium)
    dot = group.dot
    levels = solve_dot(dot)
    known = spectral_table(group)
    peak = emission_peak(group, levels=known)
    nm = np.arange(SHORTEST_NM, np.ceil(peak.position + 150.0) + 1, 1.0)
    all_decay = population_decay(group)
    matter = absorber(group, HC / nm, levels=known)
    t = np.linspace(0.0, 10 * max(all_decay.tau_intensity_ns, 1.0), 1001)
    used: dict[str, Parameter] = {**levels.parameters, **{f"light.{k}": p for k, p in parameters().items()}}
    notes = list(known.nodes[0].warnings)
    if not trap_means(dot).known:
        notes.append(
            "nothing is known of this dot's surface: PLQY and decay are those of a dot without traps"
        )
    if not dot.shells:
        notes.append(
            "bare core: its valley depth also holds surface disorder and is no measure of size alone"
        )
    return Optics(
        first_exciton_nm=levels.first_exciton_nm,
        pl_peak_nm=peak.position,
        pl_fwhm_nm=peak.fwhm,
        plqy=all_decay.plqy,
        tau_amplitude_ns=all_decay.tau_amplitude_ns,
        tau_intensity_ns=all_decay.tau_intensity_ns,
        k_r_per_ns=radiative_rate(dot, levels).k_r,
        strain_core=strain(dot, spread=False).core,
        extinction_1S=matter.extinction_1S,
        nm=nm,
        absorption=matter.absorbance(HC / nm),
        emission=emission(group, nm, levels=known),
        t_ns=t,
        decay=all_decay.intensity(t),
        notes=tuple(notes),
        rests_on=rests_on(used),
    )
