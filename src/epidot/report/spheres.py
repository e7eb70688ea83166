"""Atoms as lit spheres: a depth buffer, soft light from the upper left, and shade where it is narrow."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from epidot.jit import compiled

Array = NDArray[np.float64]

_LIGHT = np.array([-0.45, 0.62, 0.64]) / np.linalg.norm([-0.45, 0.62, 0.64])
_HALF = _LIGHT + np.array([0.0, 0.0, 1.0])  # half way to the reader: where the highlight is
_HALF /= np.linalg.norm(_HALF)
_FINE = 2  # rendered so many times finer, then averaged
_NARROW_NM = (0.06, 0.25)  # about a place, within which what stands nearer takes its light


def render(
    centre_nm: Array, radius_nm: Array, colour: Array, reach_nm: float, pixels: int = 700
) -> NDArray[np.float64]:
    """RGBA image (pixels, pixels, 4) of spheres seen along -z; x to the right, y up.

    ``centre_nm`` (n, 3), ``radius_nm`` (n,), ``colour`` (n, 3) in 0..1.  The picture reaches
    ``reach_nm`` to each side of the origin.
    """
    from scipy.ndimage import uniform_filter

    size = pixels * _FINE
    scale = size / (2 * reach_nm)
    depth, owner = np.full((size, size), -np.inf), np.full((size, size), -1)
    near_first = np.argsort(-centre_nm[:, 2], kind="stable")
    _put_in_front(depth, owner, near_first, centre_nm, radius_nm, reach_nm)
    seen = owner >= 0
    if not seen.any():
        return np.zeros((pixels, pixels, 4))
    floor, top = float(depth[seen].min()), float(depth[seen].max())
    filled = np.where(seen, depth, floor)
    shade = np.zeros((size, size))
    for width in _NARROW_NM:
        box = int(3 * width * scale)
        around = uniform_filter(uniform_filter(filled, box), box)
        # a place that lies deeper than what surrounds it gets less light
        shade += np.clip((around - filled) / scale / 0.35, 0.0, 1.0)
    out = np.zeros((pixels, pixels, 4))
    _add_light(out, filled, owner, shade, centre_nm, radius_nm, colour, reach_nm, floor, top)
    out[..., :3] /= np.maximum(out[..., 3:], 1.0)
    out[..., 3] /= _FINE**2
    return out


@compiled
def _put_in_front(
    depth: Array,
    owner: NDArray[np.int64],
    order: NDArray[np.int64],
    centre: Array,
    radius: Array,
    reach: float,
) -> None:
    """Fill ``depth`` (size, size) with what is nearest to the reader, and ``owner`` with whose it is."""
    size = len(depth)
    scale = size / (2 * reach)
    for i in order:
        x, y, z = (centre[i, 0] + reach) * scale, (reach - centre[i, 1]) * scale, centre[i, 2] * scale
        r = radius[i] * scale
        for row in range(max(int(y - r), 0), min(int(y + r) + 2, size)):
            dy = row + 0.5 - y
            for column in range(max(int(x - r), 0), min(int(x + r) + 2, size)):
                dx = column + 0.5 - x
                inside = r * r - dx * dx - dy * dy
                if inside > 0 and z + math.sqrt(inside) > depth[row, column]:
                    depth[row, column] = z + math.sqrt(inside)
                    owner[row, column] = i


@compiled
def _add_light(
    out: Array,
    depth: Array,
    owner: NDArray[np.int64],
    shade: Array,
    centre: Array,
    radius: Array,
    colour: Array,
    reach: float,
    floor: float,
    top: float,
) -> None:
    """Add up in ``out`` (pixels, pixels, 4) diffuse light, a small highlight, shade in narrow places and dark
    rims, and how many fine places there are."""
    size = len(depth)
    scale = size / (2 * reach)
    for row in range(size):
        for column in range(size):
            i = owner[row, column]
            if i < 0:
                continue
            r = max(radius[i], 1e-9)
            x = ((column + 0.5) / scale - reach - centre[i, 0]) / r
            y = (reach - (row + 0.5) / scale - centre[i, 1]) / r
            z = (depth[row, column] / scale - centre[i, 2]) / r
            diffuse = max(x * _LIGHT[0] + y * _LIGHT[1] + z * _LIGHT[2], 0.0)
            shine = max(x * _HALF[0] + y * _HALF[1] + z * _HALF[2], 0.0) ** 40
            far = (depth[row, column] - floor) / max(top - floor, 1e-9)
            light = (0.46 + 0.62 * diffuse) * (1 - 0.36 * min(shade[row, column], 1.5)) * (0.80 + 0.20 * far)
            if z < 0.30:
                light *= 0.72
            a, b = row // _FINE, column // _FINE
            for k in range(3):
                out[a, b, k] += min(max(colour[i, k] * light + 0.30 * shine, 0.0), 1.0)
            out[a, b, 3] += 1.0
