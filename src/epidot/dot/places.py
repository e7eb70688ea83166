"""Where things sit in a grown dot: who holds on by how much, where the oxide is, composition by radius."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grid import Grid, grid
from epidot.dot.grown import GrownDot
from epidot.dot.interior import whole
from epidot.dot.species import Table, table
from epidot.matter.materials import crystal

Array = NDArray[np.float64]


def attached(dot: GrownDot, where: Grid | None = None, known: Table | None = None) -> NDArray[np.bool_]:
    """For every shell anion (in the order of the sites) whether iterated peeling leaves it, shape (m,).

    An anion holds on by the core cations it touches and by the shell anions beside it, with which it shares
    shell zinc.  One that is marked ``loose`` (it carries Intermediate 1 or an open oleate end, or sits in a
    chain not yet folded) holds on once and holds nobody.  Whoever holds on by one or none is peeled, then
    those that have thereby lost their hold, until nobody is left to peel.  The mark ``linked`` says what the
    mechanism made of the same question and decides what HF takes; this says what the sites allow.
    """
    net, kinds = where or grid(dot), known or table(dot)
    present = np.array([bool(k.composition) for k in dot.kinds])
    mine = np.flatnonzero(~dot.cation & (kinds.shell[dot.kind] >= 0))
    cations = net.field(dot.cation & present[dot.kind], 0)
    place = net.place[mine]
    to_core = cations[place[:, None] + net.first].sum(axis=1)
    number = np.full(net.size**3, len(mine), dtype=np.int64)
    number[place] = np.arange(len(mine))
    beside = number[place[:, None] + net.second]
    loose = np.array(["loose" in k.marks for k in dot.kinds])[dot.kind[mine]]
    stays = np.append(~loose, False)
    while True:
        holds = to_core + stays[beside].sum(axis=1)
        gone = stays[:-1] & (holds < 2)
        if not gone.any():
            return stays[:-1]
        stays[:-1] &= ~gone


def oxide_places(dot: GrownDot, where: Grid | None = None, known: Table | None = None) -> tuple[float, float]:
    """Mean distance of the oxide units from the centre in nm, and how they cluster.

    Clustering is the mean number of oxide units beside one (of twelve cation neighbours) over what the same
    number of units strewn at random on the same surface sites would have: 1 is random, more is patchy.
    Both are 0 where there are fewer than one (radius) or two (clustering) units.
    """
    kinds = known or table(dot)
    oxide = dot.cation & (kinds.oxide[dot.kind] > 0)
    n = int(np.count_nonzero(oxide))
    if n == 0:
        return 0.0, 0.0
    radius = float(np.linalg.norm(dot.position_nm[oxide], axis=1).mean())
    net = where or grid(dot)
    sites = dot.cation & kinds.surface[dot.kind]
    beside = _pairs(net, sites)
    if n < 2 or beside == 0:
        return radius, 0.0
    expected = beside * n * (n - 1) / (int(sites.sum()) * (int(sites.sum()) - 1))
    return radius, _pairs(net, oxide) / expected


def _pairs(net: Grid, flags: NDArray[np.bool_]) -> int:
    cube = net.field(flags, 0)
    return int(cube[net.place[flags][:, None] + net.second].sum())


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
    for dot in map(whole, group):
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
