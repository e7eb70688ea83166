"""Photoluminescence decay of a population: average over trap numbers and over sizes, exact.

Two lifetimes, defined once: ``tau_amplitude = ∫ I dt / I(0)`` and ``tau_intensity = ∫ t I dt / ∫ I dt``
(authors use "amplitude-weighted" and "intensity-weighted average" for them; names vary, formulae do not).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.dot.layers import LayeredDot, Population
from epidot.light.members import member_levels
from epidot.light.rates import radiative_rate
from epidot.light.states import Levels, LevelsTable, Options, table
from epidot.light.traps import Components, TrapMeans, components, trap_means, trap_rates

Array = NDArray[np.float64]

GATHER = 0.01
SIZES = 7  # classes of equal excitation that stand for a distribution of sizes


def excitation_weights(diameters_nm: Array) -> Array:
    """Share of the absorbed photons per dot, far above the band edge: proportional to the core's volume."""
    w = diameters_nm**3
    out: Array = w / w.sum()
    return out


def size_classes(diameters_nm: ArrayLike, count: int = SIZES) -> tuple[Array, Array]:
    """(diameters, weights) of ``count`` classes with equal shares of the excitation."""
    d = np.sort(np.asarray(diameters_nm, dtype=np.float64))
    weight = excitation_weights(d)
    if d.size <= count or d[-1] - d[0] < 1e-9:
        return (d, weight) if d[-1] - d[0] >= 1e-9 else (d[:1], np.ones(1))
    group = np.minimum((np.cumsum(weight) - weight / 2) * count, count - 1e-9).astype(np.intp)
    share = np.bincount(group, weights=weight, minlength=count)
    mean = np.bincount(group, weights=weight * d, minlength=count)
    full = share > 0
    sizes: Array = mean[full] / share[full]
    return sizes, share[full].astype(np.float64)


def dot_decay(
    dot: LayeredDot,
    levels: Levels,
    choice: Mapping[str, float] | None = None,
    means: TrapMeans | None = None,
) -> Components:
    """Decay of many dots of one size; ``means`` replaces the trap numbers that follow from the surface."""
    k_r = radiative_rate(dot, levels, choice=choice).k_r
    found = means or trap_means(dot, choice, levels.density_out_e)
    return components(k_r, found, trap_rates(choice))


def population_decay(
    population: Population,
    choice: Mapping[str, float] | None = None,
    means: TrapMeans | None = None,
    levels: LevelsTable | None = None,
) -> Components:
    """Decay of a population with weights of its excitation; sizes enter through k_r and the surface.

    Members that are known one by one each have their own k_r and their own traps.  ``levels`` may hand in a
    table that covers the population (else it is solved); members that differ do not need it.

    Raises
    ------
    InputError
        From the states (unknown material, core too small).
    """
    if population.members is not None:
        return put_together(*member_decays(population, choice, means))
    diameters, weights = size_classes(population.core_diameters_nm)
    known = levels or table(population.dot, diameters, Options())
    at_nodes = [
        radiative_rate(population.dot.scaled(float(d)), node, choice=choice).k_r
        for d, node in zip(known.diameters, known.nodes, strict=True)
    ]
    amplitude, rate = [], []
    rates = known.interpolated(at_nodes, diameters)
    # Its logarithm, for over a few shells the density falls by orders of magnitude.
    seen = np.exp(known.interpolated([math.log(node.density_out_e) for node in known.nodes], diameters))
    for d, w, k_r, density in zip(diameters, weights, rates, seen, strict=True):
        traps = means or trap_means(population.dot.scaled(float(d)), choice, float(density))
        part = components(float(k_r), traps, trap_rates(choice))
        amplitude.append(w * part.amplitude)
        rate.append(part.rate)
    return Components(np.concatenate(amplitude), np.concatenate(rate))


def member_decays(
    population: Population, choice: Mapping[str, float] | None = None, means: TrapMeans | None = None
) -> tuple[Array, tuple[Components, ...]]:
    """Share of the excitation (dots,) and the decay of every dot of a population by itself."""
    dots, rates = population.dots, trap_rates(choice)
    weights = excitation_weights(np.array([d.core_diameter_nm for d in dots]))
    parts = []
    for dot, levels in zip(dots, member_levels(population), strict=True):
        k_r = radiative_rate(dot, levels, choice=choice).k_r
        traps = means or trap_means(dot, choice, levels.density_out_e)
        parts.append(components(float(k_r), traps, rates))
    return weights, tuple(parts)


def put_together(weights: Array, parts: Sequence[Components]) -> Components:
    """The decay of dots that decay as ``parts`` and take up ``weights`` (dots,) of the excitation."""
    amplitude = np.concatenate([w * part.amplitude for w, part in zip(weights, parts, strict=True)])
    return gathered(Components(amplitude, np.concatenate([part.rate for part in parts])))


def gathered(many: Components, step: float = GATHER) -> Components:
    """The same decay with like rates put together: classes of ``step`` in ln(rate).

    Each class keeps its amplitude and its ∫ I dt, so that PLQY and ``tau_amplitude_ns`` stay exact and
    ``tau_intensity_ns`` is too low by step²/12 of itself at most.
    """
    cell = np.floor(np.log(many.rate) / step).astype(np.intp)
    _, here = np.unique(cell, return_inverse=True)
    amplitude: Array = np.bincount(here, weights=many.amplitude).astype(np.float64)
    integral = np.bincount(here, weights=many.amplitude / many.rate)
    return Components(amplitude, amplitude / integral)


def decay(population: Population, t_ns: ArrayLike) -> Array:
    """I(t)/I(0) of ``population`` after a short pulse, at times ``t_ns`` (m,) in ns."""
    return population_decay(population).intensity(np.asarray(t_ns, dtype=np.float64))


__all__ = ["decay", "dot_decay", "excitation_weights", "gathered", "population_decay", "size_classes"]
