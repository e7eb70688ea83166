"""One particle on the picture: its model, and what the pixels near it say about the numbers of that model.

A particle is a ball whose outline may deviate from a circle, R(φ) = R (1 + Σ_m c_m cos mφ + s_m sin mφ), with
a sloping background.  Its own numbers (``OWN``) are y, x, R (pixels), height, c and s of m = 2, 3, 4, then
background at the centre and its slopes.  What all share is told in :mod:`epidot.instruments.tem.shared`.
Where electrons are taken away from a film of ``level``, what is left of them falls exponentially; elsewhere
the level is huge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from epidot.instruments.tem.blurred import VALUES, radial
from epidot.jit import compiled

Array = NDArray[np.float64]
Owners = NDArray[np.int32]
OWN, SHARED = 13, 5
Y, X, R, HEIGHT, MODES, FLOOR = 0, 1, 2, 3, 4, 10
ORDERS = 3  # m = 2, 3, 4
FINE = 0.125  # pixels; step of the radial profile
RING = 0.25  # pixels
SHARED_BY_TWO = -2  # in the map of owners
REACH = 1.3  # of the radius: so far out the pixels count
HALO = 4.0  # and so many blurs
_FAINT = 5.0  # blurs beyond the rim: nothing is left of a ball further out
LINEAR = 1e12  # the level of a film that loses nothing
_BENT = 0.3  # least of 1 + Σ: an outline does not turn inside out


def _reach(own: Array, sigma: float) -> float:
    bent = 1.0
    for m in range(ORDERS):
        bent += np.hypot(own[MODES + 2 * m], own[MODES + 2 * m + 1])
    return float(REACH * own[R] * bent + HALO * sigma)


def _shade(thickness: float, level: float) -> float:
    """What a thickness takes away of a film's ``level``."""
    return float(thickness) if level >= LINEAR else float(level * (1 - np.exp(-thickness / level)))


def _bent(own: Array, dy: float, dx: float, r: float) -> float:
    """Radius of the outline in the direction (dy, dx) of length ``r`` over R."""
    bent = 1.0
    if r > 0:
        c1, s1 = dx / r, dy / r
        c, s = c1, s1
        for m in range(ORDERS):
            c, s = c * c1 - s * s1, s * c1 + c * s1
            bent += own[MODES + 2 * m] * c + own[MODES + 2 * m + 1] * s
    return max(bent, _BENT)


def _claim(owners: Owners, own: Array, sigma: float, number: int) -> None:
    """Write ``number`` into the pixels inside the outline, two blurs more and half a pixel."""
    rim = 2 * sigma + 0.5
    far = reach(own, sigma) + rim
    for i in range(max(0, int(own[Y] - far)), min(owners.shape[0], int(own[Y] + far) + 2)):
        for j in range(max(0, int(own[X] - far)), min(owners.shape[1], int(own[X] + far) + 2)):
            dy, dx = i - own[Y], j - own[X]
            r = np.sqrt(dy * dy + dx * dx)
            if r > far:
                continue
            if r < own[R] * bend(own, dy, dx, r) + rim:
                owners[i, j] = number if owners[i, j] < 0 and owners[i, j] != SHARED_BY_TWO else SHARED_BY_TWO


def _paint(rest: Array, own: Array, shared: Array, table: Array, level: float, sign: float) -> None:
    """Add ``sign`` times a particle without its background to ``rest``."""
    sigma = shared[0]
    count = int((own[R] + _FAINT * sigma) / FINE) + 3
    profile = np.empty((VALUES, count))
    radial(FINE * np.arange(float(count)), own[R], shared, table, profile)
    far = (reach(own, sigma) - HALO * sigma) / REACH + _FAINT * sigma
    for i in range(max(0, int(own[Y] - far)), min(rest.shape[0], int(own[Y] + far) + 2)):
        for j in range(max(0, int(own[X] - far)), min(rest.shape[1], int(own[X] + far) + 2)):
            dy, dx = i - own[Y], j - own[X]
            r = np.sqrt(dy * dy + dx * dx)
            if r > far:
                continue
            at = r / bend(own, dy, dx, r) / FINE
            k = int(at)
            if k < count - 1:
                F = profile[0, k] + (at - k) * (profile[0, k + 1] - profile[0, k])
                rest[i, j] += sign * shade(own[HEIGHT] * F, level)


