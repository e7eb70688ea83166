"""Diffusion coefficient, hydrodynamic radius and bound fraction from how a line falls with b.

One species and two are fitted.  The dots of a species differ in size and so in D: each fit is made with
several relative spreads of D, which are weighed by how well they describe the decay and by what is usual, and
what D then varies by is in its error.  Akaike's criterion (corrected for few points) says whether one species
describes the decay.  Two are stated where one does not, or where it is known how fast free ligand diffuses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments import curve
from epidot.instruments.dosy.laws import LEAST, SMOOTH, law
from epidot.instruments.dosy.sizes import sizes
from epidot.instruments.dosy.smoothest import smoothest
from epidot.instruments.options import Settings
from epidot.quantities import Fit, Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.degrees import mixed
from epidot.signal.fitting import Fitted

Array = NDArray[np.float64]

WIDTHS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.25)  # relative spreads of D that are looked at
USUAL = (
    0.06  # standard deviation of such a spread around none (assumed: sizes differ by 10 %, ligands by less)
)
APART = 10.0  # in Akaike's criterion: two species are stated when one is so much worse
CLOSEST = 2.5  # ratio of two D from which each of them is stated: nearer ones trade places with their shares
_FALL = 0.2  # of a line: a decay that falls less tells little of D
_STILL = 0.3  # D times the largest b: slower than that, the second species is an offset
_GAS = 1e-7  # m²/s: nothing diffuses so fast in a liquid
_TWO = ("intensity", "D_m2_per_s", "free_intensity", "free_D_m2_per_s")

_METHOD = "decay of the line with b by {law}, least squares"
_WHICH = {
    "one": "one exponential",
    "spread": "a gamma law of D",
    "two": "two exponentials",
}


@dataclass(frozen=True)
class Tried:
    """A law at its best for every spread of D in :data:`WIDTHS`, their weights ``share``, and Akaike's
    criterion of them together."""

    name: str
    fits: tuple[Fitted, ...]
    share: Array
    criterion: float

    @property
    def best(self) -> Fitted:
        """The fit of most weight."""
        return self.fits[int(np.argmax(self.share))]

    @property
    def width(self) -> float:
        """Its spread of D."""
        return WIDTHS[int(np.argmax(self.share))]

    def mean(self, name: str) -> tuple[float, float | None]:
        """A parameter, its mean over the spreads."""
        return mean([(fit.value(name), fit.sigma(name)) for fit in self.fits], self.share)


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.dosy.measure`; ``chosen`` are the settled options."""
    used, warnings = usable(signal, chosen)
    free_D = chosen["free_D_m2_per_s"]
    two = tried("two", used, free_D)
    one = None if two is not None and free_D is not None else tried("one", used, None)
    described = two if one is None or (two is not None and one.criterion - two.criterion > APART) else one
    assert described is not None  # one species has two parameters
    shown = described.best
    D, sigma = described.mean("D_m2_per_s")
    still = described is two and free_D is None and D * float(used.x[-1]) < _STILL
    if still:
        D, sigma = described.mean("free_D_m2_per_s")
        warnings.append(
            "a part of the signal does not fall with b (an offset, or the noise floor): taken off"
        )
    found = {"D_m2_per_s": _of_gradient(D, sigma, chosen, _METHOD.format(law=_WHICH[described.name]))}
    if described is two and free_D is None and not still and (both := _too_close(described)) is not None:
        D, sigma = both
        how = "mean of two exponentials by their intensities"
        found = {"D_m2_per_s": _of_gradient(D, sigma, chosen, how)}
        warnings.append(
            f"two species whose D differ by less than a factor of {CLOSEST:g}: they cannot be told apart, "
            "the mean of both is stated"
        )
        found |= _second(None, free_D, chosen)
    else:
        found |= _second(None if described is one or still else described, free_D, chosen)
    found |= sizes(found["D_m2_per_s"], signal, chosen)
    fell = 1 - float(shown.curve[-1] / max(shown.curve[0], 1e-300))
    if fell < _FALL:
        warnings.append(
            f"the line falls by {fell:.0%} only: stronger or longer gradients would tell D better"
        )
    if shown.status != "converged":
        warnings.append(shown.message)
        found = {name: replace(q, sigma=None) for name, q in found.items()}
    if (why := _impossible(D, free_D, described)) is not None:
        warnings.append(why)
        found = {n: replace(q, value=None, sigma=None, note=f"withheld: {why}") for n, q in found.items()}
    packed = shown.packed(described.name, used, {}, ())
    curves = {
        curve.DATA: used,
        curve.MODEL: packed.curves["model"],
        curve.RESIDUALS: packed.curves["residuals"],
    }
    known = [each for each in (one, two) if each is not None]
    least = min(each.criterion for each in known)
    extra = {
        "rule": _WHICH[described.name],
        "trials": [
            {
                "law": each.name,
                "above_best": each.criterion - least,
                "spread": each.width,
                **_values(each.best),
            }
            for each in known
        ],
    }
    return Quantities("dosy", found, signal.source, tuple(dict.fromkeys(warnings)), extra, curves)


