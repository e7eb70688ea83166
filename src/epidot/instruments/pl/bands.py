"""Several emission bands fitted together; their shape is chosen by likelihood among stated laws.

The deviance and the number of free values give each shape and background tried
(:mod:`epidot.instruments.pl.candidates`) a weight, by which they are averaged (:mod:`epidot.signal.degrees`).
Where no law describes the readings the deviance is measured by what is left over, so that none is believed
alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HC
from epidot.instruments.pl.apart import OFF_ITS_TOP, Apart, apart
from epidot.instruments.pl.candidates import NO_OPTIMUM, Trial, left_over, tried
from epidot.instruments.pl.shapes import NAMES
from epidot.quantities import Quantity
from epidot.signal import Signal
from epidot.signal.correlation import Noise
from epidot.signal.degrees import averaged

Array = NDArray[np.float64]

MOST = 4
_MISFIT = (
    3.0  # residuals so many times the noise, and so large a share of the highest band: no error is stated
)
_SHARE = 0.02
_NOTHING = 1e-9  # of the highest band: a band of no more height is none
_PEDESTAL = 0.02  # of the highest band: so much under the bands is told


@dataclass(frozen=True)
class Bands:
    """Bands from blue to red: what each measures, the curve of their sum, and which one is the highest.

    ``described`` says whether they describe the spectrum; if not, their values have no error.  ``trials`` is
    the table of the shapes that were tried.
    """

    each: tuple[dict[str, Quantity], ...]
    curve: Array
    highest: int
    described: bool
    warnings: tuple[str, ...]
    trials: tuple[dict[str, Any], ...]


def fit_bands(signal: Signal, noise: Noise, places: Sequence[float], number: int, density: str) -> Bands:
    """``number`` bands, the search for them beginning at ``places`` / nm and then where most is left over.

    ``noise`` holds the errors of the points where they are known; ``density`` as in ``measure``.
    """
    trials = tried(signal, noise, places, number)
    best = trials[0]
    curve = best.fit.curve(signal.x)
    times, left = left_over(signal, noise, best)
    warnings = []
    stated = not (times > _MISFIT and left > _SHARE)
    if not stated:
        warnings.append(
            f"{number} bands do not describe the spectrum (residuals {times:.0f} times the noise): "
            "their values have no error"
        )
    if not best.fit.optimal:
        stated = False
        warnings.append(f"{NO_OPTIMUM} of {number} bands: their values have no error")
    tallest = best.fit.bands[int(np.argmax(best.fit.bands[:, 0]))]
    share = float(best.fit.background(np.array([HC / tallest[1]]))[0] / max(tallest[0], 1e-300))
    if share > _PEDESTAL:
        warnings.append(f"the bands stand on a background of {share:.1%} of the highest, fitted with them")
    believed = [t for t in trials if t.weight > 0]
    asked = []
    for trial in believed:
        found = apart(signal, noise, trial.fit, density)
        asked.append([found[int(k)] for k in np.argsort(-trial.fit.bands[:, 1])])
    words = f"{number} band{'s' * (number > 1)}, {best.words}" + (
        f" (weight {best.weight:.2f}; mean over {len(believed)} shapes)" if len(believed) > 1 else ""
    )
    each = []
    heights = best.fit.bands[np.argsort(-best.fit.bands[:, 1]), 0]
    for k in range(number):
        one: dict[str, Quantity] = {}
        empty = heights[k] <= _NOTHING * float(np.max(heights))
        if empty:
            warnings.append(
                f"band {k + 1} of {number} has no height in the fit: ask for fewer (option bands)"
            )
        for name in NAMES:
            if empty:
                unit = name[-2:] if name != "area" else ""
                why = f"the fit gives band {k + 1} no height: {number - 1} describe the spectrum as well"
                one[name] = Quantity(None, None, unit, "none", why)
                continue
            seen = _mean([bands[k][name] for bands in asked], [t.weight for t in believed])
            method = f"{words}, fitted together{_what(name, density)}" + (OFF_ITS_TOP if seen.own else "")
            unit = name[-2:] if name != "area" else ""
            one[name] = Quantity(seen.value, seen.sigma if stated else None, unit, method)
        each.append(one)
    order = np.argsort(-best.fit.bands[:, 1])
    highest = int(np.argmax(best.fit.bands[order, 0]))
    return Bands(tuple(each), curve, highest, stated, tuple(warnings), _table(trials))


def _mean(seen: Sequence[Apart], weights: Sequence[float]) -> Apart:
    """The mean of what several shapes say."""
    value, error = averaged([one.value for one in seen], [one.sigma for one in seen], weights)
    return Apart(value, error, seen[0].own)


def _table(trials: Sequence[Trial]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "shape": t.words,
            "deviance": t.deviance,
            "free values": t.free,
            "weight": t.weight,
        }
        for t in trials
    )


def _what(name: str, density: str) -> str:
    if name == "area":
        return "; share of all photons in the bands"
    return f", photons {density if name.endswith('eV') else 'per nm'}"