def _look(
    rest_of: Array,
    weight: Array,
    owners: Owners,
    number: int,
    own: Array,
    disc: Array,
    shared: Array,
    table: Array,
    level: float,
    stride: int,
    active: NDArray[np.intp],
    normal: Array,
    slope: Array,
    gains: Array,
    rest: Array,
) -> float:
    """Normal equations of a particle at ``own``: ``normal`` (13, 13), ``slope`` (15,).

    The pixels of ``disc`` (3,; y, x, radius) count that are nobody else's: the same ones all the way down.
    Only numbers that are ``active`` (ascending) get any.  ``rest_of`` is the picture less all particles as
    they are, but with all backgrounds.

    Returns the sum of squares over weights; ``slope[13:15]`` gets how many pixels counted and how many of
    those inside belong to this particle alone, as a share.  If
    ``gains`` (k, 13) has rows, ``rest`` (2 + k, size, size) gets the residuals over their standard error
    (NaN where no pixel counts), whether inside, and the response of each row of ``gains`` to every pixel.
    """
    sigma = shared[0]
    count = int((own[R] + _FAINT * sigma) / FINE) + 3  # nothing is left of the ball further out
    profile = np.empty((VALUES, count))
    radial(FINE * np.arange(float(count)), own[R], shared, table, profile)
    normal[:, :] = 0.0
    slope[:] = 0.0
    d = np.empty(OWN)
    total = 0.0
    inside_all = inside_own = 0
    far = disc[2]
    top, left = max(0, int(disc[0] - far)), max(0, int(disc[1] - far))
    for i in range(top, min(rest_of.shape[0], int(disc[0] + far) + 2), stride):
        for j in range(left, min(rest_of.shape[1], int(disc[1] + far) + 2), stride):
            if (i - disc[0]) ** 2 + (j - disc[1]) ** 2 > far * far:
                continue
            dy, dx = i - own[Y], j - own[X]
            r = np.sqrt(dy * dy + dx * dx)
            if r > 1e-9:
                c1, s1 = dx / r, dy / r
            else:
                c1, s1 = 1.0, 0.0
            bent, turn = 1.0, 0.0
            c, s = c1, s1
            for m in range(ORDERS):
                c, s = c * c1 - s * s1, s * c1 + c * s1
                a, b = own[MODES + 2 * m], own[MODES + 2 * m + 1]
                bent += a * c + b * s
                turn += (m + 2) * (b * c - a * s)
                d[MODES + 2 * m] = c
                d[MODES + 2 * m + 1] = s
            bent = max(bent, _BENT)
            seen = r / bent
            inside = seen < own[R]
            inside_all += inside
            if owners[i, j] != number and owners[i, j] != -1:
                continue
            inside_own += inside
            at = seen / FINE
            k = min(int(at), count - 2)
            t = min(at - k, 1.0)
            height = own[HEIGHT]
            F = profile[0, k] + t * (profile[0, k + 1] - profile[0, k])
            Fr = profile[1, k] + t * (profile[1, k + 1] - profile[1, k])
            off = rest_of[i, j] - own[FLOOR] - own[FLOOR + 1] * dy - own[FLOOR + 2] * dx
            # The distance seen, r/bent, changes with the centre along the radius and by the bend's turn.
            left_over = 1.0 if level >= LINEAR else np.exp(-height * F / level)
            steep = height * Fr / bent * left_over
            across = steep * turn / bent
            d[Y] = -steep * s1 + across * c1 - own[FLOOR + 1]
            d[X] = -steep * c1 - across * s1 - own[FLOOR + 2]
            d[R] = height * left_over * (profile[2, k] + t * (profile[2, k + 1] - profile[2, k]))
            d[HEIGHT] = F * left_over
            for m in range(2 * ORDERS):
                d[MODES + m] *= -steep * seen
            d[FLOOR] = 1.0
            d[FLOOR + 1] = dy
            d[FLOOR + 2] = dx
            w = weight[i, j]
            z = off * np.sqrt(w)
            total += z * z
            slope[OWN] += 1
            if gains.shape[0]:
                rest[0, i - top, j - left] = z
                rest[1, i - top, j - left] = inside
                for g in range(gains.shape[0]):
                    response = 0.0
                    for m in range(OWN):
                        response += gains[g, m] * d[m]
                    rest[2 + g, i - top, j - left] = response * np.sqrt(w)
                continue
            for a in range(active.size):
                m = active[a]
                dw = d[m] * w
                slope[m] += dw * off
                for b in range(a, active.size):
                    normal[m, active[b]] += dw * d[active[b]]
    for m in range(OWN):
        for n in range(m):
            normal[m, n] = normal[n, m]
    slope[OWN + 1] = inside_own / max(inside_all, 1)
    return total


def _gather(
    rest_of: Array,
    weight: Array,
    owners: Owners,
    number: int,
    own: Array,
    disc: Array,
    shared: Array,
    table: Array,
    level: float,
    sums: Array,
) -> None:
    """Sums of weights, of distances and of values into rings ``RING`` wide, ``sums`` (3, k).

    A distance is what it would be in a round particle; a value is the picture less its slope and less all
    other particles.  Pixels count as in :func:`look`.
    """
    count = int((own[R] + _FAINT * shared[0]) / FINE) + 3
    profile = np.empty((VALUES, count))
    radial(FINE * np.arange(float(count)), own[R], shared, table, profile)
    sums[:, :] = 0.0
    far = disc[2]
    for i in range(max(0, int(disc[0] - far)), min(rest_of.shape[0], int(disc[0] + far) + 2)):
        for j in range(max(0, int(disc[1] - far)), min(rest_of.shape[1], int(disc[1] + far) + 2)):
            if (i - disc[0]) ** 2 + (j - disc[1]) ** 2 > far * far:
                continue
            if owners[i, j] != number and owners[i, j] != -1:
                continue
            dy, dx = i - own[Y], j - own[X]
            r = np.sqrt(dy * dy + dx * dx)
            seen = r / bend(own, dy, dx, r)
            ring = int(seen / RING)
            if ring >= sums.shape[1]:
                continue
            at = seen / FINE
            k = min(int(at), count - 2)
            F = profile[0, k] + min(at - k, 1.0) * (profile[0, k + 1] - profile[0, k])
            value = rest_of[i, j] - own[FLOOR + 1] * dy - own[FLOOR + 2] * dx
            value += shade(own[HEIGHT] * F, level)
            sums[0, ring] += weight[i, j]
            sums[1, ring] += weight[i, j] * seen
            sums[2, ring] += weight[i, j] * value


