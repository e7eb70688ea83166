"""Directions with room, one atom after the other, compiled (``until_none.py_func`` is the plain twin)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from epidot.jit import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled
def until_none(
    begin: int,
    spots: Floats,
    order: Ints,
    roomy: NDArray[np.bool_],
    first: Ints,
    near: Ints,
    found: Floats,
    least: float,
) -> int:
    """Put atoms from ``begin`` on into ``found`` (n, 3), until one has no room: its number, or n.

    ``spots`` (n, directions, 3) in nm are tried in ``order`` (n, directions) where ``roomy`` (n, directions)
    beside the atoms that are there; none may come closer than ``least`` nm to those found before among
    ``near[first[i]:first[i + 1]]``.
    """
    n, directions = len(order), order.shape[1]
    for i in range(begin, n):
        chosen = -1
        for m in range(directions):
            k = order[i, m]
            if not roomy[i, k]:
                continue
            free = True
            for at in range(first[i], first[i + 1]):
                j = near[at]
                if j >= i:
                    continue
                x = spots[i, k, 0] - found[j, 0]
                y = spots[i, k, 1] - found[j, 1]
                z = spots[i, k, 2] - found[j, 2]
                if math.sqrt(x * x + y * y + z * z) < least:
                    free = False
                    break
            if free:
                chosen = k
                break
        if chosen < 0:
            return i
        for axis in range(3):
            found[i, axis] = spots[i, chosen, axis]
    return n
