"""Which sites see which, and which reactions take from and give to the liquor, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from epidot.errors import Faults
from epidot.growth.kmc.keys import Block
from epidot.growth.kmc.lattice import Lattice, Relation
from epidot.growth.kmc.model import Model
from epidot.growth.kmc.tables import BITS, CHUNK, Sites


class LiquorTables(NamedTuple):
    """The part of the tables that concerns dissolved species; see :class:`tables.Tables`."""

    change_start: NDArray[np.int32]
    change_species: NDArray[np.int32]
    change_n: NDArray[np.int64]
    order_start: NDArray[np.int32]
    order_species: NDArray[np.int32]
    order_n: NDArray[np.int32]
    order_needs: NDArray[np.int64]
    dependent_start: NDArray[np.int32]
    dependent: NDArray[np.int32]


class Begin(NamedTuple):
    """Where a relation of partners stands: its rows in ``near``, their width, its row in ``watch_start``."""

    near: int
    width: int
    watch: int


def neighbours(
    model: Model,
    lattice: Lattice,
    blocks: tuple[Block, ...],
    dots: NDArray[np.int32],
    shift: NDArray[np.int32],
) -> tuple[Sites, NDArray[np.int32], dict[str, Begin]]:
    """Who sees whom in its key, the change of key per change of species, and where each relation begins.

    ``dots`` are the bounds of all dots, ``lattice`` holds the distinct ones.

    Raises
    ------
    InputError
        If the distinct dots have more sites, or are seen in more ways, than a packed neighbour can name.
    """
    n, S = len(lattice), len(model.names)
    if n > 1 << BITS:
        faults = Faults(model.where)
        faults.add(
            f"too many sites in dots that differ (at most {1 << BITS})",
            seen=n,
            remedy="cut the dots from one master lattice, so that they share their neighbour lists",
        )
        faults.raise_if_any()
    names = list(dict.fromkeys(d.counted[0] for b in blocks for d in b.digits))
    sees = tuple(tuple(any(d.counted[0] == name for d in b.digits) for b in blocks) for name in names)
    found = _edges(lattice, tuple(names), sees)
    edge, signature, kinds, order = found.edge, found.signature, found.kinds, found.order

    if len(kinds) >= 1 << (31 - BITS):
        faults = Faults(model.where)
        faults.add(
            f"too many ways in which a site is seen by another (at most {(1 << (31 - BITS)) - 1})",
            seen=len(kinds),
            remedy="leave out counts, or let them use fewer relations",
        )
        faults.raise_if_any()
    delta = np.zeros((len(kinds) + 1, S, S), dtype=np.int64)
    for i, what in enumerate(kinds):
        block = blocks[int(what[-1])]
        if what[len(names)]:  # the site itself: its species is the lowest digit
            lowest = np.array([block.local.get(name, 0) for name in model.names])
            delta[i + 1] += lowest[None, :] - lowest[:, None]
        for d in block.digits:
            many = int(what[names.index(d.counted[0])])
            is_in = np.array([name in d.counted[1] for name in model.names], dtype=np.int64)
            delta[i + 1] += many * d.stride * (is_in[None, :] - is_in[:, None])

    seen = (signature << BITS | edge % n)[order]

    begins: dict[str, Begin] = {}
    near: list[NDArray[np.int32]] = []
    watch_start: list[NDArray[np.int64]] = []
    watch: list[NDArray[np.int64]] = []
    rows, offset = 0, 0
    for name in dict.fromkeys(r.partner.relation for r in model.reactions if r.partner):
        r = lattice.relations[name]
        at, known = found.along(r)
        table = _rows(r.start, np.where(known, signature[at], 0) << BITS | r.index)
        begins[name] = Begin(rows, table.shape[1], len(begins) * (n + 1))
        near.append(table.ravel())
        rows += table.size
        back = lattice.back(name)
        watch_start.append(back.start.astype(np.int64) + offset)
        watch.append(back.index.astype(np.int64))
        offset += len(r.index)
    none = np.zeros(1, dtype=np.int64)
    chunk, first = finder(dots)
    starts = np.concatenate([[0], np.cumsum(np.bincount(edge // n, minlength=n))])
    sites = Sites(
        chunk=chunk,
        first=first,
        shift=shift,
        sublattice=lattice.sublattice.astype(np.uint8),
        seen=_rows(starts, seen),
        near=_i32(np.concatenate(near or [none.astype(np.int32)])),
        watch_start=_i32(np.concatenate(watch_start or [none])),
        watch=_i32(np.concatenate(watch or [none])),
    )
    return sites, delta.astype(np.int32), begins


def _rows(start: NDArray[Any], values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Lists of unequal length as rows of one width, filled up with -1, shape (n, width)."""
    many = np.diff(start)
    table = np.full((len(many), max(int(many.max(initial=0)), 1)), -1, dtype=np.int32)
    table[np.arange(table.shape[1]) < many[:, None]] = values
    return table


