"""Diameters as a threshold reads them: what most published sizes are, and not what the dots are.

Otsu's threshold on the smoothed image, one particle for each connected patch, the diameter of the circle of
its area.  A ball is thin at its rim, so dots come out small, small ones more than large ones, and the spread
comes out large.  For what the dots are, see :mod:`epidot.instruments.tem.measured`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from epidot.instruments.tem import seeds
from epidot.instruments.tem.found import scale_of
from epidot.signal import Signal

_ROUND = 0.85  # of the ellipse in its box that is filled, and of width over length: below, two dots in one
_GRAIN = 0.1  # of the largest patch; smaller ones are film


def diameters_nm(signal: Signal) -> NDArray[np.float64]:
    """Diameters (n,) in nm of all patches that are neither cut by the rim nor two dots in one.

    Raises
    ------
    InputError
        If it is no image or has no square pixels.
    """
    scale = scale_of(signal)
    parted = seeds.parted(seeds.flattened(signal.y), None)
    label, _ = ndimage.label(seeds.without_holes(parted.smooth > parted.threshold))
    area = np.bincount(label.ravel())[1:]
    found = []
    for pixels, (rows, columns) in zip(area.tolist(), ndimage.find_objects(label), strict=True):
        high, wide = rows.stop - rows.start, columns.stop - columns.start
        inside = min(rows.start, columns.start) > 0
        inside = inside and rows.stop < label.shape[0] and columns.stop < label.shape[1]
        filled = min(pixels / (np.pi / 4 * high * wide), min(high, wide) / max(high, wide))
        if inside and pixels > _GRAIN * area.max() and filled > _ROUND:
            found.append(pixels)
    return np.asarray(scale * np.sqrt(4 * np.array(found, dtype=np.float64) / np.pi))
