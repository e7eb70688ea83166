"""What the readings to the red of the first exciton say of the baseline under it.

Dots do not absorb there.  What is left (scattering, an offset, a slope that happens to reach zero at the last
reading) lies under maximum and valley as well, and moves valley depth and half width.  Its law is not known,
and far readings tell it only within their noise.  So the value stays as read, and every law that they do not
exclude, with its own uncertainty, is part of the error by its weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.uvvis.exciton import SMOOTH_NM
from epidot.signal import local
from epidot.signal.correlation import Noise
from epidot.signal.degrees import COUNTED, DOUBTED, likely
from epidot.signal.local import believed

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_WIDTHS = 4.0  # half widths from the maximum: a Gaussian holds 2e-5 of its height there
_ABSORBS = 3.0  # nearer than that it holds more than 0.2 %
_FEWEST = 6  # readings there, from which a law is fitted to them
# Of the maximum: so high may the wings of the dots' own absorption be there.  In the spectra that ``light``
# computes they are 0.3 to 0.7 %, and fall with the wavelength as scattering does.
_WINGS = 0.008
# Before any reading is looked at, that the law a user asks for is right, against all others: own choice.
_ASKED = 10.0
_EVEN = 0.1  # weight of the laws of at most one value below which what is seen is something else
_PLACES = 12  # where a slope may end, and how long a foot of the absorption may be
_FINER = 3  # times the places where it may end are looked at closer
# Of wavelengths / nm and of where a slope ends / nm.
_SHAPES: dict[str, Callable[[Array, float], Array]] = {
    "level": lambda nm, end: np.ones_like(nm),
    "slope": lambda nm, end: nm / 500.0 - 1.0,
    "scattering": lambda nm, end: (500.0 / nm) ** 4,
    "ending": lambda nm, end: np.maximum(end - nm, 0.0) / 500.0,
}
_SCATTERING = "λ⁻⁴ scattering"
# From the fewest values on; the last two are what the laws of ``baseline`` subtract.
_LAWS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    _SCATTERING: ("scattering",),
    "a level": ("level",),
    "a line": ("level", "slope"),
    "a level with λ⁻⁴ scattering": ("level", "scattering"),
    "a line with λ⁻⁴ scattering": ("level", "slope", "scattering"),
}
# Laws beside which a slope may stand that ends before the readings do.
_ENDED = {law: "a slope that ends" if not _LAWS[law] else f"{law} with a slope that ends" for law in _LAWS}
_ALL = _LAWS | {words: (*_LAWS[law], "ending") for law, words in _ENDED.items()}
SUBTRACTED = {"offset": "a level", "scatter": "a level with λ⁻⁴ scattering"}


@dataclass(frozen=True)
class Under:
    """A baseline of the ``law`` with its ``values`` (p,), its ``weight``, and how uncertain it is.

    ``root`` (p, p) is a root of the covariance of the values; ``from_nm`` is the bluest reading of its fit,
    ``end_nm`` where a slope of it ends.
    """

    law: str
    values: Array
    root: Array
    weight: float = 1.0
    from_nm: float = math.inf
    end_nm: float = math.inf

    def over(self, nm: Array) -> Array:
        """The baseline at ``nm`` (n,)."""
        return np.asarray(_columns(self.law, nm, self.end_nm) @ self.values)

    def spread(self, nm: Array) -> Array:
        """What independent unit deviations add to it at ``nm`` (n,), shape (p, n)."""
        return np.asarray((_columns(self.law, nm, self.end_nm) @ self.root).T)


@dataclass(frozen=True)
class Foot:
    """The laws that the readings to the red leave possible; ``seen`` if they exclude that there is none.

    ``wings`` if what is seen is so low that it may as well be the absorption of the dots: it is not believed
    to lie under them then, only how well the readings know it counts, and ``scattering`` is what it may be
    else.  ``level`` is the absorbance at the
    red end where the readings end too near to tell any law, else ``None``.
    """

    laws: tuple[Under, ...]
    seen: bool
    wings: bool = False
    level: float | None = None
    scattering: Under | None = None

    def at(self, nm: float) -> float:
        """The mean of the laws at one place."""
        return float(sum(u.weight * u.over(np.array([nm]))[0] for u in self.laws))


def foot(x: Array, y: Array, noise: Noise, top: float) -> Foot:
    """What may lie under a spectrum (n,) whose first maximum is at ``top`` / nm.

    Where the readings end within four half widths of the maximum, what they show last may be baseline
    altogether, as a level or as scattering.
    """
    half = _half_nm(x, y, top)
    red = x > top + _WIDTHS * half
    if np.sum(red) < _FEWEST:
        return _at_most(x, y, noise)
    found = _weighed(x, y, noise, red)
    if _may_be_wings(x, y, red, _WINGS * float(np.interp(top, x, y)), found):
        level, scattering = (_through(x, y, noise, red, law)[0] for law in ("a level", _SCATTERING))
        return Foot((level,), _seen(found), wings=True, scattering=scattering)
    found = _farther(x, y, noise, red, top, half, found)
    return Foot(found, _seen(found))


def instead(x: Array, y: Array, noise: Noise, top: float, taken: Under) -> tuple[Under, ...]:
    """The baselines that may have been there in place of the one ``taken`` off a spectrum (n,).

    ``y`` is what that left, ``top`` / nm its first maximum.  The first of them is the one taken, with the
    weight that the readings to the red leave it beside laws that it does not hold.  Where they tell nothing,
    it is alone.  Where they may be scattering as well as the dots' own absorption, and where it was taken
    through readings at which they absorb themselves, it has half of the weight.
    """
    half = _half_nm(x, y, top)
    red = x > top + _WIDTHS * half
    if taken.from_nm < top + _ABSORBS * half:  # it may be all theirs
        return replace(taken, weight=0.5), Under("nothing", np.empty(0), np.empty((0, 0)), 0.5)
    if np.sum(red) < _FEWEST:
        return (replace(taken, weight=1.0),)
    mine = set(_LAWS[taken.law])
    whole = y + taken.over(x)
    others = [law for law, shapes in _LAWS.items() if not set(shapes) <= mine]
    # A level through the red end takes half of the dots' wings off with it.
    most, left = 0.5 * _WINGS * float(np.interp(top, x, y)), _weighed(x, y, noise, red)
    if "scattering" not in mine and _seen(left) and _may_be_wings(x, y, red, most, left):
        other = _through(x, whole, noise, red, "a level with λ⁻⁴ scattering")[0]
        return replace(taken, weight=0.5), replace(other, weight=0.5)
    found = _weighed(x, whole, noise, red, (taken.law, *others), _ASKED)
    found = _farther(x, whole, noise, red, top, half, found)
    mine_too = sum(u.weight for u in found if u.law == taken.law)
    return (replace(taken, weight=mine_too), *(u for u in found if u.law != taken.law and u.weight > 0))


def subtracted(x: Array, y: Array, noise: Noise, part: Mask, law: str) -> Under:
    """The baseline of ``law`` (of ``SUBTRACTED``) through the readings that ``part`` (n,) marks."""
    return _through(x, y, noise, part, law)[0]


def free_values(law: str) -> int:
    """How many values a law of ``SUBTRACTED`` has."""
    return len(_LAWS[law])


def _may_be_wings(x: Array, y: Array, red: Mask, most: float, found: tuple[Under, ...]) -> bool:
    """Whether readings ``red`` (n,) are so low, at ``most``, that they may be the dots' own absorption.

    ``found`` are the laws through them: wings are no steeper than scattering.
    """
    nearer = red & (x <= np.median(x[red]))
    even = sum(u.weight for u in found if u.values.size < 2)
    return bool(0 <= np.mean(y[nearer]) <= most and even > _EVEN)


def _farther(
    x: Array, y: Array, noise: Noise, red: Mask, top: float, half: float, near: tuple[Under, ...]
) -> tuple[Under, ...]:
    """Laws ``near`` of all readings ``red`` (n,), with those of the farther ones if these need no more.

    Either the nearer readings are the foot of the absorption, ``half`` / nm wide, or one law holds for all,
    or a slope ends between them.  As likely before, the first two are weighed by how they describe the
    readings farther out, the last by how all.
    """
    out = red & (x > 0.5 * (x[red][0] + x[-1]))
    if not _seen(near) or np.sum(out) < 2 * _FEWEST or np.ptp(x[out]) < half:
        return near
    far = _weighed(x, y, noise, out, [u.law for u in near])
    variance = max(_through(x, y, noise, out, list(_LAWS)[-1])[2], 1e-300)
    plain = max((u for u in far if u is far[0] or u.values.size < 2), key=lambda u: u.weight)
    if _seen(far):
        found = near
    else:

        def left(under: Under) -> float:
            off = noise.kept(out).weighted(y[out] - under.over(x[out]))
            return float(off @ off) / variance

        marks = np.array([left(u) for u in near] + [left(u) + COUNTED * u.values.size for u in far])
        before = np.array([u.weight for u in near] + [float(u.weight > 0) for u in far])
        weights = before * np.exp(0.5 * (np.min(marks) - marks))
        both = zip((*near, *far), weights / np.sum(weights), strict=True)
        found = tuple(replace(u, weight=float(w)) for u, w in both)
        plain = far[0]
    if plain.weight == 0:
        return found
    return _with_a_slope_that_ends(x, y, noise, red, top, half, found, plain.law, variance)


def _with_a_slope_that_ends(
    x: Array,
    y: Array,
    noise: Noise,
    red: Mask,
    top: float,
    half: float,
    found: tuple[Under, ...],
    beside: str,
    variance: float,
) -> tuple[Under, ...]:
    """The laws ``found``, with a slope that ends among the readings ``red`` (n,), where ``beside`` goes on.

    It is held against the laws that describe all of the readings, and against a foot of the absorption, an
    exponential or a Gaussian about ``top`` / nm: a straight line is none of these.
    """
    nm, values = x[red], noise.kept(red).weighted(y[red])
    low, high = float(nm[0]), float(nm[-1])
    for _ in range(_FINER):
        ends = np.linspace(low, high, _PLACES + 2)[1:-1].tolist()
        slopes = [_through(x, y, noise, red, _ENDED[beside], end) for end in ends]
        ended, square, _ = min(slopes, key=lambda one: one[1])
        step = ends[1] - ends[0]
        low, high = max(low, ended.end_nm - step), min(high, ended.end_nm + step)
    off = (nm - top) / half
    lengths = np.geomspace(1 / 6, 6, _PLACES)
    feet = [np.exp(-off / one) for one in lengths] + [np.exp(-((off / one) ** 2)) for one in lengths]
    others = []
    for foot in feet:
        design = noise.kept(red).weighted(np.column_stack((_columns(beside, nm), foot)))
        left = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
        others.append(float(left @ left) / variance + COUNTED * (design.shape[1] + 1))
    for u in found:
        if u.weight > 0:
            left = values - noise.kept(red).weighted(u.over(nm))
            others.append(float(left @ left) / variance + COUNTED * u.values.size)
    mark = square / variance + COUNTED * (ended.values.size + 1)
    weight = 1 / (1 + math.exp(float(np.clip(0.5 * (mark - min(others)), -50.0, 50.0))))
    if weight < DOUBTED:
        return found
    return (*(replace(u, weight=u.weight * (1 - weight)) for u in found), replace(ended, weight=weight))


def _seen(laws: tuple[Under, ...]) -> bool:
    """Whether the readings need more than the first of the laws, which is the simplest."""
    return all(u.weight == 0 for u in laws if u.law == laws[0].law)


def _weighed(
    x: Array, y: Array, noise: Noise, red: Mask, laws: Sequence[str] = tuple(_LAWS), odds: float = 1.0
) -> tuple[Under, ...]:
    """Every one of the ``laws`` through the readings ``red``, weighed by what it leaves over.

    The first of them was likelier before by ``odds``.
    """
    fits = [_through(x, y, noise, red, law) for law in laws]
    # The freest law leaves noise alone, and says how large it is.
    variance = max(fits[-1][2], 1e-300)
    marks = [square / variance for _, square, _ in fits]
    marks[0] -= 2 * math.log(odds)
    weights = likely(marks, [len(_LAWS[law]) for law in laws])
    return tuple(replace(u, weight=float(w)) for (u, *_), w in zip(fits, weights, strict=True))


def _through(
    x: Array, y: Array, noise: Noise, part: Mask, law: str, end_nm: float = math.inf
) -> tuple[Under, float, float]:
    """A law through some readings; the weighted sum of squares it leaves; the variance of a free value's."""
    kept = noise.kept(part)
    design, values = kept.weighted(_columns(law, x[part], end_nm)), kept.weighted(y[part])
    found, root = np.empty(0), np.empty((0, 0))
    if _ALL[law]:
        found = np.asarray(np.linalg.lstsq(design, values, rcond=None)[0], dtype=np.float64)
    left = values - design @ found
    variance = believed(kept, left, design)
    if _ALL[law]:
        root = np.asarray(np.linalg.qr(kept.answers(design).T, mode="r")).T * math.sqrt(variance)
    return (
        Under(law, found, root, from_nm=float(np.min(x[part])), end_nm=end_nm),
        float(left @ left),
        variance * kept.hanging(left.size),
    )


def _at_most(x: Array, y: Array, noise: Noise) -> Foot:
    """A level or scattering as high as the last readings, if there is no telling what they are."""
    last = np.arange(x.size) >= x.size - max(3, x.size // 50)
    laws = (_through(x, y, noise, last, law)[0] for law in ("a level", _SCATTERING))
    return Foot(tuple(replace(u, weight=0.5) for u in laws), False, level=float(np.mean(y[last])))


def _columns(law: str, nm: Array, end_nm: float = math.inf) -> Array:
    shapes = _ALL[law]
    return np.stack([_SHAPES[s](nm, end_nm) for s in shapes], axis=1) if shapes else np.empty((nm.size, 0))


def _half_nm(x: Array, y: Array, top: float) -> float:
    """From the maximum to half of its rise above the lowest level on its red side / nm."""
    even, shape, _ = local.smoothed(x, y, SMOOTH_NM)
    red = even >= top
    nm, curve = even[red], shape[red]
    below = np.flatnonzero(curve < 0.5 * (curve[:1] + np.min(curve, initial=np.inf)))
    return float((nm[below[0]] if below.size else x[-1]) - top)
