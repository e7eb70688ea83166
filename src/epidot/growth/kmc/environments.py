"""Every site looked at once, compiled: its environment, for the start of a run, and what each dot holds.

:mod:`recount` is the plain twin of the first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.growth.kmc.jit import entry
from epidot.growth.kmc.tables import I32, I64, U8


@entry
def environments(
    copies: int,
    sublattice: U8,
    start: I64,
    index: I32,
    adds: I32,
    felt: NDArray[np.bool_],
    base: I32,
    local: I32,
    species: U8,
    out: I32,
) -> None:
    """The key of each site of ``copies`` dots alike of n sites, into ``out`` (copies * n,).

    ``sublattice`` (n,); the neighbours of site i under relation r are ``index[start[r, i]:start[r, i + 1]]``,
    and a neighbour of species s ``adds[b, r, s]`` to the key of a site of sublattice b, where ``felt[b, r]``
    says that any does; ``base`` (sublattices,) and ``local`` (sublattices, S) as in :class:`tables.Tables`.
    """
    n = len(sublattice)
    for copy in range(copies):
        first = copy * n
        for i in range(n):
            b = sublattice[i]
            key = base[b] + local[b, species[first + i]]
            for r in range(felt.shape[1]):
                if felt[b, r]:
                    for j in range(start[r, i], start[r, i + 1]):
                        key += adds[b, r, species[first + index[j]]]
            out[first + i] = key


@entry
def held_by_dots(dots: I32, species: U8, out: I64) -> None:
    """Add the sites of every species on every dot to ``out`` (dots, S); ``dots`` (dots + 1,) first sites."""
    for d in range(len(dots) - 1):
        for i in range(dots[d], dots[d + 1]):
            out[d, species[i]] += 1


@entry
def any_filled(sites: I64, dots: I32, species: U8, filled: NDArray[np.bool_]) -> bool:
    """Whether one of the ``sites`` of any dot holds a species that is ``filled`` (S,)."""
    for d in range(len(dots) - 1):
        for site in sites:
            if filled[species[dots[d] + site]]:
                return True
    return False
