"""What all dots of a picture share: the blur, and how a dot is made up along its radius.

Blur, a thin weaker shell and a denser core all soften a rim, so one least-squares fit of the three stops
where it happens to begin.  Here the pixels of every particle are first gathered into rings
(:func:`epidot.instruments.tem.particle.gather`), a twentieth of the numbers, which hold all that is known of
radius, height, background and the shared numbers.  On the rings the shared numbers are fitted for a
row of thicknesses of the shell, each valley found is gone down to its end, and the valleys are weighed by
their likelihood: a diameter is the mean over them, and what they differ by is in its error.

The ``SHARED`` numbers of the model are the blur (pixels), the logarithm of the thickness of the shell
(pixels), what lies under it adds to the contrast, the logarithm of the thickness of a second shell and what
the core under that adds.  The blur is that of the pixels' own squares and an optical one, fitted by its
logarithm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tem import blurred
from epidot.instruments.tem.particle import SHARED, rings

Array = NDArray[np.float64]
# What is known of dots beforehand.  Thickness of a shell over the usual radius: one to three layers of 0.3 nm
# on dots of 1.5 to 4 nm, 0.08 to 0.5.  What lies under the outer shell adds 0 to 0.8 to that shell's contrast
# (HAADF) or -0.1 to 0.4 (mass) for InP, CdSe, ZnSe, CdS and ZnS in each other, on average 0.26 +- 0.22.
SHELL, EXTRA = 0.2, 0.25
EVERY = np.arange(SHARED)
SECOND = 0.3  # thickness of a second shell over the usual radius
# Standard deviations: of the logarithm of the blur (about a pixel), of a shell's thickness, of what lies
# under it, and of the second shell, all wider than those of the dots above.
KNOWN = np.array([0.7, 0.7, 0.35, 0.6, 0.3])
PIXEL = 1 / math.sqrt(12)  # standard deviation of a pixel's own square
_SHARPEST = 0.1  # pixels, of the optical blur
_OWN = 3  # radius, height, background
# Where to start, in standard deviations of the first and the second shell's logarithm.
_STEP = 0.6
_STARTS, _SECOND_STARTS = _STEP * np.arange(-3, 4), np.array([-1.5, -0.5, 0.5, 1.5])
_FINE = 2.2
_LONGEST = np.array([0.3, 0.4, 0.4, 0.4, 0.3])
# Of twice the logarithm of the likelihood: what a step may still bring at an end, and on the way there.
_STILL, _ROUGH, _SETTLED = 0.01, 0.1, 0.2
_MOST, _FEW = 50, 12  # steps
_FAR = 14.0  # the same: valleys so much higher count for nothing
_SAME = 0.3  # standard deviations apart: two ways into one valley


@dataclass(frozen=True, eq=False)
class Rings:
    """Mean distance, mean value and weight of every ring of every particle, each (n, rings)."""

    distance: Array
    value: Array
    weight: Array
    level: float
    size: float  # usual radius

    def of(self, some: NDArray[np.intp]) -> Rings:
        """Those of some particles."""
        return Rings(self.distance[some], self.value[some], self.weight[some], self.level, self.size)

    def at(self, own: Array, shared: Array) -> tuple[Array, Array, Array]:
        """Normal matrices (n, 8, 8), slopes (n, 8), sums of squares (n,) at ``own`` (n, 3)."""
        n = len(own)
        normals, slopes, totals = (
            np.empty((n, _OWN + SHARED, _OWN + SHARED)),
            np.empty((n, _OWN + SHARED)),
            np.empty(n),
        )
        rings(
            self.distance, self.value, self.weight, own, shared, blurred.table(), self.level,
            normals, slopes, totals,
        )  # fmt: skip
        steep = (shared[0] ** 2 - PIXEL**2) / shared[0]  # of the blur over the logarithm of the optical one
        normals[:, _OWN] *= steep
        normals[:, :, _OWN] *= steep
        slopes[:, _OWN] *= steep
        return normals, slopes, totals


@dataclass(frozen=True, eq=False)
class Valley:
    """An end of the fit: ``own`` (n, 3), ``shared`` (5,), minus twice the logarithm of its likelihood.

    ``inverse`` (n, 3, 3) and ``coupling`` (n, 3, 5) as of a weighted residual of variance 1; ``common``
    (5, 5) is the covariance of the shared numbers, of which ``free`` moved.
    """

    own: Array
    shared: Array
    cost: float
    inverse: Array
    coupling: Array
    common: Array
    gain: float
    free: NDArray[np.intp]

    @property
    def settled(self) -> bool:
        """Whether it is an end: no step brings anything."""
        return self.gain < _SETTLED

    @property
    def weight(self) -> float:
        """Logarithm of its share of the probability, but for a constant."""
        own = self.common[np.ix_(self.free, self.free)]
        return 0.5 * (float(np.linalg.slogdet(own)[1]) - self.cost)


def first(size: float, blur: float) -> Array:
    """Shared numbers to begin with."""
    return np.array([blur, math.log(SHELL * size), EXTRA, math.log(SECOND * size), 0.0])


def descended(
    seen: Rings, own: Array, shared: Array, noise: float, free: NDArray[np.intp] = EVERY, quick: bool = False
) -> Valley:
    """Down from ``own`` and ``shared``, of which ``free`` move; ``noise`` is the variance of a residual.

    If ``quick``, on the way only, not to the end.
    """
    still, most = (_ROUGH, _FEW) if quick else (_STILL, _MOST)
    least = 1.1 * float(own[:, 0].max()) / blurred.MOST
    damping, best = 1e-3, math.inf
    trial = (own, shared)
    for _ in range(most):
        normals, slopes, totals = seen.at(*trial)
        cost = float(totals.sum()) / noise + float(np.sum((_off(trial[1], seen.size) / KNOWN) ** 2))
        if cost <= best:
            here, parts, best, damping = trial, (normals, slopes), cost, damping / 8
        else:
            damping = max(8 * damping, 1e-3)
            if damping > 1e6:
                break
        end = _stepped(parts[0], parts[1], here, seen.size, noise, free, damping)
        if end.valley.gain < still:
            break
        trial = _moved(here, end.own, end.shared, least, seen.size)
    v = end.valley
    return Valley(*here, best, v.inverse, v.coupling, v.common, v.gain, free)


@dataclass(frozen=True, eq=False)
class _Step:
    own: Array
    shared: Array
    valley: Valley


def _stepped(
    normals: Array,
    slopes: Array,
    here: tuple[Array, Array],
    size: float,
    noise: float,
    free: NDArray[np.intp],
    damping: float,
) -> _Step:
    """The particles' own numbers are eliminated, the shared ones solved for, and the own ones follow."""
    column = _OWN + free
    across = normals[:, :_OWN, column]
    pull = slopes[:, :_OWN]
    known = noise / KNOWN[free] ** 2
    both = normals[:, column[:, None], column[None, :]].sum(axis=0) + np.diag(known)
    down = slopes[:, column].sum(axis=0) - known * _off(here[1], size)[free]

    local = normals[:, :_OWN, :_OWN].copy()
    i = np.arange(_OWN)
    local[:, i, i] = local[:, i, i] * (1 + 1e-9) + 1e-12
    inverse: Array = np.asarray(np.linalg.inv(local), dtype=np.float64)
    coupling = -inverse @ across
    alone = (inverse @ pull[:, :, None])[:, :, 0]
    matrix = both + np.einsum("nai,naj->ij", across, coupling)
    aim = down - np.einsum("nai,na->i", across, alone)
    common: Array = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    gain = (float(aim @ common @ aim) + float(np.einsum("na,na->", pull, alone))) / noise
    wide = np.zeros((len(normals), _OWN, SHARED))
    wide[:, :, free] = coupling
    covariance = np.zeros((SHARED, SHARED))
    covariance[np.ix_(free, free)] = common * noise
    valley = Valley(*here, 0.0, inverse, wide, covariance, gain, free)
    change = np.linalg.solve(matrix + damping * np.diag(np.diagonal(matrix)), aim)
    step = np.zeros(SHARED)
    step[free] = change / max(1.0, float(np.max(np.abs(change) / _LONGEST[free])))
    return _Step(alone + coupling @ step[free], step, valley)


