"""Composition of grown dots by radius."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot.fill_core import fill_core
from epidot.dot.grown import GrownDot
from epidot.dot.species import Table, table
from epidot.matter.materials import crystal

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """Ions per spherical cell: ``edges_nm`` (n + 1,), ``counts`` element -> (n,)."""

    edges_nm: Array
    counts: Mapping[str, Array]

    def density(self, element: str) -> Array:
        """Ions per nm³, (n,)."""
        cell = 4 * np.pi / 3 * np.diff(self.edges_nm**3)
        return np.asarray(self.counts[element] / cell)


def profile(dots: GrownDot | Sequence[GrownDot], width_nm: float = 0.1) -> Profile:
    """Composition by radius, the mean of ``dots``; zinc of the shell is counted where its chalcogenide sits.

    Inorganic ions only: the core's, the shell's and oxide.
    """
    group = [dots] if isinstance(dots, GrownDot) else list(dots)
    if not group:
        raise ValueError("a profile of no dots")
    found: list[tuple[str, Array, Array]] = []
    for dot in map(fill_core, group):
        kinds = table(dot)
        core = crystal(dot.core)
        wanted = {*core.cations, *core.anions, *kinds.elements, *kinds.cations}
        r = np.linalg.norm(dot.position_nm, axis=1)
        for el in sorted(wanted | {"O"}):
            per = np.array([_ions(k.composition, el, dot.core, i, kinds) for i, k in enumerate(dot.kinds)])
            weight = per[dot.kind]
            found.append((el, r[weight > 0], weight[weight > 0].astype(np.float64)))
    reach = max((float(r.max()) for _, r, _ in found if r.size), default=width_nm)
    edges: Array = np.arange(int(reach / width_nm) + 2, dtype=np.float64) * width_nm
    out: dict[str, Array] = {}
    for el, r, weight in found:
        out[el] = out.get(el, np.zeros(len(edges) - 1)) + np.histogram(r, edges, weights=weight)[0] / len(
            group
        )
    return Profile(edges, {el: n for el, n in out.items() if n.any()})


def _ions(composition: Mapping[str, int], el: str, core: str, i: int, kinds: Table) -> int:
    """Ions of ``el`` without those of organic ligands: P and O count only as core anion and oxide."""
    if el == "O":
        return int(kinds.oxide[i])
    if el in crystal(core).anions and el not in kinds.elements:
        return composition.get(el, 0) if kinds.own[i] and len(composition) == 1 else 0
    return composition.get(el, 0)