def _values(fit: Fitted) -> dict[str, float]:
    return {name: float(v) for name, v in zip(fit.names, fit.values, strict=True)}


def usable(signal: Signal, chosen: Settings) -> tuple[Signal, list[str]]:
    """The points to be fitted, and what is said about them.

    Raises
    ------
    InputError
        If too few are left.
    """
    most = chosen["most_b_s_per_m2"]
    used = signal if most is None else signal.kept(signal.x <= most)
    if len(used) < LEAST:
        raise InputError(
            "a decay needs more gradients",
            signal.source or None,
            seen=f"{len(used)} of them",
            remedy=f"give at least {LEAST}",
        )
    if not np.max(used.y) > 0:
        raise InputError(
            "the line has no intensity above zero", signal.source or None, seen=f"{np.max(used.y):.3g}"
        )
    return used, list(signal.warnings)


def tried(name: str, signal: Signal, free_D: float | None) -> Tried | None:
    """The law ``name`` with every spread of D; ``None`` where there are too few points for it."""
    laws = [law(name, signal, free_D, width) for width in WIDTHS]
    if len(signal) <= len(laws[0].free) + 1:
        return None
    fits: list[Fitted] = []
    for one in laws:
        fits.append(_ordered(one.fitted(signal, fits[-1] if fits else None)))
    likely = np.array([_likely(signal, fit) for fit in fits]) + np.array(WIDTHS) ** 2 / USUAL**2
    share = np.exp(-0.5 * (likely - likely.min()))
    share /= share.sum()
    n, k = len(signal), len(fits[0].names) + (signal.known_sigma is None)
    return Tried(
        name, tuple(fits), share, float(likely.min()) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 0.5)
    )


def _ordered(fit: Fitted) -> Fitted:
    """The slower species first, where both are free."""
    if "free_D_m2_per_s" not in fit.names or fit.value("D_m2_per_s") <= fit.value("free_D_m2_per_s"):
        return fit
    order = [fit.names.index(n) for n in (*_TWO[2:], *_TWO[:2])]
    return replace(fit, values=fit.values[order], covariance=fit.covariance[np.ix_(order, order)])


def _too_close(two: Tried) -> tuple[float, float | None] | None:
    """Mean D of two species by intensity if they are too alike for more, else ``None``."""
    if two.mean("free_D_m2_per_s")[0] > CLOSEST * two.mean("D_m2_per_s")[0]:
        return None
    pairs = []
    for fit in two.fits:
        a, D, other, fast = (fit.value(n) for n in _TWO)
        total = a + other
        middle = (a * D + other * fast) / total
        by = np.array([(D - middle) / total, a / total, (fast - middle) / total, other / total])
        pairs.append((middle, _error(by, fit, _TWO)))
    return mean(pairs, two.share)


