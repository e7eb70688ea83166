"""How long the beam runs through a dot: chords of nested spheres or polyhedra, summed layer by layer.

The compiled loop has a plain twin, :func:`plain`, of whole arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.jit import compiled

Array = NDArray[np.float64]
_FLAT = 1e-12  # of a normal: a face along the beam


def add(
    picture: Array, origin: Array, step: float, radii: Array, steps: Array, faces: Array, points: int = 1
) -> None:
    """Add what the beam meets in one dot to ``picture`` (m, n), in place.

    A pixel shows the mean over a square of ``points`` by ``points``; point (i, j) of all lies at
    ``origin + step * (i, j)`` from the dot's centre (y, x).  Body k, of radius ``radii[k]``, adds
    ``steps[k]`` times its chord.  ``faces`` (f, 4) are outward normals (x, y, z; the beam runs along z) and
    distances from the centre of a body of radius 1; none of them means spheres.
    """
    _add(picture, origin, step, radii, steps, faces, points)


def _balls(line: Array, x: Array, y: float, radii: Array, steps: Array) -> None:
    """Chords of nested spheres along one line of points; without branches, so that several go at a time."""
    for k in range(radii.size):
        for u in range(x.size):
            square = radii[k] ** 2 - x[u] * x[u] - y * y
            line[u] += steps[k] * 2 * np.sqrt(max(square, 0.0))


def _bodies(line: Array, x: Array, y: float, radii: Array, steps: Array, faces: Array) -> None:
    """The same of polyhedra."""
    for u in range(x.size):
        for k in range(radii.size):
            low, high = -np.inf, np.inf
            for f in range(faces.shape[0]):
                room = faces[f, 3] * radii[k] - faces[f, 0] * x[u] - faces[f, 1] * y
                along = faces[f, 2]
                if along > _FLAT:
                    high = min(high, room / along)
                elif along < -_FLAT:
                    low = max(low, room / along)
                elif room < 0:
                    high = -np.inf
            if high > low:
                line[u] += steps[k] * (high - low)


_of_balls, _of_bodies = compiled(_balls), compiled(_bodies)


def _loop(
    picture: Array, origin: Array, step: float, radii: Array, steps: Array, faces: Array, points: int = 1
) -> None:
    m, n = picture.shape
    x = origin[1] + step * np.arange(n * points)
    line, total = np.empty(n * points), np.empty(n)
    for i in range(m):
        total[:] = 0.0
        for v in range(i * points, (i + 1) * points):
            line[:] = 0.0
            y = origin[0] + step * v
            if faces.shape[0] == 0:
                _of_balls(line, x, y, radii, steps)
            else:
                _of_bodies(line, x, y, radii, steps, faces)
            for j in range(n):  # row by row of the square, as numpy takes the mean of one
                row = 0.0
                for u in range(j * points, (j + 1) * points):
                    row += line[u]
                total[j] += row
        for j in range(n):
            picture[i, j] += total[j] / (points * points)


def plain(
    picture: Array, origin: Array, step: float, radii: Array, steps: Array, faces: Array, points: int = 1
) -> None:
    """:func:`add` by whole arrays."""
    if points > 1:
        m, n = picture.shape
        fine = np.zeros((m * points, n * points))
        plain(fine, origin, step, radii, steps, faces)
        picture += fine.reshape(m, points, n, points).mean(axis=(1, 3))
        return
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
