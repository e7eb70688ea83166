"""Atoms as lit spheres: a depth buffer, soft light from the upper left, and shade where it is narrow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LIGHT = np.array([-0.45, 0.62, 0.64]) / np.linalg.norm([-0.45, 0.62, 0.64])
_FINE = 2  # rendered so many times finer, then averaged


def render(
    centre_nm: Array, radius_nm: Array, colour: Array, reach_nm: float, pixels: int = 700
) -> NDArray[np.float64]:
    """RGBA image (pixels, pixels, 4) of spheres seen along -z; x to the right, y up.

    ``centre_nm`` (n, 3), ``radius_nm`` (n,), ``colour`` (n, 3) in 0..1.  The picture reaches
    ``reach_nm`` to each side of the origin.
    """
    size = pixels * _FINE
    scale = size / (2 * reach_nm)
    depth = np.full((size, size), -np.inf)
    owner = np.full((size, size), -1, dtype=np.int64)
    for i in np.argsort(-centre_nm[:, 2], kind="stable").tolist():
        x, y = (centre_nm[i, 0] + reach_nm) * scale, (reach_nm - centre_nm[i, 1]) * scale
        r = radius_nm[i] * scale
        x0, x1 = max(int(x - r), 0), min(int(x + r) + 2, size)
        y0, y1 = max(int(y - r), 0), min(int(y + r) + 2, size)
        if x0 >= x1 or y0 >= y1:
            continue
        window = depth[y0:y1, x0:x1]
        if window.min() >= centre_nm[i, 2] * scale + r:  # behind those in front: most of a crystal
            continue
        dx = (np.arange(x0, x1) + 0.5 - x)[None, :]
        dy = (np.arange(y0, y1) + 0.5 - y)[:, None]
        inside = r * r - dx * dx - dy * dy
        z = centre_nm[i, 2] * scale + np.sqrt(np.maximum(inside, 0.0))
        front = (inside > 0) & (z > window)
        window[front] = z[front]
        owner[y0:y1, x0:x1][front] = i
    seen = owner >= 0
    return _averaged(_lit(depth, owner, seen, centre_nm, radius_nm, colour, reach_nm, scale), seen)


def _lit(
    depth: Array,
    owner: NDArray[np.int64],
    seen: NDArray[np.bool_],
    centre: Array,
    radius: Array,
    colour: Array,
    reach: float,
    scale: float,
) -> Array:
    """Colours (size, size, 3): diffuse light, a small highlight, shade in narrow places, dark rims."""
    from scipy.ndimage import uniform_filter

    row, column = np.nonzero(seen)
    mine = owner[seen]
    normal = (
        np.stack(
            [
                (column + 0.5) / scale - reach - centre[mine, 0],
                reach - (row + 0.5) / scale - centre[mine, 1],
                depth[seen] / scale - centre[mine, 2],
            ],
            axis=1,
        )
        / np.maximum(radius[mine], 1e-9)[:, None]
    )
    diffuse = np.maximum(normal @ _LIGHT, 0.0)
    half = _LIGHT + np.array([0, 0, 1.0])
    shine = np.maximum(normal @ (half / np.linalg.norm(half)), 0.0) ** 40
    floor = float(depth[seen].min())
    filled = np.where(seen, depth, floor)
    shade = np.zeros(len(mine))
    for width in (0.06, 0.25):
        box = int(3 * width * scale)
        around = uniform_filter(uniform_filter(filled, box), box)
        # a place that lies deeper than what surrounds it gets less light
        shade += np.clip((around[seen] - depth[seen]) / scale / 0.35, 0.0, 1.0)
    far = (depth[seen] - floor) / max(float(depth[seen].max()) - floor, 1e-9)
    light = (0.46 + 0.62 * diffuse) * (1 - 0.36 * np.minimum(shade, 1.5)) * (0.80 + 0.20 * far)
    light *= np.where(normal[:, 2] < 0.30, 0.72, 1.0)
    out = np.ones((*seen.shape, 3))
    out[seen] = np.clip(colour[mine] * light[:, None] + 0.30 * shine[:, None], 0.0, 1.0)
    return out


def _averaged(rgb: Array, seen: NDArray[np.bool_]) -> Array:
    size = seen.shape[0] // _FINE
    alpha = seen.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3))
    weighted = (rgb * seen[..., None]).reshape(size, _FINE, size, _FINE, 3).sum(axis=(1, 3)) / _FINE**2
    colour = weighted / np.maximum(alpha, 1e-9)[..., None]
    return np.concatenate([np.clip(colour, 0, 1), alpha[..., None]], axis=2)