def _error(by: Array, fit: Fitted, names: Sequence[str]) -> float | None:
    """Standard error of what changes with the parameters ``names`` as ``by`` says."""
    at = [fit.names.index(n) for n in names]
    covariance = fit.covariance[np.ix_(at, at)]
    if not np.all(np.isfinite(covariance)):
        return None
    return math.sqrt(max(float(by @ covariance @ by), 0.0)) or None


def _impossible(D: float, free_D: float | None, described: Tried) -> str | None:
    """Why a result cannot be what it is called, or ``None``."""
    if not D < _GAS:
        return (
            f"D of {D:.2g} m2/s is not that of a solution: are the times in ms, the gradients in their unit?"
        )
    if described.name == "two" and free_D is not None and not D < free_D:
        return f"what remains diffuses faster ({D:.3g} m2/s) than the free_D_m2_per_s given ({free_D:.3g})"
    return None


def _likely(signal: Signal, fit: Fitted) -> float:
    """Twice the negative logarithm of the likelihood, but for a constant."""
    n, left = len(signal), fit.misfit * fit.statistics["degrees_of_freedom"]
    return left if signal.known_sigma is not None else n * math.log(max(left / n, 1e-300))


def mean(values: Sequence[tuple[float, float | None]], share: Array) -> tuple[float, float | None]:
    """Mean of the laws' values with these weights; its error holds what they differ by."""
    weights = np.where(share > 1e-3, share, 0.0)
    variances = [[[np.inf if s is None else s * s]] for _, s in values]
    middle, variance = mixed([[v] for v, _ in values], variances, (weights / weights.sum()).tolist())
    return float(middle[0]), math.sqrt(variance[0, 0]) if np.isfinite(variance[0, 0]) else None


def _of_gradient(D: float, sigma: float | None, chosen: Settings, how: str) -> Quantity:
    """D with the error of the gradients' calibration: D goes with the square of the gradient."""
    off = 2 * float(chosen["gradient_sigma"])
    return Quantity(D, None if sigma is None else math.hypot(sigma, off * D), "m2/s", how)


def _second(two: Tried | None, free_D: float | None, chosen: Settings) -> dict[str, Quantity]:
    """The faster species, and which share of the signal is bound to the slower one."""
    how = "intensity of the slower species over that of both"
    if two is None:
        why = "one species describes the decay: give free_D_m2_per_s, that of free ligand, to look for it"
        return {"bound_fraction": Quantity(None, None, "1", how, why)}
    pairs = []
    for fit in two.fits:
        slow, fast = fit.value("intensity"), fit.value("free_intensity")
        total = max(slow + fast, 1e-300)
        by = np.array([fast, -slow]) / total**2
        pairs.append((slow / total, _error(by, fit, ("intensity", "free_intensity"))))
    fraction, sigma = mean(pairs, two.share)
    found = {"bound_fraction": Quantity(fraction, sigma, "1", how, "of the nuclei of this line")}
    if free_D is None:
        found["free_D_m2_per_s"] = _of_gradient(
            *two.mean("free_D_m2_per_s"), chosen, "the faster of two exponentials"
        )
    return found


def fitted(signal: Signal, model: str | None, chosen: Settings) -> Fit:
    """See :func:`epidot.instruments.dosy.fit`."""
    used, warnings = usable(signal, chosen)
    name = model or "one"
    if name == SMOOTH:
        return smoothest(used, warnings, chosen["free_D_m2_per_s"])
    if name != "two" and chosen["free_D_m2_per_s"] is not None:
        what = f"free_D_m2_per_s would do nothing in the model {name}"
        raise InputError(
            what, seen=f"{chosen['free_D_m2_per_s']:g}", remedy="choose the model two, or leave it out"
        )
    fit = _ordered(law(name, used, chosen["free_D_m2_per_s"]).fitted(used))
    return fit.packed(name, used, fit.quantities(_METHOD.format(law=_WHICH[name])), warnings)
