"""Radial finite elements: Lagrange polynomials on Gauss–Lobatto nodes, a node on every interface.

Inside a layer every coefficient of the envelope equations is constant and every weight is a
polynomial in r, so all matrices follow exactly from a few reference matrices; nothing is integrated
at run time.  The degree grows with the length of the element, because inside a layer the solutions
are analytic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Element:
    """Reference matrices on [0, 1]; ``m[k]``, ``s[k]``, ``d[k]`` = ∫ xᵏ (φφ, φ'φ', φ'φ) dx."""

    nodes: Array
    m: Array
    s: Array
    d: Array
    x: Array  # Gauss points, shape (q,)
    w: Array
    value: Array  # φ_j(x_q), shape (q, p + 1)
    slope: Array
    running: Array  # ∫_0^{x_q} of the interpolant through Gauss points, shape (q, q)


@lru_cache(maxsize=16)
def _reference(degree: int) -> _Element:
    from numpy.polynomial import Legendre, legendre, polynomial

    inner = Legendre.basis(degree).deriv().roots()
    nodes = (np.concatenate([[-1.0], np.sort(inner.real), [1.0]]) + 1) / 2
    count = degree + 4
    t, weight = legendre.leggauss(count)
    x, w = (t + 1) / 2, weight / 2
    # Legendre polynomials as the working basis: well conditioned for any degree used here.
    change = np.linalg.inv(legendre.legvander(2 * nodes - 1, degree))
    value = legendre.legvander(t, degree) @ change
    derivative = np.stack(
        [Legendre.basis(k).deriv()(t) if k else np.zeros_like(t) for k in range(degree + 1)]
    )
    slope = 2 * derivative.T @ change
    powers = polynomial.polyvander(x, 2).T
    m = np.einsum("kq,q,qi,qj->kij", powers, w, value, value)
    s = np.einsum("kq,q,qi,qj->kij", powers, w, slope, slope)
    d = np.einsum("kq,q,qi,qj->kij", powers, w, slope, value)
    through = np.linalg.inv(legendre.legvander(t, count - 1))
    primitive = np.stack([Legendre.basis(k).integ(lbnd=-1)(t) for k in range(count)]).T / 2
    return _Element(nodes, m, s, d, x, w, value, slope, primitive @ through)


def combined(weights: Array, matrices: Array) -> Array:
    """Σ over regions of weight × matrix, shape (n, n)."""
    out: Array = (weights @ matrices.reshape(weights.size, -1)).reshape(matrices.shape[1:])
    return out


@dataclass(frozen=True)
class Mesh:
    """Matrices of one radial mesh, per region, shape (regions, n, n); all include the weight of r.

    ``mass`` = ∫ φφ r² dr, ``plain`` = ∫ φφ dr, ``stiff`` = ∫ φ'φ' r² dr, ``mixed`` = ∫ φ'φ r dr.
    The node at the outer end is left out (Dirichlet); the node at r = 0 is number 0.  ``r``, ``w``
    (q,) are Gauss points and weights of the whole mesh, ``value`` and ``slope`` (q, n) evaluate a
    function given at the nodes, ``region`` (q,) tells where a point lies.
    """

    mass: Array
    plain: Array
    stiff: Array
    mixed: Array
    nodes: Array
    r: Array
    w: Array
    value: Array
    slope: Array
    region: NDArray[np.intp]
    starts: tuple[int, ...]  # first Gauss point of every element
    lengths: Array
    degrees: tuple[int, ...]
    parts: tuple[int, ...]  # elements per region

    @property
    def size(self) -> int:
        """Number of free nodes."""
        return int(self.nodes.size)

    @property
    def width(self) -> int:
        """Nodes further apart than this are not coupled: half the band width of every matrix."""
        return max(self.degrees)

    def enclosed(self, density: Array) -> Array:
        """∫_0^r ``density`` dr at the Gauss points, shape (q,)."""
        out = np.empty_like(density)
        total = 0.0
        for start, length, degree in zip(self.starts, self.lengths, self.degrees, strict=True):
            element = _reference(degree)
            here = density[start : start + element.x.size]
            out[start : start + element.x.size] = total + length * (element.running @ here)
            total += length * float(element.w @ here)
        return out

    def shares(self, density: Array) -> Array:
        """∫ ``density`` dr over each region, shape (regions,)."""
        out: Array = np.bincount(self.region, self.w * density, self.mass.shape[0]).astype(np.float64)
        return out


def mesh(
    radii_nm: Sequence[float],
    longest_nm: float = 1.0,
    refine: int = 0,
    first_outer_nm: float = 0.0,
    like: Mesh | None = None,
) -> Mesh:
    """Mesh from 0 to ``radii_nm[-1]`` with a node on every radius.

    ``longest_nm`` is the greatest length of an element, ``refine`` is added to every degree;
    ``first_outer_nm`` > 0 gives the last region a first element of that length, because in a high barrier
    everything happens there.  ``like`` fixes the number of elements per region and their degrees instead,
    so that the values at the nodes of one dot can stand for those of another.
    """
    edges: list[float] = [0.0]
    regions: list[int] = []
    for number, outer in enumerate(radii_nm):
        first = number == len(radii_nm) - 1 and 0 < first_outer_nm < outer - edges[-1]
        if first:
            edges.append(edges[-1] + first_outer_nm)
            regions.append(number)
        parts = max(1, math.ceil((outer - edges[-1]) / longest_nm - 1e-9))
        if like is not None:
            parts = like.parts[number] - first
        edges.extend(np.linspace(edges[-1], outer, parts + 1)[1:].tolist())
        regions.extend([number] * parts)
    lengths = np.diff(edges)
    degrees = tuple(int(np.clip(3 + math.ceil(3.5 * h), 4, 8)) + refine for h in lengths)
    if like is not None:
        degrees = like.degrees
    total = sum(degrees) + 1
    count = len(radii_nm)
    mass, plain, stiff, mixed = (np.zeros((count, total, total)) for _ in range(4))
    nodes = np.zeros(total)
    points = [_reference(p).x.size for p in degrees]
    starts = tuple(np.concatenate([[0], np.cumsum(points)[:-1]]).tolist())
    q = sum(points)
    r, w = np.zeros(q), np.zeros(q)
    value, slope = np.zeros((q, total)), np.zeros((q, total))
    region = np.zeros(q, dtype=np.intp)
    node = 0
    for e, (h, p, where) in enumerate(zip(lengths, degrees, regions, strict=True)):
        element, r0 = _reference(p), edges[e]
        here = slice(node, node + p + 1)
        at = slice(starts[e], starts[e] + points[e])
        m, s = element.m, element.s
        mass[where, here, here] += h * (r0 * r0 * m[0] + 2 * r0 * h * m[1] + h * h * m[2])
        plain[where, here, here] += h * m[0]
        stiff[where, here, here] += r0 * r0 / h * s[0] + 2 * r0 * s[1] + h * s[2]
        mixed[where, here, here] += r0 * element.d[0] + h * element.d[1]
        nodes[here] = r0 + h * element.nodes
        r[at], w[at], region[at] = r0 + h * element.x, h * element.w, where
        value[at, here], slope[at, here] = element.value, element.slope / h
        node += p
    keep = slice(0, total - 1)
    return Mesh(
        mass[:, keep, keep],
        plain[:, keep, keep],
        stiff[:, keep, keep],
        mixed[:, keep, keep],
        nodes[keep],
        r,
        w,
        value[:, keep],
        slope[:, keep],
        region,
        starts,
        lengths,
        degrees,
        tuple(regions.count(number) for number in range(count)),
    )
