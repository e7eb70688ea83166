"""Diffusion coefficient, hydrodynamic radius and bound fraction from how a line falls with b.

One species is fitted, one beside a constant, and two.  Akaike's criterion (corrected for few points) says
whether one species describes the decay, and whether a constant offset does as well as a slower species.  Two
are stated where neither does, or where it is known how fast free ligand diffuses.  What a law that is not
excluded would move D by is in its error.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from epidot.errors import InputError
from epidot.instruments import curve
from epidot.instruments.dosy.laws import LEAST, SMOOTH, grid, lack, law, weights
from epidot.instruments.dosy.sizes import outside, sizes
from epidot.instruments.dosy.smoothest import smoothest
from epidot.instruments.dosy.third import STILL, third
from epidot.instruments.dosy.tried import Tried, ordered, tried, weighed
from epidot.instruments.dosy.valley import valley
from epidot.instruments.options import Settings
from epidot.quantities import Fit, Quantities, Quantity
from epidot.signal import Signal
from epidot.signal.fitting import Fitted

Array = NDArray[np.float64]

APART = 10.0  # in Akaike's criterion: a law is given up when it is so much worse than another
CLOSEST = 2.5  # ratio of two D from which each of them is stated: nearer ones trade places with their shares
_FALL = 0.2  # of a line: a decay that falls less tells little of D
_CLEAR = 9.0  # what a fall must take off the deviance of a line that does not fall: three standard errors

_NONE = 3.0  # standard errors: a bound share below that may be none

_STEP = 0.15  # of ln D between species
_BETTER = 16.0  # in twice the logarithm of the likelihood: what three more free values must gain
_MORE = (
    "more species describe the decay clearly better: a third one, sizes that differ much, or a baseline that "
    "bends; values and errors are those of the law"
)

_ASKED = 0.2  # weight of a third species from which it is told
_THIRD = "a third species is not excluded: what it would move D and the shares by is in their errors"
_NOT_TWO = "these are not two species: whose share and whose D two of them would state is not known"

_METHOD = "decay of the line with b by {law}, least squares"
_WHICH = {
    "one": "one exponential",
    "offset": "one exponential beside a constant",
    "spread": "a gamma law of D",
    "two": "two exponentials",
}
_OFFSET = "a part of the signal does not fall with b (an offset, or the noise floor): taken off"
_EITHER = (
    "a constant offset describes the decay as well as a slower species: no bound fraction is stated, and D "
    "holds both; stronger gradients, a baseline taken off each line, or free_D_m2_per_s would tell"
)


def measured(signal: Signal, chosen: Settings) -> Quantities:
    """See :func:`epidot.instruments.dosy.measure`; ``chosen`` are the settled options."""
    used, warnings = usable(signal, chosen)
    free_D = chosen["free_D_m2_per_s"]
    two = tried("two", used, free_D)
    if two is not None and free_D is None:
        two = replace(two, valley=valley(used, two.best, two.width))
    if two is not None:
        values = {"D_m2_per_s": two.mean("D_m2_per_s")[0], "share": two.slower_share()[0]}
        values["free_D_m2_per_s"] = free_D or two.mean("free_D_m2_per_s")[0]
        two = replace(two, third=third(used, values, two.free, two.lacking, free_D))
    one = None if two is not None and free_D is not None else tried("one", used, None)
    offset = None if one is None else tried("two", used, 0.0)
    if offset is not None:
        offset = replace(offset, name="offset")
    described, D, told = _described(one, offset, two, used, free_D)
    warnings += told
    shown = described.best
    method = _METHOD.format(law=_WHICH[described.name])
    found = {"D_m2_per_s": _of_gradient(*D, chosen, method)}
    found |= _second(described, chosen)
    found |= sizes(found["D_m2_per_s"], signal, chosen)
    fell = 1 - float(shown.curve[-1] / max(shown.curve[0], 1e-300))
    if fell < _FALL:
        warnings.append(
            f"the line falls by {fell:.0%} only: stronger or longer gradients would tell D better"
        )
    more = _more(used, described)
    if more:
        warnings.append(_MORE)
    elif _told_apart(described, free_D) and described.third is not None and described.third.share > _ASKED:
        warnings.append(_THIRD)
    if shown.status != "converged":
        warnings.append(shown.message)
        found = {name: replace(q, sigma=None) for name, q in found.items()}
    why = _flat(used, described) or _only_free(used, free_D, described) or outside(found)
    if why is None and more and _told_apart(described, free_D):
        why = _NOT_TWO
    if (why := why or _impossible(D[0], free_D, described)) is not None:
        warnings.append(why)
        found = {n: replace(q, value=None, sigma=None, note=f"withheld: {why}") for n, q in found.items()}
    packed = shown.packed(described.name, used, {}, ())
    curves = {
        curve.DATA: used,
        curve.MODEL: packed.curves["model"],
        curve.RESIDUALS: packed.curves["residuals"],
    }
    known = [each for each in (one, offset, two) if each is not None]
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


def _described(
    one: Tried | None, offset: Tried | None, two: Tried | None, used: Signal, free_D: float | None
) -> tuple[Tried, tuple[float, float | None], list[str]]:
    """The law that is shown, D with its error, and what is to be said of them."""
    if one is None:
        assert two is not None  # one species has two parameters, so it is there if two are not
        return two, two.mean("D_m2_per_s"), []
    rivals = [each for each in (offset, two) if each is not None]
    said = [(one, one.mean("D_m2_per_s"))]
    said += [(each, _as_one(each)) for each in rivals if _seen(each, used)]
    if not rivals or one.criterion - min(each.criterion for each in rivals) <= APART:
        return one, weighed(said), []
    if two is None or (offset is not None and offset.criterion + APART < two.criterion):
        assert offset is not None
        return offset, offset.mean("D_m2_per_s"), [_OFFSET]
    still = two.mean("D_m2_per_s")[0] * float(used.x[-1]) < STILL
    if offset is not None and _as_well(offset, two):
        # a still species is the offset itself, of another name
        slower = (two, _stated(two))
        D = offset.mean("D_m2_per_s") if still else weighed([(offset, offset.mean("D_m2_per_s")), slower])
        return offset, D, [_OFFSET if still else _EITHER]
    if _close(two):
        words = (
            f"two species whose D differ by less than a factor of {CLOSEST:g}: they cannot be told apart, "
            "the mean of both is stated"
        )
        return two, two.middle(), [words]
    return two, two.mean("D_m2_per_s"), []


def _more(used: Signal, described: Tried) -> bool:
    """Whether any sum of species beside a constant describes the decay clearly better than the law taken."""
    D = np.concatenate([[0.0], grid(used.x, _STEP)])
    weight = weights(used)
    left = nnls(np.exp(-np.outer(used.x, D)) * weight[:, None], used.y * weight)[1] ** 2
    best = described.best
    own = lack(used, best.misfit * best.statistics["degrees_of_freedom"])
    return bool(own - lack(used, left) > _BETTER)


def _as_one(rival: Tried) -> tuple[float, float | None]:
    """D of one species by a law with a constant or a second one: that beside the constant, or the mean."""
    return rival.middle() if rival.name == "two" else rival.mean("D_m2_per_s")


def _seen(rival: Tried, used: Signal) -> bool:
    """Whether both species of a law are seen at more than one b, and so may be unresolved parts of one."""
    if rival.name != "two":
        return True
    return rival.mean("free_D_m2_per_s")[0] * float(used.x[1]) < 1.0


def _stated(two: Tried) -> tuple[float, float | None]:
    return two.middle() if _close(two) else two.mean("D_m2_per_s")


def _close(two: Tried) -> bool:
    """Whether two species are too alike to state more than their mean."""
    return two.mean("free_D_m2_per_s")[0] <= CLOSEST * two.mean("D_m2_per_s")[0]


def _as_well(simple: Tried, two: Tried) -> bool:
    return simple.criterion - two.criterion <= APART


def _told_apart(described: Tried, free_D: float | None) -> bool:
    """Whether two species are stated each by itself."""
    return described.name == "two" and (free_D is not None or not _close(described))


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


def _impossible(D: float, free_D: float | None, described: Tried) -> str | None:
    """Why a result cannot be what it is called, or ``None``."""
    if described.name == "two" and free_D is not None and not D < free_D:
        return f"what remains diffuses faster ({D:.3g} m2/s) than the free_D_m2_per_s given ({free_D:.3g})"
    return None


def _only_free(used: Signal, free_D: float | None, described: Tried) -> str | None:
    """Why what is slower than free ligand of known D may be an offset, or ``None``.

    A share that may be none at all is let through: it says so by its error, whatever it is made of.
    """
    if free_D is None or described.name != "two":
        return None
    share, sigma = replace(described, third=None).slower_share()
    if sigma is None or share < _NONE * sigma:
        return None
    columns = np.stack([np.exp(-free_D * used.x), np.ones(len(used))], axis=1)
    weight = weights(used)
    heights = np.linalg.lstsq(columns * weight[:, None], used.y * weight, rcond=None)[0]
    left = float(np.sum((weight * (used.y - columns @ heights)) ** 2))
    if lack(used, left) - described.lacking > APART:
        return None
    return (
        "free ligand on a constant offset describes the decay as well as bound beside free: stronger "
        "gradients, or a baseline taken off each line, would tell"
    )


def _flat(used: Signal, described: Tried) -> str | None:
    """Why a line that does not fall tells no D, or ``None``: it is as well described by a constant."""
    weight = weights(used) ** 2
    level = float(weight @ used.y / weight.sum())
    left = float(weight @ (used.y - level) ** 2)
    if lack(used, left) - described.lacking > _CLEAR:
        return None
    middle = float(weight @ used.x / weight.sum())
    if float(weight @ ((used.x - middle) * (used.y - level))) > 0:
        return "the line does not fall with b: are the columns in their places, the gradients in their order?"
    return "the line does not fall with b beyond its noise: are the gradients strong enough, in their unit?"


def _of_gradient(D: float, sigma: float | None, chosen: Settings, how: str) -> Quantity:
    """D with the error of the gradients' calibration: D goes with the square of the gradient."""
    off = 2 * float(chosen["gradient_sigma"])
    return Quantity(D, None if sigma is None else math.hypot(sigma, off * D), "m2/s", how)


def _second(described: Tried, chosen: Settings) -> dict[str, Quantity]:
    """The faster species, and which share of the signal is bound to the slower one."""
    how = "intensity of the slower species over that of both"
    note = "of the nuclei of this line"
    free_D = chosen["free_D_m2_per_s"]
    if not _told_apart(described, free_D):
        why = "one species describes the decay: give free_D_m2_per_s, that of free ligand, to look for it"
        if described.name == "offset":
            why = "a constant offset describes the decay as well as a second species"
        return {"bound_fraction": Quantity(None, None, "1", how, why)}
    found = {"bound_fraction": Quantity(*described.slower_share(), "1", how, note)}
    if free_D is None:
        found["free_D_m2_per_s"] = _of_gradient(
            *described.mean("free_D_m2_per_s"), chosen, "the faster of two exponentials"
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
    fit = ordered(law(name, used, chosen["free_D_m2_per_s"]).fitted(used))
    return fit.packed(name, used, fit.quantities(_METHOD.format(law=_WHICH[name])), warnings)
