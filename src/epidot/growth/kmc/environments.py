"""The environment of every site counted at once, for the start of a run; :mod:`recount` is its plain twin."""

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
    digits: I64,
    relation: I64,
    stride: I64,
    counts: NDArray[np.bool_],
    base: I32,
    local: I32,
    species: U8,
    out: I32,
) -> None:
    """The key of each site of ``copies`` dots alike of n sites, into ``out`` (copies * n,).

    ``sublattice`` (n,); the neighbours of site i under relation r are ``index[start[r, i]:start[r, i + 1]]``;
    the digits of sublattice b are ``digits[b]`` to ``digits[b + 1]``, each with its ``relation``, its
    ``stride`` and the species it ``counts`` (digits, S); ``base`` (sublattices,) and ``local`` (sublattices,
    S) as in :class:`tables.Tables`.
    """
    n = len(sublattice)
    for copy in range(copies):
        first = copy * n
        for i in range(n):
            b = sublattice[i]
            key = base[b] + local[b, species[first + i]]
            for d in range(digits[b], digits[b + 1]):
                r = relation[d]
                many = 0
                for j in range(start[r, i], start[r, i + 1]):
                    if counts[d, species[first + index[j]]]:
                        many += 1
                key += stride[d] * many
            out[first + i] = key
