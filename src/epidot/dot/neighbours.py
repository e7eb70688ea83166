"""What the sites of a grown dot have beside them: who holds on, who sits in pairs, where one is missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.dot.site_map import SiteMap

TERRACE = 7  # occupied of twelve: a hole in a terrace has 8 or 9, a kink has 6


def attached(of: SiteMap) -> NDArray[np.bool_]:
    """For every shell anion (in the order of the sites) whether iterated peeling leaves it, shape (m,).

    An anion holds on by the core cations it touches and by the shell anions beside it, with which it shares
    shell zinc.  One that is marked ``loose`` (it carries Intermediate 1 or an open oleate end, or sits in a
    chain not yet folded) holds on once and holds nobody.  Whoever holds on by one or none is peeled, then
    those that have thereby lost their hold, until nobody is left to peel.  The mark ``linked`` says what the
    mechanism made of the same question and decides what HF takes; this says what the sites allow.
    """
    mine, net = of.shell, of.grid
    to_core = of.to_core(mine)
    number = np.full(net.size**3, len(mine), dtype=np.int64)
    number[net.place[mine]] = np.arange(len(mine))
    beside = number[net.place[mine][:, None] + net.second]
    loose = of.kinds.loose[of.dot.kind[mine]]
    stays = np.append(~loose, False)
    while True:
        holds = to_core + stays[beside].sum(axis=1)
        gone = stays[:-1] & (holds < 2)
        if not gone.any():
            return stays[:-1]
        stays[:-1] &= ~gone


def holes(of: SiteMap, at_least: int = TERRACE) -> int:
    """Empty anion sites with ``at_least`` of twelve anion neighbours occupied: vacancies, most in terraces.

    A single vacancy in a {111} terrace has nine, in a {100} terrace eight; a kink site has six.  Whether
    the dot lists the empty site does not matter.
    """
    filled = ~of.dot.cation & (of.kinds.own | (of.kinds.shell >= 0))[of.dot.kind]
    here = of.grid.place[filled]
    count = np.bincount((here[:, None] + of.grid.second).ravel(), minlength=of.grid.size**3)
    count[here] = 0
    return int(np.count_nonzero(count >= at_least))


def oxide_radius_nm(of: SiteMap) -> float:
    """Mean distance of the oxide units from the centre; 0 without oxide."""
    if not len(of.oxide):
        return 0.0
    return float(np.linalg.norm(of.dot.position_nm[of.oxide], axis=1).mean())


def oxide_clustering(of: SiteMap) -> float:
    """Oxide units beside each other, for every pair expected if as many were strewn over the surface sites.

    1 is random, more is patchy; 0 where there are fewer than two units.
    """
    n, sites = len(of.oxide), len(of.surface)
    beside = of.grid.pairs(of.surface)
    if n < 2 or beside == 0:
        return 0.0
    return of.grid.pairs(of.oxide) / (beside * n * (n - 1) / (sites * (sites - 1)))


def open_anions(of: SiteMap) -> int:
    """Shell anions that brought no metal of their own and have at most two metals beside them.

    With three it has no level in the gap (sp3s*).  Metals are the core cations it touches and those cation
    positions outside them that it shares with a shell anion that holds zinc.
    """
    mine, kinds = of.shell, of.kinds
    loose = kinds.open[of.dot.kind[mine]]
    if not loose.any():
        return 0
    net = of.grid
    holds = np.zeros(net.size**3, dtype=np.bool_)
    holds[net.place[mine[~loose]]] = True
    core = net.field(of.dot.cation & kinds.present[of.dot.kind], 0).astype(np.bool_)
    beside = net.place[mine[loose]][:, None] + net.first
    shared = ~core[beside] & holds[beside[:, :, None] - net.first].any(axis=2)
    return int(np.count_nonzero((core[beside] | shared).sum(axis=1) <= 2))
