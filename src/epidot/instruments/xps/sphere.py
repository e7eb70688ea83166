"""What leaves a sphere of layers: electrons of every layer, on straight lines to the analyser.

Along a line at distance b from the centre each layer is one stretch or two; the electrons that come off a
stretch of length l in a layer of attenuation length L, beneath what dims them by τ, are exp(-τ) L (1 -
exp(-l/L)). The sum over lines is an integral over b².  Between two radii it is smooth in s with b² = r² - Δ
s², so that Gauss's rule is exact to rounding.

Shard's closed form (J. Phys. Chem. C 116, 16806 (2012)) gives one shell without any integral; Cant, Wang,
Castner and Shard (2016) use it, by iteration, for two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_POINTS = 48
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(_POINTS)
_S, _W = (_NODES + 1) / 2, _WEIGHTS / 2


def emitted(radii: Sequence[float] | Array, lengths: Sequence[float] | Array) -> Array:
    """Volume / nm3 of every layer as the analyser sees it, shape (n,).

    ``radii`` (n,) / nm are the outer ones, ascending; ``lengths`` (n,) / nm the attenuation lengths there,
    for electrons of one energy.  Without attenuation it is the volume itself.
    """
    r, length = np.asarray(radii, dtype=np.float64), np.asarray(lengths, dtype=np.float64)
    out = np.zeros(r.size)
    inner = 0.0
    for k in range(r.size):
        step = r[k] ** 2 - inner**2
        b2 = r[k] ** 2 - step * _S**2
        # 2π b db = π d(b²) = 2π Δ s ds
        weight = 2 * np.pi * step * _S * _W
        out[k:] += _stretches(r[k:], length[k:], b2) @ weight
        inner = float(r[k])
    return out


def _stretches(r: Array, length: Array, b2: Array) -> Array:
    """Of every layer from the innermost that a line crosses, what comes off it; shape (layers, lines)."""
    z = np.sqrt(np.maximum(r[:, None] ** 2 - b2, 0.0))  # half of the chord inside each radius
    thick = np.diff(z, axis=0, prepend=0.0)  # of one side; the innermost is crossed once, in full
    path = thick / length[:, None]
    above = np.cumsum(path[::-1], axis=0)[::-1] - path  # what dims the near stretch
    own = length[:, None] * -np.expm1(-path)
    near = np.exp(-above) * own
    below = 2 * (above[0] + path[0]) - above - path  # the far stretch: through all inside it, and out
    far = np.exp(-below) * own
    return np.asarray(near + far, dtype=np.float64)


def escape(
    radii: Sequence[float] | Array, lengths: Sequence[float] | Array, inner: float, outer: float
) -> float:
    """Mean probability that electrons from between two radii / nm reach the analyser.

    With ``inner`` = ``outer`` it is that of a sphere's surface.
    """
    r, length = np.asarray(radii, dtype=np.float64), np.asarray(lengths, dtype=np.float64)
    if outer - inner < 1e-6 * outer:
        return _from_surface(r, length, outer)
    edges = np.unique(np.concatenate([r, [x for x in (inner, outer) if 0 < x < r[-1]]]))
    within = length[np.minimum(np.searchsorted(r, edges - 1e-12 * r[-1]), r.size - 1)]
    seen = emitted(edges, within)
    here = (edges > inner * (1 + 1e-12)) & (edges <= outer * (1 + 1e-12))
    return float(seen[here].sum() / (4 / 3 * np.pi * (outer**3 - inner**3)))


def _from_surface(r: Array, length: Array, at: float) -> float:
    """Mean over the surface of radius ``at``: half of it faces the analyser."""
    total, rest = 0.0, [x for x in r if x < at * (1 - 1e-12)]
    # Lines at b = at sin θ; b² piecewise between the radii inside, smooth in s as in `emitted`.
    ends = [0.0, *rest, at]
    for k in range(1, len(ends)):
        step = ends[k] ** 2 - ends[k - 1] ** 2
        b2 = ends[k] ** 2 - step * _S**2
        cos = np.sqrt(np.maximum(at**2 - b2, 0.0)) / at
        # ½ sin θ dθ = ½ d(b²)/(2 at² cos θ); at the outermost piece cos θ is proportional to s and cancels it
        weight = 0.5 * step * _S * _W / (at**2 * np.maximum(cos, 1e-300))
        z = np.sqrt(np.maximum(r[:, None] ** 2 - b2, 0.0))
        thick = np.diff(np.maximum(z, at * cos), axis=0, prepend=(at * cos)[None, :])
        up = np.sum(thick / length[:, None], axis=0)
        inside = np.minimum(z, at * cos)
        through = np.sum(np.diff(inside, axis=0, prepend=0.0) / length[:, None], axis=0)
        total += float(weight @ (np.exp(-up) + np.exp(-up - 2 * through)))
    return total


def shard(ratio: float, b: float, c: float, core_radius: float) -> float:
    """Thickness of one shell by Shard's closed form, in units of the shell's own attenuation length in
    itself.

    ``ratio`` A is intensity of shell over core, each over that of its pure flat material; ``b`` is L of the
    shell's electrons in the shell over that of the core's in the shell, ``c`` L of the shell's electrons in
    the shell over that in the core; ``core_radius`` in the same unit as the result.
    """
    a = max(ratio, 1e-12)
    flat = (0.74 * a**3.6 * math.log(a) * b**-0.9 + 4.2 * a * b**-0.41) / (a**3.6 + 8.9)
    small = core_radius * ((a * b * c + 1) ** (1 / 3) - 1)
    alpha = 1.8 / (a**0.1 * b**0.5 * c**0.4)
    beta = 0.13 * alpha**2.5 / core_radius**1.5
    near = core_radius * flat / (core_radius + alpha)
    return float((near + beta * small) / (1 + beta))
