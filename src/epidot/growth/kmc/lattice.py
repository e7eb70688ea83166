"""Sites of one or many dots and who neighbours whom, under several named relations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.errors import Faults, InputError

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Relation:
    """Neighbour lists in compressed rows: the neighbours of site i are ``index[start[i]:start[i + 1]]``."""

    start: Ints
    index: Ints

    @classmethod
    def of_pairs(cls, n: int, centre: ArrayLike, neighbour: ArrayLike) -> Relation:
        """From directed pairs (centre, neighbour) of ``n`` sites; the order of a row is that of the pairs."""
        c, j = np.asarray(centre, dtype=np.int64), np.asarray(neighbour, dtype=np.int32)
        order = np.argsort(c, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(c, minlength=n))])
        return cls(start.astype(np.int32), j[order])

    @property
    def degree(self) -> Ints:
        """Neighbours of each site, shape (n,)."""
        return np.diff(self.start).astype(np.int32)

    @property
    def centre(self) -> Ints:
        """The centre of every entry of ``index``, the same shape."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), self.degree)

    def of(self, site: int) -> Ints:
        """Neighbours of one site."""
        return self.index[self.start[site] : self.start[site + 1]]

    def __len__(self) -> int:
        return len(self.index)


class Copies(Mapping[str, Relation]):
    """The relations of ``n`` dots that are all alike ``one``; those of all sites are made when asked for."""

    def __init__(self, one: Lattice, n: int) -> None:
        self.one, self.n = one, n
        self._made: dict[str, Relation] = {}

    def __getitem__(self, name: str) -> Relation:
        if name not in self._made:
            self._made[name] = _joined([self.one.relations[name]] * self.n, _offsets([self.one] * self.n))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.one.relations)

    def __len__(self) -> int:
        return len(self.one.relations)


