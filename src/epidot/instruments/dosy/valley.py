"""How far two species may really go: the sum of squares over all pairs of D, not a parabola about the best.

Species that are nearly alike pass for one another: their D and shares move together along a bent valley, and
an error read off its bottom is too small by several times.  The signed root of what a pair of D adds to the
misfit is a normal deviate however the valley bends (the likelihood root), so the error of a value is the
farthest that any pair takes it, per standard error that the pair costs.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.dosy.laws import spread, weights
from epidot.signal import Signal
from epidot.signal.fitting import Fitted

Array = NDArray[np.float64]

_POINTS = 121
_SLOW, _FAST = (1 / 3, 2.0), (1 / 2, 5.0)  # of the best D, over which pairs are looked at
_NEAR, _FAR = 1.0, 9.0  # squared standard errors that such a pair costs


def valley(signal: Signal, best: Fitted, width: float) -> dict[str, float]:
    """Least standard errors of both D / (m²/s) and of the ``share`` of the slower species.

    ``best`` is the fit of two species, the slower one with a relative spread of D of ``width``.
    """
    b, y = signal.x, signal.y
    weight = weights(signal)
    D, fast = best.value("D_m2_per_s"), best.value("free_D_m2_per_s")
    each = np.geomspace(*_SLOW, _POINTS) * D, np.geomspace(*_FAST, _POINTS) * fast
    slow = np.array([weight * spread(d * b, width**2)[0] for d in each[0]])
    quick = np.exp(-np.outer(each[1], b)) * weight
    y = weight * y
    aa, bb = np.sum(slow**2, axis=1)[:, None], np.sum(quick**2, axis=1)[None, :]
    ab, ay, by = slow @ quick.T, (slow @ y)[:, None], (quick @ y)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        det = aa * bb - ab**2
        first, second = (bb * ay - ab * by) / det, (aa * by - ab * ay) / det
        left = float(y @ y) - first * ay - second * by
        share = first / (first + second)
    there = (det > 1e-12 * aa * bb) & (first >= 0) & (second >= 0) & (each[0][:, None] < each[1][None, :])
    noise = 1.0 if signal.known_sigma is not None else best.misfit
    if not noise > 1e-12 * float(np.mean(y * y)):  # nothing is left: exact values have no valley
        return {}
    least = best.misfit * best.statistics["degrees_of_freedom"]
    cost = np.where(there, (left - least) / noise, np.inf)
    pairs = (cost >= _NEAR) & (cost <= _FAR)
    if not pairs.any():
        return {}
    total = best.value("intensity") + best.value("free_intensity")
    values = {
        "D_m2_per_s": (np.broadcast_to(each[0][:, None], cost.shape), D),
        "free_D_m2_per_s": (np.broadcast_to(each[1][None, :], cost.shape), fast),
        "share": (share, best.value("intensity") / max(total, 1e-300)),
    }
    root = np.sqrt(cost[pairs])
    return {
        name: float(np.max(np.abs(value[pairs] - middle) / root))
        for name, (value, middle) in values.items()
        if math.isfinite(middle)
    }