def _moved(
    here: tuple[Array, Array], own: Array, shared: Array, least: float, size: float
) -> tuple[Array, Array]:
    most = here[0][:, 0] / 4
    new = here[0] + own / np.maximum(1.0, np.abs(own[:, 0]) / most)[:, None]
    new[:, 0] = np.maximum(new[:, 0], 1.0)
    both = here[1] + shared
    optical = max(_optical(here[1][0]) * math.exp(shared[0]), _SHARPEST, least)
    both[0] = min(math.hypot(PIXEL, optical), 0.6 * size)
    both[[2, 4]] = np.clip(both[[2, 4]], -0.9, 4.0)
    return new, both


def _off(shared: Array, size: float) -> Array:
    """Shared numbers, the blur by its logarithm, less what is expected of them."""
    off = shared - first(size, 1.0)
    off[0] = math.log(_optical(shared[0]))
    return off


def _optical(blur: float) -> float:
    return math.sqrt(max(blur**2 - PIXEL**2, _SHARPEST**2))


def valleys(seen: Rings, own: Array, shared: Array, noise: float) -> list[Valley]:
    """All that are found, the likeliest first; if none is an end, one that is not.

    Where the first shell is hardly known its row of thicknesses says more than the ends: a valley is bent,
    and a sum over steps of up to ``_FINE`` standard deviations is an integral (to 3 % for a normal law).
    """
    found: list[Valley] = []
    at, guess = own, shared
    for index, starts in ((1, _STARTS), (3, _SECOND_STARTS)):
        row: list[Valley] = []
        for z in starts:
            guess = guess.copy()
            guess[index] = first(seen.size, 1.0)[index] + z * KNOWN[index]
            row.append(descended(seen, at, guess, noise, np.delete(EVERY, index), quick=True))
            at, guess = row[-1].own, row[-1].shared
        cost = [math.inf, *(v.cost for v in row), math.inf]
        for start in (v for i, v in enumerate(row) if cost[i] >= v.cost <= cost[i + 2]):
            end = descended(seen, start.own, start.shared, noise)
            if all(_apart(end, v) for v in found):
                found.append(end)
        found.sort(key=lambda v: -v.weight)
        if index == 1 and math.sqrt(found[0].common[1, 1]) > _STEP * KNOWN[1] / _FINE:
            found = sorted(row, key=lambda v: -v.weight)
            break
        at, guess = found[0].own, found[0].shared
    likely = [v for v in found if v.weight > found[0].weight - _FAR / 2]
    return [v for v in likely if v.settled] or likely[:1]


