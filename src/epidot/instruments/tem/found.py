"""Particles found on a picture: which count, how large they are, how far from round, who touches whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epidot.errors import InputError
from epidot.instruments.options import Settings
from epidot.instruments.tem import joint, noise, seeds, shared
from epidot.instruments.tem.gaussian import smoothed
from epidot.instruments.tem.particle import LINEAR, MODES, ORDERS, R, X, Y
from epidot.signal import Signal

Array = NDArray[np.float64]
_STANDS_OUT = 2.9  # of Otsu's classes; noise alone parts by 2.6
_SMALLEST = 2.5  # pixels of radius
_UNSETTLED = 0.5  # errors
_BENT = 0.45
WHOLE, CUT, HIDDEN, ODD, OUTSIDE = "whole", "cut by the rim", "hidden", "odd", "not of the size asked for"


@dataclass(frozen=True, eq=False)
class Particles:
    """Arrays of one length (n,); lengths in nm.

    ``centre`` (n, 2; y, x); ``diameter`` of the circle of the outline's area, ``error`` of its reading;
    ``bent`` the mean square of the outline's deviation from that circle over its radius, less what noise
    makes of it; ``state`` which of them count; ``touching`` and ``overlapping`` another.  ``common`` is the
    error that all diameters share, relative to 1 nm; ``blur`` the standard deviation of the blur.
    """

    centre: Array
    diameter: Array
    error: Array
    bent: Array
    state: NDArray[np.str_]
    touching: NDArray[np.bool_]
    overlapping: NDArray[np.bool_]
    common: float
    blur: float
    sign: int
    settled: bool
    outlines: Array  # (n, 13) of the fit, pixels

    @property
    def whole(self) -> NDArray[np.intp]:
        """Which of them count."""
        return np.flatnonzero(self.state == WHOLE)


def particles(signal: Signal, chosen: Settings) -> Particles:
    """The particles of an image.

    Raises
    ------
    InputError
        If it is no image, has no square pixels, or nothing stands out from the film.
    """
    scale = scale_of(signal)
    sign = {"auto": None, "bright": 1, "dark": -1}[chosen["contrast"]]
    flat = seeds.flattened(signal.y)
    parted = seeds.parted(flat, sign)
    if parted.apart < _STANDS_OUT:
        raise InputError(
            "no particles stand out from the film",
            signal.source or None,
            seen=f"two classes of pixels {parted.apart:.2f} standard deviations apart (noise alone: 2.6)",
            remedy="take an image of higher dose or magnification",
        )
    least = max(2.0, 1.5 * parted.blur)
    if chosen["smallest_nm"] is not None:
        least = max(least, 0.3 * chosen["smallest_nm"] / scale)
    start, mask = seeds.seeds(parted.smooth, parted.threshold, least)
    if not len(start):
        raise InputError(
            "no particles were found", signal.source or None, remedy="look at smallest_nm and contrast"
        )
    counted = signal.kind == "counts"
    level = LINEAR
    if counted and parted.sign < 0:
        level = max(float(np.median(signal.y - flat)), 1.0)
    weight = 1 / np.maximum(smoothed(signal.y, 2.0), 0.5) if counted else np.ones(signal.y.shape)
    if not counted:
        weight /= max(float(np.var(flat)), 1e-300)
    picture = flat * parted.sign
    found = joint.fitted(picture, weight, start, max(1.0, parted.blur / 2), mask, parted.blur, level)
    return _judged(found, picture, weight, level, scale, parted.sign, chosen)


def scale_of(signal: Signal) -> float:
    """nm per pixel.

    Raises
    ------
    InputError
        If it is no image or its pixels are not square.
    """
    if signal.rows is None or min(signal.y.shape) < 32:
        raise InputError("not an image of 32 x 32 pixels or more", signal.source or None)
    across, down = (
        float(np.ptp(signal.x)) / (signal.x.size - 1),
        float(np.ptp(signal.rows)) / (signal.rows.size - 1),
    )
    if abs(across / down - 1) > 0.01:
        raise InputError("the pixels are not square", signal.source or None, seen=f"{across:g} x {down:g} nm")
    return across


def _judged(
    found: joint.Joint, picture: Array, weight: Array, level: float, scale: float, sign: int, chosen: Settings
) -> Particles:
    own, n = found.own.copy(), len(found.own)
    usual = float(np.median(found.noise)) if n else 1.0
    modes = own[:, MODES : MODES + 2 * ORDERS]
    # Area of an outline; what is known of its modes leaves their errors little above themselves.
    size = np.sqrt(np.sum(modes**2, axis=1) / 2)
    bent = np.sqrt(np.sum(found.modes**2, axis=1) / 2)
    diameter = 2 * own[:, R] * np.sqrt(1 + size**2) * scale
    rim = own[:, R] * (1 + np.sqrt(2) * size)
    state = np.full(n, WHOLE, dtype="U32")
    state[(found.noise > joint.ODD * usual) | (found.moved > _UNSETTLED) | (bent > _BENT)] = ODD
    state[found.alone < joint.ALONE] = HIDDEN
    low = chosen["smallest_nm"] or 0.0
    high = chosen["largest_nm"] or np.inf
    state[(diameter < low) | (diameter > high)] = OUTSIDE
    height, width = picture.shape
    inside = (
        (own[:, Y] > rim) & (own[:, X] > rim) & (own[:, Y] < height - 1 - rim) & (own[:, X] < width - 1 - rim)
    )
    state[~inside] = CUT
    whole = np.flatnonzero(state == WHOLE)
    if len(whole) and float(np.median(own[whole, R])) < _SMALLEST:
        raise InputError(
            "the particles are too small on this image",
            seen=f"{2 * float(np.median(own[whole, R])):.1f} pixels across",
            remedy="take an image of higher magnification",
        )
    worse = noise.excess(picture, weight, found, level, whole) if len(whole) else np.ones(4)
    # The residuals of neighbours go together: there are fewer independent ones than pixels.
    some = joint.learnt_from(found)
    radial = np.ix_(some, joint.RADIAL)
    ends = shared.valleys(found.rings.of(some), own[radial], found.shared, usual * max(worse[0], 1.0))
    weighed = shared.weighed(ends, np.flatnonzero(np.isin(some, whole)))
    diameter[some] *= weighed.own[:, 0] / own[some, R]
    own[radial] = weighed.own
    error = 2 * scale * np.sqrt(found.inverse[:, R, R] * found.noise * worse[0])
    by_noise = found.mode_variances @ np.repeat(worse[1:], 2) / 2
    common = 2 * scale * weighed.common
    gap = np.hypot(*(own[:, None, [Y, X]] - own[None, :, [Y, X]]).transpose(2, 0, 1))
    gap -= own[:, None, R] + own[None, :, R]
    np.fill_diagonal(gap, np.inf)
    nearest = gap.min(axis=1, initial=np.inf)
    near = 2 * weighed.shared[0]
    return Particles(
        own[:, [Y, X]] * scale,
        diameter,
        error,
        bent**2 - by_noise,
        state,
        (nearest < near) & (nearest >= -near),
        nearest < -near,
        common,
        float(weighed.shared[0]) * scale,
        sign,
        weighed.settled,
        own,
    )
