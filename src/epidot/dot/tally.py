"""What sits on the sites of a grown dot, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot import neighbours
from epidot.dot.site_map import SiteMap


@dataclass(frozen=True)
class Tally:
    """Numbers per kind of one dot, and what they add up to.

    ``anions`` and ``crystalline`` map a shell anion to its count; ``elements`` everything that was added to
    the core or stands on its surface sites, ligands included; ``sites`` are the core-surface cations that
    take part in the chemistry, ``exchanged`` those that are no longer the core's own; ``covered`` those that
    carry the mark or are shut in by anions.  ``open_anions`` as in :mod:`epidot.dot.neighbours`;
    ``halide_capped`` and ``zinc_capped`` are cations that are not covered and carry a halide, or have been
    exchanged (and carry none); those under an open anion that have been exchanged too.
    """

    number: NDArray[np.int64]
    anions: Mapping[str, int]
    crystalline: Mapping[str, int]
    elements: Mapping[str, int]
    ligands: Mapping[str, int]
    sites: int
    covered: int
    exchanged: int
    linked: int
    oxide: int
    memory: int
    open_anions: int
    zinc_capped: int
    halide_capped: int

    @property
    def shell(self) -> int:
        """All shell anions."""
        return sum(self.anions.values())


def tally(of: SiteMap) -> Tally:
    """Count what sits on the sites of a dot."""
    dot, kinds = of.dot, of.kinds
    number = np.bincount(dot.kind, minlength=len(dot.kinds))
    anion = kinds.shell >= 0

    plain, shut_in = of.uncovered
    bare = np.bincount(dot.kind[plain[~shut_in]], minlength=len(dot.kinds))
    open_anions = neighbours.open_anions(of)
    # An open anion sits on a cation of the core's own that has kept a ligand, or else on an exchanged one.
    own = int(number @ (kinds.surface & kinds.covered & kinds.capped & ~kinds.exchanged))

    def total(flags: NDArray[np.bool_] | NDArray[np.int64]) -> int:
        return int(number @ flags)

    elements = Counter({el: total(kinds.added * each) for el, each in kinds.composition.items()})
    ligands = Counter({x: total(each) for x, each in kinds.ligands.items()})
    for what, n in dot.outside:
        elements.update({el: n * k for el, k in what.composition.items()})
        ligands.update({x: n * k for x, k in what.ligands.items()})
    return Tally(
        number,
        {el: total(kinds.shell == i) for i, el in enumerate(kinds.elements)},
        {el: total((kinds.shell == i) & kinds.crystalline) for i, el in enumerate(kinds.elements)},
        elements,
        ligands,
        total(kinds.surface),
        total(kinds.surface & kinds.covered) + int(np.sum(of.uncovered[1])),
        total(kinds.exchanged),
        total(anion & kinds.linked),
        total(kinds.oxide),
        total(kinds.memory),
        open_anions,
        int(bare @ (kinds.exchanged & ~kinds.halide)) + max(0, open_anions - own),
        int(bare @ kinds.halide),
    )