@dataclass(frozen=True)
class Lattice:
    """Sites in one array, dot after dot.

    ``sublattice`` holds an index into ``sublattices`` per site; ``dots`` the first site of every dot and the
    number of sites, shape (dots + 1,); ``position``, shape (n, dimensions), is in any one unit and only for
    distances and pictures.
    """

    sublattice: NDArray[np.uint8]
    relations: Mapping[str, Relation]
    sublattices: tuple[str, ...] = ("site",)
    dots: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    position: Floats | None = None
    _beside: dict[str, NDArray[np.bool_]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _rows: dict[tuple[str, ...], tuple[NDArray[np.int64], Ints]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    _back: dict[str, Relation] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not len(self.dots):
            object.__setattr__(self, "dots", np.array([0, len(self)], dtype=np.int32))
        faults = Faults("lattice")
        n = len(self)
        if not n:
            faults.add("a lattice needs at least one site")
        elif int(self.sublattice.max()) >= len(self.sublattices):
            faults.add("a site has a sublattice without a name", seen=int(self.sublattice.max()))
        if self.dots[0] != 0 or self.dots[-1] != n or np.any(np.diff(self.dots) < 1):
            faults.add("the dots must divide the sites into consecutive, non-empty runs", seen=self.dots)
        new = {} if isinstance(self.relations, Copies) else self.relations  # what is copied was checked
        for name, relation in new.items():
            if len(relation.start) != n + 1 or relation.start[-1] != len(relation.index):
                faults.add(f"relation {name!r} does not have one row per site")
            elif len(relation) and not 0 <= int(relation.index.min()) <= int(relation.index.max()) < n:
                faults.add(f"relation {name!r} names a site that does not exist")
            elif np.any(relation.index == relation.centre):
                faults.add(
                    f"under relation {name!r} a site is its own neighbour",
                    remedy="a periodic lattice must be at least three sites wide",
                )
            elif np.any(self.dot_of[relation.index] != self.dot_of[relation.centre]):
                faults.add(f"relation {name!r} joins two dots")
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.sublattice)

    @property
    def n_dots(self) -> int:
        """Number of dots."""
        return len(self.dots) - 1

    @property
    def dot_of(self) -> Ints:
        """The dot of each site, shape (n,)."""
        return np.repeat(np.arange(self.n_dots, dtype=np.int32), np.diff(self.dots))

    def beside(self, relation: str) -> NDArray[np.bool_]:
        """Whether a site of a sublattice (row) has a neighbour on another (column) under a relation."""
        if relation not in self._beside:
            r, many = self.relations[relation], len(self.sublattices)
            pairs = self.sublattice[r.centre].astype(np.int64) * many + self.sublattice[r.index]
            self._beside[relation] = np.bincount(pairs, minlength=many * many).reshape(many, many) > 0
        return self._beside[relation]

    def rows(self, names: tuple[str, ...]) -> tuple[NDArray[np.int64], Ints]:
        """The rows of several relations in one array ``index``, and where each begins: (relations, n + 1)."""
        if names not in self._rows:
            each = [self.relations[name] for name in names]
            ahead = np.cumsum([0, *(len(r) for r in each)])
            start = np.stack([r.start.astype(np.int64) + a for r, a in zip(each, ahead[:-1], strict=True)])
            self._rows[names] = start, np.concatenate([r.index for r in each])
        return self._rows[names]

    def back(self, name: str) -> Relation:
        """A relation the other way round: who has a site among its neighbours."""
        if name not in self._back:
            r = self.relations[name]
            self._back[name] = Relation.of_pairs(len(self), r.index, r.centre)
        return self._back[name]

    def reordered(self, order: ArrayLike) -> Lattice:
        """The same sites in another order (``order[new] = old``), which must keep dots together."""
        old = np.asarray(order, dtype=np.int64)
        new = np.empty(len(self), dtype=np.int32)
        new[old] = np.arange(len(self), dtype=np.int32)
        if np.any(self.dot_of[old] != self.dot_of):
            raise InputError("an order of the sites must keep every dot together", "lattice")
        relations = {}
        for name, r in self.relations.items():
            relations[name] = Relation.of_pairs(len(self), new[r.centre], new[r.index])
        position = None if self.position is None else self.position[old]
        return replace(self, sublattice=self.sublattice[old], relations=relations, position=position)

    def along_curve(self) -> Lattice:
        """Sites sorted along a space-filling (Morton) curve within each dot: neighbours close in memory."""
        if self.position is None:
            return self
        scaled = self.position - self.position.min(axis=0)
        span = float(scaled.max()) or 1.0
        cell = np.floor(scaled / span * 1023.999).astype(np.uint64)
        code = np.zeros(len(self), dtype=np.uint64)
        dimensions = cell.shape[1]
        for bit in range(10):
            for axis in range(dimensions):
                one = (cell[:, axis] >> np.uint64(bit)) & np.uint64(1)
                code |= one << np.uint64(bit * dimensions + axis)
        return self.reordered(np.lexsort((code, self.dot_of)))


def templates(lattice: Lattice) -> tuple[Lattice, Ints]:
    """The distinct dots of a lattice, and for each dot how far its sites lie behind those of its template.

    Dots cut from one master lattice are alike, and then share one set of neighbour lists.
    """
    if isinstance(lattice.relations, Copies):
        return lattice.relations.one, lattice.dots[:-1]
    known: dict[bytes, int] = {}
    distinct: list[Lattice] = []
    firsts: list[int] = []
    shift = np.zeros(lattice.n_dots, dtype=np.int32)
    for d, (first, last) in enumerate(zip(lattice.dots[:-1], lattice.dots[1:], strict=True)):
        sublattice = lattice.sublattice[first:last]
        relations = {}
        print_of = hashlib.sha256(sublattice.tobytes())
        for name, r in lattice.relations.items():
            start = r.start[first : last + 1]
            row = Relation(start - start[0], r.index[start[0] : start[-1]] - first)
            relations[name] = row
            print_of.update(row.start.tobytes() + row.index.tobytes())
        if print_of.digest() not in known:
            known[print_of.digest()] = len(distinct)
            firsts.append(sum(len(x) for x in distinct))
            distinct.append(Lattice(sublattice, relations, lattice.sublattices))
        shift[d] = first - firsts[known[print_of.digest()]]
    return join(distinct), shift


def join(dots: Sequence[Lattice]) -> Lattice:
    """Many dots in one array of sites: one Markov chain, no neighbours between dots.

    Raises
    ------
    InputError
        If there are none, or they differ in sublattices or in the names of their relations.
    """
    faults = Faults("lattice")
    if not dots:
        faults.add("nothing to join")
        faults.raise_if_any()
    first = dots[0]
    for number, dot in enumerate(dots):
        if dot.sublattices != first.sublattices or set(dot.relations) != set(first.relations):
            faults.add(f"dot {number} has other sublattices or relations than dot 0")
    faults.raise_if_any()
    offsets = _offsets(dots)
    relations = {name: _joined([d.relations[name] for d in dots], offsets) for name in first.relations}
    bounds = [d.dots[:-1] + o for d, o in zip(dots, offsets[:-1], strict=True)] + [offsets[-1:]]
    positions = [d.position for d in dots if d.position is not None]
    return Lattice(
        np.concatenate([d.sublattice for d in dots]),
        relations,
        first.sublattices,
        np.concatenate(bounds).astype(np.int32),
        np.concatenate(positions) if len(positions) == len(dots) else None,
    )


def copied(one: Lattice, n: int) -> Lattice:
    """``n`` dots alike in one array of sites, as :func:`join` gives them, without positions."""
    size = len(one)
    dots = np.arange(0, n * size + 1, size, dtype=np.int32)
    return Lattice(np.tile(one.sublattice, n), Copies(one, n), one.sublattices, dots)


def _offsets(dots: Sequence[Lattice]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(d) for d in dots])]).astype(np.int32)


def _joined(rows: Sequence[Relation], offsets: Ints) -> Relation:
    """One relation of many dots, whose first sites are ``offsets``."""
    edges = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    start = np.concatenate([r.start[:-1] + e for r, e in zip(rows, edges[:-1], strict=True)] + [edges[-1:]])
    index = np.concatenate([r.index + o for r, o in zip(rows, offsets[:-1], strict=True)])
    return Relation(start.astype(np.int32), index.astype(np.int32))
