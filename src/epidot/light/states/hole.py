"""The hole: six-band spherical Luttinger states as a vector field with spin, in its weak form.

The valence state is a vector field V (the x, y, z Bloch functions) times spin 1/2, with

    E = Ev − (ħ²/2m0) [ M |∇V|² + (L − M) |div V|² ] + (2Δ/3) I·S − Δ/3 .

A block has total momentum F and parity; its channels are vector spherical harmonics, orbital momentum
L of the envelope coupled with I = 1 to Λ, and Λ with the spin to F.  ``Ln`` names the block: Λ = Ln
with L = Ln ± 1 (the channels that have a divergence), and the transverse channel L = Λt of the other
Λt = 2F − Ln.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from epidot.constants import HBAR2_2M
from epidot.light.states.bands import Bands
from epidot.light.states.eigen import Pencil, below, follow, lowest
from epidot.light.states.mesh import Mesh, combined

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """Orbital momentum ``L`` of the envelope and total orbital momentum ``Lambda``."""

    L: int
    Lambda: int

    @property
    def divergence(self) -> tuple[float, float] | None:
        """(prefactor, c): div = prefactor (a' + c a/r); ``None`` for the transverse channel."""
        k = self.Lambda
        if self.L == k - 1:
            return math.sqrt(k / (2 * k + 1)), -(k - 1.0)
        if self.L == k + 1:
            return -math.sqrt((k + 1) / (2 * k + 1)), k + 2.0
        return None


@dataclass(frozen=True)
class Hole:
    """One hole level: ``E`` is the electron energy of the valence state, below Ev by the confinement.

    ``v`` (channels, q) are the radial functions at the Gauss points, ``density`` (q,) is r² times the
    probability density.  ``twoF`` is 2F.
    """

    twoF: int
    Ln: int
    n: int
    E: float
    channels: tuple[Channel, ...]
    v: Array
    density: Array

    @property
    def label(self) -> str:
        """For instance ``1S3/2``: the lowest orbital momentum of the block, then F."""
        return f"{self.n}{'SPDFGHIK'[min(c.L for c in self.channels)]}{self.twoF}/2"


def six_j(*args: float) -> float:
    """Wigner's 6j symbol {a b c; d e f} by Racah's formula (small momenta only)."""
    a, b, c, d, e, f = (round(2 * x) for x in args)

    def triangle(x: int, y: int, z: int) -> float:
        if (x + y + z) % 2 or not abs(x - y) <= z <= x + y:
            return 0.0
        up = [(x + y - z) // 2, (x - y + z) // 2, (-x + y + z) // 2]
        return math.prod(math.factorial(k) for k in up) / math.factorial((x + y + z) // 2 + 1)

    triads = [(a, b, c), (a, e, f), (d, b, f), (d, e, c)]
    scale = math.prod(triangle(*t) for t in triads)
    if scale == 0:
        return 0.0
    low = [sum(t) // 2 for t in triads]
    high = [(a + b + d + e) // 2, (b + c + e + f) // 2, (a + c + d + f) // 2]
    total = 0.0
    for t in range(max(low), min(high) + 1):
        bottom = math.prod(math.factorial(t - k) for k in low) * math.prod(
            math.factorial(k - t) for k in high
        )
        total += (-1) ** t * math.factorial(t + 1) / bottom
    return math.sqrt(scale) * total


@lru_cache(maxsize=64)
def channels(twoF: int, Ln: int) -> tuple[Channel, ...]:
    """The channels of the block, at most three."""
    if 2 * Ln not in (twoF - 1, twoF + 1):
        raise ValueError(f"no block with F = {twoF}/2 and Ln = {Ln}")
    out = []
    if Ln >= 1:
        out.append(Channel(Ln - 1, Ln))
    out.append(Channel(Ln + 1, Ln))
    other = twoF - Ln
    if other >= 1:
        out.append(Channel(other, other))
    return tuple(out)


@lru_cache(maxsize=64)
def spin_orbit(twoF: int, Ln: int) -> Array:
    """I·S between the channels of a block: diagonal in L and J = I + S, so one recoupling gives it."""
    F = twoF / 2
    those = channels(twoF, Ln)
    out = np.zeros((len(those), len(those)))
    for i, p in enumerate(those):
        for j, q in enumerate(those):
            if p.L != q.L:
                continue
            for J, value in ((0.5, -1.0), (1.5, 0.5)):
                left, right = (
                    math.sqrt((2 * c.Lambda + 1) * (2 * J + 1)) * six_j(c.L, 1, c.Lambda, 0.5, F, J)
                    for c in (p, q)
                )
                out[i, j] += left * right * value  # the phases depend on L and F only and cancel
    return out


@dataclass(frozen=True)
class Block:
    """Holes of one block, best bound first, with their ``vectors`` (unknowns, p) and some more.

    ``ahead`` is what the next size in the same step is likely to have, to start from.
    """

    twoF: int
    Ln: int
    holes: tuple[Hole, ...]
    vectors: Array
    ahead: Array


@dataclass(frozen=True)
class Valence:
    """The valence band on one mesh: what all blocks share.

    ``parts`` (7, n, n) are the radial matrices, each of which enters a block times a matrix between its
    channels; ``mass`` (n, n) is the overlap; ``top`` the highest band edge.  Unknowns are ordered node by
    node, and at each node from the last channel to the first: so everything is banded, and the values
    that must vanish at the origin come first.
    """

    mesh: Mesh
    parts: Array
    mass: Array
    top: float
    overlaps: dict[int, Array] = field(default_factory=dict)

    def overlap(self, channels: int) -> Array:
        """S of a block of so many channels."""
        if channels not in self.overlaps:
            self.overlaps[channels] = np.kron(self.mass, np.eye(channels)).astype(np.float64)
        return self.overlaps[channels]

    def block(self, twoF: int, Ln: int) -> Pencil:
        """−E of the block: H x = −E S x."""
        those = channels(twoF, Ln)
        n, c = self.mesh.size, len(those)
        first = origin(those)
        mixing = _mixing(twoF, Ln)
        H = (mixing.T @ self.parts.reshape(7, n * n)).reshape(c, c, n, n).transpose(2, 0, 3, 1)
        return Pencil(
            np.ascontiguousarray(H).reshape(n * c, n * c)[first:, first:],
            self.overlap(c)[first:, first:],
            -self.top,
            (self.mesh.width + 1) * c - 1,
        )

    def holes(self, twoF: int, Ln: int, values: Array, vectors: Array) -> tuple[Hole, ...]:
        """The levels that belong to eigenvalues (k,) and the first k vectors of the block."""
        those = channels(twoF, Ln)
        n, c, k = self.mesh.size, len(those), values.size
        full = np.zeros((n * c, k))
        full[origin(those) :] = vectors[:, :k]
        v = (self.mesh.value @ full.reshape(n, c * k)).reshape(-1, c, k)[:, ::-1]
        density = self.mesh.r[:, None] ** 2 * np.sum(v * v, axis=1)
        return tuple(
            Hole(twoF, Ln, i + 1, -float(values[i]), those, np.ascontiguousarray(v[:, :, i].T), density[:, i])
            for i in range(k)
        )


def valence(mesh: Mesh, bands: Bands, light: Array | None = None) -> Valence:
    """The valence band; ``light`` is L per region (reduced in the eight-band problem)."""
    M = HBAR2_2M * bands.M
    extra = HBAR2_2M * ((bands.L if light is None else light) - bands.M)
    mixed = combined(extra, mesh.mixed)
    parts = np.stack(
        [
            combined(M, mesh.stiff) + combined(bands.dso / 3 - bands.Ev, mesh.mass),
            combined(M, mesh.plain),
            combined(-2 * bands.dso / 3, mesh.mass),
            combined(extra, mesh.stiff),
            mixed,
            mixed.T,
            combined(extra, mesh.plain),
        ]
    )
    return Valence(mesh, parts, mesh.mass.sum(axis=0), float(bands.Ev.max()))


def origin(those: tuple[Channel, ...]) -> int:
    """Unknowns that are left out: at r = 0 only a channel with L = 0 (always the first one) is free."""
    return len(those) - (those[0].L == 0)


@lru_cache(maxsize=64)
def _mixing(twoF: int, Ln: int) -> Array:
    """How the seven ``parts`` enter a block, (7, channels²), channels from last to first."""
    those = channels(twoF, Ln)
    out = np.zeros((7, len(those), len(those)))
    out[2] = spin_orbit(twoF, Ln)
    for i, p in enumerate(those):
        out[0, i, i] = 1.0
        out[1, i, i] = p.L * (p.L + 1)
        for j, q in enumerate(those):
            if p.divergence is not None and q.divergence is not None:
                (a, ca), (b, cb) = p.divergence, q.divergence
                out[3:7, i, j] = a * b * np.array([1.0, cb, ca, ca * cb])
    return np.ascontiguousarray(out[:, ::-1, ::-1]).reshape(7, -1)


def lowest_holes(band: Valence, twoF: int, Ln: int, count: int, spare: int) -> Block:
    """The ``count`` best bound levels of a block, with ``spare`` more vectors."""
    values, vectors = lowest(band.block(twoF, Ln), count + spare)
    return Block(twoF, Ln, band.holes(twoF, Ln, values[:count], vectors), vectors, vectors)


def holes_above(band: Valence, twoF: int, Ln: int, above_eV: float, spare_eV: float) -> Block | None:
    """All valence states of a block above ``above_eV``, with the vectors down to ``spare_eV`` below it."""
    values, vectors = below(band.block(twoF, Ln), spare_eV - above_eV)
    count = int(np.sum(values < -above_eV))
    if count == 0:
        return None
    return Block(twoF, Ln, band.holes(twoF, Ln, values[:count], vectors), vectors, vectors)


def follow_holes(band: Valence, before: Block) -> Block:
    """The same levels as ``before`` in a dot of another size, on a mesh of the same make."""
    count, twoF, Ln = len(before.holes), before.twoF, before.Ln
    pencil = band.block(twoF, Ln)
    values, vectors = follow(pencil, before.ahead, count)
    # a straight line through the last two, the older one turned into the newer: signs and mixtures are free
    ahead = 2 * vectors - before.vectors @ (before.vectors.T @ (pencil.S @ vectors))
    return Block(twoF, Ln, band.holes(twoF, Ln, values[:count], vectors), vectors, ahead)