def _gather_all(
    picture: Array,
    weight: Array,
    owners: Owners,
    own: Array,
    discs: Array,
    shared: Array,
    table: Array,
    level: float,
    sums: Array,
) -> None:
    """:func:`gather` for every particle: ``sums`` (n, 3, k)."""
    rest = picture.copy()
    for i in range(own.shape[0]):
        paint(rest, own[i], shared, table, level, -1.0)
    for i in range(own.shape[0]):
        gather(rest, weight, owners, i, own[i], discs[i], shared, table, level, sums[i])


def _rings(
    distance: Array,
    value: Array,
    weight: Array,
    own: Array,
    shared: Array,
    table: Array,
    level: float,
    normals: Array,
    slopes: Array,
    totals: Array,
) -> None:
    """Normal equations of rings (n, k): of radius, height, background (``own``, (n, 3)) and ``shared``."""
    size = 3 + SHARED
    profile = np.empty((VALUES, distance.shape[1]))
    d = np.empty(size)
    normals[:, :, :] = 0.0
    slopes[:, :] = 0.0
    for i in range(own.shape[0]):
        height = own[i, 1]
        radial(distance[i], own[i, 0], shared, table, profile)
        total = 0.0
        for k in range(distance.shape[1]):
            w = weight[i, k]
            if w == 0.0:
                continue
            left_over = 1.0 if level >= LINEAR else np.exp(-height * profile[0, k] / level)
            off = value[i, k] - own[i, 2] - shade(height * profile[0, k], level)
            d[0] = height * left_over * profile[2, k]
            d[1] = left_over * profile[0, k]
            d[2] = 1.0
            for m in range(SHARED):
                d[3 + m] = height * left_over * profile[3 + m, k]
            total += w * off * off
            for m in range(size):
                dw = w * d[m]
                slopes[i, m] += dw * off
                for n in range(m, size):
                    normals[i, m, n] += dw * d[n]
        totals[i] = total
        for m in range(size):
            for n in range(m):
                normals[i, m, n] = normals[i, n, m]


def _sweep(
    rest: Array,
    painted: Array,
    weight: Array,
    owners: Owners,
    own: Array,
    discs: Array,
    shared: Array,
    table: Array,
    level: float,
    stride: int,
    active: NDArray[np.intp],
    moving: NDArray[np.bool_],
    normals: Array,
    slopes: Array,
    totals: Array,
) -> None:
    """:func:`look` at every ``moving`` one: ``normals`` (n, 13, 13), ``slopes`` (n, 15), ``totals`` (n,).

    ``rest`` is the picture less the particles as ``painted`` (n, 13), both kept up with ``own``; one of no
    radius is not painted yet.
    """
    for i in range(own.shape[0]):
        if np.any(painted[i] != own[i]):
            if painted[i, R] > 0:
                paint(rest, painted[i], shared, table, level, 1.0)
            paint(rest, own[i], shared, table, level, -1.0)
            painted[i] = own[i]
    none, nothing = np.empty((0, OWN)), np.empty((0, 0, 0))
    for i in range(own.shape[0]):
        if not moving[i]:
            continue
        totals[i] = look(
            rest,
            weight,
            owners,
            i,
            own[i],
            discs[i],
            shared,
            table,
            level,
            stride,
            active,
            normals[i],
            slopes[i],
            none,
            nothing,
        )


def _map_owners(owners: Owners, own: Array, sigma: float, discs: Array) -> None:
    """Write into ``owners`` whose pixel is whose, and into ``discs`` (n, 3) how far each particle looks."""
    owners[:, :] = -1
    for i in range(own.shape[0]):
        discs[i, 0], discs[i, 1], discs[i, 2] = own[i, Y], own[i, X], reach(own[i], sigma)
        claim(owners, own[i], sigma, i)


shade = compiled(_shade)
reach = compiled(_reach)
bend = compiled(_bent)
claim = compiled(_claim)
paint = compiled(_paint)
look = compiled(_look)
gather = compiled(_gather)
gather_all = compiled(_gather_all)
rings = compiled(_rings)
sweep = compiled(_sweep)
map_owners = compiled(_map_owners)
