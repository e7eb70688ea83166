"""What the readings to the red of the first exciton say of the baseline under it.

Dots do not absorb there.  What is left (scattering, an offset, a slope that happens to reach zero at the last
reading) lies under maximum and valley as well, and moves valley depth and half width.  Its law is not known,
so the value stays as read, and what the likelier of two laws would move it by is part of its error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.signal.correlation import Noise
from epidot.signal.local import believed

Array = NDArray[np.float64]

_WIDTHS = 4.0  # half widths from the maximum: a Gaussian holds 2e-5 of its height there
_FEWEST = 12  # readings
_CLEAR = 4.0  # standard errors
_SHARE = 0.005  # of the maximum: a baseline flatter than that is none


def baseline(x: Array, y: Array, noise: Noise, top: float, half: float) -> Array | None:
    """The baseline (n,) that the readings far to the red of a maximum draw under all of the spectrum.

    ``top`` and ``half`` / nm are where the maximum and, to its red, half of it lie.  A line, or a level with
    scattering as λ⁻⁴, whichever leaves less; ``None`` where nothing is seen, or no readings are there.
    """
    start = top + _WIDTHS * (half - top)
    red = x > start
    if np.sum(red) < _FEWEST or np.ptp(x[red]) < half - top:
        return None
    # Nearer readings may be the foot of the absorption itself: those farther out must see it too.
    out = x > 0.5 * (start + x[-1])
    enough = np.sum(out) >= _FEWEST and np.ptp(x[out]) >= half - top
    if enough and _seen(x, y, noise, top, out) is None:
        return None
    return _seen(x, y, noise, top, red)


def _seen(x: Array, y: Array, noise: Noise, top: float, red: NDArray[np.bool_]) -> Array | None:
    """The likelier law of the readings ``red`` (n,) under all of them, if it stands clear at ``top``."""
    kept = noise.kept(red)
    seen = []
    for column in ((x - top) / (x[-1] - top), (500.0 / x) ** 4):
        columns = np.stack([np.ones(x.size), column], axis=1)
        design = kept.weighted(columns[red])
        values = kept.weighted(y[red])
        found, *_ = np.linalg.lstsq(design, values, rcond=None)
        left = values - design @ found
        errors = kept.answers(design) * np.sqrt(believed(kept, left, design))
        at = int(np.argmin(np.abs(x - top)))
        seen.append((float(left @ left), columns @ found, float(np.linalg.norm(columns[at] @ errors)), at))
    _, curve, error, at = min(seen, key=lambda one: one[0])
    if abs(curve[at]) < max(_CLEAR * error, _SHARE * abs(float(y[at]))):
        return None
    return np.asarray(curve)
