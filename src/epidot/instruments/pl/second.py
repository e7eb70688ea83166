"""Whether a bump beside a band that is not clear of the noise by itself is a second band.

A maximum is believed by its height above the noise of the smoothed curve; many readings together tell more
than their highest.  So bumps that are not clear are judged by likelihood: two bands against one, each of the
shape that describes it best.  A bump may lie anywhere, so two bands have to be better by the number of places
that were looked at as well.  One band may also be cut off by a full scale: noise on a level top makes bumps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.pl.band import reach
from epidot.instruments.pl.candidates import Trial, tried
from epidot.instruments.pl.shapes import NAMES
from epidot.signal import Signal
from epidot.signal.correlation import Noise
from epidot.signal.degrees import COUNTED, DOUBTED
from epidot.signal.plateau import cut_rather_than

Array = NDArray[np.float64]

_LOWEST = 0.15  # of the height of the band: a lower bump is not asked


@dataclass(frozen=True)
class Second:
    """A band at ``place`` / nm, ``share`` of the height of the first, and how likely it is (``weight``).

    ``first`` are the values of the first band if there is a second, by their names.
    """

    place: float
    share: float
    weight: float
    first: dict[str, float]


def second(
    signal: Signal,
    noise: Noise,
    shape: Array,
    top: int,
    bumps: Sequence[tuple[float, float]],
    density: str,
) -> Second | None:
    """The highest of some bumps judged, beside the band around the point ``top`` of ``shape`` (n,).

    ``bumps`` are places / nm and shares of the height, from the highest down; ``noise`` holds the errors of
    the points where they are known; ``density`` as in ``measure``.  ``None`` if none is worth a thought.
    """
    x = signal.x
    if not bumps or bumps[0][1] < _LOWEST:
        return None
    place = bumps[0][0]
    one = tried(signal, noise, [float(x[top])], 1)
    two = [t for t in tried(signal, noise, [float(x[top]), place], 2) if _two_maxima(x, t)]
    if not two:
        return None
    best = two[0]
    unit = best.fit.cost / best.deviance
    low, high = reach(shape, top, 0.5 * float(shape[top]))
    places = max(2.0, float(np.ptp(x)) / max(float(x[high] - x[low]), 1.0))
    alone = min(t.fit.cost / unit + COUNTED * t.free for t in one)
    both = best.deviance + COUNTED * best.free
    alone = min(alone, both - cut_rather_than(signal, best.fit.curve(x), best.free))
    weight = 1 / (1 + math.exp(min(0.5 * (both + 2 * math.log(places) - alone), 50.0)))
    bands = best.fit.bands
    first = int(np.argmin(np.abs(HC / bands[:, 1] - float(x[top]))))
    values, _ = best.fit.read_off(first, density)
    share = float(bands[1 - first, 0] / bands[first, 0])
    if weight < DOUBTED:
        return None
    return Second(
        float(HC / bands[1 - first, 1]), share, weight, dict(zip(NAMES[:4], values[:4].tolist(), strict=True))
    )


def _two_maxima(x: Array, trial: Trial) -> bool:
    """Whether the bands of a trial make two maxima inside the range ``x`` (n,)."""
    way = np.diff(trial.fit.curve(x) - trial.fit.background(x))
    return int(np.sum((way[:-1] > 0) & (way[1:] <= 0))) > 1
