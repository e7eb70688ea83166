"""How long the beam runs through a dot: chords of nested spheres or polyhedra, summed layer by layer.

The compiled loop has a plain twin, :func:`plain`, of whole arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.jit import compiled

Array = NDArray[np.float64]
_FLAT = 1e-12  # of a normal: a face along the beam


def add(picture: Array, origin: Array, step: float, radii: Array, steps: Array, faces: Array) -> None:
    """Add what the beam meets in one dot to ``picture`` (m, n), in place.

    Pixel (i, j) lies at ``origin + step * (i, j)`` from the dot's centre (y, x).  Body k, of radius
    ``radii[k]``, adds ``steps[k]`` times its chord.  ``faces`` (f, 4) are outward normals (x, y, z; the beam
    runs along z) and distances from the centre of a body of radius 1; none of them means spheres.
    """
    _add(picture, origin, step, radii, steps, faces)


def _loop(picture: Array, origin: Array, step: float, radii: Array, steps: Array, faces: Array) -> None:
    for i in range(picture.shape[0]):
        y = origin[0] + step * i
        for j in range(picture.shape[1]):
            x = origin[1] + step * j
            total = 0.0
            for k in range(radii.size):
                if faces.shape[0] == 0:
                    square = radii[k] ** 2 - x * x - y * y
                    if square > 0:
                        total += steps[k] * 2 * np.sqrt(square)
                    continue
                low, high = -np.inf, np.inf
                for f in range(faces.shape[0]):
                    room = faces[f, 3] * radii[k] - faces[f, 0] * x - faces[f, 1] * y
                    along = faces[f, 2]
                    if along > _FLAT:
                        high = min(high, room / along)
                    elif along < -_FLAT:
                        low = max(low, room / along)
                    elif room < 0:
                        high = -np.inf
                if high > low:
                    total += steps[k] * (high - low)
            picture[i, j] += total


def plain(picture: Array, origin: Array, step: float, radii: Array, steps: Array, faces: Array) -> None:
    """:func:`add` by whole arrays."""
    y = (origin[0] + step * np.arange(picture.shape[0]))[:, None]
    x = (origin[1] + step * np.arange(picture.shape[1]))[None, :]
    for radius, weight in zip(radii, steps, strict=True):
        if not len(faces):
            picture += weight * 2 * np.sqrt(np.maximum(radius**2 - x * x - y * y, 0.0))
            continue
        low, high = np.full(picture.shape, -np.inf), np.full(picture.shape, np.inf)
        for nx, ny, nz, distance in faces:
            room = distance * radius - nx * x - ny * y
            if nz > _FLAT:
                high = np.minimum(high, room / nz)
            elif nz < -_FLAT:
                low = np.maximum(low, room / nz)
            else:
                high = np.where(room < 0, -np.inf, high)
        picture += weight * np.where(high > low, high - low, 0.0)


_add = compiled(_loop)
