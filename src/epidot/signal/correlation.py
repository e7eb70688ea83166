"""Noise that an instrument has smoothed: recognised by its own spectrum, and carried into the errors.

A moving average or a Savitzky-Golay filter makes neighbouring readings alike: they scatter less about a
smooth curve, but their mean is known no better.  Which filter it was can be told where the signal says
nothing, at lengths too short for any band: readings are projected there, and the filter is taken under
which they are most likely (restricted likelihood of normal noise); white noise if none is clearly better.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epidot.constants import FWHM
from epidot.signal.smoothing import weights

Array = NDArray[np.float64]

_PIECE = 96  # points looked at together
_FINEST_NM = 5.0  # half a period; a band of 25 nm FWHM holds 1e-6 of its height beyond
_QUIET = 1e-5  # of the range of values: what scatters less is a computed curve
_LEAST = 24  # dimensions that must be left beside the signal
_CLEAR = 25.0  # logarithm of the likelihood ratio from which a filter is believed
# White noise beside the smoothed one, as rounding leaves it, in parts of its variance.
_FLOORS = (1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 3e-2)
_DARK, _LIGHT = 6.0, 0.15  # of the distance from the median that 40 % keep, and of the range: no light
_FEWEST = 16  # of them side by side
_TURNS = 5  # maxima and minima among them that no computed curve has
_JUDGED = 0.3  # the scale of the noise is not read where the filter left less than this share


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise of the points of a curve: ``sigma`` (n,) where it is known, and how neighbours hang together.

    ``rho`` is the correlation at distances of 0, 1, 2 ... points, ``(1,)`` for white noise; ``filter`` says
    in words what smoothed it.
    """

    sigma: Array | None = None
    rho: tuple[float, ...] = (1.0,)
    filter: str = ""

    @property
    def white(self) -> bool:
        """Whether neighbouring points are independent."""
        return len(self.rho) == 1

    def kept(self, keep: NDArray[np.bool_] | slice) -> Noise:
        """The noise of some of the points."""
        return self if self.sigma is None else replace(self, sigma=self.sigma[keep])

    def scaled(self, factor: float) -> Noise:
        """The noise of the curve multiplied by ``factor``."""
        return self if self.sigma is None else replace(self, sigma=self.sigma * factor)

    def weighted(self, values: Array) -> Array:
        """``values`` of shape (n,) or (n, k) divided by the errors of the points, where they are known."""
        return values if self.sigma is None else np.asarray((values.T / self.sigma).T, dtype=np.float64)

    def answers(self, design: Array) -> Array:
        """How the coefficients (p,) of a least-squares fit answer to independent unit noise, shape (p, n).

        ``design`` (n, p) is weighted already.
        """
        return self.spread(np.asarray(np.linalg.pinv(design), dtype=np.float64))

    def spread(self, sums: Array) -> Array:
        """How weighted sums of neighbouring points (m, n) answer to independent unit noise, shape (m, n)."""
        if self.white:
            return sums
        return np.asarray(sums @ _factor(self.rho, sums.shape[1]), dtype=np.float64)

    def variance(self, residuals: Array, design: Array) -> tuple[float, float]:
        """Variance of one point from the weighted residuals (n,) of a fit with ``design`` (n, p).

        With the number of independent values that it rests on.
        """
        n, p = design.shape
        if self.white:
            freedom = float(max(1, n - p))
            return float(residuals @ residuals) / freedom, freedom
        beside = np.eye(n) - design @ np.linalg.pinv(design)
        turn = np.linalg.inv(_factor(self.rho, n, _JUDGED))
        seen = turn @ (beside @ _factor(self.rho, n))
        total = float(np.sum(seen**2))
        freedom = total**2 / float(np.sum((seen @ seen.T) ** 2))
        return float(np.sum((turn @ residuals) ** 2)) / total, freedom

    def hanging(self, n: int) -> float:
        """What a free value takes off the sum of squares of ``n`` points, in variances of one of them."""
        lag = np.arange(1, min(len(self.rho), n))
        return float(1 + 2 * np.sum(np.array(self.rho)[lag] * (1 - lag / n)))

    def through(self, weights: Array) -> float:
        """Standard deviation of a weighted sum of neighbouring points (k,) of standard deviation 1."""
        variance = float(weights @ weights)
        for apart in range(1, min(len(self.rho), weights.size)):
            variance += 2 * self.rho[apart] * float(weights[apart:] @ weights[:-apart])
        return math.sqrt(max(variance, 0.0))

    def level(self, y: Array) -> float:
        """Standard deviation of the noise on a smooth curve, from the median of its third differences.

        Never less than a billionth of the largest value: what is below is rounding.
        """
        if y.size < 8:
            return 0.0
        seen = float(self.scale(np.median(np.abs(np.diff(y, 3)))))
        return max(seen, 1e-9 * float(np.max(np.abs(y))))

    def scale(self, thirds: ArrayLike) -> Array:
        """Standard deviation of readings whose third differences have medians ``thirds`` of their size."""
        through = 0.6744897501960817 * self.through(np.array([1.0, -3.0, 3.0, -1.0]))
        return np.asarray(thirds, dtype=np.float64) / through