def _apart(one: Valley, other: Valley) -> bool:
    off = _off(one.shared, 1.0) - _off(other.shared, 1.0)
    return bool(off @ np.linalg.solve(other.common, off) > _SAME**2)


@dataclass(frozen=True, eq=False)
class Weighed:
    """Mean over the valleys: ``own`` (n, 3), ``shared`` (5,), the error of the mean radius common to all."""

    own: Array
    shared: Array
    common: float
    settled: bool


def weighed(found: list[Valley], whole: NDArray[np.intp]) -> Weighed:
    """The valleys by their likelihood; ``whole`` are the particles whose mean radius counts."""
    log = np.array([v.weight for v in found])
    share = np.exp(log - log.max())
    share /= share.sum()
    own = np.einsum("v,vna->na", share, np.array([v.own for v in found]))
    shared = np.einsum("v,va->a", share, np.array([v.shared for v in found]))
    mean, variance = [], []
    for v in found:
        follows = v.coupling[whole, 0].mean(axis=0) if len(whole) else np.zeros(SHARED)
        variance.append(float(follows @ v.common @ follows))
        mean.append(float(v.own[whole, 0].mean()) if len(whole) else 0.0)
    off = np.array(mean) - share @ np.array(mean)
    common = math.sqrt(float(share @ (np.array(variance) + off**2)))
    return Weighed(own, shared, common, found[0].settled)