@dataclass(frozen=True, eq=False)
class _Edges:
    """Who sees whom: ``edge`` (m,) seen · n + seer, ascending; its ``signature``, from 1 (0: not seen).

    ``kinds`` says per signature how often by each relation, whether itself, and the seer's sublattice;
    ``order`` sorts by seen site, itself first.
    """

    edge: NDArray[np.int64]
    signature: NDArray[np.int64]
    kinds: NDArray[np.int64]
    order: NDArray[np.int64]
    _along: dict[bytes, tuple[NDArray[np.int64], NDArray[np.bool_]]] = field(default_factory=dict, init=False)

    def along(self, r: Relation) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where the pairs of a relation stand among the edges, and whether they do.

        Lattices whose counted relations are alike share their edges, and may differ in this one.
        """
        which = hashlib.sha256(r.start.tobytes() + r.index.tobytes()).digest()
        if which not in self._along:
            code = r.centre.astype(np.int64) * (len(r.start) - 1) + r.index
            at = np.minimum(np.searchsorted(self.edge, code), len(self.edge) - 1)
            self._along[which] = at, self.edge[at] == code
        return self._along[which]


_KNOWN: dict[tuple[object, ...], _Edges] = {}
_KEPT = 16  # sorting the edges is most of compiling, and models of one flask differ little in them


def _edges(lattice: Lattice, names: tuple[str, ...], sees: tuple[tuple[bool, ...], ...]) -> _Edges:
    """The edges of the relations ``names``, each as seen from the sublattices that ``sees`` says."""
    digest = hashlib.sha256(lattice.sublattice.tobytes())
    for name in names:
        r = lattice.relations[name]
        digest.update(r.start.tobytes() + r.index.tobytes())
    key = (digest.digest(), names, sees)
    if key in _KNOWN:
        return _KNOWN[key]
    n = len(lattice)
    every = np.arange(n, dtype=np.int64)
    code_parts, column_parts = [every * n + every], [np.full(n, len(names))]
    for number, (name, by) in enumerate(zip(names, sees, strict=True)):
        r = lattice.relations[name]
        real = np.array(by)[lattice.sublattice[r.centre]]
        code_parts.append(r.index[real].astype(np.int64) * n + r.centre[real])
        column_parts.append(np.full(int(real.sum()), number))
    edge, row = np.unique(np.concatenate(code_parts), return_inverse=True)
    times = np.zeros((len(edge), len(names) + 2), dtype=np.int64)
    np.add.at(times, (row.reshape(-1), np.concatenate(column_parts)), 1)
    times[:, -1] = lattice.sublattice[edge % n]
    as_number = np.zeros(len(edge), dtype=np.int64)  # rows in the same order, but quick to sort
    for column in times.T:
        as_number = as_number * (int(column.max()) + 1) + column
    _, first, kind = np.unique(as_number, return_index=True, return_inverse=True)
    kinds = times[first]
    own = edge // n == edge % n
    order = np.lexsort((edge % n, ~own, edge // n))
    while len(_KNOWN) >= _KEPT:
        del _KNOWN[next(iter(_KNOWN))]
    _KNOWN[key] = _Edges(edge, kind.reshape(-1).astype(np.int64) + 1, kinds, order)
    return _KNOWN[key]


def finder(dots: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How the dot of a site is found: the dot of each chunk's first site, and the bounds of all dots."""
    chunks = np.arange(0, int(dots[-1]) + 1, 1 << CHUNK)
    chunk = np.minimum(np.searchsorted(dots, chunks, side="right") - 1, len(dots) - 2)
    return _i32(chunk), _i32(dots)


def liquor_tables(model: Model) -> LiquorTables:
    """Changes, orders and needs of every reaction, and the reactions that depend on each species."""
    at = model.liquor.index
    changes = [[(at(s), n) for s, n in r.liquor.items() if n] for r in model.reactions]
    orders = []
    for r in model.reactions:
        both = {**dict.fromkeys(r.needs, 0), **r.order_in}
        orders.append([(at(s), n, r.needs.get(s, 0)) for s, n in both.items()])
    depends = [
        [i for i, o in enumerate(orders) if any(s == m for s, _, _ in o)] for m in range(len(model.liquor))
    ]
    return LiquorTables(
        _starts(changes),
        _i32([s for row in changes for s, _ in row]),
        np.array([n for row in changes for _, n in row], dtype=np.int64),
        _starts(orders),
        _i32([s for row in orders for s, _, _ in row]),
        _i32([n for row in orders for _, n, _ in row]),
        np.array([n for row in orders for _, _, n in row], dtype=np.int64),
        _starts(depends),
        _i32([i for row in depends for i in row]),
    )


def _starts(rows: Sequence[Sequence[object]]) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32)


def _i32(values: object) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)
