"""Lattices whose statistics are known exactly: a chain and a periodic square."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from epidot.errors import Faults
from epidot.growth.kmc.lattice import Lattice, Relation


def chain(n: int, *, periodic: bool = True) -> Lattice:
    """``n`` sites in a row; ``nn`` are the two next ones, ``right`` only the one above."""
    _wide(n, periodic)
    i = np.arange(n)
    right = np.stack([i, (i + 1) % n], axis=1)[: n if periodic else n - 1]
    left = right[:, ::-1]
    both = np.concatenate([left, right])
    relations = {
        "nn": Relation.of_pairs(n, both[:, 0], both[:, 1]),
        "right": Relation.of_pairs(n, right[:, 0], right[:, 1]),
    }
    return Lattice(np.zeros(n, dtype=np.uint8), relations, position=i[:, None].astype(float))


def square(nx: int, ny: int | None = None, *, dimensions: int = 2, periodic: bool = True) -> Lattice:
    """Square lattice (``dimensions=3``: cubic, nx³) of spacing 1; ``nn`` are its 4 (6) next sites."""
    shape = (nx,) * dimensions if ny is None else (nx, ny)
    for width in shape:
        _wide(width, periodic)
    grid = np.stack(np.meshgrid(*(np.arange(w) for w in shape), indexing="ij"), axis=-1).reshape(
        -1, len(shape)
    )
    pairs = []
    for axis in range(len(shape)):
        for step in (1, -1):
            there = grid.copy()
            there[:, axis] += step
            inside = (there[:, axis] >= 0) & (there[:, axis] < shape[axis]) | periodic
            there %= shape
            flat = np.ravel_multi_index(tuple(there.T), shape)
            pairs.append(np.stack([np.arange(len(grid)), flat], axis=1)[inside])
    both = np.concatenate(pairs)
    nn = Relation.of_pairs(len(grid), both[:, 0], both[:, 1])
    return Lattice(np.zeros(len(grid), dtype=np.uint8), {"nn": nn}, position=grid.astype(float))


def _wide(n: int, periodic: bool) -> None:
    faults = Faults("lattice")
    if n < (3 if periodic else 1):
        faults.add(
            "too few sites",
            seen=n,
            remedy="a periodic lattice is at least 3 wide, or neighbours would be counted twice",
        )
    faults.raise_if_any()


def within(lattice: Lattice, name: str, radius: float, sublattice: str | None = None) -> Lattice:
    """A copy with the relation "closer than ``radius``", optionally of one sublattice."""
    pairs = []
    for first, last in pairwise(lattice.dots):
        found = cKDTree(lattice.position[first:last]).query_pairs(radius, output_type="ndarray")
        pairs.append(found.reshape(-1, 2) + first)
    both = np.concatenate([np.concatenate(pairs), np.concatenate(pairs)[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    if sublattice is not None:
        kind = lattice.sublattice == lattice.sublattices.index(sublattice)
        both = both[kind[both[:, 0]] & kind[both[:, 1]]]
    relation = Relation.of_pairs(len(lattice), both[:, 0], both[:, 1])
    return replace(lattice, relations={**lattice.relations, name: relation})
