"""One model fitted to one spectrum or to several at once: what emission and absorption spectra share.

Every curve is first fitted by itself; there the fit of all begins.  Only a number tells several bands apart:
where limits name some of them, the bands found are also tried in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from epidot.signal.fitting import Curve, Free, Together, fit_curves
from epidot.signal.limits import Limits, placed, within

_OWN = 3  # height, centre / eV, standard deviation / eV
_TRIED = 2  # so many other ways to number the bands are fitted
_CLEAR = 25.0  # variances of a reading: what another numbering must take off the sum of squares


def numbered(band: Sequence[Free], k: int) -> list[Free]:
    """The parameters of band ``k``, from 1: ``centre_eV`` becomes ``centre1_eV``."""
    ends = ["_eV" if f.name.endswith("_eV") else "" for f in band]
    return [replace(f, name=f"{f.name.removesuffix(e)}{k}{e}") for f, e in zip(band, ends, strict=True)]


def fitted(curves: Sequence[Curve], limits: Limits, bands: int = 0, from_blue: bool = False) -> Together:
    """All ``curves`` fitted; their first parameters are height, centre and width of so many ``bands``.

    Bands are numbered from the red, or ``from_blue``, unless limits say otherwise.

    Raises
    ------
    InputError
        As :func:`epidot.signal.fitting.fit_curves`.
    """
    if limits:  # what they say is looked at before anything is fitted
        _limited(curves, limits)
    alone = [fit_curves([curve]) for curve in curves]
    begun, found = [], list(range(bands))
    for curve, one in zip(curves, alone, strict=True):
        order = np.argsort(one.each[0].values[1 : _OWN * bands : _OWN]).tolist()
        order = order[::-1] if from_blue else order
        begun.append(_renumbered(curve.after(one.each[0]), order))
        found = order if order != found else found
    if len(curves) == 1 and not limits and found == list(range(bands)):
        return alone[0]
    if not limits or bands < 2:
        return fit_curves(begun, limits)
    best = fit_curves(begun, limits)
    ways = [[_renumbered(curve, order) for curve in begun] for order in [*permutations(range(bands))][1:]]
    for way in sorted(ways, key=lambda way: _misfit(way, limits))[:_TRIED]:
        other = fit_curves(way, limits)
        if best.cost - other.cost > _CLEAR * other.cost / other.statistics["degrees_of_freedom"]:
            best = other
    return best


def _renumbered(curve: Curve, order: Sequence[int]) -> Curve:
    """The same with its bands in another order, each with its own search."""
    at = [_OWN * band + i for band in order for i in range(_OWN)]
    names = [f.name for f in curve.free]
    moved = [replace(curve.free[i], name=name) for i, name in zip(at, names[: len(at)], strict=True)]
    starts = [np.concatenate([start[at], start[len(at) :]]) for start in curve.starts]
    return replace(curve, free=[*moved, *curve.free[len(at) :]], starts=starts)


def _limited(curves: Sequence[Curve], limits: Limits) -> list[np.ndarray]:
    """Where a search of every curve begins inside its limits."""
    settled = placed(limits, [[f.term(searched=False) for f in curve.free] for curve in curves])
    out = []
    for k, curve in enumerate(curves):
        begun = []
        for f in curve.free:
            bounds = settled.bounds.get((f.name, k))
            start = f.start if bounds is None else within(f.start, bounds)
            begun.append(settled.held.get((f.name, k), start))
        out.append(np.array(begun))
    return out


def _misfit(curves: Sequence[Curve], limits: Limits) -> float:
    """Sum of squares where the search begins."""
    starts = _limited(curves, limits)
    return sum(float(np.sum(curve.off(v) ** 2)) for curve, v in zip(curves, starts, strict=True))
