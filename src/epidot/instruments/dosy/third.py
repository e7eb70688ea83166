"""What a third species would move two by: every triple of D that the readings do not exclude.

Three species pass for two whose D and shares lie elsewhere; the errors of two know nothing of it.  Triples
of D on a grid are weighed by their likelihood, and all of them against two species by what is asked of a
rival with two more free values (:mod:`epidot.signal.degrees`); the farthest move so weighed is taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.dosy.laws import grid, lack, weights
from epidot.signal import Signal
from epidot.signal.degrees import COUNTED, DOUBTED, rival

Array = NDArray[np.float64]

STILL = 0.3  # D times the largest b: slower than that, a species is an offset
_STEP = 0.12  # of ln D on the grid
_APART = 2.0  # ratio of neighbouring D: nearer ones are one species with a spread
_BEYOND = 10.0  # how far the grid reaches beyond the two D


@dataclass(frozen=True)
class Third:
    """Its weight ``share`` beside two species, and how far it moves each of their values."""

    share: float
    moved: Mapping[str, float]

    def widened(self, name: str, sigma: float) -> float:
        """The standard error of a value of two species, with what a third would move it by beyond noise."""
        return math.sqrt(sigma**2 + rival(self.moved.get(name, 0.0), sigma**2, self.share))


def third(
    signal: Signal, values: Mapping[str, float], free: int, lacking: float, free_D: float | None
) -> Third | None:
    """What a third species would do to the two of ``values``, whose ``free`` values lack ``lacking``.

    ``values`` are D / (m²/s) of both species and the ``share`` of the slower one; with ``free_D`` in m²/s the
    fastest of three diffuses as fast as that.  ``None`` if a third is excluded or cannot be told.
    """
    n, b = len(signal), signal.x
    if n <= free + 3:
        return None
    slow, fast = values["D_m2_per_s"], values["free_D_m2_per_s"]
    D = grid(b, _STEP)
    D = np.concatenate([[0.0], D[(slow / _BEYOND < D) & (fast * _BEYOND > D)]])
    if free_D is not None:
        D = np.append(D[free_D > _APART * D], free_D)
    triples = np.array(list(combinations(range(D.size), 3)), dtype=np.intp).reshape(-1, 3)
    first, second, last = D[triples].T
    there = (second >= _APART * first) & (last >= _APART * second)
    triples = triples[there if free_D is None else there & (last == free_D)]
    heights, left = _least(signal, D, triples)
    inside = np.all(heights > 0, axis=1)
    triples, heights, left = triples[inside], heights[inside], left[inside]
    if not left.size:
        return None
    lacks = lack(signal, left)
    gained = lacking - float(lacks.min())
    share = 1 / (1 + math.exp(min(COUNTED - gained / 2, 500.0)))  # COUNTED for each of two more free values
    if share < DOUBTED:
        return None
    weight = np.exp(-0.5 * (lacks - lacks.min()))
    D3 = D[triples]
    seen = np.where(D3 * b[-1] < STILL, 0.0, heights)
    bound = seen * (D3 < math.sqrt(slow * fast))
    slowest = seen * ((seen > 0) & (np.cumsum(seen > 0, axis=1) == 1))
    # A slowest species is the bound one by itself, unless most of what is that slow is the next one.
    alone = 2 * slowest.sum(axis=1) >= bound.sum(axis=1)
    bound = np.where(alone[:, None], slowest, bound)
    loose = seen - bound
    told = {
        "D_m2_per_s": np.sum(bound * D3, axis=1) / bound.sum(axis=1),
        "share": bound.sum(axis=1) / seen.sum(axis=1),
    }
    if free_D is None:
        by = loose.sum(axis=1)
        told["free_D_m2_per_s"] = np.where(by > 0, np.sum(loose * D3, axis=1) / np.where(by > 0, by, 1), fast)
    moved = {n: math.sqrt(float(np.max(weight * (of - values[n]) ** 2))) for n, of in told.items()}
    return Third(share, moved)


def _least(signal: Signal, D: Array, triples: NDArray[np.intp]) -> tuple[Array, Array]:
    """Heights (m, 3) of each triple at its best and the sum of squares (m,) that it leaves."""
    weight = weights(signal)
    columns, y = np.exp(-np.outer(D, signal.x)) * weight, signal.y * weight
    gram, by = columns @ columns.T, columns @ y
    own = gram[triples[:, :, None], triples[:, None, :]] + 1e-13 * np.max(gram) * np.eye(3)
    heights = np.linalg.solve(own, by[triples][..., None])[..., 0]
    return np.asarray(heights, dtype=np.float64), np.asarray(
        float(y @ y) - np.sum(heights * by[triples], axis=1)
    )
