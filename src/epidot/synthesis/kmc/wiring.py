"""Which sites see which, and which reactions take from and give to the liquor, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from epidot.synthesis.kmc.keys import Block
from epidot.synthesis.kmc.lattice import Lattice
from epidot.synthesis.kmc.model import Model
from epidot.synthesis.kmc.tables import Sites


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


def neighbours(
    model: Model,
    lattice: Lattice,
    blocks: tuple[Block, ...],
    dot: NDArray[np.int32],
    shift: NDArray[np.int32],
) -> tuple[Sites, NDArray[np.int32]]:
    """Who sees whom in its key, with the change of key per change of species."""
    n = len(lattice)
    names = list(dict.fromkeys(d.counted[0] for b in blocks for d in b.digits))
    code_parts, relation_parts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for number, name in enumerate(names):
        r = lattice.relations[name]
        sees = np.array([any(d.counted[0] == name for d in b.digits) for b in blocks])
        real = sees[lattice.sublattice[r.centre]]
        code_parts.append(r.index[real].astype(np.int64) * n + r.centre[real])
        relation_parts.append(np.full(int(real.sum()), number))
    edge, row = np.unique(np.concatenate(code_parts), return_inverse=True)
    times = np.zeros((len(edge), len(names) + 1), dtype=np.int64)
    np.add.at(times, (row.reshape(-1), np.concatenate(relation_parts)), 1)
    times[:, -1] = lattice.sublattice[edge % n]
    kinds, signature = np.unique(times, axis=0, return_inverse=True)
    signature = signature.reshape(-1).astype(np.int32)

    S = len(model.names)
    delta = np.zeros((max(len(kinds), 1), S, S), dtype=np.int64)
    for i, kind in enumerate(kinds):
        for d in blocks[int(kind[-1])].digits:
            many = int(kind[names.index(d.counted[0])])
            is_in = np.array([name in d.counted[1] for name in model.names], dtype=np.int64)
            delta[i] += many * d.stride * (is_in[None, :] - is_in[:, None])

    near_row: list[int] = []
    near_start: list[NDArray[np.int32]] = []
    near_site: list[NDArray[np.int32]] = []
    near_signature: list[NDArray[np.int32]] = []
    offset = 0
    for name in dict.fromkeys(r.partner.relation for r in model.reactions if r.partner):
        r = lattice.relations[name]
        near_row.append(len(near_row) * (n + 1))
        near_start.append(r.start + offset)
        near_site.append(r.index)
        code = r.centre.astype(np.int64) * n + r.index
        at = np.minimum(np.searchsorted(edge, code), max(len(edge) - 1, 0))
        found = edge[at] == code if len(edge) else np.zeros(len(code), dtype=bool)
        near_signature.append(np.where(found, signature[at] if len(edge) else -1, -1).astype(np.int32))
        offset += len(r.index)
    none = np.zeros(1, dtype=np.int32)
    sites = Sites(
        dot,
        shift,
        lattice.sublattice.astype(np.uint8),
        np.concatenate([[0], np.cumsum(np.bincount(edge // n, minlength=n))]).astype(np.int32),
        (edge % n).astype(np.int32),
        signature.astype(np.int32),
        _i32(near_row or [0]),
        _i32(np.concatenate(near_start or [none])),
        _i32(np.concatenate(near_site or [none])),
        _i32(np.concatenate(near_signature or [none])),
    )
    return sites, delta.astype(np.int32)


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
