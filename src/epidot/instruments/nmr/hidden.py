"""What a broader line that nothing shows may hold of an area: free ligand on bound one.

One line fitted to two widens and leaves the wings of the broader one to the baseline: it lacks up to that
one's whole area, and noise knows nothing of that.  So lines with none under them stand beside all with one
under some line, of several widths and places; each has the weight of its evidence (the likelihood, over all
areas that the line below may have), and the areas are the mean of all, what they differ by in the errors.
What is assumed before the data speak: one line below is as likely as none, and any area up to that of the
line above as likely as any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.nmr.below import Beneath
from epidot.instruments.nmr.group import Lines
from epidot.instruments.nmr.shapes import line, width_of
from epidot.signal import Signal
from epidot.signal.degrees import COUNTED, DOUBTED

Array = NDArray[np.float64]

TIMES = (1.5, 2.0, 3.0, 4.5, 7.0)  # widths of what is tried, in those of the line above
ASIDE = (-0.5, -0.25, 0.0, 0.25, 0.5)  # its places beside that, in its own width
# Own choice: by relaxation bound oleate has 82 Hz on dots of 5 nm, 154 Hz of 7 nm; what is broader still
# cannot be told from a bent baseline.
_WIDEST_HZ = 200.0
_DOUBTED = 6.0  # logarithm of the weight below which a line is not followed
_STEPS = 6  # of Gauss and Newton, from the lines without one below
_FOLLOWED = 1.0  # in the sum of squares: a line that promises less is taken from the first step
_SETTLED = 0.01  # in the sum of squares
_NODES = 201  # of an integral over the area below
_DEEP = 10.0  # standard deviations beyond which a normal distribution has nothing


def hidden(like: Signal, alone: Sequence[Lines]) -> Beneath | None:
    """Areas with what may lie under them, over ``alone``: fits of the same stretch, of either shape.

    ``None`` where no line below describes the data.
    """
    known = [one for one in alone if one.fit.status == "converged" and one.fit.misfit > 0]
    if not known:
        return None
    scale = max(1.0, min(one.fit.misfit for one in known))
    none, told = [], []
    for one in known:
        before = -0.5 * COUNTED * one.fit.values.size
        none.append(before - 0.5 * one.squares / scale)
        before -= math.log(one.group.n * len(TIMES) * len(ASIDE))
        tried = _Under(like, one, scale)
        told += [(before, tried, below) for below in tried.every()]
    best = max([*none, *(before + below.evidence for before, _, below in told)])
    each = [
        (before, tried.followed(below) if before + below.evidence > best - _DOUBTED else below)
        for before, tried, below in told
    ]
    marks = np.array([*none, *(before + below.evidence for before, below in each)])
    weights = np.exp(marks - np.max(marks))
    weights = (weights / np.sum(weights))[len(none) :]
    total = float(np.sum(weights))
    if total < DOUBTED:
        return None
    likeliest = each[int(np.argmax(weights))][1]
    kept = np.flatnonzero(weights > 1e-4 * total)
    areas = np.array([each[i][1].areas for i in kept])
    covariances = np.array([each[i][1].covariance for i in kept])
    return Beneath(areas, covariances, weights[kept], likeliest.under, likeliest.full)


@dataclass(frozen=True)
class _Below:
    """A line of ``full`` width at ``place`` under line ``under``, and what its area is integrated to.

    ``evidence`` is the logarithm; ``areas`` (n,) and ``covariance`` (n, n) count what lies below to the
    line above.
    """

    under: int
    place: float
    full: float
    evidence: float
    areas: Array
    covariance: Array


class _Under:
    """The lines of one fit, and how they give way to one more."""

    def __init__(self, like: Signal, found: Lines, scale: float) -> None:
        self.found, self.group = found, found.group
        data = self.group.signal(like)
        sigma = float(data.known_sigma[0]) if data.known_sigma is not None else 1.0
        self.sigma = sigma * math.sqrt(scale)
        self.data = data.y / self.sigma
        starts = [found.values(k) for k in range(self.group.n)]
        free = self.group.free(starts, found.fit.value("phase"))
        self.low, self.high = np.array([[f.low, f.high] for f in free]).T
        self.begun = self._at(found.fit.values)
        self.inverse = _inverse(self.begun[1])
        x, MHz = self.group.spectrum.x, like.meta.get("MHz")
        self.widest = min((x[-1] - x[0]) / 2, _WIDEST_HZ / MHz if MHz else math.inf)

    def _at(self, v: Array) -> tuple[Array, Array]:
        model, slopes = self.group.parts(v)
        return model / self.sigma, slopes / self.sigma

    def every(self) -> list[_Below]:
        """One line below each, of all widths and places, by the first step."""
        out = []
        for k in range(self.group.n):
            area, at, w, g = self.found.values(k)
            full = max(width_of(w, g), 1e-12)
            for times in TIMES:
                if times * full > self.widest or area == 0:
                    continue
                for aside in ASIDE:
                    place, wide = at + aside * times * full, times * full
                    column = self._column(k, place, wide)
                    v, below = self.found.fit.values, 0.0
                    left = self.data - self.begun[0]
                    told = self._told(k, place, wide, v, below, left, self.begun[1], self.inverse, column)
                    out += [told] if told is not None else []
        return out

    def followed(self, one: _Below) -> _Below:
        """The same line after further steps, as areas and widths above it give way."""
        column = self._column(one.under, one.place, one.full)
        v, below = self.found.fit.values, 0.0
        (model, slopes), inverse = self.begun, self.inverse
        left = self.data - model
        squares = float(left @ left)
        for _ in range(_STEPS):
            step, extra, _, promised = _with(slopes, inverse, column, left)
            if promised < (_FOLLOWED if below == 0 else _SETTLED) or below + extra < 0:
                break  # below zero nothing lies
            tried = np.clip(v + step, self.low, self.high)
            there = self._at(tried)
            off = self.data - there[0] - (below + extra) * column
            if float(off @ off) > squares:
                break
            v, below, (_, slopes), left, squares = tried, below + extra, there, off, float(off @ off)
            inverse = _inverse(slopes)
        told = self._told(one.under, one.place, one.full, v, below, left, slopes, inverse, column)
        return told or one

    def _column(self, k: int, place: float, full: float) -> Array:
        shown = np.exp(1j * self.found.fit.value("phase")) * line(self.group.spectrum.x, place, full)
        column = np.concatenate([shown.real, shown.imag]) if self.group.spectrum.complex else shown.real
        return np.asarray(math.copysign(1.0, self.found.values(k)[0]) * column / self.sigma)

    def _told(
        self,
        k: int,
        place: float,
        full: float,
        v: Array,
        below: float,
        left: Array,
        slopes: Array,
        inverse: Array,
        column: Array,
    ) -> _Below | None:
        step, extra, (by, variance), promised = _with(slopes, inverse, column, left)
        area = self.found.values(k)[0]
        if not 0 < variance < math.inf:
            return None
        mean, spread, share = _between(below + extra, math.sqrt(variance), abs(area))
        if not share > 0:
            return None
        rows = [self.group.per * i for i in range(self.group.n)]
        areas = (v + step)[rows] + by[rows] * (mean - below - extra)
        up, way = math.copysign(1.0, area), by[rows]
        areas[k] += up * mean
        way[k] += up
        least = float(left @ left) - promised
        evidence = -0.5 * least + math.log(share * math.sqrt(2 * math.pi * variance) / abs(area))
        covariance = inverse[np.ix_(rows, rows)] + spread**2 * np.outer(way, way)
        return _Below(k, place, full, evidence, areas, covariance)


def _with(
    slopes: Array, inverse: Array, column: Array, left: Array
) -> tuple[Array, float, tuple[Array, float], float]:
    """The step (p,) of the lines and that of the one below, how they give way to it and the variance of its
    area, and what it all takes off the sum of squares."""
    by = -inverse @ (slopes.T @ column)
    clear = column + slopes @ by
    power = float(clear @ clear)
    variance = 1 / power if power > 1e-12 * float(column @ column) else math.inf
    alone = slopes.T @ left
    step = inverse @ alone
    extra = float(clear @ left) * variance if variance < math.inf else 0.0
    promised = float(step @ alone) + extra * float(clear @ left)
    return step + by * extra, extra, (by, variance), promised


def _inverse(columns: Array) -> Array:
    """Inverse of the matrix of least squares; what moves nothing stays."""
    norm = np.linalg.norm(columns, axis=0)
    norm = np.where(norm > 0, norm, np.inf)
    inverse = np.linalg.pinv((columns / norm).T @ (columns / norm), rcond=1e-10, hermitian=True)
    return np.asarray(inverse / np.outer(norm, norm))


def _between(mean: float, sigma: float, most: float) -> tuple[float, float, float]:
    """Mean, standard deviation and share of a normal distribution between 0 and ``most``."""
    nearest = min(max(mean, 0.0), most)
    if abs(nearest - mean) > _DEEP * sigma:
        return 0.0, 0.0, 0.0
    low, high = max(0.0, nearest - _DEEP * sigma), min(most, nearest + _DEEP * sigma)
    at = np.linspace(low, high, _NODES)
    density = np.exp(-0.5 * ((at - mean) / sigma) ** 2)
    density[[0, -1]] *= 0.5
    total = float(np.sum(density))
    middle = float(density @ at) / total
    spread = math.sqrt(float(density @ (at - middle) ** 2) / total)
    return middle, spread, total * float(at[1] - at[0]) / (sigma * math.sqrt(2 * math.pi))
