"""A law of decay tried with several spreads of D, and what its fits say together.

The dots of a species differ in size and so in D: each law is fitted with several relative spreads, which are
weighed by how well they describe the decay and by what is usual.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.dosy.laws import lack, law
from epidot.instruments.dosy.third import Third
from epidot.signal import Signal
from epidot.signal.degrees import COUNTED, mixed
from epidot.signal.fitting import Fitted

Array = NDArray[np.float64]

WIDTHS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.25)  # relative spreads of D that are looked at
USUAL = (
    0.06  # standard deviation of such a spread around none (assumed: sizes differ by 10 %, ligands by less)
)
_TWO = ("intensity", "D_m2_per_s", "free_intensity", "free_D_m2_per_s")


@dataclass(frozen=True)
class Tried:
    """A law at its best for every spread of D in :data:`WIDTHS`, their weights ``share``, how far the best
    is ``lacking`` (:func:`epidot.instruments.dosy.laws.lack`), and Akaike's criterion of them together.

    ``valley`` are least errors of its values (:func:`epidot.instruments.dosy.valley.valley`), ``third`` what
    a further species would move them by.
    """

    name: str
    fits: tuple[Fitted, ...]
    share: Array
    lacking: float
    criterion: float
    valley: Mapping[str, float] = field(default_factory=dict)
    third: Third | None = None

    @property
    def best(self) -> Fitted:
        """The fit of most weight."""
        return self.fits[int(np.argmax(self.share))]

    @property
    def width(self) -> float:
        """Its spread of D."""
        return WIDTHS[int(np.argmax(self.share))]

    @property
    def free(self) -> int:
        """How many values are fitted."""
        return len(self.fits[0].names)

    def mean(self, name: str) -> tuple[float, float | None]:
        """A parameter, its mean over the spreads."""
        return self._held(name, mean([(fit.value(name), fit.sigma(name)) for fit in self.fits], self.share))

    def _held(self, name: str, told: tuple[float, float | None]) -> tuple[float, float | None]:
        value, sigma = told
        if sigma is None:
            return value, None
        # Both follow the ways in which species pass for one another: the wider one, not one on the other.
        widened = sigma if self.third is None else self.third.widened(name, sigma)
        return value, max(widened, self.valley.get(name, 0.0))

    def slower_share(self) -> tuple[float, float | None]:
        """Intensity of the slower of two species over that of both."""
        pairs = []
        for fit in self.fits:
            slow, fast = fit.value("intensity"), fit.value("free_intensity")
            total = max(slow + fast, 1e-300)
            by = np.array([fast, -slow]) / total**2
            pairs.append((slow / total, _error(by, fit, ("intensity", "free_intensity"))))
        return self._held("share", mean(pairs, self.share))

    def middle(self) -> tuple[float, float | None]:
        """Mean D of two species by their intensities."""
        pairs = []
        for fit in self.fits:
            a, D, other, fast = (fit.value(n) for n in _TWO)
            total = a + other
            middle = (a * D + other * fast) / total
            by = np.array([(D - middle) / total, a / total, (fast - middle) / total, other / total])
            pairs.append((middle, _error(by, fit, _TWO)))
        return mean(pairs, self.share)


def tried(name: str, signal: Signal, free_D: float | None) -> Tried | None:
    """The law ``name`` with every spread of D; ``None`` where there are too few points for it."""
    laws = [law(name, signal, free_D, width) for width in WIDTHS]
    if len(signal) <= len(laws[0].free) + 1:
        return None
    fits: list[Fitted] = []
    for one in laws:
        fits.append(ordered(one.fitted(signal, fits[-1] if fits else None)))
    lacking = np.array([_likely(signal, fit) for fit in fits]) + np.array(WIDTHS) ** 2 / USUAL**2
    share = np.exp(-0.5 * (lacking - lacking.min()))
    share /= share.sum()
    n, k = len(signal), len(fits[0].names) + (signal.known_sigma is None)
    least = float(lacking.min())
    penalty = 2 * k + 2 * k * (k + 1) / max(n - k - 1, 0.5)
    return Tried(name, tuple(fits), share, least, least + penalty)


def ordered(fit: Fitted) -> Fitted:
    """The slower species first, where both are free."""
    if "free_D_m2_per_s" not in fit.names or fit.value("D_m2_per_s") <= fit.value("free_D_m2_per_s"):
        return fit
    order = [fit.names.index(n) for n in (*_TWO[2:], *_TWO[:2])]
    return replace(fit, values=fit.values[order], covariance=fit.covariance[np.ix_(order, order)])


def weighed(said: Sequence[tuple[Tried, tuple[float, float | None]]]) -> tuple[float, float | None]:
    """What several laws say of one value, by Akaike's weights; their differences are in its error.

    A law that states no error is not asked beside others that do.
    """
    told = [pair for pair in said if pair[1][1] is not None] or list(said)
    # Akaike counts 2 for every free value; what is asked of a rival here is COUNTED (see signal.degrees)
    marks = np.array([each.criterion + (COUNTED - 2) * each.free for each, _ in told])
    share = np.exp(-0.5 * (marks - marks.min()))
    return mean([value for _, value in told], share / share.sum())


def mean(values: Sequence[tuple[float, float | None]], share: Array) -> tuple[float, float | None]:
    """Mean of the laws' values with these weights; its error holds what they differ by."""
    weights = np.where(share > 1e-3, share, 0.0)
    variances = [[[np.inf if s is None else s * s]] for _, s in values]
    middle, variance = mixed([[v] for v, _ in values], variances, (weights / weights.sum()).tolist())
    return float(middle[0]), math.sqrt(variance[0, 0]) if np.isfinite(variance[0, 0]) else None


def _error(by: Array, fit: Fitted, names: Sequence[str]) -> float | None:
    """Standard error of what changes with the parameters ``names`` as ``by`` says."""
    at = [fit.names.index(n) for n in names]
    covariance = fit.covariance[np.ix_(at, at)]
    if not np.all(np.isfinite(covariance)):
        return None
    return math.sqrt(max(float(by @ covariance @ by), 0.0)) or None


def _likely(signal: Signal, fit: Fitted) -> float:
    """Twice the negative logarithm of the likelihood, but for a constant."""
    return float(lack(signal, fit.misfit * fit.statistics["degrees_of_freedom"]))