def noise_of(x: Array, y: Array, sigma: Array | None = None) -> Noise:
    """The noise of a measured spectrum over wavelength / nm, arrays of shape (n,); ``sigma`` if known."""
    plain = Noise(sigma)
    if y.size < _PIECE:
        return plain
    step = float(np.median(np.diff(x)))
    degree = math.ceil((_PIECE - 1) * step / _FINEST_NM) + 3
    left = _PIECE - degree - 1
    if left < _LEAST:
        return plain
    signal_free, filters = _table(degree)
    starts = np.linspace(0, y.size - _PIECE, max(1, round(2 * y.size / _PIECE) - 1)).astype(np.int64)
    pieces = np.array([signal_free.T @ y[i : i + _PIECE] for i in np.unique(starts)])
    power = np.sum(pieces**2, axis=1)
    # Where there is least beside the noise; readings all alike (a dark end) say nothing.
    there = np.flatnonzero(power > left * (_QUIET * float(np.ptp(y))) ** 2)
    quiet = pieces[there[np.argsort(power[there])[: (there.size + 1) // 2]]]
    if not quiet.size:
        return _waves(y, sigma) or plain
    if not _alike(signal_free, quiet):
        return plain
    white = _likelihood(np.ones(left), quiet)
    best, gain = plain, _CLEAR
    for words, rho, values, vectors in filters:
        turned = quiet @ vectors
        for floor in _FLOORS:
            more = _likelihood((values + floor) / (1 + floor), turned) - white
            if more > gain:
                gain = more
                shared = tuple(float(r) / (1 + floor) for r in rho[1:])
                best = Noise(sigma, (1.0, *shared), words)
    return best


def _waves(y: Array, sigma: Array | None) -> Noise | None:
    """Noise smoothed so much that no short length holds any: seen as waves where there is no light.

    A computed curve falls off there without turning.  Waves are taken for noise smoothed by a Gaussian: its
    width is that of the waves, rho(1) = exp(-1/(4 width^2)), its size theirs.
    """
    off = np.abs(y - np.median(y))
    dark = off < min(_DARK * float(np.quantile(off, 0.4)), _LIGHT * float(np.ptp(y)))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], dark.astype(np.int64), [0]))))
    turns, square, steps, count = 0, 0.0, 0.0, 0
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        part = y[start:end]
        if part.size < _FEWEST:
            continue
        way = np.diff(part)
        turns += int(np.sum(way[1:] * way[:-1] < 0))
        square += float(np.sum((part - np.mean(part)) ** 2))
        steps += float(np.sum(way**2))
        count += part.size - 1
    if turns < _TURNS or square < count * (_QUIET * float(np.ptp(y))) ** 2 or steps == 0:
        return None
    width = max(math.sqrt(square / (2 * steps)), 1.0)
    lag = np.arange(math.ceil(10 * width))
    rho = np.exp(-0.25 * (lag / width) ** 2) / np.where(lag > 0, 1 + _FLOORS[2], 1.0)
    size = np.full(y.size, math.sqrt(square / count)) if sigma is None else sigma
    return Noise(size, tuple(rho.tolist()), f"a Gaussian of {FWHM * width:.0f} points FWHM or so")


