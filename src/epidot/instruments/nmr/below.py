"""Areas of lines with a broader one under one of them, as one more description beside that without."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.signal.degrees import averaged, mixed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Beneath:
    """What areas are with a broader line under one of them, by ``weights`` (m,) of what that line may be.

    ``areas`` (m, n) and ``covariances`` (m, n, n) count what lies below to the line above; the likeliest is
    of ``full`` width under line ``under``.
    """

    areas: Array
    covariances: Array
    weights: Array
    under: int
    full: float

    @property
    def weight(self) -> float:
        return float(np.sum(self.weights))

    def told(self, names: Sequence[str], values: Array, covariance: Array) -> tuple[Array, Array]:
        """``values`` (n,) and ``covariance`` (n, n) of lines with nothing below, with these in areas."""
        rows = [i for i, name in enumerate(names) if name.startswith("area")]
        if not rows or not np.all(np.isfinite(covariance)):
            return values, covariance  # an error that is not known stays so
        which = [int(names[i].removeprefix("area")) - 1 for i in rows]
        shares = [1 - self.weight, *self.weights.tolist()]
        means = [values[rows], *self.areas[:, which]]
        inside = [covariance[np.ix_(rows, rows)], *self.covariances[:, which][:, :, which]]
        both, wide = mixed(means, inside, shares)
        # One value has a better form than a mixture's, in which little weight far away counts too much.
        errors = [
            averaged([m[i] for m in means], [math.sqrt(c[i, i]) for c in inside], shares)[1]
            for i in range(len(rows))
        ]
        narrower = np.array(errors) / np.sqrt(np.diag(wide))
        values, covariance = values.copy(), covariance.copy()
        values[rows] = both
        covariance[rows, :] = covariance[:, rows] = 0.0
        covariance[np.ix_(rows, rows)] = wide * np.outer(narrower, narrower)
        return values, covariance
