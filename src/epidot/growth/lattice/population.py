"""Every dot of a flask on its sites: what ``FlaskState.grown`` carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.dot.grown import GrownDots, SiteSpecies
from epidot.growth.lattice.dots import Master, Shape, master
from epidot.mechanism.lattice import Section

_ARRAYS = ("kind", "diameters_nm", "centres_nm", "supply", "random")


@dataclass(frozen=True)
class GrownPopulation:
    """All dots at one moment, and what is needed to go on to the same bits.

    ``supply`` (dots,), of mean 1, is the rate at which each dot takes up monomer over that of the mean dot.
    ``kind`` (dots, n) index into the kinds of the mechanism's lattice; ``radii_nm`` those of the sites
    (:class:`~epidot.growth.lattice.dots.Master`); ``random`` (4,) state of the stream; ``rest`` molecules
    per dissolved species that are less than one and wait; ``events`` of every step so far, all dots.
    ``stuck`` says why nothing could happen at the end, empty otherwise.  Dots that grow in B blocks
    (:mod:`epidot.growth.lattice.blocks`) have a ``random`` of (B, 4); ``apart`` is the largest relative
    difference of a block's liquor from the mean so far.  ``outside`` is what lies on the
    outer surfaces without a site, all dots together, ``places`` how many places for which ligands they have
    per nm², ``cells_nm3`` the volume of a unit of shell by its chalcogen.
    """

    core: str
    a_nm: float
    near_nm: float
    radii_nm: tuple[float, float, float]
    diameters_nm: NDArray[np.float64]
    centres_nm: NDArray[np.float64]
    supply: NDArray[np.float64]
    kind: NDArray[np.uint8]
    kinds: tuple[str, ...]
    shape: Shape
    random: NDArray[np.uint64]
    rest: Mapping[str, float] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    stuck: str = ""
    apart: float = 0.0
    outside: Mapping[str, int] = field(default_factory=dict)
    places: tuple[float, tuple[str, ...]] = (0.0, ())
    cells_nm3: Mapping[str, float] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of dots."""
        return len(self.diameters_nm)

    @property
    def master(self) -> Master:
        """The sites all dots are on."""
        return master(*self.radii_nm, self.a_nm, self.near_nm)

    @property
    def counts(self) -> dict[str, int]:
        """Sites of every kind, all dots together."""
        found = np.bincount(self.kind.reshape(-1), minlength=len(self.kinds))
        return dict(zip(self.kinds, found.tolist(), strict=True))

    @property
    def told_by(self) -> tuple[object, ...]:
        """All that the readouts can see of the dots, to tell whether two populations read alike."""
        arrays = (self.kind, self.diameters_nm, self.centres_nm)
        seen = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).digest()
        mine = (self.core, self.a_nm, self.near_nm, self.radii_nm, self.kinds, self.places)
        return (*mine, tuple(self.outside.items()), tuple(self.cells_nm3.items()), seen)

    def moved_to(self, larger: Master, vacant: Mapping[str, str]) -> GrownPopulation:
        """The same dots on a larger lattice; new sites are empty."""
        old = self.master
        low = larger.grid.min(axis=0)
        span = larger.grid.max(axis=0) - low + 1
        place = np.full(int(np.prod(span)), -1, dtype=np.int64)
        place[np.ravel_multi_index(tuple((larger.grid - low).T), tuple(span))] = np.arange(len(larger))
        to = place[np.ravel_multi_index(tuple((old.grid - low).T), tuple(span))]
        empty = np.where(
            larger.cation, self.kinds.index(vacant["cation"]), self.kinds.index(vacant["beyond"])
        )
        kind = np.repeat(empty[None].astype(np.uint8), self.n, axis=0)
        kind[:, to] = self.kind
        return replace(self, kind=kind, radii_nm=larger.radii_nm)

    def dots(self, section: Section) -> GrownDots:
        """Every dot for the readouts."""
        of = self.master
        assert of.lattice.position is not None
        outside, rounded = shared_out(self, section)
        return GrownDots(
            core=self.core,
            core_diameters_nm=self.diameters_nm,
            a_nm=self.a_nm,
            lattice_nm=of.lattice.position,
            centres_nm=self.centres_nm,
            cation=of.cation,
            kind=self.kind,
            kinds=_species(section, self.kinds),
            outside=outside,
            places=self.places,
            rounded=rounded,
        )

    def plain(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """As JSON and arrays, for a checkpoint."""
        text = {
            "core": self.core,
            "a_nm": self.a_nm,
            "near_nm": self.near_nm,
            "radii_nm": list(self.radii_nm),
            "kinds": list(self.kinds),
            "shape": {
                "bearing": self.shape.bearing, "first": self.shape.first, "around": dict(self.shape.around)
            },
            "rest": dict(self.rest),
            "events": dict(self.events),
            "stuck": self.stuck,
            "apart": self.apart,
            "outside": dict(self.outside),
            "places": [self.places[0], list(self.places[1])],
            "cells_nm3": dict(self.cells_nm3),
        }  # fmt: skip
        return text, {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_plain(cls, text: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> GrownPopulation:
        """From :meth:`plain`, to the same bits."""
        apart = ("radii_nm", "kinds", "shape", "places")
        rest: dict[str, Any] = {k: v for k, v in text.items() if k not in apart}
        rest.update({name: arrays[name] for name in _ARRAYS})
        return cls(
            **rest,
            radii_nm=tuple(text["radii_nm"]),
            kinds=tuple(text["kinds"]),
            shape=Shape(**text["shape"]),
            places=(text["places"][0], tuple(text["places"][1])),
        )


_MOST = 16  # of tuples of species that are kept, each beside its section, so that no other gets its place
_SPECIES: dict[tuple[int, tuple[str, ...]], tuple[Section, tuple[SiteSpecies, ...]]] = {}


def _species(section: Section, kinds: tuple[str, ...]) -> tuple[SiteSpecies, ...]:
    """What the kinds are to those who read dots: one tuple for all populations, as it is looked at once."""
    key = id(section), kinds
    if key not in _SPECIES:
        if len(_SPECIES) >= _MOST:
            _SPECIES.clear()
        of = [section.kinds[name] for name in kinds]
        made = tuple(SiteSpecies(k.name, k.elements, k.ligands, float(k.charge), k.marks) for k in of)
        _SPECIES[key] = section, made
    return _SPECIES[key][1]


def shared_out(
    population: GrownPopulation, section: Section
) -> tuple[list[tuple[tuple[SiteSpecies, int], ...]], list[float]]:
    """What lies outside, dot by dot: what is charged goes where the charge of the sites asks for it.

    The chain counts it for all dots together, since nothing depends on which of them it lies on.  What is
    neutral goes where places are free.  And by how many ligands each dot got more than its share, since
    molecules are whole: neither a dot nor a small flask has open places by that.
    """
    rows: list[list[tuple[SiteSpecies, int]]] = [[] for _ in range(population.n)]
    if not any(population.outside.values()):
        return [tuple(row) for row in rows], [0.0] * population.n
    found = np.array([np.bincount(row, minlength=len(population.kinds)) for row in population.kind])
    of_kind = [section.kinds[name] for name in population.kinds]
    lacking = -(found @ np.array([float(k.charge) for k in of_kind]))
    density, chains = population.places
    per = population.cells_nm3
    cells = np.array([sum(k.elements.get(el, 0) * v for el, v in per.items()) for k in of_kind])
    volume = np.pi / 6 * population.diameters_nm**3 + found @ cells
    free = density * (36 * np.pi) ** (1 / 3) * volume ** (2 / 3)
    free -= found @ np.array([float(sum(k.ligands.get(x, 0) for x in chains)) for k in of_kind])
    there = {name: population.outside.get(name, 0) for name in section.pool}
    alone = _alone(section, there, lacking)
    rounded = np.zeros(population.n)
    # What is charged first, so that the rest goes to the places that are left.
    if alone is not None:
        more = np.rint(np.maximum(-lacking, 0.0)).astype(np.int64)
        free -= more * sum(alone.ligands.get(x, 0) for x in chains)
        for row, k in zip(rows, more.tolist(), strict=True):
            row.append((alone, k))
    for name, one in sorted(section.pool.items(), key=lambda item: not item[1].charge):
        wanted = np.maximum(lacking, 0.0) / one.charge if one.charge else np.maximum(free, 0.0)
        weights = wanted if wanted.any() else volume ** (2 / 3)
        n = apportioned(there[name], weights)
        each = sum(one.ligands.get(x, 0) for x in chains)
        free -= n * each
        rounded += (n - there[name] * weights / weights.sum()) * each
        species = SiteSpecies(one.name, one.elements, one.ligands, float(one.charge), one.marks)
        for row, k in zip(rows, n.tolist(), strict=True):
            row.append((species, k))
    # The neutral ones came last: not one molecule of them is wanting on all dots together.
    if 0 < free.sum() < each:
        rounded = -free
    return [tuple(row) for row in rows], rounded.tolist()


def _alone(section: Section, there: dict[str, int], lacking: NDArray[np.float64]) -> SiteSpecies | None:
    """Ligands without their metal, where the sites of some dot want a negative charge; of ``there`` is split.

    A neutral species is then told as a charged one, on a dot that wants it, and the ligand that this one is
    short of, on the zinc of another: Zn(OA)2(s) as ZnOA(s) and OA(s).  Nothing is lost or made.
    """
    wanted = round(float(np.maximum(-lacking, 0.0).sum()))
    if not wanted:
        return None
    for charged in (one for one in section.pool.values() if one.charge == 1):
        for whole in (one for one in section.pool.values() if not one.charge):
            left = {el: n - charged.elements.get(el, 0) for el, n in whole.elements.items()}
            ligands = {x: n - charged.ligands.get(x, 0) for x, n in whole.ligands.items()}
            held = charged.elements.keys() <= whole.elements.keys() and there[whole.name] >= wanted
            if held and min(left.values()) >= 0 and sum(ligands.values()) == 1:
                there[whole.name] -= wanted
                there[charged.name] += wanted
                (name,) = (x for x, n in ligands.items() if n)
                elements = {el: n for el, n in left.items() if n}
                return SiteSpecies(f"{name}(s)", elements, {name: 1}, -1.0, whole.marks)
    return None


def apportioned(n: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """``n`` shared out by ``weights`` (dots,) as whole numbers, the largest remainders first."""
    exact = n * weights / weights.sum()
    out: NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(out - exact, kind="stable")
    out[order[: n - int(out.sum())]] += 1
    return out


def in_mean_field(section: Section, counts: Mapping[str, int], dots: int) -> dict[str, float]:
    """Mean counts per dot of every surface and deposited species of the mechanism.

    Cation and anion of a composite are put together in the order of the file, as many as there are; what is
    left is told as itself.  Charge sees to it that nothing is left that the mean field has no name for.
    """
    left = dict(counts)
    out: dict[str, float] = {}
    for composite in section.composites:
        n = min(left.get(part, 0) for part in composite.of)
        if n:
            out[composite.species] = out.get(composite.species, 0.0) + n / dots
            for part in composite.of:
                left[part] -= n
    silent = {*section.core.values(), *section.vacant.values()}
    silent |= {name for name, kind in section.kinds.items() if "spectator" in kind.marks}
    for name, n in left.items():
        if n and name not in silent:
            out[name] = out.get(name, 0.0) + n / dots
    return out