def _alike(signal_free: Array, pieces: Array) -> bool:
    """Whether neighbours resemble each other more than white noise would let them (or less)."""
    back = pieces @ signal_free.T
    seen = np.sum(back[:, 1:] * back[:, :-1], axis=1) / np.sum(back**2, axis=1)
    hat = signal_free @ signal_free.T
    expected = float(np.trace(hat, 1)) / signal_free.shape[1]
    return bool(abs(float(np.mean(seen)) - expected) > 2.0 / math.sqrt(pieces.size))


def _likelihood(variances: Array, turned: Array) -> float:
    """Logarithm of the likelihood of pieces (m, left), each with a scale of its own."""
    scales = np.mean(turned**2 / variances, axis=1)
    return -0.5 * float(np.sum(variances.size * np.log(scales) + np.sum(np.log(variances))))


@functools.cache
def _table(degree: int) -> tuple[Array, list[tuple[str, Array, Array, Array]]]:
    """The space (``_PIECE``, left) beside polynomials of ``degree``; every filter's correlation in it.

    The latter as its words, correlation, and the variances and directions in that space.
    """
    basis = np.polynomial.legendre.legvander(np.linspace(-1, 1, _PIECE), degree)
    free = np.linalg.qr(basis, mode="complete")[0][:, degree + 1 :]
    out = []
    for words, kernel in _filters():
        rho = np.correlate(kernel, kernel, "full")[kernel.size - 1 :]
        rho = rho[: int(np.flatnonzero(np.abs(rho) > 1e-9 * rho[0])[-1]) + 1] / rho[0]
        values, vectors = np.linalg.eigh(free.T @ _matrix(tuple(rho), _PIECE) @ free)
        out.append((words, rho, np.maximum(values, 0.0), vectors))
    return free, out


def _filters() -> list[tuple[str, Array]]:
    """What instruments smooth with: words, and the weights of neighbouring points."""
    out = [(f"a moving average over {w} points", np.full(w, 1.0 / w)) for w in range(2, 26)]
    for times in range(3, 16, 2):
        once = np.full(times, 1.0 / times)
        out.append((f"a moving average over {times} points, twice", np.convolve(once, once)))
    for order, name in ((2, "quadratic"), (4, "quartic")):
        for w in range(order + 3, 36, 2):
            out.append((f"a Savitzky-Golay filter ({name}, {w} points)", weights(w, order)))
    for width in np.geomspace(0.5, 8.0, 56):
        t = np.arange(-math.ceil(5 * width), math.ceil(5 * width) + 1)
        kernel = np.exp(-0.5 * (t / width) ** 2)
        out.append((f"a Gaussian of {FWHM * width:.1f} points FWHM", kernel / kernel.sum()))
    for decay in (0.3, 0.5, 0.7, 0.8, 0.9):
        kernel = decay ** np.arange(math.ceil(math.log(1e-6) / math.log(decay)))
        out.append((f"a time constant of {-1 / math.log(decay):.1f} points", kernel / kernel.sum()))
    return out


def _matrix(rho: tuple[float, ...], n: int) -> Array:
    first = np.zeros(n)
    first[: min(n, len(rho))] = rho[:n]
    place = np.arange(n)
    return np.asarray(first[np.abs(place[:, None] - place)], dtype=np.float64)


@functools.lru_cache(maxsize=64)
def _factor(rho: tuple[float, ...], n: int, floor: float = 1e-9) -> Array:
    """Cholesky factor (n, n) of the correlation, with white noise of variance ``floor`` beside it."""
    matrix = _matrix(rho, n)
    # A filter that kills some waves leaves a matrix that rounding turns negative, the more the larger it is.
    while floor < _JUDGED:
        try:
            return np.asarray(np.linalg.cholesky(matrix + floor * np.eye(n)), dtype=np.float64)
        except np.linalg.LinAlgError:
            floor *= 10
    return np.asarray(np.linalg.cholesky(matrix + floor * np.eye(n)), dtype=np.float64)
