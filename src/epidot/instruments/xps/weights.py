"""The noise of readings that nobody said are counts: rates of unknown time, counts that were scaled.

Their variance grows with the intensity.  An even weight would trust the flanks too little and state errors of
places half as large as they are.  How it grows is read off the second differences of what a fit leaves: a
line that is missing or misshaped hardly shows in them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.xps.region import Found
from epidot.signal import Signal

Array = NDArray[np.float64]

_SHARES = np.concatenate([np.linspace(0.0, 0.9, 10), [0.95, 0.98, 1.0]])  # of the variance that grows
_GAIN = 10.0  # in twice the logarithm of the likelihood; neighbouring differences are alike
_LEAST = 40  # readings


def weighted(found: Found) -> Signal | None:
    """The region with the standard errors of its readings, or ``None`` where their variance is even or known.

    It is a + b y, y the fitted curve: of counts with a scale and a floor.
    """
    region, curve = found.region, found.fitted.curve
    if region.knows_noise or len(region) < _LEAST:
        return None
    square = np.diff(region.y - curve, 2) ** 2 / 6
    level = np.maximum(curve, 0.0)
    middle = float(np.mean(level))
    if not (middle > 0 and float(np.median(square)) > 0):
        return None
    grown = (level[:-2] + 4 * level[1:-1] + level[2:]) / 6 / middle
    lacking = []
    for share in _SHARES:
        form = np.maximum(1 - share + share * grown, 1e-6)
        lacking.append(square.size * np.log(np.mean(square / form)) + np.sum(np.log(form)))
    best = int(np.argmin(lacking))
    if lacking[0] - lacking[best] < _GAIN:
        return None
    share = float(_SHARES[best])
    scale = float(np.mean(square / np.maximum(1 - share + share * grown, 1e-6)))
    scale *= len(region) / max(found.fitted.statistics["degrees_of_freedom"], 1.0)
    variance = scale * np.maximum(1 - share + share * level / middle, 1e-6)
    return replace(region, sigma=np.sqrt(variance))
