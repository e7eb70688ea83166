"""What the readings to the red of the first exciton say of the baseline under it.

Dots do not absorb there.  What is left (scattering, an offset, a slope that happens to reach zero at the last
reading) lies under maximum and valley as well, and moves valley depth and half width.  Its law is not known,
and far readings tell it only within their noise.  So the value stays as read, and every law that they do not
exclude, with its own uncertainty, is part of the error by its weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from epidot.signal import local
from epidot.signal.correlation import Noise
from epidot.signal.degrees import likely
from epidot.signal.local import believed

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_WIDTHS = 4.0  # half widths from the maximum: a Gaussian holds 2e-5 of its height there
_FEWEST = 6  # readings there, from which a law is fitted to them
# Of the maximum: so high may the wings of the dots' own absorption be there.  In the spectra that ``light``
# computes they are 0.3 to 0.7 %, and fall with the wavelength as scattering does.
_WINGS = 0.008
_EVEN = 0.1  # weight of the laws of at most one value below which what is seen is something else
_SMOOTH_NM = 12.0
_SHAPES: dict[str, Callable[[Array], Array]] = {
    "level": np.ones_like,
    "slope": lambda nm: nm / 500.0 - 1.0,
    "scattering": lambda nm: (500.0 / nm) ** 4,
}
# From the fewest values on; the last two are what the laws of ``baseline`` subtract.
_LAWS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "λ⁻⁴ scattering": ("scattering",),
    "a level": ("level",),
    "a line": ("level", "slope"),
    "a level with λ⁻⁴ scattering": ("level", "scattering"),
    "a line with λ⁻⁴ scattering": ("level", "slope", "scattering"),
}
SUBTRACTED = {"offset": "a level", "scatter": "a level with λ⁻⁴ scattering"}


@dataclass(frozen=True)
class Under:
    """A baseline of the ``law`` with its ``values`` (p,), its ``weight``, and how uncertain it is.

    ``root`` (p, p) is a root of the covariance of the values.
    """

    law: str
    values: Array
    root: Array
    weight: float = 1.0

    def over(self, nm: Array) -> Array:
        """The baseline at ``nm`` (n,)."""
        return np.asarray(_columns(self.law, nm) @ self.values)

    def spread(self, nm: Array) -> Array:
        """What independent unit deviations add to it at ``nm`` (n,), shape (p, n)."""
        return np.asarray((_columns(self.law, nm) @ self.root).T)


@dataclass(frozen=True)
class Foot:
    """The laws that the readings to the red leave possible; ``seen`` if they exclude that there is none.

    ``wings`` if what is seen is so low that it may as well be the absorption of the dots: it is not believed
    to lie under them then, and only how well the readings know it counts.  ``level`` is the absorbance at the
    red end where the readings end too near to tell any law, else ``None``.
    """

    laws: tuple[Under, ...]
    seen: bool
    wings: bool = False
    level: float | None = None

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
    nearer = red & (x <= np.median(x[red]))
    even = sum(u.weight for u in found if u.values.size < 2)  # wings are no steeper than scattering
    if 0 <= float(np.mean(y[nearer])) <= _WINGS * float(np.interp(top, x, y)) and even > _EVEN:
        return Foot((_through(x, y, noise, red, "a level")[0],), _seen(found), wings=True)
    # Nearer readings may be the foot of the absorption itself: those farther out must see it too.
    out = x > 0.5 * (top + _WIDTHS * half + x[-1])
    if not _seen(found) or np.sum(out) < 2 * _FEWEST or np.ptp(x[out]) < half:
        return Foot(found, _seen(found))
    far = _weighed(x, y, noise, out)
    return Foot(found if _seen(far) else far, _seen(far))


def subtracted(x: Array, y: Array, noise: Noise, part: Mask, law: str) -> Under:
    """The baseline of ``law`` (of ``SUBTRACTED``) through the readings that ``part`` (n,) marks."""
    return _through(x, y, noise, part, law)[0]


def free_values(law: str) -> int:
    """How many values a law of ``SUBTRACTED`` has."""
    return len(_LAWS[law])


def _seen(laws: tuple[Under, ...]) -> bool:
    return all(u.weight == 0 for u in laws if not u.values.size)


def _weighed(x: Array, y: Array, noise: Noise, red: Mask) -> tuple[Under, ...]:
    """Every law through the readings ``red``, weighed by what it leaves over."""
    fits = [_through(x, y, noise, red, law) for law in _LAWS]
    # The freest law leaves noise alone, and says how large it is.
    variance = max(fits[-1][2], 1e-300)
    marks = [square / variance for _, square, _ in fits]
    weights = likely(marks, [len(shapes) for shapes in _LAWS.values()])
    return tuple(replace(u, weight=float(w)) for (u, *_), w in zip(fits, weights, strict=True))


def _through(x: Array, y: Array, noise: Noise, part: Mask, law: str) -> tuple[Under, float, float]:
    """A law through some readings; the weighted sum of squares it leaves; the variance of a free value's."""
    kept = noise.kept(part)
    design, values = kept.weighted(_columns(law, x[part])), kept.weighted(y[part])
    found, root = np.empty(0), np.empty((0, 0))
    if _LAWS[law]:
        found = np.asarray(np.linalg.lstsq(design, values, rcond=None)[0], dtype=np.float64)
    left = values - design @ found
    variance = believed(kept, left, design)
    if _LAWS[law]:
        root = np.asarray(np.linalg.qr(kept.answers(design).T, mode="r")).T * math.sqrt(variance)
    return Under(law, found, root), float(left @ left), variance * kept.hanging(left.size)


def _at_most(x: Array, y: Array, noise: Noise) -> Foot:
    """A level or scattering as high as the last readings, if there is no telling what they are."""
    last = np.arange(x.size) >= x.size - max(3, x.size // 50)
    laws = (_through(x, y, noise, last, law)[0] for law in ("a level", "λ⁻⁴ scattering"))
    return Foot(tuple(replace(u, weight=0.5) for u in laws), False, level=float(np.mean(y[last])))


def _columns(law: str, nm: Array) -> Array:
    shapes = _LAWS[law]
    return np.stack([_SHAPES[s](nm) for s in shapes], axis=1) if shapes else np.empty((nm.size, 0))


def _half_nm(x: Array, y: Array, top: float) -> float:
    """From the maximum to half of its rise above the lowest level on its red side / nm."""
    even, shape, _ = local.smoothed(x, y, _SMOOTH_NM)
    red = even >= top
    nm, curve = even[red], shape[red]
    below = np.flatnonzero(curve < 0.5 * (curve[:1] + np.min(curve, initial=np.inf)))
    return float((nm[below[0]] if below.size else x[-1]) - top)
