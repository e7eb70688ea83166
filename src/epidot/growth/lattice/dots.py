"""Dots cut out of one zinc-blende lattice: which site is core, which carries a ligand, which is empty.

All dots of a flask share the lattice and its neighbours; each has a centre and a diameter of its own.  The
plain rule: every core anion inside the sphere, every core cation bonded to one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epidot.growth.kmc.builders import zinc_blende
from epidot.growth.kmc.lattice import Lattice, Relation

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Oxide = Literal["random", "patchy"]
BEARING = 2  # e that a core-surface cation which takes part has to close: {In} is +2, the rest is the core's
PATCHES = 3  # of oxide on a dot, where it is patchy

_STEP_NM = 0.4
_TYPICAL = 100  # dots that the mean dot is taken from
_SKIN_NM = 0.75  # of core below the surface that is kept: more than any reaction sees


@dataclass(frozen=True)
class Master:
    """The sites that dots are cut from: all anions between two radii, cations up to a third.

    ``grid`` (n, 3) are coordinates in quarters of the lattice constant ``a_nm``; ``outer`` says which anion
    sites lie at the rim, where neighbours are missing.
    """

    lattice: Lattice
    grid: NDArray[np.int32]
    outer: Bools
    a_nm: float
    radii_nm: tuple[float, float, float]  # innermost, outermost, outermost cation

    def __len__(self) -> int:
        return len(self.grid)

    @property
    def cation(self) -> Bools:
        """Which sites are of the cation sublattice, shape (n,)."""
        return np.asarray(self.lattice.sublattice == 0)

    @cached_property
    def sites(self) -> Lattice:
        """The same sites without their positions, to compile models for."""
        return Lattice(self.lattice.sublattice, self.lattice.relations, self.lattice.sublattices)

    @cached_property
    def inwards(self) -> tuple[NDArray[np.intp], Floats]:
        """Anion sites from the rim to the middle, and how far each lies from the middle, nm."""
        assert self.lattice.position is not None
        sites = np.flatnonzero(~self.cation)
        distances = np.linalg.norm(self.lattice.position[sites], axis=1)
        order = np.argsort(-distances, kind="stable")
        return sites[order], distances[order]

    def rim(self, width_nm: float) -> int:
        """How many of these sites, the first, lie less than ``width_nm`` inside the outermost radius."""
        return int(np.searchsorted(-self.inwards[1], width_nm - self.radii_nm[1]))


@lru_cache(maxsize=8)
def master(inner_nm: float, outer_nm: float, cations_nm: float, a_nm: float, near_nm: float) -> Master:
    """The sites of zinc blende within these radii, with the relations ``nn``, ``second`` and ``near``."""
    whole = zinc_blende(outer_nm, a_nm, centre="anion", near=near_nm)
    assert whole.position is not None
    r = np.linalg.norm(whole.position, axis=1)
    cation = whole.sublattice == 0
    kept = (r >= inner_nm) & (~cation | (r < cations_nm))
    new = np.cumsum(kept) - 1
    n = int(kept.sum())
    relations = {}
    for name, relation in whole.relations.items():
        both = kept[relation.centre] & kept[relation.index]
        centre, index = new[relation.centre[both]], new[relation.index[both]]
        # Those that are near come in the order of the sites.
        order = np.lexsort((index, centre)) if name == "near" else np.arange(len(centre))
        relations[name] = Relation.of_pairs(n, centre[order], index[order])
    position = whole.position[kept]
    is_cation = cation[kept]
    grid = np.rint(position * 4 / a_nm).astype(np.int32)
    lattice = Lattice(whole.sublattice[kept], relations, whole.sublattices, position=position)
    # A site without all twelve neighbours outward lies at the rim.
    reach = a_nm / np.sqrt(2.0)
    outer = ~is_cation & (np.linalg.norm(position, axis=1) > outer_nm - reach)
    return Master(lattice, grid, outer, a_nm, (inner_nm, outer_nm, cations_nm))


def master_for(diameters_nm: Floats, outer_nm: float, a_nm: float, near_nm: float) -> Master:
    """A lattice for cores of these diameters, wherever their centres lie, up to ``outer_nm`` from the middle.

    Radii are rounded outward to steps of ``_STEP_NM``, so that like flasks share it.
    """
    off = 0.57 * a_nm  # the farthest a centre lies from a lattice point
    inner = max(float(diameters_nm.min()) / 2 - off - _SKIN_NM, 0.0)
    cations = float(diameters_nm.max()) / 2 + off + a_nm / 2
    return master(
        float(np.floor(inner / _STEP_NM) * _STEP_NM),
        float(np.ceil(outer_nm / _STEP_NM) * _STEP_NM),
        float(np.ceil(cations / _STEP_NM) * _STEP_NM),
        a_nm,
        near_nm,
    )


def larger(than: Master, outer_nm: float, near_nm: float) -> Master:
    """The same sites and more, up to ``outer_nm`` at least."""
    inner, _, cations = than.radii_nm
    return master(inner, float(np.ceil(outer_nm / _STEP_NM) * _STEP_NM), cations, than.a_nm, near_nm)


def centres(n: int, a_nm: float, rng: np.random.Generator) -> Floats:
    """``n`` centres spread evenly over the cell about a lattice point, shape (n, 3), nm."""
    points = rng.random((n, 3))
    half = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    folded = points[:, None, :] - half
    folded -= np.rint(folded)
    nearest = np.argmin((folded**2).sum(axis=2), axis=1)
    return np.asarray(folded[np.arange(n), nearest] * a_nm)


@dataclass(frozen=True)
class Cut:
    """One core: ``core`` ions, ``bearing`` cations (fewest core anions first) and the first shell.

    ``open_bonds`` of the bearing cations, in their order.
    """

    core: Bools
    bearing: NDArray[np.intp]
    first: Bools
    open_bonds: NDArray[np.intp]


def cut(of: Master, centre_nm: Floats, diameter_nm: float, rng: np.random.Generator) -> Cut:
    """Cut a core; cations of the surface are ordered by their open bonds, ties at random."""
    assert of.lattice.position is not None
    r = np.linalg.norm(of.lattice.position - centre_nm, axis=1)
    cation = of.cation
    anion_in = ~cation & (r < diameter_nm / 2)
    nn = of.lattice.relations["nn"]
    n = len(of)
    bonds = np.bincount(nn.centre[anion_in[nn.index]], minlength=n)
    skin = r > diameter_nm / 2 - _SKIN_NM / 2  # at the inner edge bonds are missing that are not open
    core_cation = cation & ((bonds > 0) | ~skin)
    surface = np.flatnonzero(core_cation & (bonds < 4) & skin)
    order = np.lexsort((rng.random(len(surface)), bonds[surface]))
    beside = np.zeros(n, dtype=bool)
    beside[nn.index[core_cation[nn.centre]]] = True
    first = ~cation & ~anion_in & beside
    return Cut(core_cation | anion_in, surface[order], first, 4 - bonds[surface[order]])


def spectators(dot: Cut, held: int, most: int) -> list[NDArray[np.intp]]:
    """Cations that take no part and carry an X ligand, so that the charge of the cut closes.

    An open bond of a cation is worth 3/4 e (all anions keep their four), the ``held`` cations that take part
    close :data:`BEARING` e each, and the rest is left to the others.  Their sites by the number of ligands
    they carry: one, two, up to ``most``, those with most open bonds first.
    """
    excess = round(0.75 * int(dot.open_bonds.sum()) - BEARING * held)
    inert = dot.bearing[held:]
    each, more = divmod(max(excess, 0), max(len(inert), 1))
    numbers = np.full(len(inert), each)
    numbers[:more] += 1
    return [inert[np.minimum(numbers, most) == n] for n in range(1, most + 1)]


def inventory(per_dot: Mapping[str, float], bearing: int, rng: np.random.Generator) -> dict[str, int]:
    """Whole numbers of what the surface carries, right on average, at most one per bearing cation."""
    out = {}
    left = bearing
    for name, x in per_dot.items():
        out[name] = min(int(np.floor(x + rng.random())), left)
        left -= out[name]
    return out


def dressed(
    of: Master, dot: Cut, numbers: Mapping[str, int], patchy: frozenset[str], rng: np.random.Generator
) -> dict[str, NDArray[np.intp]]:
    """Sites of every surface species: on the best exposed cations, at random; ``patchy`` ones in patches."""
    assert of.lattice.position is not None
    total = sum(numbers.values())
    free = dot.bearing[:total][rng.permutation(total)]
    out: dict[str, NDArray[np.intp]] = {}
    for name in sorted(numbers, key=lambda s: (s not in patchy, s)):
        n = numbers[name]
        if name in patchy and n:
            place = of.lattice.position[free]
            seeds = place[: min(PATCHES, len(free))]
            away = np.min(np.linalg.norm(place[:, None] - seeds, axis=2), axis=1)
            free = free[np.argsort(away, kind="stable")]
        out[name], free = free[:n], free[n:]
    return out


@dataclass(frozen=True)
class Shape:
    """What the average dot of a flask looks like to a rate law that counts by dots.

    ``bearing`` cations and ``first`` anion positions per dot; ``around[relation, from, to]`` neighbours of
    the class ``to`` that a site of the class ``from`` has (classes: cation, anion).
    """

    bearing: float
    first: float
    around: Mapping[str, float]

    @property
    def key(self) -> tuple[float, ...]:
        """What tells two of them apart."""
        return (self.bearing, self.first, *self.around.values())

    def neighbours(self, relation: str, from_: str, to: str) -> float:
        """Mean number of such neighbours."""
        return self.around[f"{relation}/{from_}/{to}"]

    @classmethod
    def of(cls, of: Master, dots: list[tuple[NDArray[np.intp], Bools]]) -> Shape:
        """The mean over dots given as (sites of the bearing cations, mask of the first shell)."""
        totals: dict[str, float] = {}
        bearing = first = 0
        for cations, anions in dots:
            is_bearing = np.zeros(len(of), dtype=bool)
            is_bearing[cations] = True
            classes = {"cation": is_bearing, "anion": anions}
            bearing += int(is_bearing.sum())
            first += int(anions.sum())
            for name, relation in of.lattice.relations.items():
                for a, here in classes.items():
                    beside = relation.index[here[relation.centre]]
                    for b, there in classes.items():
                        key = f"{name}/{a}/{b}"
                        totals[key] = totals.get(key, 0.0) + float(np.count_nonzero(there[beside]))
        size = {"cation": bearing, "anion": first}
        around = {key: total / size[key.split("/")[1]] for key, total in totals.items()}
        return cls(bearing / len(dots), first / len(dots), around)


@lru_cache(maxsize=16)
def mean_shape(diameter_nm: float, bearing: float, a_nm: float, near_nm: float) -> Shape:
    """The shape of the mean dot: always the same cuts of that diameter, with ``bearing`` cations each.

    Rates must not depend on which dots a flask happens to hold.
    """
    rng = np.random.default_rng(_TYPICAL)
    size = np.array([diameter_nm])
    of = master_for(size, diameter_nm / 2 + 2 * a_nm, a_nm, near_nm)
    found = []
    for centre in centres(_TYPICAL, a_nm, rng):
        dot = cut(of, centre, diameter_nm, rng)
        found.append((dot.bearing[: int(np.floor(bearing + rng.random()))], dot.first))
    return Shape.of(of, found)
