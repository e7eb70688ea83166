"""Dots known one by one, each with shells of its own: their exact 1S levels.

A 1S level takes a few milliseconds, so every member is solved.  The lines above it are those of the mean dot
with the member's core diameter, moved with the member's own 1S and by the first and second derivative of
every line with the thickness of each shell.  Against solving every line of every member, with 15 % scatter
in the thickness of two shells, the absorption is off by less than 0.5 % of its 1S maximum
(``tests/light/test_members.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.dot.layers import LayeredDot, Population
from epidot.given import remembered
from epidot.light.bulk import BLEND_EV, JOIN_EV
from epidot.light.states import Levels, LevelsTable, Options, solve_dot
from epidot.light.states.levels import TRACE_NM, UNMOVED_BY, solve_after

Array = NDArray[np.float64]

SPECTRUM = Options(excited=True, reach_eV=JOIN_EV + 6 * BLEND_EV)  # lines beyond have faded out


def differ(population: Population) -> bool:
    """Whether the members are known and differ in more than the size of their cores."""
    members = population.members
    return members is not None and any(_rest(m) != _rest(population.dot) for m in members)


def _rest(dot: LayeredDot) -> tuple[object, ...]:
    return dot.core, dot.shells, dot.medium


def member_levels(population: Population) -> tuple[Levels, ...]:
    """Levels of every member, 1S only.

    Raises
    ------
    InputError
        From the states (unknown material, core too small).
    """
    return _solved(tuple(d.plain for d in population.dots))


@remembered(16, UNMOVED_BY)
def _solved(dots: tuple[LayeredDot, ...]) -> tuple[Levels, ...]:
    distinct = {dot: solve_dot(dot, Options()) for dot in dict.fromkeys(dots)}
    return tuple(distinct[dot] for dot in dots)


def _thicknesses(dots: tuple[LayeredDot, ...], materials: tuple[str, ...]) -> Array:
    """Thickness in nm (dots, materials) of each material's shell; 0 where a dot lacks it."""
    return np.array(
        [[sum(s.thickness_nm for s in d.shells if s.material == m) for m in materials] for d in dots],
        dtype=np.float64,
    )


@dataclass(frozen=True)
class Slopes:
    """How the lines of the mean dot move with the thickness of its shells, (shells, lines) each.

    ``E1`` and ``S1`` per nm, ``E2`` and ``S2`` per nm², of energies in eV and strengths; ``first`` is 1S.
    """

    materials: tuple[str, ...]
    thickness_nm: Array
    labels: tuple[str, ...]
    first: int
    E1: Array
    E2: Array
    S1: Array
    S2: Array

    def at(self, dots: tuple[LayeredDot, ...], labels: tuple[str, ...]) -> tuple[Array, Array, Array]:
        """Change of energies and strengths (dots, labels) and of 1S (dots,) against the mean dot."""
        lines = np.array([self.labels.index(x) for x in labels], dtype=np.intp)
        known = _thicknesses(dots, self.materials) - self.thickness_nm
        E = known @ self.E1 + known**2 @ self.E2 / 2
        S = known @ self.S1 + known**2 @ self.S2 / 2
        return E[:, lines], S[:, lines], E[:, self.first]


@remembered(16, UNMOVED_BY)
def _slopes(dot: LayeredDot, largest_nm: float, steps_nm: tuple[float, ...]) -> Slopes:
    """Central differences over the scatter of each shell's thickness, every level followed from the mean.

    The levels are those of the dot of ``largest_nm``, from which the table of sizes starts as well.
    """
    how, shells = SPECTRUM, dot.shells
    _, start = solve_after(replace(dot, core_diameter_nm=largest_nm), how)
    mean, start = solve_after(dot, how, start)
    changes = []
    for i, step in enumerate(steps_nm):
        if step == 0:  # a mere trace of a shell
            changes.append([(np.zeros_like(mean.lines.E),) * 2] * 2)
            continue
        ends = []
        for sign in (-1, 1):
            other = replace(shells[i], thickness_nm=shells[i].thickness_nm + sign * step)
            varied = (*shells[:i], other, *shells[i + 1 :])
            ends.append(solve_after(replace(dot, shells=varied), how, start)[0].lines)
        low, high = ends
        changes.append(
            [
                ((high.E - low.E) / (2 * step), (high.E - 2 * mean.lines.E + low.E) / step**2),
                (
                    (high.strength - low.strength) / (2 * step),
                    (high.strength - 2 * mean.lines.strength + low.strength) / step**2,
                ),
            ]
        )
    found = np.array(changes)
    return Slopes(
        tuple(s.material for s in shells),
        np.array([s.thickness_nm for s in shells]),
        mean.lines.labels,
        0,
        found[:, 0, 0],
        found[:, 0, 1],
        found[:, 1, 0],
        found[:, 1, 1],
    )


@dataclass(frozen=True)
class Spots:
    """Core diameters (k,) with weights (k,) that stand for a population in a spectrum.

    ``owner`` (k,) is the member a spot belongs to and ``shift_eV`` (k,) how far its 1S lies from that of the
    representative dot of the spot's diameter; without members that differ, ``None`` and 0.
    """

    diameters_nm: Array
    share: Array
    owner: NDArray[np.intp] | None = None
    shift_eV: Array | float = 0.0


def moved(
    population: Population, known: LevelsTable, d: Array, share: Array, owner: NDArray[np.intp]
) -> Spots:
    """The spots of members that differ; ``known`` is the table of the representative dot."""
    exact = np.array([x.E_1S_eV for x in member_levels(population)])
    table = known.quantity("E_1S_eV", [m.core_diameter_nm for m in population.dots])
    return Spots(d, share, owner, (exact - table)[owner])


def lines_of(population: Population, known: LevelsTable, who: Spots) -> tuple[Array, Array]:
    """Energies and strengths (spots, lines) of ``population``."""
    E, S, labels = known.lines(who.diameters_nm)
    if who.owner is None:
        return E, S
    E = E + np.reshape(who.shift_eV, (-1, 1))
    mean, dots = population.dot, population.dots
    if not mean.shells:
        return E, S
    thickness = _thicknesses(dots, tuple(s.material for s in mean.shells))
    half = np.array([s.thickness_nm / 2 for s in mean.shells])
    steps = np.where(half > 2 * TRACE_NM, np.clip(thickness.std(axis=0), TRACE_NM, half), 0.0)
    dE, dS, first = _slopes(mean.plain, float(known.diameters[-1]), tuple(steps.tolist())).at(dots, labels)
    return E + (dE - first[:, None])[who.owner], np.maximum(S + dS[who.owner], 0.0)
