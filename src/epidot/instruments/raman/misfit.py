"""Whether a line has the shape that was fitted: what the residuals about it hold beside noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.raman.joint import Joint
from epidot.instruments.raman.lines import tailed
from epidot.signal.local import correlation

Array = NDArray[np.float64]

_ABOUT = 1.5  # of the width as it is seen, to either side
_SMOOTH = 8  # smooth directions in which the residuals about a line are looked at
_ENOUGH = 60  # readings beside the lines from which their scatter is known
_TAIL = 0.3  # mean square of the weight by which a line may lean to either side, over its width squared
_CHANCE = 1e-4  # that noise alone looks so unlike the shape
_TIMES, _SHARE = 3.0, 0.02  # of the noise and of the line's height: beyond, no error is stated


@dataclass(frozen=True)
class Misfit:
    """``times`` the noise are the residuals about a line off (1: they are noise); ``share`` of its height."""

    times: float = 1.0
    share: float = 0.0

    @property
    def clear(self) -> bool:
        """Whether the line has not the shape that was fitted."""
        return self.times > 1.0

    @property
    def hopeless(self) -> bool:
        """Whether what was fitted says nothing of it that could have an error."""
        return self.times > _TIMES and self.share > _SHARE


def misfit(joint: Joint, x: Array, lines: Sequence[tuple[float, float]], k: int) -> Misfit:
    """How free mode ``k`` of a fit over shifts ``x`` (n,) stands to the readings about it.

    ``lines`` are place and width of every free mode as they are seen.
    """
    from scipy.stats import chi2

    place, width = lines[k]
    near = np.abs(x - place) <= _ABOUT * width
    if int(np.sum(near)) < 2 * _SMOOTH:
        return Misfit()
    basis = np.zeros((x.size, _SMOOTH))
    u = np.linspace(-1, 1, int(np.sum(near)))
    basis[near] = np.polynomial.legendre.legvander(u, _SMOOTH - 1)
    q, _ = np.linalg.qr(joint.design)
    ways, size, _ = np.linalg.svd(basis - q @ (q.T @ basis), full_matrices=False)
    ways = ways[:, size > 0.03 * size[0]]  # what is left of the others is the line itself
    seen = ways.T @ joint.residuals
    noise = _scatter(joint, x, lines)
    times, least = float(np.sqrt(seen @ seen / seen.size / noise)), float(chi2.isf(_CHANCE, seen.size))
    # A skew alone is seen sooner by looking for it.
    bent = [
        tailed(x, place, width, 0.0, _TAIL, side * width / place)[0] / joint.error for side in (1.0, -1.0)
    ]
    skew = max(_along(joint, q, one) / np.sqrt(noise) for one in bent)
    if times**2 * seen.size < least and skew**2 < float(chi2.isf(_CHANCE, 1)):
        return Misfit()
    rest = np.abs((ways @ seen) * joint.error)[near]
    above = float(np.max((joint.curve - joint.background)[near]))
    return Misfit(max(times, skew), float(np.max(rest)) / max(above, 1e-300))


def _along(joint: Joint, q: Array, column: Array) -> float:
    """How many standard errors the residuals hold of a column (n,), beside all that was fitted."""
    beside = column - q @ (q.T @ column)
    return abs(float(beside @ joint.residuals)) / max(float(np.sqrt(beside @ beside)), 1e-300)


def _scatter(joint: Joint, x: Array, lines: Sequence[tuple[float, float]]) -> float:
    """Variance of the residuals, hanging together as they may, where no line is."""
    far = np.ones(x.size, dtype=np.bool_)
    for place, width in lines:
        far &= np.abs(x - place) > _ABOUT * width
    left = joint.residuals[far] if int(np.sum(far)) >= _ENOUGH else joint.residuals
    return max(1.0, float(np.mean(left**2))) * correlation(left, left.size)
