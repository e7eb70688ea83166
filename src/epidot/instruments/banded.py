"""One model fitted to one spectrum or to several at once: what emission and absorption spectra share.

Every curve is first fitted by itself; there the fit of all begins.  Only a number tells several bands apart,
and band 1 is the first in its place in every curve.  Where limits give some of them values of their own, the
bands found are also tried in another order; one order holds for all curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from epidot.errors import InputError
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
        As :func:`epidot.signal.fitting.fit_curves`; also if the curves number their bands differently.
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
    # What is only shared names no band: in another order it would be another's place, if that fits better.
    if not (limits.fixed or limits.bounds):
        return _alike(best, curves, bands, from_blue, as_placed=True)
    ways = [[_renumbered(curve, order) for curve in begun] for order in [*permutations(range(bands))][1:]]
    for way in sorted(ways, key=lambda way: _misfit(way, limits))[:_TRIED]:
        other = fit_curves(way, limits)
        if best.cost - other.cost > _CLEAR * other.cost / other.statistics["degrees_of_freedom"]:
            best = other
    return _alike(best, curves, bands, from_blue)


def _alike(
    found: Together, curves: Sequence[Curve], bands: int, from_blue: bool, as_placed: bool = False
) -> Together:
    """``found``, if its bands stand in one order in all ``curves``: ``as_placed``, or in that of the first.

    Raises
    ------
    InputError
        Naming the curve and the band that do not.
    """
    centres = [one.values[1 : _OWN * bands : _OWN] for one in found.each]
    orders = [np.argsort(-c if from_blue else c) for c in centres]
    meant = np.arange(bands) if as_placed else orders[0]
    if len(curves) == 1:
        return found
    for curve, c, order in zip(curves, centres, orders, strict=True):
        if np.any(order != meant):
            at = int(np.argmax(order != meant))
            raise InputError(
                "the bands of this spectrum come in another order than those of the others: "
                "one number would mean two bands",
                curve.signal.source or None,
                seen=f"band {order[at] + 1} at {c[order[at]]:.3f} eV where band {meant[at] + 1} is meant",
                remedy=f"say where it lies, e.g. --bound centre{meant[at] + 1}=LOW:HIGHeV, or ask for fewer",
            )
    return found


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
