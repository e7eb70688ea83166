"""How much worse neighbouring pixels' common noise makes a number than independent noise would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from epidot.instruments.tem import blurred
from epidot.instruments.tem.joint import Joint
from epidot.instruments.tem.particle import HALO, MODES, OWN, REACH, R, look, paint

Array = NDArray[np.float64]
_LOOKED_AT = 12  # particles
_LONGEST = 1 / 3  # of a patch: so far apart pixels may have noise in common
_ROWS = (R, MODES, MODES + 2, MODES + 4)  # radius and one mode of each order


def excess(picture: Array, weight: Array, found: Joint, level: float, whole: NDArray[np.intp]) -> Array:
    """Variance of radius and of the modes of order 2, 3, 4 over that of independent noise, shape (4,).

    The residuals of some of the ``whole`` particles give their own covariance: by distance, and in size
    inside a particle and outside it.
    """
    chosen = whole[np.unique(np.linspace(0, len(whole) - 1, min(_LOOKED_AT, len(whole))).astype(int))]
    table = blurred.table()
    rest = picture.copy()
    for own in found.own:
        paint(rest, own, found.shared, table, level, -1.0)
    far = REACH * found.own[chosen, R].max() * 1.5 + HALO * found.shared[0]
    size = 2 * int(far) + 4
    patches = []
    for i in chosen:
        gains = np.vstack([found.inverse[i][R], found.free[i][list(_ROWS[1:])]])
        seen = np.full((2 + len(_ROWS), size, size), np.nan)
        normal, slope = np.empty((OWN, OWN)), np.empty(OWN + 2)
        look(
            rest, weight, found.owners, int(i), found.own[i], found.discs[i], found.shared, table, level, 1,
            np.arange(OWN), normal, slope, gains, seen,
        )  # fmt: skip
        patches.append(seen)
    stack = np.array(patches)
    used = np.isfinite(stack[:, 0])
    inside = used & (stack[:, 1] > 0)
    z = np.where(used, stack[:, 0], 0.0)
    outside = used & ~inside
    strength = np.where(inside, np.mean(z[inside] ** 2) ** 0.5, np.mean(z[outside] ** 2) ** 0.5)
    pad = next_fast_len(int(size * (1 + _LONGEST)) + 1, real=True)
    mask = used.astype(np.float64)
    covariance = _correlated(z / strength, pad).sum(axis=0)
    pairs = _correlated(mask, pad).sum(axis=0)
    near = np.minimum(np.arange(pad), pad - np.arange(pad))
    distance = np.hypot(near[:, None], near[None, :])
    law = np.where((pairs > 0.5) & (distance < size * _LONGEST), covariance / np.maximum(pairs, 1.0), 0.0)
    law *= np.maximum(0.0, 1 - distance / (size * _LONGEST))  # what lies far apart is not known
    law /= law[0, 0]
    out = []
    for row, number in enumerate(_ROWS):
        inverse = (found.free if row else found.inverse)[:, number, number]
        g = np.where(used, stack[:, 2 + row], 0.0) * strength
        plain = np.sum(g * g, axis=(1, 2))
        joined = np.sum(_correlated(g, pad) * law, axis=(1, 2))
        white = inverse[chosen] * found.noise[chosen]
        out.append(float(np.median(np.maximum(joined, 0.3 * plain) / white)))
    return np.array(out)


def _correlated(values: Array, pad: int) -> Array:
    """Sums of products at every displacement, shape (k, pad, pad)."""
    spectrum = rfft2(values, (pad, pad))
    return np.asarray(irfft2(np.abs(spectrum) ** 2, (pad, pad)))
