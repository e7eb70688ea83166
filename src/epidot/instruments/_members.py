"""The dots an instrument is shown, as populations with weights."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from epidot.dot.layers import LayeredDot, Population
from epidot.errors import Fault, InputError


def populations(dots: Population | Iterable[LayeredDot]) -> list[tuple[Population, float]]:
    """Populations of like dots and the number of dots in each.

    Dots that differ only in the size of their core share one population, so that its states are solved
    once.

    Raises
    ------
    InputError
        If there are no dots.
    """
    if isinstance(dots, Population):
        return [(dots, float(dots.core_diameters_nm.size))]
    groups: dict[tuple[object, ...], list[LayeredDot]] = {}
    for dot in dots:
        groups.setdefault((dot.core, dot.shells, dot.medium), []).append(dot)
    if not groups:
        raise InputError(Fault("there are no dots to look at", remedy="give at least one"))
    out = []
    for members in groups.values():
        sizes = np.array([d.core_diameter_nm for d in members])
        middle = members[int(np.argmin(np.abs(sizes - sizes.mean())))]
        out.append((Population(middle, sizes), float(sizes.size)))
    return out
